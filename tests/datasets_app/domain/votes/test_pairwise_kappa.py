import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.pairwise_kappa import (
    cohen_kappa,
    pairwise_cohen_kappa,
    pairwise_intervals,
)

ratings = st.dictionaries(
    st.tuples(st.integers(0, 8), st.integers(-2, 3)), st.integers(0, 3), max_size=40
)


def columns(rated):
    unit = [unit for unit, _ in rated]
    return unit, [rater for _, rater in rated], list(rated.values())


def scikit_learns(first, second):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return cohen_kappa_score(first, second)


@given(ratings, st.integers(1, 4))
def test_every_pair_has_the_kappa_of_scikit_learn(rated, min_shared):
    found = pairwise_cohen_kappa(*columns(rated), min_shared=min_shared)
    expected = {}
    for a, b in itertools.combinations(sorted({rater for _, rater in rated}), 2):
        shared = [unit for unit, rater in rated if rater == a and (unit, b) in rated]
        if len(shared) >= min_shared:
            expected[a, b] = [rated[unit, a] for unit in shared], [rated[u, b] for u in shared]
    assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == list(expected)
    for said, kappa, n_shared in zip(expected.values(), found.kappa, found.n_shared, strict=True):
        assert n_shared == len(said[0])
        assert kappa == pytest.approx(scikit_learns(*said), abs=1e-9, nan_ok=True)


@given(ratings, st.randoms())
def test_the_order_of_ratings_changes_nothing(rated, random):
    rows = list(rated.items())
    random.shuffle(rows)
    one = pairwise_cohen_kappa(*columns(rated), min_shared=1)
    other = pairwise_cohen_kappa(*columns(dict(rows)), min_shared=1)
    assert one.tables.tolist() == other.tables.tolist()


def test_pairs_at_just_the_needed_number_of_shared_units_are_kept():
    table = ([0, 1, 0, 1], [1, 1, 2, 2], [0, 1, 0, 1])
    assert len(pairwise_cohen_kappa(*table, min_shared=2).kappa) == 1
    assert len(pairwise_cohen_kappa(*table, min_shared=3).kappa) == 0


def test_raters_who_always_say_the_same_have_no_kappa():
    found = pairwise_cohen_kappa([0, 1, 0, 1], [1, 1, 2, 2], [3, 3, 3, 3], min_shared=1)
    assert math.isnan(found.kappa[0])
    low, high = pairwise_intervals(found, seed=0, n_replicates=5)
    assert math.isnan(low[0]) and math.isnan(high[0])


def test_the_intervals_are_those_of_drawing_shared_units_one_by_one():
    rng = np.random.default_rng(3)
    first = rng.integers(0, 3, 80)
    second = np.where(rng.random(80) < 0.7, first, rng.integers(0, 3, 80))
    unit = np.tile(np.arange(80), 2)
    found = pairwise_cohen_kappa(unit, np.repeat([5, 6], 80), np.concatenate([first, second]), 3)
    draws = rng.integers(0, 80, (800, 80))
    drawn = [cohen_kappa_score(first[d], second[d]) for d in draws]
    low, high = pairwise_intervals(found, seed=1, n_replicates=4000)
    assert [low[0], high[0]] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.03)
    again = pairwise_intervals(found, seed=1, n_replicates=4000)
    assert (low[0], high[0]) == (again[0][0], again[1][0])


@given(ratings)
@settings(max_examples=30)
def test_intervals_of_every_shape_of_table_have_one_bound_for_each_pair(rated):
    found = pairwise_cohen_kappa(*columns(rated), min_shared=1)
    low, high = pairwise_intervals(found, seed=0, n_replicates=8)
    assert low.shape == high.shape == found.kappa.shape
    assert not (low > high).any()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: pairwise_cohen_kappa([0], [1, 2], [0]), "one length"),
        (lambda: pairwise_cohen_kappa([0], [1], [4]), "give 0 to 3"),
        (lambda: pairwise_cohen_kappa([0], [1], [0], min_shared=0), "min_shared is 0"),
        (lambda: pairwise_cohen_kappa([0, 0], [7, 7], [0, 1]), "Rater 7 rated a unit twice"),
    ],
)
def test_tables_that_are_no_ratings_are_refused(call, said):
    with pytest.raises(RuleError, match=said):
        call()


@pytest.mark.parametrize("wrong", [{"n_replicates": 0}, {"level": 0.0}, {"level": 1.0}])
def test_intervals_of_no_replicate_or_level_are_refused(wrong):
    found = pairwise_cohen_kappa([0, 0], [1, 2], [0, 1], min_shared=1)
    with pytest.raises(RuleError):
        pairwise_intervals(found, seed=0, **wrong)


def test_the_kappa_of_an_empty_table_is_undefined():
    assert math.isnan(float(cohen_kappa(np.zeros((2, 2)))))
