"""From the plan of a clip to its samples: sounds, mixture, room, device, level."""

from collections.abc import Mapping

import numpy as np

from datasets_app.demo.mixtures import Arrangement, join, overlay
from datasets_app.demo.planning import ClipPlan
from datasets_app.demo.seeding import named_generator
from datasets_app.demo.sounds import SOUND_KINDS
from datasets_app.demo.uploaders import record_through
from datasets_app.demo.waves import Signal, normalised

P_OWN_SOURCE = 0.75
PEAK_DB = (-22.0, -1.0)


def render_clip(seed: int, plan: ClipPlan, plans: Mapping[str, ClipPlan]) -> Signal:
    """Samples of one clip, (n,) or (n, 2), within -1..1, at its uploader's sampling rate.

    Depends on the seed and the plan only, so clips may be rendered in any order. ``plans``
    are all plans by clip id; a near-duplicate is cut out of the clip that it repeats.
    """
    rng = named_generator(seed, "level", plan.clip_id)
    rate_hz = plan.uploader.chain.rate_hz
    source = plans[plan.near_duplicate_of] if plan.near_duplicate_of else plan
    recorded = _recorded(seed, source)
    n_samples = min(round(plan.duration_s * rate_hz), len(recorded))
    start = int(rng.integers(0, len(recorded) - n_samples + 1))
    peak = 10.0 ** (rng.uniform(*PEAK_DB) / 20.0)
    samples = normalised(recorded[start : start + n_samples], peak)
    return in_stereo(rng, samples, rate_hz) if plan.uploader.chain.stereo else samples


def _recorded(seed: int, plan: ClipPlan) -> Signal:
    rng = named_generator(seed, "sound", plan.clip_id)
    chain = plan.uploader.chain
    return record_through(rng, perform(seed, rng, plan), chain, chain.rate_hz)


def perform(seed: int, rng: np.random.Generator, plan: ClipPlan) -> Signal:
    """The sounds of the plan as they would be heard close by, without room or device."""
    rate_hz = plan.uploader.chain.rate_hz

    def sound(mid: str, n_samples: int) -> Signal:
        source = choose_source(seed, rng, plan.uploader.name, mid)
        return SOUND_KINDS[mid].synthesise(source, rng, n_samples, rate_hz)

    n_samples = round(plan.duration_s * rate_hz)
    n_first = round(plan.share * n_samples)
    predominant = sound(plan.mid, n_first)
    if plan.second_mid is None:
        return predominant
    if plan.arrangement is Arrangement.OVERLAID:
        second = sound(plan.second_mid, n_samples)
        return overlay(predominant, second, quieter_db=plan.quieter_db)
    return join(
        predominant,
        sound(plan.second_mid, n_samples - n_first),
        quieter_db=plan.quieter_db,
        second_first=plan.second_first,
        rate_hz=rate_hz,
    )


def choose_source(
    seed: int, rng: np.random.Generator, uploader: str, mid: str
) -> np.random.Generator:
    """Mostly the uploader's own dog, bell or door; now and then another one.

    This is why clips of one uploader and class resemble each other, and why a split that puts
    them on both sides flatters the model.
    """
    if rng.random() < P_OWN_SOURCE:
        return named_generator(seed, "source", uploader, mid)
    return np.random.default_rng(rng.integers(2**63))


def in_stereo(rng: np.random.Generator, samples: Signal, rate_hz: int) -> Signal:
    """Two channels: the sound off centre, up to 0.6 ms and 6 dB apart, as two microphones do."""
    delay = int(rng.integers(0, max(2, round(0.0006 * rate_hz))))
    far = np.concatenate([np.zeros(delay), samples[: len(samples) - delay]])
    channels = [samples, far * 10.0 ** (-rng.uniform(0.0, 6.0) / 20.0)]
    return np.stack(channels if rng.random() < 0.5 else channels[::-1], axis=1)
