"""TrainConfig: everything that decides a run besides the network. Immutable; stored with each run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from explorer.errors import ConfigError

OptimizerName = Literal["sgd", "adam", "adamw"]
ScheduleName = Literal["constant", "step", "plateau", "cosine", "one_cycle"]
InitName = Literal["default", "xavier", "he", "paper"]
DeviceName = Literal["auto", "cpu", "cuda", "mps"]
PrecisionName = Literal["auto", "float32", "bf16", "fp16"]
OPTIMIZERS: tuple[OptimizerName, ...] = ("sgd", "adam", "adamw")
SCHEDULES: tuple[ScheduleName, ...] = ("constant", "step", "plateau", "cosine", "one_cycle")
INITS: tuple[InitName, ...] = ("default", "xavier", "he", "paper")
DEVICES: tuple[DeviceName, ...] = ("auto", "cpu", "cuda", "mps")
PRECISIONS: tuple[PrecisionName, ...] = ("auto", "float32", "bf16", "fp16")


@dataclass(frozen=True, slots=True)
class DataConfig:
    """Which pictures a run learns from.

    `name` is a data set of `engine.data` ("fashion-mnist-small" is built in; "fashion-mnist", "mnist", "cifar10",
    "cifar100", "folder", "synthetic"); `folder` is where its files lie, empty for the usual places. `train_limit` and
    `test_limit` keep the first n pictures of a fixed shuffle (None = all). `flip` and `crop_padding` augment the
    training pictures.
    """

    name: str = "fashion-mnist-small"
    folder: str = ""
    train_limit: int | None = None
    test_limit: int | None = None
    flip: bool = False
    crop_padding: int = 0


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """The recipe of a run.

    `learning_rate` is the peak for one_cycle and the start for the others. `step` divides the rate by 10 after each
    third of the epochs; `plateau` divides by 10 when the validation accuracy has not improved for `plateau_patience`
    epochs (the VGG paper's rule). `init` says how weights begin: torch's default, Xavier uniform (d2l), He normal, or
    the paper's normal of variance 0.01.
    """

    data: DataConfig = DataConfig()
    optimizer: OptimizerName = "sgd"
    learning_rate: float = 0.1
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 5e-4
    schedule: ScheduleName = "one_cycle"
    plateau_patience: int = 2
    epochs: int = 5
    batch_size: int = 128
    label_smoothing: float = 0.0
    init: InitName = "default"
    seed: int = 0
    deterministic: bool = False
    device: DeviceName = "auto"
    precision: PrecisionName = "auto"

    def __post_init__(self) -> None:
        _choice(self.optimizer, OPTIMIZERS, "optimizer", "The optimizer")
        _choice(self.schedule, SCHEDULES, "schedule", "The schedule")
        _choice(self.init, INITS, "init", "The weight initialisation")
        _choice(self.device, DEVICES, "device", "The device")
        _choice(self.precision, PRECISIONS, "precision", "The precision")
        _number(self.learning_rate, "learning_rate", "The learning rate", above=0.0, at_most=1e4)
        _number(self.momentum, "momentum", "Momentum", at_least=0.0, below=1.0)
        _number(self.weight_decay, "weight_decay", "Weight decay", at_least=0.0, at_most=10.0)
        _number(self.label_smoothing, "label_smoothing", "Label smoothing", at_least=0.0, below=1.0)
        _whole(self.plateau_patience, "plateau_patience", "The patience of the plateau schedule", 1, 10_000)
        _whole(self.epochs, "epochs", "The number of epochs", 1, 100_000)
        _whole(self.batch_size, "batch_size", "The batch size", 1, 1_000_000)
        _whole(self.seed, "seed", "The seed", 0, 2**63 - 1)
        for name in ("train_limit", "test_limit"):
            limit = getattr(self.data, name)
            if limit is not None:
                _whole(limit, f"data.{name}", "A limit on the number of pictures", 1, 10**9)
        _whole(self.data.crop_padding, "data.crop_padding", "The crop padding", 0, 64)
        if self.nesterov and self.optimizer == "sgd" and self.momentum == 0:
            raise ConfigError("Nesterov needs a momentum above 0; use 0.9, or turn Nesterov off.", path="nesterov")


def _choice(value: Any, choices: tuple[str, ...], path: str, what: str) -> None:
    if value not in choices:
        raise ConfigError(f"{what} is one of {', '.join(choices)}, and this is {value!r}.", path=path)


def _whole(value: Any, path: str, what: str, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(f"{what} is a whole number from {low:,} to {high:,}, and this is {value!r}.", path=path)


def _number(
    value: Any,
    path: str,
    what: str,
    *,
    above: float = -math.inf,
    at_least: float = -math.inf,
    below: float = math.inf,
    at_most: float = math.inf,
) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or value <= above or value < at_least or value >= below or value > at_most:
        low = f"above {above:g}" if above > -math.inf else f"at least {at_least:g}"
        high = f"below {below:g}" if below < math.inf else f"at most {at_most:g}"
        raise ConfigError(f"{what} is {low} and {high}, and this is {value!r}.", path=path)
