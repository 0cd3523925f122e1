"""What an adjudicator's word and experts' differences make of decisions by votes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.adjudication import check_reason, settle_conflicts
from datasets_app.domain.labels.decision import (
    DecisionState,
    LabelValue,
    ReachedBy,
    decide_nominations,
)
from datasets_app.domain.votes.answers import ANSWERS

rows = st.lists(
    st.tuples(
        st.lists(st.integers(0, 3), min_size=4, max_size=4),
        st.integers(-1, 3),
        st.integers(-1, 3),
        st.booleans(),
    ),
    max_size=6,
)


def settled(row, adjudicated, disputed, *, expert=-1):
    found = settle_conflicts(decide_nominations([row], [expert]), [adjudicated], [disputed])
    return found.state[0], found.value[0], found.reached_by[0]


def test_the_word_of_an_adjudicator_stands_above_votes_experts_and_differences():
    decided = (DecisionState.DECIDED, LabelValue.NP, ReachedBy.ADJUDICATION)
    assert settled([5, 0, 0, 0], 2, False) == decided
    assert settled([1, 0, 0, 0], 2, False, expert=0) == decided
    assert settled([1, 0, 0, 0], 2, True, expert=0) == decided


def test_experts_who_differ_are_a_conflict_whatever_the_last_of_them_said():
    found = settled([1, 0, 1, 0], -1, True, expert=2)
    assert found == (DecisionState.CONFLICTED, None, ReachedBy.NONE)


@given(rows)
def test_all_else_stands_as_the_votes_decided(table):
    counts, expert, adjudicated, disputed = (
        (list(c) for c in zip(*table, strict=True)) if (table) else ([], [], [], [])
    )
    by_votes = decide_nominations(counts, expert)
    before = [column.copy() for column in (by_votes.state, by_votes.value, by_votes.reached_by)]
    found = settle_conflicts(by_votes, adjudicated, disputed)
    for i in range(len(table)):
        row = (found.state[i], found.value[i], found.reached_by[i])
        assert (row[0] is DecisionState.DECIDED) == (row[1] is not None)
        if adjudicated[i] >= 0:
            assert row[1] == ANSWERS[adjudicated[i]]
        elif not disputed[i]:
            assert row == tuple(column[i] for column in before)
    assert all(
        np.array_equal(a, b)
        for a, b in zip(before, (by_votes.state, by_votes.value, by_votes.reached_by), strict=True)
    )


@pytest.mark.parametrize(("adjudicated", "disputed"), [([0, 1], [False]), ([4], [False])])
def test_shapes_and_answers_out_of_range_are_refused(adjudicated, disputed):
    with pytest.raises(RuleError, match="give"):
        settle_conflicts(decide_nominations([[0, 0, 0, 0]], [-1]), adjudicated, disputed)


def test_a_reason_is_kept_without_the_blanks_around_it():
    assert check_reason("  a door,\n no bark ") == "a door, no bark"
    assert check_reason("x" * 500) == "x" * 500
    with pytest.raises(RuleError, match="501 characters; at most 500"):
        check_reason("x" * 501)
