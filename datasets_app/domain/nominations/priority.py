"""Which nominations annotators should be asked about first."""

from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.errors import RuleError

SHORTEST_S = 0.3
"""Clips below this many seconds get no priority for their length (the bound itself does)."""
LONGEST_S = 30.0
"""Clips above this many seconds get no priority for their length (the bound itself does)."""


@overload
def validation_priority(
    *, n_present_votes: int, duration_s: float, n_direct_labels: int
) -> float: ...
@overload
def validation_priority(
    *, n_present_votes: ArrayLike, duration_s: ArrayLike, n_direct_labels: ArrayLike
) -> NDArray[np.float64]: ...
def validation_priority(
    *, n_present_votes: ArrayLike, duration_s: ArrayLike, n_direct_labels: ArrayLike
) -> float | NDArray[np.float64]:
    """Return how urgently a nomination wants an answer; highest first.

    1000 p + 100 d + g for clips of 0.3 s to 30 s (both inclusive), else p; where p counts trusted
    PP and PNP votes so far, d is 3 up to 10 s (inclusive), 2 up to 20 s (inclusive), else 1, and g
    counts the direct labels already on the clip.

    Parameters
    ----------
    n_present_votes, n_direct_labels
        Counts; scalars or arrays that broadcast with each other.
    duration_s
        Seconds, of the clip.

    Returns
    -------
    A float for scalars, else a float array of the broadcast shape.

    Raises
    ------
    RuleError
        If a count is negative or a duration is negative or not a number.

    Notes
    -----
    Source: the Freesound Annotator's validation priority (DESIGN §3). O(number of nominations).

    Examples
    --------
    >>> validation_priority(n_present_votes=1, duration_s=10.0, n_direct_labels=2)
    1302.0
    >>> validation_priority(n_present_votes=1, duration_s=30.1, n_direct_labels=2)
    1.0
    """
    p, duration, g = (np.asarray(a, float) for a in (n_present_votes, duration_s, n_direct_labels))
    for name, values in (("vote count", p), ("duration in seconds", duration), ("label count", g)):
        if not (values >= 0).all():
            received = values[~(values >= 0)].flat[0]
            raise RuleError(f"Received {name} {received:g}; give 0 or more.")
    d = 1 + (duration <= 20) + (duration <= 10)
    in_range = (duration >= SHORTEST_S) & (duration <= LONGEST_S)
    priority = np.where(in_range, 1000 * p + 100 * d + g, p)
    return float(priority) if priority.ndim == 0 else priority
