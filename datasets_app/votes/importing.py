"""Brings votes in from a file, all of them or none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from datasets_app.audit.services import record_event
from datasets_app.audit.table_statistics import refresh_statistics
from datasets_app.clips.gate import hold_gate
from datasets_app.clips.models import Collection
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.selectors import nominations_by_pair
from datasets_app.nominations.services import add_nominations, refresh_priorities
from datasets_app.people.models import User
from datasets_app.people.services import annotators_of_source
from datasets_app.votes.models import Vote, VoteRevision
from datasets_app.votes.table import read_vote_table

BATCH = 5000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What ``import_votes`` did: ``n_nominations`` counts those it had to create."""

    n_rows: int
    n_added: int
    n_revised: int
    n_unchanged: int
    n_nominations: int
    n_annotators: int


def import_votes(*, collection: Collection, path: Path, actor: User | None = None) -> ImportSummary:
    """Import ``annotator,clip_id,mid,answer`` rows; a second run of the same file changes nothing.

    Missing nominations are created with origin "import". An annotator's answer that differs from
    the one on record revises it.

    Raises
    ------
    VoteTableError
        Some line is faulty; nothing was written.
    """
    clip_ids = dict(collection.clips.values_list("external_id", "pk"))
    class_ids = dict(collection.ontology.classes.values_list("mid", "pk"))
    rows = read_vote_table(path, clip_ids=clip_ids.keys(), mids=class_ids.keys())
    with transaction.atomic():
        hold_gate(collection_id=collection.pk, alone=True)
        pairs = {(clip_ids[r.clip_id], class_ids[r.mid]) for r in rows}
        n_nominations = add_nominations(
            pairs={pair: {"file": path.name} for pair in pairs}, origin=Nomination.Origin.IMPORT
        )
        annotators = annotators_of_source(source=collection.name, names={r.annotator for r in rows})
        nominations = nominations_by_pair(pairs=pairs)
        n_added, n_revised = _write_votes(
            collection,
            {
                (nominations[clip_ids[r.clip_id], class_ids[r.mid]], annotators[r.annotator].pk): (
                    r.answer.value
                )
                for r in rows
            },
        )
        summary = ImportSummary(
            n_rows=len(rows),
            n_added=n_added,
            n_revised=n_revised,
            n_unchanged=len(rows) - n_added - n_revised,
            n_nominations=n_nominations,
            n_annotators=len({r.annotator for r in rows}),
        )
        if n_added or n_revised:
            refresh_priorities(collection=collection)
            refresh_statistics(Nomination, Vote)
            record_event(actor=actor, verb="import_votes", record=collection, after=asdict(summary))
    return summary


def _write_votes(collection: Collection, answers: Mapping[tuple[int, int], str]) -> tuple[int, int]:
    """Write answers by (nomination, annotator) ids; return how many are new, how many revised."""
    votes = Vote.objects.filter(
        nomination__clip__collection=collection, annotator__source=collection.name
    )
    on_record = {
        (nomination, annotator): (pk, answer, cast_at)
        for pk, nomination, annotator, answer, cast_at in votes.values_list(
            "pk", "nomination_id", "annotator_id", "answer", "cast_at"
        )
    }
    now = timezone.now()
    new: list[tuple[int, int, str]] = []
    revised: dict[str, list[int]] = {}
    revisions = []
    for (nomination, annotator), answer in answers.items():
        known = on_record.get((nomination, annotator))
        if known is None:
            new.append((nomination, annotator, answer))
        elif known[1] != answer:
            pk, former, cast_at = known
            revisions.append(
                VoteRevision(
                    vote_id=pk,
                    nomination_id=nomination,
                    annotator_id=annotator,
                    answer=former,
                    cast_at=cast_at,
                )
            )
            revised.setdefault(answer, []).append(pk)
    for chunk in _chunks(new):
        Vote.objects.bulk_create(_imported(*vote, now) for vote in chunk)
    VoteRevision.objects.bulk_create(revisions, batch_size=BATCH)
    for answer, pks in revised.items():
        for chunk in _chunks(pks):
            Vote.objects.filter(pk__in=chunk).update(answer=answer, cast_at=now)
    return len(new), len(revisions)


def _imported(nomination: int, annotator: int, answer: str, now: datetime) -> Vote:
    return Vote(
        nomination_id=nomination,
        annotator_id=annotator,
        answer=answer,
        task=Vote.Task.IMPORT,
        cast_at=now,
    )


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut rows up, so that few of them are in memory as records at a time."""
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
