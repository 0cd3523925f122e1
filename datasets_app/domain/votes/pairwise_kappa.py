"""Cohen's kappa of every two raters.

Conventions: the three parallel arrays of shape (n_ratings,) are one long table: unit, rater and
value codes, at most one rating of a unit by a rater.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.vote_table import Indices, vote_table

FloatArray: TypeAlias = NDArray[np.float64]

_DRAWN_AT_ONCE = 4_000_000
"""Cells of resampled tables held in memory at a time (32 MB)."""


@dataclass(frozen=True, slots=True)
class PairwiseKappa:
    """The pairs of raters with enough shared units, in ascending order of (first, second).

    Attributes
    ----------
    first, second : int arrays (n_pairs,)
        Codes of the two raters, first < second.
    n_shared : int array (n_pairs,)
        Units that both rated.
    kappa : float array (n_pairs,)
        nan where both gave one and the same value throughout.
    tables : int array (n_pairs, n_values, n_values)
        How often the first said the row's value and the second the column's.
    """

    first: Indices
    second: Indices
    n_shared: Indices
    kappa: FloatArray
    tables: Indices


def pairwise_cohen_kappa(
    unit: ArrayLike, rater: ArrayLike, value: ArrayLike, n_values: int = 4, *, min_shared: int = 10
) -> PairwiseKappa:
    """Return Cohen's kappa for each two raters who share at least ``min_shared`` units.

    Parameters
    ----------
    unit, rater
        Integer codes; any will do.
    value
        Integers 0..n_values-1.
    min_shared
        Inclusive; at least 1.

    Raises
    ------
    RuleError
        If the arrays differ in length, a value is out of range, or a rater rated a unit twice.

    Notes
    -----
    Source: Cohen 1960, *Educational and Psychological Measurement* 20(1). Cost: O(pairs of ratings
    of the same unit), in array operations over all pairs at once.

    Examples
    --------
    >>> found = pairwise_cohen_kappa([0, 1, 2, 0, 1, 2], [7, 7, 7, 9, 9, 9], [0, 1, 0, 0, 1, 1],
    ...                              n_values=2, min_shared=3)
    >>> found.first.tolist(), found.second.tolist(), found.kappa.round(3).tolist()
    ([7], [9], [0.4])
    """
    if min_shared < 1:
        raise RuleError(f"min_shared is {min_shared}; give 1 or more.")
    units, raters, values, codes = _checked(unit, rater, value, n_values)
    parts = list(_shared_units(units, raters, values, n_values))
    pair = np.concatenate([keys for keys, _ in parts]) if parts else np.zeros(0, np.int64)
    cell = np.concatenate([cells for _, cells in parts]) if parts else np.zeros(0, np.int64)
    pairs, which, n_shared = np.unique(pair, return_inverse=True, return_counts=True)
    kept = n_shared >= min_shared
    position = np.cumsum(kept) - 1
    in_kept = kept[which]
    size = n_values * n_values
    cells = position[which[in_kept]] * size + cell[in_kept]
    tables = np.bincount(cells, minlength=int(kept.sum()) * size).reshape(-1, n_values, n_values)
    n_raters = max(len(codes), 1)
    return PairwiseKappa(
        first=codes[pairs[kept] // n_raters],
        second=codes[pairs[kept] % n_raters],
        n_shared=n_shared[kept].astype(np.int64),
        kappa=cohen_kappa(tables),
        tables=tables.astype(np.int64),
    )


def cohen_kappa(tables: ArrayLike) -> FloatArray:
    """Return Cohen's kappa of confusion tables of shape (..., n_values, n_values).

    nan where a table is empty or its two raters gave one and the same value throughout.

    Examples
    --------
    >>> cohen_kappa([[2, 0], [1, 3]]).round(4).tolist()
    0.6667
    """
    counts = np.asarray(tables, np.float64)
    n = counts.sum(axis=(-2, -1))
    by_chance = (counts.sum(axis=-1) * counts.sum(axis=-2)).sum(axis=-1)
    agreeing = np.trace(counts, axis1=-2, axis2=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = (n * agreeing - by_chance) / (n * n - by_chance)
    return np.where(n * n > by_chance, kappa, np.nan)


def pairwise_intervals(
    found: PairwiseKappa, *, seed: int, n_replicates: int = 1000, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Return the bounds of a percentile bootstrap interval over shared units, for each pair.

    Replicates in which kappa is undefined are left out; nan if it is so in all.

    Raises
    ------
    RuleError
        If ``n_replicates`` is below 1 or ``level`` not between 0 and 1 (both exclusive).

    Notes
    -----
    Source: Efron and Tibshirani 1993, chapter 13. Cost: O(n_pairs x n_replicates x n_values^2).

    Examples
    --------
    >>> pair = pairwise_cohen_kappa([0, 1, 0, 1], [1, 1, 2, 2], [0, 1, 0, 1], 2, min_shared=2)
    >>> low, high = pairwise_intervals(pair, seed=0, n_replicates=20)
    >>> low.tolist(), high.tolist()
    ([1.0], [1.0])
    """
    if n_replicates < 1:
        raise RuleError(f"Received {n_replicates} replicates; give 1 or more, such as 1000.")
    if not 0 < level < 1:
        raise RuleError(f"Received level {level:g}; give one between 0 and 1, such as 0.95.")
    n_pairs, n_values = found.tables.shape[:2]
    bounds = np.full((2, n_pairs), np.nan)
    rng = np.random.default_rng(seed)
    at_once = max(1, _DRAWN_AT_ONCE // (n_replicates * n_values * n_values))
    for start in range(0, n_pairs, at_once):
        rows = slice(start, start + at_once)
        drawn = _resampled(found.tables[rows], found.n_shared[rows], n_replicates, rng)
        bounds[:, rows] = _percentiles(cohen_kappa(drawn), level)
    return bounds[0], bounds[1]


def _resampled(
    tables: Indices, n_shared: Indices, n_replicates: int, rng: np.random.Generator
) -> Indices:
    """Tables of shape (n_replicates, n_pairs, n_values, n_values)."""
    shares = tables.reshape(len(tables), -1) / n_shared[:, None]
    drawn = rng.multinomial(n_shared, shares, size=(n_replicates, len(tables)))
    return drawn.reshape(n_replicates, *tables.shape)


def _percentiles(values: FloatArray, level: float) -> FloatArray:
    tail = (1 - level) / 2
    bounds = np.full((2, values.shape[1]), np.nan)
    some = ~np.isnan(values).all(axis=0)
    bounds[:, some] = np.nanquantile(values[:, some], [tail, 1 - tail], axis=0)
    return bounds


def _checked(
    unit: ArrayLike, rater: ArrayLike, value: ArrayLike, n_values: int
) -> tuple[Indices, Indices, Indices, Indices]:
    """Return units, raters (recoded) and values by (unit, rater), and the raters' codes."""
    table = vote_table(unit, rater, value, n_values)
    order = np.lexsort((table.rater, table.unit))
    units, raters = table.unit[order], table.rater[order]
    twice = np.flatnonzero((np.diff(units) == 0) & (np.diff(raters) == 0))
    if twice.size:
        code = table.raters[raters[twice[0]]]
        raise RuleError(f"Rater {code} rated a unit twice; keep one rating of each unit.")
    return units, raters, table.value[order], table.raters


def _shared_units(
    units: Indices, raters: Indices, values: Indices, n_values: int
) -> Iterator[tuple[Indices, Indices]]:
    """Yield (pair, cell) keys of ratings 1, 2, ... places apart in the same unit.

    Sorted by unit and rater, so the first of a pair has the lower code.
    """
    n_raters = raters.max(initial=0) + 1
    earlier = np.arange(len(units))
    for apart in range(1, len(units)):
        earlier = earlier[earlier + apart < len(units)]
        earlier = earlier[units[earlier] == units[earlier + apart]]
        if not earlier.size:
            return
        later = earlier + apart
        yield raters[earlier] * n_raters + raters[later], values[earlier] * n_values + values[later]
