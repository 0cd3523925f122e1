"""From the plan of a clip to its samples: sounds, mixture, room, device, level."""

from collections.abc import Mapping

import numpy as np

from datasets_app.demo.mixtures import Arrangement, join, overlay
from datasets_app.demo.planning import ClipPlan
from datasets_app.demo.seeding import named_generator
from datasets_app.demo.sounds import SOUND_KINDS
from datasets_app.demo.uploaders import record_through
from datasets_app.demo.waves import Signal, normalised

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
    return record_through(rng, perform(rng, plan, chain.rate_hz), chain, chain.rate_hz)


def perform(rng: np.random.Generator, plan: ClipPlan, rate_hz: int) -> Signal:
    """The sounds of the plan as they would be heard close by, without room or device."""
    n_samples = round(plan.duration_s * rate_hz)
    n_first = round(plan.share * n_samples)
    predominant = SOUND_KINDS[plan.mid].synthesise(rng, n_first, rate_hz)
    if plan.second_mid is None:
        return predominant
    synthesise_second = SOUND_KINDS[plan.second_mid].synthesise
    if plan.arrangement is Arrangement.OVERLAID:
        second = synthesise_second(rng, n_samples, rate_hz)
        return overlay(predominant, second, quieter_db=plan.quieter_db)
    return join(
        predominant,
        synthesise_second(rng, n_samples - n_first, rate_hz),
        quieter_db=plan.quieter_db,
        second_first=plan.second_first,
        rate_hz=rate_hz,
    )


def in_stereo(rng: np.random.Generator, samples: Signal, rate_hz: int) -> Signal:
    """Two channels: the sound off centre, up to 0.6 ms and 6 dB apart, as two microphones do."""
    delay = int(rng.integers(0, max(2, round(0.0006 * rate_hz))))
    far = np.concatenate([np.zeros(delay), samples[: len(samples) - delay]])
    channels = [samples, far * 10.0 ** (-rng.uniform(0.0, 6.0) / 20.0)]
    return np.stack(channels if rng.random() < 0.5 else channels[::-1], axis=1)
