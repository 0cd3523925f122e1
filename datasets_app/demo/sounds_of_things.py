"""Demo sounds of things: siren, doorbell, clock, bell, idling engine.

In each function ``source`` draws what is sounding (the size of the dog, the floor, the bell) and
``rng`` what it does in this recording; the result is a mono signal of exactly ``n_samples`` samples
with a peak of 1.
"""

import numpy as np
from scipy import signal as dsp

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
    resonant,
    ringing,
    time_axis_s,
    white_noise,
)


def siren(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """An emergency siren: slow wail, quick yelp or two alternating tones, through a horn."""
    times_s = np.arange(n_samples) / rate_hz
    low_hz, ratio = source.uniform(420.0, 750.0), source.uniform(1.5, 2.3)
    phase = rng.uniform(0.0, 1.0)
    kind = int(source.integers(3))
    if kind == 0:
        course = 0.5 + 0.5 * np.sin(2 * np.pi * (rng.uniform(0.15, 0.45) * times_s + phase))
    elif kind == 1:
        course = 0.5 + 0.5 * dsp.sawtooth(
            2 * np.pi * (rng.uniform(2.0, 4.5) * times_s + phase), 0.3
        )
    else:
        ratio = rng.uniform(1.25, 1.5)
        course = 0.5 + 0.5 * dsp.square(2 * np.pi * (rng.uniform(0.4, 1.1) * times_s + phase))
    tone = gliding_tone(low_hz * ratio**course, rate_hz, (1.0, 0.6, 0.45, 0.25, 0.15))
    distance = 1.0 - rng.uniform(0.0, 0.8) * np.linspace(0.0, 1.0, n_samples)
    return normalised(band(np.tanh(2.0 * tone), rate_hz, 300.0, 4500.0) * distance)


def doorbell(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """A door chime: two to four bright falling notes, perhaps rung again."""
    top_hz = source.uniform(520.0, 900.0)
    notes = (1.0, 0.794) if source.random() < 0.7 else (1.0, 0.794, 0.891, 0.595)
    spacing_s = source.uniform(0.35, 0.6)
    decay_s = source.uniform(0.7, 1.6)
    strike_gains = np.array([1.0, source.uniform(0.1, 0.4), source.uniform(0.05, 0.3), 0.08])

    def one_ring() -> Signal:
        length = round((spacing_s * len(notes) + decay_s) * rate_hz)
        starts = [k * spacing_s for k in range(len(notes))]
        pitches = iter(notes)

        def one_note() -> Signal:
            modes_hz = top_hz * next(pitches) * np.array([1.0, 2.0, 3.0, 5.4])
            decays_s = decay_s * np.array([1.0, 0.6, 0.4, 0.15])
            return ringing(decay_s, rate_hz, modes_hz, decays_s, strike_gains)

        return placed(length, rate_hz, starts, one_note)

    rings = onsets_s(
        rng,
        n_samples / rate_hz,
        spacing_s * len(notes) + rng.uniform(0.8, 2.5),
        0.15,
        rng.uniform(0.02, 0.3),
    )
    return normalised(placed(n_samples, rate_hz, rings, one_ring))


def clock_tick(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """A mechanical clock: very regular, short, bright clicks, tick and tock alternating."""
    click_hz = source.uniform(1800.0, 4800.0) * np.array([1.0, 1.43, 2.1])
    tock_ratio = source.uniform(0.7, 0.95)
    ticks = iter(range(10_000))

    def one_click() -> Signal:
        pitch = tock_ratio if next(ticks) % 2 else 1.0
        body = ringing(
            0.05, rate_hz, pitch * click_hz, np.array([0.03, 0.02, 0.012]), np.array([1, 0.6, 0.4])
        )
        knock = white_noise(rng, len(body)) * decaying(time_axis_s(0.05, rate_hz), 0.006, 0.0002)
        return rng.uniform(0.85, 1.0) * (body + 0.4 * knock)

    period_s = 1.0 / source.choice([1.0, 2.0, 2.5, 4.0, 5.0])
    starts = onsets_s(rng, n_samples / rate_hz, period_s, 0.008, rng.uniform(0.0, period_s))
    return normalised(placed(n_samples, rate_hz, starts, one_click))


def bell(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """A cast bell: inharmonic partials that ring for seconds, struck once or tolling."""
    hum_hz = source.uniform(180.0, 620.0)
    partials_hz = (
        hum_hz * np.array([1.0, 2.0, 2.4, 3.0, 4.0, 5.33, 6.67]) * source.uniform(0.985, 1.015, 7)
    )
    decay_s = source.uniform(2.0, 5.0)
    decays_s = decay_s * np.array([1.0, 0.8, 0.6, 0.5, 0.35, 0.22, 0.15])
    gains = np.array([0.5, 0.8, 1.0, 0.5, 0.6, 0.35, 0.25]) * source.uniform(0.5, 1.3, 7)

    def one_stroke() -> Signal:
        return rng.uniform(0.7, 1.0) * ringing(decay_s, rate_hz, partials_hz, decays_s, gains)

    starts = onsets_s(rng, n_samples / rate_hz, rng.uniform(1.2, 4.0), 0.05, rng.uniform(0.02, 0.4))
    return normalised(placed(n_samples, rate_hz, starts, one_stroke))


def idling_engine(source: Rng, rng: Rng, n_samples: int, rate_hz: int) -> Signal:
    """A standing car: uneven low pulses of the cylinders, exhaust and rattling metal."""
    firing_hz = source.uniform(17.0, 42.0)
    duration_s = n_samples / rate_hz
    strength = source.uniform(0.6, 1.0, 4)
    cylinder = iter(range(100_000))

    def one_pulse() -> Signal:
        times_s = time_axis_s(0.03, rate_hz)
        shape = decaying(times_s, 0.02, 0.002) * strength[next(cylinder) % 4]
        return shape * (1.0 + 0.5 * white_noise(rng, len(times_s)))

    starts = onsets_s(rng, duration_s, 1.0 / firing_hz, 0.05, 0.0)
    pulses = placed(n_samples, rate_hz, starts, one_pulse)
    exhaust = resonant(pulses, rate_hz, source.uniform(70.0, 140.0), 2.0)
    block = resonant(pulses, rate_hz, source.uniform(220.0, 520.0), 3.0)
    rattle = band(white_noise(rng, n_samples), rate_hz, 800.0, rng.uniform(2500.0, 5000.0))
    total = normalised(exhaust) + source.uniform(0.3, 0.8) * normalised(block)
    return normalised((total + rng.uniform(0.02, 0.12) * rattle) * arched(n_samples, 0.01))
