import math
import warnings

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats import inter_rater

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.agreement import (
    bootstrap_interval,
    krippendorff_alpha,
    raw_agreement,
)
from datasets_app.domain.votes.answer_distance import ANSWER_DISTANCE
from datasets_app.domain.votes.answers import ANSWERS
from datasets_app.domain.votes.coefficient import (
    Coefficient,
    agreement_by_part,
    agreement_coefficients,
)
from datasets_app.domain.votes.kappa import fleiss_kappa, gwet_ac1, mean_unit_agreement
from datasets_app.domain.votes.prevalence import prevalence_warning

shapes = st.tuples(st.integers(1, 25), st.integers(2, 5))
unequal = shapes.flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(0, 4)))


@st.composite
def equal_numbers(draw):
    """Counts of units that all have the same number of ratings."""
    n_units, n_values = draw(shapes)
    n_raters = draw(st.integers(2, 6))
    values = draw(arrays(np.int64, (n_units, n_raters), elements=st.integers(0, n_values - 1)))
    return np.array([np.bincount(row, minlength=n_values) for row in values])


@given(equal_numbers())
def test_fleiss_kappa_of_equal_numbers_is_that_of_statsmodels(counts):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = inter_rater.fleiss_kappa(counts)
    assert fleiss_kappa(counts) == pytest.approx(expected, abs=1e-9, nan_ok=True)


def literally(counts):
    """Gwet's P, and the prevalence of each value, unit by unit and pair by pair."""
    agreement, shares = [], []
    for row in counts.tolist():
        n = sum(row)
        if n >= 1:
            shares.append([k / n for k in row])
        if n >= 2:
            agreement.append(sum(k * (k - 1) for k in row) / (n * (n - 1)))
    prevalence = [sum(column) / len(shares) for column in zip(*shares, strict=True)]
    return (sum(agreement) / len(agreement) if agreement else math.nan), prevalence


@given(unequal)
def test_ac1_is_its_formula_read_aloud(counts):
    if not counts.any():
        assert math.isnan(gwet_ac1(counts))
        return
    agreement, prevalence = literally(counts)
    chance = sum(p * (1 - p) for p in prevalence) / (counts.shape[1] - 1)
    expected = (agreement - chance) / (1 - chance)
    assert gwet_ac1(counts) == pytest.approx(expected, abs=1e-9, nan_ok=True)


@given(unequal)
def test_fleiss_kappa_of_unequal_numbers_is_gwets_generalisation(counts):
    if not counts.any():
        assert math.isnan(fleiss_kappa(counts))
        return
    agreement, prevalence = literally(counts)
    chance = sum(p * p for p in prevalence)
    if chance < 1 - 1e-9:
        expected = (agreement - chance) / (1 - chance)
        assert fleiss_kappa(counts) == pytest.approx(expected, abs=1e-9, nan_ok=True)
    else:
        assert math.isnan(fleiss_kappa(counts))


@given(unequal)
def test_mean_unit_agreement_gives_every_unit_the_same_weight(counts):
    expected = literally(counts)[0] if counts.any() else math.nan
    assert mean_unit_agreement(counts) == pytest.approx(expected, nan_ok=True)


def test_a_lone_rating_counts_for_the_prevalence_and_not_for_the_agreement():
    paired = [[2, 0], [0, 2], [1, 1]]
    assert mean_unit_agreement([*paired, [1, 0]]) == mean_unit_agreement(paired)
    assert fleiss_kappa([*paired, [1, 0]]) != fleiss_kappa(paired)


def test_lone_raters_have_no_kappa():
    assert math.isnan(fleiss_kappa([[1, 0], [0, 1]]))
    assert math.isnan(gwet_ac1([[1, 0], [0, 1]]))


def test_a_single_possible_value_has_no_kappa():
    assert math.isnan(fleiss_kappa([[3], [2]]))
    assert math.isnan(gwet_ac1([[3], [2]]))


def by_answer_distance(v1, v2, i1, i2, n_v, dtype=np.float64):
    """The answers' distances, in the form that the package asks for."""
    return ANSWER_DISTANCE[np.ix_(np.ravel(v1).astype(int), np.ravel(v2).astype(int))]


@given(st.integers(1, 30).flatmap(lambda n: arrays(np.int64, (n, 4), elements=st.integers(0, 3))))
def test_alpha_with_the_answers_distances_is_the_packages_with_the_same_metric(counts):
    pairable = counts[counts.sum(axis=1) >= 2]
    if (pairable.sum(axis=0) > 0).sum() < 2:
        assert math.isnan(krippendorff_alpha(counts, ANSWER_DISTANCE))
        return
    expected = krippendorff.alpha(
        value_counts=counts, value_domain=[0, 1, 2, 3], level_of_measurement=by_answer_distance
    )
    assert krippendorff_alpha(counts, ANSWER_DISTANCE) == pytest.approx(expected, abs=1e-9)


def test_pp_is_nearer_to_pnp_than_to_np_and_unsure_is_as_near_to_both_ends():
    pp, pnp, absent, unsure = range(len(ANSWERS))
    assert ANSWER_DISTANCE[pp, pnp] < ANSWER_DISTANCE[pnp, absent] < ANSWER_DISTANCE[pp, absent]
    assert ANSWER_DISTANCE[unsure, pp] == ANSWER_DISTANCE[unsure, absent]
    with pytest.raises(ValueError, match="read-only"):
        ANSWER_DISTANCE[0, 1] = 0


