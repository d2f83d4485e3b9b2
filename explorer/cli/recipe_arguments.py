"""The arguments of `train` that change a recipe: one row each, from the flag to the setting."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from explorer.arch.spec import NetworkSpec
from explorer.errors import ConfigError, ExplorerError
from explorer.runs.config import DEVICES, INITS, OPTIMIZERS, PRECISIONS, SCHEDULES, TrainConfig
from explorer.runs.datasets import DATA_SETS, SMALL_SET
from explorer.runs.recipes import RECIPES, FittedRecipe, fitted_recipe

_WHOLE = re.compile(r"[-+]?\d{1,18}")


@dataclass(frozen=True, slots=True)
class Setting:
    """A flag and the setting it changes; `field` is a path as in `data.flip`. Ranges are the configuration's own."""

    flag: str
    field: str
    help: str
    read: Callable[[str], Any] | None = None
    metavar: str = ""
    choices: tuple[str, ...] = ()

    @property
    def dest(self) -> str:
        """The attribute of the parsed arguments."""
        return self.field.replace(".", "_")


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text.strip()):
        raise argparse.ArgumentTypeError(f'a whole number is meant, and this is "{text[:40]}".')
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'a number is meant, and this is "{text[:40]}".') from None


def _sides(text: str) -> tuple[int, int]:
    """`36-48` as (36, 48), `40` as (40, 40)."""
    low, _, high = text.partition("-")
    try:
        return _whole(low), _whole(high or low)
    except argparse.ArgumentTypeError:
        message = f'a side is meant, as in 40, or a range of sides, as in 36-48, and this is "{text[:40]}".'
        raise argparse.ArgumentTypeError(message) from None


SETTINGS = (
    Setting("--epochs", "epochs", "times through the training pictures", _whole, "N"),
    Setting("--batch", "batch_size", "pictures per step", _whole, "N"),
    Setting("--lr", "learning_rate", "learning rate: the peak of one_cycle, the start of the others", _number, "X"),
    Setting("--optimizer", "optimizer", "how weights are changed", choices=OPTIMIZERS),
    Setting("--schedule", "schedule", "how the learning rate goes on", choices=SCHEDULES),
    Setting("--patience", "plateau_patience", "epochs that plateau waits before it divides by 10", _whole, "N"),
    Setting("--momentum", "momentum", "momentum of SGD", _number, "X"),
    Setting("--nesterov", "nesterov", "Nesterov's form of momentum"),
    Setting("--weight-decay", "weight_decay", "pull of the weights towards 0", _number, "X"),
    Setting("--label-smoothing", "label_smoothing", "share of the target spread over all classes", _number, "X"),
    Setting("--init", "init", "how weights begin", choices=INITS),
    Setting("--seed", "seed", "number that fixes weights, order and augmentation", _whole, "N"),
    Setting("--deterministic", "deterministic", "the same figures every time, on a GPU too (slower there)"),
    Setting("--device", "device", "where to compute", choices=DEVICES),
    Setting("--precision", "precision", "number format; auto measures", choices=PRECISIONS),
    Setting("--flip", "data.flip", "mirror half of the training pictures"),
    Setting("--crop", "data.crop_padding", "shift training pictures by up to N pixels", _whole, "N"),
    Setting(
        "--train-side",
        "train_side",
        "rescale training pictures to this shorter side, drawn from a range, and cut the input out of them at random",
        _sides,
        "S|S-S",
    ),
    Setting("--test-side", "test_side", "rescale test pictures to this shorter side and cut their middle", _whole, "Q"),
    Setting("--train-limit", "data.train_limit", "learn from N pictures only", _whole, "N"),
    Setting("--test-limit", "data.test_limit", "test on N pictures only", _whole, "N"),
)
_FLAGS: Mapping[str, str] = {setting.field: setting.flag for setting in SETTINGS}


def add_recipe(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments that say what to learn from, and how."""
    data = parser.add_argument_group("pictures")
    data.add_argument(
        "--data", default=SMALL_SET, metavar="D", help=f"{', '.join(DATA_SETS)} (default {SMALL_SET}, built in)"
    )
    data.add_argument(
        "--data-folder", default="", metavar="FOLDER", help="where its files lie, if not in a usual place"
    )
    data.add_argument("--download", action="store_true", help="fetch the data set first, if it is not there")
    recipe = parser.add_argument_group("recipe", "What is left out is as the recipe says.")
    recipe.add_argument(
        "--recipe", default="ours", metavar="R", help=f"{', '.join(RECIPES)} (default ours, by data set)"
    )
    for setting in SETTINGS:
        group = data if setting.field.startswith("data.") or setting.field.endswith("_side") else recipe
        if setting.read is None and not setting.choices:
            group.add_argument(
                setting.flag, dest=setting.dest, help=setting.help, action=argparse.BooleanOptionalAction, default=None
            )
        else:
            group.add_argument(
                setting.flag, dest=setting.dest, help=setting.help, type=setting.read or str,
                choices=setting.choices or None, metavar=setting.metavar or None,
            )  # fmt: skip


def config_of(args: argparse.Namespace, spec: NetworkSpec | None = None) -> TrainConfig:
    """The configuration that the arguments of `add_recipe` mean for the network `spec`.

    Raises ExplorerError that names the flag.
    """
    return with_changes(recipe_of_arguments(args, spec).config, args)


def recipe_of_arguments(args: argparse.Namespace, spec: NetworkSpec | None = None) -> FittedRecipe:
    """The recipe that is named, as the pictures and the network ask for it."""
    return fitted_recipe(args.recipe, args.data, folder=args.data_folder, spec=spec)


def with_changes(config: TrainConfig, args: argparse.Namespace) -> TrainConfig:
    """`config` with every setting that was given. Raises ConfigError whose message begins with the flag."""
    asked = {setting.field: getattr(args, setting.dest, None) for setting in SETTINGS}
    given: dict[str, Any] = {field: value for field, value in asked.items() if value is not None}
    if given.get("momentum") == 0 and "nesterov" not in given:
        given["nesterov"] = False  # it needs a momentum, and was not asked for
    in_data = {field.removeprefix("data."): value for field, value in given.items() if field.startswith("data.")}
    own = {field: value for field, value in given.items() if not field.startswith("data.")}
    try:
        return replace(config, **own, data=replace(config.data, **in_data))
    except ConfigError as error:
        flag = _FLAGS.get(error.path)
        raise ExplorerError(f"{flag}: {error}" if flag else str(error)) from error
