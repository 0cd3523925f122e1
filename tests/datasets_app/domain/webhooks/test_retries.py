"""Pauses between attempts grow, spread and end."""

from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.webhooks.retries import (
    FIRST_PAUSE_S,
    GIVE_UP_AFTER_S,
    LONGEST_PAUSE_S,
    MOST_ATTEMPTS,
    is_given_up,
    is_switched_off,
    pause_s,
)

jitters = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 10_000), jitters)
def test_a_pause_stays_within_half_and_one_and_a_half_of_its_bounds(n, jitter):
    assert FIRST_PAUSE_S / 2 <= pause_s(n, jitter=jitter) < LONGEST_PAUSE_S * 1.5


@given(st.integers(1, 9), jitters)
def test_pauses_double_until_the_longest(n, jitter):
    assert pause_s(n + 1, jitter=jitter) == 2 * pause_s(n, jitter=jitter)


def test_three_days_pass_before_the_attempts_run_out():
    shortest = sum(pause_s(n, jitter=0.0) for n in range(1, MOST_ATTEMPTS))
    usual = sum(pause_s(n, jitter=0.5) for n in range(1, MOST_ATTEMPTS))
    assert shortest > GIVE_UP_AFTER_S / 2
    assert usual > GIVE_UP_AFTER_S


def test_bounds_are_inclusive():
    assert is_given_up(n_attempts=MOST_ATTEMPTS, waited_s=0)
    assert not is_given_up(n_attempts=MOST_ATTEMPTS - 1, waited_s=GIVE_UP_AFTER_S - 1)
    assert is_given_up(n_attempts=1, waited_s=GIVE_UP_AFTER_S)
    assert is_switched_off(n_failures=10, failing_s=GIVE_UP_AFTER_S)
    assert not is_switched_off(n_failures=10, failing_s=GIVE_UP_AFTER_S - 1)
