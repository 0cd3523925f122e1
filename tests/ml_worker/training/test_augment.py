"""Mixup and SpecAugment change what they say, by the seed alone."""

import numpy as np
import pytest

from ml_worker.training.augment import Batch, augment, mask_stretches, mix, shift_bands
from ml_worker.training.recipe import load_recipe


def make_batch(n=6, n_frames=20, n_bands=12) -> Batch:
    rng = np.random.default_rng(3)
    return Batch(
        rng.normal(5, 1, (n, 1, n_frames, n_bands)).astype(np.float32),
        (rng.random((n, 4)) < 0.4).astype(np.float32),
        (rng.random((n, 4)) < 0.8).astype(np.float32),
    )


def test_a_recipe_without_augmentation_leaves_the_batch_as_it_is():
    batch, before = make_batch(), make_batch()
    after = augment(batch, load_recipe("small_cnn"), np.random.default_rng(0))
    assert (after.inputs == before.inputs).all()
    assert (after.targets == before.targets).all()


def test_mixup_mixes_sounds_and_labels_by_one_share_and_keeps_what_masks():
    batch = make_batch()
    rng = np.random.default_rng(1)
    share, other = np.float32(rng.beta(0.5, 0.5)), rng.permutation(6)
    mixed = mix(batch, 0.5, np.random.default_rng(1))
    expected = share * batch.inputs + (1 - share) * batch.inputs[other]
    np.testing.assert_allclose(mixed.inputs, expected)
    np.testing.assert_allclose(mixed.targets.sum(), batch.targets.sum(), rtol=1e-5)
    masked = (batch.negative_mask == 0) | (batch.negative_mask[other] == 0)
    assert ((mixed.negative_mask == 0) == masked).all()


def test_patches_move_up_and_down_each_by_its_own_number_of_bands():
    inputs = make_batch(n=100).inputs
    before = inputs.copy()
    shift_bands(inputs, 2, np.random.default_rng(0))
    moved = [
        next(
            shift
            for shift in range(-2, 3)
            if (patch[0] == old[0][:, np.clip(np.arange(12) - shift, 0, 11)]).all()
        )
        for patch, old in zip(inputs, before, strict=True)
    ]
    assert set(moved) == {-2, -1, 0, 1, 2}


@pytest.mark.parametrize("axis", [2, 3])
def test_each_patch_has_one_stretch_at_most_as_wide_as_asked(axis):
    inputs = make_batch(n=200).inputs
    mask_stretches(inputs, axis, 1, 5, np.random.default_rng(0))
    covered = (inputs == 0).all(axis=(1, 5 - axis))  # (patch, place along the axis)
    widths = covered.sum(axis=1)
    assert set(widths) == {0, 1, 2, 3, 4, 5}
    starts = np.diff(np.pad(covered, ((0, 0), (1, 0))).astype(int), axis=1) == 1
    assert (starts.sum(axis=1) <= 1).all()
    assert len({tuple(row) for row in covered}) > 20
    assert ((inputs == 0).sum() == widths.sum() * inputs[0].size / covered.shape[1]).all()


def test_a_stretch_wider_than_the_patch_may_cover_it_whole():
    inputs = make_batch(n=200, n_frames=3).inputs
    mask_stretches(inputs, 2, 1, 99, np.random.default_rng(0))
    assert (inputs == 0).all(axis=(1, 2, 3)).any()


def test_one_seed_gives_one_batch():
    overrides = {"mixup_alpha": 0.4, "n_time_masks": 2, "time_mask_frames": 6}
    recipe = load_recipe("small_cnn", overrides)
    one, same, other = (augment(make_batch(), recipe, np.random.default_rng(s)) for s in (1, 1, 2))
    assert (one.inputs == same.inputs).all()
    assert not (one.inputs == other.inputs).all()
