"""Decisions from posteriors and by majority."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.labels.decision import DecisionState, LabelValue, ReachedBy
from datasets_app.domain.labels.posterior_decision import decide_by_majority, decide_by_posterior
from datasets_app.domain.votes.answers import ANSWERS

NOBODY = [-1]


def by_posterior(posterior, counts=(1, 0, 0, 0), expert=-1, threshold=0.95):
    found = decide_by_posterior([posterior], [counts], [expert], threshold=threshold)
    return found.state[0], found.value[0], found.reached_by[0]


class TestByPosterior:
    def test_presence_is_the_sum_of_predominant_and_not(self):
        found = by_posterior([0.55, 0.41, 0.04, 0.0])
        assert found == (DecisionState.DECIDED, LabelValue.PP, ReachedBy.POSTERIOR)

    def test_the_threshold_itself_decides(self):
        assert by_posterior([0.05, 0.9, 0.05, 0.0])[1] is LabelValue.PNP
        assert by_posterior([0.05, 0.89, 0.06, 0.0])[0] is DecisionState.INCOMPLETE

    def test_equal_predominance_stays_open(self):
        assert by_posterior([0.49, 0.49, 0.02, 0.0])[1] is LabelValue.PRESENT

    def test_an_expert_is_not_outvoted_by_a_posterior(self):
        absent = ANSWERS.index("NP")
        found = by_posterior([0.99, 0.0, 0.01, 0.0], expert=absent)
        assert found == (DecisionState.DECIDED, LabelValue.NP, ReachedBy.EXPERT)

    def test_what_is_unclear_clashes_or_waits(self):
        unclear = [0.4, 0.1, 0.5, 0.0]
        assert by_posterior(unclear, (2, 0, 2, 0))[0] is DecisionState.CONFLICTED
        assert by_posterior(unclear, (1, 0, 1, 0))[0] is DecisionState.INCOMPLETE

    def test_nothing_gives_nothing(self):
        assert len(decide_by_posterior(np.empty((0, 4)), [], []).state) == 0


class TestByMajority:
    @pytest.mark.parametrize(
        ("counts", "state", "value"),
        [
            ((2, 0, 1, 0), DecisionState.DECIDED, LabelValue.PP),
            ((12, 0, 2, 0), DecisionState.DECIDED, LabelValue.PP),
            ((1, 0, 0, 0), DecisionState.INCOMPLETE, None),
            ((1, 0, 1, 0), DecisionState.INCOMPLETE, None),
            ((2, 0, 2, 0), DecisionState.CONFLICTED, None),
            ((0, 0, 1, 3), DecisionState.DECIDED, LabelValue.U),
        ],
    )
    def test_most_answers_win_and_ties_do_not(self, counts, state, value):
        found = decide_by_majority([counts], NOBODY)
        assert (found.state[0], found.value[0]) == (state, value)


@given(st.lists(st.integers(0, 5), min_size=4, max_size=4))
def test_a_decision_has_a_value_and_nothing_else_has(counts):
    total = sum(counts) or 1
    posterior = [n / total for n in counts]
    for found in (
        decide_by_posterior([posterior], [counts], NOBODY),
        decide_by_majority([counts], NOBODY),
    ):
        assert (found.state[0] is DecisionState.DECIDED) == (found.value[0] is not None)
        assert (found.reached_by[0] is ReachedBy.NONE) == (found.value[0] is None)
