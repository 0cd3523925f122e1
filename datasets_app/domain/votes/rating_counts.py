"""How often each unit got each value, and which units are alike.

Conventions: a count matrix has one row per unit and one column per value. Units with the same row
are interchangeable: a million votes of four values have a few hundred distinct rows.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.errors import RuleError

CountArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float64]


def check_counts(counts: ArrayLike) -> CountArray:
    """Return counts as an int64 matrix.

    Raises
    ------
    RuleError
        If they are not a (n_units, n_values) matrix of whole numbers of 0 or more.

    Examples
    --------
    >>> check_counts([[1, 2]]).shape
    (1, 2)
    """
    array = np.asarray(counts)
    if array.ndim != 2 or array.shape[1] < 1:
        raise RuleError(f"Received counts of shape {array.shape}; give (units, values).")
    whole = array.astype(np.int64)
    if (whole != array).any() or (whole < 0).any():
        raise RuleError("Received counts that are negative or not whole; give 0, 1, 2, ...")
    return whole


def distinct_rows(counts: ArrayLike, *, min_ratings: int = 2) -> tuple[CountArray, CountArray]:
    """Return the distinct rows with enough ratings, and how many units have each.

    Enough is ``min_ratings`` or more: two make a pair. The rows come in a fixed order, so that
    results do not depend on the order of units. Raises as ``check_counts``. Cost: one sort of
    n_units integers.

    Examples
    --------
    >>> rows, times = distinct_rows([[2, 0], [1, 1], [2, 0], [1, 0]])
    >>> rows.tolist(), times.tolist()
    ([[1, 1], [2, 0]], [1, 2])
    """
    array = check_counts(counts)
    array = array[array.sum(axis=1) >= min_ratings]
    sizes = array.max(axis=0, initial=0) + 1
    if np.log2(sizes.astype(float)).sum() >= 62:
        rows, times = np.unique(array, axis=0, return_counts=True)
        return rows, times.astype(np.int64)
    place = np.cumprod(np.concatenate([[1], sizes[:0:-1]]))[::-1]
    keys, times = np.unique(array @ place, return_counts=True)
    return (keys[:, None] // place) % sizes, times.astype(np.int64)
