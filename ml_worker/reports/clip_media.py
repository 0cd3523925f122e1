"""The sound and the picture of a clip, small enough to stand in a report.

Embedded are the first ``EXCERPT_S`` seconds, mono, as MP3 of ``BITRATE``, and their log-mel
spectrogram on the scale of the site's pages. Both become data URIs, so their sizes are bounded.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image
from scipy.signal import resample_poly

from ml_worker.recordings.audio import AudioRefused, Recording, decode
from ml_worker.recordings.pictures import spectrogram

EXCERPT_S = 6.0
RATE_HZ = 22_050
COMPRESSION = 0.7
"""Of libsndfile, from 0 to 1; at 22,050 Hz it gives a constant ``BITRATE``."""
BITRATE = "56 kbit/s"
MOST_AUDIO_BYTES = 48_000
PICTURE_PX = (480, 96)
MOST_PICTURE_BYTES = 24_000
"""White noise of six seconds takes 42,604 and 23,522 bytes, and nothing takes more."""


@dataclass(frozen=True, slots=True)
class ClipMedia:
    """Two data URIs; ``problem`` says why they are empty."""

    audio: str
    picture: str
    duration_s: float
    excerpt_s: float
    problem: str = ""


def clip_media(path: Path) -> ClipMedia:
    """Return a recording's excerpt and picture; a broken one gives the sentence that says so."""
    try:
        recording = decode(path)
    except AudioRefused as error:
        return ClipMedia("", "", 0.0, 0.0, str(error))
    n_frames = min(recording.n_frames, int(EXCERPT_S * recording.sample_rate_hz))
    mono = Recording(
        recording.samples[:n_frames], recording.sample_rate_hz, recording.format
    ).mono()
    return ClipMedia(
        _data_uri("audio/mpeg", _mp3(mono, recording.sample_rate_hz)),
        _data_uri("image/webp", _picture(mono, recording.sample_rate_hz)),
        recording.duration_s,
        n_frames / recording.sample_rate_hz,
    )


def _mp3(mono: NDArray[np.float32], rate_hz: int) -> bytes:
    common = int(np.gcd(rate_hz, RATE_HZ))
    samples = np.clip(resample_poly(mono, RATE_HZ // common, rate_hz // common), -1.0, 1.0)
    buffer = io.BytesIO()
    soundfile.write(
        buffer,
        samples.astype(np.float32),
        RATE_HZ,
        format="MP3",
        subtype="MPEG_LAYER_III",
        compression_level=COMPRESSION,
        bitrate_mode="CONSTANT",
    )
    return buffer.getvalue()


def _picture(mono: NDArray[np.float32], rate_hz: int) -> bytes:
    grey = Image.fromarray(np.ascontiguousarray(spectrogram(mono, rate_hz)))
    small = grey.resize(PICTURE_PX, Image.Resampling.BOX)
    buffer = io.BytesIO()
    small.save(buffer, format="WEBP", quality=60)
    return buffer.getvalue()


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
