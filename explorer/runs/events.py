"""What a run says while it goes on: frozen, picklable events, in the order they happen.

`step` counts optimizer steps since the run began, from 1; `epoch` counts from 1; accuracies are fractions (0 to 1);
losses are mean cross-entropies per image; times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

StopReason = Literal["finished", "stopped"]
FailureKind = Literal["memory", "not_finite", "data", "disk", "network", "config", "bug"]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run is ready to step. `start_step` is above 0 when it goes on from a checkpoint."""

    num_steps: int
    steps_per_epoch: int
    num_train: int
    num_test: int
    device: str
    precision: str
    num_parameters: int
    start_step: int = 0
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StepsDone:
    """Some steps, read from the device together. Sequences are parallel, one entry a step.

    `losses` and `accuracies` are those of each training batch (before its update); `learning_rates` what each step
    used.
    """

    first_step: int
    epoch: int
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    learning_rates: tuple[float, ...]
    images_per_s: float
    elapsed_s: float

    @property
    def last_step(self) -> int:
        """The newest step in here."""
        return self.first_step + len(self.losses) - 1


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The network was measured on the whole test set after `step`. `is_best` if no earlier accuracy was higher."""

    step: int
    epoch: int
    loss: float
    accuracy: float
    is_best: bool
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """Everything needed to continue from `step` lies safely in `file` (relative to the run's folder)."""

    step: int
    epoch: int
    file: str
    sha256: str
    is_best: bool


@dataclass(frozen=True, slots=True)
class CheckpointNotSaved:
    """A checkpoint could not be written (a full disk); the run goes on. `message` is for the user."""

    step: int
    message: str


@dataclass(frozen=True, slots=True)
class RunPaused:
    """The run waits."""

    step: int
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class RunContinued:
    """The run goes on after a pause."""

    step: int
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The last event of a run that ended in order: all epochs done, or stopped by the user with its result kept."""

    reason: StopReason
    step: int
    epoch: int
    best_accuracy: float | None
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class RunFailed:
    """The last event of a run that broke. `message` is for the user; `details` is a traceback where it is our bug."""

    kind: FailureKind
    message: str
    step: int
    details: str = ""


RunEvent = (
    RunStarted
    | StepsDone
    | Evaluated
    | CheckpointSaved
    | CheckpointNotSaved
    | RunPaused
    | RunContinued
    | RunEnded
    | RunFailed
)
