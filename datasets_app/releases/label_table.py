"""What a release says of each (clip, class): from decisions to a table closed upwards."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from datasets_app.domain.label_matrix import label_matrix
from datasets_app.domain.labels.label_states import LabelOrigin, TrainingState
from datasets_app.domain.ontology.propagation import propagate_labels

Settled: TypeAlias = tuple[TrainingState, LabelOrigin]
ClipLabels: TypeAlias = dict[int, Settled]
"""By class index, what is said of one clip. A class that is not there was asked of nobody."""


def settle_labels(asked: Sequence[Mapping[int, Settled]], ancestors: Any) -> list[ClipLabels]:
    """Add to each clip's decided labels what they imply upwards, and settle where the two clash.

    A positive label implies every propagating ancestor. What becomes of an implied ancestor
    depends on what people said of it:

    - nobody was asked, or they came to no decision: **positive, propagated**. Nothing rated is
      overwritten, for there was no decision.
    - decided present: stays as it is, with its own origin.
    - decided **not present**: the two decisions contradict each other (a Bark that is no Dog), and
      nothing here can tell which is wrong. The ancestor becomes **undecided**, with the origin of
      its rating: it is neither published as a negative that the ontology refutes, nor overwritten
      by a positive that people refused; losses mask it, and adjudication finds it. What lies above
      it is still implied by the label below it.

    So after this every propagating ancestor of a positive label is positive, or is undecided
    because people refused it; it is never a negative and never missing.

    Parameters
    ----------
    asked
        For each clip, by class index, the state and origin of the classes people were asked about.
    ancestors
        (n_classes, n_classes) from ``domain.ontology.propagation.ancestor_matrix``.

    Notes
    -----
    Source: FSD50K's label smearing (Fonseca et al. 2021); "propagated labels never overwrite a
    rated one" (DESIGN §3). The treatment of clashes is ours. Cost: O(labels x ancestors per class).

    Examples
    --------
    >>> from datasets_app.domain.ontology.propagation import ancestor_matrix
    >>> bark_is_dog = ancestor_matrix(2, [(0, 1)])
    >>> rated = LabelOrigin.RATED
    >>> heard, refused = (TrainingState.POSITIVE, rated), (TrainingState.NEGATIVE, rated)
    >>> for clip in settle_labels([{0: heard}, {0: heard, 1: refused}], bark_is_dog):
    ...     print(", ".join(clip[1]))
    positive, propagated
    undecided, rated
    """
    pairs = [
        (row, column)
        for row, labels in enumerate(asked)
        for column, (state, _) in labels.items()
        if state is TrainingState.POSITIVE
    ]
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    positive = label_matrix(rows, columns, (len(asked), ancestors.shape[0]))
    settled: list[ClipLabels] = [dict(labels) for labels in asked]
    for row, column in zip(*propagate_labels(positive, ancestors).nonzero(), strict=True):
        labels = settled[int(row)]
        labels[int(column)] = _settle_implied(labels.get(int(column)))
    return settled


def _settle_implied(said: Settled | None) -> Settled:
    if said is not None and said[0] is TrainingState.NEGATIVE:
        return TrainingState.UNDECIDED, said[1]
    return TrainingState.POSITIVE, LabelOrigin.PROPAGATED
