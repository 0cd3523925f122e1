"""The floor that every embedding must beat: statistics of 20 MFCC, 120 numbers (Pons and Favory).

Mean and standard deviation over time of the coefficients, their first and their second differences.
Not published and therefore ours: the coefficients are an orthonormal DCT-II of the front-end's
natural-log mel bands, the differences least-squares slopes and curvatures over nine frames.

A provider by the HEAR interface (see ``provider``). Timestamps: over windows of 101 frames, 50
apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct
from scipy.signal import savgol_filter

from ml_worker.embeddings.log_mel_statistics import (
    Floats,
    log_mel_of,
    mean_and_std,
    patch_times_ms,
    patches_of,
)
from ml_worker.embeddings.provider import ProviderFailed
from ml_worker.features.front_end import FrontEnd

_FRONT_END = FrontEnd()
N_MFCC = 20
DIFFERENCE_FRAMES = 9
_SIZE = 3 * 2 * N_MFCC


@dataclass(frozen=True, slots=True)
class MfccModel:
    """The front-end and the sizes that go with it."""

    front_end: FrontEnd = _FRONT_END
    sample_rate: int = _FRONT_END.sample_rate_hz
    scene_embedding_size: int = _SIZE
    timestamp_embedding_size: int = _SIZE


def load_model(model_file_path: str = "") -> MfccModel:
    """Return the model; it has no weights, so that a path would mean something else."""
    if model_file_path:
        raise ProviderFailed(
            f"MFCC statistics have no weights; leave out the path {model_file_path!r}."
        )
    return MfccModel()


def get_scene_embeddings(audio: Any, model: MfccModel) -> Floats:
    """Return (n_sounds, 120) of ``audio`` (n_sounds, n_samples)."""
    return np.stack([mean_and_std(_coefficients(sound, model)) for sound in audio])


def get_timestamp_embeddings(audio: Any, model: MfccModel) -> tuple[Floats, NDArray[np.float64]]:
    """Return (n_sounds, n_windows, 120) and the windows' middles in ms, (n_sounds, n_windows)."""
    frames = [_coefficients(sound, model) for sound in audio]
    embeddings = [
        np.stack([mean_and_std(patch) for patch in patches_of(f, model.front_end)]) for f in frames
    ]
    return np.stack(embeddings), patch_times_ms(frames, model.front_end)


def _coefficients(sound: Any, model: MfccModel) -> Floats:
    return with_differences(mfcc(log_mel_of(sound, model.front_end)))


def mfcc(log_mel: Floats) -> Floats:
    """Return (n_frames, 20) coefficients, the first of them the level, of (n_frames, n_bands)."""
    return dct(log_mel, type=2, norm="ortho", axis=1)[:, :N_MFCC]


def with_differences(values: Floats) -> Floats:
    """Return values, slopes and curvatures side by side, (n_frames, 3 n_columns)."""
    slope = savgol_filter(values, DIFFERENCE_FRAMES, polyorder=1, deriv=1, axis=0)
    curvature = savgol_filter(values, DIFFERENCE_FRAMES, polyorder=2, deriv=2, axis=0)
    return np.concatenate([values, slope, curvature], axis=1, dtype=np.float32)
