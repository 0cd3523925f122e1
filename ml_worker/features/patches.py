"""Patches: the fixed-size pieces of clips that a model sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml_worker.features.front_end import FrontEnd


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Mean and standard deviation of each band over the frames of the training set."""

    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    @classmethod
    def of_frames(cls, clips: Sequence[NDArray[np.float16]]) -> Normalisation:
        """Measure the frames of the training clips, one clip in memory at a time."""
        n_frames, total, squares = 0, np.float64(0), np.float64(0)
        for frames in clips:
            values = np.asarray(frames, dtype=np.float64)
            n_frames += len(values)
            total = total + values.sum(axis=0)
            squares = squares + (values**2).sum(axis=0)
        mean = total / n_frames
        variance = np.maximum(squares / n_frames - mean**2, 1e-6)
        return cls(mean.astype(np.float32), np.sqrt(variance).astype(np.float32))


class PatchSet:
    """The patches of a list of clips, read from their (mapped) frames when asked for."""

    def __init__(
        self,
        clips: Sequence[NDArray[np.float16]],
        front_end: FrontEnd,
        normalisation: Normalisation,
    ) -> None:
        """Index the sounding patches of ``clips``, each of shape (n_frames, n_bands)."""
        starts = [front_end.sounding_patch_starts(frames) for frames in clips]
        counts = [len(s) for s in starts]
        self._clips = clips
        self._normalisation = normalisation
        self._patch_frames = front_end.patch_frames
        self._furthest = front_end.patch_hop // 2
        self._starts = np.concatenate([np.asarray(s, np.int64) for s in starts])
        self.clip_of_patch: NDArray[np.int64] = np.repeat(np.arange(len(clips)), counts)

    def __len__(self) -> int:
        """Return the number of patches."""
        return len(self._starts)

    @property
    def n_clips(self) -> int:
        """Number of clips."""
        return len(self._clips)

    def gather(
        self, indices: NDArray[np.int64], offsets: np.random.Generator | None = None
    ) -> NDArray[np.float32]:
        """Return normalised patches, shape (n, 1, patch_frames, n_bands).

        With ``offsets`` each patch begins up to half a step earlier or later than on the grid.
        """
        starts = self._starts[indices]
        if offsets is not None:
            lengths = np.array([len(self._clips[clip]) for clip in self.clip_of_patch[indices]])
            moved = starts + offsets.integers(-self._furthest, self._furthest, len(starts))
            starts = np.clip(moved, 0, lengths - self._patch_frames)
        where = zip(self.clip_of_patch[indices], starts, strict=True)
        pieces = [self._clips[clip][start : start + self._patch_frames] for clip, start in where]
        patches = np.stack(pieces).astype(np.float32)
        patches -= self._normalisation.mean
        patches /= self._normalisation.std
        return patches[:, None]

    def in_order(self, batch_size: int) -> Iterator[NDArray[np.int64]]:
        """Yield the indices of all patches, batch by batch."""
        for start in range(0, len(self), batch_size):
            yield np.arange(start, min(start + batch_size, len(self)))

    def shuffled(self, batch_size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
        """Yield the indices of all patches in random order; a last batch of one is left out.

        Batch normalisation cannot learn from a single patch.
        """
        order = rng.permutation(len(self))
        for start in range(0, len(self), batch_size):
            batch = order[start : start + batch_size]
            if len(batch) > 1 or len(self) == 1:
                yield batch
