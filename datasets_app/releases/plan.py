"""What a release is to hold: decided once, before the first file is written."""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.ontology.propagation import ancestor_matrix
from datasets_app.domain.releases.license_subset import wanted_licenses
from datasets_app.ontology.models import Edge, SoundClass
from datasets_app.releases.layout import released_name
from datasets_app.releases.models import RELEASE_VERSION, Release
from datasets_app.releases.options import ReleaseOptions
from datasets_app.splits.models import Split, SplitAssignment


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """The frame of a release; the clips follow in chunks (``clip_stream.clip_chunks``).

    ``classes`` are all of the ontology in the order of their mid: a class index is a place in it.
    ``labels`` are their released names; ``vocabulary`` are the indices of the released classes, in
    the order of those names.
    ``edges`` are (child, parent, propagates) over the whole ontology; ``ancestors`` follow those
    that propagate, and the merges that a curator asked for. ``licenses`` are the licences, as the
    clips state them, that are released; ``n_clips`` is how many clips there were when it was made.
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
    options: ReleaseOptions
    licenses: tuple[str, ...]
    n_clips: int

    @property
    def released(self) -> QuerySet[SplitAssignment]:
        """The clips of the release: those of the split that are available and licensed so."""
        rows = self.split.assignments.filter(clip__state=Clip.State.AVAILABLE)
        return rows.filter(clip__license__in=self.licenses) if self.options.licenses else rows

    def most_specific_first(self, columns: list[int]) -> list[int]:
        """Order class indices as FSD50K does, from the specific to the general."""
        above = self.ancestors.indptr
        return sorted(columns, key=lambda c: (above[c] - above[c + 1], self.label(c), c))

    def label(self, column: int) -> str:
        """Return a class's name as it is released."""
        return self.labels[column]


def plan_release(
    *,
    collection: Collection,
    version: str,
    split: Split | None,
    parent: Release | None,
    options: ReleaseOptions | None = None,
) -> ReleasePlan:
    """Gather the frame of a release, at a number of queries that does not grow.

    Clips withdrawn since the split was made are left out, and those whose licence is not wanted.

    Raises
    ------
    ValueError
        The version is not allowed; there is no split; split or parent are another collection's;
        no clip of the split is available; a clip of it has no recording; a licence that is wanted
        is no clip's.
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
    options = options or ReleaseOptions()
    licenses, n_clips = _licensed(split, options)
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
        options=options,
        licenses=licenses,
        n_clips=n_clips,
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


def _licensed(split: Split, options: ReleaseOptions) -> tuple[tuple[str, ...], int]:
    """Return the licences to release and how many clips have them; one query."""
    silent = Count("pk", filter=Q(clip__sha256__isnull=True))
    rows = split.assignments.filter(clip__state=Clip.State.AVAILABLE).order_by()
    counted = rows.values("clip__license").annotate(n=Count("pk"), n_silent=silent)
    found = {text: (n, n_silent) for text, n, n_silent in counted.values_list(*_COUNTED)}
    if not found:
        raise ValueError(
            f"No clip of {split.collection.name}'s split is available; run assign_splits again."
        )
    licenses = wanted_licenses(found, options.licenses) if options.licenses else sorted(found)
    n_clips = sum(found[text][0] for text in licenses)
    if n_silent := sum(found[text][1] for text in licenses):
        raise ValueError(
            f"{n_silent} of {n_clips} clips to release have no recording, for they came as "
            "metadata alone; take their recordings in with ingest_clips or withdraw the clips, "
            "then build the release."
        )
    return tuple(licenses), n_clips


_COUNTED = ("clip__license", "n", "n_silent")
