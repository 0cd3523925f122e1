"""Assigns clips to dev (train, val) and eval, and chooses the vocabulary of a release."""

from dataclasses import asdict, dataclass

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.domain.splits.fixed_sides import NEW
from datasets_app.domain.splits.uploader_split import continue_split
from datasets_app.labels.selectors import PresentLabels, present_label_matrix
from datasets_app.people.models import User
from datasets_app.splits.models import Split, SplitAssignment
from datasets_app.splits.proof import check_groups_are_undivided
from datasets_app.splits.selectors import count_parts, get_latest_split
from datasets_app.splits.settings import SplitSettings
from datasets_app.splits.strategies import divide_dev
from datasets_app.splits.vocabulary import choose_classes, write_vocabulary

__all__ = ["SplitSettings", "assign_splits", "continue_latest_split", "count_parts"]

BATCH = 5000


@dataclass(frozen=True, slots=True)
class _Start:
    """The labels, what must stay together, and the part that each old clip has ("" for new)."""

    matrix: PresentLabels
    group: NDArray[np.int64]
    old_part: NDArray[np.object_]

    @property
    def is_old(self) -> NDArray[np.bool_]:
        """Whether a clip has a place already."""
        return np.asarray(self.old_part != "", dtype=bool)

    def fixed(self, part: SplitAssignment.Part) -> NDArray[np.int64]:
        """Return 1 for old clips of a part, 0 for other old ones, NEW for the rest."""
        return np.where(self.is_old, self.old_part == part, NEW).astype(np.int64)


@transaction.atomic
def assign_splits(
    *, collection: Collection, settings: SplitSettings, actor: User | None = None
) -> Split:
    """Put every clip with a present label on one side, uploaders undivided.

    Uploaders that share near-duplicates count as one. First dev and eval by uploader, then
    the vocabulary that both sides can carry, then train and val within dev over that vocabulary.

    Raises
    ------
    ValueError
        No clip has a decided present label, no class meets the thresholds, or the wish for the
        vocabulary contradicts itself.
    """
    split = _divide(collection, settings, parent=None)
    record_event(actor=actor, verb="assign_splits", record=split, after=asdict(settings))
    return split


@transaction.atomic
def continue_latest_split(
    *, collection: Collection, settings: SplitSettings, actor: User | None = None
) -> Split:
    """Let new clips join the collection's latest split; no old clip moves.

    Old clips keep their part, whatever became of their labels; withdrawn ones drop out, and count
    as new if they come back. New clips go with their uploader, and where that is new, to where the
    shares need them. The vocabulary is chosen anew. ``settings_of`` has those on record.

    Raises
    ------
    ValueError
        As ``assign_splits``; there is no split to continue; an uploader, or uploaders that share
        near-duplicates, are on both sides.
    """
    parent = get_latest_split(collection=collection)
    split = _divide(collection, settings, parent=parent)
    after = {"parent": parent.pk, **asdict(settings)}
    record_event(actor=actor, verb="continue_split", record=split, after=after)
    return split


def _divide(collection: Collection, settings: SplitSettings, *, parent: Split | None) -> Split:
    start = _gather(collection, parent)
    is_eval = _divide_sides(start, settings)
    choice = choose_classes(collection, start.matrix, is_eval, settings)
    labels = choice.kept_labels()
    is_placed = start.is_old | (np.asarray(labels.sum(axis=1)).ravel() > 0)
    dev = ~is_eval & is_placed
    is_val = np.zeros(len(dev), dtype=bool)
    is_val[dev], contamination = divide_dev(
        labels[dev],
        start.group[dev],
        start.fixed(SplitAssignment.Part.VAL)[dev],
        strategy=settings.strategy,
        val_share=settings.val_share,
        seed=settings.seed,
    )
    split = Split.objects.create(
        collection=collection,
        vocabulary=write_vocabulary(collection, start.matrix, choice, is_eval, settings),
        parent=parent,
        seed=settings.seed,
        eval_share=settings.eval_share,
        val_share=settings.val_share,
        contamination=contamination,
    )
    _write_assignments(split, start.matrix, is_placed, is_eval, is_val)
    return split


def _gather(collection: Collection, parent: Split | None) -> _Start:
    parts = dict(parent.assignments.values_list("clip_id", "part")) if parent else {}
    matrix = present_label_matrix(collection=collection, also=parts)
    if not matrix.present.nnz:
        raise ValueError(
            f"Collection {collection.name} has no clip with a decided present label; import or "
            "collect votes and run infer_labels first."
        )
    old_part = [parts.get(pk, "") for pk in matrix.clip_ids.tolist()]
    return _Start(matrix, matrix.groups, np.array(old_part, dtype=object))


def _divide_sides(start: _Start, settings: SplitSettings) -> NDArray[np.bool_]:
    fixed = start.fixed(SplitAssignment.Part.EVAL)
    check_groups_are_undivided(start.matrix.clip_ids, start.group, fixed)
    return continue_split(
        start.matrix.present,
        start.group,
        fixed,
        eval_share=settings.eval_share,
        seed=settings.seed,
    )


def _write_assignments(
    split: Split,
    matrix: PresentLabels,
    is_placed: NDArray[np.bool_],
    is_eval: NDArray[np.bool_],
    is_val: NDArray[np.bool_],
) -> None:
    part = SplitAssignment.Part
    SplitAssignment.objects.bulk_create(
        [
            SplitAssignment(
                split=split,
                clip_id=clip_id,
                part=part.EVAL if on_eval else part.VAL if on_val else part.TRAIN,
            )
            for clip_id, placed, on_eval, on_val in zip(
                matrix.clip_ids.tolist(), is_placed, is_eval, is_val, strict=True
            )
            if placed
        ],
        batch_size=BATCH,
    )
