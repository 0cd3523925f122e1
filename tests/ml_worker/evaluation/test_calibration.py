"""Calibration equals scikit-learn and its definitions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from ml_worker.evaluation.bootstrap import draw_counts
from ml_worker.evaluation.calibration import class_calibration, measure_calibration

# Bounds of bins are among the scores.
SCORES = st.sampled_from([0.0, 0.1, 0.2, 0.35, 0.4, 0.6, 0.8, 0.99, 1.0])


@st.composite
def tables(draw):
    shape = (draw(st.integers(1, 10)), draw(st.integers(1, 4)))
    scores = draw(arrays(np.float64, shape, elements=SCORES))
    return draw(arrays(np.bool_, shape)), scores, draw(arrays(np.bool_, shape))


@given(tables())
@settings(max_examples=150, deadline=None)
def test_curve_and_brier_score_equal_scikit_learn(table):
    targets, scores, decided = table
    found = measure_calibration(targets, scores, decided, draw_counts(len(targets), 3, 0), 5)
    assert found.n_entries == decided.sum()
    if not decided.any():
        assert found.bins == ()
        assert math.isnan(found.brier.value)
        return
    truth, values = targets[decided], scores[decided]
    share, mean_score = calibration_curve(truth, values, n_bins=5)
    assert [b.share_positive.value for b in found.bins] == pytest.approx(share)
    assert [b.mean_score for b in found.bins] == pytest.approx(mean_score)
    expected = np.mean((values - truth) ** 2)
    assert found.brier.value == pytest.approx(expected)
    if 0 < truth.sum() < len(truth):
        assert found.brier.value == pytest.approx(brier_score_loss(truth, values))


@given(tables())
@settings(max_examples=150, deadline=None)
def test_ece_equals_its_definition(table):
    targets, scores, decided = table
    found = measure_calibration(targets, scores, decided, draw_counts(len(targets), 3, 0), 5)
    ece, brier = class_calibration(targets, scores, decided, 5)
    assert found.ece.value == pytest.approx(_ece(targets[decided], scores[decided]), nan_ok=True)
    for c in range(targets.shape[1]):
        rows = decided[:, c]
        truth, values = targets[rows, c], scores[rows, c]
        assert ece[c] == pytest.approx(_ece(truth, values), nan_ok=True)
        assert brier[c] == pytest.approx(
            np.mean((values - truth) ** 2) if len(truth) else math.nan, nan_ok=True
        )


def _ece(truth, values) -> float:
    """Plain Python; the bounds are those of the curve, computed alike."""
    if not len(truth):
        return math.nan
    edges = np.linspace(0, 1, 6)
    total = 0.0
    for b in range(5):
        low, high = (-1.0 if b == 0 else edges[b]), (2.0 if b == 4 else edges[b + 1])
        inside = [(t, v) for t, v in zip(truth, values, strict=True) if low < v <= high]
        if inside:
            share = sum(t for t, _ in inside) / len(inside)
            score = sum(v for _, v in inside) / len(inside)
            total += len(inside) / len(truth) * abs(share - score)
    return total


@given(tables(), st.integers(0, 50))
@settings(max_examples=60, deadline=None)
def test_a_replicate_is_the_calibration_of_the_clips_it_drew(table, seed):
    targets, scores, decided = table
    counts = draw_counts(len(targets), 1, seed)
    found = measure_calibration(targets, scores, decided, counts, 5)
    rows = np.repeat(np.arange(len(targets)), counts[:, 0].astype(int))
    again = measure_calibration(targets[rows], scores[rows], decided[rows], counts, 5)
    # With one replicate the interval is that replicate.
    assert found.ece.low == pytest.approx(again.ece.value, nan_ok=True)
    assert found.brier.high == pytest.approx(again.brier.value, nan_ok=True)


def test_scores_that_are_the_true_shares_are_calibrated():
    rng = np.random.default_rng(0)
    scores = rng.random((4000, 3))
    targets = rng.random(scores.shape) < scores
    found = measure_calibration(targets, scores, np.ones_like(targets), draw_counts(4000, 50, 0))
    assert found.ece.value < 0.02
    assert all(b.share_positive.low <= b.mean_score + 0.05 for b in found.bins)
    assert found.brier.value == pytest.approx(1 / 6, abs=0.01)
    assert found.brier_of_prevalence == pytest.approx(0.25, abs=0.01)
