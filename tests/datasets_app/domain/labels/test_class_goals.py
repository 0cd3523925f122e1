"""Which class needs ears most, which suits a beginner, what it is mistaken for, when it opens."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.class_goals import ClassStanding, furthest_first
from datasets_app.domain.labels.confusions import SharedClips, rank_confusions
from datasets_app.domain.labels.easy_classes import ClassRecord, is_easy
from datasets_app.domain.labels.introduction import (
    HEARD_ENOUGH,
    ExampleSource,
    first_source,
    introduction_standing,
)

COUNTS = st.integers(0, 500)
STANDINGS = st.lists(
    st.builds(
        ClassStanding,
        st.integers(0, 10**6),
        st.text(max_size=5),
        COUNTS,
        st.integers(1, 300),
        COUNTS,
    ),
    max_size=30,
)
NOW = datetime(2026, 5, 15, 12)


@given(STANDINGS)
def test_no_class_with_open_clips_is_left_out_and_none_is_nearer_than_the_next(standings):
    ordered = furthest_first(standings)
    assert sorted(map(id, ordered)) == sorted(id(s) for s in standings if s.n_open)
    shares = [s.share_reached for s in ordered]
    assert shares == sorted(shares)


@given(COUNTS, st.integers(1, 300))
def test_what_is_reached_and_what_is_missing_make_the_goal(n_decided, goal):
    standing = ClassStanding(1, "Bark", n_decided, goal, 0)
    assert standing.n_missing + min(n_decided, goal) == goal
    assert (standing.share_reached == 1) == (n_decided >= goal)


def test_a_goal_of_nothing_is_refused():
    with pytest.raises(RuleError, match="goal of 1 or more"):
        ClassStanding(1, "Bark", 0, 0, 0)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_a_class_that_nobody_explained_is_never_easy(decided, conflicted, answers, unsure):
    assert not is_easy(ClassRecord(decided, conflicted, answers, unsure, False))


@given(st.integers(10, 500), st.integers(20, 500))
def test_more_clashes_or_more_doubts_never_make_a_class_easier(n_settled, n_answers):
    by_clashes = [
        is_easy(ClassRecord(n_settled - n, n, n_answers, 0, True)) for n in range(n_settled)
    ]
    by_doubts = [is_easy(ClassRecord(n_settled, 0, n_answers, n, True)) for n in range(n_answers)]
    for easy in (by_clashes, by_doubts):
        assert easy[0]
        assert easy == sorted(easy, reverse=True)


SHARED = st.lists(
    st.builds(SharedClips, st.integers(0, 50), COUNTS, COUNTS, COUNTS, COUNTS),
    max_size=20,
    unique_by=lambda row: row.other,
)


@given(SHARED, st.sets(st.integers(0, 50)))
def test_only_classes_told_apart_on_some_clip_are_confusions(shared, relatives):
    found = rank_confusions(shared, relatives=relatives, most=100)
    expected = {
        row.other: row.n_only_here + row.n_only_there
        for row in shared
        if row.n_only_here + row.n_only_there and row.other not in relatives
    }
    assert {c.other: c.n_mistaken for c in found} == expected
    assert [c.n_mistaken for c in found] == sorted(expected.values(), reverse=True)
    assert all(0 < c.n_mistaken <= c.n_judged for c in found)


def test_clips_with_both_sounds_tell_of_no_mistake():
    assert rank_confusions([SharedClips("rain", 0, 0, n_both=90, n_neither=5)]) == []


@given(st.lists(st.floats(0, 3), max_size=8))
def test_a_class_opens_exactly_when_enough_of_each_example_was_heard(heard):
    standing = introduction_standing(heard, introduced_at=None, now=NOW, days=14)
    assert standing.is_open == all(share >= HEARD_ENOUGH for share in heard)
    assert standing.n_to_hear == sum(share < HEARD_ENOUGH for share in heard)


@given(st.integers(0, 60), st.floats(0, 60))
def test_an_introduction_lasts_its_days_and_no_longer(days, age_days):
    then = NOW - timedelta(days=age_days)
    standing = introduction_standing([0.0], introduced_at=then, now=NOW, days=days)
    assert standing.is_open == (NOW - then <= timedelta(days=days))


def test_one_source_of_examples_is_shown_and_curators_go_first():
    found = {ExampleSource.DECISIONS: [1], ExampleSource.ONTOLOGY: [2], ExampleSource.CURATOR: [3]}
    assert first_source(found, most=4) == (ExampleSource.CURATOR, [3])
    del found[ExampleSource.CURATOR]
    assert first_source(found, most=4) == (ExampleSource.ONTOLOGY, [2])
