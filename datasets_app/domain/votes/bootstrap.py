"""The bootstrap over interchangeable units.

A statistic of sums over units needs, for each replicate, only how often each *kind* of unit was
drawn: one multinomial draw over the kinds instead of one draw per unit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets_app.domain.errors import RuleError

_DRAWN_AT_ONCE = 2_000_000
"""Weights held in memory at a time (16 MB)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile interval; bounds are nan if the statistic was undefined in every replicate."""

    low: float
    high: float
    level: float
    n_replicates: int


def bootstrap_values(
    times: NDArray[np.int64], terms: NDArray[np.float64], *, n_replicates: int, seed: int
) -> NDArray[np.float64]:
    """Return the sums of the terms in each resample of the units.

    Parameters
    ----------
    times
        How many units there are of each kind, shape (n_kinds,).
    terms
        What one unit of each kind adds, shape (n_kinds, n_terms).
    n_replicates
        At least 1.
    seed
        Same seed, same resamples.

    Returns
    -------
    Shape (n_replicates, n_terms).

    Raises
    ------
    RuleError
        If ``n_replicates`` is below 1.

    Notes
    -----
    Cost: O(n_replicates x n_kinds), whatever the number of units.

    Examples
    --------
    >>> bootstrap_values(np.array([3]), np.array([[2.0]]), n_replicates=2, seed=0)
    array([[6.],
           [6.]])
    """
    if n_replicates < 1:
        raise RuleError(f"Received {n_replicates} replicates; give 1 or more, such as 1000.")
    n_units = int(times.sum())
    if n_units == 0:
        return np.zeros((n_replicates, terms.shape[1]))
    rng = np.random.default_rng(seed)
    chunk = max(1, _DRAWN_AT_ONCE // len(times))
    return np.concatenate(
        [
            rng.multinomial(n_units, times / n_units, size=min(chunk, n_replicates - done)) @ terms
            for done in range(0, n_replicates, chunk)
        ]
    )


def interval_of(values: NDArray[np.float64], level: float) -> Interval:
    """Return the percentile interval of a statistic's replicates, leaving out nan.

    Raises
    ------
    RuleError
        If the level is not between 0 and 1 (both exclusive).

    Examples
    --------
    >>> interval_of(np.arange(101.0), 0.5)
    Interval(low=25.0, high=75.0, level=0.5, n_replicates=101)
    """
    if not 0 < level < 1:
        raise RuleError(f"Received level {level:g}; give one between 0 and 1, such as 0.95.")
    defined = values[~np.isnan(values)]
    tail = (1 - level) / 2
    low, high = np.quantile(defined, [tail, 1 - tail]) if defined.size else (np.nan, np.nan)
    return Interval(float(low), float(high), level, len(values))
