"""A recipe is checked before anything is trained."""

import pytest

from ml_worker.models.registry import MODELS
from ml_worker.recipe import RecipeError, load_recipe, recipe_names


@pytest.mark.parametrize("name", ["small_cnn", "vgg_like"])
def test_the_recipes_that_come_with_harken_are_valid(name):
    assert name in recipe_names()
    assert load_recipe(name).model in MODELS


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
    ],
)
def test_a_wrong_key_or_value_is_told_what_it_may_be(overrides, sentence):
    with pytest.raises(RecipeError) as error:
        load_recipe("small_cnn", overrides)
    assert sentence in str(error.value)


def test_an_unknown_recipe_is_told_the_names_there_are():
    with pytest.raises(RecipeError, match="choose one of small_cnn, vgg_like"):
        load_recipe("../../secret")
