"""How long answers take, and how long those to come will."""

from collections.abc import Sequence
from statistics import median

from datasets_app.domain.errors import RuleError

OWN_ANSWERS_NEEDED = 20
"""So many timed answers (inclusive) make a pace of one's own."""
LONGEST_ANSWER_S = 300.0
"""Longer ones (exclusive) were interrupted and tell nothing of the pace."""


def seconds_per_answer(own_s: Sequence[float], others_s: Sequence[float]) -> float | None:
    """Return the median seconds of a person's own answers, else of all, None without any.

    Parameters
    ----------
    own_s, others_s
        Seconds taken for single answers; those above ``LONGEST_ANSWER_S`` are left out.

    Raises
    ------
    RuleError
        If a duration is negative.

    Notes
    -----
    The median, because one telephone call outweighs a hundred answers in a mean. O(n log n).

    Examples
    --------
    >>> seconds_per_answer([4.0] * 20, [9.0]), seconds_per_answer([4.0] * 19, [9.0])
    (4.0, 9.0)
    >>> seconds_per_answer([], []) is None
    True
    """
    own, others = _believable(own_s), _believable(others_s)
    if len(own) >= OWN_ANSWERS_NEEDED:
        return float(median(own))
    return float(median(others)) if others else None


def estimated_minutes(n_answers: int, seconds_each: float | None) -> int | None:
    """Return the minutes that ``n_answers`` take, rounded up to whole ones; None without a pace.

    Raises
    ------
    RuleError
        If a number is negative.

    Examples
    --------
    >>> estimated_minutes(12, 5.0), estimated_minutes(13, 5.0), estimated_minutes(0, 5.0)
    (1, 2, 0)
    >>> estimated_minutes(12, None) is None
    True
    """
    if n_answers < 0 or (seconds_each is not None and seconds_each < 0):
        raise RuleError(
            f"Received {n_answers} answers of {seconds_each} s each; give 0 or more of both."
        )
    return None if seconds_each is None else int(-(-n_answers * seconds_each // 60))


def _believable(durations_s: Sequence[float]) -> list[float]:
    if durations_s and min(durations_s) < 0:
        raise RuleError(f"Received an answer of {min(durations_s)} s; give 0 s or more.")
    return [s for s in durations_s if s <= LONGEST_ANSWER_S]
