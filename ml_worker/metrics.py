"""Metrics of multi-label tagging.

Conventions: ``targets`` (n_clips, n_classes) of bool, ``scores`` of the same shape, higher is
more likely present; both plain numpy. Ties are treated as scikit-learn treats them. ``decided``
marks the entries that count; a (clip, class) that people could not decide is neither a hit nor a
miss.

- *mAP*: mean of per-class average precision (macro), or average precision of all entries pooled
  (micro). Classes without a positive are left out and counted. Chance level of macro mAP: the
  mean prevalence of the classes that count.
- *d'*: sqrt(2) Phi^-1(AUC), in both conventions of the literature: of the mean AUC, and the mean
  over the classes' d'. Classes without a positive or without a negative are left out.
- *lwlrap*: label-weighted label-ranking average precision: the mean over all positives (s, c) of
  the precision at the rank of c in s. Equals scikit-learn's
  ``label_ranking_average_precision_score`` with the number of labels as weight; rows without
  labels do not count.
- *MAP@3*: for collections with one label a clip (DCASE 2018 Task 2): the mean over clips of 1/rank
  of the label, 0 from rank 4 on. Equal scores take the worst rank they share, as in lwlrap. It is
  defined only where every clip has exactly one label.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, rankdata

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.floating]


def average_precision(targets: BoolArray, scores: FloatArray) -> float:
    """Return the area under the precision-recall steps of one class; NaN without a positive.

    >>> average_precision(np.array([True, False, True]), np.array([0.9, 0.8, 0.7])).__round__(3)
    0.833
    """
    n_positive = int(targets.sum())
    if n_positive == 0:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hits = np.cumsum(targets[order])
    ends = np.append(np.nonzero(np.diff(ranked))[0], len(ranked) - 1)
    precision = hits[ends] / (ends + 1)
    recall_steps = np.diff(hits[ends], prepend=0) / n_positive
    return float(np.sum(recall_steps * precision))


def roc_auc(targets: BoolArray, scores: FloatArray) -> float:
    """Return the area under the ROC curve of one class; NaN if all or none are positive."""
    n_positive = int(targets.sum())
    n_negative = len(targets) - n_positive
    if n_positive == 0 or n_negative == 0:
        return float("nan")
    rank_sum = rankdata(scores)[targets].sum()
    return float((rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def d_prime(auc: float) -> float:
    """Return sqrt(2) times the normal quantile of an AUC; infinite at 0 and 1.

    >>> d_prime(0.5)
    0.0
    """
    return float(np.sqrt(2.0) * norm.ppf(auc))


def lwlrap(targets: BoolArray, scores: FloatArray, decided: BoolArray | None = None) -> float:
    """Return label-weighted label-ranking average precision; NaN without a positive.

    ``decided`` False takes an entry out of its row's ranking.
    """
    precision, n_labels = label_precision(targets, scores, decided)
    return float(precision.sum() / n_labels.sum()) if n_labels.any() else float("nan")


def label_precision(
    targets: BoolArray, scores: FloatArray, decided: BoolArray | None = None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return, for each clip, the sum of the precisions at its labels' ranks, and their number.

    Divided by each other they are the clip's label-ranking average precision.
    """
    negated, targets = _undecided_last(targets, scores, decided)
    rank_among_all = rankdata(negated, method="max", axis=1)
    rank_among_positive = rankdata(np.where(targets, negated, np.inf), method="max", axis=1)
    precision = np.where(targets, rank_among_positive / rank_among_all, 0.0)
    return precision.sum(axis=1), targets.sum(axis=1)


def average_precision_at(
    targets: BoolArray, scores: FloatArray, decided: BoolArray | None = None, k: int = 3
) -> NDArray[np.float64] | None:
    """Return each clip's 1/rank of its one label, 0 beyond rank ``k``; None if not one label each.

    Their mean is MAP@k.
    """
    negated, targets = _undecided_last(targets, scores, decided)
    if not len(targets) or (targets.sum(axis=1) != 1).any():
        return None
    ranks = rankdata(negated, method="max", axis=1)[targets]
    return np.where(ranks <= k, 1.0 / ranks, 0.0)


def _undecided_last(
    targets: BoolArray, scores: FloatArray, decided: BoolArray | None
) -> tuple[NDArray[np.float64], BoolArray]:
    negated = -np.asarray(scores, dtype=np.float64)
    if decided is None:
        return negated, targets
    return np.where(decided, negated, np.inf), targets & decided


@dataclass(frozen=True, slots=True)
class ClassMetrics:
    """One class; NaN where it is not defined."""

    average_precision: float
    roc_auc: float
    n_positive: int
    n_negative: int


@dataclass(frozen=True, slots=True)
class TaggingMetrics:
    """All metrics of one set of clips; see the module for the conventions."""

    map_macro: float
    map_micro: float
    map_chance: float
    d_prime_of_mean_auc: float
    mean_d_prime: float
    lwlrap: float
    map_at_3: float
    n_clips: int
    n_classes_left_out: int
    per_class: tuple[ClassMetrics, ...]


def evaluate(
    targets: BoolArray, scores: FloatArray, decided: BoolArray | None = None
) -> TaggingMetrics:
    """Return all metrics; NaN where there is nothing to measure."""
    if decided is None:
        decided = np.ones_like(targets)
    columns = zip(targets.T, scores.T, decided.T, strict=True)
    per_class = tuple(_of_class(t[d], s[d]) for t, s, d in columns)
    present = [c for c in per_class if c.n_positive]
    measurable = [c for c in present if c.n_negative]
    mean_auc = _mean([c.roc_auc for c in measurable])
    return TaggingMetrics(
        map_macro=_mean([c.average_precision for c in present]),
        map_micro=average_precision(targets[decided], scores[decided]),
        map_chance=_mean([c.n_positive / (c.n_positive + c.n_negative) for c in present]),
        d_prime_of_mean_auc=d_prime(mean_auc),
        mean_d_prime=_mean([_bounded_d_prime(c) for c in measurable]),
        lwlrap=lwlrap(targets, scores, decided),
        map_at_3=_map_at_3(targets, scores, decided),
        n_clips=len(targets),
        n_classes_left_out=len(per_class) - len(present),
        per_class=per_class,
    )


def _of_class(targets: BoolArray, scores: FloatArray) -> ClassMetrics:
    n_positive = int(targets.sum())
    return ClassMetrics(
        average_precision(targets, scores),
        roc_auc(targets, scores),
        n_positive,
        len(targets) - n_positive,
    )


def _map_at_3(targets: BoolArray, scores: FloatArray, decided: BoolArray) -> float:
    per_clip = average_precision_at(targets, scores, decided)
    return float("nan") if per_clip is None else float(per_clip.mean())


def _bounded_d_prime(metrics: ClassMetrics) -> float:
    return float(bounded_d_prime(metrics.roc_auc, metrics.n_positive, metrics.n_negative))


def bounded_d_prime(auc: ArrayLike, n_positive: ArrayLike, n_negative: ArrayLike) -> FloatArray:
    """Return d' with the AUC kept half a pair away from 0 and 1, so that a mean stays finite."""
    half_pair = 0.5 / (np.asarray(n_positive, np.float64) * np.asarray(n_negative, np.float64))
    return np.sqrt(2.0) * norm.ppf(np.clip(auc, half_pair, 1.0 - half_pair))


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
