"""What a release is to hold: decided once, before the first file is written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.domain.labels.label_states import LabelOrigin, training_state
from datasets_app.domain.ontology.propagation import ancestor_matrix
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.models import Label
from datasets_app.ontology.models import Edge, SoundClass
from datasets_app.releases.label_table import ClipLabels, settle_labels
from datasets_app.releases.layout import released_name
from datasets_app.releases.models import RELEASE_VERSION, Release
from datasets_app.splits.models import Split
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
class ReleasePlan:
    """The frame of a release; the clips follow in chunks (``clip_records``).

    ``classes`` are all of the ontology in the order of their mid: a class index is a place in it.
    ``labels`` are their released names; ``vocabulary`` are the indices of the released classes, in
    the order of those names.
    ``edges`` are (child, parent, propagates) over the whole ontology; ``ancestors`` follow those
    that propagate, and the merges that a curator asked for.
    """

    collection: Collection
    version: str
    split: Split
    parent: Release | None
    classes: tuple[SoundClass, ...]
    labels: tuple[str, ...]
    vocabulary: tuple[int, ...]
    edges: tuple[tuple[int, int, bool], ...]
    ancestors: Any = field(repr=False)
    index: tuple[tuple[str, int, str], ...] = field(repr=False)

    def most_specific_first(self, columns: list[int]) -> list[int]:
        """Order class indices as FSD50K does, from the specific to the general."""
        above = self.ancestors.indptr
        return sorted(columns, key=lambda c: (above[c] - above[c + 1], self.label(c), c))

    def label(self, column: int) -> str:
        """Return a class's name as it is released."""
        return self.labels[column]


@dataclass(frozen=True, slots=True)
class ClipRecord:
    """One clip with its part, what was rated of it, and what the release says of it."""

    clip: Clip
    part: str
    asked: ClipLabels
    labels: ClipLabels
    ratings: dict[str, list[float]]


def plan_release(
    *, collection: Collection, version: str, split: Split | None, parent: Release | None
) -> ReleasePlan:
    """Gather the frame of a release: three queries and one for the index of clips.

    Clips withdrawn since the split was made are left out.

    Raises
    ------
    ValueError
        The version is not allowed; there is no split; split or parent are another collection's;
        no clip of the split is available; a clip of it has no recording.
    """
    try:
        RELEASE_VERSION(version)
    except ValidationError as error:
        raise ValueError(f"{version!r}: {error.message}") from error
    split = split or _latest_split(collection)
    for name, record in (("split", split), ("parent", parent)):
        if record is not None and record.collection_id != collection.pk:
            raise ValueError(f"The {name} is of another collection than {collection.name}.")
    classes = sorted(collection.ontology.classes.all(), key=lambda c: c.mid)
    column = {c.pk: i for i, c in enumerate(classes)}
    rows = Edge.objects.filter(child__ontology=collection.ontology)
    found = rows.values_list("child_id", "parent_id", "propagates")
    edges = sorted((column[child], column[above], up) for child, above, up in found)
    index = split.assignments.filter(clip__state=Clip.State.AVAILABLE).values_list(
        "clip__external_id", "clip_id", "part"
    )
    if not index:
        raise ValueError(
            f"No clip of {collection.name}'s split is available; run assign_splits again."
        )
    _check_recordings(split, len(index))
    in_vocabulary = split.vocabulary.classes.values_list("sound_class_id", flat=True)
    labels = tuple(released_name(c.name) for c in classes)
    vocabulary = sorted((column[pk] for pk in in_vocabulary), key=lambda c: (labels[c], c))
    upward = [(child, above) for child, above, up in edges if up]
    upward += _forced_merges(split, classes)
    return ReleasePlan(
        collection=collection,
        version=version,
        split=split,
        parent=parent,
        classes=tuple(classes),
        labels=labels,
        vocabulary=tuple(vocabulary),
        edges=tuple(edges),
        ancestors=ancestor_matrix(len(classes), upward),
        index=tuple(sorted(index)),
    )


def _forced_merges(split: Split, classes: list[SoundClass]) -> list[tuple[int, int]]:
    column = {c.mid: i for i, c in enumerate(classes)}
    merges = split.vocabulary.wish.get("merge", {})
    return [(column[child], column[into]) for child, into in merges.items()]


def _latest_split(collection: Collection) -> Split:
    split = collection.splits.order_by("-pk").first()
    if split is None:
        raise ValueError(
            f"Collection {collection.name} has no split; run assign_splits --collection "
            f"{collection.name} first."
        )
    return split


def _check_recordings(split: Split, n_clips: int) -> None:
    silent = split.assignments.filter(clip__state=Clip.State.AVAILABLE, clip__sha256__isnull=True)
    if n_silent := silent.count():
        raise ValueError(
            f"{n_silent} of {n_clips} clips to release have no recording, for they came as "
            "metadata alone; take their recordings in with ingest_clips or withdraw the clips, "
            "then build the release."
        )


def clip_records(plan: ReleasePlan) -> Iterator[ClipRecord]:
    """Yield every clip of the release in the order of its external id: three queries a chunk."""
    for start in range(0, len(plan.index), CLIPS_AT_ONCE):
        chunk = plan.index[start : start + CLIPS_AT_ONCE]
        ids = [pk for _, pk, _ in chunk]
        clips = Clip.objects.select_related("uploader").in_bulk(ids)
        asked, ratings = _asked(plan, ids), _ratings(plan, ids)
        settled = settle_labels([asked[pk] for pk in ids], plan.ancestors)
        for (_, pk, part), labels in zip(chunk, settled, strict=True):
            yield ClipRecord(clips[pk], part, asked[pk], labels, ratings[pk])


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
