"""Frames and patches have the published shapes."""

import numpy as np
import pytest
import torch
import torchaudio

from ml_worker.features.front_end import FrontEnd
from ml_worker.recordings.audio import Recording

FRONT_END = FrontEnd()


def recording_of(samples: np.ndarray, rate_hz: int = 22_050) -> Recording:
    return Recording(samples.astype(np.float32)[:, None], rate_hz, "WAV")


def noise(n_frames: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, n_frames).astype(np.float32)


def test_frames_equal_torchaudios_over_the_whole_clip():
    samples = noise(22_050 * 70)  # longer than one stretch of computing
    mel = torchaudio.transforms.MelSpectrogram(
        22_050, 1024, 660, 220, n_mels=96, mel_scale="slaney", pad_mode="constant"
    )
    expected = torch.log(mel(torch.from_numpy(samples)) + 1e-6).T.numpy()
    frames = FRONT_END.log_mel(recording_of(samples))
    assert frames.shape == expected.shape == (1 + len(samples) // 220, 96)
    np.testing.assert_allclose(frames, expected, atol=0.02)


@pytest.mark.parametrize("n_samples", [1, 100, 10_000, 21_999])
def test_a_clip_under_a_second_is_repeated_to_one_patch(n_samples):
    frames = FRONT_END.log_mel(recording_of(noise(n_samples)))
    assert frames.shape == (101, 96)
    assert FRONT_END.patch_starts(len(frames)) == [0]


@pytest.mark.parametrize("rate_hz", [8000, 44_100, 44_099, 96_000])
def test_other_sample_rates_are_resampled(rate_hz):
    t = np.arange(rate_hz * 2) / rate_hz
    frames = FRONT_END.log_mel(recording_of(np.sin(2 * np.pi * 1000 * t), rate_hz))
    reference = np.sin(2 * np.pi * 1000 * np.arange(44_100) / 22_050)
    expected = FRONT_END.log_mel(recording_of(reference))
    band = expected[100].argmax()
    assert frames[100].argmax() == band
    assert frames[100, band] == pytest.approx(expected[100, band], abs=0.1)


def test_patches_overlap_by_half_and_reach_the_end():
    assert FRONT_END.patch_starts(101) == [0]
    assert FRONT_END.patch_starts(102) == [0, 1]
    assert FRONT_END.patch_starts(201) == [0, 50, 100]
    assert FRONT_END.patch_starts(230) == [0, 50, 100, 129]
