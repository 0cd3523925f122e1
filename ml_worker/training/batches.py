"""The batches of one epoch: which patches, in which order, with which labels, augmented how.

Every batch can be made apart from the others, from the seed, the epoch and its step alone: so
threads may make them ahead, and training may go on in the middle of an epoch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml_worker.features.patches import PatchSet
from ml_worker.release import LabelState
from ml_worker.training.augment import Batch, augment
from ml_worker.training.ranks import Rank
from ml_worker.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class LabelledPatches:
    """Patches of some clips with what is known of them.

    ``states`` (n_clips, n_classes) are ``LabelState`` values; ``masked``, of the same shape, marks
    entries whose absence the loss must not believe (``ml_worker.training.student``).
    """

    patches: PatchSet
    states: NDArray[np.int8]
    masked: NDArray[np.bool_] | None = None

    @property
    def targets(self) -> NDArray[np.bool_]:
        """Which (clip, class) are positive."""
        return self.states == LabelState.POSITIVE

    @property
    def decided(self) -> NDArray[np.bool_]:
        """Which (clip, class) count in metrics."""
        return self.states != LabelState.UNDECIDED

    def label_batch(
        self, indices: NDArray[np.int64], offsets: np.random.Generator | None = None
    ) -> Batch:
        """Return patches with targets and the mask of their negative terms.

        ``offsets`` draws where in their clips they begin, instead of on the grid.
        """
        clips = self.patches.clip_of_patch[indices]
        states = self.states[clips]
        believed = states != LabelState.UNDECIDED
        if self.masked is not None:
            believed &= ~self.masked[clips]
        targets = (states == LabelState.POSITIVE).astype(np.float32)
        return Batch(self.patches.gather(indices, offsets), targets, believed.astype(np.float32))


@dataclass(frozen=True, slots=True)
class TrainingBatch:
    """One step's share of one process; ``n_patches`` counts all processes' shares."""

    inputs: Tensor
    targets: Tensor
    negative_mask: Tensor
    torch_seed: int
    n_patches: int


class EpochBatches:
    """The batches of an epoch, by their step from 0."""

    def __init__(
        self,
        data: LabelledPatches,
        recipe: Recipe,
        *,
        seed: int,
        epoch: int,
        rank: Rank,
        pin_memory: bool = False,
    ) -> None:
        """Draw the epoch's order; ``pin_memory`` readies batches for copying to a GPU."""
        self._data, self._recipe, self._rank = data, recipe, rank
        self._seeds = (seed, epoch + 1)
        self._pin_memory = pin_memory
        rng = np.random.default_rng([seed, epoch])
        self._indices = [
            batch
            for batch in data.patches.shuffled(recipe.batch_size, rng)
            if len(batch) >= rank.n_processes
        ]

    def __len__(self) -> int:
        """Return the number of steps; every process has as many."""
        return len(self._indices)

    def make(self, step: int) -> TrainingBatch:
        """Return this process's share of a batch: of even size, what is left over is dropped."""
        indices = self._indices[step]
        n_patches = len(indices) // self._rank.n_processes * self._rank.n_processes
        share = indices[self._rank.number : n_patches : self._rank.n_processes]
        rng = np.random.default_rng([*self._seeds, step + 1, self._rank.number + 1])
        offsets = rng if self._recipe.random_offsets else None
        batch = augment(self._data.label_batch(share, offsets), self._recipe, rng)
        return TrainingBatch(
            self._tensor(batch.inputs),
            self._tensor(batch.targets),
            self._tensor(batch.negative_mask),
            int(rng.integers(2**63)),
            n_patches,
        )

    def _tensor(self, values: NDArray[np.float32]) -> Tensor:
        tensor = torch.from_numpy(values)
        return tensor.pin_memory() if self._pin_memory else tensor
