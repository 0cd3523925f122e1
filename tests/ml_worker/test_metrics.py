"""Metrics equal scikit-learn and their definitions, ties and empty rows included."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import (
    average_precision_score,
    label_ranking_average_precision_score,
    roc_auc_score,
)

from ml_worker import metrics

# Few different scores, so that ties are the rule.
SCORES = st.sampled_from([0.0, 0.1, 0.5, 0.5000001, 0.9, 1.0])


@st.composite
def tables(draw, least_columns: int = 2):
    shape = draw(st.tuples(st.integers(1, 12), st.integers(least_columns, 6)))
    return draw(arrays(np.bool_, shape)), draw(arrays(np.float64, shape, elements=SCORES))


@given(tables(least_columns=1))
@settings(max_examples=150, deadline=None)
def test_average_precision_and_auc_equal_scikit_learn(table):
    targets, scores = table[0][:, 0], table[1][:, 0]
    if not targets.any():
        assert math.isnan(metrics.average_precision(targets, scores))
    else:
        expected = average_precision_score(targets, scores)
        assert metrics.average_precision(targets, scores) == pytest.approx(expected)
    if targets.all() or not targets.any():
        assert math.isnan(metrics.roc_auc(targets, scores))
    else:
        expected = roc_auc_score(targets, scores)
        assert metrics.roc_auc(targets, scores) == pytest.approx(expected)


@given(tables())
@settings(max_examples=150, deadline=None)
def test_lwlrap_equals_scikit_learn_weighted_by_labels(table):
    targets, scores = table
    weights = targets.sum(axis=1)
    if not weights.any():
        assert math.isnan(metrics.lwlrap(targets, scores))
        return
    rows = weights > 0
    expected = label_ranking_average_precision_score(
        targets[rows], scores[rows], sample_weight=weights[rows]
    )
    assert metrics.lwlrap(targets, scores) == pytest.approx(expected)


@given(tables())
@settings(max_examples=100, deadline=None)
def test_lwlrap_equals_its_definition(table):
    targets, scores = table
    precisions = [np.mean(targets[s][scores[s] >= scores[s, c]]) for s, c in np.argwhere(targets)]
    if precisions:
        assert metrics.lwlrap(targets, scores) == pytest.approx(np.mean(precisions))


@given(tables())
@settings(max_examples=100, deadline=None)
def test_macro_micro_and_chance_equal_scikit_learn(table):
    targets, scores = table
    result = metrics.evaluate(targets, scores)
    present = targets.any(axis=0)
    assert result.n_classes_left_out == np.sum(~present)
    if not present.any():
        assert math.isnan(result.map_macro)
        return
    macro = average_precision_score(targets[:, present], scores[:, present], average="macro")
    assert result.map_macro == pytest.approx(macro)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        micro = average_precision_score(targets, scores, average="micro")
    assert result.map_micro == pytest.approx(micro)
    assert result.map_chance == pytest.approx(targets[:, present].mean())


@given(tables())
@settings(max_examples=100, deadline=None)
def test_undecided_entries_do_not_count(table):
    targets, scores = table
    decided = np.random.default_rng(0).random(targets.shape) < 0.7
    result = metrics.evaluate(targets, scores, decided)
    for column, of_class in enumerate(result.per_class):
        rows = decided[:, column]
        expected = metrics.average_precision(targets[rows, column], scores[rows, column])
        assert of_class.average_precision == pytest.approx(expected, nan_ok=True)
    changed = np.where(decided, scores, 1.0 - scores)
    again = metrics.evaluate(targets ^ ~decided, changed, decided)
    assert again.lwlrap == pytest.approx(result.lwlrap, nan_ok=True)
    assert again.map_micro == pytest.approx(result.map_micro, nan_ok=True)


def test_d_prime_in_both_conventions():
    # Phi^-1(0.75) = 0.67449, Phi^-1(0.875) = 1.15035 (tables of the normal distribution).
    targets = np.array([[1, 1], [1, 1], [0, 0], [0, 0]], dtype=bool)
    scores = np.array([[0.9, 0.9], [0.1, 0.8], [0.2, 0.3], [0.0, 0.2]])
    result = metrics.evaluate(targets, scores)
    assert [c.roc_auc for c in result.per_class] == [0.75, 1.0]
    assert result.d_prime_of_mean_auc == pytest.approx(math.sqrt(2) * 1.15035, abs=1e-4)
    # A perfect AUC is taken half a pair below 1: 1 - 0.5 / 4 = 0.875.
    expected = math.sqrt(2) * (0.67449 + 1.15035) / 2
    assert result.mean_d_prime == pytest.approx(expected, abs=1e-4)
    assert metrics.d_prime(1.0) == math.inf


def test_random_scores_have_the_chance_level():
    rng = np.random.default_rng(0)
    targets = rng.random((20_000, 5)) < np.array([0.02, 0.05, 0.1, 0.3, 0.5])
    result = metrics.evaluate(targets, rng.random(targets.shape))
    assert result.map_macro == pytest.approx(result.map_chance, abs=0.01)
    assert result.d_prime_of_mean_auc == pytest.approx(0, abs=0.05)


@given(tables(), st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_map_at_3_equals_its_definition(table, seed):
    scores = table[1]
    n_clips, n_classes = scores.shape
    label = np.random.default_rng(seed).integers(n_classes, size=n_clips)
    targets = np.arange(n_classes) == label[:, None]
    total = 0.0
    for s in range(n_clips):
        rank = sum(1 for c in range(n_classes) if scores[s, c] >= scores[s, label[s]])
        total += 1 / rank if rank <= 3 else 0.0
    assert metrics.evaluate(targets, scores).map_at_3 == pytest.approx(total / n_clips)


def test_map_at_3_is_for_clips_with_one_label_each():
    scores = np.array([[0.9, 0.1], [0.2, 0.3]])
    for targets in ([[1, 1], [0, 1]], [[0, 0], [0, 1]]):
        assert math.isnan(metrics.evaluate(np.array(targets, dtype=bool), scores).map_at_3)
