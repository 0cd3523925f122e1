"""Writes what an importer reads into the records: whole or not at all, batch by batch.

An importer yields ``ImportedClip``s; nothing of the file is held beyond a batch. What is on record
already is never changed: a clip that is there keeps its fields and gets the nominations and votes
it lacks, so that importing twice adds nothing.
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.clips.gate import hold_gate
from datasets_app.clips.models import Clip, Collection, Uploader
from datasets_app.clips.services import open_collection
from datasets_app.domain.nominations.priority import validation_priority
from datasets_app.domain.votes.answers import Answer
from datasets_app.importers.bulk_rows import BulkTable, allocate_ids, moment
from datasets_app.importers.published_split import PublishedSplit
from datasets_app.importers.tables import SourceError
from datasets_app.nominations.class_work import recount_class_work
from datasets_app.nominations.clip_states import refresh_askable
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import refresh_priorities
from datasets_app.ontology.models import Ontology
from datasets_app.people.models import User
from datasets_app.people.services import annotators_of_source
from datasets_app.votes.models import Vote

CLIPS_AT_ONCE = 4000
UPLOADERS_REMEMBERED = 20_000
UNKNOWN_LICENSE = "unknown"
PRESENT = (Answer.PP.value, Answer.PNP.value)
LONGEST = {"uploader": 200, "license": 200, "title": 500, "source_url": 1000}
"""Characters that a text of a clip may have (inclusive)."""


class ImportedNomination(NamedTuple):
    """A class that the source names for a clip, why, and the anonymous answers it gives."""

    class_id: int
    evidence: Mapping[str, Any]
    answers: Sequence[str] = ()


class ImportedClip(NamedTuple):
    """A clip as its source describes it; ``where`` is the file and line, for an error.

    ``part`` is train, val or eval of the split that the source publishes, or empty;
    ``truth`` the class ids of its published labels, counted for that split's vocabulary.
    """

    where: str
    clip_id: str
    uploader: str
    license: str = UNKNOWN_LICENSE
    title: str = ""
    description: str = ""
    tags: Sequence[str] = ()
    source_url: str = ""
    freesound_id: int | None = None
    duration_s: float | None = None
    nominations: Sequence[ImportedNomination] = ()
    part: str = ""
    truth: Sequence[int] = ()


@dataclass(slots=True)
class ImportSummary:
    """What an import added, and what it has to say; ``n_known`` clips were there already."""

    n_clips: int = 0
    n_known: int = 0
    n_uploaders: int = 0
    n_nominations: int = 0
    n_votes: int = 0
    n_by_part: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, Any]:
        """Return the counts without the warnings, for the audit trail."""
        return {name: value for name, value in asdict(self).items() if name != "warnings"}

    @property
    def n_added(self) -> int:
        """How many records of any kind are new."""
        return self.n_clips + self.n_uploaders + self.n_nominations + self.n_votes


@transaction.atomic
def import_records(
    *,
    collection: str,
    ontology: Ontology,
    source: str,
    clips: Iterable[ImportedClip],
    actor: User | None = None,
    on_progress: Callable[[int], None] = lambda done: None,
) -> ImportSummary:
    """Write all clips of a source into the collection of that name, made if there is none.

    One transaction: whatever ``clips`` raises leaves the database as it was.

    Parameters
    ----------
    source
        The dataset's name, for the audit trail.
    on_progress
        Told the number of clips read so far.

    Raises
    ------
    SourceError
        A clip is listed twice.
    ValueError
        As ``open_collection``.

    Notes
    -----
    Cost: about 15 statements per ``CLIPS_AT_ONCE`` clips; memory is that of one batch.
    """
    target = open_collection(name=collection, ontology=ontology, actor=actor)
    hold_gate(collection_id=target.pk, alone=True)
    Collection.objects.select_for_update(no_key=True).get(pk=target.pk)  # pages may refer to it
    writer = _RecordWriter(target)
    done = 0
    for batch in _batches(clips):
        writer.write(batch)
        done += len(batch)
        on_progress(done)
    summary = writer.finish()
    if summary.n_added or summary.n_by_part:
        record_event(
            actor=actor,
            verb="import_dataset",
            record=target,
            after={"source": source, **summary.counts()},
        )
    return summary


def _batches(clips: Iterable[ImportedClip]) -> Iterator[list[ImportedClip]]:
    iterator = iter(clips)
    while batch := list(islice(iterator, CLIPS_AT_ONCE)):
        yield batch


class _Wanted(NamedTuple):
    """A nomination to write: of which clip, and whether the clip was there before."""

    clip_pk: int
    duration_s: float | None
    is_known: bool
    nomination: ImportedNomination


class _RecordWriter:
    """Writes batches in the order in which the tables refer to each other."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._summary = ImportSummary()
        self._random = random.Random(f"import/{collection.name}")  # noqa: S311  # nosec B311
        self._uploader_pks: dict[str, int] = {}
        self._annotators: list[int] = []
        self._split = PublishedSplit(collection)
        last = collection.clips.order_by("-pk").values_list("pk", flat=True).first()
        self._last_pk_before = last or 0
        self._uploaders = BulkTable(Uploader, ("id", "collection_id", "name"))
        self._clips = BulkTable(Clip, _CLIP_COLUMNS)
        self._nominations = BulkTable(Nomination, _NOMINATION_COLUMNS)
        self._votes = BulkTable(Vote, _VOTE_COLUMNS)

    def write(self, batch: Sequence[ImportedClip]) -> None:
        known = self._known(batch)
        new = [clip for clip in batch if clip.clip_id not in known]
        pks = known | self._write_clips(new)
        nominations = self._write_nominations(batch, pks, known)
        self._write_votes(batch, pks, known, nominations)
        self._split.assign([(pks[c.clip_id], c.part, c.truth) for c in batch if c.part])
        self._summary.n_known += len(known)

    def finish(self) -> ImportSummary:
        self._summary.n_by_part = self._split.finish(has_new_clips=self._summary.n_clips > 0)
        if self._summary.n_nominations:
            recount_class_work(collection=self._collection)
        return self._summary

    def _known(self, batch: Sequence[ImportedClip]) -> dict[str, int]:
        """Return the clips that were there before; one that this import wrote is a repetition."""
        seen: set[str] = set()
        rows = self._collection.clips.filter(external_id__in=[c.clip_id for c in batch])
        known = dict(rows.values_list("external_id", "pk"))
        for clip in batch:
            if clip.clip_id in seen or known.get(clip.clip_id, 0) > self._last_pk_before:
                raise SourceError(
                    f"{clip.where}: clip {clip.clip_id} was listed before; list each clip once."
                )
            seen.add(clip.clip_id)
        return known

    def _write_clips(self, new: Sequence[ImportedClip]) -> dict[str, int]:
        uploaders = self._uploader_ids({clip.uploader for clip in new})
        pks = allocate_ids(Clip, len(new))
        collection = self._collection.pk
        self._clips.insert(
            (
                pk,
                collection,
                uploaders[c.uploader],
                c.clip_id,
                c.freesound_id,
                c.duration_s,
                c.title,
                c.description,
                json.dumps(list(c.tags)),
                c.license,
                c.source_url,
            )
            for pk, c in zip(pks, new, strict=True)
        )
        self._summary.n_clips += len(new)
        return {clip.clip_id: pk for clip, pk in zip(new, pks, strict=True)}

    def _uploader_ids(self, names: set[str]) -> dict[str, int]:
        if len(self._uploader_pks) > UPLOADERS_REMEMBERED:
            self._uploader_pks.clear()
        held = self._uploader_pks
        asked = [name for name in names if name not in held]
        rows = self._collection.uploaders.filter(name__in=asked)
        held.update(rows.values_list("name", "pk"))
        new = sorted(name for name in asked if name not in held)
        pks = allocate_ids(Uploader, len(new))
        pairs = list(zip(pks, new, strict=True))
        self._uploaders.insert((pk, self._collection.pk, name) for pk, name in pairs)
        self._summary.n_uploaders += len(new)
        held.update((name, pk) for pk, name in pairs)
        return held

    def _write_nominations(
        self, batch: Sequence[ImportedClip], pks: Mapping[str, int], known: Mapping[str, int]
    ) -> dict[tuple[int, int], int]:
        """Write the nominations that are not there; return the pk of each (clip, class)."""
        found = self._known_nominations(known)
        wanted: dict[tuple[int, int], _Wanted] = {}
        for clip in batch:
            pk = pks[clip.clip_id]
            for nomination in clip.nominations:
                pair = (pk, nomination.class_id)
                if pair not in found:
                    is_known = clip.clip_id in known
                    wanted.setdefault(pair, _Wanted(pk, clip.duration_s, is_known, nomination))
        new = allocate_ids(Nomination, len(wanted))
        self._nominations.insert(self._nomination_rows(new, list(wanted.values())))
        refresh_askable(clips={w.clip_pk for w in wanted.values() if w.is_known})
        self._summary.n_nominations += len(wanted)
        return found | dict(zip(wanted, new, strict=True))

    def _nomination_rows(
        self, pks: Sequence[int], wanted: Sequence[_Wanted]
    ) -> Iterator[tuple[Any, ...]]:
        priorities = validation_priority(
            n_present_votes=np.array([_n_present(w.nomination) for w in wanted], dtype=int),
            duration_s=np.array([w.duration_s or np.inf for w in wanted], dtype=float),
            n_direct_labels=np.zeros(len(wanted), dtype=int),
        )
        origin = Nomination.Origin.IMPORT.value
        shuffle, collection = self._random.random, self._collection.pk
        for pk, w, priority in zip(pks, wanted, priorities.tolist(), strict=True):
            evidence = json.dumps(w.nomination.evidence)
            class_id = w.nomination.class_id
            yield pk, w.clip_pk, collection, class_id, origin, evidence, priority, shuffle()

    def _known_nominations(self, known: Mapping[str, int]) -> dict[tuple[int, int], int]:
        if not known:
            return {}
        rows = Nomination.objects.filter(clip__in=list(known.values()))
        triples = rows.values_list("clip_id", "sound_class_id", "pk")
        return {(clip, sound_class): pk for clip, sound_class, pk in triples}

    def _write_votes(
        self,
        batch: Sequence[ImportedClip],
        pks: Mapping[str, int],
        known: Mapping[str, int],
        nominations: Mapping[tuple[int, int], int],
    ) -> None:
        wanted = {
            (nominations[pks[clip.clip_id], n.class_id], position): (answer, clip.clip_id in known)
            for clip in batch
            for n in clip.nominations
            for position, answer in enumerate(n.answers)
        }
        self._need_annotators(max((position for _, position in wanted), default=-1) + 1)
        people, held = self._annotators, self._known_votes(known)
        new = [key for key in wanted if not held or (key[0], people[key[1]]) not in held]
        ids, now, task = allocate_ids(Vote, len(new)), moment(), Vote.Task.IMPORT.value
        self._votes.insert(
            (pk, key[0], people[key[1]], wanted[key][0], task, now)
            for pk, key in zip(ids, new, strict=True)
        )
        self._summary.n_votes += len(new)
        touched = {key[0] for key in new if wanted[key][1]}
        if touched:
            refresh_priorities(collection=self._collection, nominations=touched)

    def _known_votes(self, known: Mapping[str, int]) -> set[tuple[int, int]]:
        if not known:
            return set()
        rows = Vote.objects.filter(
            nomination__clip__in=list(known.values()), annotator__in=self._annotators
        )
        return set(rows.values_list("nomination_id", "annotator_id"))

    def _need_annotators(self, n: int) -> None:
        """Have ``n`` anonymous annotators, each standing for a place in the lists of answers."""
        if n > len(self._annotators):
            names = [f"rating {position}" for position in range(1, n + 1)]
            held = annotators_of_source(source=self._collection.name, names=names)
            self._annotators = [held[name].pk for name in names]


_CLIP_COLUMNS = (
    "id",
    "collection_id",
    "uploader_id",
    "external_id",
    "freesound_id",
    "duration_s",
    "title",
    "description",
    "tags",
    "license",
    "source_url",
)
_NOMINATION_COLUMNS = (
    "id",
    "clip_id",
    "collection_id",
    "sound_class_id",
    "origin",
    "evidence",
    "priority",
    "shuffle",
)
_VOTE_COLUMNS = ("id", "nomination_id", "annotator_id", "answer", "task", "cast_at")


def _n_present(nomination: ImportedNomination) -> int:
    return sum(answer in PRESENT for answer in nomination.answers)
