"""Saying in words that one value dominates, where chance-corrected agreement misleads."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.agreement import krippendorff_alpha
from datasets_app.domain.votes.kappa import gwet_ac1, mean_unit_agreement
from datasets_app.domain.votes.rating_counts import check_counts

LOW_ALPHA = 0.4
"""Below this (exclusive) alpha reads as poor agreement."""
HIGH_AGREEMENT = 0.8
"""From this share on (inclusive) people do agree."""
DOMINANT_SHARE = 0.8
"""From this share of the ratings on (inclusive) a value dominates."""


def prevalence_warning(counts: ArrayLike, *, value_names: Sequence[str] = ()) -> str:
    """Return a note where alpha is low because one value dominates; empty if it is not so.

    Alpha divides the disagreement seen by that of chance. Where nearly all ratings are one value,
    chance hardly disagrees either, and a few slips make alpha 0 or negative: this says that the
    units were much the same, not that people heard at random.

    Parameters
    ----------
    counts
        Integers >= 0 of shape (n_units, n_values).
    value_names
        One for each column; "value 0" and so on if not given.

    Raises
    ------
    RuleError
        If counts or names are not as above.

    Notes
    -----
    Warns if nominal alpha < ``LOW_ALPHA`` while mean agreement within a unit is at least
    ``HIGH_AGREEMENT`` and one value has at least ``DOMINANT_SHARE`` of the ratings of units with
    two or more. Source: Feinstein and Cicchetti 1990, *High agreement but low kappa*; the limits
    are ours. O(n_units).

    Examples
    --------
    >>> print(prevalence_warning([[2, 0]] * 18 + [[1, 1]] * 2, value_names=["present", "absent"]))
    Alpha is -0.03 although the ratings of a unit agree in 90 % of pairs on average: 95 % of the \
ratings are "present", so chance alone would agree in 90 %. Alpha cannot tell here whether people \
hear alike; read the agreement itself, Gwet's AC1 (0.89), and how the units were selected.
    >>> prevalence_warning([[2, 0], [0, 2]])
    ''
    """
    array = check_counts(counts)
    names = list(value_names) or [f"value {column}" for column in range(array.shape[1])]
    if len(names) != array.shape[1]:
        raise RuleError(f"Received {len(names)} value names; give {array.shape[1]}, as columns.")
    totals = array[array.sum(axis=1) >= 2].sum(axis=0)
    alpha, agreement = krippendorff_alpha(array), mean_unit_agreement(array)
    share = totals / max(int(totals.sum()), 1)
    dominates = share.max(initial=0.0) >= DOMINANT_SHARE
    if not (alpha < LOW_ALPHA and agreement >= HIGH_AGREEMENT and dominates):
        return ""
    return (
        f"Alpha is {alpha:.2f} although the ratings of a unit agree in {_percent(agreement)} of "
        f"pairs on average: {_percent(share.max())} of the ratings are "
        f'"{names[int(share.argmax())]}", so chance alone would agree in '
        f"{_percent(float((share * share).sum()))}. Alpha cannot tell here whether people hear "
        f"alike; read the agreement itself, Gwet's AC1 ({gwet_ac1(array):.2f}), and how the units "
        "were selected."
    )


def _percent(share: float) -> str:
    return f"{np.floor(100 * share + 0.5):.0f} %"
