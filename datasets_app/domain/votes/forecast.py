"""When the answers that are still wanted will be there, at the pace of the last days."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from datasets_app.domain.errors import RuleError

WEEK = 7
LONGEST_GAP_S = 300.0
"""A longer pause between two answers (exclusive) is no work."""


class Trend(StrEnum):
    """How the last week compares with the one before.

    >>> Trend("rising").name
    'RISING'
    """

    RISING = "rising"
    STEADY = "steady"
    FALLING = "falling"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Forecast:
    """Answers a day, days until all wanted are given, and the interval of both.

    ``days_high`` is infinite where the pace may well be nothing; ``days`` too where it is nothing.
    ``n_days`` is how many whole days it rests on.
    """

    n_wanted: int
    pace: float
    pace_low: float
    pace_high: float
    days: float
    days_low: float
    days_high: float
    trend: Trend
    n_days: int


def forecast_finish(
    whole_days: Sequence[int],
    n_today: int,
    share_of_today: float,
    n_wanted: int,
    *,
    level: float = 0.8,
) -> Forecast:
    """Return the time that ``n_wanted`` answers take at the pace of the last seven days.

    Parameters
    ----------
    whole_days
        Answers on each whole day before today, oldest first, days without any included; the last
        seven make the pace, the seven before them the trend. From the first answer on.
    n_today, share_of_today
        Answers today so far, and how much of the day is over, 0 to 1 (both inclusive).
    level
        Of the intervals; above 0 and below 1.

    Raises
    ------
    RuleError
        A number is outside its range.

    Notes
    -----
    The pace is all answers of these days and of today by the days they took. Its interval is
    Student's, of the mean of the whole days, at least as wide as that of Poisson counts; a single
    day has Poisson's alone. A trend is said where the weeks differ by more than two standard
    errors. It assumes that the same people go on as they did, weekends included, and that no more
    answers become wanted: disagreement adds some, up to the collection's limit per nomination.

    Examples
    --------
    >>> found = forecast_finish([100] * 7, 50, 0.5, 1000)
    >>> found.pace, found.days, round(found.days_low, 1), round(found.days_high, 1)
    (100.0, 10.0, 9.5, 10.6)
    >>> forecast_finish([], 0, 0.5, 10).days
    inf
    """
    days = [int(n) for n in whole_days][-2 * WEEK :]
    if min([*days, n_today, n_wanted], default=0) < 0 or not 0 <= share_of_today <= 1:
        raise RuleError(
            f"Received {n_today} answers in {share_of_today:g} of a day and {n_wanted} wanted; "
            "give counts of 0 or more and a share of 0 to 1."
        )
    if not 0 < level < 1:
        raise RuleError(f"Received level {level:g}; give one between 0 and 1, such as 0.8.")
    week = np.array(days[-WEEK:], float)
    length = week.size + share_of_today
    pace = (float(week.sum()) + n_today) / length if length > 0 else 0.0
    half = _half_width(week, pace, length, level)
    low, high = max(0.0, pace - half), pace + half
    return Forecast(
        n_wanted=n_wanted,
        pace=pace,
        pace_low=low,
        pace_high=high,
        days=_days(n_wanted, pace),
        days_low=_days(n_wanted, high),
        days_high=_days(n_wanted, low),
        trend=_trend(days),
        n_days=week.size,
    )


def active_seconds(times_s: ArrayLike) -> float:
    """Return the seconds someone was at work, from when they gave their answers.

    The gaps between consecutive answers, without those above ``LONGEST_GAP_S``. O(n log n).

    Examples
    --------
    >>> active_seconds([0, 10, 310, 1000]), active_seconds([]), active_seconds([0, 301])
    (310.0, 0.0, 0.0)
    """
    gaps = np.diff(np.sort(np.asarray(times_s, float)))
    return float(gaps[gaps <= LONGEST_GAP_S].sum())


def _half_width(week: np.ndarray, pace: float, length: float, level: float) -> float:
    if length <= 0:
        return 0.0
    poisson = pace / length
    if week.size < 2:
        return float(student.ppf((1 + level) / 2, 1e6) * math.sqrt(poisson))
    variance = max(float(week.var(ddof=1)) / week.size, poisson)
    return float(student.ppf((1 + level) / 2, week.size - 1) * math.sqrt(variance))


def _days(n_wanted: int, pace: float) -> float:
    if not n_wanted:
        return 0.0
    return n_wanted / pace if pace > 0 else math.inf


def _trend(days: Sequence[int]) -> Trend:
    before, after = np.array(days[:-WEEK], float), np.array(days[-WEEK:], float)
    if before.size < WEEK:
        return Trend.UNKNOWN
    spread = [max(float(x.var(ddof=1)), float(x.mean())) / x.size for x in (before, after)]
    change = float(after.mean() - before.mean())
    if abs(change) <= 2 * math.sqrt(sum(spread)):
        return Trend.STEADY
    return Trend.RISING if change > 0 else Trend.FALLING
