"""The near-duplicates planted in the bundled collection are found, and no others."""

import numpy as np

from datasets_app.demo.planning import plan_clips
from datasets_app.demo.rendering import render_clip
from datasets_app.demo.seeding import named_generator
from datasets_app.demo.sounds import SOUND_KINDS
from datasets_app.demo.uploaders import draw_uploaders
from datasets_app.domain.clips.near_duplicates import duplicate_groups
from ml_worker.recordings.fingerprint import fingerprint

SEED = 7


def test_of_the_clips_of_one_source_only_the_planted_copies_are_near_duplicates():
    """Clips of one uploader and class are mostly performances of one source, unlike in sound."""
    uploaders = draw_uploaders(
        named_generator(SEED, "uploaders"), n_clips=240, n_uploaders=44, mids=list(SOUND_KINDS)
    )
    plans = {plan.clip_id: plan for plan in plan_clips(SEED, uploaders)}
    planted = [plan for plan in plans.values() if plan.near_duplicate_of]
    sources = {(plan.uploader.name, plan.mid) for plan in planted}
    heard = [p for p in plans.values() if (p.uploader.name, p.mid) in sources]
    prints = []
    for plan in heard:
        samples = render_clip(SEED, plan, plans)
        mono = samples if samples.ndim == 1 else samples.mean(axis=1)
        prints.append(fingerprint(mono.astype(np.float32), plan.uploader.chain.rate_hz))
    found = duplicate_groups(prints)
    pairs = {
        tuple(heard[i].clip_id for i in np.flatnonzero(found == group))
        for group in set(found.tolist()) - {-1}
    }
    assert len(planted) == 4
    assert len(heard) > 8
    assert pairs == {tuple(sorted((p.near_duplicate_of, p.clip_id))) for p in planted}
