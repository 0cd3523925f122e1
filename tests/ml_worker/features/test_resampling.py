"""The matrix gives what scipy's resampling gives, at any pair of rates and any length."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly

from ml_worker.features.resampling import resample

RATES_HZ = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 44_099, 22_051]


def noise(n_samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.3, n_samples).astype(np.float32)


@given(st.sampled_from(RATES_HZ), st.sampled_from([16_000, 22_050]), st.integers(1, 5_000))
@settings(deadline=None, max_examples=60)
def test_samples_are_those_of_scipy(from_hz, to_hz, n_samples):
    mono = noise(n_samples, seed=n_samples)
    common = np.gcd(from_hz, to_hz)
    expected = resample_poly(mono, to_hz // common, from_hz // common)
    found = resample(mono, from_hz, to_hz)
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_same_rate_changes_nothing():
    mono = noise(100)
    assert resample(mono, 22_050, 22_050) is mono


@pytest.mark.parametrize("from_hz", [8_000, 44_100, 96_000])
def test_a_tone_keeps_its_pitch_and_level(from_hz):
    tone = np.sin(2 * np.pi * 1_000 * np.arange(from_hz) / from_hz).astype(np.float32)
    found = resample(tone, from_hz, 22_050)
    expected = np.sin(2 * np.pi * 1_000 * np.arange(22_050) / 22_050)
    np.testing.assert_allclose(found[200:-200], expected[200:-200], atol=0.01)


def test_channels_taken_from_between_others_are_resampled_too():
    stereo = np.stack([noise(4_000), noise(4_000, 1)], axis=1)
    expected = resample(np.ascontiguousarray(stereo[:, 1]), 44_100, 22_050)
    np.testing.assert_array_equal(resample(stereo[:, 1], 44_100, 22_050), expected)
