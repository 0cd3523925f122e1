"""Mixtures of two ESC-10 recordings, and the labels that are hidden from the teacher.

Each mixture has two classes. Its parts are brought to one loudness (root mean square) and mixed at
a level difference drawn evenly from -6 to 6 dB. Of the labels of the development mixtures
``HIDDEN_SHARE`` are hidden, never both of one mixture: a clip without any label would not be in a
release.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from benchmarks.experiments.esc10 import Recording
from benchmarks.experiments.release_folder import Sound
from ml_worker.recordings.audio import decode

RATE_HZ = 22_050
SECONDS = 5.0
HIDDEN_SHARE = 0.30
LEVEL_DIFFERENCE_DB = 6.0


@dataclass(frozen=True, slots=True)
class Mixture:
    """Two recordings sounding together; ``hidden`` is the label that is kept back, if any."""

    name: str
    parts: tuple[Recording, Recording]
    level_db: float
    hidden: str | None = None

    @property
    def mids(self) -> tuple[str, str]:
        """Both classes that sound."""
        return (self.parts[0].mid, self.parts[1].mid)

    @property
    def known_mids(self) -> tuple[str, ...]:
        """The labels that are told."""
        return tuple(mid for mid in self.mids if mid != self.hidden)


def draw_mixtures(
    recordings: Sequence[Recording], n: int, prefix: str, rng: np.random.Generator
) -> list[Mixture]:
    """Draw pairs of recordings of different classes, each recording as often as any other."""
    mixtures: list[Mixture] = []
    while len(mixtures) < n:
        order = rng.permutation(len(recordings))
        for first, second in zip(order[::2], order[1::2], strict=False):
            pair = (recordings[first], recordings[second])
            if pair[0].mid != pair[1].mid and len(mixtures) < n:
                level_db = float(rng.uniform(-LEVEL_DIFFERENCE_DB, LEVEL_DIFFERENCE_DB))
                mixtures.append(Mixture(f"{prefix}{len(mixtures):04d}", pair, level_db))
    return mixtures


def hide_labels(mixtures: Sequence[Mixture], rng: np.random.Generator) -> list[Mixture]:
    """Hide ``HIDDEN_SHARE`` of all labels, at most one of each mixture."""
    n_hidden = round(HIDDEN_SHARE * 2 * len(mixtures))
    chosen = set(rng.permutation(len(mixtures))[:n_hidden].tolist())
    sides = rng.integers(0, 2, size=len(mixtures))
    return [
        Mixture(m.name, m.parts, m.level_db, m.mids[sides[i]]) if i in chosen else m
        for i, m in enumerate(mixtures)
    ]


def render(mixture: Mixture) -> Sound:
    """Return the mixture's samples, peak at 0.9 of full scale."""
    first, second = (_five_seconds(part) for part in mixture.parts)
    mixed = first + 10 ** (mixture.level_db / 20) * second
    return Sound((0.9 * mixed / np.abs(mixed).max()).astype(np.float32), RATE_HZ)


def _five_seconds(recording: Recording) -> NDArray[np.float64]:
    sound = decode(recording.path)
    common = int(np.gcd(sound.sample_rate_hz, RATE_HZ))
    mono = resample_poly(sound.mono(), RATE_HZ // common, sound.sample_rate_hz // common)
    whole = np.resize(mono, round(SECONDS * RATE_HZ))
    return whole / max(np.sqrt(np.mean(whole**2)), 1e-6)
