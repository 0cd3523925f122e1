import csv
import itertools
import math

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.agreement import (
    agreement_with_rest,
    bootstrap_interval,
    distinct_rows,
    krippendorff_alpha,
    raw_agreement,
    summarise_agreement,
)
from datasets_app.domain.votes.rater_agreement import intervals_with_rest

count_matrices = st.tuples(st.integers(1, 30), st.integers(2, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(0, 4))
)
ratings = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40
)
SQUARED = np.subtract.outer(np.arange(5.0), np.arange(5.0)) ** 2


def has_variation(counts):
    pairable = counts[counts.sum(axis=1) >= 2]
    return (pairable.sum(axis=0) > 0).sum() >= 2


@given(count_matrices)
def test_nominal_alpha_is_the_krippendorff_packages(counts):
    assume(has_variation(counts))
    expected = krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
    assert krippendorff_alpha(counts) == pytest.approx(expected, abs=1e-9)


@given(count_matrices)
def test_alpha_with_squared_distances_is_the_packages_interval_alpha(counts):
    assume(has_variation(counts))
    n_values = counts.shape[1]
    expected = krippendorff.alpha(
        value_counts=counts, value_domain=list(range(n_values)), level_of_measurement="interval"
    )
    alpha = krippendorff_alpha(counts, SQUARED[:n_values, :n_values])
    assert alpha == pytest.approx(expected, abs=1e-9)


@given(count_matrices)
def test_alpha_without_variation_is_undefined_and_not_perfect(counts):
    if not has_variation(counts):
        assert math.isnan(krippendorff_alpha(counts))


@given(count_matrices)
def test_raw_agreement_is_the_share_of_equal_pairs_listed_one_by_one(counts):
    pairs = [
        a == b
        for row in counts
        for a, b in itertools.combinations(np.repeat(np.arange(len(row)), row), 2)
    ]
    if pairs:
        assert raw_agreement(counts) == pytest.approx(np.mean(pairs), abs=1e-12)
    else:
        assert math.isnan(raw_agreement(counts))


@given(count_matrices)
def test_distinct_rows_and_their_times_make_up_the_pairable_units(counts):
    rows, times = distinct_rows(counts)
    rebuilt = np.repeat(rows, times, axis=0).tolist()
    assert sorted(rebuilt) == sorted(counts[counts.sum(axis=1) >= 2].tolist())
    assert len({tuple(row) for row in rows}) == len(rows)


def test_rows_too_large_for_one_key_are_told_apart_too():
    counts = np.array([[2**40, 1, 0], [2**40, 1, 0], [1, 0, 2**40]])
    rows, times = distinct_rows(counts)
    assert (rows.tolist(), times.tolist()) == ([[1, 0, 2**40], [2**40, 1, 0]], [1, 2])


@given(count_matrices, st.randoms())
def test_the_order_of_units_changes_nothing(counts, random):
    shuffled = counts[random.sample(range(len(counts)), len(counts))]
    assert repr(summarise_agreement(counts, seed=3, n_replicates=20)) == repr(
        summarise_agreement(shuffled, seed=3, n_replicates=20)
    )


def resampled(counts, n_replicates, rng):
    """The textbook bootstrap: draw units one by one."""
    units = counts[counts.sum(axis=1) >= 2]
    draws = rng.integers(0, len(units), (n_replicates, len(units)))
    return [
        krippendorff.alpha(value_counts=units[d], level_of_measurement="nominal") for d in draws
    ]


def test_the_interval_is_that_of_drawing_units_one_by_one():
    rng = np.random.default_rng(5)
    counts = rng.multinomial(4, [0.6, 0.3, 0.1], size=150) + rng.multinomial(
        2, [0.1, 0.8, 0.1], 150
    ) * (rng.random((150, 1)) < 0.5)
    expected = np.quantile(resampled(counts, 1500, rng), [0.025, 0.975])
    interval = bootstrap_interval(counts, "alpha", seed=1, n_replicates=4000)
    assert [interval.low, interval.high] == pytest.approx(expected, abs=0.01)


