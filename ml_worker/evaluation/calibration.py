"""Calibration: whether a score of 0.8 means that the sound is there in 80 % of the cases.

All decided (clip, class) entries are pooled, or those of one class. Bins are of equal width over
[0, 1]; a bin includes its upper bound, the first its lower one too (as scikit-learn's
``calibration_curve``).

- *Reliability curve*: per bin, the mean score and the share that is positive.
- *ECE*, expected calibration error: the mean over entries of the distance between these two
  (Naeini et al. 2015). Most entries of a tagging task are negatives with scores near 0, so it is
  small by nature; compare it only within one protocol.
- *Brier score*: the mean squared distance of score and truth (0 or 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml_worker.evaluation.bootstrap import Estimate, estimate
from ml_worker.metrics import BoolArray, FloatArray

N_BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability curve; ``low`` is exclusive (but for 0), ``high`` inclusive."""

    low: float
    high: float
    n_entries: int
    mean_score: float
    share_positive: Estimate


@dataclass(frozen=True, slots=True)
class Calibration:
    """The reliability curve (bins without entries are left out) and its two summaries.

    ``brier_of_prevalence`` is the Brier score of answering the prevalence of all entries each time.
    """

    bins: tuple[Bin, ...]
    ece: Estimate
    brier: Estimate
    brier_of_prevalence: float
    n_entries: int
    n_bins: int


def measure_calibration(
    targets: BoolArray,
    scores: FloatArray,
    decided: BoolArray,
    counts: NDArray[np.float32],
    n_bins: int = N_BINS,
) -> Calibration:
    """Return the calibration of all decided entries, with intervals over resampled clips.

    Parameters
    ----------
    targets, scores, decided
        Shape (n_clips, n_classes); scores from 0 to 1.
    counts
        Draws of clips (``bootstrap.draw_counts``).
    n_bins
        Number of bins over [0, 1].
    """
    sums = _sums_per_clip(targets, scores, decided, n_bins)
    weights = counts.astype(np.float64)
    n, total, hits = (np.tensordot(s, weights, axes=(0, 0)) for s in sums)
    whole = [s.sum(axis=0) for s in sums]
    share = np.divide(hits, n, out=np.full_like(hits, np.nan), where=n > 0)
    squares = (np.where(decided, scores - targets, 0.0) ** 2).sum(axis=1)
    n_entries = int(decided.sum())
    edges = np.linspace(0, 1, n_bins + 1)
    bins = tuple(
        Bin(
            float(edges[b]),
            float(edges[b + 1]),
            int(whole[0][b]),
            float(whole[1][b] / whole[0][b]),
            estimate(whole[2][b] / whole[0][b], share[b]),
        )
        for b in np.nonzero(whole[0])[0]
    )
    prevalence = whole[2].sum() / n_entries if n_entries else float("nan")
    return Calibration(
        bins,
        estimate(_ece(*whole), _ece(n, total, hits)),
        estimate(_over(squares.sum(), n_entries), _over(squares @ weights, n.sum(axis=0))),
        float(prevalence * (1 - prevalence)),
        n_entries,
        n_bins,
    )


def class_calibration(
    targets: BoolArray, scores: FloatArray, decided: BoolArray, n_bins: int = N_BINS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ECE and Brier score of each class; NaN where nothing is decided."""
    ece, brier = [], []
    for t, s, d in zip(targets.T, scores.T, decided.T, strict=True):
        sums = _sums_per_clip(t[:, None], s[:, None], d[:, None], n_bins)
        ece.append(_ece(*(part.sum(axis=0) for part in sums)))
        brier.append(_over(((s[d] - t[d]) ** 2).sum(), int(d.sum())))
    return np.array(ece, dtype=np.float64), np.array(brier, dtype=np.float64)


def _sums_per_clip(
    targets: BoolArray, scores: FloatArray, decided: BoolArray, n_bins: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return entries, sum of scores and positives by clip and bin, each (n_clips, n_bins)."""
    clips, _ = np.nonzero(decided)
    values, hits = np.asarray(scores[decided], np.float64), targets[decided]
    inner_edges = np.linspace(0, 1, n_bins + 1)[1:-1]
    place = clips * n_bins + np.searchsorted(inner_edges, values)
    size = len(targets) * n_bins
    return tuple(  # type: ignore[return-value]
        np.bincount(place, weights=w, minlength=size).reshape(-1, n_bins).astype(np.float64)
        for w in (None, values, hits)
    )


def _ece(n: FloatArray, total: FloatArray, hits: FloatArray) -> FloatArray:
    """Return the mean distance; |sum of scores - positives| is n times that of a bin's means."""
    return _over(np.abs(total - hits).sum(axis=0), n.sum(axis=0))


def _over(above: FloatArray, below: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(above, np.float64) / below
