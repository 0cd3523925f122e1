"""Intervals: a replicate is the metric of the clips that were drawn, each as often as drawn."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml_worker import metrics
from ml_worker.evaluation import bootstrap

SCORES = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])


@st.composite
def tables(draw):
    """Targets, scores, decided and draws; ties, empty rows and empty classes are common."""
    n_clips, n_classes = draw(st.integers(1, 9)), draw(st.integers(1, 4))
    shape = (n_clips, n_classes)
    targets, decided = draw(arrays(np.bool_, shape)), draw(arrays(np.bool_, shape))
    scores = draw(arrays(np.float64, shape, elements=SCORES))
    counts = bootstrap.draw_counts(n_clips, 4, draw(st.integers(0, 99)))
    return targets, scores, decided, counts


@given(tables())
@settings(max_examples=200, deadline=None)
def test_each_replicate_equals_the_metrics_of_the_clips_it_drew(table):
    targets, scores, decided, counts = table
    found = bootstrap.replicate_metrics(targets & decided, scores, decided, counts)
    for column in range(counts.shape[1]):
        rows = np.repeat(np.arange(len(targets)), counts[:, column].astype(int))
        expected = metrics.evaluate((targets & decided)[rows], scores[rows], decided[rows])
        of_classes = expected.per_class
        assert found.average_precision[:, column] == pytest.approx(
            [c.average_precision for c in of_classes], nan_ok=True
        )
        assert found.roc_auc[:, column] == pytest.approx(
            [c.roc_auc for c in of_classes], nan_ok=True
        )
        for name in ("map_macro", "map_micro", "d_prime_of_mean_auc", "mean_d_prime", "lwlrap"):
            value = getattr(found, name)[column]
            assert value == pytest.approx(getattr(expected, name), nan_ok=True), name


def test_map_at_3_is_replicated_where_every_clip_has_one_label():
    targets = np.eye(4, dtype=bool)
    scores = np.array([[4, 3, 2, 1], [4, 3, 2, 1], [4, 3, 2, 1], [4, 3, 2, 1.0]])
    counts = np.array([[1, 4], [1, 0], [1, 0], [1, 0]], dtype=np.float32)
    found = bootstrap.replicate_metrics(targets, scores, np.ones_like(targets), counts)
    assert found.map_at_3 == pytest.approx([(1 + 1 / 2 + 1 / 3 + 0) / 4, 1.0])


def test_draws_repeat_with_their_seed_and_each_draws_as_many_clips_as_there_are():
    counts = bootstrap.draw_counts(30, 50, 7)
    assert (counts.sum(axis=0) == 30).all()
    assert np.array_equal(counts, bootstrap.draw_counts(30, 50, 7))
    assert not np.array_equal(counts, bootstrap.draw_counts(30, 50, 8))


def test_many_replicates_are_worked_through_in_parts(monkeypatch):
    rng = np.random.default_rng(0)
    targets, scores = rng.random((40, 3)) < 0.3, rng.random((40, 3))
    counts = bootstrap.draw_counts(40, 25, 0)
    whole = bootstrap.replicate_metrics(targets, scores, np.ones_like(targets), counts)
    monkeypatch.setattr(bootstrap, "_MOST_AT_ONCE", 7)
    parts = bootstrap.replicate_metrics(targets, scores, np.ones_like(targets), counts)
    assert parts.map_micro == pytest.approx(whole.map_micro, rel=1e-12)
    assert parts.roc_auc == pytest.approx(whole.roc_auc, rel=1e-12, nan_ok=True)


def test_an_interval_is_of_the_replicates_in_which_the_figure_is_defined():
    replicates = np.append(np.linspace(0, 1, 101), [np.nan, np.inf])
    found = bootstrap.estimate(0.5, replicates)
    assert (found.low, found.high) == pytest.approx((0.025, 0.975))
    assert found.n_replicates == 101
    none = bootstrap.estimate(0.5, np.array([np.nan]))
    assert math.isnan(none.low)
    assert none.n_replicates == 0


def test_intervals_hold_the_true_value_about_as_often_as_they_say():
    """AUC of two normals one standard deviation apart is Phi(1/sqrt 2) = 0.760."""
    n_held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        targets = rng.random((200, 1)) < 0.4
        scores = rng.normal(targets.astype(float), 1.0)
        counts = bootstrap.draw_counts(200, 200, seed)
        found = bootstrap.replicate_metrics(targets, scores, np.ones_like(targets), counts)
        interval = bootstrap.estimate(0.0, found.roc_auc[0])
        n_held += interval.low <= 0.7602 <= interval.high
    assert 88 <= n_held <= 100