def test_the_interval_depends_on_the_seed_alone_and_narrows_with_the_level():
    counts = np.random.default_rng(0).multinomial(3, [0.5, 0.5], size=60)
    first = bootstrap_interval(counts, "alpha", seed=1)
    assert first == bootstrap_interval(counts, "alpha", seed=1)
    assert first != bootstrap_interval(counts, "alpha", seed=2)
    narrow = bootstrap_interval(counts, "alpha", seed=1, level=0.5)
    assert first.low <= narrow.low <= krippendorff_alpha(counts) <= narrow.high <= first.high


@given(count_matrices)
@settings(max_examples=30)
def test_undefined_statistics_have_undefined_intervals(counts):
    lone = np.minimum(counts, 1) * (np.arange(counts.shape[1]) == 0)
    interval = bootstrap_interval(lone, "alpha", seed=0, n_replicates=5)
    assert math.isnan(interval.low) and math.isnan(interval.high)


@pytest.mark.parametrize(
    "call",
    [
        lambda: krippendorff_alpha([[1, -1]]),
        lambda: krippendorff_alpha([[1.5, 1]]),
        lambda: krippendorff_alpha([1, 2]),
        lambda: krippendorff_alpha([[1, 2]], [[0.0]]),
        lambda: krippendorff_alpha([[1, 2]], [[0.0, 1.0], [2.0, 0.0]]),
        lambda: bootstrap_interval([[1, 2]], "kappa", seed=0),
        lambda: bootstrap_interval([[1, 2]], "alpha", seed=0, level=1.0),
        lambda: bootstrap_interval([[1, 2]], "alpha", seed=0, n_replicates=0),
        lambda: agreement_with_rest([1], [1, 2], [0, 0]),
        lambda: agreement_with_rest([1], [1], [4]),
        lambda: agreement_with_rest([1], [1], [-1]),
    ],
)
def test_wrong_shapes_and_numbers_are_refused(call):
    with pytest.raises(RuleError):
        call()


@given(ratings)
def test_agreement_with_the_rest_is_what_comparing_every_two_ratings_finds(rows):
    unit, rater, value = map(list, zip(*rows, strict=True))
    found = agreement_with_rest(unit, rater, value)
    assert list(found) == sorted(set(rater))
    for me, (share, n_pairs) in found.items():
        pairs = [
            a[2] == b[2] for a in rows for b in rows if a[0] == b[0] and a[1] == me and b[1] != me
        ]
        assert n_pairs == len(pairs)
        assert share == pytest.approx(np.mean(pairs)) if pairs else math.isnan(share)


@given(ratings)
@settings(max_examples=30)
def test_an_annotators_interval_is_undefined_just_when_there_are_no_pairs(rows):
    unit, rater, value = map(list, zip(*rows, strict=True))
    shares = agreement_with_rest(unit, rater, value)
    intervals = intervals_with_rest(unit, rater, value, seed=0, n_replicates=20)
    assert {r: math.isnan(i.low) for r, i in intervals.items()} == {
        r: n == 0 for r, (_, n) in shares.items()
    }


def test_no_ratings_have_no_annotators():
    assert agreement_with_rest([], [], []) == {}


def test_alpha_of_the_esc10_answers_is_0_75108(shared_data):
    """Golden: krippendorff 0.8 on the same file; 340 nominations, 5,102 answers."""
    units, column = {}, ["PP", "PNP", "NP", "U"].index
    with (shared_data / "esc10" / "validation_votes.csv").open() as file:
        for row in csv.DictReader(file):
            counts = units.setdefault((row["clip_id"], row["mid"]), [0] * 4)
            counts[column(row["answer"])] += 1
    summary = summarise_agreement(list(units.values()), seed=1)
    assert (summary.n_units, summary.n_ratings) == (340, 5102)
    assert round(summary.alpha, 5) == 0.75108
    assert summary.alpha_interval.low < summary.alpha < summary.alpha_interval.high


def test_alpha_of_the_fsd50k_ratings_is_0_38183(fsd50k_counts):
    """Golden: krippendorff on the development ratings, four values, nominal."""
    assert (len(fsd50k_counts), fsd50k_counts.sum()) == (47031, 106132)
    assert round(krippendorff_alpha(fsd50k_counts), 5) == 0.38183
