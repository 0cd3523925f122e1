import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.decision import (
    DecisionState,
    LabelValue,
    ReachedBy,
    decide_nomination,
    decide_nominations,
    is_present,
)
from datasets_app.domain.labels.label_states import TrainingState, training_state
from datasets_app.domain.votes.answers import ANSWERS, Answer, parse_answer

counts = st.lists(st.integers(0, 5), min_size=4, max_size=4)
experts = st.one_of(st.none(), st.sampled_from(ANSWERS))


def decision_by_hand(row, expert, k):
    """The rule of DESIGN §3 as a person would walk through it."""
    if expert is not None:
        return DecisionState.DECIDED, LabelValue(expert.value), ReachedBy.EXPERT
    pp, pnp, absent, unsure = row
    says_present, says_absent = pp + pnp >= k, absent >= k
    if says_present and says_absent:
        return DecisionState.CONFLICTED, None, ReachedBy.NONE
    value = None
    if says_present:
        value = LabelValue.PRESENT
        if (pp >= k) != (pnp >= k):
            value = LabelValue.PP if pp >= k else LabelValue.PNP
    elif says_absent:
        value = LabelValue.NP
    elif unsure >= k:
        value = LabelValue.U
    if value is None:
        return DecisionState.INCOMPLETE, None, ReachedBy.NONE
    return DecisionState.DECIDED, value, ReachedBy.AGREEMENT


def test_answers_stand_in_the_order_of_the_count_columns():
    assert [str(answer) for answer in ANSWERS] == ["PP", "PNP", "NP", "U"]


@given(st.text())
def test_any_text_is_one_of_the_four_answers_or_is_refused(text):
    if text.strip().upper() in {"PP", "PNP", "NP", "U"}:
        assert parse_answer(text) == text.strip().upper()
    else:
        with pytest.raises(RuleError, match="write PP, PNP, NP or U"):
            parse_answer(text)


@pytest.mark.parametrize("nonsense", [None, 1, [], {"a": 1}])
def test_what_is_no_text_is_no_answer(nonsense):
    with pytest.raises(RuleError):
        parse_answer(nonsense)


@given(st.lists(st.tuples(counts, experts), max_size=20), st.integers(1, 4))
def test_many_nominations_are_decided_as_each_would_be_by_hand(rows, k):
    last = [-1 if expert is None else ANSWERS.index(expert) for _, expert in rows]
    decided = decide_nominations([row for row, _ in rows], last, votes_to_agree=k)
    assert list(zip(decided.state, decided.value, decided.reached_by, strict=True)) == [
        decision_by_hand(row, expert, k) for row, expert in rows
    ]


@given(counts)
def test_unsure_answers_never_outweigh_a_shared_value(row):
    without_unsure = decide_nomination([*row[:3], 0])
    if without_unsure.state is not DecisionState.INCOMPLETE:
        assert decide_nomination([*row[:3], 99]) == without_unsure


@given(counts, st.sampled_from(ANSWERS))
def test_the_last_expert_wins_over_any_count(row, expert):
    decision = decide_nomination(row, expert)
    assert (decision.value, decision.reached_by) == (expert.value, ReachedBy.EXPERT)


def test_two_present_and_two_absent_is_a_conflict_and_not_present():
    assert decide_nomination([2, 0, 2, 0]).state is DecisionState.CONFLICTED


def test_one_vote_short_of_the_needed_number_is_incomplete_and_equality_decides():
    assert decide_nomination([2, 0, 0, 0], votes_to_agree=3).state is DecisionState.INCOMPLETE
    assert decide_nomination([3, 0, 0, 0], votes_to_agree=3).value is LabelValue.PP


@pytest.mark.parametrize(
    ("rows", "expert", "k"),
    [
        ([[1, 0, 0]], [-1], 2),
        ([[1, 0, 0, 0]], [-1, -1], 2),
        ([[1, 0, -1, 0]], [-1], 2),
        ([[1, 0, 0, 0]], [4], 2),
        ([[1, 0, 0, 0]], [-2], 2),
        ([[1, 0, 0, 0]], [-1], 0),
    ],
)
def test_votes_of_a_wrong_shape_or_range_are_refused(rows, expert, k):
    with pytest.raises(RuleError):
        decide_nominations(rows, expert, votes_to_agree=k)


def test_no_nominations_give_no_decisions():
    assert decide_nominations(np.zeros((0, 4), int), np.zeros(0, int)).state.shape == (0,)


@given(counts, experts)
def test_every_decision_has_one_training_state(row, expert):
    decision = decide_nomination(row, expert)
    state = training_state(decision.state, decision.value)
    assert (state is TrainingState.POSITIVE) == is_present(decision.value)
    assert (state is TrainingState.NEGATIVE) == (decision.value is LabelValue.NP)


@pytest.mark.parametrize(
    ("state", "value"), [(DecisionState.DECIDED, None), (DecisionState.INCOMPLETE, LabelValue.NP)]
)
def test_a_value_without_a_decision_has_no_training_state(state, value):
    with pytest.raises(RuleError, match="exactly when it is decided"):
        training_state(state, value)


def test_an_error_keeps_its_sentences_across_processes():
    error = pickle.loads(pickle.dumps(RuleError(["One.", "Two."])))
    assert error.problems == ("One.", "Two.")
    assert str(error) == "One.\nTwo."


def test_answers_and_label_values_share_their_names():
    assert {answer.value for answer in Answer} < {value.value for value in LabelValue}
