"""Shares of a total, with the interval they are known to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from datasets_app.domain.errors import RuleError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Proportions:
    """Shares and their Wilson intervals; arrays of one shape, also () for a single share.

    Attributes
    ----------
    n, total : int arrays
        Of ``total``, ``n`` have it.
    share, low, high : float arrays
        n / total and its interval; share nan, interval 0 to 1, where the total is 0.
    """

    n: NDArray[np.int64]
    total: NDArray[np.int64]
    share: FloatArray
    low: FloatArray
    high: FloatArray


def wilson_interval(
    n: ArrayLike, total: ArrayLike, *, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Return the Wilson score interval of shares n / total.

    Good for small totals and shares near 0 or 1, where the usual interval has no width.

    Parameters
    ----------
    n, total
        Whole numbers, 0 <= n <= total, of shapes that fit; nothing is known where total is 0, and
        the interval is 0 to 1.
    level
        Above 0 and below 1.

    Raises
    ------
    RuleError
        If a number or the level is outside its range.

    Notes
    -----
    Source: Wilson 1927, *Journal of the American Statistical Association* 22(158), without
    continuity correction. O(shares).

    Examples
    --------
    >>> low, high = wilson_interval([0, 5], 10)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.237], [0.278, 0.763])
    """
    if not 0 < level < 1:
        raise RuleError(f"Received level {level:g}; give one between 0 and 1, such as 0.95.")
    hits, all_of = np.broadcast_arrays(np.asarray(n, np.float64), np.asarray(total, np.float64))
    if not ((hits >= 0) & (hits <= all_of)).all():
        raise RuleError("Received counts below 0 or above their total; give 0 to the total.")
    z = float(ndtri((1 + level) / 2))
    size = np.maximum(all_of, 1)
    share = np.where(all_of > 0, hits / size, 0.5)
    middle = share + z * z / (2 * size)
    half = z * np.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    low, high = ((middle + sign * half) / (1 + z * z / size) for sign in (-1, 1))
    low = np.where((hits == 0) | (all_of == 0), 0.0, np.maximum(low, 0.0))
    high = np.where((hits == all_of) | (all_of == 0), 1.0, np.minimum(high, 1.0))
    return low, high


def proportions(n: ArrayLike, total: ArrayLike, *, level: float = 0.95) -> Proportions:
    """Return shares with their Wilson intervals; parameters, errors and source as there.

    Examples
    --------
    >>> found = proportions([1, 0], [4, 0])
    >>> found.share.tolist(), found.high.round(3).tolist()
    ([0.25, nan], [0.699, 1.0])
    """
    hits, all_of = np.broadcast_arrays(np.asarray(n, np.int64), np.asarray(total, np.int64))
    low, high = wilson_interval(hits, all_of, level=level)
    with np.errstate(invalid="ignore"):
        share = np.asarray(hits / all_of, np.float64)
    return Proportions(hits, all_of, share, low, high)
