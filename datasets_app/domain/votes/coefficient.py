"""Every coefficient of agreement with its interval, for a whole or for its parts.

Conventions: counts are those of ``rating_counts``; the parts of a whole (weeks, classes, tasks) are
an integer for each unit. A unit is in one part with all its ratings, for agreement is between
ratings of one unit: over time, let its part be the bucket of its last rating.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.agreement import (
    AgreementSummary,
    Interval,
    Statistic,
    bootstrap_interval,
    krippendorff_alpha,
    raw_agreement,
    summarise_agreement,
)
from datasets_app.domain.votes.kappa import fleiss_kappa, gwet_ac1
from datasets_app.domain.votes.rating_counts import check_counts


class Coefficient(StrEnum):
    """A measure of agreement.

    - **alpha**: Krippendorff's, nominal.
    - **alpha_weighted**: Krippendorff's, with the given distances between values.
    - **fleiss**: Fleiss' kappa.
    - **ac1**: Gwet's AC1.
    - **raw**: the share of pairs of ratings that are equal.
    """

    ALPHA = "alpha"
    ALPHA_WEIGHTED = "alpha_weighted"
    FLEISS = "fleiss"
    AC1 = "ac1"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A coefficient and its bootstrap interval; nan where it is undefined."""

    value: float
    interval: Interval


_FROM_COUNTS: dict[Coefficient, tuple[Statistic, Callable[[ArrayLike], float]]] = {
    Coefficient.ALPHA: ("alpha", krippendorff_alpha),
    Coefficient.FLEISS: ("fleiss", fleiss_kappa),
    Coefficient.AC1: ("ac1", gwet_ac1),
    Coefficient.RAW: ("raw", raw_agreement),
}


def agreement_coefficients(
    counts: ArrayLike,
    *,
    distance: ArrayLike | None = None,
    seed: int,
    n_replicates: int = 1000,
    level: float = 0.95,
) -> dict[Coefficient, Estimate]:
    """Return every coefficient with a bootstrap interval over units.

    Parameters
    ----------
    counts
        Integers >= 0 of shape (n_units, n_values).
    distance
        For ``alpha_weighted``, which is left out if not given; for answers ``ANSWER_DISTANCE``.
    seed, n_replicates, level
        As for ``bootstrap_interval``.

    Raises
    ------
    RuleError
        If counts, distances or settings are not as for ``bootstrap_interval``.

    Notes
    -----
    Sources: those of each coefficient. Cost: five bootstraps, O(n_units + n_replicates x distinct
    rows) each.

    Examples
    --------
    >>> found = agreement_coefficients([[2, 0], [0, 2], [1, 1]], seed=1, n_replicates=50)
    >>> {str(name): round(estimate.value, 3) for name, estimate in found.items()}
    {'alpha': 0.444, 'fleiss': 0.333, 'ac1': 0.333, 'raw': 0.667}
    """
    array = check_counts(counts)

    def estimate(statistic: Statistic, value: float, far: ArrayLike | None = None) -> Estimate:
        interval = bootstrap_interval(
            array, statistic, n_replicates=n_replicates, level=level, seed=seed, distance=far
        )
        return Estimate(value, interval)

    found = {name: estimate(statistic, of(array)) for name, (statistic, of) in _FROM_COUNTS.items()}
    if distance is not None:
        alpha = krippendorff_alpha(array, distance)
        found[Coefficient.ALPHA_WEIGHTED] = estimate("alpha", alpha, distance)
    return found


def agreement_by_part(
    counts: ArrayLike, part: ArrayLike, *, seed: int, n_replicates: int = 1000
) -> dict[int, AgreementSummary]:
    """Return the agreement of each part, such as of each week, in ascending order.

    Parameters
    ----------
    counts
        As for ``agreement_coefficients``.
    part
        Integers of shape (n_units,): buckets of time, classes.
    seed, n_replicates
        As for ``bootstrap_interval``; each part is resampled on its own.

    Raises
    ------
    RuleError
        If there is not one part for each unit, or counts or settings are wrong.

    Notes
    -----
    Cost: a sort of the parts, and for each O(n_replicates x its distinct rows).

    Examples
    --------
    >>> weeks = agreement_by_part([[2, 0], [0, 2], [1, 1], [1, 1]], [9, 9, 12, 9], seed=0)
    >>> {week: round(summary.raw, 2) for week, summary in weeks.items()}
    {9: 0.67, 12: 0.0}
    """
    array, parts = check_counts(counts), np.asarray(part)
    if parts.shape != (len(array),):
        raise RuleError(
            f"Received parts of shape {parts.shape}; give one for each unit: ({len(array)},)."
        )
    if not parts.size:
        return {}
    order = np.argsort(parts, kind="stable")
    codes, starts = np.unique(parts[order], return_index=True)
    return {
        int(code): summarise_agreement(array[rows], seed=seed, n_replicates=n_replicates)
        for code, rows in zip(codes, np.split(order, starts[1:]), strict=True)
    }
