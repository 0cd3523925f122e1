"""What a fingerprint outlasts, on sounds made here and on real recordings."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from ml_worker.recordings.audio import Recording
from ml_worker.recordings.fingerprint import RATE_HZ, STEP, fingerprint, write_fingerprint

SOURCE_HZ = 44_100


def encoded(samples: np.ndarray, rate_hz: int, format: str, subtype: str) -> np.ndarray:
    """Through a codec at a middling quality and back."""
    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer, "w", rate_hz, 1, format=format, subtype=subtype, compression_level=0.5
    ) as file:
        file.write(samples)
    buffer.seek(0)
    return soundfile.read(buffer, dtype="float32")[0]


def noisy(samples: np.ndarray, snr_db: float) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, 1, len(samples))
    scale = np.sqrt(np.mean(samples**2)) * 10 ** (-snr_db / 20)
    return (samples + scale * noise).astype(np.float32)


def as_stereo(samples: np.ndarray) -> np.ndarray:
    return Recording(np.stack([samples, 0.5 * samples], 1), SOURCE_HZ, "WAV").mono()


# what happens to the samples, the rate after it, and the largest share of bits it may change
CHANGES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], int, float]] = {
    "20 dB quieter": (lambda x: x * np.float32(0.1), SOURCE_HZ, 0.01),
    "stereo": (as_stereo, SOURCE_HZ, 0.01),
    "at 22,050 Hz": (lambda x: resample_poly(x, 1, 2), SOURCE_HZ // 2, 0.01),
    "as MP3": (lambda x: encoded(x, SOURCE_HZ, "MP3", "MPEG_LAYER_III"), SOURCE_HZ, 0.2),
    "as Ogg": (lambda x: encoded(x, SOURCE_HZ, "OGG", "VORBIS"), SOURCE_HZ, 0.2),
    "noise 30 dB below": (lambda x: noisy(x, 30), SOURCE_HZ, 0.25),
    "cut half a step after a frame": (lambda x: x[STEP * 4 * 4 + STEP * 2 :], SOURCE_HZ, 0.2),
}


def bit_error_rate(one: np.ndarray, other: np.ndarray) -> float:
    """The least over all ways to lay one upon the other at the end or the beginning."""
    n = min(len(one), len(other))
    rates = []
    for a, b in ((one[:n], other[:n]), (one[-n:], other[-n:]), (one[-n:-1], other[-n + 1 :])):
        both = (a != 0) & (b != 0)
        rates.append(np.bitwise_count(a[both] ^ b[both]).sum() / (32 * both.sum()))
    return min(rates)


def real_sounds(folder: Path) -> list[np.ndarray]:
    with (folder / "esc10" / "clips.csv").open(encoding="utf-8") as handle:
        files = [row["file"] for row in csv.DictReader(handle)][::32]
    return [soundfile.read(folder / "esc10" / file, dtype="float32")[0] for file in files]


def made_sound() -> np.ndarray:
    """Two seconds of noise that comes and goes."""
    t = np.arange(2 * SOURCE_HZ) / SOURCE_HZ
    noise = np.random.default_rng(0).normal(0, 0.1, len(t))
    return (noise * (1 + np.sin(9 * t))).astype(np.float32)


@pytest.mark.parametrize("change", CHANGES)
def test_a_made_sound_keeps_its_fingerprint(change):
    do, rate_hz, allowed = CHANGES[change]
    sound = made_sound()
    found = fingerprint(do(sound).astype(np.float32), rate_hz)
    assert bit_error_rate(fingerprint(sound, SOURCE_HZ), found) <= allowed


@pytest.mark.real_data
@pytest.mark.parametrize("change", CHANGES)
def test_real_recordings_keep_their_fingerprint(change, shared_data):
    do, rate_hz, allowed = CHANGES[change]
    for sound in real_sounds(shared_data):
        found = fingerprint(do(sound).astype(np.float32), rate_hz)
        assert bit_error_rate(fingerprint(sound, SOURCE_HZ), found) <= allowed


def test_other_sounds_differ_in_half_the_bits():
    rng = np.random.default_rng(3)
    one, other = (fingerprint(rng.normal(0, 0.1, 22_050).astype("f4"), 11_025) for _ in range(2))
    assert bit_error_rate(one, other) > 0.4


@pytest.mark.parametrize("rate_hz", [4000, 8000, 11_025, 44_100, 48_000, 96_000])
def test_any_rate_gives_86_frames_a_second(rate_hz):
    noise = np.random.default_rng(0).normal(0, 0.1, rate_hz).astype(np.float32)
    assert len(fingerprint(noise, rate_hz)) == pytest.approx(RATE_HZ / STEP - 8, abs=1)


def test_0_3_seconds_give_17_frames_and_0_1_give_none():
    noise = np.random.default_rng(0).normal(0, 0.1, RATE_HZ).astype(np.float32)
    assert len(fingerprint(noise[: int(0.3 * RATE_HZ)], RATE_HZ)) == 17
    assert len(fingerprint(noise[:1151], RATE_HZ)) == 0
    assert len(fingerprint(noise[:1152], RATE_HZ)) == 1


def test_silence_has_none_and_silent_stretches_are_marked():
    noise = np.random.default_rng(0).normal(0, 0.1, RATE_HZ).astype(np.float32)
    assert len(fingerprint(np.zeros(RATE_HZ, np.float32), RATE_HZ)) == 0
    padded = fingerprint(np.concatenate([noise, 0 * noise]), RATE_HZ)
    assert not padded[90:].any()
    assert padded[:78].all()


def test_the_file_is_little_endian_uint32(tmp_path):
    recording = Recording(made_sound()[:, None], SOURCE_HZ, "WAV")
    write_fingerprint(tmp_path / "fingerprint.bin", recording)
    stored = np.frombuffer((tmp_path / "fingerprint.bin").read_bytes(), dtype="<u4")
    assert (stored == fingerprint(recording.mono(), SOURCE_HZ)).all()
