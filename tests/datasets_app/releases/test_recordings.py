"""Recordings are normalised to the same bytes every time, in bounded memory."""

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from datasets_app.releases import recordings
from datasets_app.releases.recordings import AudioForm, keep_normalised, normalise_recording


@pytest.fixture
def source(tmp_path):
    """Half a second of noise in two channels at 44.1 kHz."""
    path = tmp_path / "source.wav"
    noise = np.random.default_rng(7).uniform(-0.5, 0.5, (22_050, 2))
    soundfile.write(path, noise, 44_100, subtype="FLOAT")
    return path


@pytest.mark.parametrize("form", ["flac", "wav"])
@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_rate_channels_and_form_are_as_asked(source, tmp_path, form, rate_hz):
    made = normalise_recording(source, tmp_path / "made", AudioForm(form, rate_hz, is_mono=True))
    info = soundfile.info(tmp_path / "made")
    assert (info.samplerate, info.channels, info.format) == (rate_hz, 1, form.upper())
    assert info.subtype == "PCM_16"
    assert made.duration_s == info.frames / rate_hz == pytest.approx(0.5, abs=1 / rate_hz)
    assert (made.sample_rate_hz, made.n_channels, made.suffix) == (rate_hz, 1, f".{form}")
    assert made.n_bytes == (tmp_path / "made").stat().st_size


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 48_000, 96_000])
@pytest.mark.parametrize("block", [500, 4_000])
def test_blocks_give_what_the_whole_signal_gives(source, tmp_path, monkeypatch, rate_hz, block):
    monkeypatch.setattr(recordings, "BLOCK_FRAMES", block)
    form = AudioForm("wav", rate_hz, is_mono=False)
    normalise_recording(source, tmp_path / "made.wav", form)
    common = np.gcd(rate_hz, 44_100)
    signal, _ = soundfile.read(source, always_2d=True)
    whole = resample_poly(signal, rate_hz // common, 44_100 // common)
    made, _ = soundfile.read(tmp_path / "made.wav", dtype="int16")
    assert made.shape == whole.shape
    assert np.abs(made - np.clip(whole, -1, 1) * 32767).max() <= 0.5 + 1e-6


def test_the_same_recording_gives_the_same_bytes(source, tmp_path):
    form = AudioForm("flac", 32_000, is_mono=True)
    made = [normalise_recording(source, tmp_path / name, form) for name in ("a", "b")]
    assert made[0] == made[1]


def test_samples_that_are_no_numbers_or_too_loud_are_made_sound(tmp_path):
    path = tmp_path / "odd.wav"
    soundfile.write(path, np.array([np.nan, 3.0, -3.0, 0.5]), 8000, subtype="FLOAT")
    normalise_recording(path, tmp_path / "made.wav", AudioForm("wav", 8000))
    made, _ = soundfile.read(tmp_path / "made.wav", dtype="int16")
    assert made.tolist() == [0, 32767, -32767, 16384]


def test_what_is_finished_is_not_made_again(source, tmp_path, monkeypatch):
    form = AudioForm("flac", 16_000, is_mono=True)
    path, made = keep_normalised(source, tmp_path / "kept", form)
    monkeypatch.setattr(recordings, "normalise_recording", None)
    assert keep_normalised(source, tmp_path / "kept", form) == (path, made)


def test_what_was_left_half_written_is_made_again(source, tmp_path):
    form = AudioForm("flac", 16_000, is_mono=True)
    path, made = keep_normalised(source, tmp_path / "kept", form)
    path.write_bytes(path.read_bytes()[:100])
    (path.parent / "unfinished").write_bytes(b"half")
    assert keep_normalised(source, tmp_path / "kept", form) == (path, made)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_what_cannot_be_decoded_is_told(tmp_path):
    (tmp_path / "none.wav").write_bytes(b"RIFF nothing")
    said = keep_normalised(tmp_path / "none.wav", tmp_path / "kept", AudioForm("wav", 8000))
    assert said.startswith("cannot be decoded")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("mp3",), "allowed are published, flac, wav, none"),
        (("flac",), "A rate in Hz belongs"),
        (("published", 16_000), "A rate in Hz belongs"),
        (("wav", 7_999), "allowed are 8,000 to 192,000 Hz"),
        (("wav", 192_001), "allowed are 8,000 to 192,000 Hz"),
    ],
)
def test_forms_that_cannot_be_made_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        AudioForm(*arguments)
