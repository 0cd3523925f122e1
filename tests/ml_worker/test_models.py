"""Architectures have their published size and can learn a handful of clips by heart."""

import numpy as np
import pytest
import torch

from ml_worker.losses import masked_bce
from ml_worker.metrics import evaluate
from ml_worker.models.registry import MODELS, build_model, count_parameters


def test_the_vgg_like_network_has_the_published_number_of_parameters():
    # FSD50K (Fonseca et al. 2022), Table V: 0.27 M at 200 classes.
    assert count_parameters(build_model("vgg_like", 200)) == pytest.approx(0.27e6, rel=0.02)


def test_an_unknown_model_is_told_the_names_there_are():
    with pytest.raises(ValueError, match="choose one of small_cnn, vgg_like"):
        build_model("vgg", 3)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_it_learns_a_handful_of_patches_by_heart(name):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    patches = torch.from_numpy(rng.normal(0, 1, (16, 1, 101, 96)).astype(np.float32))
    targets = rng.random((16, 5)) < 0.3
    labels = torch.from_numpy(targets.astype(np.float32))
    model = build_model(name, 5).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(25):
        loss = masked_bce(model(patches), labels, torch.ones_like(labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scores = model(patches).detach().numpy()
    assert evaluate(targets, scores).map_macro == 1.0
