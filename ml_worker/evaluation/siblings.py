"""Whether a class is mistaken for its siblings in the ontology.

For a class c and another class d, take the clips in which c is present and d is absent (positive
and decided-not-positive; an implicit negative counts as absent). d *outranks* c in such a clip when
its score is higher; equal scores count one half.

- *Rate of a pair*: the share of those clips in which d outranks c.
- *Sibling mass of c*: the share of c's positives in which the highest-scored absent sibling
  outranks c. Positives without an absent sibling are left out.
- *Among others*: the mean rate over all classes that are no siblings of c, to compare the mean rate
  over its siblings with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml_worker.metrics import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class SiblingRate:
    """How often sibling ``other`` (a column) outranks the class, in ``n_clips`` clips."""

    other: int
    rate: float
    n_clips: int


@dataclass(frozen=True, slots=True)
class SiblingConfusion:
    """One class that has siblings; see the module. NaN where there is no clip to judge by."""

    column: int
    mass: float
    n_clips: int
    rate_of_siblings: float
    rate_of_others: float
    siblings: tuple[SiblingRate, ...]


def sibling_confusion(
    targets: BoolArray,
    scores: FloatArray,
    decided: BoolArray,
    siblings: Sequence[Sequence[int]],
) -> list[SiblingConfusion]:
    """Return the confusion of each class that has siblings, in the order of the columns.

    ``siblings`` are the columns of each class's siblings (``ClassGraph.siblings``). The siblings of
    a class come with the most often outranking first.
    """
    absent = decided & ~targets
    return [
        _of_class(column, targets[:, column] & decided[:, column], scores, absent, list(related))
        for column, related in enumerate(siblings)
        if related
    ]


def _of_class(
    column: int,
    present: BoolArray,
    scores: FloatArray,
    absent: BoolArray,
    siblings: list[int],
) -> SiblingConfusion:
    own, others = scores[present, column][:, None], scores[present]
    judged = absent[present]
    outranks = np.where(judged, (others > own) + 0.5 * (others == own), 0.0)
    n_clips = judged.sum(axis=0)
    with np.errstate(invalid="ignore"):
        rates = outranks.sum(axis=0) / n_clips
    is_other = np.ones(scores.shape[1], dtype=bool)
    is_other[[column, *siblings]] = False
    pairs = [SiblingRate(d, float(rates[d]), int(n_clips[d])) for d in siblings]
    pairs.sort(key=lambda p: (-np.nan_to_num(p.rate, nan=-1.0), p.other))
    # The highest absent sibling outranks c just when any does, so the greatest of 0, 1/2, 1.
    with_sibling = judged[:, siblings].any(axis=1)
    worst = outranks[with_sibling][:, siblings].max(axis=1)
    return SiblingConfusion(
        column,
        float(worst.mean()) if len(worst) else float("nan"),
        len(worst),
        _mean_of_defined([p.rate for p in pairs]),
        _mean_of_defined(rates[is_other].tolist()),
        tuple(pairs),
    )


def _mean_of_defined(values: Sequence[float]) -> float:
    finite = [v for v in values if np.isfinite(v)]
    return float(np.mean(finite)) if finite else float("nan")
