"""Demo sounds that people make: applause, footsteps, whistling, knocking on a door.

In each function ``source`` draws what is sounding (the size of the dog, the floor, the bell) and
``rng`` what it does in this recording; the result is a mono signal of exactly ``n_samples`` samples
with a peak of 1.
"""

import numpy as np

from datasets_app.demo.waves import (
    Rng,
    Signal,
    arched,
    band,
    decaying,
    gliding_tone,
    normalised,
    onsets_s,
    placed,
    ringing,
    time_axis_s,
    white_noise,
)

MAJOR_SCALE_SEMITONES = (0, 2, 4, 5, 7, 9, 11, 12)


def applause(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """An audience: hundreds of hand claps a second, dying away in most recordings."""
    duration_s = n_samples / rate_hz
    n_claps = rng.poisson(source.uniform(40.0, 220.0) * duration_s) + 5
    starts = np.sort(rng.uniform(0.0, duration_s, n_claps))
    claps = _clap_palette(source, rate_hz)

    def one_clap() -> Signal:
        return claps[int(rng.integers(len(claps)))] * rng.uniform(0.2, 1.0)

    crowd = placed(n_samples, rate_hz, list(starts), one_clap)
    course = np.linspace(0.0, 1.0, n_samples)
    fade = 1.0 - rng.uniform(0.0, 0.85) * course ** rng.uniform(1.0, 3.0)
    return normalised(crowd * fade)


def _clap_palette(source: Rng, rate_hz: int) -> list[Signal]:
    """A dozen different hands."""
    palette = []
    for _ in range(12):
        times_s = time_axis_s(0.05, rate_hz)
        centre_hz = source.uniform(700.0, 2200.0)
        burst = band(white_noise(source, len(times_s)), rate_hz, 0.6 * centre_hz, 1.9 * centre_hz)
        palette.append(burst * decaying(times_s, source.uniform(0.02, 0.05), 0.0005))
    return palette


def footsteps(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """Someone walking: heel, then sole, on wood, stone or gravel, about two steps a second."""
    thump_hz, (low_hz, high_hz), grit_s = _floor(source)

    def one_step() -> Signal:
        times_s = time_axis_s(0.28, rate_hz)
        heel = np.sin(2 * np.pi * thump_hz * times_s) * decaying(times_s, 0.08, 0.003)
        grit = band(white_noise(rng, len(times_s)), rate_hz, low_hz, high_hz)
        sole_s = np.maximum(times_s - rng.uniform(0.05, 0.1), 0.0)
        envelope = decaying(times_s, grit_s) + 0.7 * decaying(sole_s, grit_s, 0.01)
        return rng.uniform(0.6, 1.0) * (0.8 * heel + 0.6 * grit * envelope)

    starts = onsets_s(
        rng, n_samples / rate_hz, rng.uniform(0.42, 0.68), 0.06, rng.uniform(0.02, 0.3)
    )
    return normalised(placed(n_samples, rate_hz, starts, one_step))


def _floor(source: Rng) -> tuple[float, tuple[float, float], float]:
    """Draw a floor: heel resonance in Hz, band of the friction noise in Hz, its decay in s."""
    floors = (
        (source.uniform(90.0, 160.0), (300.0, 1800.0), 0.06),
        (source.uniform(150.0, 240.0), (1200.0, 5000.0), 0.04),
        (source.uniform(80.0, 120.0), (1500.0, 7000.0), 0.16),
    )
    return floors[int(source.integers(len(floors)))]


def whistling(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """A person whistling a tune: nearly pure notes of a scale, with vibrato and breath."""
    tonic_hz = source.uniform(750.0, 1300.0)
    pitches_hz = np.zeros(n_samples)
    level = np.zeros(n_samples)
    position = 0
    while position < n_samples:
        length = min(round(rng.uniform(0.18, 0.6) * rate_hz), n_samples - position)
        semitones = MAJOR_SCALE_SEMITONES[int(rng.integers(len(MAJOR_SCALE_SEMITONES)))]
        pitches_hz[position : position + length] = tonic_hz * 2.0 ** (semitones / 12.0)
        level[position : position + length] = 0.15 + 0.85 * arched(length, 0.15)
        position += length
    slide = max(1, round(0.02 * rate_hz))
    pitches_hz = np.convolve(np.pad(pitches_hz, slide, "edge"), np.ones(slide) / slide, "same")
    pitches_hz = pitches_hz[slide : slide + n_samples]
    vibrato = 0.012 * np.sin(2 * np.pi * rng.uniform(4.5, 7.0) * np.arange(n_samples) / rate_hz)
    tone = gliding_tone(pitches_hz * (1.0 + vibrato), rate_hz, (1.0, 0.05, 0.01))
    breath = band(white_noise(rng, n_samples), rate_hz, 1000.0, 4000.0)
    return normalised((tone + rng.uniform(0.02, 0.12) * breath) * level)


def knock(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """Knuckles on a door: groups of two to five quick, dull, woody blows."""
    panel_hz = source.uniform(110.0, 320.0) * np.array([1.0, 1.7, 2.6, 4.1])
    decays_s = source.uniform(0.06, 0.14) * np.array([1.0, 0.8, 0.6, 0.4])
    gains = np.array([1.0, 0.7, 0.5, 0.3]) * source.uniform(0.6, 1.2, 4)

    def one_blow() -> Signal:
        body = ringing(0.2, rate_hz, panel_hz, decays_s, gains)
        touch = white_noise(rng, len(body)) * decaying(time_axis_s(0.2, rate_hz), 0.012, 0.0003)
        return rng.uniform(0.65, 1.0) * (body + 0.5 * band(touch, rate_hz, 300.0, 3500.0))

    duration_s = n_samples / rate_hz
    n_blows = int(source.integers(2, 6))
    spacing_s = source.uniform(0.13, 0.26)
    groups = onsets_s(
        rng, duration_s, n_blows * spacing_s + rng.uniform(0.5, 1.3), 0.15, rng.uniform(0.02, 0.5)
    )
    starts = [start + k * spacing_s for start in groups for k in range(n_blows)]
    starts = [start for start in starts if start < duration_s - 0.03]
    return normalised(placed(n_samples, rate_hz, starts, one_blow))
