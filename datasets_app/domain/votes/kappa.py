"""Agreement beyond chance of any number of raters: Fleiss' kappa and Gwet's AC1.

Conventions: counts are those of ``rating_counts``. Both coefficients are (P - E) / (1 - E), with P
the agreement that was observed and E that of chance, and differ in E only. Units may have unequal
numbers of ratings, as Gwet generalises both: P is the mean over the units with two or more ratings
of the share of their pairs that are equal; the prevalence of a value is the mean over all units
with a rating of the share of their ratings that are this value. So each unit weighs the same,
however many rated it, and a lone rating counts for the prevalence only.

Source: Gwet 2014, *Handbook of Inter-Rater Reliability* (4th ed.), chapters 2 and 5 on missing
ratings; with equal numbers this is Fleiss 1971 and Gwet 2008. The irrCAC package reads it alike.
"""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from datasets_app.domain.votes.rating_counts import CountArray, FloatArray, distinct_rows

Kappa: TypeAlias = Literal["fleiss", "ac1"]


def fleiss_kappa(counts: ArrayLike) -> float:
    """Return Fleiss' kappa: chance is two raters drawing values by their prevalence.

    E = sum_k p_k^2. Low where one value dominates, however much people agree: see ``gwet_ac1``.

    Parameters
    ----------
    counts
        Integers >= 0 of shape (n_units, n_values); unequal row sums as in the module's head.

    Returns
    -------
    At most 1; nan if no unit has two ratings or all ratings are one value.

    Raises
    ------
    RuleError
        If counts are not as above.

    Notes
    -----
    Source: Fleiss 1971, *Psychological Bulletin* 76(5). O(n_units).

    Examples
    --------
    >>> round(fleiss_kappa([[3, 0], [0, 3], [2, 1]]), 3)
    0.55
    >>> fleiss_kappa([[2, 0], [2, 0]])
    nan
    """
    return _kappa(counts, "fleiss")


def gwet_ac1(counts: ArrayLike) -> float:
    """Return Gwet's AC1: chance agreement happens on units that are hard, not on all.

    E = sum_k p_k (1 - p_k) / (n_values - 1), so it stays high where one value dominates and people
    agree. The number of columns matters: it is the number of values that could be given.

    Parameters, errors and cost as for ``fleiss_kappa``; nan if no unit has two ratings or there is
    one column only.

    Notes
    -----
    Source: Gwet 2008, *British Journal of Mathematical and Statistical Psychology* 61(1).

    Examples
    --------
    >>> round(gwet_ac1([[3, 0], [0, 3], [2, 1]]), 3)
    0.561
    >>> gwet_ac1([[2, 0], [2, 0]])
    1.0
    """
    return _kappa(counts, "ac1")


def mean_unit_agreement(counts: ArrayLike) -> float:
    """Return P: the mean over units of the share of their pairs of ratings that are equal.

    Unlike ``raw_agreement``, where a unit weighs by its pairs, each unit weighs the same.
    Parameters, errors and cost as for ``fleiss_kappa``; nan if no unit has two ratings.

    Examples
    --------
    >>> mean_unit_agreement([[4, 0], [1, 1], [1, 0]])
    0.5
    """
    rows, times = distinct_rows(counts)
    sums = times @ kappa_terms(rows)
    return float(sums[0] / sums[1]) if sums[1] else float("nan")


def kappa_terms(rows: CountArray) -> FloatArray:
    """Return per row: its share of equal pairs, 1 if it has pairs, its share of each value.

    Examples
    --------
    >>> kappa_terms(np.array([[2, 0], [1, 0]])).tolist()
    [[1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    """
    n = rows.sum(axis=1)
    pairs = n * (n - 1)
    agreeing = (rows * (rows - 1)).sum(axis=1) / np.maximum(pairs, 1)
    return np.column_stack([agreeing, pairs > 0, rows / np.maximum(n, 1)[:, None]])


def kappa_of_sums(sums: FloatArray, kind: Kappa) -> FloatArray:
    """Return the coefficient of summed ``kappa_terms``, of one row or of each row.

    Examples
    --------
    >>> kappa_of_sums(np.array([2.0, 2.0, 1.0, 1.0]), "fleiss").tolist()
    1.0
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = sums[..., 0] / sums[..., 1]
        share = sums[..., 2:] / sums[..., 2:].sum(axis=-1, keepdims=True)
        if kind == "fleiss":
            chance = (share * share).sum(axis=-1)
        else:
            chance = (share * (1 - share)).sum(axis=-1) / (share.shape[-1] - 1)
        kappa = (observed - chance) / (1 - chance)
    return np.where(1 - chance > 1e-12, kappa, np.nan)


def _kappa(counts: ArrayLike, kind: Kappa) -> float:
    rows, times = distinct_rows(counts, min_ratings=1)
    return float(kappa_of_sums(times @ kappa_terms(rows), kind))
