"""Demo recordings decode to what was written, and equal samples give equal bytes."""

import numpy as np
import pytest
import soundfile

from datasets_app.demo.audio_files import OGG_SERIAL, write_audio


@pytest.fixture
def tone():
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg"])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_written_file_decodes_to_its_samples(tmp_path, tone, extension, n_channels):
    samples = tone if n_channels == 1 else np.stack([tone, -tone], axis=1)
    path = tmp_path / f"tone.{extension}"
    write_audio(path, samples, 22_050)
    decoded, rate_hz = soundfile.read(path)
    assert rate_hz == 22_050
    assert decoded.shape == samples.shape
    error_rms = np.sqrt(np.mean((decoded - samples) ** 2))
    assert error_rms < (0.02 if extension == "ogg" else 1e-4)


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg"])
def test_equal_samples_give_equal_bytes(tmp_path, tone, extension):
    paths = [tmp_path / f"{name}.{extension}" for name in ("first", "second")]
    for path in paths:
        write_audio(path, tone, 22_050)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_every_ogg_page_carries_the_fixed_serial_number(tmp_path, tone):
    path = tmp_path / "tone.ogg"
    write_audio(path, tone, 22_050)
    content = path.read_bytes()
    assert int.from_bytes(content[14:18], "little") == OGG_SERIAL


def test_an_unknown_file_type_is_refused_with_the_allowed_ones(tmp_path, tone):
    with pytest.raises(ValueError, match=r"tone\.aiff.*\.wav, \.flac or \.ogg"):
        write_audio(tmp_path / "tone.aiff", tone, 22_050)
