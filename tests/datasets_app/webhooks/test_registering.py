"""What may become a webhook, and what follows from one."""

from pathlib import Path

import pytest

from datasets_app.audit.models import AuditEvent
from datasets_app.audit.services import record_event
from datasets_app.clips.services import open_collection
from datasets_app.domain.webhooks.happenings import HAPPENINGS, NAMES, told_details
from datasets_app.webhooks.models import Webhook, WebhookDelivery
from datasets_app.webhooks.queueing import queue_deliveries
from datasets_app.webhooks.services import (
    MOST_WEBHOOKS,
    WebhookRefused,
    change_webhook,
    delete_webhook,
)
from datasets_app.webhooks.trail import TrailReader


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "https://10.0.0.1/",
        "ftp://example.org/",
        "javascript:alert(1)",
        "http://name:word@example.org/",
        "",
    ],
)
def test_an_address_that_may_not_be_called_is_refused(make_hook, settings, address):
    settings.OUTGOING_ALLOWED_HOSTS = []
    with pytest.raises(WebhookRefused):
        make_hook(address)
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("events", [[], ["no.such"], ["clips.added", "ping"]])
def test_events_are_chosen_from_those_there_are(make_hook, events):
    with pytest.raises(WebhookRefused):
        make_hook(events=events)


def test_a_collection_has_so_many_webhooks_and_no_more(make_hook):
    for _ in range(MOST_WEBHOOKS):
        make_hook()
    with pytest.raises(WebhookRefused, match="at most 20"):
        make_hook()


def test_each_change_is_on_the_audit_trail(make_hook):
    hook, _ = make_hook()
    change_webhook(webhook=hook, address=hook.address, events=["job.failed"], actor=None)
    change_webhook(webhook=hook, address=hook.address, events=["job.failed"], actor=None)
    delete_webhook(webhook=hook, actor=None)
    verbs = AuditEvent.objects.filter(record_type="webhook").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [
        "register_webhook",
        "change_webhook",
        "delete_webhook",
    ]


def test_a_changed_address_is_checked_too(make_hook, settings):
    hook, _ = make_hook()
    settings.OUTGOING_ALLOWED_HOSTS = []
    with pytest.raises(WebhookRefused):
        change_webhook(webhook=hook, address="http://10.0.0.1/", events=NAMES, actor=None)


def test_only_the_chosen_events_of_its_own_collection_are_told(make_hook, happen, collection):
    other = open_collection(name="other", ontology=collection.ontology)
    before = happen()
    make_hook(events=["clips.added"])
    make_hook(events=["job.failed"], collection=other)
    mine = happen()
    happen(of=other)
    record_event(actor=None, verb="open_collection", record=collection)
    queue_deliveries(TrailReader())
    assert list(WebhookDelivery.objects.values_list("event", flat=True)) == [mine.pk]
    assert before.pk != mine.pk


def test_an_event_of_a_record_that_is_gone_is_passed_over(make_hook, collection):
    make_hook(events=NAMES)
    gone = open_collection(name="gone", ontology=collection.ontology)
    record_event(actor=None, verb="ingest_clips", record=gone)
    gone.delete()
    queue_deliveries(TrailReader())
    assert not WebhookDelivery.objects.exists()


def test_every_verb_of_an_event_is_one_that_some_service_writes():
    root = Path(__file__).resolve().parents[3] / "datasets_app"
    written = "".join(path.read_text() for path in root.rglob("*.py") if "domain" not in path.parts)
    verbs = [verb for happening in HAPPENINGS for verb in happening.verbs]
    assert [verb for verb in verbs if f'"{verb}"' not in written] == []


def test_nothing_but_the_listed_details_is_told():
    after = {"kind": "train", "state": "failed", "error": "no such file /srv/x", "job_dir": "/srv"}
    assert told_details("fail_job", after) == {"kind": "train", "state": "failed"}
    assert told_details("build_release", {"version": ["a"]}) == {}
