"""Mel filterbanks in numpy.

Two mel scales are in use and give different bands:

- *HTK*: mel = 2595 log10(1 + f / 700).
- *Slaney* (Auditory Toolbox): linear below 1 kHz at 200/3 Hz per mel, logarithmic above with 27
  mels to a factor of 6.4.

Triangles have height 1 (no area normalisation), so a band holds the power that falls into it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

MelScale = Literal["htk", "slaney"]

_SLANEY_HZ_PER_MEL = 200.0 / 3
_SLANEY_BREAK_HZ = 1000.0
_SLANEY_BREAK_MEL = _SLANEY_BREAK_HZ / _SLANEY_HZ_PER_MEL
_SLANEY_LOG_STEP = np.log(6.4) / 27.0


def hz_to_mel(frequency_hz: NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    """Convert hertz to mels.

    >>> round(float(hz_to_mel(np.array(1000.0), "slaney")), 6)
    15.0
    """
    frequency_hz = np.asarray(frequency_hz, dtype=np.float64)
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + frequency_hz / 700.0)
    above = np.maximum(frequency_hz, _SLANEY_BREAK_HZ)
    logarithmic = _SLANEY_BREAK_MEL + np.log(above / _SLANEY_BREAK_HZ) / _SLANEY_LOG_STEP
    return np.where(frequency_hz < _SLANEY_BREAK_HZ, frequency_hz / _SLANEY_HZ_PER_MEL, logarithmic)


def mel_to_hz(mel: NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    """Convert mels to hertz: the inverse of ``hz_to_mel``."""
    mel = np.asarray(mel, dtype=np.float64)
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    above = np.maximum(mel, _SLANEY_BREAK_MEL)
    logarithmic = _SLANEY_BREAK_HZ * np.exp(_SLANEY_LOG_STEP * (above - _SLANEY_BREAK_MEL))
    return np.where(mel < _SLANEY_BREAK_MEL, mel * _SLANEY_HZ_PER_MEL, logarithmic)


def mel_filterbank(
    *,
    n_mels: int,
    n_fft: int,
    sample_rate_hz: int,
    f_min_hz: float,
    f_max_hz: float,
    scale: MelScale = "slaney",
) -> NDArray[np.float64]:
    """Return triangular filters, shape (n_mels, n_fft // 2 + 1), row 0 the lowest band.

    Bands above the Nyquist frequency are zero: ``f_max_hz`` may exceed it, so that recordings of
    different sample rates share one frequency axis.
    """
    bins_hz = np.arange(n_fft // 2 + 1) * (sample_rate_hz / n_fft)
    low, high = hz_to_mel(np.array([f_min_hz, f_max_hz]), scale)
    corners_hz = mel_to_hz(np.linspace(low, high, n_mels + 2), scale)
    left, centre, right = corners_hz[:-2, None], corners_hz[1:-1, None], corners_hz[2:, None]
    rising = (bins_hz - left) / (centre - left)
    falling = (right - bins_hz) / (right - centre)
    return np.maximum(0.0, np.minimum(rising, falling))
