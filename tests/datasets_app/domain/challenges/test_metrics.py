"""Each metric against scikit-learn, the worker's own, and its plain definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, label_ranking_average_precision_score

from datasets_app.domain.challenges.metrics import (
    Predictions,
    average_precision,
    class_lwlrap,
    lwlrap,
    map_at_3,
    map_macro,
    map_micro,
    once_each,
)
from datasets_app.domain.challenges.scoring import METRICS, draw_clips, worth_of
from datasets_app.domain.errors import RuleError
from ml_worker import metrics as of_worker

SHAPES = st.tuples(st.integers(1, 8), st.integers(1, 6))


@st.composite
def predictions(draw, *, one_label: bool = False, all_decided: bool = True):
    """Truth and scores with many ties, rows without labels and classes without positives."""
    shape = draw(SHAPES)
    scores = draw(arrays(np.float64, shape, elements=st.sampled_from([-1.0, 0.0, 0.25, 0.5, 2.0])))
    targets = draw(arrays(np.bool_, shape))
    decided = np.ones(shape, bool) if all_decided else draw(arrays(np.bool_, shape))
    if one_label:
        targets = np.zeros(shape, bool)
        labels = draw(arrays(np.int64, shape[0], elements=st.integers(0, shape[1] - 1)))
        targets[np.arange(shape[0]), labels] = True
    return Predictions(targets, scores, decided)


def value(metric, said: Predictions) -> float:
    return float(metric(said, once_each(len(said.targets)))[0])


@given(predictions())
def test_lwlrap_is_scikit_learns_ranking_precision_weighted_by_labels(said):
    weights = said.targets.sum(axis=1)
    if not weights.any():
        assert np.isnan(value(lwlrap, said))
        return
    wanted = label_ranking_average_precision_score(said.targets, said.scores, sample_weight=weights)
    assert value(lwlrap, said) == pytest.approx(wanted)


@given(predictions(all_decided=False))
def test_lwlrap_is_its_plain_definition(said):
    precisions = []
    for targets, scores, decided in zip(said.targets, said.scores, said.decided, strict=True):
        for c in np.flatnonzero(targets & decided):
            above = decided & (scores >= scores[c])
            precisions.append((targets & above).sum() / above.sum())
    if precisions:
        assert value(lwlrap, said) == pytest.approx(np.mean(precisions))
    else:
        assert np.isnan(value(lwlrap, said))


@given(predictions())
def test_the_classes_lwlrap_weighted_add_up_to_the_whole(said):
    per_class, weight = class_lwlrap(said)
    has_labels = weight > 0
    if has_labels.any():
        assert weight.sum() == pytest.approx(1)
        whole = (per_class[has_labels] * weight[has_labels]).sum()
        assert value(lwlrap, said) == pytest.approx(whole)
    assert np.isnan(per_class[~has_labels]).all()


@given(predictions())
def test_map_is_scikit_learns_over_the_classes_with_a_positive(said):
    present = said.targets.any(axis=0)
    if not present.any():
        assert np.isnan(value(map_macro, said))
        assert np.isnan(value(map_micro, said))
        return
    per_class = [
        average_precision_score(said.targets[:, c], said.scores[:, c])
        for c in np.flatnonzero(present)
    ]
    assert value(map_macro, said) == pytest.approx(np.mean(per_class))
    pooled = average_precision_score(said.targets.ravel(), said.scores.ravel())
    assert value(map_micro, said) == pytest.approx(pooled)


@given(predictions(all_decided=False))
def test_every_metric_is_the_workers_own(said):
    wanted = of_worker.evaluate(said.targets, said.scores, said.decided)
    assert value(lwlrap, said) == pytest.approx(wanted.lwlrap, nan_ok=True)
    assert value(map_macro, said) == pytest.approx(wanted.map_macro, nan_ok=True)
    assert value(map_micro, said) == pytest.approx(wanted.map_micro, nan_ok=True)
    assert value(map_at_3, said) == pytest.approx(wanted.map_at_3, nan_ok=True)


@given(predictions(one_label=True))
def test_map_at_3_is_its_plain_definition(said):
    hits = []
    for targets, scores in zip(said.targets, said.scores, strict=True):
        rank = (scores >= scores[targets.argmax()]).sum()
        hits.append(1 / rank if rank <= 3 else 0)
    assert value(map_at_3, said) == pytest.approx(np.mean(hits))


def test_map_at_3_gives_nothing_for_a_label_that_was_not_named():
    two = np.array([[True, False]])
    said = Predictions(two, np.array([[-np.inf, 3.0]]), np.ones_like(two))
    assert value(map_at_3, said) == 0


def test_map_at_3_is_not_defined_where_a_clip_has_two_labels():
    both = np.ones((1, 2), bool)
    assert np.isnan(value(map_at_3, Predictions(both, np.zeros((1, 2)), both)))


@given(predictions(), st.integers(0, 99))
def test_a_clip_that_counts_twice_is_a_clip_that_is_there_twice(said, seed):
    counts = draw_clips(len(said.targets), n_replicates=1, seed=seed)
    rows = np.repeat(np.arange(len(said.targets)), counts[:, 0].astype(int))
    drawn = Predictions(said.targets[rows], said.scores[rows], said.decided[rows])
    for metric in METRICS.values():
        assert metric(said, counts)[0] == pytest.approx(value(metric, drawn), nan_ok=True) or (
            metric is map_at_3
        )


def test_one_class_alone_is_scikit_learns():
    targets, scores = np.array([1, 0, 1, 0], bool), np.array([0.5, 0.5, 0.4, 0.1])
    assert average_precision(targets, scores) == pytest.approx(
        average_precision_score(targets, scores)
    )


@pytest.fixture
def noisy() -> Predictions:
    rng = np.random.default_rng(5)
    targets = np.zeros((300, 4), bool)
    targets[np.arange(300), rng.integers(4, size=300)] = True
    return Predictions(targets, rng.random((300, 4)) + 0.3 * targets, np.ones_like(targets))


@pytest.mark.parametrize("main", METRICS)
def test_the_interval_holds_the_score_and_is_the_same_for_the_same_seed(noisy, main):
    worth = worth_of(noisy, main=main, seed=3)
    assert worth.low < worth.score < worth.high
    assert worth.high - worth.low < 0.2
    assert worth == worth_of(noisy, main=main, seed=3)
    assert worth.values[main] == worth.score


def test_the_interval_of_map_at_3_is_as_wide_as_theory_says(noisy):
    worth = worth_of(noisy, main="map_at_3", n_replicates=4000)
    ranks = (noisy.scores >= noisy.scores[noisy.targets][:, None]).sum(axis=1)
    per_clip = np.where(ranks <= 3, 1 / ranks, 0)
    half = 1.96 * per_clip.std() / np.sqrt(len(per_clip))
    assert (worth.high - worth.low) / 2 == pytest.approx(half, rel=0.1)


def test_names_alone_have_no_other_metric_than_map_at_3(noisy):
    values = worth_of(noisy, main="map_at_3", names_only=True).values
    assert [name for name, found in values.items() if found is not None] == ["map_at_3"]


def test_a_metric_that_is_not_defined_is_refused():
    nothing = Predictions(np.zeros((2, 2), bool), np.zeros((2, 2)), np.ones((2, 2), bool))
    with pytest.raises(RuleError, match="not defined on these 2 clips"):
        worth_of(nothing, main="lwlrap")
    with pytest.raises(RuleError, match="known are lwlrap, map_macro"):
        worth_of(nothing, main="accuracy")
