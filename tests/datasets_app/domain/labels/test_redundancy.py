import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.dawid_skene import dawid_skene
from datasets_app.domain.labels.redundancy import (
    PRESENCE_OUTCOMES,
    is_decided,
    vote_posteriors,
    wanted_votes,
)

probabilities = st.floats(0.05, 1.0)


@st.composite
def vote_cases(draw):
    n_units, n_raters, n_values = (draw(st.integers(1, n)) for n in (4, 3, 4))
    n_votes = draw(st.integers(0, 12))
    indices = [
        draw(arrays(np.int64, n_votes, elements=st.integers(lowest, highest)))
        for lowest, highest in ((0, n_units - 1), (-1, n_raters - 1), (0, n_values - 1))
    ]
    prior = draw(arrays(float, (n_units, n_values), elements=probabilities))
    confusion = draw(arrays(float, (n_raters, n_values, n_values), elements=probabilities))
    return n_units, indices, prior, confusion / confusion.sum(axis=2, keepdims=True)


@given(vote_cases(), st.floats(0.3, 0.99))
def test_posteriors_are_bayes_rule_vote_by_vote(case, reliability):
    n_units, (unit, rater, value), prior, confusion = case
    n_values = prior.shape[1]
    expected = prior.copy()
    for u, r, v in zip(unit, rater, value, strict=True):
        for true in range(n_values):
            usual = reliability if v == true else (1 - reliability) / max(n_values - 1, 1)
            expected[u, true] *= confusion[r, true, v] if r >= 0 else usual
    expected /= expected.sum(axis=1, keepdims=True)
    found = vote_posteriors(
        unit,
        value,
        n_units=n_units,
        prior=prior,
        reliability=reliability,
        rater=rater,
        confusion=confusion,
    )
    assert found == pytest.approx(expected, abs=1e-9)


def test_with_its_own_matrices_and_priors_the_posteriors_are_those_of_dawid_skene():
    rng = np.random.default_rng(0)
    unit, rater = np.repeat(np.arange(30), 4), np.tile(np.arange(4), 30)
    value = rng.integers(0, 3, 120)
    model = dawid_skene(unit, rater, value, 3, tolerance=1e-13, max_iterations=5000)
    found = vote_posteriors(
        unit, value, n_units=30, prior=model.priors, rater=rater, confusion=model.confusion
    )
    assert found == pytest.approx(model.posteriors, abs=1e-3)


def test_an_unsure_answer_changes_nothing_between_values_equally_far_from_it():
    prior = [0.4, 0.2, 0.4, 0.0]
    before = vote_posteriors([], [], n_units=1, prior=prior)
    assert vote_posteriors([0], [3], n_units=1, prior=prior) == pytest.approx(before)


def test_a_posterior_at_just_the_threshold_is_decided():
    one_vote = vote_posteriors([0], [1], n_units=1, prior=[0.5, 0.5], reliability=0.8)
    assert is_decided(one_vote, threshold=0.8).tolist() == [True]
    assert is_decided(one_vote, threshold=0.8001).tolist() == [False]
    assert is_decided([[0.9, 0.1]], threshold=0.9).tolist() == [True]


def test_pp_and_pnp_together_decide_presence_and_unsure_decides_nothing():
    posteriors = [[0.5, 0.45, 0.05, 0.0], [0.0, 0.0, 0.0, 1.0], [0.02, 0.02, 0.96, 0.0]]
    assert is_decided(posteriors, outcomes=PRESENCE_OUTCOMES).tolist() == [True, False, True]


def test_it_asks_for_one_more_until_decided_between_least_and_most():
    open_, clear = [0.6, 0.4], [0.99, 0.01]

    def wanted(posterior, n_votes):
        return wanted_votes([posterior], [n_votes], min_votes=2, max_votes=4).tolist()[0]

    assert [wanted(open_, n) for n in range(6)] == [2, 2, 3, 4, 4, 4]
    assert [wanted(clear, n) for n in range(6)] == [2, 2, 2, 3, 4, 4]


