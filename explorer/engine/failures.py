"""From an exception to the last event of a run: what happened and what would change it, in the user's words."""

from __future__ import annotations

import errno
import traceback

import torch

from explorer import units
from explorer.arch.spec import NetworkSpec
from explorer.engine.devices import choose_device, memory_of
from explorer.engine.forecast import MemoryForecastError, memory_forecast
from explorer.errors import ConfigError, DataError, ExplorerError, SpecError, TrainingError
from explorer.runs.config import TrainConfig
from explorer.runs.events import FailureKind, RunFailed

_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "cannot allocate memory")


class NotFiniteError(TrainingError):
    """The loss is infinite or not a number since `step`."""

    def __init__(self, step: int, rate: float) -> None:
        cause = f"The rate {float(f'{rate:.2g}'):g} is probably too high."
        super().__init__(f"The loss is not a number since step {step:,}. {cause}")
        self.step = step


_KINDS: tuple[tuple[type[ExplorerError], FailureKind], ...] = (
    (NotFiniteError, "not_finite"),
    (MemoryForecastError, "memory"),
    (DataError, "data"),
    (ConfigError, "config"),
    (SpecError, "network"),
    (ExplorerError, "config"),
)


def described_failure(error: Exception, *, spec: NetworkSpec, config: TrainConfig, step: int) -> RunFailed:
    """The event that ends a run which `error` broke. A traceback is kept only where it is our bug."""
    if isinstance(error, ExplorerError):
        kind = next(kind for known, kind in _KINDS if isinstance(error, known))
        return RunFailed(kind, str(error), error.step if isinstance(error, NotFiniteError) else step)
    if is_out_of_memory(error):
        return RunFailed("memory", _memory_sentence(spec, config), step)
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return RunFailed("disk", "The disk is full. Free some space, then continue the run.", step)
    if "Expected more than 1 value per channel" in str(error):
        sentence = "Batch norm on a map of one pixel needs at least two pictures in a batch; use batch 2 or more."
        return RunFailed("config", sentence, step)
    details = "".join(traceback.format_exception(error))
    return RunFailed("bug", f"Training broke: {type(error).__name__}.", step, details)


def is_out_of_memory(error: Exception) -> bool:
    """Whether `error` says that the device or the computer has no memory left."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error).lower() for text in _NO_MEMORY)


def _memory_sentence(spec: NetworkSpec, config: TrainConfig) -> str:
    try:
        needed = f" This network needs about {units.num_bytes(memory_forecast(spec, config).total)} at that batch size"
        free = f"; {units.num_bytes(memory_of(choose_device(config.device))[1])} are free now."
    except Exception:  # noqa: BLE001  a sentence about a failure must not fail
        needed, free = "", ""
    smaller = config.batch_size // 2
    remedy = f" Use batch {smaller:,}." if smaller else " Make the network narrower."
    return f"Memory ran out with batch {config.batch_size:,}.{needed}{free}{remedy}"
