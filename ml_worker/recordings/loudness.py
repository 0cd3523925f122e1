"""Integrated loudness of ITU-R BS.1770-4, computed in bounded memory.

The K-weighting filters are pyloudnorm's; the gating is done here on the energies of 100 ms steps,
so that an hour of audio needs no more memory than a minute. A test compares the result with
``pyloudnorm.Meter.integrated_loudness`` and ``torchaudio.functional.loudness``.
"""

from __future__ import annotations

import numpy as np
import pyloudnorm
from numpy.typing import NDArray
from scipy.signal import lfilter

BLOCK_S = 0.4
STEP_S = 0.1
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
CHANNEL_GAINS = (1.0, 1.0, 1.0, 1.41, 1.41)
"""Left, right, centre, left surround, right surround (BS.1770-4, Table 3)."""

_OFFSET = -0.691
_STEPS_PER_CHUNK = 600


def integrated_loudness(samples: NDArray[np.float32], sample_rate_hz: int) -> float | None:
    """Return the integrated loudness in LUFS, rounded to 0.01.

    Parameters
    ----------
    samples
        Shape (n_frames, n_channels), full scale 1.0.
    sample_rate_hz
        Frames per second.

    Returns
    -------
    float or None
        None where the measure is not defined: shorter than one block of 400 ms, nothing above the
        absolute gate of -70 LUFS (silence), or more than five channels.
    """
    n_frames, n_channels = samples.shape
    if n_frames < BLOCK_S * sample_rate_hz or n_channels > len(CHANNEL_GAINS):
        return None
    energy = _step_energies(samples, sample_rate_hz) @ np.array(CHANNEL_GAINS[:n_channels])
    n_steps = round(BLOCK_S / STEP_S)
    blocks = np.convolve(energy, np.full(n_steps, 1.0 / n_steps), mode="valid")
    gated = blocks[_lufs(blocks) >= ABSOLUTE_GATE_LUFS]
    if not gated.size:
        return None
    gated = gated[_lufs(gated) > _lufs(gated.mean()) + RELATIVE_GATE_LU]
    return round(float(_lufs(gated.mean())), 2)


def _lufs(energy: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return _OFFSET + 10.0 * np.log10(energy)


def _step_energies(samples: NDArray[np.float32], sample_rate_hz: int) -> NDArray[np.float64]:
    """Return the mean square of each K-weighted 100 ms step, shape (n_steps, n_channels)."""
    filters = list(pyloudnorm.Meter(sample_rate_hz)._filters.values())
    n_channels = samples.shape[1]
    states = [np.zeros((2, n_channels)) for _ in filters]
    step = round(STEP_S * sample_rate_hz)
    chunk = step * _STEPS_PER_CHUNK
    energies = []
    for start in range(0, len(samples), chunk):
        weighted = samples[start : start + chunk].astype(np.float64)
        for i, stage in enumerate(filters):
            weighted, states[i] = lfilter(
                stage.passband_gain * stage.b, stage.a, weighted, axis=0, zi=states[i]
            )
        whole = weighted[: len(weighted) // step * step].reshape(-1, step, n_channels)
        energies.append(np.mean(whole**2, axis=1))
    return np.concatenate(energies)
