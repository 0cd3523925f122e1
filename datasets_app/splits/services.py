"""Assigns clips to dev (train, val) and eval, and chooses the vocabulary of a release."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.domain.contamination import measure_contamination
from datasets_app.domain.label_matrix import LabelMatrix, as_label_matrix
from datasets_app.domain.propagation import ancestor_matrix, propagate_labels
from datasets_app.domain.train_val_split import split_train_val, split_train_val_random
from datasets_app.domain.uploader_split import split_dev_eval
from datasets_app.domain.vocabulary import Merge, choose_vocabulary
from datasets_app.domain.vocabulary import Vocabulary as ChosenVocabulary
from datasets_app.labels.selectors import PresentLabels, present_label_matrix
from datasets_app.ontology.models import Edge, SoundClass
from datasets_app.ontology.selectors import propagating_ancestors
from datasets_app.people.models import User
from datasets_app.splits.models import (
    Split,
    SplitAssignment,
    Vocabulary,
    VocabularyClass,
    VocabularyMerge,
)

BATCH = 5000
LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """What ``assign_splits`` may vary. Thresholds are inclusive; shares are in (0, 1).

    The defaults suit collections of hundreds of clips; FSD50K's smallest kept classes have 51
    clips in dev and 32 in eval.

    Raises
    ------
    ValueError
        A threshold is below 1, or the seed is negative or has more than 63 bits.
    """

    seed: int = 0
    eval_share: float = 0.3
    val_share: float = 0.15
    min_dev: int = 5
    min_eval: int = 2

    def __post_init__(self) -> None:
        """Refuse what no split can keep; the shares are checked by the rules that use them."""
        for name in ("min_dev", "min_eval"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give 1 or more.")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise ValueError(f"seed is {self.seed}; give 0 to {LARGEST_SEED}.")


@transaction.atomic
def assign_splits(
    *, collection: Collection, settings: SplitSettings, actor: User | None = None
) -> Split:
    """Put every clip with a present label on one side, uploaders undivided.

    First dev and eval by uploader, then the vocabulary that both sides can carry, then train and
    val within dev over that vocabulary.

    Raises
    ------
    ValueError
        No clip has a decided present label, or no class meets the thresholds.
    """
    matrix = present_label_matrix(collection=collection)
    if not len(matrix.clip_ids):
        raise ValueError(
            f"Collection {collection.name} has no clip with a decided present label; import or "
            "collect votes and run infer_labels first."
        )
    uploaders = matrix.uploader_ids
    is_eval = split_dev_eval(
        matrix.present, uploaders, eval_share=settings.eval_share, seed=settings.seed
    )
    chosen = _choose_vocabulary(collection, matrix, is_eval, settings)
    full = _with_ancestors(collection, matrix)
    kept = np.array(chosen.kept, dtype=np.int64)
    in_release = np.asarray(full[:, kept].sum(axis=1)).ravel() > 0
    dev = ~is_eval & in_release
    is_val = np.zeros(len(is_eval), dtype=bool)
    is_val[dev], contamination = _split_dev(full[dev][:, kept], uploaders[dev], settings)
    vocabulary = _write_vocabulary(collection, matrix, chosen, full, is_eval, settings)
    split = Split.objects.create(
        collection=collection,
        vocabulary=vocabulary,
        seed=settings.seed,
        eval_share=settings.eval_share,
        val_share=settings.val_share,
        contamination=contamination,
    )
    _write_assignments(split, matrix, in_release, is_eval, is_val)
    record_event(actor=actor, verb="assign_splits", record=split, after=asdict(settings))
    return split


def _choose_vocabulary(
    collection: Collection,
    matrix: PresentLabels,
    is_eval: NDArray[np.bool_],
    settings: SplitSettings,
) -> ChosenVocabulary:
    column = {pk: j for j, pk in enumerate(matrix.class_ids.tolist())}
    parents: list[list[int]] = [[] for _ in column]
    edges = Edge.objects.filter(child__ontology=collection.ontology, propagates=True)
    for child, parent in edges.order_by("child__mid", "parent__mid").values_list(
        "child_id", "parent_id"
    ):
        parents[column[child]].append(column[parent])
    usable = collection.ontology.classes.filter(is_abstract=False, is_omitted=False)
    eligible = np.isin(matrix.class_ids, list(usable.values_list("pk", flat=True)))
    return choose_vocabulary(
        matrix.present[~is_eval],
        matrix.present[is_eval],
        parents,
        min_dev=settings.min_dev,
        min_eval=settings.min_eval,
        eligible=eligible,
    )


def _with_ancestors(collection: Collection, matrix: PresentLabels) -> LabelMatrix:
    column = {pk: j for j, pk in enumerate(matrix.class_ids.tolist())}
    pairs = [
        (column[child], column[ancestor])
        for child, ancestors in propagating_ancestors(ontology=collection.ontology).items()
        for ancestor in ancestors
    ]
    ancestors = ancestor_matrix(len(column), pairs)
    return as_label_matrix(matrix.present + propagate_labels(matrix.present, ancestors))


def _split_dev(
    labels: LabelMatrix, uploaders: NDArray[np.int64], settings: SplitSettings
) -> tuple[NDArray[np.bool_], dict[str, Any]]:
    share, seed = settings.val_share, settings.seed
    is_val = split_train_val(labels, uploaders, val_share=share, seed=seed)
    at_random = split_train_val_random(labels, uploaders, val_share=share, seed=seed)
    measured = {"chosen": is_val, "random": at_random}
    return is_val, {
        name: {"within_class": found.within_class, "between_class": found.between_class}
        for name, found in (
            (name, measure_contamination(labels, uploaders, side))
            for name, side in measured.items()
        )
    }


def _write_vocabulary(
    collection: Collection,
    matrix: PresentLabels,
    chosen: ChosenVocabulary,
    full: LabelMatrix,
    is_eval: NDArray[np.bool_],
    settings: SplitSettings,
) -> Vocabulary:
    vocabulary = Vocabulary.objects.create(
        collection=collection, min_dev=settings.min_dev, min_eval=settings.min_eval
    )
    n_dev = np.asarray(full[~is_eval].sum(axis=0)).ravel()
    n_eval = np.asarray(full[is_eval].sum(axis=0)).ravel()
    ids = matrix.class_ids.tolist()
    VocabularyClass.objects.bulk_create(
        VocabularyClass(
            vocabulary=vocabulary, sound_class_id=ids[j], n_dev=int(n_dev[j]), n_eval=int(n_eval[j])
        )
        for j in chosen.kept
    )
    classes = SoundClass.objects.in_bulk(ids)
    for merge in chosen.merges:
        merged = classes[ids[merge.class_index]]
        row = VocabularyMerge.objects.create(
            vocabulary=vocabulary, sound_class=merged, reason=_why_merged(merged, merge)
        )
        row.into.set([classes[ids[j]] for j in merge.into])
    VocabularyMerge.objects.bulk_create(
        VocabularyMerge(vocabulary=vocabulary, sound_class_id=ids[index], reason=reason)
        for index, reason in zip(chosen.dropped, chosen.reasons, strict=True)
        if n_dev[index] or n_eval[index]
    )
    return vocabulary


def _why_merged(merged: SoundClass, merge: Merge) -> str:
    if merged.is_abstract or merged.is_omitted:
        return "It is abstract or omitted."
    return f"{merge.n_dev} clips in dev and {merge.n_eval} in eval are too few."


def _write_assignments(
    split: Split,
    matrix: PresentLabels,
    in_release: NDArray[np.bool_],
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
            for clip_id, kept, on_eval, on_val in zip(
                matrix.clip_ids.tolist(), in_release, is_eval, is_val, strict=True
            )
            if kept
        ],
        batch_size=BATCH,
    )


def count_parts(*, split: Split) -> dict[str, int]:
    """Return how many clips each part has."""
    parts: Sequence[str] = list(split.assignments.values_list("part", flat=True))
    return dict(Counter(parts))
