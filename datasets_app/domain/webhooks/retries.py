"""When a webhook is tried again, and when it is given up.

The n-th attempt that failed is followed by a pause of 30 s · 2^(n-1), at most six hours, made
longer or shorter by up to half, so that receivers which failed together are not all called together
again (Brooker, *Exponential backoff and jitter*, 2015).

Conventions: seconds; every bound is inclusive.
"""

FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 6 * 3600.0
MOST_ATTEMPTS = 25
GIVE_UP_AFTER_S = 3 * 86_400.0
OFF_AFTER_S = 3 * 86_400.0
OFF_AFTER_FAILURES = 10
_MOST_DOUBLINGS = 20


def pause_s(n_attempts: int, *, jitter: float) -> float:
    """Return the pause after the n-th attempt (from 1) failed; ``jitter`` is in [0, 1).

    Examples
    --------
    >>> [pause_s(n, jitter=0.5) for n in (1, 2, 3)], pause_s(1, jitter=0.0), pause_s(99, jitter=0.5)
    ([30.0, 60.0, 120.0], 15.0, 21600.0)
    """
    doubled = float(2 ** min(max(n_attempts, 1) - 1, _MOST_DOUBLINGS))
    return min(FIRST_PAUSE_S * doubled, LONGEST_PAUSE_S) * (0.5 + jitter)


def is_given_up(*, n_attempts: int, waited_s: float) -> bool:
    """Say whether a delivery that failed once more is tried no further.

    >>> is_given_up(n_attempts=25, waited_s=60), is_given_up(n_attempts=3, waited_s=259_199)
    (True, False)
    """
    return n_attempts >= MOST_ATTEMPTS or waited_s >= GIVE_UP_AFTER_S


def is_switched_off(*, n_failures: int, failing_s: float) -> bool:
    """Say whether a webhook that has only failed since ``failing_s`` is switched off.

    >>> is_switched_off(n_failures=10, failing_s=259_200), is_switched_off(n_failures=9,
    ...     failing_s=1e9)
    (True, False)
    """
    return n_failures >= OFF_AFTER_FAILURES and failing_s >= OFF_AFTER_S
