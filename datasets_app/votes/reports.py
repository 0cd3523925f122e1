"""Reports of clips that should not be here, and what curators make of them."""

import uuid

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.nominations.clip_states import withdraw_clip
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator, User
from datasets_app.votes.models import ClipReport


@transaction.atomic
def report_clip(
    *,
    nomination: Nomination,
    annotator: Annotator,
    reason: ClipReport.Reason,
    comment: str = "",
    idempotency_key: uuid.UUID,
) -> ClipReport:
    """Keep a report for the curators; the same key sent again changes nothing."""
    report, _ = ClipReport.objects.get_or_create(
        idempotency_key=idempotency_key,
        defaults={
            "clip_id": nomination.clip_id,
            "nomination": nomination,
            "annotator": annotator,
            "reason": reason.value,
            "comment": comment,
        },
    )
    return report


@transaction.atomic
def resolve_report(*, report: ClipReport, is_withdrawn: bool, actor: User) -> int:
    """Keep or withdraw the reported clip, and with it close all its open reports; return how many.

    Keeping a clip that was withdrawn otherwise does not bring it back.
    """
    outcome = ClipReport.Outcome.WITHDRAWN if is_withdrawn else ClipReport.Outcome.KEPT
    if is_withdrawn:
        withdraw_clip(clip=report.clip, actor=actor, reason=report.reason)
    n_resolved = ClipReport.objects.filter(
        clip=report.clip_id, outcome=ClipReport.Outcome.OPEN
    ).update(outcome=outcome, resolved_by=actor, resolved_at=timezone.now())
    if n_resolved:
        record_event(
            actor=actor,
            verb="resolve_report",
            record=report,
            after={"outcome": outcome.value, "clip": str(report.clip.uuid)},
        )
    return n_resolved


def open_reports(*, collection: Collection) -> QuerySet[ClipReport]:
    """Return the reports that wait for a curator, the oldest first, with clip and reporter."""
    rows = ClipReport.objects.filter(clip__collection=collection, outcome=ClipReport.Outcome.OPEN)
    return rows.select_related("clip", "annotator", "nomination__sound_class").order_by(
        "reported_at", "pk"
    )
