"""From a recording to log-mel frames and patches (FSD50K baselines; Fonseca et al. 2021).

22,050 Hz mono; 96 log-mel bands, 30 ms Hann window (660 samples), 10 ms hop (220); patches of 101
frames with 50 % overlap; clips under one second are repeated. Not published and therefore ours:
Slaney mel scale from 0 Hz to half the sample rate, log(power + 1e-6), and a last patch aligned with
the clip's end so that every frame is used.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch
import torchaudio
from numpy.typing import NDArray
from scipy.signal import resample_poly

from ml_worker.audio import Recording

_FRAMES_AT_ONCE = 6000


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """The settings that decide the numbers a model sees; ``id`` names them all."""

    sample_rate_hz: int = 22_050
    n_bands: int = 96
    window: int = 660
    hop: int = 220
    n_fft: int = 1024
    patch_frames: int = 101
    patch_hop: int = 50

    @property
    def id(self) -> str:
        """A name for caches and protocols that changes with anything that changes the frames.

        >>> FrontEnd().id
        'logmel1-22050hz-96x660x220x1024'
        """
        shape = f"{self.n_bands}x{self.window}x{self.hop}x{self.n_fft}"
        return f"logmel1-{self.sample_rate_hz}hz-{shape}"

    def log_mel(self, recording: Recording) -> NDArray[np.float16]:
        """Return log-mel frames, shape (n_frames, n_bands), at least one patch long."""
        mono = _resample(recording.mono(), recording.sample_rate_hz, self.sample_rate_hz)
        least = (self.patch_frames - 1) * self.hop
        if len(mono) < least:
            mono = np.tile(mono, -(-least // len(mono)))[:least]
        n_frames = 1 + len(mono) // self.hop
        padded = torch.from_numpy(np.pad(mono, (self.n_fft // 2, self.n_fft)))
        mel = _mel_transform(self)
        frames = np.empty((n_frames, self.n_bands), dtype=np.float16)
        for start in range(0, n_frames, _FRAMES_AT_ONCE):
            stop = min(n_frames, start + _FRAMES_AT_ONCE)
            stretch = padded[start * self.hop : (stop - 1) * self.hop + self.n_fft]
            frames[start:stop] = torch.log(mel(stretch) + 1e-6).T.numpy()
        return frames

    def patch_starts(self, n_frames: int) -> list[int]:
        """Return the first frame of each patch of a clip.

        >>> FrontEnd().patch_starts(101), FrontEnd().patch_starts(160)
        ([0], [0, 50, 59])
        """
        last = n_frames - self.patch_frames
        starts = list(range(0, last + 1, self.patch_hop))
        return starts if starts[-1] == last else [*starts, last]


def _resample(mono: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    if from_hz == to_hz:
        return mono
    common = int(np.gcd(from_hz, to_hz))
    # Not torchaudio's: its kernel grows with the square of coprime rates (44,099 Hz: gigabytes).
    return resample_poly(mono, to_hz // common, from_hz // common).astype(np.float32)


@functools.lru_cache(maxsize=4)
def _mel_transform(front_end: FrontEnd) -> torchaudio.transforms.MelSpectrogram:
    return torchaudio.transforms.MelSpectrogram(
        sample_rate=front_end.sample_rate_hz,
        n_fft=front_end.n_fft,
        win_length=front_end.window,
        hop_length=front_end.hop,
        n_mels=front_end.n_bands,
        center=False,
        mel_scale="slaney",
    )
