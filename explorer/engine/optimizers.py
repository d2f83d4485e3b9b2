"""The optimizers of a configuration, in the fastest form that the device has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch.nn import Parameter
from torch.optim import SGD, Adam, AdamW, Optimizer

from explorer.runs.config import OptimizerName, TrainConfig

_FUSED = {"cpu", "cuda"}


def make_optimizer(config: TrainConfig, parameters: Iterable[Parameter], device: torch.device) -> Optimizer:
    """The optimizer that `config` names. Weight decay acts on every parameter, as it does by default in torch."""
    form: dict[str, Any] = {"fused": True} if device.type in _FUSED else {}
    return _MAKERS[config.optimizer](config, list(parameters), form)


def _sgd(config: TrainConfig, parameters: list[Parameter], form: dict[str, Any]) -> Optimizer:
    return SGD(
        parameters,
        lr=config.learning_rate,
        momentum=config.momentum,
        nesterov=config.nesterov and config.momentum > 0,
        weight_decay=config.weight_decay,
        **form,
    )


def _adam(config: TrainConfig, parameters: list[Parameter], form: dict[str, Any]) -> Optimizer:
    return Adam(parameters, lr=config.learning_rate, weight_decay=config.weight_decay, **form)


def _adamw(config: TrainConfig, parameters: list[Parameter], form: dict[str, Any]) -> Optimizer:
    return AdamW(parameters, lr=config.learning_rate, weight_decay=config.weight_decay, **form)


_MAKERS: Mapping[OptimizerName, Callable[[TrainConfig, list[Parameter], dict[str, Any]], Optimizer]] = {
    "sgd": _sgd,
    "adam": _adam,
    "adamw": _adamw,
}
