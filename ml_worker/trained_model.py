"""A trained model as two files: ``model.safetensors`` (weights) and ``model.json`` (all else).

Neither can run code when it is opened. Nothing is ever read with ``torch.load``.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from ml_worker.contract import write_json_atomically
from ml_worker.features.front_end import FrontEnd
from ml_worker.features.patches import Normalisation
from ml_worker.job_context import JobRefused
from ml_worker.models.registry import build_model
from ml_worker.release import SoundClass
from ml_worker.tensor_file import read_tensors, write_tensors
from ml_worker.training.recipe import Recipe, make_recipe

WEIGHTS_FILE, DESCRIPTION_FILE = "model.safetensors", "model.json"


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A network with what is needed to use it: classes, front-end, normalisation, recipe."""

    network: nn.Module
    recipe: Recipe
    classes: tuple[SoundClass, ...]
    front_end: FrontEnd
    normalisation: Normalisation


def save_model(folder: Path, model: TrainedModel) -> None:
    """Write the two files."""
    write_tensors(folder / WEIGHTS_FILE, model.network.state_dict())
    description = {
        "architecture": model.recipe.model,
        "recipe": dataclasses.asdict(model.recipe),
        "classes": [dataclasses.asdict(c) for c in model.classes],
        "front_end": dataclasses.asdict(model.front_end),
        "front_end_id": model.front_end.id,
        "normalisation": {
            "mean": model.normalisation.mean.tolist(),
            "std": model.normalisation.std.tolist(),
        },
    }
    write_json_atomically(folder / DESCRIPTION_FILE, description)


def load_model(folder: Path) -> TrainedModel:
    """Read a trained model from a train job's result folder.

    Raises
    ------
    JobRefused
        A file is missing, is no safetensors file (such as a pickle), or belongs to another
        architecture.
    """
    description = _read_description(folder / DESCRIPTION_FILE)
    try:
        recipe = make_recipe(description["recipe"])
        classes = tuple(SoundClass(**c) for c in description["classes"])
        front_end = FrontEnd(**description["front_end"])
        bands = description["normalisation"]
        normalisation = Normalisation(
            np.asarray(bands["mean"], np.float32), np.asarray(bands["std"], np.float32)
        )
        network = build_model(recipe.model, len(classes))
    except (KeyError, TypeError, ValueError) as error:
        raise JobRefused(f"{folder / DESCRIPTION_FILE} is not a model's: {error!r}.") from error
    _load_weights(network, folder / WEIGHTS_FILE, recipe.model)
    return TrainedModel(network, recipe, classes, front_end, normalisation)


def _read_description(path: Path) -> Mapping[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JobRefused(
            f"{path} cannot be read ({error}); name the result folder of a finished train job."
        ) from error
    if not isinstance(value, dict):
        raise JobRefused(f"{path} must hold a JSON object.")
    return value


def _load_weights(network: nn.Module, path: Path, architecture: str) -> None:
    weights, _ = read_tensors(path)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise JobRefused(
            f"{path} holds the weights of another network than {architecture!r}; "
            "keep model.safetensors and model.json of one run together."
        ) from error
