"""A share and how far it can be trusted."""

from dataclasses import dataclass
from math import sqrt

Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """``n_hits`` of ``n``; the value and its bounds are None when n is 0."""

    n_hits: int
    n: int
    value: float | None
    low: float | None
    high: float | None


def wilson_share(n_hits: int, n: int, *, z: float = Z_95) -> Share:
    """Return a share with its Wilson score interval (95 % unless ``z`` says otherwise).

    Parameters
    ----------
    n_hits, n
        0 <= n_hits <= n.

    Raises
    ------
    ValueError
        The counts are outside the above.

    Notes
    -----
    Source: Wilson 1927, *Probable inference, the law of succession, and statistical inference*.
    Unlike the normal approximation it stays within 0 and 1 and holds for small n.

    Examples
    --------
    >>> share = wilson_share(8, 10)
    >>> round(share.low, 3), round(share.high, 3)
    (0.49, 0.943)
    """
    if not 0 <= n_hits <= n:
        raise ValueError(f"Received {n_hits} hits of {n}; give 0 to n hits.")
    if n == 0:
        return Share(0, 0, None, None, None)
    p, z2 = n_hits / n, z * z
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Share(n_hits, n, p, max(0.0, centre - half), min(1.0, centre + half))
