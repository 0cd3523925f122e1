"""From a recording to log-mel frames and patches (FSD50K baselines; Fonseca et al. 2021).

22,050 Hz mono; 96 log-mel bands, 30 ms Hann window (660 samples), 10 ms hop (220); patches of 101
frames with 50 % overlap; clips under one second are repeated. Not published and therefore ours:
Slaney mel scale from 0 Hz to half the sample rate, log(power + 1e-6), and a last patch aligned with
the clip's end so that every frame is used.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import torch
import torchaudio
from numpy.typing import NDArray

from ml_worker.features.resampling import resample
from ml_worker.recordings.audio import Recording

_FRAMES_AT_ONCE = 6000
_DB_PER_NEPER_OF_POWER = 10 / math.log(10)


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
    silence_db: float = 0.0

    @property
    def frames_id(self) -> str:
        """A name for caches that changes with anything that changes the frames.

        >>> FrontEnd().frames_id
        'logmel1-22050hz-96x660x220x1024'
        """
        shape = f"{self.n_bands}x{self.window}x{self.hop}x{self.n_fft}"
        return f"logmel1-{self.sample_rate_hz}hz-{shape}"

    @property
    def id(self) -> str:
        """A name for protocols that changes with anything that changes what a model is shown.

        >>> FrontEnd(silence_db=40).id
        'logmel1-22050hz-96x660x220x1024-without-40db-silence'
        """
        silence = f"-without-{self.silence_db:g}db-silence" if self.silence_db else ""
        return self.frames_id + silence

    def log_mel(self, recording: Recording, device: str = "cpu") -> NDArray[np.float16]:
        """Return log-mel frames, shape (n_frames, n_bands), at least one patch long.

        ``device`` is where the transform runs; a GPU's numbers differ in the last bits.
        """
        mono = resample(recording.mono(), recording.sample_rate_hz, self.sample_rate_hz)
        mono = repeat_to(mono, (self.patch_frames - 1) * self.hop)
        n_frames = 1 + len(mono) // self.hop
        padded = torch.from_numpy(np.pad(mono, (self.n_fft // 2, self.n_fft)))
        window, filters = _window_and_filters(self, device)
        frames = np.empty((n_frames, self.n_bands), dtype=np.float16)
        for start in range(0, n_frames, _FRAMES_AT_ONCE):
            stop = min(n_frames, start + _FRAMES_AT_ONCE)
            stretch = padded[start * self.hop : (stop - 1) * self.hop + self.n_fft].to(device)
            spectrum = torch.stft(
                stretch, self.n_fft, self.hop, window=window, center=False, return_complex=True
            )
            # Squares of both parts: torchaudio's own Spectrogram takes a root first, for nothing.
            power = spectrum.real.square() + spectrum.imag.square()
            frames[start:stop] = torch.log(power.T @ filters + 1e-6).half().cpu().numpy()
        return frames

    def patch_starts(self, n_frames: int) -> list[int]:
        """Return the first frame of each patch of a clip.

        >>> FrontEnd().patch_starts(101), FrontEnd().patch_starts(160)
        ([0], [0, 50, 59])
        """
        last = n_frames - self.patch_frames
        starts = list(range(0, last + 1, self.patch_hop))
        return starts if starts[-1] == last else [*starts, last]

    def sounding_patch_starts(self, frames: NDArray[np.float16]) -> list[int]:
        """Return the first frame of each patch of a clip's frames that is not silent.

        A patch is silent where its loudest band of any frame lies more than ``silence_db`` below
        the clip's loudest: many recordings are padded, and silence says nothing of the class that
        the clip is labelled with. Silent segments are discarded as in Piczak, "Environmental sound
        classification with convolutional neural networks" (MLSP 2015). At 0 dB none is.

        >>> frames = np.full((201, 96), -13, dtype=np.float16)
        >>> frames[10] = 0
        >>> FrontEnd().sounding_patch_starts(frames)
        [0, 50, 100]
        >>> FrontEnd(silence_db=40).sounding_patch_starts(frames)
        [0]
        """
        starts = self.patch_starts(len(frames))
        if not self.silence_db:
            return starts
        levels = np.asarray(frames).max(axis=1).astype(np.float32)
        least = levels.max() - self.silence_db / _DB_PER_NEPER_OF_POWER
        return [s for s in starts if levels[s : s + self.patch_frames].max() >= least]


def repeat_to(mono: NDArray[np.float32], least: int) -> NDArray[np.float32]:
    """Return the samples, repeated from their beginning until there are ``least`` of them.

    >>> repeat_to(np.array([1.0, 2.0, 3.0]), 5).tolist()
    [1.0, 2.0, 3.0, 1.0, 2.0]
    """
    if len(mono) >= least:
        return mono
    return np.tile(mono, -(-least // len(mono)))[:least]


@functools.lru_cache(maxsize=4)
def _window_and_filters(front_end: FrontEnd, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the window in the middle of ``n_fft`` samples, and filters (n_bins, n_bands)."""
    window = torch.zeros(front_end.n_fft)
    before = (front_end.n_fft - front_end.window) // 2
    window[before : before + front_end.window] = torch.hann_window(front_end.window)
    filters = torchaudio.functional.melscale_fbanks(
        n_freqs=front_end.n_fft // 2 + 1,
        f_min=0.0,
        f_max=front_end.sample_rate_hz / 2,
        n_mels=front_end.n_bands,
        sample_rate=front_end.sample_rate_hz,
        mel_scale="slaney",
    )
    return window.to(device), filters.to(device)
