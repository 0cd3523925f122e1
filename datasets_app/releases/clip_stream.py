"""The clips of a release as the database has them, a chunk at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count
from django.db.models.functions import Collate

from datasets_app.clips.models import Clip
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.domain.labels.label_states import LabelOrigin, training_state
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.models import Label
from datasets_app.labels.refinement.models import Completeness
from datasets_app.releases.label_table import ClipLabels, settle_labels
from datasets_app.releases.plan import ReleasePlan
from datasets_app.votes.models import Vote

CLIPS_AT_ONCE = 1000
RATING_OF_ANSWER = {
    Answer.PP.value: 1.0,
    Answer.PNP.value: 0.5,
    Answer.U.value: 0,
    Answer.NP.value: -1,
}
"""FSD50K's numbers for the four answers, written as FSD50K writes them."""


@dataclass(frozen=True, slots=True)
class ClipRecord:
    """One clip with its part, what was rated of it, and what the release says of it.

    ``n_certified`` people certify that every audible class is labelled.
    """

    clip: Clip
    part: str
    asked: ClipLabels
    labels: ClipLabels
    ratings: dict[str, list[float]]
    n_certified: int


def by_code_points(column: str) -> Collate:
    """Return a text column in the one order that every database has, Python's own."""
    return Collate(column, "C" if connection.vendor == "postgresql" else "BINARY")


def clip_chunks(plan: ReleasePlan) -> Iterator[list[ClipRecord]]:
    """Yield the clips of the release in the order of their external id, a list at a time.

    The order is streamed from the database; four queries a chunk. Memory does not grow with the
    number of clips.
    """
    ordered = plan.released.order_by(by_code_points("clip__external_id"))
    chunk: list[tuple[int, str]] = []
    for row in ordered.values_list("clip_id", "part").iterator(chunk_size=CLIPS_AT_ONCE):
        chunk.append(row)
        if len(chunk) == CLIPS_AT_ONCE:
            yield _records(plan, chunk)
            chunk = []
    if chunk:
        yield _records(plan, chunk)


def _records(plan: ReleasePlan, chunk: list[tuple[int, str]]) -> list[ClipRecord]:
    ids = [pk for pk, _ in chunk]
    clips = Clip.objects.select_related("uploader").in_bulk(ids)
    asked, ratings = _asked(plan, ids), _ratings(plan, ids)
    certified = _certified(ids)
    settled = settle_labels([asked[pk] for pk in ids], plan.ancestors)
    return [
        ClipRecord(clips[pk], part, asked[pk], labels, ratings[pk], certified.get(pk, 0))
        for (pk, part), labels in zip(chunk, settled, strict=True)
    ]


def _certified(ids: list[int]) -> dict[int, int]:
    """Return the certificates that hold, as ``labels.refinement.selectors.completeness`` does."""
    rows = Completeness.objects.filter(clip__in=ids, withdrawn_at=None).order_by()
    return dict(rows.values("clip").annotate(n=Count("pk")).values_list("clip", "n"))


def _asked(plan: ReleasePlan, ids: list[int]) -> dict[int, ClipLabels]:
    column = {c.pk: i for i, c in enumerate(plan.classes)}
    asked: dict[int, ClipLabels] = {pk: {} for pk in ids}
    rows = Label.objects.filter(nomination__clip__in=ids).values_list(
        "nomination__clip_id", "nomination__sound_class_id", "state", "value", "origin"
    )
    for clip, sound_class, state, value, origin in rows:
        said = training_state(DecisionState(state), LabelValue(value) if value else None)
        asked[clip][column[sound_class]] = said, LabelOrigin(origin)
    return asked


def _ratings(plan: ReleasePlan, ids: list[int]) -> dict[int, dict[str, list[float]]]:
    mids = {c.pk: c.mid for c in plan.classes}
    ratings: dict[int, dict[str, list[float]]] = {pk: {} for pk in ids}
    rows = Vote.objects.filter(nomination__clip__in=ids, is_trusted=True).values_list(
        "nomination__clip_id", "nomination__sound_class_id", "answer"
    )
    for clip, sound_class, answer in rows:
        ratings[clip].setdefault(mids[sound_class], []).append(RATING_OF_ANSWER[answer])
    for of_clip in ratings.values():
        for values in of_clip.values():
            values.sort(reverse=True)
    return ratings
