"""What the site's pages draw and play of a clip: spectrogram, waveform peaks, browser preview.

Spectrograms share one scale: the same grey means the same level and the same row means the same
frequency in every clip, so that two clips can be compared by eye. The page adds the colour.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import rfft
from scipy.signal import resample_poly
from scipy.sparse import csr_array

from ml_worker.features.mel import mel_filterbank
from ml_worker.recordings.audio import Recording

FLOOR_DB, CEILING_DB = -100.0, -20.0
"""Black and white. 0 dB is the power of a sine of full scale within one mel band."""
N_ROWS = 256
F_MIN_HZ, F_MAX_HZ = 20.0, 22_050.0
PIXELS_PER_S = 100.0
MIN_WIDTH_PX, MAX_WIDTH_PX = 256, 2048
WINDOW_S = 0.046
N_PEAK_BUCKETS = 800
MP3_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_FRAMES_AT_ONCE = 512


def spectrogram_width_px(duration_s: float) -> int:
    """Return the width of a clip's spectrogram: 100 pixels per second, 256 to 2048 pixels.

    >>> spectrogram_width_px(5.0)
    500
    """
    return int(np.clip(round(duration_s * PIXELS_PER_S), MIN_WIDTH_PX, MAX_WIDTH_PX))


def spectrogram(mono: NDArray[np.float32], sample_rate_hz: int) -> NDArray[np.uint8]:
    """Return the log-mel spectrogram as grey levels.

    Parameters
    ----------
    mono
        Shape (n_frames,).
    sample_rate_hz
        Frames per second. Rows above half of it stay black.

    Returns
    -------
    array of uint8
        Shape (256, width), row 0 the highest mel band (22,050 Hz), Slaney scale; grey 0 is -100 dB
        or less, 255 is -20 dB or more.
    """
    width = spectrogram_width_px(len(mono) / sample_rate_hz)
    hop = min(max(1, len(mono) // width), max(1, round(WINDOW_S * sample_rate_hz / 4)))
    n_frames = 1 + (len(mono) - 1) // hop
    starts = np.arange(width) * n_frames // width
    power = np.add.reduceat(_mel_power(mono, sample_rate_hz, hop, n_frames), starts, axis=0)
    counts = np.maximum(1, np.diff(np.append(starts, n_frames)))
    level_db = 10.0 * np.log10(np.maximum(power / counts[:, None], 1e-12))
    grey = (level_db - FLOOR_DB) * (255.0 / (CEILING_DB - FLOOR_DB))
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8).T[::-1]


def _mel_power(
    mono: NDArray[np.float32], sample_rate_hz: int, hop: int, n_frames: int
) -> NDArray[np.float32]:
    """Return the power in each mel band around each ``hop``-th sample, (n_frames, 256)."""
    window, filters, n_fft = _analysis_of_rate(sample_rate_hz)
    half = len(window) // 2
    padded = np.pad(mono, (half, half + len(window)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop][:n_frames]
    power = np.empty((n_frames, N_ROWS), dtype=np.float32)
    for start in range(0, n_frames, _FRAMES_AT_ONCE):
        spectrum = rfft(frames[start : start + _FRAMES_AT_ONCE] * window, n_fft)
        bins = spectrum.real**2 + spectrum.imag**2
        power[start : start + _FRAMES_AT_ONCE] = (filters @ bins.T).T
    return power


@functools.lru_cache(maxsize=8)
def _analysis_of_rate(sample_rate_hz: int) -> tuple[NDArray[np.float32], csr_array, int]:
    """Return window, sparse filters and transform length for a sample rate.

    The transform is twice as long as the window or longer, so that no band falls between bins. The
    filters are sparse because that is fast and, unlike a threaded matrix product, gives the same
    bytes on any number of cores.
    """
    n_window = 2 * round(WINDOW_S * sample_rate_hz / 2)
    n_fft = 2 ** int(np.ceil(np.log2(2 * n_window)))
    window = np.hanning(n_window + 1)[:-1]
    window *= 2.0 / window.sum()
    filters = mel_filterbank(
        n_mels=N_ROWS,
        n_fft=n_fft,
        sample_rate_hz=sample_rate_hz,
        f_min_hz=F_MIN_HZ,
        f_max_hz=F_MAX_HZ,
        scale="slaney",
    )
    return window.astype(np.float32), csr_array(filters.astype(np.float32)), n_fft


def write_spectrogram(path: Path, recording: Recording) -> int:
    """Write the spectrogram as an 8-bit grey PNG and return its width in pixels."""
    grey = spectrogram(recording.mono(), recording.sample_rate_hz)
    Image.fromarray(np.ascontiguousarray(grey)).save(path, format="PNG")
    return grey.shape[1]


def waveform_peaks(samples: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return the least and greatest sample of each of about 800 stretches, over all channels.

    Returns
    -------
    array of int8
        Shape (n_buckets, 2); 127 is full scale, louder samples are clipped to it.
    """
    n_buckets = min(N_PEAK_BUCKETS, len(samples))
    starts = np.arange(n_buckets) * len(samples) // n_buckets
    low = np.minimum.reduceat(samples.min(axis=1), starts)
    high = np.maximum.reduceat(samples.max(axis=1), starts)
    scaled = np.rint(np.stack([low, high], axis=1) * 127.0)
    return np.clip(scaled, -127, 127).astype(np.int8)


def write_peaks(path: Path, recording: Recording) -> None:
    """Write ``{"duration_s", "n_buckets", "peaks": [low, high, low, high, ...]}``."""
    peaks = waveform_peaks(recording.samples)
    value = {
        "duration_s": round(recording.duration_s, 6),
        "n_buckets": len(peaks),
        "peaks": peaks.ravel().tolist(),
    }
    path.write_text(json.dumps(value, separators=(",", ":")), encoding="utf-8")


def write_preview(path: Path, recording: Recording) -> None:
    """Write an MP3 that browsers play: mono or stereo (more channels are mixed to mono)."""
    samples = recording.samples if recording.n_channels <= 2 else recording.mono()[:, None]
    rate_hz = preview_rate_hz(recording.sample_rate_hz)
    if rate_hz != recording.sample_rate_hz:
        common = int(np.gcd(rate_hz, recording.sample_rate_hz))
        samples = resample_poly(samples, rate_hz // common, recording.sample_rate_hz // common)
    samples = np.clip(samples, -1.0, 1.0)
    with soundfile.SoundFile(
        path, "w", rate_hz, samples.shape[1], subtype="MPEG_LAYER_III", format="MP3"
    ) as file:
        for start in range(0, len(samples), 65_536):
            file.write(samples[start : start + 65_536])


def preview_rate_hz(sample_rate_hz: int) -> int:
    """Return the least rate MP3 knows that keeps the recording's bandwidth, 48 kHz at most.

    >>> preview_rate_hz(44100), preview_rate_hz(96000), preview_rate_hz(10000)
    (44100, 48000, 11025)
    """
    return next((r for r in MP3_RATES_HZ if r >= sample_rate_hz), MP3_RATES_HZ[-1])
