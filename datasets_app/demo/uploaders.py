"""The demo's uploaders: how many clips each gives, of what, and through which microphone."""

from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy import signal as dsp

from datasets_app.demo.waves import Signal, band, coloured_noise, decaying, normalised

_FIRST_NAMES = (
    "mossy", "fern", "otter", "north", "velvet", "copper", "hazel", "plaza", "river", "tin",
    "amber", "lowland", "harbour", "dusty", "quiet", "loud", "paper", "green", "silver", "winter",
    "morning", "field", "city", "cellar",
)  # fmt: skip
_LAST_NAMES = (
    "recorder", "ears", "sounds", "tapes", "fox", "mic", "audio", "echo", "walker", "lab",
    "waves", "foley", "signal", "hunter", "reel", "box",
)  # fmt: skip

FAVOURITE_WEIGHT = 6.0
ZIPF_EXPONENT = 0.9


@dataclass(frozen=True, slots=True)
class RecordingChain:
    """What every recording of one uploader has in common.

    Attributes
    ----------
    noise_floor_db
        RMS of the added noise relative to the loudest sample of the sound.
    noise_slope_db
        Colour of that noise, in dB per octave.
    hum_db
        Level of the mains hum (50 or 60 Hz and overtones), relative as above.
    hum_hz
        Mains frequency.
    tilt_db_per_octave
        Slope of the equaliser around 1 kHz; negative is dull, positive is bright.
    low_cut_hz
        Corner of the high-pass filter.
    reverb_s, wetness
        Reverberation time (60 dB) of the place and the share of its sound (0-1).
    rate_hz
        Sampling rate of the device.
    stereo
        Whether files have two channels.
    """

    noise_floor_db: float
    noise_slope_db: float
    hum_db: float
    hum_hz: float
    tilt_db_per_octave: float
    low_cut_hz: float
    reverb_s: float
    wetness: float
    rate_hz: int
    stereo: bool


@dataclass(frozen=True, slots=True)
class Uploader:
    """One simulated uploader; ``favourites`` are the ids of the classes recorded most."""

    name: str
    n_clips: int
    favourites: tuple[str, ...]
    chain: RecordingChain


def zipf_sizes(n_items: int, n_groups: int, exponent: float = ZIPF_EXPONENT) -> list[int]:
    """Share out items over groups, one each and the rest in proportion to 1 / rank**exponent.

    Raises
    ------
    ValueError
        With fewer items than groups.

    Examples
    --------
    >>> zipf_sizes(10, 4, exponent=1.0)
    [4, 2, 2, 2]
    """
    if n_items < n_groups:
        raise ValueError(f"{n_items} items cannot fill {n_groups} groups; give at least as many.")
    weights = 1.0 / np.arange(1, n_groups + 1) ** exponent
    exact = (n_items - n_groups) * weights / weights.sum()
    sizes = 1 + np.floor(exact).astype(int)
    by_remainder = np.argsort(-(exact - np.floor(exact)), kind="stable")
    sizes[by_remainder[: n_items - int(sizes.sum())]] += 1
    return [int(size) for size in sizes]


def draw_chain(rng: np.random.Generator) -> RecordingChain:
    """Draw one uploader's equipment and surroundings."""
    return RecordingChain(
        noise_floor_db=float(rng.uniform(-58.0, -24.0)),
        noise_slope_db=float(rng.uniform(-6.0, 0.0)),
        hum_db=float(rng.uniform(-45.0, -28.0)) if rng.random() < 0.25 else -120.0,
        hum_hz=float(rng.choice([50.0, 60.0])),
        tilt_db_per_octave=float(rng.uniform(-3.5, 2.5)),
        low_cut_hz=float(rng.choice([20.0, 40.0, 80.0, 120.0])),
        reverb_s=float(rng.uniform(0.1, 1.1)),
        wetness=float(rng.uniform(0.0, 0.5)),
        rate_hz=int(rng.choice([44_100, 22_050, 48_000], p=[0.72, 0.16, 0.12])),
        stereo=bool(rng.random() < 0.12),
    )


def draw_uploaders(
    rng: np.random.Generator, *, n_clips: int, n_uploaders: int, mids: list[str]
) -> list[Uploader]:
    """Draw uploaders of Zipf-like sizes, largest first, with one to four favourite classes."""
    pairs = [(first, last) for first in _FIRST_NAMES for last in _LAST_NAMES]
    order = rng.permutation(len(pairs))[:n_uploaders]
    uploaders = []
    for index, size in zip(order, zipf_sizes(n_clips, n_uploaders), strict=True):
        first, last = pairs[int(index)]
        number = str(rng.integers(2, 99)) if rng.random() < 0.3 else ""
        favourites = rng.permutation(len(mids))[: int(rng.integers(1, 5))]
        name = f"{first}{rng.choice(['_', '', '-'])}{last}{number}"
        mids_liked = tuple(mids[int(k)] for k in favourites)
        uploaders.append(Uploader(name, size, mids_liked, draw_chain(rng)))
    return uploaders


def record_through(
    rng: np.random.Generator, samples: Signal, chain: RecordingChain, rate_hz: int
) -> Signal:
    """Pass a mono sound (peak 1) through the uploader's place and equipment."""
    heard = _in_room(rng, samples, rate_hz, chain)
    heard = normalised(
        band(_tilted(heard, rate_hz, chain.tilt_db_per_octave), rate_hz, chain.low_cut_hz, None)
    )
    return heard + _device_noise(rng, len(heard), rate_hz, chain)


def _in_room(
    rng: np.random.Generator, samples: Signal, rate_hz: int, chain: RecordingChain
) -> Signal:
    times_s = np.arange(max(2, round(chain.reverb_s * rate_hz))) / rate_hz
    tail = rng.standard_normal(len(times_s)) * decaying(times_s, chain.reverb_s, 0.005)
    wet = dsp.fftconvolve(samples, tail)[: len(samples)]
    return (1.0 - chain.wetness) * samples + chain.wetness * normalised(wet)


def _tilted(samples: Signal, rate_hz: int, tilt_db_per_octave: float) -> Signal:
    n_padded = fft.next_fast_len(len(samples) + rate_hz // 10, real=True)
    frequencies_hz = np.clip(fft.rfftfreq(n_padded, 1.0 / rate_hz), 60.0, 12_000.0)
    gains = (frequencies_hz / 1000.0) ** (tilt_db_per_octave / 6.0206)
    return fft.irfft(fft.rfft(samples, n_padded) * gains, n_padded)[: len(samples)]


def _device_noise(
    rng: np.random.Generator, n_samples: int, rate_hz: int, chain: RecordingChain
) -> Signal:
    hiss = coloured_noise(rng, n_samples, rate_hz, chain.noise_slope_db)
    hiss *= 10.0 ** (chain.noise_floor_db / 20.0) / max(float(np.std(hiss)), 1e-9)
    times_s = np.arange(n_samples) / rate_hz
    hum = np.zeros(n_samples)
    for overtone, gain in ((1, 1.0), (2, 0.5), (3, 0.3)):
        hum += gain * np.sin(2 * np.pi * overtone * chain.hum_hz * times_s)
    return hiss + 10.0 ** (chain.hum_db / 20.0) * hum
