"""Orders that ask first where an answer helps most."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import entropy

from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.active_order import (
    FIRST_PLACE,
    LAST_PLACE,
    diversity,
    expected_gain,
    kept_priority,
    ordered_priority,
    places,
    share_present,
    uncertainty,
)

PROBABILITIES = hnp.arrays(float, st.integers(1, 30), elements=st.floats(0, 1))
COUNTS = st.integers(0, 50)
VALUES = hnp.arrays(float, st.integers(1, 400), elements=st.floats(0, 1) | st.just(np.nan))


@given(PROBABILITIES)
def test_uncertainty_is_the_entropy_of_a_coin(p):
    expected = entropy(np.stack([p, 1 - p]), base=2)
    np.testing.assert_allclose(uncertainty(p), expected, atol=1e-12)


@given(PROBABILITIES, PROBABILITIES)
def test_the_nearer_to_one_half_the_less_sure(p, q):
    near, far = uncertainty(p).max(), uncertainty(q).min()
    if np.abs(p - 0.5).min() < np.abs(q - 0.5).max():
        assert near >= far - 1e-9


@pytest.mark.parametrize("wrong", [-0.01, 1.01, np.inf])
def test_scores_outside_their_range_are_refused(wrong):
    with pytest.raises(RuleError, match="0 to 1"):
        uncertainty([0.5, wrong])
    with pytest.raises(RuleError, match="0 to 1"):
        expected_gain([wrong], 0, 10)


def test_what_no_model_has_scored_stays_unknown():
    assert np.isnan(uncertainty([np.nan, 0.5])).tolist() == [True, False]


@given(hnp.arrays(float, 9, elements=st.just(0.0) | st.floats(1e-9, 1)), COUNTS, st.integers(1, 50))
def test_gain_rises_with_presence_and_falls_to_nothing_at_the_goal(p, have, goal):
    gain = expected_gain(p, have, goal)
    assert ((gain >= 0) & (gain <= p)).all()
    assert ((gain > 0) == ((p > 0) & (have < goal))).all()
    assert (expected_gain(p, have + 1, goal) <= gain).all()


def test_a_class_whose_goal_is_nothing_gains_nothing():
    assert expected_gain([1.0], 0, 0).tolist() == [0.0]
    with pytest.raises(RuleError, match="below 0"):
        expected_gain([1.0], -1, 10)


def test_two_answers_do_not_make_certainty():
    assert share_present([2, 0], [0, 0]).tolist() == [0.75, 0.5]


@st.composite
def two_sets(draw):
    size = draw(st.integers(1, 5))
    numbers = st.floats(-2, 2, width=32)
    rows = draw(hnp.arrays(np.float32, (draw(st.integers(1, 12)), size), elements=numbers))
    heard = draw(hnp.arrays(np.float32, (draw(st.integers(0, 4)), size), elements=numbers))
    return rows, heard


@given(two_sets(), st.integers(1, 15))
def test_the_traversal_visits_each_clip_once_the_farthest_first(sets, most_visited):
    rows, heard = sets
    values = diversity(rows, heard, most_visited=most_visited)
    n_visited = min(len(rows), most_visited)
    assert (np.sort(values)[::-1][:n_visited] > 0).all()
    assert len(set(values[values > 0].tolist())) == n_visited
    assert values.max() == 1.0


@given(two_sets())
def test_each_next_clip_is_least_like_all_before(sets):
    rows, heard = sets
    if not len(heard):
        return
    unit = [_unit(row) for row in rows.astype(float)]
    known = [_unit(row) for row in heard.astype(float)]
    order = np.argsort(-diversity(rows, heard))
    for place, chosen in enumerate(order):
        left = order[place:]
        nearest = {i: max(float(unit[i] @ k) for k in known) for i in left}
        assert nearest[chosen] <= min(nearest.values()) + 1e-9
        known.append(unit[chosen])


def _unit(row: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(row)
    return row / length if length > 0 else np.zeros_like(row)


def test_embeddings_that_are_no_numbers_or_of_two_widths_are_refused():
    good = np.ones((2, 3), np.float32)
    for bad in (np.full((2, 3), np.nan, np.float32), np.ones(3, np.float32)):
        with pytest.raises(RuleError, match="finite"):
            diversity(bad)
    with pytest.raises(RuleError, match="two widths"):
        diversity(good, np.ones((2, 4), np.float32))
    assert diversity(np.empty((0, 3), np.float32)).tolist() == []


@given(VALUES, st.integers(0, 2000))
def test_places_keep_the_order_of_values_and_stay_in_their_part(values, standard):
    found = places(values, np.full(len(values), standard))
    known = np.isfinite(values)
    assert ((found[known] >= LAST_PLACE) & (found[known] <= FIRST_PLACE)).all()
    assert (found[~known] < LAST_PLACE).all()
    order = np.argsort(-values[known], kind="stable")
    assert (np.diff(found[known][order]) <= 0).all()
    assert len(set(found[known].tolist())) <= 100


@given(st.integers(0, 5), st.integers(0, 5), st.floats(0, 1))
def test_votes_that_come_in_leave_the_place(before, after, value):
    place = places([value], [300])
    first = ordered_priority(before, place)
    assert kept_priority(after, first, [300]).tolist() == ordered_priority(after, place).tolist()
