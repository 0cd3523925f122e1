"""The architectures that recipes and result folders name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import nn

from ml_worker.models.crnn import Crnn
from ml_worker.models.densenet121 import DenseNet121
from ml_worker.models.resnet18 import ResNet18
from ml_worker.models.small_cnn import SmallCnn
from ml_worker.models.vgg42 import Vgg42
from ml_worker.models.vgg_like import VggLike

MODELS: Mapping[str, Callable[[int], nn.Module]] = {
    "crnn": Crnn,
    "densenet121": DenseNet121,
    "resnet18": ResNet18,
    "small_cnn": SmallCnn,
    "vgg42": Vgg42,
    "vgg_like": VggLike,
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
