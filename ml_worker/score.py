"""Score clips with a network: the mean over a clip's patches of their sigmoid scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ml_worker.devices import reduced_precision
from ml_worker.patches import PatchSet

BATCH_SIZE = 128


def score_clips(
    network: nn.Module,
    patches: PatchSet,
    device: torch.device,
    after_batch: Callable[[int], None] | None = None,
) -> NDArray[np.float32]:
    """Return scores from 0 to 1, shape (n_clips, n_classes).

    ``after_batch`` is told the number of patches of each finished batch; it may raise to stop.
    """
    network.eval()
    totals: NDArray[np.float64] | None = None
    with torch.inference_mode(), reduced_precision(device):
        for indices in patches.in_order(BATCH_SIZE):
            batch = torch.from_numpy(patches.gather(indices)).to(device)
            logits = network(batch.contiguous(memory_format=torch.channels_last))
            scores = torch.sigmoid(logits.float()).cpu().numpy()
            if totals is None:
                totals = np.zeros((patches.n_clips, scores.shape[1]))
            np.add.at(totals, patches.clip_of_patch[indices], scores)
            if after_batch is not None:
                after_batch(len(indices))
    counts = np.bincount(patches.clip_of_patch, minlength=patches.n_clips)
    assert totals is not None  # noqa: S101 - a release has clips, a clip has patches
    return (totals / counts[:, None]).astype(np.float32)
