"""Votes as one long table, recoded for arithmetic.

Conventions: three parallel arrays of shape (n_votes,): unit and rater are integer codes of any
kind, value is 0..n_values-1. A rater may have voted on a unit more than once; each vote counts.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.errors import RuleError

Indices: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class VoteTable:
    """Votes whose units and raters are 0..n-1.

    Attributes
    ----------
    units, raters : int arrays
        The codes that were given, ascending; what ``unit`` and ``rater`` index.
    unit, rater, value : int arrays (n_votes,)
    """

    units: Indices
    raters: Indices
    unit: Indices
    rater: Indices
    value: Indices


def vote_table(unit: ArrayLike, rater: ArrayLike, value: ArrayLike, n_values: int) -> VoteTable:
    """Return the votes recoded.

    Raises
    ------
    RuleError
        If the arrays differ in length or a value is out of range.

    Notes
    -----
    Cost: sorts of n_votes integers.

    Examples
    --------
    >>> table = vote_table([30, 10, 30], [7, 7, 5], [0, 1, 1], 2)
    >>> table.units.tolist(), table.unit.tolist(), table.rater.tolist()
    ([10, 30], [1, 0, 1], [1, 1, 0])
    """
    values = np.asarray(value, np.int64)
    shapes = {np.shape(unit), np.shape(rater), values.shape}
    if len(shapes) > 1 or values.ndim != 1:
        raise RuleError(f"Received arrays of shapes {sorted(shapes)}; give one length for all.")
    if values.size and not (values.min() >= 0 and values.max() < n_values):
        raise RuleError(
            f"Received values {values.min()} to {values.max()}; give 0 to {n_values - 1}."
        )
    units, unit_index = np.unique(np.asarray(unit, np.int64), return_inverse=True)
    raters, rater_index = np.unique(np.asarray(rater, np.int64), return_inverse=True)
    return VoteTable(units, raters, unit_index, rater_index, values)
