"""Decoding refuses, by name and with the reason, what is not a usable recording."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ml_worker.recordings.audio import AudioRefused, decode

RATE_HZ = 8000


def noise(n_frames: int, n_channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (n_frames, n_channels)).astype(np.float32)


def write(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ, **options) -> Path:
    soundfile.write(path, samples, rate_hz, **options)
    return path


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3", ".WAV"])
def test_every_allowed_format_is_decoded_to_its_real_length(tmp_path, suffix):
    path = write(tmp_path / f"a{suffix}", noise(12_000))
    recording = decode(path)
    assert (recording.n_frames, recording.n_channels) == (12_000, 1)
    assert recording.duration_s == 1.5


def test_stereo_is_mixed_to_mono_by_the_mean(tmp_path):
    samples = noise(800, 2)
    recording = decode(write(tmp_path / "a.wav", samples, subtype="FLOAT"))
    np.testing.assert_allclose(recording.mono(), samples.mean(axis=1), atol=1e-7)


def test_the_longest_allowed_duration_is_allowed_and_a_frame_more_is_not(tmp_path):
    assert decode(write(tmp_path / "a.wav", noise(RATE_HZ)), max_duration_s=1).duration_s == 1
    with pytest.raises(AudioRefused, match="longer than 1 s"):
        decode(write(tmp_path / "b.wav", noise(RATE_HZ + 1)), max_duration_s=1)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
def test_a_file_cut_off_in_the_middle_is_refused(tmp_path, suffix):
    path = write(tmp_path / f"a{suffix}", noise(60_000))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(AudioRefused, match=f"^a{suffix} (is cut off|cannot be decoded)"):
        decode(path)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
@pytest.mark.parametrize("content", [b"", b"these are words, not sound\n" * 50])
def test_what_is_not_audio_is_refused_whatever_its_name(tmp_path, suffix, content):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(AudioRefused, match=f"^a{suffix} (is an empty file|cannot be decoded)"):
        decode(path)


@pytest.mark.parametrize(("real", "claimed"), [("mp3", "wav"), ("wav", "mp3"), ("ogg", "flac")])
def test_a_name_that_lies_about_the_format_is_refused(tmp_path, real, claimed):
    path = write(tmp_path / f"a.{real}", noise(20_000)).rename(tmp_path / f"a.{claimed}")
    with pytest.raises(AudioRefused, match=f"named .{claimed} but holds {real.upper()} audio"):
        decode(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(tmp_path, value):
    samples = noise(800)
    samples[400] = value
    with pytest.raises(AudioRefused, match="NaN or infinite"):
        decode(write(tmp_path / "a.wav", samples, subtype="FLOAT"))


def test_integers_stored_as_floats_are_refused(tmp_path):
    with pytest.raises(AudioRefused, match="full scale is 1"):
        decode(write(tmp_path / "a.wav", noise(800) * 32_768, subtype="FLOAT"))


def test_zero_frames_are_refused(tmp_path):
    with pytest.raises(AudioRefused, match="zero frames"):
        decode(write(tmp_path / "a.wav", noise(0)))


def test_more_than_eight_channels_are_refused(tmp_path):
    assert decode(write(tmp_path / "a.wav", noise(100, 8))).n_channels == 8
    with pytest.raises(AudioRefused, match="9 channels; allowed are 1 to 8"):
        decode(write(tmp_path / "b.wav", noise(100, 9)))


@pytest.mark.parametrize("rate_hz", [0, 1, 3999, 2_000_000])
def test_a_header_with_an_absurd_sample_rate_is_refused(tmp_path, rate_hz):
    path = write(tmp_path / "a.wav", noise(800))
    content = bytearray(path.read_bytes())
    content[24:28] = rate_hz.to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(AudioRefused):
        decode(path)


def test_a_header_that_promises_more_than_is_there_is_refused(tmp_path):
    path = write(tmp_path / "a.wav", noise(800))
    content = bytearray(path.read_bytes())
    content[40:44] = (2**31 - 1).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(AudioRefused, match=r"promises .* frames and holds 800"):
        decode(path)


def test_a_stream_that_leaves_its_length_open_is_accepted(tmp_path):
    path = write(tmp_path / "a.wav", noise(800))
    content = bytearray(path.read_bytes())
    content[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert decode(path).n_frames == 800


def test_other_file_types_and_folders_are_refused(tmp_path):
    with pytest.raises(
        AudioRefused, match=r"ends in \.aiff; allowed are \.wav, \.flac, \.ogg, \.mp3"
    ):
        decode(tmp_path / "a.aiff")
    (tmp_path / "b.wav").mkdir()
    with pytest.raises(AudioRefused, match="not a file"):
        decode(tmp_path / "b.wav")
