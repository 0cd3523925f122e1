"""Training examples made of others: mixup (Zhang et al. 2018) and SpecAugment (Park et al. 2019).

Plain numpy, so that it runs in a loading thread beside the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml_worker.training.recipe import Recipe

FloatArray = NDArray[np.float32]


@dataclass(slots=True)
class Batch:
    """Patches (n, 1, n_frames, n_bands); targets and negative mask (n, n_classes)."""

    inputs: FloatArray
    targets: FloatArray
    negative_mask: FloatArray


def augment(batch: Batch, recipe: Recipe, rng: np.random.Generator) -> Batch:
    """Return the batch as the recipe would have it; all chance comes from ``rng``."""
    if recipe.mixup_alpha > 0:
        batch = mix(batch, recipe.mixup_alpha, rng)
    if recipe.band_shift > 0:
        shift_bands(batch.inputs, recipe.band_shift, rng)
    mask_stretches(batch.inputs, 2, recipe.n_time_masks, recipe.time_mask_frames, rng)
    mask_stretches(batch.inputs, 3, recipe.n_band_masks, recipe.band_mask_bands, rng)
    return batch


def mix(batch: Batch, alpha: float, rng: np.random.Generator) -> Batch:
    """Mix each patch with another of the batch; what masks either masks the mixture.

    Where one of the two has the class, the mixture's target is its share: only the rest of the
    entry is negative, and it is masked if either is.
    """
    share = np.float32(rng.beta(alpha, alpha))
    other = rng.permutation(len(batch.inputs))
    return Batch(
        share * batch.inputs + (1 - share) * batch.inputs[other],
        share * batch.targets + (1 - share) * batch.targets[other],
        np.minimum(batch.negative_mask, batch.negative_mask[other]),
    )


def shift_bands(inputs: FloatArray, furthest: int, rng: np.random.Generator) -> None:
    """Move each patch up or down by its own number of bands, up to ``furthest``, in place.

    The outermost band is repeated into the room that is left.
    """
    bands = np.arange(inputs.shape[3])
    for patch, shift in zip(
        inputs, rng.integers(-furthest, furthest + 1, len(inputs)), strict=True
    ):
        patch[:] = patch[:, :, np.clip(bands - shift, 0, len(bands) - 1)]


def mask_stretches(
    inputs: FloatArray, axis: int, n_masks: int, widest: int, rng: np.random.Generator
) -> None:
    """Set stretches along ``axis`` (2 time, 3 bands) to 0, the mean, in place; each patch its own.

    Widths are drawn from 0 to ``widest`` (inclusive), but never more than the axis has.
    """
    length = inputs.shape[axis]
    places = np.arange(length)
    for _ in range(n_masks):
        width = rng.integers(0, min(widest, length) + 1, (len(inputs), 1))
        start = rng.integers(0, length - width + 1)
        covered = (places >= start) & (places < start + width)
        shape = [len(inputs), 1, 1, 1]
        shape[axis] = length
        np.multiply(inputs, ~covered.reshape(shape), out=inputs)
