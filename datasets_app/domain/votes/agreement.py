"""How far annotators agree, from how often each unit got each value.

Conventions: a unit is what several people rated, here a nomination; a count matrix has one row per
unit and one column per value; units with fewer than two ratings say nothing about agreement and are
left out. Units with the same row are interchangeable, so everything is computed from the distinct
rows and how often each occurs: a million votes of four values have a few hundred of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.bootstrap import Interval, bootstrap_values, interval_of
from datasets_app.domain.votes.kappa import kappa_of_sums, kappa_terms
from datasets_app.domain.votes.rater_agreement import agreement_with_rest
from datasets_app.domain.votes.rating_counts import (
    CountArray,
    FloatArray,
    check_counts,
    distinct_rows,
)

__all__ = [
    "AgreementSummary",
    "Interval",
    "Statistic",
    "agreement_with_rest",
    "bootstrap_interval",
    "check_counts",
    "distinct_rows",
    "krippendorff_alpha",
    "raw_agreement",
    "summarise_agreement",
]

Statistic: TypeAlias = Literal["alpha", "raw", "fleiss", "ac1"]


@dataclass(frozen=True, slots=True)
class AgreementSummary:
    """Agreement on a set of units; ``n_ratings`` counts all, also those of lone raters."""

    n_units: int
    n_pairable_units: int
    n_ratings: int
    alpha: float
    alpha_interval: Interval
    raw: float
    raw_interval: Interval


def krippendorff_alpha(counts: ArrayLike, distance: ArrayLike | None = None) -> float:
    """Return Krippendorff's alpha: 1 is perfect agreement, 0 what chance would give.

    Parameters
    ----------
    counts
        Integers >= 0 of shape (n_units, n_values).
    distance
        Squared distances of shape (n_values, n_values), symmetric, zero diagonal; nominal (0 or 1)
        if not given.

    Returns
    -------
    At most 1; nan where alpha is undefined: no unit has two ratings, or all ratings of such units
    are the same value (distance 0 apart).

    Raises
    ------
    RuleError
        If counts or distances are not as above.

    Notes
    -----
    Source: Krippendorff, *Content Analysis* (2013), section 12.3, for incomplete data. O(n_units).

    Examples
    --------
    >>> krippendorff_alpha([[2, 0], [0, 2], [1, 1]])
    0.4444444444444444
    >>> krippendorff_alpha([[2, 0], [3, 0]])
    nan
    """
    rows, times = distinct_rows(counts)
    terms = _alpha_terms(rows, distance)
    return float(_alpha_of_sums(times @ terms, _distances(rows.shape[1], distance)))


def raw_agreement(counts: ArrayLike) -> float:
    """Return the share of pairs of ratings of the same unit that are equal.

    Every pair counts once, so a unit weighs by its number of pairs, n (n - 1) / 2. It knows nothing
    of chance: where nearly all answers are one value it is high whatever people heard.

    Parameters and errors as for ``krippendorff_alpha``; nan if no unit has two ratings. O(n_units).

    Examples
    --------
    >>> raw_agreement([[2, 0], [1, 1], [1, 0]])
    0.5
    """
    rows, times = distinct_rows(counts)
    return float(_raw_of_sums(times @ _raw_terms(rows)))


def bootstrap_interval(
    counts: ArrayLike,
    statistic: Statistic,
    *,
    n_replicates: int = 1000,
    level: float = 0.95,
    seed: int,
    distance: ArrayLike | None = None,
) -> Interval:
    """Return a percentile bootstrap interval, resampling the units that count.

    These are the units with two or more ratings; for "fleiss" and "ac1", whose prevalences know
    lone ratings too, all units with a rating.

    Parameters
    ----------
    counts, distance
        As for ``krippendorff_alpha``; ``distance`` matters for "alpha" only.
    statistic
        "alpha", "raw", "fleiss" or "ac1".
    n_replicates, level
        At least 1; and above 0 and below 1.
    seed
        Same seed, same interval.

    Returns
    -------
    Its bounds are nan if the statistic is undefined; replicates in which it is are left out.

    Raises
    ------
    RuleError
        If an argument is not as above.

    Notes
    -----
    Source: Efron and Tibshirani 1993, chapter 13; resampling units keeps raters' dependence within
    a unit. Cost: O(n_units + n_replicates x distinct rows).

    Examples
    --------
    >>> interval = bootstrap_interval([[2, 0]] * 30 + [[1, 1]] * 10, "raw", seed=1)
    >>> interval.low < 0.75 < interval.high
    True
    """
    rows, times = distinct_rows(counts, min_ratings=1 if statistic in ("fleiss", "ac1") else 2)
    terms, of_sums = _statistic(statistic, rows, distance)
    sums = bootstrap_values(times, terms, n_replicates=n_replicates, seed=seed)
    return interval_of(of_sums(sums), level)


def summarise_agreement(
    counts: ArrayLike, *, seed: int, n_replicates: int = 1000
) -> AgreementSummary:
    """Return nominal alpha and raw agreement with 95 % intervals.

    Parameters, errors, sources and cost as for ``krippendorff_alpha`` and ``bootstrap_interval``.

    Examples
    --------
    >>> summary = summarise_agreement([[2, 0], [0, 2], [1, 1], [1, 0]], seed=1, n_replicates=100)
    >>> summary.n_units, summary.n_pairable_units, summary.n_ratings, round(summary.alpha, 3)
    (4, 3, 7, 0.444)
    """
    array = check_counts(counts)
    ratings_per_unit = array.sum(axis=1)
    return AgreementSummary(
        n_units=len(array),
        n_pairable_units=int((ratings_per_unit >= 2).sum()),
        n_ratings=int(ratings_per_unit.sum()),
        alpha=krippendorff_alpha(array),
        alpha_interval=bootstrap_interval(array, "alpha", seed=seed, n_replicates=n_replicates),
        raw=raw_agreement(array),
        raw_interval=bootstrap_interval(array, "raw", seed=seed, n_replicates=n_replicates),
    )


def _statistic(
    statistic: Statistic, rows: CountArray, distance: ArrayLike | None
) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
    """What each row adds to the sums of a statistic, and the statistic of such sums."""
    if statistic == "alpha":
        distances = _distances(rows.shape[1], distance)
        return _alpha_terms(rows, distance), lambda sums: _alpha_of_sums(sums, distances)
    if statistic == "raw":
        return _raw_terms(rows), _raw_of_sums
    if statistic in ("fleiss", "ac1"):
        return kappa_terms(rows), lambda sums: kappa_of_sums(sums, statistic)
    raise RuleError(f"Statistic {statistic!r} is not known; choose alpha, raw, fleiss or ac1.")


def _distances(n_values: int, distance: ArrayLike | None) -> FloatArray:
    if distance is None:
        return 1.0 - np.eye(n_values)
    matrix = np.asarray(distance, float)
    if matrix.shape != (n_values, n_values):
        raise RuleError(
            f"Received distances of shape {matrix.shape}; give ({n_values}, {n_values})."
        )
    if (matrix != matrix.T).any() or matrix.diagonal().any() or not (matrix >= 0).all():
        raise RuleError(
            "Received distances that are negative, asymmetric or not 0 on the diagonal; mend these."
        )
    return matrix


def _alpha_terms(rows: CountArray, distance: ArrayLike | None) -> FloatArray:
    """Per distinct row: its observed disagreement, then its count of each value."""
    distances = _distances(rows.shape[1], distance)
    values = rows.astype(float)
    observed = ((values @ distances) * values).sum(axis=1) / (values.sum(axis=1) - 1)
    return np.column_stack([observed, values])


def _alpha_of_sums(sums: FloatArray, distances: FloatArray) -> FloatArray:
    """Alpha of each row of summed terms; works on one row too."""
    observed, totals = sums[..., 0], sums[..., 1:]
    expected = ((totals @ distances) * totals).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha = 1.0 - (totals.sum(axis=-1) - 1.0) * observed / expected
    return np.where(expected > 0, alpha, np.nan)


def _raw_terms(rows: CountArray) -> FloatArray:
    """Per distinct row: its ordered pairs that agree, and all of its ordered pairs."""
    n = rows.sum(axis=1)
    agreeing = (rows * (rows - 1)).sum(axis=1)
    return np.column_stack([agreeing, n * (n - 1)]).astype(float)


def _raw_of_sums(sums: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1])
