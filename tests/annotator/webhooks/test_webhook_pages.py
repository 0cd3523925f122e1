"""Curators and administrators say who is told of what, and see what was sent; nobody else does."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from datasets_app.people.models import User
from datasets_app.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery
from datasets_app.webhooks.services import register_webhook

ADDRESS = "http://127.0.0.1:9/hook"


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.0/8"]


@pytest.fixture
def hook(world) -> Webhook:
    made, _secret = register_webhook(
        collection=world.collection, address=ADDRESS, events=["job.failed"], actor=None
    )
    return made


def delivery_of(hook: Webhook, **fields) -> WebhookDelivery:
    now = timezone.now()
    values = {"name": "ping", "body": '{"id": 1}', "begun_at": now, "next_at": now} | fields
    return WebhookDelivery.objects.create(webhook=hook, **values)


def page(hook: Webhook, deed: str = "", **arguments) -> str:
    name = f"webhook-{deed}" if deed else "webhook"
    args = [hook.collection.name, hook.uuid, *arguments.values()]
    return reverse(name, args=args)


def texts(response) -> str:
    return re.sub(r"<[^>]+>", " ", response.content.decode())


def test_a_secret_is_shown_once(as_curator, world):
    asked = {"address": ADDRESS, "events": ["job.failed", "release.built"]}
    made = as_curator.post(reverse("webhooks", args=["yard"]), asked)
    hook = Webhook.objects.get()
    assert hook.events == ["release.built", "job.failed"]
    assert re.search(r'value="whsec_[\w-]{43}"', made.content.decode())
    assert "whsec_" not in as_curator.get(page(hook)).content.decode()
    renewed = as_curator.post(page(hook, "secret")).content.decode()
    assert re.search(r'value="whsec_[\w-]{43}"', renewed)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"address": ADDRESS}, "Choose at least one event."),
        ({"address": "http://10.0.0.1/", "events": ["job.failed"]}, "private or reserved"),
        ({"address": "javascript:alert(1)", "events": ["job.failed"]}, "must begin with http"),
        ({"address": "", "events": ["job.failed"]}, "Address"),
        ({"address": ADDRESS, "events": ["no.such"]}, "Events"),
    ],
)
def test_what_cannot_be_registered_is_said_and_kept_in_the_form(as_curator, world, asked, sentence):
    answer = as_curator.post(reverse("webhooks", args=["yard"]), asked)
    assert answer.status_code == 400
    assert sentence in texts(answer)
    assert f'value="{asked["address"]}"' in answer.content.decode()
    assert not Webhook.objects.exists()


def test_the_list_says_how_each_is(as_curator, world, hook):
    Webhook.objects.update(state="off", off_reason="Every attempt failed for 3 days.")
    delivery_of(hook)
    shown = texts(as_curator.get(reverse("webhooks", args=["yard"])))
    for part in (ADDRESS, "switched off", "failed for 3 days", "1 kind of event", "1 waiting"):
        assert part in shown


def test_the_log_shows_a_strangers_answer_as_text(as_curator, hook):
    delivery = delivery_of(hook, state="dead", n_attempts=1, problem="The receiver answered 500.")
    WebhookAttempt.objects.create(
        delivery=delivery, at=timezone.now(), status=500, snippet="<script>alert(1)</script>"
    )
    source = as_curator.get(page(hook)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in source
    assert "<script>alert" not in source


def test_the_log_is_read_page_by_page_and_by_state(as_curator, hook):
    for n in range(25):
        delivery_of(hook, state="dead" if n == 0 else "delivered")
    first = as_curator.get(page(hook))
    assert first.content.decode().count('class="log__one"') == 20
    older = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1]
    second = as_curator.get(older.replace("&amp;", "&"))
    assert second.content.decode().count('class="log__one"') == 5
    dead = as_curator.get(page(hook), {"state": "dead"})
    assert dead.content.decode().count('class="log__one"') == 1
    assert as_curator.get(page(hook), {"state": "x", "before": "-1"}).status_code == 200


def test_a_page_costs_the_same_however_long_the_log(
    as_curator, hook, django_assert_max_num_queries
):
    for _ in range(30):
        delivery = delivery_of(hook)
        WebhookAttempt.objects.create(delivery=delivery, at=timezone.now())
    with django_assert_max_num_queries(12):
        as_curator.get(page(hook))
    with django_assert_max_num_queries(12):
        as_curator.get(reverse("webhooks", args=["yard"]))


def test_a_test_is_put_in_the_log(as_curator, hook):
    answer = as_curator.post(page(hook, "ping"), follow=True)
    assert "A test is on its way" in texts(answer)
    assert WebhookDelivery.objects.get().name == "ping"


def test_a_delivery_is_sent_again(as_curator, hook):
    delivery = delivery_of(hook, state="dead", n_attempts=25)
    as_curator.post(page(hook, "again", delivery=delivery.uuid))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.n_attempts) == ("waiting", 0)


def test_pausing_and_switching_on(as_curator, hook):
    as_curator.post(page(hook, "active"), {"is_active": "0"})
    hook.refresh_from_db()
    assert hook.state == "paused"
    Webhook.objects.update(state="off", off_reason="x", failing_since=timezone.now())
    as_curator.post(page(hook, "active"), {"is_active": "1"})
    hook.refresh_from_db()
    assert (hook.state, hook.off_reason, hook.failing_since) == ("active", "", None)


def test_changing_checks_the_address_again(as_curator, hook):
    answer = as_curator.post(
        page(hook, "change"), {"address": "http://192.168.0.1/", "events": ["job.failed"]}
    )
    assert answer.status_code == 400 and "private or reserved" in texts(answer)
    as_curator.post(page(hook, "change"), {"address": ADDRESS, "events": ["split.made"]})
    hook.refresh_from_db()
    assert (hook.address, hook.events) == (ADDRESS, ["split.made"])


def test_deleting_asks_for_the_host(as_curator, hook):
    assert as_curator.post(page(hook, "delete"), {"host": "other"}).status_code == 400
    assert Webhook.objects.exists()
    as_curator.post(page(hook, "delete"), {"host": "127.0.0.1"})
    assert not Webhook.objects.exists()


def test_a_webhook_that_fails_says_for_how_long(as_curator, hook):
    Webhook.objects.update(failing_since=timezone.now() - timedelta(hours=5), n_failures=7)
    assert "failing for 5" in texts(as_curator.get(page(hook))).replace("\xa0", " ")


DEEDS = ("change", "active", "secret", "ping", "delete")


def test_only_those_who_steer_see_webhooks(as_annotator, hook):
    delivery = delivery_of(hook, state="dead")
    assert as_annotator.get(reverse("webhooks", args=["yard"])).status_code == 403
    assert as_annotator.get(page(hook)).status_code == 403
    for deed in DEEDS:
        assert as_annotator.post(page(hook, deed)).status_code == 403
    assert as_annotator.post(page(hook, "again", delivery=delivery.uuid)).status_code == 403


def test_an_administrator_may_without_being_a_curator(world, client, hook):
    client.force_login(world.user("ada", User.Role.ADMINISTRATOR))
    assert client.get(page(hook)).status_code == 200
    assert client.get(reverse("webhooks", args=["yard"])).status_code == 200


def test_nobody_signed_in_sees_anything(client, hook):
    assert client.get(page(hook)).status_code == 302


def test_a_collection_that_one_may_not_see_has_no_webhooks(as_curator, hook, monkeypatch):
    monkeypatch.setattr(
        "annotator.explore.access.visible_collections",
        lambda user: hook.collection.__class__.objects.none(),
    )
    assert as_curator.get(page(hook)).status_code == 404
    assert as_curator.get(reverse("webhooks", args=["yard"])).status_code == 404
    for deed in DEEDS:
        assert as_curator.post(page(hook, deed)).status_code == 404


def test_a_webhook_is_reached_through_its_own_collection_only(as_curator, hook, world):
    world.collection.__class__.objects.create(name="other", ontology=world.ontology)
    address = reverse("webhook", args=["other", hook.uuid])
    assert as_curator.get(address).status_code == 404
