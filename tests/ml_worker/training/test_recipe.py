"""A recipe is checked before anything is trained."""

import pytest

from ml_worker.models.registry import MODELS
from ml_worker.training.recipe import RecipeError, load_recipe, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_the_recipes_that_come_with_harken_are_valid(name):
    assert load_recipe(name).model in MODELS


def test_every_architecture_has_a_recipe_of_its_name():
    assert set(recipe_names()) >= set(MODELS)


def test_overrides_replace_single_keys():
    recipe = load_recipe("small_cnn", {"epochs": 3, "lr": 1e-4})
    assert (recipe.epochs, recipe.lr) == (3, 1e-4)
    assert recipe.model == "small_cnn"


def test_a_file_may_be_given(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('model = "vgg_like"\nepochs = 2\nbatch_size = 8\nlr = 1e-3\npatience = 1\n')
    assert load_recipe(str(path)).batch_size == 8


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({"epoch": 3}, "no key 'epoch'; did you mean 'epochs'?"),
        ({"mixup": 0.2}, "no key 'mixup'; did you mean 'mixup_alpha'?"),
        ({"colour": 1}, "no key 'colour'; keys are model, epochs"),
        ({"epochs": 0}, "'epochs' is 0; it must be a whole number of 1 or more"),
        ({"epochs": 2.5}, "'epochs' is 2.5"),
        ({"epochs": True}, "'epochs' is True"),
        ({"lr": "fast"}, "'lr' is 'fast'; it must be a number"),
        ({"lr": float("nan")}, "'lr' is nan"),
        ({"model": 3}, "'model' is 3"),
        ({"class_weights": "square"}, "must be one of none, inverse_sqrt, inverse"),
        ({"class_weight": "none"}, "did you mean 'class_weights'?"),
        ({"class_weight_cap": 0.5}, "'class_weight_cap' is 0.5; it must be from 1 to"),
        ({"precision": "float16"}, "must be one of auto, float32, bfloat16"),
        ({"precision": 16}, "'precision' is 16"),
        ({"compile": 1}, "'compile' is 1; it must be true or false"),
        ({"clip_norm": -1}, "'clip_norm' is -1; it must be 0 or more"),
        ({"clip_norm": float("inf")}, "'clip_norm' is inf"),
        ({"silence_db": -1}, "'silence_db' is -1; it must be from 0 to 200"),
        ({"band_shift": 0.5}, "'band_shift' is 0.5; it must be a whole number"),
        ({"keep": "median"}, "'keep' is 'median'; it must be one of best, last"),
        ({"n_time_masks": 2}, "are 2 and 0; set both for a mask, or both to 0"),
        ({"band_mask_bands": 8}, "'n_band_masks' and 'band_mask_bands' are 0 and 8"),
    ],
)
def test_a_wrong_key_or_value_is_told_what_it_may_be(overrides, sentence):
    with pytest.raises(RecipeError) as error:
        load_recipe("small_cnn", overrides)
    assert sentence in str(error.value)


def test_an_unknown_recipe_is_told_the_names_there_are():
    with pytest.raises(RecipeError, match="choose one of crnn, densenet121, resnet18, "):
        load_recipe("../../secret")
