"""How long the answers to come will take."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.pace import (
    LONGEST_ANSWER_S,
    OWN_ANSWERS_NEEDED,
    estimated_minutes,
    seconds_per_answer,
)

SECONDS = st.floats(0, LONGEST_ANSWER_S)


@given(st.lists(SECONDS, min_size=OWN_ANSWERS_NEEDED), st.lists(SECONDS))
def test_ones_own_pace_goes_before_that_of_others(own, others):
    pace = seconds_per_answer(own, others)
    assert min(own) <= pace <= max(own)


def test_an_interrupted_answer_tells_nothing_of_the_pace():
    assert seconds_per_answer([], [LONGEST_ANSWER_S, 5.0, LONGEST_ANSWER_S + 1]) == (
        (5.0 + LONGEST_ANSWER_S) / 2
    )


@given(st.integers(0, 10**6), st.floats(0.1, 300))
def test_an_estimate_is_enough_and_less_than_a_minute_too_much(n_answers, seconds):
    minutes = estimated_minutes(n_answers, seconds)
    assert minutes * 60 >= n_answers * seconds - 1e-3
    assert minutes <= math.ceil(n_answers * seconds / 60 + 1e-9)


def test_nobody_answers_in_less_than_no_time():
    with pytest.raises(RuleError, match="0 s or more"):
        seconds_per_answer([-1.0], [])
    with pytest.raises(RuleError, match="0 or more of both"):
        estimated_minutes(-1, 5.0)
