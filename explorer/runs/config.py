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
StartRule = Literal["paper", "aligned", "morph", "all"]
KeptWeights = Literal["best", "last"]
OPTIMIZERS: tuple[OptimizerName, ...] = ("sgd", "adam", "adamw")
SCHEDULES: tuple[ScheduleName, ...] = ("constant", "step", "plateau", "cosine", "one_cycle")
INITS: tuple[InitName, ...] = ("default", "xavier", "he", "paper")
DEVICES: tuple[DeviceName, ...] = ("auto", "cpu", "cuda", "mps")
PRECISIONS: tuple[PrecisionName, ...] = ("auto", "float32", "bf16", "fp16")
START_RULES: tuple[StartRule, ...] = ("paper", "aligned", "morph", "all")
KEPT_WEIGHTS: tuple[KeptWeights, ...] = ("best", "last")
MAX_SIDE = 4096


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
class StartFrom:
    """The run whose weights a new one begins with, and by which rule.

    "paper" takes the first four convolutions and the last three linear layers (Simonyan & Zisserman 2015, 3.1),
    "aligned" the best alignment of the layers by shape, "morph" an edit that keeps the function, "all" every tensor of
    the same name and shape. `weights` chooses the run's best checkpoint or its last.
    """

    run_id: int
    rule: StartRule = "paper"
    weights: KeptWeights = "best"


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """The recipe of a run.

    `learning_rate` is the peak for one_cycle and the start for the others. `step` divides the rate by 10 after each
    third of the epochs; `plateau` divides by 10 when the validation accuracy has not improved for `plateau_patience`
    epochs (the VGG paper's rule). `init` says how weights begin: torch's default, Xavier uniform (d2l), He normal, or
    the paper's normal of variance 0.01. `start_from` lets the weights begin as another run's ended.

    `train_side` (S_min, S_max) rescales each training picture, its proportions kept, to a shorter side drawn from that
    range, and cuts the network's input out of it at random; two equal numbers fix the side. `test_side` (Q) does so
    for the test pictures, cut from the middle. Without them pictures are stretched to the network's input.
    Source: Simonyan & Zisserman 2015, sections 3.1 and 3.2.
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
    start_from: StartFrom | None = None
    train_side: tuple[int, int] | None = None
    test_side: int | None = None

    @property
    def evaluation_side(self) -> int | None:
        """The side Q that test pictures are rescaled to: `test_side`, else S, or the middle of [S_min; S_max].

        None where pictures are stretched to the input. Source: Simonyan & Zisserman 2015, section 4.1.
        """
        if self.test_side is not None or self.train_side is None:
            return self.test_side
        return sum(self.train_side) // 2

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
        _check_start(self.start_from)
        _check_sides(self.train_side, self.test_side)
        if self.nesterov and self.optimizer == "sgd" and self.momentum == 0:
            raise ConfigError("Nesterov needs a momentum above 0; use 0.9, or turn Nesterov off.", path="nesterov")


def _check_start(start: StartFrom | None) -> None:
    if start is not None:
        _whole(start.run_id, "start_from.run_id", "The number of the run to start from", 1, 2**63 - 1)
        _choice(start.rule, START_RULES, "start_from.rule", "The rule for starting from a run")
        _choice(start.weights, KEPT_WEIGHTS, "start_from.weights", "The weights to start from")


def _check_sides(train: tuple[int, int] | None, test: int | None) -> None:
    if train is not None:
        if not isinstance(train, tuple) or len(train) != 2:
            raise ConfigError(
                f"The training side is a pair, the smallest and the largest, and this is {train!r}.", path="train_side"
            )
        for side in train:
            _whole(side, "train_side", "A training side", 1, MAX_SIDE)
        if train[0] > train[1]:
            message = f"The training side goes from small to large, and this goes from {train[0]:,} to {train[1]:,}."
            raise ConfigError(message, path="train_side")
    if test is not None:
        _whole(test, "test_side", "The test side", 1, MAX_SIDE)


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
