"""Frozen embeddings and a simple classifier: what can be had without training a network.

After Pons and Favory, and Niizumi et al.: embeddings are standardised or projected to whitened
principal components, a scikit-learn classifier is fitted on the train and validation clips of a
release and measured on its eval clips. Nothing is chosen by looking at eval.

If every clip has exactly one class, one is chosen and the measure is accuracy. Else each class is a
question of its own, fitted and measured on the clips where it is decided, and the measure is the
macro mean of average precision; classes without a positive on either side are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from ml_worker.embeddings.table import EmbeddingTable
from ml_worker.job_context import JobRefused
from ml_worker.release import LabelState, Release, Split

SHOTS = (1, 2, 4, 8, 16, 32, 64, 128)
"""Examples of each class, for curves."""

Floats = NDArray[np.float32]
States = NDArray[np.int8]
Ints = NDArray[np.int64]


class Projection(StrEnum):
    """What happens to embeddings before the classifier."""

    NONE = "none"
    STANDARDISE = "standardise"
    WHITENED_PCA = "whitened_pca"


class Task(StrEnum):
    """What is asked of a clip."""

    SINGLE_LABEL = "single_label"
    MULTI_LABEL = "multi_label"


CLASSIFIERS: Mapping[str, Callable[[int], Any]] = {
    "nearest_neighbour": lambda _: KNeighborsClassifier(1, metric="cosine"),
    "knn": lambda _: KNeighborsClassifier(5, metric="cosine", weights="distance"),
    "logistic": lambda _: LogisticRegression(max_iter=1000),
    "linear_svm": lambda seed: LinearSVC(C=0.01, random_state=seed),
    "rbf_svm": lambda _: SVC(C=10.0),
    "mlp": lambda seed: MLPClassifier((256,), random_state=seed),
}
"""Each makes an unfitted classifier of a seed. Their settings are ours, and fixed."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A classifier of ``CLASSIFIERS`` and what happens before it."""

    classifier: str
    projection: Projection


FLOOR_PROVIDER = "mfcc-statistics"
FLOOR = Recipe("nearest_neighbour", Projection.NONE)
"""What every embedding must beat, and is always shown beside it."""


