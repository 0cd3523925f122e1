"""Recipes: how a model is trained, as typed and checked settings from a TOML file."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ml_worker.job_context import JobRefused

RECIPES_FOLDER = Path(__file__).parents[1] / "recipes"


class RecipeError(JobRefused):
    """The recipe cannot be used; the message names the key and what it may be."""


class ClassWeights(StrEnum):
    """How much each class counts in the loss."""

    NONE = "none"
    INVERSE_SQRT = "inverse_sqrt"
    INVERSE = "inverse"


class Precision(StrEnum):
    """Of matrix products; weights, sums and the loss are always float32."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class Keep(StrEnum):
    """Which epoch's weights are kept."""

    BEST = "best"
    LAST = "last"


class Schedule(StrEnum):
    """What becomes of the learning rate."""

    PLATEAU = "plateau"
    COSINE = "cosine"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train. The seed belongs to the job, not to the recipe.

    ``lr_patience`` and ``patience`` count epochs without a better validation mAP: after the first
    the learning rate is halved, after the second training stops. ``schedule`` "cosine" lowers the
    rate step by step along half a cosine from ``lr`` to 0 at the last epoch instead of halving it.
    ``keep`` is the epoch whose weights are kept: the "best" on the validation part, or the "last",
    for schedules that end and validation parts that are small. ``silence_db`` leaves out silent
    patches (``FrontEnd.sounding_patch_starts``), 0 none. ``random_offsets`` moves each training
    patch by up to half a step of the grid. ``band_shift`` moves a patch up or down by up to so many
    mel bands, as if it were played faster or slower. ``mixup_alpha`` is the parameter of the beta
    distribution, 0 for no mixup. SpecAugment puts up to ``n_time_masks`` bars of at
    most ``time_mask_frames`` frames and ``n_band_masks`` bars of at most ``band_mask_bands`` bands
    over each patch. ``class_weights`` are explained in ``ml_worker.training.losses.weigh_classes``;
    ``class_weight_cap`` bounds how much more than the average class a rare one may count.
    ``clip_norm`` bounds the norm of the gradient, 0 for no bound. ``precision`` "auto" computes in
    bfloat16 where the device does so in hardware. ``compile`` has effect on a GPU only.
    """

    model: str
    epochs: int
    batch_size: int
    lr: float
    patience: int
    lr_patience: int = 5
    schedule: str = Schedule.PLATEAU.value
    keep: str = Keep.BEST.value
    silence_db: float = 0.0
    random_offsets: bool = False
    band_shift: int = 0
    mixup_alpha: float = 0.0
    n_time_masks: int = 0
    time_mask_frames: int = 0
    n_band_masks: int = 0
    band_mask_bands: int = 0
    class_weights: str = ClassWeights.NONE.value
    class_weight_cap: float = 10.0
    clip_norm: float = 0.0
    precision: str = Precision.AUTO.value
    compile: bool = False

    def __post_init__(self) -> None:
        """Check types and ranges."""
        _require(self, "model", str, bool, "the name of a model")
        for name in ("epochs", "batch_size", "patience", "lr_patience"):
            _require(self, name, int, lambda v: v >= 1, "a whole number of 1 or more")
        for name in (
            "n_time_masks",
            "time_mask_frames",
            "n_band_masks",
            "band_mask_bands",
            "band_shift",
        ):
            _require(self, name, int, lambda v: 0 <= v <= 1000, "a whole number from 0 to 1000")
        _require(self, "silence_db", float, lambda v: 0 <= v <= 200, "from 0 to 200")
        _require(self, "lr", float, lambda v: 0 < v < 1, "a number above 0 and below 1")
        _require(self, "mixup_alpha", float, lambda v: 0 <= v <= 10, "from 0 to 10")
        _require(self, "class_weight_cap", float, lambda v: 1 <= v <= 1e6, "from 1 to 1000000")
        _require(self, "clip_norm", float, lambda v: 0 <= v < float("inf"), "0 or more")
        for name in ("compile", "random_offsets"):
            _require(self, name, bool, lambda v: True, "true or false")
        for name, kind in (
            ("class_weights", ClassWeights),
            ("precision", Precision),
            ("schedule", Schedule),
            ("keep", Keep),
        ):
            _require(self, name, str, list(kind).__contains__, f"one of {', '.join(kind)}")
        for count, width in (
            ("n_time_masks", "time_mask_frames"),
            ("n_band_masks", "band_mask_bands"),
        ):
            if (getattr(self, count) == 0) != (getattr(self, width) == 0):
                raise RecipeError(
                    f"Recipe keys {count!r} and {width!r} are {getattr(self, count)} and "
                    f"{getattr(self, width)}; set both for a mask, or both to 0."
                )


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


def _require(
    recipe: Recipe, name: str, kind: type, check: Callable[[Any], bool], allowed: str
) -> None:
    value = getattr(recipe, name)
    is_bool = isinstance(value, bool)
    is_kind = isinstance(value, int | float if kind is float else kind)
    if not is_kind or is_bool != (kind is bool) or not check(value):
        raise RecipeError(f"Recipe key {name!r} is {value!r}; it must be {allowed}.")
