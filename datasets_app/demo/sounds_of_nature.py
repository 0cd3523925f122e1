"""Demo sounds of animals and weather: bark, bird chirp, rain, thunder, water drip.

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
    coloured_noise,
    decaying,
    gliding_tone,
    normalised,
    onsets_s,
    placed,
    resonant,
    scattered,
    time_axis_s,
    white_noise,
)


def bark(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """A dog: harsh harmonic bursts whose pitch rises and falls, in groups of one to three."""
    pitch_hz = source.uniform(220.0, 750.0)
    group_size = int(source.integers(1, 4))
    formant_hz = pitch_hz * source.uniform(2.0, 3.5)

    def one_bark() -> Signal:
        times_s = time_axis_s(rng.uniform(0.11, 0.24), rate_hz)
        glide = 1.0 + 0.35 * np.sin(np.pi * times_s / times_s[-1]) - 0.15 * times_s / times_s[-1]
        voice = gliding_tone(
            pitch_hz * rng.uniform(0.92, 1.08) * glide, rate_hz, tuple(1.0 / k for k in range(1, 9))
        )
        breath = band(white_noise(rng, len(times_s)), rate_hz, formant_hz * 0.7, formant_hz * 2.5)
        harsh = np.tanh(2.0 * voice + rng.uniform(0.4, 1.2) * breath)
        return (harsh + 1.5 * resonant(harsh, rate_hz, formant_hz, 3.0)) * arched(len(times_s), 0.3)

    duration_s = n_samples / rate_hz
    groups = onsets_s(rng, duration_s, rng.uniform(0.7, 1.6), 0.25, rng.uniform(0.02, 0.4))
    spacing_s = source.uniform(0.22, 0.35)
    starts = [start + k * spacing_s for start in groups for k in range(group_size)]
    starts = [start for start in starts if start < duration_s - 0.05]
    return normalised(placed(n_samples, rate_hz, starts, one_bark))


def bird_chirp(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """A small bird: phrases of very short whistled sweeps between 2 and 7 kHz."""
    centre_hz = source.uniform(2600.0, 6000.0)
    sweep = source.uniform(-0.45, 0.45)
    note_s = source.uniform(0.035, 0.12)
    n_notes = int(source.integers(2, 9))

    def one_note() -> Signal:
        times_s = time_axis_s(note_s * rng.uniform(0.8, 1.2), rate_hz)
        course = np.linspace(-0.5, 0.5, len(times_s))
        wobble = 0.04 * np.sin(2 * np.pi * rng.uniform(20.0, 45.0) * times_s)
        pitches_hz = centre_hz * rng.uniform(0.94, 1.06) * (1.0 + sweep * course + wobble)
        return gliding_tone(pitches_hz, rate_hz, (1.0, 0.12)) * arched(len(times_s), 0.4)

    duration_s = n_samples / rate_hz
    gap_s = note_s * source.uniform(1.2, 2.2)
    phrases = onsets_s(
        rng, duration_s, n_notes * gap_s + rng.uniform(0.3, 1.2), 0.3, rng.uniform(0.0, 0.4)
    )
    starts = [start + k * gap_s for start in phrases for k in range(n_notes)]
    starts = [start for start in starts if start < duration_s - 0.02]
    return normalised(placed(n_samples, rate_hz, starts, one_note))


def rain(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """Steady rain: a bright hiss with many small drops on top, slowly swelling."""
    low_hz = source.uniform(400.0, 1500.0)
    hiss = band(
        coloured_noise(rng, n_samples, rate_hz, rng.uniform(-3.5, -0.5)), rate_hz, low_hz, None
    )
    drops = scattered(rng, n_samples, rate_hz, events_per_s=rng.uniform(150, 900), spread_db=6.0)
    drops = band(drops, rate_hz, rng.uniform(1200.0, 2500.0), rng.uniform(4500.0, 9000.0))
    times_s = np.arange(n_samples) / rate_hz
    swell = 1.0 + 0.25 * np.sin(
        2 * np.pi * rng.uniform(0.05, 0.25) * times_s + rng.uniform(0.0, 6.28)
    )
    return normalised(
        swell * (normalised(hiss) + rng.uniform(0.2, 1.2) * normalised(drops)),
    )


def thunder(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """Thunder: sometimes a crack, then a low rumble rolling away in several waves."""
    times_s = np.arange(n_samples) / rate_hz
    duration_s = n_samples / rate_hz
    rumble = band(
        coloured_noise(rng, n_samples, rate_hz, -6.0), rate_hz, 25.0, rng.uniform(120.0, 320.0)
    )
    start_s = rng.uniform(0.0, 0.15) * duration_s
    envelope = np.zeros(n_samples)
    for _ in range(int(rng.integers(2, 6))):
        peak_s = start_s + rng.uniform(0.0, 0.5) * duration_s
        width_s = rng.uniform(0.15, 0.5) * max(duration_s, 1.0)
        envelope += rng.uniform(0.3, 1.0) * np.exp(-(((times_s - peak_s) / width_s) ** 2))
    after_s = np.maximum(times_s - start_s, 0.0)
    strike = white_noise(rng, n_samples) * decaying(after_s, rng.uniform(0.5, 1.5), 0.01)
    crack = band(strike, rate_hz, 80.0, rng.uniform(1200.0, 3500.0))
    return normalised(
        normalised(rumble * envelope) + rng.choice([0.0, 0.25, 0.6]) * normalised(crack)
    )


def water_drip(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """Drops falling into water: each a short ringing bubble whose pitch rises as it closes."""
    bubble_hz = source.uniform(600.0, 1900.0)
    rise = source.uniform(0.15, 0.7)
    decay_s = source.uniform(0.04, 0.13)

    def one_drop() -> Signal:
        times_s = time_axis_s(0.2, rate_hz)
        pitches_hz = bubble_hz * rng.uniform(0.85, 1.2) * (1.0 + rise * times_s / decay_s)
        plop = gliding_tone(
            np.minimum(pitches_hz, 3.0 * bubble_hz), rate_hz, (1.0, 0.08)
        ) * decaying(times_s, decay_s)
        splash = band(white_noise(rng, len(times_s)), rate_hz, 2500.0, 7000.0)
        return rng.uniform(0.5, 1.0) * (plop + 0.12 * splash * decaying(times_s, 0.015))

    starts = onsets_s(rng, n_samples / rate_hz, rng.uniform(0.35, 1.4), 0.3, rng.uniform(0.03, 0.5))
    return normalised(placed(n_samples, rate_hz, starts, one_drop))
