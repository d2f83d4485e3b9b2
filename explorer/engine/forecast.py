"""What can be known before a run begins: whether the network can be computed, and whether it fits the device."""

from __future__ import annotations

import torch

from explorer import units
from explorer.analysis.summarize import summarize
from explorer.analysis.summary import Conditions, MemoryForecast
from explorer.arch.spec import NetworkSpec
from explorer.engine.data import DataSet
from explorer.engine.devices import choose_device, choose_precision, memory_of
from explorer.errors import ConfigError, SpecError, TrainingError
from explorer.runs.config import PrecisionName, TrainConfig


class MemoryForecastError(TrainingError):
    """The run would need more memory than is free."""


def check_network(spec: NetworkSpec) -> None:
    """Raise SpecError with the failing node's sentence when `spec` cannot be computed."""
    failure = summarize(spec).failure
    if failure is not None:
        raise SpecError(f"{failure.node}: {failure.message}", path=failure.node)


def memory_forecast(
    spec: NetworkSpec,
    config: TrainConfig,
    batch_size: int | None = None,
    *,
    precision: PrecisionName | None = None,
) -> MemoryForecast:
    """Bytes that training `spec` under `config` takes on its device, by purpose; in `precision` where that is known."""
    precision = precision or choose_precision(config.precision, choose_device(config.device))
    conditions = Conditions(
        batch_size=batch_size or config.batch_size,
        optimizer=config.optimizer,
        momentum=config.momentum > 0,
        init=config.init,
        precision=precision,
    )
    memory = summarize(spec, conditions).training_memory
    if memory is None:
        raise ConfigError("The network cannot be computed, so its memory is not known.")
    return memory


def largest_batch(
    spec: NetworkSpec, config: TrainConfig, free_bytes: int, *, precision: PrecisionName | None = None
) -> int:
    """The largest power of two that fits into `free_bytes` as a batch; 0 when not even one picture does."""
    forecast = memory_forecast(spec, config, 1, precision=precision)
    fixed = forecast.total - forecast.saved
    fitting = (free_bytes - fixed) // max(forecast.saved, 1)
    return 1 << (int(fitting).bit_length() - 1) if fitting >= 1 else 0


def check_memory(
    spec: NetworkSpec, config: TrainConfig, data: DataSet, device: torch.device, precision: PrecisionName
) -> None:
    """Raise MemoryForecastError, with a batch that would fit, when training would need more than is free."""
    free = memory_of(device)[1]
    needed = memory_forecast(spec, config, precision=precision).total + (data.num_bytes if device.type != "cpu" else 0)
    if needed <= free:
        return
    fits = largest_batch(spec, config, free, precision=precision)
    remedy = f"Use batch {fits:,}." if fits else "Make the network narrower or its input smaller."
    raise MemoryForecastError(
        f"Needs {units.num_bytes(needed)} with batch {config.batch_size:,}; {units.num_bytes(free)} are free on this "
        f"device. {remedy}"
    )
