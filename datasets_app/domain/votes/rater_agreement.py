"""How far one annotator agrees with the others on the same units.

Conventions: the three parallel arrays of shape (n_ratings,) are one long table: unit, rater and
value codes; a rater's own other ratings of a unit are nobody else's and do not count.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.votes.bootstrap import Interval, bootstrap_values, interval_of
from datasets_app.domain.votes.vote_table import vote_table


def agreement_with_rest(
    unit: ArrayLike, rater: ArrayLike, value: ArrayLike, n_values: int = 4
) -> dict[int, tuple[float, int]]:
    """Return for each rater the share of pairs with others that agree, and the number of pairs.

    A pair is an own rating and another rater's rating of the same unit.

    Parameters
    ----------
    unit, rater
        Integer codes; any will do.
    value
        Integers 0..n_values-1.

    Returns
    -------
    rater -> (share, n_pairs) in ascending order; the share is nan for a rater without pairs.

    Raises
    ------
    RuleError
        If the arrays differ in length or a value is out of range.

    Notes
    -----
    Cost: sorts of n_ratings integers; the pairs are counted, never listed.

    Examples
    --------
    >>> agreement_with_rest([0, 0, 0], [1, 2, 3], [0, 0, 1])
    {1: (0.5, 2), 2: (0.5, 2), 3: (0.0, 2)}
    """
    table = _pairs_per_unit(unit, rater, value, n_values)
    agreeing = np.bincount(table.rater, table.agreeing, minlength=len(table.raters))
    n_pairs = np.bincount(table.rater, table.pairs, minlength=len(table.raters))
    return {
        int(code): (float(a / n) if n else float("nan"), int(n))
        for code, a, n in zip(table.raters, agreeing, n_pairs, strict=True)
    }


def intervals_with_rest(
    unit: ArrayLike,
    rater: ArrayLike,
    value: ArrayLike,
    n_values: int = 4,
    *,
    seed: int,
    n_replicates: int = 1000,
    level: float = 0.95,
) -> dict[int, Interval]:
    """Return a bootstrap interval over units for each share of ``agreement_with_rest``.

    Parameters and errors as there and for ``bootstrap_interval``; the bounds are nan for a rater
    without pairs. Cost: O(n_replicates x distinct (agreeing, pairs) of the rater), for each rater.

    Examples
    --------
    >>> intervals = intervals_with_rest([0, 0], [1, 2], [3, 3], seed=0, n_replicates=10)
    >>> intervals[1].low, intervals[1].high
    (1.0, 1.0)
    """
    table = _pairs_per_unit(unit, rater, value, n_values)
    order = np.argsort(table.rater, kind="stable")
    bounds = np.searchsorted(table.rater[order], np.arange(len(table.raters) + 1))
    intervals = {}
    for number, code in enumerate(table.raters):
        rows = order[bounds[number] : bounds[number + 1]]
        pairs = np.column_stack([table.agreeing[rows], table.pairs[rows]])
        kinds, times = np.unique(pairs[pairs[:, 1] > 0], axis=0, return_counts=True)
        sums = bootstrap_values(times, kinds.astype(float), n_replicates=n_replicates, seed=seed)
        with np.errstate(invalid="ignore"):
            intervals[int(code)] = interval_of(sums[:, 0] / sums[:, 1], level)
    return intervals


@dataclass(frozen=True, slots=True)
class _PairTable:
    """One row per (unit, rater): its pairs with others and how many agree.

    ``rater`` indexes ``raters``, the distinct codes.
    """

    raters: NDArray[np.int64]
    rater: NDArray[np.int64]
    agreeing: NDArray[np.int64]
    pairs: NDArray[np.int64]


def _pairs_per_unit(
    unit: ArrayLike, rater: ArrayLike, value: ArrayLike, n_values: int
) -> _PairTable:
    table = vote_table(unit, rater, value, n_values)
    n_units, n_raters = len(table.units), max(len(table.raters), 1)
    of_unit = np.bincount(table.unit * n_values + table.value, minlength=n_units * n_values)
    keys, seen = np.unique(table.unit * n_raters + table.rater, return_inverse=True)
    own = np.bincount(seen * n_values + table.value, minlength=len(keys) * n_values)
    own_counts = own.reshape(-1, n_values)
    others = of_unit.reshape(-1, n_values)[keys // n_raters] - own_counts
    return _PairTable(
        raters=table.raters,
        rater=keys % n_raters,
        agreeing=(own_counts * others).sum(axis=1),
        pairs=own_counts.sum(axis=1) * others.sum(axis=1),
    )
