"""The scores of one run on one split, with what people said: all that figures are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml_worker.evaluation.protocol import Protocol
from ml_worker.metrics import BoolArray
from ml_worker.release import LabelState, SoundClass


@dataclass(frozen=True, slots=True)
class ScoredSplit:
    """``states`` (``LabelState`` values) and ``scores`` have shape (n_clips, n_classes)."""

    protocol: Protocol
    classes: tuple[SoundClass, ...]
    fnames: tuple[str, ...]
    states: NDArray[np.int8]
    scores: NDArray[np.float32]

    @property
    def targets(self) -> BoolArray:
        """Which (clip, class) are positive."""
        return self.states == LabelState.POSITIVE

    @property
    def decided(self) -> BoolArray:
        """Which (clip, class) count: all that people did not leave undecided."""
        return self.states != LabelState.UNDECIDED

    @property
    def mids(self) -> list[str]:
        """The classes' ids, in the order of the columns."""
        return [c.mid for c in self.classes]
