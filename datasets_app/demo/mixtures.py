"""Mixtures of two sounds: one predominant, the other quieter or shorter."""

from enum import StrEnum

import numpy as np

from datasets_app.demo.waves import Signal, arched, normalised

QUIETER_DB = (3.0, 12.0)
SEQUENTIAL_SHARE = (0.6, 0.8)


class Arrangement(StrEnum):
    """How the sounds of a clip lie in time."""

    ALONE = "alone"
    OVERLAID = "overlaid"
    SEQUENTIAL = "sequential"


def active_rms(samples: Signal, n_frames: int = 40) -> float:
    """RMS of the loudest quarter of the signal: the level of its events, not of its pauses."""
    frames = np.array_split(samples, min(n_frames, len(samples)))
    energies = np.sort([float(np.mean(frame**2)) for frame in frames])
    return float(np.sqrt(np.mean(energies[-max(1, len(energies) // 4) :])))


def overlay(predominant: Signal, second: Signal, *, quieter_db: float) -> Signal:
    """Sum of two signals of one length, the second ``quieter_db`` below the first.

    Levels are compared by ``active_rms``; the sum is scaled to a peak of 1.
    """
    gain = active_rms(predominant) / max(active_rms(second), 1e-9) * 10.0 ** (-quieter_db / 20.0)
    return normalised(predominant + gain * second)


def join(
    predominant: Signal, second: Signal, *, quieter_db: float, second_first: bool, rate_hz: int
) -> Signal:
    """One sound after the other, with 20 ms fades at the seam; lengths add up."""
    gain = active_rms(predominant) / max(active_rms(second), 1e-9) * 10.0 ** (-quieter_db / 20.0)
    parts = [_faded(predominant, rate_hz), _faded(gain * second, rate_hz)]
    return normalised(np.concatenate(parts[::-1] if second_first else parts))


def _faded(samples: Signal, rate_hz: int) -> Signal:
    edge = min(0.5, 0.02 * rate_hz / max(len(samples), 1))
    return samples * arched(len(samples), edge)
