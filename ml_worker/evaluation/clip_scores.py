"""Which clips a model understands best and worst.

A clip with at least one label is placed by its label-ranking average precision (its part in
lwlrap); clips of equal ranking by their mean cross-entropy over the decided classes; then by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml_worker.metrics import BoolArray, FloatArray, label_precision

LEAST_SCORE = 1e-7
"""Scores are kept so far from 0 and 1, as in losses, so that one entry is not infinite."""
N_TOP = 3


@dataclass(frozen=True, slots=True)
class ClipScores:
    """Per clip: label-ranking average precision (NaN without a label) and mean cross-entropy."""

    ranking: NDArray[np.float64]
    cross_entropy: NDArray[np.float64]


def score_of_clips(targets: BoolArray, scores: FloatArray, decided: BoolArray) -> ClipScores:
    """Return both figures of each clip, each of shape (n_clips,)."""
    precision, n_labels = label_precision(targets, scores, decided)
    ranking = np.divide(
        precision, n_labels, out=np.full(len(precision), np.nan), where=n_labels > 0
    )
    kept = np.clip(np.asarray(scores, np.float64), LEAST_SCORE, 1 - LEAST_SCORE)
    loss = -np.log(np.where(targets, kept, 1 - kept))
    n_decided = np.maximum(1, decided.sum(axis=1))
    return ClipScores(ranking, np.where(decided, loss, 0.0).sum(axis=1) / n_decided)


def best_and_worst(
    scores: ClipScores, fnames: Sequence[str], n: int
) -> tuple[list[int], list[int]]:
    """Return the rows of the ``n`` best clips, best first, and of the ``n`` worst, worst first.

    Where there are fewer than 2n clips with a label, none is in both: the worst are half of them.
    """
    rows = [row for row in range(len(fnames)) if np.isfinite(scores.ranking[row])]
    rows.sort(key=lambda r: (-scores.ranking[r], scores.cross_entropy[r], fnames[r]))
    n_worst = min(n, len(rows) // 2)
    return rows[: min(n, len(rows) - n_worst)], rows[::-1][:n_worst]


def top_classes(scores: FloatArray, decided: BoolArray, row: int, n: int = N_TOP) -> list[int]:
    """Return the columns of a clip's highest scores, highest first, undecided ones left out."""
    order = np.argsort(-scores[row], kind="stable")
    return [int(c) for c in order if decided[row, c]][:n]
