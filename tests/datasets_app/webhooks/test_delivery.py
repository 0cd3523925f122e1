"""Events arrive, signed; what fails is tried again and in the end given up, and says so."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from datasets_app.audit.models import AuditEvent
from datasets_app.webhooks.delivery import (
    LEASE_S,
    Outcome,
    claim_due,
    deliver_due,
    prune_deliveries,
    record_outcome,
)
from datasets_app.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery
from datasets_app.webhooks.queueing import queue_deliveries
from datasets_app.webhooks.services import (
    WebhookRefused,
    ping_webhook,
    redeliver,
    renew_secret,
    set_webhook_active,
)
from datasets_app.webhooks.trail import TrailReader
from tests.datasets_app.outgoing.local_server import LocalServer, reply, serving

DOCS = Path(__file__).resolve().parents[3] / "docs" / "webhooks.md"
State = WebhookDelivery.State


def address(server: LocalServer) -> str:
    return server.url("127.0.0.1", "/hook")


def send_now() -> None:
    call_command("deliver_webhooks", "--once")


def parts(request: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines), body


def documented_check():
    """Return the function that docs/webhooks.md gives to receivers."""
    code = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[1]
    found: dict = {}
    exec(code, found)
    return found["is_genuine"]


def fail(delivery: WebhookDelivery, **fields) -> None:
    outcome = Outcome(timezone.now(), 0.1, 500, "The receiver answered 500, not 2xx.")
    WebhookDelivery.objects.filter(pk=delivery.pk).update(**fields)
    (claimed,) = claim_due(now=timezone.now() + timedelta(days=9))
    assert record_outcome(delivery=claimed, outcome=outcome)


def test_an_event_arrives_with_what_is_documented(make_hook, happen, collection):
    with serving(reply(b"thanks")) as server:
        make_hook(address(server))
        event = happen(7)
        send_now()
    ((headers, body),) = map(parts, server.requests)
    assert json.loads(body) == {
        "id": f"event-{event.pk}",
        "event": "clips.added",
        "at": event.at.isoformat(),
        "collection": {"name": "yard", "uuid": str(collection.uuid)},
        "record": {"type": "collection", "uuid": str(collection.uuid), "name": "yard"},
        "details": {"n_added": 7},
    }
    assert headers["Harken-Event"] == "clips.added"
    assert server.requests[0].startswith(b"POST /hook HTTP/1.1\r\n")
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.n_attempts) == (State.DELIVERED, 1)
    attempt = delivery.attempts.get()
    assert (attempt.status, attempt.snippet, attempt.problem) == (200, "thanks", "")


def test_the_documented_check_tells_ours_from_others(make_hook, happen):
    with serving(reply()) as server:
        _hook, secret = make_hook(address(server))
        happen()
        send_now()
    headers, body = parts(server.requests[0])
    is_genuine = documented_check()
    assert is_genuine(secret, headers, body)
    assert not is_genuine(secret, headers, body + b" ")
    assert not is_genuine("whsec_other", headers, body)
    stale = {**headers, "Harken-Timestamp": str(int(headers["Harken-Timestamp"]) - 301)}
    assert not is_genuine(secret, stale, body)
    assert not is_genuine(
        secret, {**headers, "Harken-Timestamp": str(1 + int(headers["Harken-Timestamp"]))}, body
    )


def test_a_renewed_secret_signs_from_then_on(make_hook, happen):
    with serving(reply()) as server:
        hook, old = make_hook(address(server))
        new = renew_secret(webhook=hook, actor=None)
        happen()
        send_now()
    headers, body = parts(server.requests[0])
    assert documented_check()(new, headers, body)
    assert not documented_check()(old, headers, body)


def test_the_database_holds_no_secret(make_hook):
    hook, secret = make_hook()
    hook.refresh_from_db()
    stored = " ".join(str(getattr(hook, f.attname)) for f in hook._meta.concrete_fields)
    assert secret not in stored
    assert secret not in json.dumps(list(AuditEvent.objects.values("before", "after")))


def test_a_changed_secret_key_is_a_sentence_and_the_old_one_may_be_kept(
    make_hook, happen, settings
):
    with serving(reply()) as server:
        make_hook(address(server))
        was, settings.SECRET_KEY = settings.SECRET_KEY, "another key, of which nobody was told yet"
        happen()
        send_now()
        assert "SECRET_KEY was changed" in WebhookDelivery.objects.get().problem
        assert server.requests == []
        settings.SECRET_KEY_FALLBACKS = [was]
        WebhookDelivery.objects.update(next_at=timezone.now())
        send_now()
    assert WebhookDelivery.objects.get().state == State.DELIVERED


def test_what_fails_waits_for_its_next_attempt(make_hook, happen):
    with serving(reply(b"busy", "503 Service Unavailable"), reply()) as server:
        make_hook(address(server))
        happen()
        send_now()
        delivery = WebhookDelivery.objects.get()
        assert delivery.state == State.WAITING
        assert 10 < (delivery.next_at - timezone.now()).total_seconds() < 46
        assert delivery.problem == "The receiver answered 503, not 2xx."
        send_now()
        assert len(server.requests) == 1
        WebhookDelivery.objects.update(next_at=timezone.now())
        send_now()
    assert WebhookDelivery.objects.get().state == State.DELIVERED
    first, second = server.requests
    assert parts(first)[1] == parts(second)[1]


@pytest.mark.parametrize("status", ["302 Found", "400 Bad Request", "410 Gone", "500 Oops"])
def test_only_a_status_of_success_is_one(make_hook, happen, status):
    with serving(reply(b"", status, "Location: http://127.0.0.1/")) as server:
        make_hook(address(server))
        happen()
        send_now()
    assert WebhookDelivery.objects.get().state == State.WAITING


def test_a_receiver_that_is_not_there_is_a_failure(make_hook, happen):
    make_hook("http://127.0.0.1:9/")
    happen()
    send_now()
    assert "did not answer" in WebhookAttempt.objects.get().problem


def test_an_address_that_turned_private_is_not_called(make_hook, happen, settings):
    with serving(reply()) as server:
        make_hook(address(server))
        settings.OUTGOING_ALLOWED_HOSTS = []
        happen()
        send_now()
    assert server.requests == []
    assert "private or reserved" in WebhookDelivery.objects.get().problem


def test_the_answer_is_kept_short_and_inert(make_hook, happen):
    nasty = b"<script>\x00\x1b[31m\xff" + "\u202e".encode() + b"x" * 10_000
    with serving(reply(nasty)) as server:
        make_hook(address(server))
        happen()
        send_now()
    snippet = WebhookAttempt.objects.get().snippet
    assert len(snippet) == 500
    assert snippet.startswith("<script>") and snippet.isprintable()


def test_after_three_days_a_delivery_is_given_up_and_says_so(make_hook, happen):
    make_hook()
    happen()
    queue_deliveries(TrailReader())
    delivery = WebhookDelivery.objects.get()
    fail(delivery, begun_at=timezone.now() - timedelta(days=2.9))
    assert WebhookDelivery.objects.get().state == State.WAITING
    fail(delivery, begun_at=timezone.now() - timedelta(days=3.1), lease=None, leased_until=None)
    delivery.refresh_from_db()
    assert delivery.state == State.DEAD
    assert delivery.problem.startswith("Given up after 2 attempts.")


def test_a_webhook_that_failed_for_days_is_switched_off_and_says_why(make_hook, happen):
    hook, _ = make_hook()
    happen()
    happen()
    queue_deliveries(TrailReader())
    first, second = WebhookDelivery.objects.order_by("pk")
    Webhook.objects.update(n_failures=9, failing_since=timezone.now() - timedelta(days=3.1))
    fail(first)
    hook.refresh_from_db()
    assert hook.state == Webhook.State.OFF
    assert "3 days" in hook.off_reason and "500" in hook.off_reason
    second.refresh_from_db()
    assert (second.state, second.problem) == (State.DEAD, "The webhook was switched off.")
    assert AuditEvent.objects.get(verb="switch_off_webhook").record_id == str(hook.pk)
    happen()
    queue_deliveries(TrailReader())
    assert WebhookDelivery.objects.count() == 2


def test_one_success_forgets_the_failures_before_it(make_hook, happen):
    with serving(reply()) as server:
        make_hook(address(server))
        Webhook.objects.update(n_failures=9, failing_since=timezone.now() - timedelta(days=9))
        happen()
        send_now()
    hook = Webhook.objects.get()
    assert (hook.n_failures, hook.failing_since) == (0, None)


def test_a_paused_webhook_waits_and_goes_on(make_hook, happen):
    with serving(reply()) as server:
        hook, _ = make_hook(address(server))
        happen()
        queue_deliveries(TrailReader())
        set_webhook_active(webhook=hook, is_active=False, actor=None)
        happen()
        send_now()
        assert server.requests == []
        set_webhook_active(webhook=hook, is_active=True, actor=None)
        send_now()
    assert len(server.requests) == 1  # what happened during the pause is not told


def test_a_test_is_sent_once_also_while_paused(make_hook):
    with serving(reply(b"", "500 Oops")) as server:
        hook, _ = make_hook(address(server))
        set_webhook_active(webhook=hook, is_active=False, actor=None)
        ping_webhook(webhook=hook, actor=None)
        send_now()
    assert json.loads(parts(server.requests[0])[1])["event"] == "ping"
    assert WebhookDelivery.objects.get().state == State.DEAD
    hook.refresh_from_db()
    assert hook.n_failures == 0


def test_tests_do_not_pile_up(make_hook):
    hook, _ = make_hook()
    for _ in range(3):
        ping_webhook(webhook=hook, actor=None)
    with pytest.raises(WebhookRefused, match="deliver_webhooks"):
        ping_webhook(webhook=hook, actor=None)


def test_a_delivery_is_sent_again_by_hand_with_the_same_id(make_hook, happen):
    with serving(reply()) as server:
        make_hook(address(server))
        happen()
        send_now()
        redeliver(delivery=WebhookDelivery.objects.get(), actor=None)
        with pytest.raises(WebhookRefused, match="still tried"):
            redeliver(delivery=WebhookDelivery.objects.get(), actor=None)
        send_now()
    first, second = (json.loads(parts(r)[1])["id"] for r in server.requests)
    assert first == second
    assert WebhookDelivery.objects.get().attempts.count() == 2


def test_what_two_deliverers_see_at_once_one_of_them_sends(make_hook, happen):
    make_hook()
    happen()
    queue_deliveries(TrailReader())
    now = timezone.now()
    (mine,) = claim_due(now=now)
    assert claim_due(now=now) == []
    (theirs,) = claim_due(now=now + timedelta(seconds=LEASE_S))
    assert theirs.n_attempts == 2
    outcome = Outcome(now, 0.1, 200)
    assert not record_outcome(delivery=mine, outcome=outcome)
    assert record_outcome(delivery=theirs, outcome=outcome)
    assert WebhookAttempt.objects.count() == 1


def test_one_webhook_with_much_to_say_does_not_keep_the_others_waiting(make_hook, happen):
    with serving(reply()) as busy, serving(reply()) as calm:
        make_hook(address(busy))
        for _ in range(5):
            happen()
        queue_deliveries(TrailReader())
        make_hook(address(calm))
        happen()
        queue_deliveries(TrailReader())
        assert deliver_due() == 2
    assert (len(busy.requests), len(calm.requests)) == (1, 1)


def test_old_deliveries_leave_the_log(make_hook, happen):
    with serving(reply()) as server:
        make_hook(address(server))
        happen()
        send_now()
    assert prune_deliveries(days=30) == 0
    WebhookDelivery.objects.update(ended_at=timezone.now() - timedelta(days=31))
    assert prune_deliveries(days=30) == 1
    assert not WebhookAttempt.objects.exists()
