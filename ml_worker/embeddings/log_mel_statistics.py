"""Mean and standard deviation of each log-mel band: 192 numbers, nothing to download.

A provider by the HEAR interface (see ``provider``). Scene: over all frames. Timestamps: over
windows of 101 frames (1 s), 50 apart, the patches of the baselines' front-end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.embeddings.provider import ProviderFailed
from ml_worker.features.front_end import FrontEnd
from ml_worker.recordings.audio import Recording

Floats = NDArray[np.float32]
_FRONT_END = FrontEnd()


@dataclass(frozen=True, slots=True)
class LogMelModel:
    """The front-end and the sizes that go with it."""

    front_end: FrontEnd = _FRONT_END
    sample_rate: int = _FRONT_END.sample_rate_hz
    scene_embedding_size: int = 2 * _FRONT_END.n_bands
    timestamp_embedding_size: int = 2 * _FRONT_END.n_bands


def load_model(model_file_path: str = "") -> LogMelModel:
    """Return the model; it has no weights, so that a path would mean something else."""
    if model_file_path:
        raise ProviderFailed(
            f"Log-mel statistics have no weights; leave out the path {model_file_path!r}."
        )
    return LogMelModel()


def get_scene_embeddings(audio: Any, model: LogMelModel) -> Floats:
    """Return (n_sounds, 192) of ``audio`` (n_sounds, n_samples)."""
    return np.stack([mean_and_std(log_mel_of(sound, model.front_end)) for sound in audio])


def get_timestamp_embeddings(audio: Any, model: LogMelModel) -> tuple[Floats, NDArray[np.float64]]:
    """Return (n_sounds, n_windows, 192) and the windows' middles in ms, (n_sounds, n_windows)."""
    frames = [log_mel_of(sound, model.front_end) for sound in audio]
    embeddings = [
        np.stack([mean_and_std(patch) for patch in patches_of(f, model.front_end)]) for f in frames
    ]
    return np.stack(embeddings), patch_times_ms(frames, model.front_end)


def log_mel_of(sound: Any, front_end: FrontEnd) -> Floats:
    """Return the log-mel frames of one sound at the front-end's rate, (n_frames, n_bands)."""
    samples = np.asarray(sound, dtype=np.float32)
    recording = Recording(samples[:, None], front_end.sample_rate_hz, "WAV")
    return front_end.log_mel(recording).astype(np.float32)


def patches_of(frames: Floats, front_end: FrontEnd) -> list[Floats]:
    """Return the patches of frames, each (patch_frames, n_columns)."""
    starts = front_end.patch_starts(len(frames))
    return [frames[start : start + front_end.patch_frames] for start in starts]


def patch_times_ms(frames: list[Floats], front_end: FrontEnd) -> NDArray[np.float64]:
    """Return the middle of each patch in ms, (n_sounds, n_patches)."""
    middle = (front_end.patch_frames - 1) / 2
    starts = np.array([front_end.patch_starts(len(f)) for f in frames], dtype=np.float64)
    return (starts + middle) * front_end.hop * 1000.0 / front_end.sample_rate_hz


def mean_and_std(frames: Floats) -> Floats:
    """Return the mean and the standard deviation of each column, (2 n_columns,)."""
    return np.concatenate([frames.mean(axis=0), frames.std(axis=0)])
