"""Recipes: what their texts say, and how a data set and an input scale them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explorer.arch.presets import find_preset, starter
from explorer.arch.spec import InputShape, NetworkSpec
from explorer.errors import ConfigError, DataError
from explorer.runs.config import StartFrom
from explorer.runs.datasets import DATA_SETS, SMALL_SET
from explorer.runs.recipes import RECIPES, fitted_recipe, recipe_for, recipe_of


def taking(channels: int, side: int) -> NetworkSpec:
    return replace(starter().spec, input=InputShape(channels, side, side))


CASES = [(name, data) for name in RECIPES for data in DATA_SETS]


@pytest.mark.parametrize(("name", "data"), CASES)
def test_a_fitted_recipe_is_known_again_whatever_its_seed_sides_and_start(name: str, data: str) -> None:
    config = fitted_recipe(name, data, spec=taking(3, 64)).config
    found = recipe_of(replace(config, seed=9, start_from=StartFrom(1), test_side=80))
    assert found is not None
    assert found.name == name
    assert fitted_recipe(name, data).sentence


@pytest.mark.parametrize(
    ("name", "rate", "batch"),
    [("d2l", 0.05, 128), ("d2l-alexnet", 0.01, 128), ("d2l-googlenet", 0.1, 128), ("d2l-resnet", 0.05, 256)],
)
def test_d2ls_recipes_are_those_of_its_chapters_on_its_own_data(name: str, rate: float, batch: int) -> None:
    """Source: d2l, "Modern Convolutional Neural Networks", the training sections of each network."""
    config = recipe_for("fashion-mnist", recipe=name)
    assert (config.learning_rate, config.batch_size, config.epochs) == (rate, batch, 10)
    assert (config.momentum, config.weight_decay, config.schedule, config.init) == (0, 0, "constant", "xavier")


def test_the_papers_recipe_keeps_its_batch_and_rate_where_pictures_are_many() -> None:
    """Source: Simonyan & Zisserman 2015, section 3.1."""
    fitted = fitted_recipe("paper", "cifar10", spec=taking(3, 224))
    config = fitted.config
    assert (config.batch_size, config.learning_rate, config.momentum, config.weight_decay) == (256, 0.01, 0.9, 5e-4)
    assert (config.schedule, config.nesterov, config.init, fitted.dropout) == ("plateau", False, "xavier", 0.5)
    assert config.train_side == (256, 256)
    assert recipe_for("cifar10", recipe="paper-normal").init == "paper"


def test_with_few_pictures_the_papers_batch_and_rate_shrink_together_and_it_is_said() -> None:
    fitted = fitted_recipe("paper", SMALL_SET, spec=taking(1, 32))
    assert fitted.config.learning_rate / 0.01 == fitted.config.batch_size / 256 == 0.25
    assert fitted.config.train_side == (37, 37)
    assert "10,000 pictures" in fitted.sentence
    assert "0.0025" in fitted.sentence


def test_a_tutorial_sees_few_pictures_more_often_and_says_so() -> None:
    fitted = fitted_recipe("d2l", SMALL_SET)
    assert fitted.config.epochs == 20
    assert "20 times" in fitted.sentence
    assert fitted_recipe("d2l", "fashion-mnist").sentence == "As its text has it."


def test_digits_are_never_mirrored() -> None:
    assert not any(recipe_for("mnist", recipe=name).data.flip for name in RECIPES if name != "adamw")


def test_an_unknown_recipe_or_data_set_is_named() -> None:
    with pytest.raises(ConfigError, match="no recipe called 'best'"):
        recipe_for(SMALL_SET, recipe="best")
    with pytest.raises(DataError, match="no data set called"):
        recipe_for("imagenet")


@pytest.mark.parametrize(
    ("name", "init", "rate"),
    [
        ("vgg7-32-bn", "default", 0.05),
        ("resnet50", "default", 0.05),
        ("vgg16", "he", 0.01),
        ("googlenet-paper", "he", 0.01),
        ("lenet5", "xavier", 0.2),
    ],
)
def test_our_recipe_begins_as_the_network_needs_it_and_says_so(name: str, init: str, rate: float) -> None:
    spec = find_preset(name).spec
    fitted = fitted_recipe("ours", "fashion-mnist", spec=spec)
    assert (fitted.config.init, fitted.config.learning_rate) == (init, rate)
    assert (f"rate of {rate:g}" in fitted.sentence) == (init != "default")
    found = recipe_of(fitted.config, spec)
    assert found is not None
    assert found.name == "ours"


def test_the_tutorials_stay_what_they_are_for_every_network() -> None:
    spec = find_preset("vgg16").spec
    for name in set(RECIPES) - {"ours"}:
        own, fitted = recipe_for("fashion-mnist", recipe=name), recipe_for("fashion-mnist", recipe=name, spec=spec)
        assert (own.init, own.learning_rate) == (fitted.init, fitted.learning_rate)
