"""RunRecord: one run as a list shows it, and how events change it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from explorer.arch.files import spec_from_json
from explorer.arch.spec import NetworkSpec
from explorer.runs.config import TrainConfig
from explorer.runs.config_json import config_from_json
from explorer.runs.events import (
    CheckpointNotSaved,
    CheckpointSaved,
    Evaluated,
    RunContinued,
    RunEnded,
    RunEvent,
    RunFailed,
    RunPaused,
    RunStarted,
    StepsDone,
)
from explorer.runs.status import LIVE, RunStatus


@dataclass(frozen=True)
class RunRecord:
    """A run and its outcome so far. Accuracies are fractions, times seconds since 1970 or since the run began.

    `message` is the sentence of a failed run. `color_index` counts through the palette's run colours.
    `parent_id` is the run whose settings or weights this one began with.
    """

    id: int
    folder: Path
    name: str
    note: str
    created_s: float
    spec_json: str
    config_json: str
    seed: int
    versions: Mapping[str, str]
    device: str
    precision: str
    data_fingerprint: str
    status: RunStatus
    message: str
    color_index: int
    parent_id: int | None
    num_parameters: int | None
    num_steps: int | None
    best_accuracy: float | None
    last_loss: float | None
    last_epoch: int
    last_step: int
    elapsed_s: float
    num_events: int
    is_deleted: bool

    @cached_property
    def spec(self) -> NetworkSpec:
        """The network. Raises SpecError if it was written by a newer version of the program."""
        return spec_from_json(json.loads(self.spec_json))

    @cached_property
    def config(self) -> TrainConfig:
        """The recipe. Raises ConfigError if it was written by a newer version of the program."""
        return config_from_json(json.loads(self.config_json))

    @property
    def is_live(self) -> bool:
        """Whether some process was working on it when it was last looked at."""
        return self.status in LIVE


@dataclass(frozen=True, slots=True)
class CheckpointRecord:
    """A checkpoint that was reported as safe: its file (inside the run's folder) and what it must hash to."""

    step: int
    epoch: int
    path: Path
    sha256: str
    is_best: bool


def record_of(row: sqlite3.Row, runs_folder: Path) -> RunRecord:
    """The record that a row of the table `runs` holds."""
    values: dict[str, Any] = dict(row)
    values["folder"] = runs_folder / values["folder"]
    values["versions"] = json.loads(values["versions"])
    values["is_deleted"] = values.pop("deleted_s") is not None
    values["spec_json"], values["config_json"] = values.pop("spec"), values.pop("config")
    return RunRecord(**values)


def changes(event: RunEvent) -> dict[str, Any]:
    """The columns of `runs` that `event` sets. The best accuracy is not among them: it depends on what came before."""
    match event:
        case RunStarted():
            return {
                "status": "running", "message": "", "device": event.device, "precision": event.precision,
                "num_parameters": event.num_parameters, "num_steps": event.num_steps, "elapsed_s": event.elapsed_s,
                "last_step": event.start_step,
            }  # fmt: skip
        case StepsDone():
            last = {"last_loss": event.losses[-1]} if event.losses else {}
            return last | {"last_step": event.last_step, "last_epoch": event.epoch, "elapsed_s": event.elapsed_s}
        case Evaluated():
            return {"last_step": event.step, "last_epoch": event.epoch, "elapsed_s": event.elapsed_s}
        case RunPaused():
            return {"status": "paused", "elapsed_s": event.elapsed_s}
        case RunContinued():
            return {"status": "running", "elapsed_s": event.elapsed_s}
        case RunEnded():
            return {"status": event.reason, "elapsed_s": event.elapsed_s}
        case RunFailed():
            return {"status": "failed", "message": event.message}
        case CheckpointSaved() | CheckpointNotSaved():
            return {}


def newest_test_loss(backwards: Iterable[RunEvent]) -> float | None:
    """The loss of the newest evaluation, of events told `backwards`, without what a resumed run left behind."""
    reached = float("inf")
    for event in backwards:
        if isinstance(event, Evaluated) and event.step <= reached:
            return event.loss
        if isinstance(event, RunStarted):
            reached = min(reached, event.start_step)
    return None


def best_accuracy(events: Iterable[RunEvent]) -> float | None:
    """The best accuracy that `events` reached, without what a resumed run left behind."""
    reached: list[tuple[int, float]] = []
    for event in events:
        if isinstance(event, RunStarted):
            reached = [(step, accuracy) for step, accuracy in reached if step <= event.start_step]
        elif isinstance(event, Evaluated):
            reached.append((event.step, event.accuracy))
    return max((accuracy for _, accuracy in reached), default=None)
