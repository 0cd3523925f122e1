"""The label matrix: which clip carries which class.

Conventions: rows are clips, columns are classes, entries are booleans in compressed sparse rows
without stored zeros or duplicates. Clip groups (uploaders, near-duplicates) are integer codes of
shape (n_clips,); any codes will do, equal code means same group.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from datasets_app.domain.errors import RuleError

LabelMatrix: TypeAlias = csr_array


def as_label_matrix(labels: Any, *, n_classes: int | None = None) -> LabelMatrix:
    """Return any dense or sparse (n_clips, n_classes) matrix as a boolean csr array.

    Nonzero means labelled. The input is not changed. O(stored entries).

    Raises
    ------
    RuleError
        If it is not two-dimensional or has another number of classes than ``n_classes``.

    Examples
    --------
    >>> as_label_matrix([[0, 2], [0, 0]]).nnz
    1
    """
    if np.ndim(labels) != 2 and getattr(labels, "ndim", 0) != 2:
        raise RuleError(f"Labels have {np.ndim(labels)} dimensions; give a clips x classes matrix.")
    matrix = csr_array(labels, copy=True)
    matrix.sum_duplicates()
    matrix = matrix.astype(bool)
    matrix.eliminate_zeros()
    if n_classes is not None and matrix.shape[1] != n_classes:
        raise RuleError(f"Labels have {matrix.shape[1]} classes; give {n_classes}, as elsewhere.")
    return matrix


def label_matrix(
    clip_index: ArrayLike, class_index: ArrayLike, shape: tuple[int, int]
) -> LabelMatrix:
    """Return the label matrix of (clip, class) index pairs; a pair given twice counts once.

    Raises
    ------
    RuleError
        If the two index arrays differ in length or an index lies outside ``shape``.

    Examples
    --------
    >>> label_matrix([0, 0, 0], [1, 1, 2], (1, 3)).toarray()
    array([[False,  True,  True]])
    """
    rows, columns = np.asarray(clip_index, np.int64), np.asarray(class_index, np.int64)
    if rows.shape != columns.shape:
        raise RuleError(f"Received {rows.size} clips and {columns.size} classes; give pairs.")
    for name, index, size in (("clip", rows, shape[0]), ("class", columns, shape[1])):
        if index.size and not (index.min() >= 0 and index.max() < size):
            raise RuleError(
                f"Received {name} indices {index.min()} to {index.max()}; give 0 to {size - 1}."
            )
    return as_label_matrix(csr_array((np.ones(rows.size, bool), (rows, columns)), shape=shape))


def group_codes(group: ArrayLike, n_clips: int) -> tuple[NDArray[np.int64], int]:
    """Return the groups recoded to 0..n-1 in ascending order of code, and n.

    Raises
    ------
    RuleError
        If there is not exactly one group for each clip.

    Examples
    --------
    >>> group_codes([7, 3, 7], 3)
    (array([1, 0, 1]), 2)
    """
    codes = np.asarray(group)
    if codes.shape != (n_clips,):
        raise RuleError(
            f"Received groups of shape {codes.shape}; give one for each clip: ({n_clips},)."
        )
    distinct, recoded = np.unique(codes, return_inverse=True)
    return recoded.astype(np.int64), len(distinct)


def group_class_counts(labels: LabelMatrix, codes: NDArray[np.int64], n_groups: int) -> Any:
    """Return the clips of each class by each group as an int64 csr array (n_groups, n_classes).

    Examples
    --------
    >>> group_class_counts(as_label_matrix([[1, 0], [1, 1]]), np.array([0, 0]), 1).toarray()
    array([[2, 1]])
    """
    n_clips = labels.shape[0]
    membership = csr_array(
        (np.ones(n_clips, np.int64), (codes, np.arange(n_clips))), shape=(n_groups, n_clips)
    )
    counts = csr_array(membership @ labels.astype(np.int64))
    counts.sort_indices()
    return counts