@dataclass(frozen=True, slots=True)
class TransferData:
    """Embeddings (n_clips, size) and ``LabelState`` values (n_clips, n_classes) of both sides."""

    task: Task
    fit_rows: Floats
    fit_states: States
    eval_rows: Floats
    eval_states: States

    @property
    def measure(self) -> str:
        """Name of the figure."""
        return "accuracy" if self.task is Task.SINGLE_LABEL else "map_macro"


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Mean over draws of ``n_examples`` of each class; the interval is of that mean, 95 %."""

    n_examples: int
    mean: float
    low: float
    high: float
    n_draws: int


def transfer_data(release: Release, table: EmbeddingTable) -> TransferData:
    """Return the embeddings of a release's clips: train and validation to fit on, eval to measure.

    Raises
    ------
    JobRefused
        A clip has no embedding, or one side has no labelled clip.
    """
    sides = []
    for splits in ((Split.TRAIN, Split.VAL), (Split.EVAL,)):
        clips = release.clips_of(*splits)
        if not any(clip.mids for clip in clips):
            raise JobRefused(f"The release has no labelled {splits[0]} clip; transfer needs both.")
        rows = np.asarray(table.embeddings[table.rows_of([c.fname for c in clips])])
        sides.append((rows, release.label_states(clips)))
    states = np.concatenate([states for _, states in sides])
    is_single = bool(((states == LabelState.POSITIVE).sum(axis=1) == 1).all())
    task = Task.SINGLE_LABEL if is_single else Task.MULTI_LABEL
    return TransferData(task, *sides[0], *sides[1])


def measure_transfer(data: TransferData, recipe: Recipe, seed: int = 0) -> float:
    """Fit on all of one side and return the figure of the other, from 0 to 1.

    Cost: of multi-label data one fit a class; ``rbf_svm`` grows with the square of the clips.

    Raises
    ------
    JobRefused
        There is no such classifier.
    """
    return _measure(data, recipe, seed, np.arange(len(data.fit_rows)))


def transfer_curve(
    data: TransferData,
    recipe: Recipe,
    *,
    seed: int = 0,
    n_draws: int = 10,
    shots: Sequence[int] = SHOTS,
) -> list[CurvePoint]:
    """Return the figure over the number of examples of each class.

    Of each class ``n`` positives are drawn without replacement, ``n_draws`` times (2 or more), for
    every ``n`` that all classes with a positive have. Multi-label: the drawn clips come with all
    their labels, so that common classes have more. Interval: Student's t over the draws.
    """
    positives = [np.flatnonzero(c == LabelState.POSITIVE) for c in data.fit_states.T]
    positives = [rows for rows in positives if len(rows)]
    most = min(len(rows) for rows in positives)
    points = []
    for n in (n for n in shots if n <= most):
        values = []
        for draw in range(n_draws):
            rng = np.random.default_rng([seed, n, draw])
            rows = np.unique(np.concatenate([rng.choice(p, n, replace=False) for p in positives]))
            values.append(_measure(data, recipe, seed + draw, rows))
        points.append(_point(n, np.asarray(values)))
    return points


def make_classifier(recipe: Recipe, seed: int, n_rows: int) -> Pipeline:
    """Return an unfitted pipeline for ``n_rows`` embeddings.

    Whitened PCA keeps 95 % of the variance; of fewer than three rows it can say nothing, and they
    are standardised.

    Raises
    ------
    JobRefused
        There is no such classifier.
    """
    if recipe.classifier not in CLASSIFIERS:
        known = ", ".join(CLASSIFIERS)
        raise JobRefused(f"Classifier {recipe.classifier!r} is not known; choose one of {known}.")
    classifier = CLASSIFIERS[recipe.classifier](seed)
    if isinstance(classifier, KNeighborsClassifier):
        classifier.n_neighbors = min(classifier.n_neighbors, n_rows)
    steps: list[Any] = [] if recipe.projection is Projection.NONE else [StandardScaler()]
    if recipe.projection is Projection.WHITENED_PCA and n_rows > 2:
        steps.append(PCA(0.95, whiten=True, svd_solver="full"))
    return make_pipeline(*steps, classifier)


def _measure(data: TransferData, recipe: Recipe, seed: int, rows: Ints) -> float:
    is_single = data.task is Task.SINGLE_LABEL
    return (_accuracy if is_single else _map_macro)(data, recipe, seed, rows)


def _accuracy(data: TransferData, recipe: Recipe, seed: int, rows: Ints) -> float:
    fit_class = (data.fit_states[rows] == LabelState.POSITIVE).argmax(axis=1)
    eval_class = (data.eval_states == LabelState.POSITIVE).argmax(axis=1)
    if len(np.unique(fit_class)) == 1:
        return float(np.mean(eval_class == fit_class[0]))
    pipeline = make_classifier(recipe, seed, len(rows))
    pipeline.fit(data.fit_rows[rows], fit_class)
    return float(np.mean(pipeline.predict(data.eval_rows) == eval_class))


def _map_macro(data: TransferData, recipe: Recipe, seed: int, rows: Ints) -> float:
    values = []
    for fit_column, eval_column in zip(data.fit_states[rows].T, data.eval_states.T, strict=True):
        is_fit = fit_column != LabelState.UNDECIDED
        is_eval = eval_column != LabelState.UNDECIDED
        target = fit_column[is_fit] == LabelState.POSITIVE
        truth = eval_column[is_eval] == LabelState.POSITIVE
        if not target.any() or not truth.any():
            continue
        scores = np.zeros(len(truth))  # of a class that every example has: no order
        if not target.all():
            pipeline = make_classifier(recipe, seed, len(target))
            pipeline.fit(data.fit_rows[rows][is_fit], target)
            scores = _scores(pipeline, data.eval_rows[is_eval])
        values.append(float(average_precision_score(truth, scores)))
    return float(np.mean(values)) if values else math.nan


def _scores(pipeline: Pipeline, rows: Floats) -> NDArray[np.float64]:
    if hasattr(pipeline, "decision_function"):
        return np.asarray(pipeline.decision_function(rows))
    return np.asarray(pipeline.predict_proba(rows)[:, 1])


def _point(n_examples: int, values: NDArray[np.float64]) -> CurvePoint:
    n_draws, mean = len(values), float(values.mean())
    spread = float(values.std(ddof=1)) / math.sqrt(n_draws)
    half = float(stats.t.ppf(0.975, n_draws - 1)) * spread
    return CurvePoint(n_examples, mean, max(0.0, mean - half), min(1.0, mean + half), n_draws)
