"""Sound files: 50,000 tiny ones that only need to differ, a few hundred of real length to hear."""

import struct
from pathlib import Path

import numpy as np
import soundfile

_RATE_HZ = 44_100
_TINY_FRAMES = 64


def write_tiny(path: Path, number: int) -> None:
    """Write a WAV file of 64 samples (172 bytes) whose bytes no other number gives."""
    samples = struct.pack("<I", number) + bytes(2 * _TINY_FRAMES - 4)
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 1, 1, _RATE_HZ, 2 * _RATE_HZ, 2, 16,
        b"data", len(samples),
    )  # fmt: skip
    path.write_bytes(header + samples)


def write_recording(path: Path, number: int, seed: int) -> float:
    """Write a sweep in noise of 0.5 to 12 s, every fourth in stereo; return its seconds."""
    rng = np.random.default_rng([seed, 4, number])
    duration_s = float(rng.uniform(0.5, 12.0))
    t = np.arange(round(duration_s * _RATE_HZ)) / _RATE_HZ
    sweep = np.sin(2 * np.pi * (rng.uniform(100, 2000) * t + rng.uniform(0, 400) * t**2))
    mono = 0.3 * sweep + 0.05 * rng.standard_normal(len(t))
    samples = np.column_stack([mono, mono[::-1]]) if number % 4 == 0 else mono
    soundfile.write(path, samples, _RATE_HZ, subtype="PCM_16")
    return duration_s
