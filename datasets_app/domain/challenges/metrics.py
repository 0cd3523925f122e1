"""The metrics of a challenge, each defined once, for clips that count any number of times.

Conventions: ``targets`` (n_clips, n_classes) of bool; ``scores`` of the same shape, higher is more
likely present, -inf for never named; ``decided`` False takes an entry out: people could not say.
``counts`` (n_clips, n_draws) says how often each clip counts: one column of ones for the value
itself, one column for each bootstrap resample. Every metric returns one number for each column.
Entries of equal score share a threshold (as in scikit-learn) or the worst rank among them.

- *lωlrap* (DCASE 2019 Task 2): the mean over all positives of the precision at their rank in their
  clip; equal to the classes' own means weighted by their number of positives. Clips without labels
  do not count.
- *mAP*: average precision (area under the precision-recall steps), as the mean over the classes
  that have a positive (macro), or of all entries in one ranking (micro).
- *MAP@3* (DCASE 2018 Task 2): the mean over clips of 1/rank of the clip's one label, 0 from rank 4
  on. It is defined only where every clip has exactly one label.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import rankdata

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
AT_MOST_RANK = 3


@dataclass(frozen=True, slots=True)
class Predictions:
    """What is to be measured: truth, scores, and which entries count; see the module."""

    targets: Bools
    scores: Floats
    decided: Bools

    @property
    def positive(self) -> Bools:
        """The entries that are present and decided."""
        return self.targets & self.decided


def once_each(n_clips: int) -> Floats:
    """Return the counts under which every clip counts once.

    >>> once_each(2).tolist()
    [[1.0], [1.0]]
    """
    return np.ones((n_clips, 1))


def lwlrap(predictions: Predictions, counts: Floats) -> Floats:
    """Return lωlrap for each column of counts; nan without a positive.

    Notes
    -----
    Source: Fonseca et al. 2019, "Audio tagging with noisy labels and minimal supervision", §4.1.
    Cost: two sorts of each clip's scores.

    Examples
    --------
    >>> said = Predictions(np.array([[True, False]]), np.array([[0.2, 0.9]]), np.ones((1, 2), bool))
    >>> lwlrap(said, once_each(1)).tolist()
    [0.5]
    """
    precision = label_precisions(predictions).sum(axis=1)
    return _ratio(precision @ counts, predictions.positive.sum(axis=1) @ counts)


def class_lwlrap(predictions: Predictions) -> tuple[Floats, Floats]:
    """Return each class's mean precision at its labels (nan without any) and its weight.

    The weights add up to 1; the weighted sum over the classes that have labels is lωlrap.
    """
    n_labels = predictions.positive.sum(axis=0).astype(np.float64)
    sums = label_precisions(predictions).sum(axis=0)
    return _ratio(sums, n_labels), n_labels / max(float(n_labels.sum()), 1.0)


def label_precisions(predictions: Predictions) -> Floats:
    """Return the precision at the rank of each positive in its clip, 0 elsewhere."""
    negated = np.where(predictions.decided, -predictions.scores, np.inf)
    positive = predictions.positive
    among_all = _worst_ranks(negated)
    among_positive = _worst_ranks(np.where(positive, negated, np.inf))
    return np.where(positive, among_positive / among_all, 0.0)


def has_one_label_each(predictions: Predictions) -> bool:
    """Say whether MAP@3 is defined: there are clips, and each has exactly one label."""
    return bool(len(predictions.targets)) and bool((predictions.positive.sum(axis=1) == 1).all())


def map_at_3(predictions: Predictions, counts: Floats) -> Floats:
    """Return MAP@3 for each column of counts; nan where it is not defined.

    A label that was never named (-inf) is worth 0, however few classes there are.

    Notes
    -----
    Source: Fonseca et al. 2018, "General-purpose tagging of Freesound audio with AudioSet labels".

    Examples
    --------
    >>> said = Predictions(np.array([[True, False]]), np.array([[0.2, 0.9]]), np.ones((1, 2), bool))
    >>> map_at_3(said, once_each(1)).tolist()
    [0.5]
    """
    if not has_one_label_each(predictions):
        return np.full(counts.shape[1], np.nan)
    positive = predictions.positive
    ranks = _worst_ranks(np.where(predictions.decided, -predictions.scores, np.inf))[positive]
    is_hit = (ranks <= AT_MOST_RANK) & np.isfinite(predictions.scores[positive])
    return _ratio(np.where(is_hit, 1.0 / ranks, 0.0) @ counts, counts.sum(axis=0))


def map_macro(predictions: Predictions, counts: Floats) -> Floats:
    """Return the mean average precision of the classes for each column; nan without a positive.

    A class without a positive, in the data or in a resample, is left out there.

    Notes
    -----
    Cost: one sort of each class and O(n_clips x n_classes x n_draws) additions.
    """
    total = np.zeros(counts.shape[1])
    n_defined = np.zeros(counts.shape[1])
    columns = zip(predictions.targets.T, predictions.scores.T, predictions.decided.T, strict=True)
    for targets, scores, decided in columns:
        clips = np.flatnonzero(decided)
        found = _average_precision(targets[clips], scores[clips], clips, counts)
        defined = ~np.isnan(found)
        total[defined] += found[defined]
        n_defined += defined
    return _ratio(total, n_defined)


def map_micro(predictions: Predictions, counts: Floats) -> Floats:
    """Return the average precision of all entries in one ranking, for each column of counts."""
    clips = np.nonzero(predictions.decided)[0]
    decided = predictions.decided
    return _average_precision(
        predictions.targets[decided], predictions.scores[decided], clips, counts
    )


def average_precision(targets: Bools, scores: Floats) -> float:
    """Return the average precision of one class; nan without a positive.

    >>> average_precision(np.array([True, False, True]), np.array([0.9, 0.8, 0.7])).__round__(3)
    0.833
    """
    n = len(targets)
    return float(_average_precision(targets, scores, np.arange(n), once_each(n))[0])


def _average_precision(
    targets: Bools, scores: Floats, clips: NDArray[np.int64], counts: Floats
) -> Floats:
    """Sum between the thresholds that gain recall: one sparse product for all columns."""
    if not targets.any():
        return np.full(counts.shape[1], np.nan)
    order = np.argsort(-scores, kind="stable")
    step = _steps(targets[order], scores[order])
    n_steps = int(step[np.flatnonzero(targets[order])[-1]]) + 1
    kept = step < n_steps
    step, clip, hit = step[kept], clips[order][kept], targets[order][kept]
    ranked = np.cumsum(_sums(step, clip, n_steps, counts), axis=0)
    hits = _sums(step[hit], clip[hit], n_steps, counts)
    precision = np.divide(
        np.cumsum(hits, axis=0), ranked, out=np.zeros_like(ranked), where=ranked > 0
    )
    return _ratio((hits * precision).sum(axis=0), hits.sum(axis=0))


def _steps(targets: Bools, scores: Floats) -> NDArray[np.int64]:
    """Number ranked entries by the threshold that takes them in, of those that gain a positive."""
    starts = np.append(True, scores[1:] != scores[:-1])
    tied = np.cumsum(starts) - 1
    gains = np.bincount(tied, weights=targets) > 0
    before: NDArray[np.int64] = np.cumsum(gains) - gains
    return np.asarray(before[tied], np.int64)


def _sums(step: NDArray[np.int64], clip: NDArray[np.int64], n_steps: int, counts: Floats) -> Floats:
    """Add up the counts of the clips of each step."""
    entries: Any = csr_array((np.ones(len(step)), (step, clip)), shape=(n_steps, counts.shape[0]))
    return np.asarray(entries @ counts, np.float64)


def _worst_ranks(negated: Floats) -> Floats:
    if not negated.size:
        return np.ones(negated.shape)
    return np.asarray(rankdata(negated, method="max", axis=1), np.float64)


def _ratio(above: Floats, below: Floats) -> Floats:
    out = np.full(np.shape(below), np.nan)
    np.divide(above, below, out=out, where=np.asarray(below) > 0)
    return out
