"""Gathers from the records what may have changed some labels: a few queries for many clips."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.releases.label_evidence import (
    Adjudged,
    AnswerKind,
    GivenAnswer,
    LabelEvidence,
)
from datasets_app.labels.adjudication.models import Adjudication
from datasets_app.nominations.models import Nomination
from datasets_app.votes.models import Vote, VoteRevision

Pair = tuple[str, str]


@dataclass(slots=True)
class _Known:
    """What was found so far of one nomination."""

    pair: Pair
    proposed_at: datetime
    decided_at: datetime | None
    is_from_model: bool
    model_score: float | None
    answers: list[GivenAnswer] = field(default_factory=list)
    adjudications: list[Adjudged] = field(default_factory=list)

    def as_evidence(self) -> LabelEvidence:
        return LabelEvidence(
            tuple(self.answers),
            tuple(self.adjudications),
            self.proposed_at,
            self.is_from_model,
            self.model_score,
            self.decided_at,
        )


def gather_evidence(*, collection: Collection, pairs: Iterable[Pair]) -> dict[Pair, LabelEvidence]:
    """Return what is on record of (fname, mid) pairs; pairs that nobody nominated are left out.

    Notes
    -----
    Four queries, whatever the number of pairs; memory grows with the answers of their clips, so
    that callers bring a few hundred clips at a time.
    """
    wanted = set(pairs)
    found = _nominations(collection, wanted)
    if found:
        clips = sorted({fname for fname, _ in wanted})
        _add_votes(collection, clips, found)
        _add_revisions(collection, clips, found)
        _add_adjudications(collection, clips, found)
    return {known.pair: known.as_evidence() for known in found.values()}


def withdrawn_among(*, collection: Collection, fnames: Iterable[str]) -> set[str]:
    """Return which of some clips are withdrawn: one query."""
    clips = collection.clips.filter(state=Clip.State.WITHDRAWN, external_id__in=list(fnames))
    return set(clips.values_list("external_id", flat=True))


def _nominations(collection: Collection, wanted: set[Pair]) -> dict[int, _Known]:
    rows = Nomination.objects.filter(
        collection=collection, clip__external_id__in=sorted({fname for fname, _ in wanted})
    )
    columns = rows.annotate(score=Max("flags__score")).values_list(
        "pk",
        "clip__external_id",
        "sound_class__mid",
        "created_at",
        "label__decided_at",
        "origin",
        "score",
    )
    return {
        pk: _Known((fname, mid), proposed, decided, origin == Nomination.Origin.MODEL.value, score)
        for pk, fname, mid, proposed, decided, origin, score in columns.iterator()
        if (fname, mid) in wanted
    }


def _add_votes(collection: Collection, clips: list[str], found: Mapping[int, _Known]) -> None:
    votes = Vote.objects.filter(
        nomination__collection=collection, nomination__clip__external_id__in=clips
    )
    columns = votes.values_list(
        "nomination_id", "answer", "cast_at", "task", "is_expert", "is_trusted", "page__closed_at"
    )
    for pk, answer, at, task, is_expert, is_trusted, judged_at in columns.iterator():
        if pk in found:
            kind = _kind(task, is_expert)
            given = GivenAnswer(answer, at, None, kind, is_trusted, judged_at)
            found[pk].answers.append(given)


def _add_revisions(collection: Collection, clips: list[str], found: Mapping[int, _Known]) -> None:
    """Add former answers; whose vote is gone has no kind any more and is taken for anybody's."""
    rows = VoteRevision.objects.filter(
        nomination__collection=collection, nomination__clip__external_id__in=clips
    )
    columns = rows.values_list(
        "nomination_id", "answer", "cast_at", "replaced_at", "vote__task", "vote__is_expert"
    )
    for pk, answer, at, until, task, is_expert in columns.iterator():
        if pk in found:
            kind = _kind(task, is_expert)
            found[pk].answers.append(GivenAnswer(answer, at, until, kind))


def _add_adjudications(
    collection: Collection, clips: list[str], found: Mapping[int, _Known]
) -> None:
    rows = Adjudication.objects.filter(
        nomination__collection=collection, nomination__clip__external_id__in=clips
    )
    columns = rows.values_list("nomination_id", "answer", "decided_at", "withdrawn_at")
    for pk, answer, at, withdrawn_at in columns.iterator():
        if pk in found:
            found[pk].adjudications.append(Adjudged(answer, at, withdrawn_at))


def _kind(task: str | None, is_expert: bool | None) -> AnswerKind:
    if task == Vote.Task.REFINEMENT.value:
        return AnswerKind.REFINEMENT
    return AnswerKind.EXPERT if is_expert else AnswerKind.ANNOTATOR