def test_disagreeing_about_predominance_costs_less_with_distances_than_without():
    counts = [[1, 1, 0, 0], [2, 0, 0, 0], [0, 0, 2, 0], [0, 2, 0, 0]]
    assert krippendorff_alpha(counts, ANSWER_DISTANCE) > krippendorff_alpha(counts)


def drawn_one_by_one(counts, statistic, n_replicates, rng):
    units = counts[counts.sum(axis=1) >= 1]
    draws = rng.integers(0, len(units), (n_replicates, len(units)))
    return np.quantile([statistic(units[d]) for d in draws], [0.025, 0.975])


@pytest.mark.parametrize(("name", "statistic"), [("fleiss", fleiss_kappa), ("ac1", gwet_ac1)])
def test_the_intervals_are_those_of_drawing_units_one_by_one(name, statistic):
    rng = np.random.default_rng(5)
    sizes = rng.integers(1, 5, 120)
    counts = np.array([rng.multinomial(n, rng.dirichlet([0.5, 0.3, 0.2])) for n in sizes])
    expected = drawn_one_by_one(counts, statistic, 1500, rng)
    interval = bootstrap_interval(counts, name, seed=1, n_replicates=4000)
    assert [interval.low, interval.high] == pytest.approx(expected, abs=0.02)


@given(unequal, st.integers(0, 2**31))
@settings(max_examples=30)
def test_every_coefficient_comes_with_its_own_value_and_interval(counts, seed):
    n_values = counts.shape[1]
    apart = np.abs(np.subtract.outer(np.arange(n_values), np.arange(n_values))).astype(float)
    found = agreement_coefficients(counts, distance=apart, seed=seed, n_replicates=10)
    expected = {
        Coefficient.ALPHA: krippendorff_alpha(counts),
        Coefficient.ALPHA_WEIGHTED: krippendorff_alpha(counts, apart),
        Coefficient.FLEISS: fleiss_kappa(counts),
        Coefficient.AC1: gwet_ac1(counts),
        Coefficient.RAW: raw_agreement(counts),
    }
    assert set(found) == set(expected)
    for name, estimate in found.items():
        assert estimate.value == pytest.approx(expected[name], nan_ok=True)
        assert math.isnan(estimate.interval.low) or estimate.interval.low <= estimate.interval.high
    assert Coefficient.ALPHA_WEIGHTED not in agreement_coefficients(
        counts, seed=seed, n_replicates=1
    )


@given(unequal, st.data())
@settings(max_examples=30)
def test_the_agreement_of_each_week_is_that_of_its_units(counts, data):
    weeks = data.draw(arrays(np.int64, len(counts), elements=st.integers(-2, 3)))
    found = agreement_by_part(counts, weeks, seed=0, n_replicates=3)
    assert list(found) == sorted(set(weeks.tolist()))
    for week, summary in found.items():
        units = counts[weeks == week]
        assert summary.n_units == len(units)
        assert summary.alpha == pytest.approx(krippendorff_alpha(units), nan_ok=True)


def test_without_units_there_are_no_weeks_and_a_week_is_needed_for_each():
    assert agreement_by_part(np.zeros((0, 4), int), [], seed=0) == {}
    with pytest.raises(RuleError, match="one for each unit"):
        agreement_by_part([[1, 1]], [1, 2], seed=0)


def test_balanced_or_disagreeing_raters_are_not_warned_about():
    assert prevalence_warning([[2, 0], [0, 2], [2, 0], [1, 1]]) == ""
    assert prevalence_warning([[5, 5]] * 4) == ""
    assert prevalence_warning([[2, 0]] * 5) == ""
    assert prevalence_warning(np.zeros((0, 2), int)) == ""


def test_a_dominant_value_is_named_and_names_must_fit():
    warning = prevalence_warning([[2, 0]] * 30 + [[1, 1]], value_names=["yes", "no"])
    assert '"yes"' in warning
    assert "AC1" in warning
    assert '"value 0"' in prevalence_warning([[2, 0]] * 30 + [[1, 1]])
    with pytest.raises(RuleError, match="give 2, as columns"):
        prevalence_warning([[2, 0]], value_names=["yes"])


def test_fsd50k_ratings_of_presence_have_negative_alpha_at_92_percent_agreement(fsd50k_counts):
    """Golden: alpha about -0.05 at 92 % (issue 3); krippendorff 0.9 on the same counts.

    The 92 % are the mean over labels; of all pairs, which labels with many ratings have most of,
    83 % agree. Labels were released because people had found them present.
    """
    answers = fsd50k_counts
    presence = np.column_stack([answers[:, 0] + answers[:, 1], answers[:, 2]])
    expected = krippendorff.alpha(value_counts=presence, level_of_measurement="nominal")
    assert krippendorff_alpha(presence) == pytest.approx(expected, abs=1e-9)
    assert round(krippendorff_alpha(presence), 3) == -0.054
    assert round(mean_unit_agreement(presence), 3) == 0.922
    assert round(raw_agreement(presence), 3) == 0.826
    warning = prevalence_warning(presence, value_names=["present", "absent"])
    assert warning.startswith("Alpha is -0.05 although the ratings of a unit agree in 92 %")
    assert '"present"' in warning


def test_fsd50k_four_values_need_no_warning(fsd50k_counts):
    assert prevalence_warning(fsd50k_counts) == ""
