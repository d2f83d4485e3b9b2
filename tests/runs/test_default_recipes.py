"""Recipes: each data set has one, the tutorials' stay what their texts say."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from explorer.errors import ConfigError, DataError
from explorer.runs.datasets import DATA_SETS
from explorer.runs.recipes import RECIPES, default_recipe, recipe_for, recipe_of
from explorer.runtime_env import SETTINGS, prepare_environment


@pytest.mark.parametrize("name", DATA_SETS)
def test_every_data_set_has_a_recipe_of_its_own(name: str) -> None:
    config = default_recipe(name, "somewhere")
    assert (config.data.name, config.data.folder) == (name, "somewhere")
    assert config == recipe_for(name, folder="somewhere")


def test_digits_are_not_mirrored_and_small_colour_pictures_are_cropped() -> None:
    assert not default_recipe("mnist").data.flip
    assert default_recipe("cifar10").data.crop_padding == 4


def test_the_d2l_recipe_is_what_its_chapter_says() -> None:
    # domain.md, section 3: lr 0.05, batch 128, 10 epochs, Xavier, plain SGD.
    config = recipe_for("fashion-mnist", recipe="d2l")
    assert (config.optimizer, config.learning_rate, config.momentum, config.weight_decay) == ("sgd", 0.05, 0.0, 0.0)
    assert (config.schedule, config.batch_size, config.epochs, config.init) == ("constant", 128, 10, "xavier")


def test_a_recipe_is_known_again_whatever_the_seed_and_not_after_a_change() -> None:
    for name, recipe in RECIPES.items():
        config = replace(recipe_for("mnist", recipe=name), seed=7, device="cpu")
        assert recipe_of(config) == recipe
        assert recipe_of(replace(config, learning_rate=0.0123)) is None


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="no recipe called 'best'; the names are ours, paper"):
        recipe_for("mnist", recipe="best")
    with pytest.raises(DataError, match="no data set called"):
        default_recipe("imagenet")


def test_the_environment_is_prepared_without_overruling_the_user() -> None:
    environment = {"OMP_WAIT_POLICY": "ACTIVE"}
    prepare_environment(environment)
    assert environment == SETTINGS | {"OMP_WAIT_POLICY": "ACTIVE"}


def test_recipes_and_samples_load_without_torch_numpy_or_qt() -> None:
    code = (
        "import sys, explorer.runtime_env, explorer.runs.recipes, explorer.runs.samples\n"
        "print([name for name in ('torch', 'numpy', 'PySide6', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=dict(os.environ), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
