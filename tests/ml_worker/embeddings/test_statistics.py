"""The statistics are those of the front-end's frames, over all of them and window by window."""

import numpy as np
import pytest

from ml_worker.embeddings import mfcc_statistics
from ml_worker.embeddings.provider import ProviderFailed, load_provider
from ml_worker.features.front_end import FrontEnd
from ml_worker.recordings.audio import Recording

RATE_HZ = 22_050


def noise(n_sounds: int, n_samples: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (n_sounds, n_samples)).astype(np.float32)


@pytest.mark.parametrize(("name", "size"), [("log-mel-statistics", 192), ("mfcc-statistics", 120)])
def test_sizes_are_as_stated_for_any_length(name, size):
    provider = load_provider(name)
    for n_samples in (1, 1000, RATE_HZ, 3 * RATE_HZ):
        audio = noise(2, n_samples)
        assert provider.scene_embeddings(audio).shape == (2, size)
        embeddings, times_ms = provider.timestamp_embeddings(audio)
        assert embeddings.shape == (*times_ms.shape, size)
        assert np.all(np.diff(times_ms, axis=1) > 0)


def test_log_mel_statistics_are_mean_and_deviation_of_the_frames():
    audio = noise(1, 2 * RATE_HZ)
    frames = FrontEnd().log_mel(Recording(audio[0][:, None], RATE_HZ, "WAV")).astype(np.float64)
    found = load_provider("log-mel-statistics").scene_embeddings(audio)[0]
    np.testing.assert_allclose(found[:96], frames.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(found[96:], frames.std(axis=0), rtol=1e-3)


def test_windows_are_a_second_long_and_half_a_second_apart():
    _, times_ms = load_provider("mfcc-statistics").timestamp_embeddings(noise(1, 2 * RATE_HZ))
    np.testing.assert_allclose(times_ms[0], [499, 998, 1496], atol=1)


def test_mfcc_are_an_orthonormal_cosine_transform_of_the_bands():
    log_mel = np.random.default_rng(1).normal(size=(7, 96)).astype(np.float32)
    found = mfcc_statistics.mfcc(log_mel)
    assert found.shape == (7, 20)
    bands = np.arange(96)
    for k in (0, 1, 19):
        scale = np.sqrt((1 if k == 0 else 2) / 96)
        basis = scale * np.cos(np.pi * k * (2 * bands + 1) / 192)
        np.testing.assert_allclose(found[:, k], log_mel @ basis, atol=1e-5)


def test_differences_are_slopes_over_nine_frames():
    frames = np.arange(30, dtype=np.float32)
    values = np.stack([3 * frames, frames**2], axis=1)
    found = mfcc_statistics.with_differences(values)
    assert found.shape == (30, 6)
    np.testing.assert_allclose(found[:, 2], 3, rtol=1e-4)
    np.testing.assert_allclose(found[4:-4, 3], 2 * frames[4:-4], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found[:, 5], 2, rtol=1e-2)


@pytest.mark.parametrize("name", ["log-mel-statistics", "mfcc-statistics"])
def test_weights_for_what_has_none_are_refused(name):
    with pytest.raises(ProviderFailed, match="have no weights; leave out the path"):
        load_provider(name, "weights.bin")
