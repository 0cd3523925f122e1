"""Scores by place in the ontology: by depth, and leaves beside the classes that others imply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml_worker.evaluation.bootstrap import Estimate, estimate, mean_of_defined

LEAVES, INNER = "leaves", "inner classes"


@dataclass(frozen=True, slots=True)
class Level:
    """The classes of one level that have a positive: how many, and their mean AP."""

    name: str
    n_classes: int
    n_positive: int
    map_macro: Estimate


def levels(
    average_precision: NDArray[np.float64],
    replicates: NDArray[np.float64],
    n_positive: NDArray[np.int64],
    depths: Sequence[int],
    is_leaf: Sequence[bool],
) -> list[Level]:
    """Return leaves, inner classes, then each depth, leaving out levels without a measured class.

    Parameters
    ----------
    average_precision, n_positive
        Shape (n_classes,); NaN where a class has no positive.
    replicates
        Shape (n_classes, n_replicates), of ``bootstrap.Replicates``.
    depths, is_leaf
        Of ``ClassGraph``; a root has depth 0.
    """
    leaf, depth = np.asarray(is_leaf, dtype=bool), np.asarray(depths)
    groups = [(LEAVES, leaf), (INNER, ~leaf)]
    groups += [(f"depth {d}", depth == d) for d in sorted(set(depths))]
    found = []
    for name, members in groups:
        measured = members & ~np.isnan(average_precision)
        if measured.any():
            value = estimate(
                average_precision[measured].mean(), mean_of_defined(replicates[measured])
            )
            found.append(Level(name, int(measured.sum()), int(n_positive[measured].sum()), value))
    return found
