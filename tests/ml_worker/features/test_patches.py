"""Which patches of a clip a model is shown."""

import numpy as np
import pytest

from ml_worker.features.front_end import FrontEnd
from ml_worker.features.patches import Normalisation, PatchSet

AS_IT_IS = Normalisation(np.zeros(96, np.float32), np.ones(96, np.float32))


def clip_of(*levels: float) -> np.ndarray:
    """Return frames of one band's level each, a hundred frames a level."""
    frames = np.full((100 * len(levels) + 1, 96), -13.0, dtype=np.float16)
    for place, level in enumerate(levels):
        frames[100 * place : 100 * (place + 1), 7] = level
    return frames


def patches_of(clips, **settings) -> PatchSet:
    return PatchSet(clips, FrontEnd(**settings), AS_IT_IS)


def loudest(patches: PatchSet) -> list[float]:
    found = patches.gather(np.arange(len(patches)))
    return found.max(axis=(1, 2, 3)).tolist()


def test_silent_patches_are_left_out_by_the_level_of_their_own_clip():
    loud, quiet = clip_of(0, -13, -13, 0), clip_of(-8, -13, -9)
    assert len(patches_of([loud, quiet])) == 7 + 5
    patches = patches_of([loud, quiet], silence_db=30)
    assert patches.clip_of_patch.tolist() == [0] * 5 + [1] * 5
    assert min(loudest(patches)) == -9  # 39 dB below the other clip, 4 below its own


@pytest.mark.parametrize(("silence_db", "n_patches"), [(20, 3), (22, 3)])
def test_what_lies_just_so_far_below_is_not_silent(silence_db, n_patches):
    level = -silence_db / 10 * np.log(10)
    frames = clip_of(0, level, -30)
    exact = frames[:, 7].astype(np.float64) * 10 / np.log(10)
    assert exact[100] == pytest.approx(-silence_db, abs=0.05)
    kept = patches_of([frames], silence_db=silence_db + 0.1)
    assert len(kept) >= n_patches
    assert len(patches_of([frames], silence_db=silence_db - 0.1)) < len(kept)


def test_a_clip_of_nothing_keeps_all_its_patches():
    assert len(patches_of([clip_of(-13, -13)], silence_db=40)) == 3


def test_training_patches_begin_up_to_half_a_step_from_the_grid():
    ramp = np.repeat(np.arange(501, dtype=np.float16)[:, None], 96, axis=1)
    patches = patches_of([ramp])
    index = np.full(500, 3)
    starts = patches.gather(index, np.random.default_rng(0))[:, 0, 0, 0]
    assert starts.min() == 125
    assert starts.max() == 174
    at_the_end = np.full(500, len(patches) - 1)
    ends = patches.gather(at_the_end, np.random.default_rng(0))[:, 0, -1, 0]
    assert ends.max() == 500
