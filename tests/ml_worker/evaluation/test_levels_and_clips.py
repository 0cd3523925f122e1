"""Scores by level of the ontology, and the clips that are understood best and worst."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import label_ranking_average_precision_score, log_loss

from ml_worker.evaluation.clip_scores import best_and_worst, score_of_clips, top_classes
from ml_worker.evaluation.levels import levels


def test_a_level_is_the_mean_of_its_measured_classes():
    precision = np.array([0.2, 0.4, np.nan, 0.9])
    replicates = np.array([[0.1, 0.3], [0.5, 0.3], [np.nan, np.nan], [0.9, np.nan]])
    found = levels(precision, replicates, np.array([3, 4, 0, 5]), [1, 1, 2, 0], [1, 1, 1, 0])
    assert [(v.name, v.n_classes, v.n_positive) for v in found] == [
        ("leaves", 2, 7),
        ("inner classes", 1, 5),
        ("depth 0", 1, 5),
        ("depth 1", 2, 7),
    ]
    assert found[0].map_macro.value == pytest.approx(0.3)
    assert (found[1].map_macro.value, found[1].map_macro.n_replicates) == (0.9, 1)


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_both_figures_of_a_clip_equal_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    targets, scores = rng.random((1, 5)) < 0.5, rng.integers(1, 9, (1, 5)) / 10
    found = score_of_clips(targets, scores, np.ones_like(targets))
    assert found.cross_entropy[0] == pytest.approx(log_loss(targets[0], scores[0], labels=[0, 1]))
    if targets.any():
        expected = label_ranking_average_precision_score(targets, scores)
        assert found.ranking[0] == pytest.approx(expected)
    else:
        assert np.isnan(found.ranking[0])


def test_clips_are_ordered_by_ranking_then_by_cross_entropy_and_none_is_in_both_lists():
    targets = np.array([[1, 0], [1, 0], [1, 0], [0, 0], [0, 1]], dtype=bool)
    scores = np.array([[0.9, 0.1], [0.6, 0.1], [0.1, 0.9], [0.5, 0.5], [0.3, 0.2]])
    found = score_of_clips(targets, scores, np.ones_like(targets))
    best, worst = best_and_worst(found, ["a", "b", "c", "d", "e"], 8)
    assert (best, worst) == ([0, 1], [2, 4])
    assert best_and_worst(found, ["a", "b", "c", "d", "e"], 1) == ([0], [2])


def test_undecided_classes_are_not_among_a_clips_highest():
    scores = np.array([[0.1, 0.9, 0.8, 0.7]])
    decided = np.array([[True, False, True, True]])
    assert top_classes(scores, decided, 0, 2) == [2, 3]
