"""The numpy filterbank equals torchaudio's."""

import numpy as np
import pytest

from ml_worker.features.mel import hz_to_mel, mel_filterbank, mel_to_hz


@pytest.mark.parametrize("scale", ["htk", "slaney"])
@pytest.mark.parametrize(("n_mels", "n_fft", "rate_hz"), [(96, 1024, 22_050), (40, 512, 16_000)])
def test_it_equals_torchaudio(scale, n_mels, n_fft, rate_hz):
    from torchaudio.functional import melscale_fbanks

    expected = melscale_fbanks(
        n_fft // 2 + 1, 50.0, rate_hz / 2, n_mels, rate_hz, norm=None, mel_scale=scale
    )
    ours = mel_filterbank(
        n_mels=n_mels,
        n_fft=n_fft,
        sample_rate_hz=rate_hz,
        f_min_hz=50.0,
        f_max_hz=rate_hz / 2,
        scale=scale,
    )
    np.testing.assert_allclose(ours, expected.numpy().T, atol=2e-4)


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_the_scale_can_be_inverted(scale):
    hertz = np.array([0.0, 20.0, 999.9, 1000.0, 1000.1, 22_050.0])
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hertz, scale), scale), hertz, atol=1e-9)
