"""The building blocks from which the demo sounds are made: noises, envelopes, filters, events.

Conventions: a signal is a 1-D float64 array, mono, with no fixed level (callers normalise);
``rate_hz`` is the sampling rate; every random choice comes from the generator handed in.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy import signal as dsp

Signal = NDArray[np.float64]
Rng = np.random.Generator
Event = Callable[[], Signal]


def time_axis_s(duration_s: float, rate_hz: int) -> Signal:
    """Sample times of a signal of ``duration_s`` seconds (at least one sample)."""
    return np.arange(max(1, round(duration_s * rate_hz))) / rate_hz


def decaying(times_s: Signal, decay_s: float, attack_s: float = 0.002) -> Signal:
    """Envelope that rises within ``attack_s`` and falls by 60 dB in ``decay_s``.

    Examples
    --------
    >>> bool(decaying(np.array([0.0, 0.1]), decay_s=0.1)[1] < 1.1e-3)
    True
    """
    rise = np.clip(times_s / max(attack_s, 1e-4), 0.0, 1.0)
    return rise * np.exp(-6.9078 * times_s / decay_s)


def arched(n_samples: int, edge: float = 0.25) -> Signal:
    """Envelope with raised-cosine edges, each ``edge`` (0-0.5) of the length."""
    return dsp.windows.tukey(max(n_samples, 2), 2.0 * edge)[:n_samples]


def white_noise(rng: Rng, n_samples: int) -> Signal:
    """Gaussian noise of unit variance."""
    return rng.standard_normal(n_samples)


def coloured_noise(rng: Rng, n_samples: int, rate_hz: int, slope_db_per_octave: float) -> Signal:
    """Gaussian noise whose spectrum falls (negative slope) or rises; peak at about 1.

    White is 0, pink -3, brown -6 dB per octave; the spectrum is flat below 30 Hz.
    """
    n_padded = fft.next_fast_len(n_samples, real=True)
    spectrum = fft.rfft(rng.standard_normal(n_padded))
    frequencies_hz = fft.rfftfreq(n_padded, 1.0 / rate_hz)
    spectrum *= (np.maximum(frequencies_hz, 30.0) / 1000.0) ** (slope_db_per_octave / 6.0206)
    spectrum[0] = 0.0
    return normalised(fft.irfft(spectrum, n_padded)[:n_samples])


def normalised(samples: Signal, peak: float = 1.0) -> Signal:
    """The signal scaled to the given peak; silence stays silence."""
    highest = float(np.max(np.abs(samples), initial=0.0))
    return samples * (peak / highest) if highest > 0.0 else samples


def band(
    samples: Signal, rate_hz: int, low_hz: float | None, high_hz: float | None, order: int = 2
) -> Signal:
    """Butterworth band-, high- or low-pass; an edge of None, or beyond Nyquist, is left open."""
    low = low_hz if low_hz is not None and low_hz > 5.0 else None
    high = high_hz if high_hz is not None and high_hz < 0.45 * rate_hz else None
    if low is None and high is None:
        return samples
    if low is not None and high is not None:
        sections = dsp.butter(order, [low, high], "bandpass", fs=rate_hz, output="sos")
    elif low is not None:
        sections = dsp.butter(order, low, "highpass", fs=rate_hz, output="sos")
    else:
        sections = dsp.butter(order, high, "lowpass", fs=rate_hz, output="sos")
    return dsp.sosfilt(sections, samples)


def ringing(
    duration_s: float,
    rate_hz: int,
    frequencies_hz: Signal,
    decays_s: Signal,
    gains: Signal,
) -> Signal:
    """A struck body: the sum of decaying sines, one per mode; modes above Nyquist are dropped."""
    times_s = time_axis_s(duration_s, rate_hz)
    total = np.zeros_like(times_s)
    for frequency_hz, decay_s, gain in zip(frequencies_hz, decays_s, gains, strict=True):
        if frequency_hz < 0.45 * rate_hz:
            total += gain * decaying(times_s, decay_s) * np.sin(2 * np.pi * frequency_hz * times_s)
    return total


def gliding_tone(frequencies_hz: Signal, rate_hz: int, harmonic_gains: tuple[float, ...]) -> Signal:
    """A harmonic tone that follows an instantaneous frequency given per sample.

    ``harmonic_gains[k]`` weighs harmonic k + 1; harmonics above Nyquist are dropped.
    """
    phase = 2 * np.pi * np.cumsum(frequencies_hz) / rate_hz
    highest_hz = float(np.max(frequencies_hz))
    total = np.zeros_like(phase)
    for number, gain in enumerate(harmonic_gains, start=1):
        if gain and number * highest_hz < 0.45 * rate_hz:
            total += gain * np.sin(number * phase)
    return total


def resonant(samples: Signal, rate_hz: int, frequency_hz: float, sharpness: float) -> Signal:
    """One resonance of quality factor ``sharpness`` (a formant, a panel, a tube)."""
    frequency_hz = min(frequency_hz, 0.45 * rate_hz)
    numerator, denominator = dsp.iirpeak(frequency_hz, sharpness, fs=rate_hz)
    return dsp.lfilter(numerator, denominator, samples)


def onsets_s(
    rng: Rng, duration_s: float, period_s: float, jitter: float, first_s: float
) -> list[float]:
    """Times of repeated events: every ``period_s``, each interval varied by ``jitter`` (0-1).

    The first comes at ``first_s``, but never later than a third into the signal, so that
    every signal holds at least one event.
    """
    times = [min(first_s, duration_s / 3.0)]
    while True:
        following = times[-1] + period_s * max(0.2, 1.0 + jitter * rng.standard_normal())
        if following >= duration_s - 0.05:
            return times
        times.append(following)


def placed(n_samples: int, rate_hz: int, starts_s: list[float], make_event: Event) -> Signal:
    """A signal with one event at each start; what reaches past the end is cut off."""
    total = np.zeros(n_samples)
    for start_s in starts_s:
        start = round(start_s * rate_hz)
        event = make_event()[: max(0, n_samples - start)]
        total[start : start + len(event)] += event
    return total


def scattered(
    rng: Rng,
    n_samples: int,
    rate_hz: int,
    *,
    events_per_s: float,
    spread_db: float,
) -> Signal:
    """Sparse impulses at random times, with random sign and level (a Poisson process)."""
    n_events = max(1, rng.poisson(events_per_s * n_samples / rate_hz))
    impulses = np.zeros(n_samples)
    levels = 10.0 ** (spread_db * rng.standard_normal(n_events) / 20.0)
    np.add.at(
        impulses, rng.integers(0, n_samples, n_events), levels * rng.choice([-1.0, 1.0], n_events)
    )
    return impulses
