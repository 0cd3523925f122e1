"""Loudness equals two independent implementations of ITU-R BS.1770."""

import numpy as np
import pyloudnorm
import pytest

from ml_worker.recordings.loudness import integrated_loudness

RNG = np.random.default_rng(0)


def coloured_noise(n_frames: int, n_channels: int) -> np.ndarray:
    """Noise of changing level, so that the relative gate has something to leave out."""
    noise = np.cumsum(RNG.normal(0, 1, (n_frames, n_channels)), axis=0)
    noise -= np.linspace(0, 1, n_frames)[:, None] * noise[-1]
    level = np.where(np.arange(n_frames) % n_frames < n_frames // 3, 0.01, 1.0)[:, None]
    return (0.5 * noise / np.abs(noise).max() * level).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("n_channels", [1, 2, 5])
def test_it_equals_pyloudnorm(rate_hz, n_channels):
    samples = coloured_noise(int(3.7 * rate_hz), n_channels)
    expected = pyloudnorm.Meter(rate_hz).integrated_loudness(samples.astype(np.float64))
    assert integrated_loudness(samples, rate_hz) == pytest.approx(expected, abs=0.02)


def test_long_audio_is_measured_across_chunks_as_if_at_once():
    samples = coloured_noise(8000 * 130, 1)
    expected = pyloudnorm.Meter(8000).integrated_loudness(samples.astype(np.float64))
    assert integrated_loudness(samples, 8000) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_it_equals_torchaudio(n_channels):
    import torch
    from torchaudio.functional import loudness

    samples = coloured_noise(48_000 * 3, n_channels)
    expected = float(loudness(torch.from_numpy(samples.T.copy()), 48_000))
    assert integrated_loudness(samples, 48_000) == pytest.approx(expected, abs=0.1)


def test_a_sine_of_full_scale_at_997_hz_is_minus_3_01_lufs():
    # ITU-R BS.1770-4, Annex 1; pyloudnorm's filters are 0.04 LU off the tabulated ones.
    sine = np.sin(2 * np.pi * 997 * np.arange(48_000 * 2) / 48_000).astype(np.float32)
    assert integrated_loudness(sine[:, None], 48_000) == pytest.approx(-3.01, abs=0.05)


def test_it_is_not_defined_for_silence_short_clips_and_many_channels():
    assert integrated_loudness(np.zeros((8000, 1), np.float32), 8000) is None
    assert integrated_loudness(coloured_noise(3199, 1), 8000) is None
    assert integrated_loudness(coloured_noise(3200, 1), 8000) is not None
    assert integrated_loudness(coloured_noise(8000, 6), 8000) is None
