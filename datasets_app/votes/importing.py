"""Brings votes in from a file, all of them or none."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import add_nominations, refresh_priorities
from datasets_app.people.models import Annotator, User
from datasets_app.people.services import annotators_of_source
from datasets_app.votes.models import Vote, VoteRevision
from datasets_app.votes.table import VoteRow, read_vote_table

BATCH = 5000


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
        pairs = {(clip_ids[r.clip_id], class_ids[r.mid]) for r in rows}
        n_nominations = add_nominations(
            pairs={pair: {"file": path.name} for pair in pairs}, origin=Nomination.Origin.IMPORT
        )
        annotators = annotators_of_source(source=collection.name, names={r.annotator for r in rows})
        nominations = _nominations_by_pair(collection)
        keyed = [
            (nominations[clip_ids[r.clip_id], class_ids[r.mid]], annotators[r.annotator], r)
            for r in rows
        ]
        n_added, n_revised = _write_votes(collection, keyed)
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
            record_event(actor=actor, verb="import_votes", record=collection, after=asdict(summary))
    return summary


def _nominations_by_pair(collection: Collection) -> dict[tuple[int, int], int]:
    rows = Nomination.objects.filter(clip__collection=collection)
    return {(c, k): pk for pk, c, k in rows.values_list("pk", "clip_id", "sound_class_id")}


def _write_votes(
    collection: Collection, keyed: Sequence[tuple[int, Annotator, VoteRow]]
) -> tuple[int, int]:
    on_record = {
        (vote.nomination_id, vote.annotator_id): vote
        for vote in Vote.objects.filter(
            nomination__clip__collection=collection, annotator__source=collection.name
        )
    }
    now = timezone.now()
    new, changed, revisions = [], [], []
    for nomination_id, annotator, row in keyed:
        vote = on_record.get((nomination_id, annotator.pk))
        if vote is None:
            new.append(
                Vote(
                    nomination_id=nomination_id,
                    annotator=annotator,
                    answer=row.answer.value,
                    task=Vote.Task.IMPORT,
                    cast_at=now,
                )
            )
        elif vote.answer != row.answer.value:
            revisions.append(VoteRevision(vote=vote, answer=vote.answer, cast_at=vote.cast_at))
            vote.answer, vote.cast_at = row.answer.value, now
            changed.append(vote)
    Vote.objects.bulk_create(new, batch_size=BATCH)
    VoteRevision.objects.bulk_create(revisions, batch_size=BATCH)
    Vote.objects.bulk_update(changed, ["answer", "cast_at"], batch_size=BATCH)
    return len(new), len(changed)
