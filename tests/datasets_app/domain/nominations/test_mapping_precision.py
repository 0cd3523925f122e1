"""Precision of keyword rules from a stratified sample."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.mapping_precision import (
    Stratum,
    draw_sample,
    mapping_precision,
    sample_sizes,
    stratum_precision,
)
from datasets_app.domain.proportion import wilson_interval


@st.composite
def strata(draw):
    n_clips = draw(st.integers(0, 60))
    n_rated = draw(st.integers(0, n_clips))
    n_present = draw(st.integers(0, n_rated))
    return Stratum(n_clips, n_present, n_rated - n_present)


@given(st.lists(strata(), max_size=6))
def test_the_share_lies_in_its_interval_and_both_within_0_and_1(found):
    estimate = mapping_precision(found)
    assert 0 <= estimate.low <= estimate.high <= 1
    if estimate.n_rated:
        assert estimate.low - 1e-12 <= estimate.share <= estimate.high + 1e-12
    else:
        assert math.isnan(estimate.share)


@given(st.lists(strata(), min_size=1, max_size=6), st.randoms())
def test_the_order_of_alternatives_means_nothing(found, random):
    mixed = random.sample(found, len(found))
    one, other = mapping_precision(found), mapping_precision(mixed)
    assert (one.low, one.high) == pytest.approx((other.low, other.high))


@given(strata())
def test_one_alternative_alone_is_its_own_precision(stratum):
    assert mapping_precision([stratum]).low == pytest.approx(stratum_precision(stratum).low)


def test_a_sample_that_is_small_beside_the_rest_has_wilsons_interval():
    found = stratum_precision(Stratum(10**9, 7, 3))
    low, high = wilson_interval(7, 10)
    assert (found.low, found.high) == pytest.approx((float(low), float(high)), abs=1e-4)


def test_once_all_are_rated_nothing_is_uncertain():
    found = mapping_precision([Stratum(3, 2, 1), Stratum(1, 0, 1)])
    assert (found.low, found.share, found.high) == (0.5, 0.5, 0.5)


def test_an_alternative_nobody_rated_widens_by_its_weight():
    rated = Stratum(90, 40, 10)
    small, large = (mapping_precision([rated, Stratum(n, 0, 0)]) for n in (10, 90))
    assert small.share == large.share == 0.8
    assert small.high - small.low < large.high - large.low


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(4)
    truth, sizes, drawn = [0.95, 0.5, 0.1], [600, 300, 100], [14, 7, 5]
    n_held = 0
    for _ in range(400):
        sounding = [rng.random(n) < p for n, p in zip(sizes, truth, strict=True)]
        hits = [
            int(rng.choice(s, n, replace=False).sum()) for s, n in zip(sounding, drawn, strict=True)
        ]
        found = mapping_precision(
            [Stratum(n, h, k - h) for n, h, k in zip(sizes, hits, drawn, strict=True)]
        )
        n_held += found.low <= np.concatenate(sounding).mean() <= found.high
    assert 0.92 <= n_held / 400 <= 0.99


@given(st.lists(st.integers(0, 500), max_size=8), st.integers(0, 40))
def test_a_sample_is_as_large_as_wanted_and_hears_every_alternative(sizes, n_wanted):
    drawn = sample_sizes(sizes, n_wanted)
    assert sum(drawn) == min(n_wanted, sum(sizes))
    assert all(0 <= n <= size for n, size in zip(drawn, sizes, strict=True))
    if n_wanted >= len(sizes):
        assert all(n > 0 for n, size in zip(drawn, sizes, strict=True) if size)


def test_a_seed_gives_the_same_sample_and_another_seed_another():
    strata = [list(range(100)), list(range(100, 120))]
    assert draw_sample(strata, 12, seed=1) == draw_sample(strata, 12, seed=1)
    assert draw_sample(strata, 12, seed=1) != draw_sample(strata, 12, seed=2)


def test_impossible_counts_are_refused():
    with pytest.raises(RuleError, match="sum to no more than the clips"):
        Stratum(3, 2, 2)
    with pytest.raises(RuleError, match="give 0 or more"):
        sample_sizes([1], -1)
