"""How many of the clips that keyword rules nominate really hold the sound, from a sample.

Conventions: a stratum is the clips that one alternative of the rules speaks for; every clip of the
rules is in exactly one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from datasets_app.domain.errors import RuleError
from datasets_app.domain.proportion import wilson_interval

IntArray = NDArray[np.int64]


class ClipRating(StrEnum):
    """What someone heard in a clip of the sample; UNSURE is left out of the estimate.

    >>> ClipRating("present").name
    'PRESENT'
    """

    PRESENT = "present"
    ABSENT = "absent"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Stratum:
    """The ``n_clips`` of one alternative, and how many of them were rated present and absent.

    Raises
    ------
    RuleError
        A count is negative, or more were rated than there are.
    """

    n_clips: int
    n_present: int
    n_absent: int

    def __post_init__(self) -> None:
        """Refuse counts that cannot be."""
        if min(self.n_present, self.n_absent) < 0 or self.n_rated > self.n_clips:
            raise RuleError(
                f"Received {self.n_present} present and {self.n_absent} absent of {self.n_clips} "
                "clips; give counts of 0 or more that sum to no more than the clips."
            )

    @property
    def n_rated(self) -> int:
        """How many were rated present or absent."""
        return self.n_present + self.n_absent


@dataclass(frozen=True, slots=True)
class Precision:
    """A share of clips that hold the sound, and its interval; nan, 0 and 1 where nothing is known.

    ``n_rated`` of ``n_clips`` were rated present or absent.
    """

    share: float
    low: float
    high: float
    n_rated: int
    n_clips: int


def stratum_precision(stratum: Stratum, *, level: float = 0.95) -> Precision:
    """Return the precision of one alternative.

    Wilson's interval, drawn in by the finite population correction: once every clip was rated the
    share is known and the interval has no width.

    Examples
    --------
    >>> found = stratum_precision(Stratum(n_clips=1000, n_present=9, n_absent=1))
    >>> round(found.low, 2), found.share, round(found.high, 2)
    (0.6, 0.9, 0.98)
    >>> stratum_precision(Stratum(n_clips=4, n_present=3, n_absent=1)).low
    0.75
    """
    n, total = stratum.n_rated, stratum.n_clips
    if not n:
        return Precision(float("nan"), 0.0, 1.0, 0, total)
    low, high = (float(x) for x in wilson_interval(stratum.n_present, n, level=level))
    share = stratum.n_present / n
    left = 0.0 if n == total else ((total - n) / (total - 1)) ** 0.5
    return Precision(share, share - (share - low) * left, share + (high - share) * left, n, total)


def mapping_precision(strata: Sequence[Stratum], *, level: float = 0.95) -> Precision:
    """Return the precision of rules with several alternatives, each weighted by its clips.

    Ratings belong to the clip, so they outlive a change of the rules: a rated clip counts in
    whichever stratum the present rules put it, and each stratum weighs as many clips as the present
    rules give it. That is right as long as the rated clips of a stratum are a random part of it,
    which they are when samples were drawn at random within alternatives.

    Notes
    -----
    Sum_h (N_h / N) p_h, with the interval of a sum of independent shares recovered from those of
    its terms (MOVER: Zou, Huang & Zhang 2009, *Computational Statistics & Data Analysis* 53). An
    alternative nobody rated counts with the mean of the others, and with the interval 0 to 1: it
    widens the whole by its weight. O(strata).

    Examples
    --------
    >>> found = mapping_precision([Stratum(900, 10, 0), Stratum(100, 0, 10)])
    >>> round(found.share, 3), round(found.low, 2), round(found.high, 2)
    (0.9, 0.65, 0.93)
    """
    present = [s for s in strata if s.n_clips]
    n_clips, n_rated = (sum(getattr(s, name) for s in present) for name in ("n_clips", "n_rated"))
    if not n_rated:
        return Precision(float("nan"), 0.0, 1.0, 0, n_clips)
    each = [stratum_precision(s, level=level) for s in present]
    known = np.array([p.n_rated > 0 for p in each])
    weight = np.array([p.n_clips for p in each], float)
    share = np.array([p.share for p in each])
    share[~known] = np.average(share[known], weights=weight[known])
    weight /= weight.sum()
    below = share - np.array([p.low for p in each])
    above = np.array([p.high for p in each]) - share
    total = float(weight @ share)
    low = max(0.0, total - float(np.sqrt((weight**2) @ (below**2))))
    high = min(1.0, total + float(np.sqrt((weight**2) @ (above**2))))
    return Precision(total, low, high, n_rated, n_clips)


def sample_sizes(n_clips: Sequence[int], n_wanted: int) -> list[int]:
    """Return how many clips to draw from each stratum, ``n_wanted`` together if there are so many.

    Each gets one, the largest first where there are too few; the rest goes by size, so that small
    alternatives are heard too and large ones are heard most.

    Examples
    --------
    >>> sample_sizes([900, 90, 10, 0], 12)
    [10, 1, 1, 0]
    >>> sample_sizes([5, 1], 12), sample_sizes([1, 5, 3], 2)
    ([5, 1], [0, 1, 1])
    """
    if n_wanted < 0 or min(n_clips, default=0) < 0:
        raise RuleError(f"Received {n_wanted} clips to draw from {list(n_clips)}; give 0 or more.")
    size = np.asarray(n_clips, np.int64)
    drawn = np.zeros(size.size, np.int64)
    by_size = np.argsort(-size, kind="stable")
    drawn[by_size[: min(n_wanted, int((size > 0).sum()))]] = 1
    drawn[size == 0] = 0
    while (left := min(n_wanted, int(size.sum())) - int(drawn.sum())) > 0:
        open_ = size - drawn
        wish = left * open_ / open_.sum()
        whole = np.minimum(np.floor(wish).astype(np.int64), open_)
        if whole.sum() == 0:
            whole[np.argmax(wish)] = 1
        drawn += whole
    return [int(n) for n in drawn]


def draw_sample(
    strata: Sequence[Sequence[int]] | Sequence[IntArray], n_wanted: int, *, seed: int
) -> list[int]:
    """Return clips drawn at random within each stratum, in random order.

    The same seed and strata give the same clips in the same order.

    Examples
    --------
    >>> sorted(draw_sample([[1, 2], [3]], 5, seed=0))
    [1, 2, 3]
    """
    rng = np.random.default_rng(seed)
    sizes = sample_sizes([len(stratum) for stratum in strata], n_wanted)
    drawn = [
        rng.choice(np.asarray(stratum, np.int64), size=n, replace=False)
        for stratum, n in zip(strata, sizes, strict=True)
        if n
    ]
    if not drawn:
        return []
    mixed: list[int] = rng.permutation(np.concatenate(drawn)).tolist()
    return mixed
