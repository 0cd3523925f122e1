"""Spectrograms share one scale; peaks and previews fit every recording."""

import json

import numpy as np
import pytest
import soundfile

from ml_worker.features.mel import hz_to_mel
from ml_worker.recordings import pictures
from ml_worker.recordings.audio import Recording


def sine(frequency_hz: float, rate_hz: int, duration_s: float, level_db: float) -> np.ndarray:
    t = np.arange(int(duration_s * rate_hz)) / rate_hz
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8000, 22_050, 44_100, 48_000, 96_000])
def test_a_tone_has_the_same_row_and_grey_at_every_sample_rate(rate_hz):
    picture = pictures.spectrogram(sine(1000.0, rate_hz, 1.0, -60.0), rate_hz)
    column = picture[:, picture.shape[1] // 2].astype(int)
    low, high, tone = hz_to_mel(np.array([20.0, 22_050.0, 1000.0]), "slaney")
    from_top = 256 - (tone - low) / (high - low) * 257
    assert abs(column.argmax() - from_top) <= 1
    # -60 dB is halfway between -100 and -20; a band gathers the few bins of the tone's window.
    assert 117 <= column.max() <= 141


@pytest.mark.parametrize(
    ("duration_s", "width_px"), [(0.01, 256), (2.56, 256), (5.0, 500), (20.48, 2048), (60.0, 2048)]
)
def test_width_grows_with_duration_within_bounds(duration_s, width_px):
    picture = pictures.spectrogram(sine(440.0, 8000, duration_s, -20.0), 8000)
    assert picture.shape == (256, width_px)
    assert picture.max() > 200


def test_silence_is_black_and_rows_above_the_nyquist_frequency_stay_black():
    assert pictures.spectrogram(np.zeros(8000, np.float32), 8000).max() == 0
    noise = np.random.default_rng(0).normal(0, 0.3, 8000).astype(np.float32)
    picture = pictures.spectrogram(noise, 8000)
    assert picture[0].max() == 0
    assert picture[-1].max() > 0


def test_a_click_is_drawn_where_it_is_heard():
    samples = np.zeros(44_100 * 4, np.float32)
    samples[44_100] = 1.0
    picture = pictures.spectrogram(samples, 44_100)
    assert abs(int(picture.sum(axis=0).argmax()) - 100) <= 3


def test_peaks_enclose_the_waveform(tmp_path):
    samples = np.random.default_rng(0).uniform(-1.5, 1.5, (10_000, 2)).astype(np.float32)
    samples[:5000] *= 0.1
    pictures.write_peaks(tmp_path / "peaks.json", Recording(samples, 8000, "WAV"))
    value = json.loads((tmp_path / "peaks.json").read_text())
    assert (value["n_buckets"], value["duration_s"]) == (800, 1.25)
    pairs = np.array(value["peaks"]).reshape(800, 2)
    assert (pairs[:, 0] <= pairs[:, 1]).all()
    assert pairs.min() == -127
    assert pairs[:399].max() <= 20


def test_a_clip_of_few_samples_has_a_peak_each():
    assert pictures.waveform_peaks(np.array([[0.0], [1.0], [-1.0]], np.float32)).tolist() == [
        [0, 0],
        [127, 127],
        [-127, -127],
    ]


@pytest.mark.parametrize(
    ("rate_hz", "n_channels", "expected"),
    [
        (44_100, 2, (44_100, 2)),
        (8000, 1, (8000, 1)),
        (96_000, 6, (48_000, 1)),
        (44_099, 1, (44_100, 1)),
        (5000, 1, (8000, 1)),
    ],
)
def test_every_preview_is_an_mp3_that_browsers_play(tmp_path, rate_hz, n_channels, expected):
    samples = np.random.default_rng(0).normal(0, 0.8, (rate_hz, n_channels)).astype(np.float32)
    pictures.write_preview(tmp_path / "p.mp3", Recording(samples, rate_hz, "WAV"))
    info = soundfile.info(tmp_path / "p.mp3")
    assert (info.samplerate, info.channels, info.format) == (*expected, "MP3")
    assert info.duration == pytest.approx(1.0, abs=0.05)
