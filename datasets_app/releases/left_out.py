"""What a release leaves out, and why: licences that were not wanted, clips that were withdrawn."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db.models import QuerySet

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip
from datasets_app.releases.clip_stream import CLIPS_AT_ONCE, by_code_points
from datasets_app.releases.layout import (
    LEFT_OUT,
    LEFT_OUT_COLUMNS,
    WITHDRAWN,
    WITHDRAWN_COLUMNS,
)
from datasets_app.releases.models import Release
from datasets_app.releases.plan import ReleasePlan
from datasets_app.releases.text_files import CsvFile
from datasets_app.splits.models import SplitAssignment

REASON_WITHDRAWN = "withdrawn"


def write_left_out(folder: Path, plan: ReleasePlan) -> dict[str, int]:
    """Write the clips of the split that are not released; return how many for which reason.

    Streamed from the database in the order of the external ids.
    """
    counts: Counter[str] = Counter()
    wanted = ", ".join(plan.options.licenses)
    rows = _in_order(plan.split.assignments.exclude(pk__in=plan.released.values("pk")))
    columns = ("clip__external_id", "clip__license", "clip__uploader__name", "clip__state")
    with CsvFile(folder / LEFT_OUT, LEFT_OUT_COLUMNS) as table:
        for fname, text, maker, state in rows.values_list(*columns).iterator(CLIPS_AT_ONCE):
            is_withdrawn = state == Clip.State.WITHDRAWN
            reason = REASON_WITHDRAWN if is_withdrawn else f"licence not among {wanted}"
            counts[REASON_WITHDRAWN if is_withdrawn else "license"] += 1
            table.add(fname, text, maker, reason)
    _write_withdrawn(folder, plan)
    return dict(sorted(counts.items()))


def _in_order(rows: QuerySet[SplitAssignment]) -> QuerySet[SplitAssignment]:
    return rows.order_by(by_code_points("clip__external_id"))


def _write_withdrawn(folder: Path, plan: ReleasePlan) -> None:
    """Write the withdrawn clips that this release or one before it had in its split.

    ``since_release`` is the first of these releases that was built after the clip was withdrawn; it
    is empty where the audit trail does not say when that was.
    """
    lineage = _lineage(plan)
    splits = {release.split_id for release in lineage} | {plan.split.pk}
    rows = Clip.objects.filter(
        state=Clip.State.WITHDRAWN,
        pk__in=SplitAssignment.objects.filter(split__in=splits).values("clip"),
    ).order_by(by_code_points("external_id"))
    with CsvFile(folder / WITHDRAWN, WITHDRAWN_COLUMNS) as table:
        for chunk in _chunks(rows):
            when = _withdrawn_at([pk for pk, _ in chunk])
            for pk, fname in chunk:
                table.add(fname, _since(when.get(pk), lineage, plan.version))


def _chunks(rows: QuerySet[Clip]) -> Iterator[list[tuple[int, str]]]:
    chunk: list[tuple[int, str]] = []
    for row in rows.values_list("pk", "external_id").iterator(CLIPS_AT_ONCE):
        chunk.append(row)
        if len(chunk) == CLIPS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _lineage(plan: ReleasePlan) -> list[Release]:
    """Return the releases before this one, the oldest first; one query."""
    known = {release.pk: release for release in plan.collection.releases.all()}
    found: list[Release] = []
    release = plan.parent
    while release is not None:
        found.append(release)
        release = known.get(release.parent_id)
    return found[::-1]


def _withdrawn_at(clips: list[int]) -> dict[int, datetime]:
    events = AuditEvent.objects.filter(
        record_type=Clip._meta.model_name,
        record_id__in=[str(pk) for pk in clips],
        verb="withdraw_clip",
    )
    found = events.order_by("at", "pk").values_list("record_id", "at")
    return {int(record): at for record, at in found}


def _since(withdrawn: datetime | None, lineage: list[Release], version: str) -> str:
    if withdrawn is None:
        return ""
    later = (release.version for release in lineage if release.created_at > withdrawn)
    return next(later, version)