@given(
    st.integers(0, 10).flatmap(
        lambda n: st.tuples(
            arrays(float, (n, 3), elements=st.floats(0.01, 1)),
            arrays(np.int64, n, elements=st.integers(0, 9)),
        )
    ),
    st.floats(0.51, 0.99),
    st.integers(1, 4),
    st.integers(0, 4),
)
def test_many_nominations_want_what_each_would_alone(case, threshold, min_votes, more):
    posteriors, n_votes = case
    posteriors = posteriors / posteriors.sum(axis=1, keepdims=True)
    settings = {"threshold": threshold, "min_votes": min_votes, "max_votes": min_votes + more}
    found = wanted_votes(posteriors, n_votes, **settings)
    for row, n, wanted in zip(posteriors, n_votes, found, strict=True):
        assert min_votes <= wanted <= min_votes + more
        asks = wanted > n
        assert asks == (n < min_votes or (n < min_votes + more and row.max() < threshold - 1e-9))


def test_reliable_annotators_need_fewer_votes_than_unreliable_ones():
    """Simulated: everybody is asked until it is clear, at most 9 times."""

    def mean_votes(reliability):
        rng = np.random.default_rng(0)
        truth, n_votes = rng.integers(0, 2, 400), np.zeros(400, int)
        unit, value = np.zeros(0, int), np.zeros(0, int)
        while True:
            posteriors = vote_posteriors(
                unit, value, n_units=400, prior=[0.5, 0.5], reliability=reliability
            )
            asked = np.flatnonzero(
                wanted_votes(posteriors, n_votes, min_votes=1, max_votes=9) > n_votes
            )
            if not asked.size:
                return n_votes.mean(), (posteriors.argmax(axis=1) == truth).mean()
            right = rng.random(asked.size) < reliability
            unit = np.concatenate([unit, asked])
            value = np.concatenate([value, np.where(right, truth[asked], 1 - truth[asked])])
            n_votes[asked] += 1

    few, accuracy = mean_votes(0.9)
    many, _ = mean_votes(0.7)
    assert few < many < 9
    assert accuracy >= 0.95


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": [2]}, "unit indices"),
        ({"value": [2]}, "value indices"),
        ({"unit": [0, 1]}, "one of each"),
        ({"prior": [-0.5, 1.5]}, "negative or all 0"),
        ({"prior": [0.0, 0.0]}, "negative or all 0"),
        ({"prior": [[0.5, 0.5]]}, "one row for each unit"),
        ({"reliability": 1.0}, "reliability is 1"),
        ({"rater": [0], "confusion": [[0.5, 0.5]]}, "confusion matrices of shape"),
        ({"rater": [1], "confusion": [[[0.9, 0.1], [0.1, 0.9]]]}, "rater indices"),
        ({"confusion": [[[0.9, 0.1], [0.1, 0.9]]]}, "one of each"),
    ],
)
def test_votes_that_fit_no_unit_value_or_rater_are_refused(change, said):
    with pytest.raises(RuleError, match=said):
        vote_posteriors(**{"unit": [0], "value": [0], "n_units": 2, "prior": [0.5, 0.5], **change})


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 0.5},
        {"threshold": 1.0},
        {"min_votes": 0},
        {"min_votes": 6},
        {"outcomes": [0]},
        {"outcomes": [0, -2]},
        {"n_votes": [1, 1]},
    ],
)
def test_settings_that_decide_nothing_or_twice_are_refused(wrong):
    with pytest.raises(RuleError):
        wanted_votes(**{"posteriors": [[0.5, 0.5]], "n_votes": [1], **wrong})


def test_no_nominations_want_no_votes():
    posteriors = vote_posteriors([], [], n_units=0, prior=[0.5, 0.5])
    assert wanted_votes(posteriors, []).tolist() == []
