"""Makes deliveries of what the audit trail tells."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db import models, transaction
from django.utils import timezone

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.webhooks.happenings import BY_VERB, told_details
from datasets_app.jobs.models import Job
from datasets_app.nominations.campaign_models import Campaign
from datasets_app.nominations.models import Nomination
from datasets_app.releases.models import Release
from datasets_app.splits.models import Split
from datasets_app.webhooks.models import Webhook, WebhookDelivery
from datasets_app.webhooks.trail import TrailReader


class Subject(NamedTuple):
    """The record an event is about: of which collection, and how receivers can find it."""

    collection_id: int
    uuid: str
    name: str


_KINDS: Mapping[str, tuple[type[models.Model], str, str]] = {
    "collection": (Collection, "pk", "name"),
    "release": (Release, "collection_id", "version"),
    "job": (Job, "collection_id", "kind"),
    "split": (Split, "collection_id", "uuid"),
    "clip": (Clip, "collection_id", "external_id"),
    "nomination": (Nomination, "collection_id", "uuid"),
    "campaign": (Campaign, "collection_id", "name"),
}
"""Of each kind of record: its model, where its collection stands, and what names it."""


def queue_deliveries(reader: TrailReader) -> int:
    """Read on in the audit trail and make the deliveries that follow; return the events read."""
    events = reader.read()
    with transaction.atomic():
        if events:
            _make_deliveries(events)
        reader.move_cursor()
    return len(events)


def _make_deliveries(events: Sequence[AuditEvent]) -> None:
    subjects = find_subjects(events)
    hooks: dict[int, list[Webhook]] = defaultdict(list)
    active = Webhook.objects.filter(state=Webhook.State.ACTIVE)
    found = {subject.collection_id for subject in subjects.values()}
    for hook in active.filter(collection__in=found).select_related("collection"):
        hooks[hook.collection_id].append(hook)
    made = [
        _delivery(hook, event, subject)
        for event in events
        if (subject := subjects.get(event.pk)) is not None
        for hook in hooks[subject.collection_id]
        if BY_VERB[event.verb].name in hook.events and event.at >= hook.created_at
    ]
    known = set(
        WebhookDelivery.objects.filter(event__in=[delivery.event_id for delivery in made])
        .order_by()
        .values_list("webhook_id", "event_id")
    )
    new = [d for d in made if (d.webhook_id, d.event_id) not in known]
    WebhookDelivery.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)


def find_subjects(events: Iterable[AuditEvent]) -> dict[int, Subject]:
    """Return the subject of each event, by the event's id; one query for each kind of record.

    Events about records that are gone, or of no collection, are left out.
    """
    by_kind: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for event in events:
        if event.record_type in _KINDS and event.record_id.isdecimal():
            by_kind[event.record_type][event.record_id].append(event.pk)
    subjects: dict[int, Subject] = {}
    for kind, event_ids in by_kind.items():
        model, collection, name = _KINDS[kind]
        rows = model._default_manager.filter(pk__in=list(event_ids)).order_by()
        for pk, *values in rows.values_list("pk", collection, "uuid", name):
            subject = Subject(values[0], str(values[1]), str(values[2]))
            subjects |= dict.fromkeys(event_ids[str(pk)], subject)
    return subjects


def _delivery(hook: Webhook, event: AuditEvent, subject: Subject) -> WebhookDelivery:
    now = timezone.now()
    return WebhookDelivery(
        webhook=hook,
        event=event,
        name=BY_VERB[event.verb].name,
        body=_body(hook.collection, event, subject),
        begun_at=now,
        next_at=now,
    )


def _body(collection: Collection, event: AuditEvent, subject: Subject) -> str:
    return json.dumps(
        {
            "id": f"event-{event.pk}",
            "event": BY_VERB[event.verb].name,
            "at": event.at.isoformat(),
            "collection": {"name": collection.name, "uuid": str(collection.uuid)},
            "record": {"type": event.record_type, "uuid": subject.uuid, "name": subject.name},
            "details": told_details(event.verb, event.after),
        }
    )
