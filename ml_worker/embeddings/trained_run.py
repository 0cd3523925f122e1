"""What a trained run's last dense layer is given: the embedding of any model of ours.

The model path is the result folder of a train job. The hook: the input of the network's **last**
``nn.Linear`` in the order of ``network.modules()``, so a network ends in the dense layer that gives
its class scores. An input with further axes in the middle, (n, ..., size), is averaged over them.
Sounds are cut into the front-end's patches and normalised as in training. Scene: the mean over the
patches.

A provider by the HEAR interface (see ``provider``).
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ml_worker.embeddings.log_mel_statistics import log_mel_of, patch_times_ms
from ml_worker.embeddings.provider import ProviderFailed
from ml_worker.features.patches import PatchSet
from ml_worker.trained_model import TrainedModel
from ml_worker.trained_model import load_model as load_trained_model

BATCH_SIZE = 128

Floats = NDArray[np.float32]


class TrainedRunModel:
    """A trained network that is stopped before its last dense layer."""

    def __init__(self, trained: TrainedModel) -> None:
        """Find the last dense layer and listen to what it is given."""
        dense = [m for m in trained.network.modules() if isinstance(m, nn.Linear)]
        if not dense:
            raise ProviderFailed("The run's network has no dense layer to take embeddings from.")
        self.trained = trained
        self.sample_rate = trained.front_end.sample_rate_hz
        self.scene_embedding_size = self.timestamp_embedding_size = dense[-1].in_features
        self._given: Tensor | None = None
        dense[-1].register_forward_pre_hook(self._listen)
        trained.network.eval()

    def embed_patches(self, patches: Floats) -> Floats:
        """Return (n, size) of normalised patches (n, 1, patch_frames, n_bands)."""
        with torch.inference_mode():
            self.trained.network(torch.from_numpy(patches))
        given = self._given
        if given is None:
            raise ProviderFailed("The run's network does not use its last dense layer.")
        return given.float().reshape(len(patches), -1, self.scene_embedding_size).mean(1).numpy()

    def _listen(self, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._given = inputs[0].detach()


def load_model(model_file_path: str = "") -> TrainedRunModel:
    """Return the model of a train job's result folder.

    Raises
    ------
    JobRefused
        The folder holds no model that can be read.
    ProviderFailed
        No folder is named, or the network has no dense layer.
    """
    if not model_file_path:
        raise ProviderFailed(
            "A trained run embeds only as a run: give the result folder of a train job as 'model'."
        )
    return TrainedRunModel(load_trained_model(Path(model_file_path)))


def get_scene_embeddings(audio: Any, model: TrainedRunModel) -> Floats:
    """Return (n_sounds, size) of ``audio`` (n_sounds, n_samples)."""
    return np.asarray(get_timestamp_embeddings(audio, model)[0].mean(axis=1))


def get_timestamp_embeddings(
    audio: Any, model: TrainedRunModel
) -> tuple[Floats, NDArray[np.float64]]:
    """Return (n_sounds, n_patches, size) and the patches' middles in ms, (n_sounds, n_patches)."""
    # Every moment has its embedding, the silent ones too.
    front_end = dataclasses.replace(model.trained.front_end, silence_db=0)
    frames = [log_mel_of(sound, front_end) for sound in audio]
    halves = [f.astype(np.float16) for f in frames]
    patches = PatchSet(halves, front_end, model.trained.normalisation)
    parts = [
        model.embed_patches(patches.gather(indices)) for indices in patches.in_order(BATCH_SIZE)
    ]
    embeddings = np.concatenate(parts).reshape(len(frames), -1, model.scene_embedding_size)
    return embeddings, patch_times_ms(frames, front_end)
