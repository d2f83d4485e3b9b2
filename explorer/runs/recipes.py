"""Recipes by name, and the one that fits a data set: what a new run starts from before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from explorer.errors import ConfigError
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.datasets import SMALL_SET, info_of


@dataclass(frozen=True, slots=True)
class Recipe:
    """A known way to train: its title in a menu, where it comes from, and its settings."""

    name: str
    title: str
    source: str
    config: TrainConfig


_OURS = TrainConfig(
    optimizer="sgd",
    learning_rate=0.05,
    momentum=0.9,
    nesterov=True,
    weight_decay=5e-4,
    schedule="one_cycle",
    epochs=5,
    batch_size=128,
    data=DataConfig("fashion-mnist"),
)

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe("ours", "ours for Fashion-MNIST", "chosen by experiment with the 32 × 32 starter", _OURS),
        Recipe(
            "d2l",
            "d2l tutorial",
            'Dive into Deep Learning, "Networks Using Blocks (VGG)": SGD at 0.05, Xavier, 10 epochs',
            TrainConfig(
                optimizer="sgd",
                learning_rate=0.05,
                momentum=0.0,
                nesterov=False,
                weight_decay=0.0,
                schedule="constant",
                epochs=10,
                batch_size=128,
                init="xavier",
                data=DataConfig("fashion-mnist"),
            ),
        ),
        Recipe(
            "adam",
            "Adam tutorial",
            "the usual notebook: Adam at 0.001, batches of 64, nothing else",
            TrainConfig(
                optimizer="adam",
                learning_rate=1e-3,
                weight_decay=0.0,
                schedule="constant",
                epochs=5,
                batch_size=64,
                data=DataConfig("fashion-mnist"),
            ),
        ),
        Recipe(
            "adamw",
            "AdamW, one-cycle",
            "a short run for networks with batch norm: AdamW up to 0.004",
            TrainConfig(
                optimizer="adamw",
                learning_rate=4e-3,
                weight_decay=1e-2,
                schedule="one_cycle",
                epochs=5,
                batch_size=128,
                data=DataConfig("fashion-mnist", flip=True),
            ),
        ),
    )
}
"""Every recipe by its name, in the order of a menu. Their data set is replaced by the one that is chosen."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """What a data set asks of our recipe: how long, and which augmentation does not change the label."""

    epochs: int
    flip: bool
    crop_padding: int = 0
    batch_size: int = 128


_FITS: Mapping[str, _Fit] = {
    SMALL_SET: _Fit(10, flip=True, batch_size=64),
    "fashion-mnist": _Fit(5, flip=False),  # five epochs are too few to gain from it
    "mnist": _Fit(5, flip=False),  # a mirrored digit is another sign
    "cifar10": _Fit(15, flip=True, crop_padding=4),
    "cifar100": _Fit(20, flip=True, crop_padding=4),
    "folder": _Fit(20, flip=True, crop_padding=4, batch_size=32),
    "synthetic": _Fit(5, flip=True),
}


def default_recipe(data_name: str, folder: str = "") -> TrainConfig:
    """Our recipe as data set `data_name` asks for it: sensible without any change. Raises DataError for no such set."""
    info_of(data_name)
    fit = _FITS[data_name]
    data = DataConfig(data_name, folder, flip=fit.flip, crop_padding=fit.crop_padding)
    return replace(RECIPES["ours"].config, data=data, epochs=fit.epochs, batch_size=fit.batch_size)


def recipe_for(data_name: str, *, folder: str = "", recipe: str = "ours") -> TrainConfig:
    """The settings of the named recipe for data set `data_name`.

    Only our own recipe adapts to the data; the tutorials' are what their texts say. Raises DataError or ConfigError for
    an unknown name.
    """
    info_of(data_name)
    if recipe not in RECIPES:
        raise ConfigError(f"There is no recipe called {recipe!r}; the names are {', '.join(RECIPES)}.", path="recipe")
    if recipe == "ours":
        return default_recipe(data_name, folder)
    return replace(RECIPES[recipe].config, data=DataConfig(data_name, folder))


def recipe_of(config: TrainConfig) -> Recipe | None:
    """The known recipe that `config` is, whatever its data, seed and device; None for one's own."""
    for name, recipe in RECIPES.items():
        known = recipe_for(config.data.name, folder=config.data.folder, recipe=name)
        if _without_place(known) == _without_place(config):
            return recipe
    return None


def _without_place(config: TrainConfig) -> TrainConfig:
    return replace(config, data=DataConfig(), seed=0, deterministic=False, device="auto", precision="auto")
