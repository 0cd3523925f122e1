"""How well the keyword rules of each class find its clips.

Conventions: classes are columns; ``nominated`` is a label matrix (see ``label_matrix``) of what the
rules nominated; siblings are classes that share a parent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import LabelMatrix, as_label_matrix, label_matrix
from datasets_app.domain.votes.answers import ANSWERS, Answer
from datasets_app.domain.votes.rating_counts import check_counts

_BAD = [ANSWERS.index(answer) for answer in (Answer.NP, Answer.U)]


@dataclass(frozen=True, slots=True)
class MappingRow:
    """The rules of one class at work.

    Attributes
    ----------
    class_index : int
    n_clips : int
        Clips that the class is nominated for.
    n_shared : int
        Of these, clips that some sibling is nominated for too.
    nearest_sibling : int or None
        The sibling that shares most clips, the first of equals; None if none shares any.
    n_shared_with_nearest : int
    n_votes : int
        Answers to the class's nominations so far.
    bad_share : float
        Share of NP and U among these, the Freesound Annotator's bad-mapping ratio; nan if none.
    idle_rules : tuple of int
        Positions of the alternatives that matched nothing.
    """

    class_index: int
    n_clips: int
    n_shared: int
    nearest_sibling: int | None
    n_shared_with_nearest: int
    n_votes: int
    bad_share: float
    idle_rules: tuple[int, ...]


def report_mapping(
    nominated: Any,
    parents: Sequence[Sequence[int]],
    votes: ArrayLike,
    *,
    n_rules: Sequence[int],
    matched_rules: Mapping[int, Iterable[int]],
) -> tuple[MappingRow, ...]:
    """Return a row for each class, in order.

    Parameters
    ----------
    nominated
        (n_clips, n_classes), dense or sparse.
    parents
        For each class its direct parents.
    votes
        Counts of answers (n_classes, 4), columns as ``ANSWERS``, of all nominations of a class.
    n_rules
        How many alternatives each class has.
    matched_rules
        Class -> positions of the alternatives that matched any clip, from
        ``KeywordMatcher.match_alternatives``; classes without may be missing.

    Raises
    ------
    RuleError
        If the sizes do not fit, or a rule matched that a class does not have.

    Notes
    -----
    Source: the Freesound Annotator's mapping quality (Fonseca et al. 2017; DESIGN §3). Cost:
    O(clips x nominations of a clip squared + classes x siblings).

    Examples
    --------
    >>> rows = report_mapping([[1, 1, 0], [1, 0, 0]], [[2], [2], []],
    ...                       [[3, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
    ...                       n_rules=[2, 1, 0], matched_rules={0: {1}, 1: {0}})
    >>> rows[0]
    MappingRow(class_index=0, n_clips=2, n_shared=1, nearest_sibling=1, n_shared_with_nearest=1, \
n_votes=4, bad_share=0.25, idle_rules=(0,))
    """
    n_classes = len(parents)
    matrix = as_label_matrix(nominated, n_classes=n_classes)
    counts = check_counts(votes)
    if counts.shape != (n_classes, len(ANSWERS)) or len(n_rules) != n_classes:
        raise RuleError(
            f"Received votes of shape {counts.shape} and {len(n_rules)} numbers of rules; give "
            f"({n_classes}, {len(ANSWERS)}) and {n_classes}."
        )
    siblings = _siblings(parents)
    together = csr_array(matrix.T.astype(np.int64) @ matrix.astype(np.int64))
    n_shared = _shared(matrix, siblings)
    nearest = [_nearest(together, siblings, index) for index in range(n_classes)]
    n_votes = counts.sum(axis=1)
    with np.errstate(invalid="ignore"):
        bad_share = counts[:, _BAD].sum(axis=1) / n_votes
    return tuple(
        MappingRow(
            class_index=index,
            n_clips=int(together[index, index]),
            n_shared=int(n_shared[index]),
            nearest_sibling=nearest[index][0],
            n_shared_with_nearest=nearest[index][1],
            n_votes=int(n_votes[index]),
            bad_share=float(bad_share[index]),
            idle_rules=_idle(index, n_rules[index], matched_rules.get(index, ())),
        )
        for index in range(n_classes)
    )


def _siblings(parents: Sequence[Sequence[int]]) -> LabelMatrix:
    """(n_classes, n_classes): which classes share a parent; nobody is a sibling of itself."""
    pairs = np.array([(c, p) for c, above in enumerate(parents) for p in above], np.int64)
    child, parent = pairs.reshape(-1, 2).T
    is_child = label_matrix(child, parent, (len(parents), len(parents)))
    related = as_label_matrix(is_child @ is_child.T).tocoo()
    others = related.row != related.col
    return label_matrix(related.row[others], related.col[others], related.shape)


def _shared(matrix: LabelMatrix, siblings: LabelMatrix) -> NDArray[np.int64]:
    """For each class its clips that carry a sibling."""
    near = as_label_matrix(matrix @ siblings)
    both = as_label_matrix(matrix.multiply(near))
    return np.bincount(both.indices, minlength=matrix.shape[1]).astype(np.int64)


def _nearest(together: Any, siblings: LabelMatrix, index: int) -> tuple[int | None, int]:
    others = siblings.indices[siblings.indptr[index] : siblings.indptr[index + 1]]
    row = slice(together.indptr[index], together.indptr[index + 1])
    known = np.isin(together.indices[row], others)
    classes, n_clips = together.indices[row][known], together.data[row][known]
    if not classes.size:
        return None, 0
    best = np.lexsort((classes, -n_clips))[0]
    return int(classes[best]), int(n_clips[best])


def _idle(index: int, n_rules: int, matched: Iterable[int]) -> tuple[int, ...]:
    found = set(matched)
    if unknown := sorted(found - set(range(n_rules))):
        raise RuleError(
            f"Class {index}: rule {unknown[0]} matched, but it has {n_rules}; give positions of "
            "its alternatives."
        )
    return tuple(position for position in range(n_rules) if position not in found)
