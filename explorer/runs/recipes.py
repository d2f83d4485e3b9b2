"""Recipes by name, and the one that fits a data set: what a new run starts from before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from explorer.arch.spec import NetworkSpec
from explorer.errors import ConfigError
from explorer.runs.config import DataConfig, InitName, TrainConfig
from explorer.runs.datasets import SMALL_SET, DataSetInfo, info_of
from explorer.runs.network_fit import NetworkFit, network_fit
from explorer.runs.sides import own_side


@dataclass(frozen=True, slots=True)
class Recipe:
    """A known way to train: its title in a menu, where it comes from, and its settings.

    `num_pictures` is how many training pictures its text has, 0 where it has no set of its own; `dropout` is what it
    asks of the network's head, None for nothing.
    """

    name: str
    title: str
    source: str
    config: TrainConfig
    num_pictures: int = 0
    dropout: float | None = None


@dataclass(frozen=True, slots=True)
class FittedRecipe:
    """A recipe as a data set and a network ask for it. `sentence` says what was changed, and why."""

    recipe: Recipe
    config: TrainConfig
    dropout: float | None
    sentence: str


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

_FASHION, _IMAGENET = 60_000, 1_281_167
"""Training pictures of d2l's data set and of the paper's."""
_D2L_EPOCHS, _PAPER_BATCH = 10, 256


def _of_d2l(name: str, title: str, chapter: str, rate: float, batch_size: int, dropout: float | None = None) -> Recipe:
    """d2l's plain SGD: no momentum, no decay, one rate for ten epochs of Fashion-MNIST, Xavier's weights."""
    config = TrainConfig(
        optimizer="sgd",
        learning_rate=rate,
        momentum=0.0,
        nesterov=False,
        weight_decay=0.0,
        schedule="constant",
        epochs=_D2L_EPOCHS,
        batch_size=batch_size,
        init="xavier",
        data=DataConfig("fashion-mnist"),
    )
    source = f"Dive into Deep Learning, {chapter}: SGD at {rate:g}, batches of {batch_size}, Xavier, 10 epochs"
    return Recipe(name, title, source, config, _FASHION, dropout)


def _of_paper(name: str, title: str, start: str, init: InitName) -> Recipe:
    """The paper's recipe: 0.01, divided by 10 when the validation accuracy stops improving."""
    config = TrainConfig(
        optimizer="sgd",
        learning_rate=0.01,
        momentum=0.9,
        nesterov=False,
        weight_decay=5e-4,
        schedule="plateau",
        plateau_patience=3,
        epochs=74,
        batch_size=_PAPER_BATCH,
        init=init,
        data=DataConfig("fashion-mnist", flip=True),
    )
    source = f"Simonyan & Zisserman 2015, section 3.1: batch 256, 0.01 ÷ 10 on plateau, dropout 0.5; {start}"
    return Recipe(name, title, source, config, _IMAGENET, 0.5)


RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe("ours", "ours for Fashion-MNIST", "chosen by experiment with the 32 × 32 starter", _OURS),
        _of_paper("paper", "VGG paper", "Glorot's initialisation, which the paper found to do", "xavier"),
        _of_paper(
            "paper-normal", "VGG paper, normal weights", "its normal of variance 0.01 as initialisation", "paper"
        ),
        _of_d2l("d2l", "d2l VGG", '"Networks Using Blocks (VGG)"', 0.05, 128, 0.5),
        _of_d2l("d2l-alexnet", "d2l AlexNet", '"Deep Convolutional Neural Networks (AlexNet)"', 0.01, 128, 0.5),
        _of_d2l("d2l-googlenet", "d2l GoogLeNet", '"Multi-Branch Networks (GoogLeNet)"', 0.1, 128),
        _of_d2l("d2l-resnet", "d2l ResNet", '"Residual Networks (ResNet) and ResNeXt"', 0.05, 256),
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


def default_recipe(data_name: str, folder: str = "", *, spec: NetworkSpec | None = None) -> TrainConfig:
    """Our recipe as data set `data_name` and the network `spec` ask for it: sensible without any change.

    Raises DataError for no such set.
    """
    info_of(data_name)
    return _default_recipe(data_name, folder, None if spec is None else network_fit(spec))


@lru_cache(maxsize=16)
def _default_recipe(data_name: str, folder: str, network: NetworkFit | None) -> TrainConfig:
    """Remembered: it is asked for with every edit of the network."""
    fit = _FITS[data_name]
    data = DataConfig(data_name, folder, flip=fit.flip, crop_padding=fit.crop_padding)
    config = replace(RECIPES["ours"].config, data=data, epochs=fit.epochs, batch_size=fit.batch_size)
    return config if network is None else _for_network(config, network)


def _for_network(config: TrainConfig, fit: NetworkFit) -> TrainConfig:
    return replace(config, init=fit.init, learning_rate=float(f"{config.learning_rate * fit.rate_factor:.6g}"))


