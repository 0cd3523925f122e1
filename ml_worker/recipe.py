"""Recipes: how a model is trained, as typed and checked settings from a TOML file."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_worker.job_context import JobRefused

RECIPES_FOLDER = Path(__file__).with_name("recipes")


class RecipeError(JobRefused):
    """The recipe cannot be used; the message names the key and what it may be."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train. The seed belongs to the job, not to the recipe.

    ``lr_patience`` and ``patience`` count epochs without a better validation mAP: after the first
    the learning rate is halved, after the second training stops. ``mixup_alpha`` is the parameter
    of the beta distribution, 0 for no mixup.
    """

    model: str
    epochs: int
    batch_size: int
    lr: float
    patience: int
    lr_patience: int = 5
    mixup_alpha: float = 0.0

    def __post_init__(self) -> None:
        """Check types and ranges."""
        for name in ("epochs", "batch_size", "patience", "lr_patience"):
            value = getattr(self, name)
            _require(name, value, int, lambda v: v >= 1, "a whole number of 1 or more")
        _require("lr", self.lr, float, lambda v: 0 < v < 1, "a number above 0 and below 1")
        _require("mixup_alpha", self.mixup_alpha, float, lambda v: 0 <= v <= 10, "from 0 to 10")
        _require("model", self.model, str, bool, "the name of a model")


def load_recipe(name: str, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """Return a recipe by its name in ``recipes/`` or by the path of a ``.toml`` file.

    Raises
    ------
    RecipeError
        There is no such recipe, or a key or value of it or of ``overrides`` is not allowed.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES_FOLDER / f"{Path(name).name}.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RecipeError(
            f"Recipe {name!r} does not exist; choose one of {', '.join(recipe_names())} "
            "or give the path of a .toml file."
        ) from error
    except (OSError, ValueError) as error:
        raise RecipeError(f"Recipe {path} cannot be read: {error}.") from error
    return make_recipe(values | dict(overrides or {}))


def make_recipe(values: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a mapping; a wrong key is refused with the nearest right one."""
    fields = {f.name: f for f in dataclasses.fields(Recipe)}
    for key in values:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"keys are {', '.join(fields)}."
            raise RecipeError(f"A recipe has no key {key!r}; {hint}")
    for name, field in fields.items():
        if name not in values and field.default is dataclasses.MISSING:
            raise RecipeError(f"The recipe lacks {name!r}; add it.")
    return Recipe(**values)


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with Harken."""
    return sorted(p.stem for p in RECIPES_FOLDER.glob("*.toml"))


def _require(name: str, value: Any, kind: type, check: Any, allowed: str) -> None:
    is_number = kind is float and isinstance(value, int | float) and not isinstance(value, bool)
    is_kind = is_number or (isinstance(value, kind) and not isinstance(value, bool))
    if not is_kind or not check(value):
        raise RecipeError(f"Recipe key {name!r} is {value!r}; it must be {allowed}.")
