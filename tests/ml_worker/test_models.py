"""Architectures have their published size and can learn 32 clips by heart."""

import numpy as np
import pytest
import torch

from ml_worker.metrics import evaluate
from ml_worker.models.registry import MODELS, build_model, count_parameters
from ml_worker.models.vgg42 import InvariantPool, strongest_phase
from ml_worker.training.losses import masked_bce

# FSD50K (Fonseca et al. 2022), Table V: millions at 200 classes; VGG42: Fonseca et al. 2021.
PUBLISHED = {
    "crnn": 0.96,
    "densenet121": 12.5,
    "resnet18": 11.3,
    "vgg_like": 0.27,
    "vgg42": 4.9,
}
# As few frames and bands as the network's poolings allow, so that a step is quick.
SMALLEST = {"crnn": (16, 96), "densenet121": (32, 32), "vgg42": (16, 16)}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_network_has_the_published_number_of_parameters(name):
    n_parameters = count_parameters(build_model(name, 200))
    assert n_parameters == pytest.approx(PUBLISHED[name] * 1e6, rel=0.02)


def test_an_unknown_model_is_told_the_names_there_are():
    with pytest.raises(ValueError, match="choose one of crnn, densenet121, resnet18, small_cnn, "):
        build_model("vgg", 3)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_it_takes_patches_of_the_front_end(name):
    model = build_model(name, 7).eval()
    with torch.inference_mode():
        assert model(torch.zeros(2, 1, 101, 96)).shape == (2, 7)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_it_learns_32_clips_by_heart(name):
    """Clips of noise say nothing of their random labels: only memory reaches mAP 1."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    n_frames, n_bands = SMALLEST.get(name, (24, 24))
    clips = torch.from_numpy(rng.normal(0, 1, (32, 1, n_frames, n_bands)).astype(np.float32))
    targets = rng.random((32, 5)) < 0.3
    labels = torch.from_numpy(targets.astype(np.float32))
    model = build_model(name, 5).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    reached = []
    while len(reached) < 15 and 1.0 not in reached:
        model.train()
        for _ in range(4):
            loss = masked_bce(model(clips), labels, torch.ones_like(labels))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.inference_mode():
            reached.append(evaluate(targets, model(clips).numpy()).map_macro)
    assert reached[-1] == 1.0, reached


def test_of_four_grids_the_one_of_largest_norm_is_kept():
    maps = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert strongest_phase(maps).tolist() == [[[[5.0, 7.0], [13.0, 15.0]]]]
    assert strongest_phase(-maps.flip(2)).tolist() == [[[[-13.0, -15.0], [-5.0, -7.0]]]]


def test_what_is_kept_moves_with_the_sound():
    """A shift by one frame moves the sound onto another grid, which is then the one taken."""
    torch.manual_seed(0)
    pool = InvariantPool(3)
    sound = torch.zeros(1, 3, 16, 16)
    sound[:, :, 4:9, 4:9] = torch.rand(1, 3, 5, 5)
    with torch.inference_mode():
        here = pool(sound)
        there = pool(torch.roll(sound, (1, 1), dims=(2, 3)))
    torch.testing.assert_close(here.sum(dim=(2, 3)), there.sum(dim=(2, 3)))
    assert here.shape == (1, 3, 8, 8)
    assert pool(torch.zeros(1, 3, 15, 7)).shape == (1, 3, 8, 4)
