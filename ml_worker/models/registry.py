"""The architectures that recipes and result folders name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import nn

from ml_worker.models.small_cnn import SmallCnn
from ml_worker.models.vgg_like import VggLike

MODELS: Mapping[str, Callable[[int], nn.Module]] = {
    "vgg_like": VggLike,
    "small_cnn": SmallCnn,
}


def build_model(name: str, n_classes: int) -> nn.Module:
    """Return an untrained network.

    Raises
    ------
    ValueError
        There is no such architecture; the message lists those there are.
    """
    if name not in MODELS:
        raise ValueError(f"Model {name!r} is not known; choose one of {', '.join(sorted(MODELS))}.")
    return MODELS[name](n_classes)


def count_parameters(model: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
