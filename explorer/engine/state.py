"""TrainState: everything a run needs to go on exactly where it was, and how it is handed over to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from explorer.runs.events import CheckpointNotSaved, CheckpointSaved

if TYPE_CHECKING:
    from torch import Tensor

MODEL_PREFIX = "model."
"""Tensors under this prefix are the network's weights and buffers: `model.features.0.weight`."""


@dataclass(frozen=True, slots=True)
class TrainState:
    """The state of a run between two steps.

    `tensors` holds the network (names begin with `model.`), the optimizer's buffers and the random generators' states;
    `meta` holds the rest (step, epoch, schedule, order of the data, best so far) as plain JSON values.
    """

    tensors: Mapping[str, Tensor]
    meta: Mapping[str, Any]


def is_finite(state: TrainState) -> bool:
    """Whether a run can go on from `state`: each weight, statistic and buffer of the optimizer is a finite number."""
    return all(bool(tensor.sum().isfinite()) for tensor in state.tensors.values() if tensor.is_floating_point())


class SaveState(Protocol):
    """Puts a state away safely; says what became of it and never raises for a full disk."""

    def __call__(
        self, state: TrainState, *, step: int, epoch: int, is_best: bool
    ) -> CheckpointSaved | CheckpointNotSaved:
        """The event to yield: saved, or not saved and why. `is_best` keeps the weights as the run's best."""
        ...
