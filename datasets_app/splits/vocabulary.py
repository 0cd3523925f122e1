"""Chooses the classes a release will know, and puts them on record."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets_app.clips.models import Collection
from datasets_app.domain.label_matrix import LabelMatrix, as_label_matrix
from datasets_app.domain.ontology.propagation import ancestor_matrix, propagate_labels
from datasets_app.domain.splits.vocabulary import Merge, choose_vocabulary
from datasets_app.domain.splits.vocabulary import Vocabulary as ChosenVocabulary
from datasets_app.domain.splits.vocabulary_wish import merged_parents
from datasets_app.labels.selectors import PresentLabels
from datasets_app.ontology.models import Edge, SoundClass
from datasets_app.splits.models import Vocabulary, VocabularyClass, VocabularyMerge
from datasets_app.splits.settings import SplitSettings
from datasets_app.splits.wishes import Wish, by_mid


@dataclass(frozen=True, slots=True)
class VocabularyChoice:
    """The chosen classes (by column), all labels with what they imply, and the wish by mids."""

    chosen: ChosenVocabulary
    full: LabelMatrix
    wish: Wish

    def kept_labels(self) -> LabelMatrix:
        """Return (n_clips, n_kept): the labels a release has."""
        return self.full[:, np.array(self.chosen.kept, dtype=np.int64)]


def choose_classes(
    collection: Collection,
    matrix: PresentLabels,
    is_eval: NDArray[np.bool_],
    settings: SplitSettings,
) -> VocabularyChoice:
    """Choose the vocabulary that both sides can carry, as the curator wishes.

    Raises
    ------
    ValueError
        No class meets the thresholds, or the wish contradicts itself or the ontology.
    """
    wish = by_mid(settings.wish, ontology=collection.ontology)
    classes = sorted(collection.ontology.classes.all(), key=lambda c: c.mid)
    column = {c.mid: j for j, c in enumerate(classes)}
    merged = {column[child]: column[into] for child, into in wish.merge}
    parents = _parents(collection, column)
    chosen = choose_vocabulary(
        matrix.present[~is_eval],
        matrix.present[is_eval],
        parents,
        min_dev=settings.min_dev,
        min_eval=settings.min_eval,
        eligible=[not (c.is_abstract or c.is_omitted) for c in classes],
        pinned=[column[mid] for mid in wish.pin],
        forbidden=[column[mid] for mid in wish.forbid],
        forced_merges=merged,
        names=[c.name for c in classes],
    )
    return VocabularyChoice(chosen, _closed(matrix, merged_parents(parents, merged)), wish)


def _parents(collection: Collection, column: dict[str, int]) -> list[list[int]]:
    parents: list[list[int]] = [[] for _ in column]
    edges = Edge.objects.filter(child__ontology=collection.ontology, propagates=True)
    for child, parent in sorted(edges.values_list("child__mid", "parent__mid")):
        parents[column[child]].append(column[parent])
    return parents


def _closed(matrix: PresentLabels, upwards: Sequence[Sequence[int]]) -> LabelMatrix:
    pairs = [(child, up) for child, above in enumerate(upwards) for up in above]
    ancestors = ancestor_matrix(len(upwards), pairs)
    return as_label_matrix(matrix.present + propagate_labels(matrix.present, ancestors))


def write_vocabulary(
    collection: Collection,
    matrix: PresentLabels,
    choice: VocabularyChoice,
    is_eval: NDArray[np.bool_],
    settings: SplitSettings,
) -> Vocabulary:
    """Write the vocabulary with its classes, its merges and the wish."""
    vocabulary = Vocabulary.objects.create(
        collection=collection,
        min_dev=settings.min_dev,
        min_eval=settings.min_eval,
        wish=choice.wish.as_record(),
    )
    ids = matrix.class_ids.tolist()
    n_dev, n_eval = _count(choice.full[~is_eval]), _count(choice.full[is_eval])
    VocabularyClass.objects.bulk_create(
        VocabularyClass(
            vocabulary=vocabulary, sound_class_id=ids[j], n_dev=n_dev[j], n_eval=n_eval[j]
        )
        for j in choice.chosen.kept
    )
    _write_merges(vocabulary, ids, choice)
    VocabularyMerge.objects.bulk_create(
        VocabularyMerge(vocabulary=vocabulary, sound_class_id=ids[index], reason=reason)
        for index, reason in zip(choice.chosen.dropped, choice.chosen.reasons, strict=True)
        if n_dev[index] or n_eval[index]
    )
    return vocabulary


def _count(labels: LabelMatrix) -> list[int]:
    return [int(n) for n in np.asarray(labels.sum(axis=0)).ravel()]


def _write_merges(vocabulary: Vocabulary, ids: list[int], choice: VocabularyChoice) -> None:
    classes = SoundClass.objects.in_bulk(ids)
    for merge in choice.chosen.merges:
        merged = classes[ids[merge.class_index]]
        reason = _why_merged(merged, merge, is_forbidden=merged.mid in choice.wish.forbid)
        row = VocabularyMerge.objects.create(
            vocabulary=vocabulary, sound_class=merged, reason=reason
        )
        row.into.set([classes[ids[j]] for j in merge.into])


def _why_merged(merged: SoundClass, merge: Merge, *, is_forbidden: bool) -> str:
    counts = f"{merge.n_dev} clips in dev and {merge.n_eval} in eval"
    if merge.is_forced:
        return f"A curator merged it; it has {counts}."
    if is_forbidden:
        return f"A curator forbade it; it has {counts}."
    if merged.is_abstract or merged.is_omitted:
        return "It is abstract or omitted."
    return f"{counts} are too few."
