"""A recipe in words, the same in the window, in reports and on the command line."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.runs.config import DataConfig, InitName, OptimizerName, ScheduleName, StartFrom, StartRule, TrainConfig
from explorer.runs.datasets import DATA_SETS
from explorer.units import exact, tidy

OPTIMIZER_TITLES: Mapping[OptimizerName, str] = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}
SCHEDULE_TITLES: Mapping[ScheduleName, str] = {
    "one_cycle": "One-cycle",
    "cosine": "Cosine",
    "step": "÷10 each third",
    "plateau": "÷10 on plateau",
    "constant": "Constant",
}
INIT_TITLES: Mapping[InitName, str] = {
    "default": "PyTorch default",
    "he": "He",
    "xavier": "Xavier, as d2l",
    "paper": "VGG paper",
}
RULE_WORDS: Mapping[StartRule, str] = {
    "paper": "the paper's rule",
    "aligned": "layers aligned by shape",
    "morph": "an edit that keeps what it computes",
    "all": "every tensor of the same name and shape",
}
_DEVICE_TITLES = {"auto": "Auto", "cpu": "CPU", "cuda": "CUDA", "mps": "Metal"}


def optimizer_title(config: TrainConfig) -> str:
    """`SGD, Nesterov 0.9`, `SGD, momentum 0.9`, `SGD, plain`, `AdamW`."""
    title = OPTIMIZER_TITLES[config.optimizer]
    if config.optimizer != "sgd":
        return title
    if config.momentum == 0:
        return f"{title}, plain"
    return f"{title}, {'Nesterov' if config.nesterov else 'momentum'} {tidy(config.momentum)}"


def recipe_words(config: TrainConfig) -> tuple[tuple[str, str], ...]:
    """Every setting in use as (label, words), in the order of the window."""
    decays_on_plateau = config.schedule == "plateau"
    rows = (
        ("Data set", _data_set(config.data)),
        ("Pictures", _pictures(config)),
        ("Optimizer", optimizer_title(config)),
        ("Learning rate", tidy(config.learning_rate)),
        ("Schedule", SCHEDULE_TITLES[config.schedule]),
        ("Patience", _counted(config.plateau_patience, "epoch") if decays_on_plateau else ""),
        ("Epochs", exact(config.epochs)),
        ("Batch", exact(config.batch_size)),
        ("Weight decay", tidy(config.weight_decay)),
        ("Label smoothing", tidy(config.label_smoothing) if config.label_smoothing else ""),
        ("First weights", INIT_TITLES[config.init] if config.start_from is None else _start(config.start_from)),
        ("Seed", str(config.seed)),
        ("Repeatable", "yes, only deterministic operations" if config.deterministic else ""),
        ("Device", _DEVICE_TITLES[config.device]),
        ("Number format", "Auto" if config.precision == "auto" else config.precision),
    )
    return tuple((label, words) for label, words in rows if words)


def _data_set(data: DataConfig) -> str:
    info = DATA_SETS.get(data.name)
    limits = [
        f"{exact(limit)} {what} pictures"
        for limit, what in ((data.train_limit, "training"), (data.test_limit, "test"))
        if limit is not None
    ]
    return ", ".join([info.title if info is not None else data.name, *limits])


def _pictures(config: TrainConfig) -> str:
    """How pictures come to the network's size, and how training pictures are varied."""
    ways = []
    if config.train_side is not None:
        low, high = config.train_side
        drawn = f"{low:,}" if low == high else f"{low:,} to {high:,}, at random"
        ways.append(f"shorter side S {drawn}; tested at Q {config.evaluation_side:,}")
    elif config.test_side is not None:
        ways.append(f"tested at Q {config.test_side:,}")
    else:
        ways.append("stretched to the input")
    if config.data.flip:
        ways.append("mirrored at random")
    if config.data.crop_padding:
        ways.append(f"shifted by up to {config.data.crop_padding} px")
    return "; ".join(ways)


def _start(start: StartFrom) -> str:
    return f"{start.weights} weights of run {start.run_id}: {RULE_WORDS[start.rule]}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
