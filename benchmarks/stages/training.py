"""What the worker does with features: learn and score. Torch is loaded here only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measuring import Outcome, measured
from benchmarks.scale import Scale, Workspace
from benchmarks.stages.listening import job_context
from ml_worker.contract import JobKind

if TYPE_CHECKING:
    from ml_worker.training.fit import LabelledPatches

_LABELS_PER_CLIP = 2.5


def train_small_cnn(workspace: Workspace) -> Outcome:
    """Train one epoch of the demo's recipe."""
    return _train(workspace, "small_cnn", workspace.scale.n_train_small)


def train_vgg_like(workspace: Workspace) -> Outcome:
    """Train one epoch of the FSD50K baseline."""
    return _train(workspace, "vgg_like", workspace.scale.n_train_vgg)


def score_small_cnn(workspace: Workspace) -> Outcome:
    """Score clips as a teacher does."""
    from ml_worker.devices import choose_device, describe_device
    from ml_worker.models.registry import build_model
    from ml_worker.score import score_clips

    n = workspace.scale.n_train_small
    data = _noise(workspace.scale, n, part=8)
    device = choose_device()
    network = build_model("small_cnn", workspace.scale.n_classes).to(device)
    with measured(n) as outcome:
        scores = score_clips(network, data.patches, device)
    assert scores.shape == data.states.shape
    outcome.remark = f"{_rate(len(data.patches), outcome)}, {describe_device(device)}"
    return outcome


def _train(workspace: Workspace, recipe: str, n: int) -> Outcome:
    import torch

    from ml_worker.devices import choose_device, describe_device
    from ml_worker.models.registry import build_model
    from ml_worker.training.fit import Fitter
    from ml_worker.training.recipe import load_recipe

    torch.manual_seed(0)
    train, val = (_noise(workspace.scale, size, part) for size, part in ((n, 6), (n // 10, 7)))
    context = job_context(workspace, f"{recipe}-job", JobKind.TRAIN)
    device = choose_device()
    network = build_model(recipe, workspace.scale.n_classes)
    plan = {"recipe": recipe}
    fitter = Fitter(network, load_recipe(recipe, {"epochs": 1}), plan, context, device)
    with measured(n) as outcome:
        fitter.fit(train, val)
    waited = fitter.state.curves[-1]["data_wait_share"]
    outcome.remark = (
        f"{_rate(len(train.patches), outcome)}, {describe_device(device)}; "
        f"{waited:.1%} of the training time waiting for data"
    )
    return outcome


def _rate(n_patches: int, outcome: Outcome) -> str:
    return f"{n_patches:,} patches, {n_patches / outcome.seconds:,.0f} a second"


def _noise(scale: Scale, n: int, part: int) -> LabelledPatches:
    """Return clips of noise of 1 to 10 s with random labels, every class among them."""
    from ml_worker.features.front_end import FrontEnd
    from ml_worker.features.patches import Normalisation, PatchSet
    from ml_worker.training.fit import LabelledPatches

    front_end = FrontEnd()
    rng = np.random.default_rng([scale.seed, part])
    lengths = rng.integers(front_end.patch_frames, 1000, n)
    frames: list[Any] = [
        rng.standard_normal((length, front_end.n_bands), dtype=np.float32).astype(np.float16)
        for length in lengths
    ]
    states = (rng.random((n, scale.n_classes)) < _LABELS_PER_CLIP / scale.n_classes).astype(np.int8)
    patches = PatchSet(frames, front_end, Normalisation.of_frames(frames))
    return LabelledPatches(patches, states)
