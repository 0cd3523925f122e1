"""Score clips with a network: the mean over a clip's patches of their sigmoid scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ml_worker.devices import choose_device, loading_threads, reduced_precision
from ml_worker.features.patches import PatchSet
from ml_worker.features.releases import default_store, load_features
from ml_worker.job_context import JobContext, JobRefused
from ml_worker.release import Release, ReleasedClip
from ml_worker.trained_model import TrainedModel
from ml_worker.training.loading import Loader
from ml_worker.training.recipe import Precision

BATCH_SIZE = 128


def score_clips(
    network: nn.Module,
    patches: PatchSet,
    device: torch.device,
    after_batch: Callable[[int], None] | None = None,
    precision: Precision = Precision.AUTO,
) -> NDArray[np.float32]:
    """Return scores from 0 to 1, shape (n_clips, n_classes).

    ``after_batch`` is told the number of patches of each finished batch; it may raise to stop.
    """
    network.eval()
    totals: NDArray[np.float64] | None = None
    batches = list(patches.in_order(BATCH_SIZE))
    n_threads = loading_threads(device)
    with (
        torch.inference_mode(),
        reduced_precision(device, precision),
        Loader(
            lambda i: patches.gather(batches[i]),
            range(len(batches)),
            n_threads=n_threads,
            n_ahead=2 * n_threads,
        ) as loader,
    ):
        for indices, gathered in zip(batches, loader, strict=True):
            batch = torch.from_numpy(gathered).to(device)
            logits = network(batch.contiguous(memory_format=torch.channels_last))
            scores = torch.sigmoid(logits.float()).cpu().numpy()
            if totals is None:
                totals = np.zeros((patches.n_clips, scores.shape[1]))
            np.add.at(totals, patches.clip_of_patch[indices], scores)
            if after_batch is not None:
                after_batch(len(indices))
    counts = np.bincount(patches.clip_of_patch, minlength=patches.n_clips)
    assert totals is not None  # noqa: S101 - a release has clips, a clip has patches  # nosec B101
    return (totals / counts[:, None]).astype(np.float32)


def score_with_model(
    context: JobContext, model: TrainedModel, clips: Sequence[ReleasedClip]
) -> NDArray[np.float32]:
    """Return a trained model's scores of released clips, shape (n_clips, n_classes).

    Features are made where the store lacks them; the job's ``device`` and stop are heeded.
    """
    device = choose_device(str(context.spec.settings.get("device", "auto")))
    frames = load_features(context, default_store(context, model.front_end), clips)
    patches = PatchSet(frames, model.front_end, model.normalisation)
    context.progress.start("scoring", total=len(patches), unit="patches")

    def after_batch(n: int) -> None:
        context.check_stop()
        context.progress.advance(n)

    precision = Precision(model.recipe.precision)
    return score_clips(model.network.to(device), patches, device, after_batch, precision)


def check_same_classes(release: Release, model: TrainedModel) -> None:
    """Refuse a model whose outputs are not the release's classes, in their order.

    Raises
    ------
    JobRefused
        The classes differ.
    """
    if [c.mid for c in release.classes] != [c.mid for c in model.classes]:
        raise JobRefused(
            f"The run was trained on {len(model.classes)} classes that are not the release's "
            f"{len(release.classes)}; use a run of a release with the same vocabulary."
        )
