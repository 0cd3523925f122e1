"""Labels as a matrix."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.clips.clip_groups import NO_DUPLICATES, merge_groups
from datasets_app.domain.label_matrix import LabelMatrix, label_matrix
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.labels.models import Label
from datasets_app.nominations.selectors import PRESENT_VALUES


@dataclass(frozen=True, slots=True)
class PresentLabels:
    """Present labels of available clips, in a stable order on every database.

    ``present`` is (n_clips, n_classes) of bool; row i is ``clip_ids[i]`` made by
    ``uploader_ids[i]`` and is in ``duplicate_groups[i]`` (``NO_DUPLICATES`` where it is alone),
    column j is ``class_ids[j]``. Clips are in the order of their external id, classes of their mid,
    so that the same seed gives the same split anywhere.
    """

    clip_ids: NDArray[np.int64]
    uploader_ids: NDArray[np.int64]
    duplicate_groups: NDArray[np.int64]
    class_ids: NDArray[np.int64]
    present: LabelMatrix

    @property
    def groups(self) -> NDArray[np.int64]:
        """What must stay on one side: uploaders, joined where they share near-duplicates."""
        return merge_groups(self.uploader_ids, self.duplicate_groups)


def present_label_matrix(*, collection: Collection, also: Iterable[int] = ()) -> PresentLabels:
    """Return the collection's decided-present labels.

    Clips without one are left out, except available ones whose ids are in ``also``.
    """
    classes = sorted(collection.ontology.classes.values_list("mid", "pk"))
    column = {pk: j for j, (_, pk) in enumerate(classes)}
    labels = Label.objects.filter(
        nomination__clip__collection=collection,
        nomination__clip__state=Clip.State.AVAILABLE,
        state=DecisionState.DECIDED.value,
        value__in=PRESENT_VALUES,
    )
    pairs = list(labels.values_list("nomination__clip_id", "nomination__sound_class_id"))
    with_label = {clip for clip, _ in pairs} | set(also)
    every = collection.clips.filter(state=Clip.State.AVAILABLE).values_list(
        "external_id", "pk", "uploader__name", "duplicate_group"
    )
    clips = sorted((row for row in every if row[1] in with_label), key=lambda row: row[0])
    row_of = {pk: i for i, (_, pk, _, _) in enumerate(clips)}
    rows = [row_of[clip] for clip, _ in pairs]
    columns = [column[sound_class] for _, sound_class in pairs]
    present = label_matrix(rows, columns, (len(clips), len(classes)))
    return PresentLabels(
        clip_ids=np.array([pk for _, pk, _, _ in clips], dtype=np.int64),
        uploader_ids=_codes([uploader for _, _, uploader, _ in clips]),
        duplicate_groups=_codes([group for _, _, _, group in clips]),
        class_ids=np.array([pk for _, pk in classes], dtype=np.int64),
        present=present,
    )


def _codes(names: Sequence[str | None]) -> NDArray[np.int64]:
    """Number names in their order; no name is ``NO_DUPLICATES``."""
    ordered = sorted({name for name in names if name is not None})
    code: dict[str | None, int] = {name: i for i, name in enumerate(ordered)}
    return np.array([code.get(name, NO_DUPLICATES) for name in names], dtype=np.int64)
