"""Takes a curator's word on a reported clip back."""

from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.domain.errors import RuleError
from datasets_app.nominations.clip_states import restore_clip
from datasets_app.people.models import User
from datasets_app.votes.models import ClipReport


@transaction.atomic
def reopen_report(*, report: ClipReport, actor: User) -> int:
    """Open a report again, and all that were closed with it; return how many.

    A clip that was withdrawn with it is available again.

    Raises
    ------
    RuleError
        The report is open.
    """
    held = ClipReport.objects.select_for_update().select_related("clip").get(pk=report.pk)
    if held.outcome == ClipReport.Outcome.OPEN:
        raise RuleError("This report is open already; keep the clip or withdraw it.")
    if held.outcome == ClipReport.Outcome.WITHDRAWN:
        restore_clip(clip=held.clip, actor=actor, reason="report opened again")
    n_opened = ClipReport.objects.filter(clip=held.clip_id, resolved_at=held.resolved_at).update(
        outcome=ClipReport.Outcome.OPEN, resolved_by=None, resolved_at=None
    )
    record_event(
        actor=actor,
        verb="reopen_report",
        record=held,
        before={"outcome": held.outcome},
        after={"outcome": ClipReport.Outcome.OPEN.value, "clip": str(held.clip.uuid)},
    )
    return n_opened