def recipe_for(
    data_name: str, *, folder: str = "", recipe: str = "ours", spec: NetworkSpec | None = None
) -> TrainConfig:
    """The settings of the named recipe for data set `data_name` and the network `spec`.

    Raises DataError or ConfigError for no name of one.
    """
    return fitted_recipe(recipe, data_name, folder=folder, spec=spec).config


def fitted_recipe(name: str, data_name: str, *, folder: str = "", spec: NetworkSpec | None = None) -> FittedRecipe:
    """The named recipe, scaled to data set `data_name` and, where it is known, to the network `spec`.

    Raises DataError or ConfigError for an unknown name.
    """
    info = info_of(data_name)
    if name not in RECIPES:
        raise ConfigError(f"There is no recipe called {name!r}; the names are {', '.join(RECIPES)}.", path="recipe")
    recipe = RECIPES[name]
    if name == "ours":
        config, sentence = default_recipe(data_name, folder, spec=spec), _sentence_of_ours(info, spec)
    else:
        config, sentence = _scaled(recipe, info)
        config = replace(config, data=replace(config.data, name=data_name, folder=folder))
    if recipe.num_pictures == _IMAGENET and spec is not None:
        side = round(own_side(spec.input) * _PAPER_SIDE[0] / _PAPER_SIDE[1])
        config = replace(config, train_side=(side, side))
        sentence += f" Pictures are rescaled to {side:,}, as 256 stands to 224, and cut at random."
    return FittedRecipe(recipe, config, recipe.dropout, sentence)


_PAPER_SIDE = (256, 224)
_MANY = 50_000
_SMALL_BATCH, _PAPER_EPOCHS = 64, 30


def _scaled(recipe: Recipe, info: DataSetInfo) -> tuple[TrainConfig, str]:
    """The settings that a smaller or larger data set asks for, and the sentence that says so."""
    config = recipe.config
    if recipe.num_pictures == _IMAGENET:
        return _scaled_paper(config, info)
    few = info.num_train and recipe.num_pictures and info.num_train < recipe.num_pictures / 2
    if not few:
        return config, "As its text has it."
    epochs = 2 * config.epochs
    return replace(config, epochs=epochs), (
        f"The text trains {config.epochs} epochs of {recipe.num_pictures:,} pictures; these {info.num_train:,} are "
        f"seen {epochs} times, so that there are steps enough. Rate and batch are the text's."
    )


def _scaled_paper(config: TrainConfig, info: DataSetInfo) -> tuple[TrainConfig, str]:
    batch_size = config.batch_size if info.num_train >= _MANY else _SMALL_BATCH
    rate = config.learning_rate * batch_size / config.batch_size
    data = replace(config.data, flip=_FITS[info.name].flip or info.name == "fashion-mnist")
    pictures = f"{info.num_train:,} pictures" if info.num_train else "a folder of pictures"
    kept = (
        "batch and rate stay"
        if batch_size == config.batch_size
        else f"batches of {batch_size} keep the steps many, and the rate goes down with them to {rate:g}"
    )
    sentence = f"The paper trains 74 epochs of 1.3 million pictures. For {pictures}: {_PAPER_EPOCHS} epochs; {kept}."
    return replace(config, epochs=_PAPER_EPOCHS, batch_size=batch_size, learning_rate=rate, data=data), sentence


def _sentence_of_ours(info: DataSetInfo, spec: NetworkSpec | None) -> str:
    fit = _FITS[info.name]
    mirrored = "mirrored pictures" if fit.flip else "no mirrored pictures"
    shifted = f", shifts of up to {fit.crop_padding} pixels" if fit.crop_padding else ""
    sentence = f"For {info.title}: {fit.epochs} epochs, batches of {fit.batch_size}, {mirrored}{shifted}."
    return f"{sentence} {asked_by(spec)}".rstrip() if spec is not None else sentence


def asked_by(spec: NetworkSpec, *, with_rate: bool = True) -> str:
    """`No batch norm: He weights and a rate of 0.01.`: what our recipe changes for `spec`; empty for nothing."""
    fit = network_fit(spec)
    if not fit.reason:
        return ""
    rate = _for_network(RECIPES["ours"].config, fit).learning_rate
    return f"{fit.reason} and a rate of {rate:g}." if with_rate and fit.rate_factor != 1 else f"{fit.reason}."


def recipe_of(config: TrainConfig, spec: NetworkSpec | None = None) -> Recipe | None:
    """The known recipe that `config` is for the network `spec`, whatever its data, seed and device; None for one's own.

    Sides that the pictures are rescaled to don't count either.
    """
    for name, recipe in RECIPES.items():
        known = recipe_for(config.data.name, folder=config.data.folder, recipe=name, spec=spec)
        if _without_place(known) == _without_place(config):
            return recipe
    return None


def _without_place(config: TrainConfig) -> TrainConfig:
    return replace(
        config,
        data=DataConfig(),
        seed=0,
        deterministic=False,
        device="auto",
        precision="auto",
        start_from=None,
        train_side=None,
        test_side=None,
    )
