"""The door from the window to the engine: what a session asks of it, and the real one, which imports torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from explorer.arch.spec import NetworkSpec
from explorer.runs.config import TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.events import RunEvent
from explorer.runs.record import RunRecord
from explorer.runs.store import RunStore


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a few trial steps foretell, in seconds and images per second; `spread_s` is that of an epoch.

    `largest_batch` is the largest power of two that fits the device's free memory.
    """

    num_steps: int
    epoch_s: float
    spread_s: float
    images_per_s: float
    largest_batch: int


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """A device as the settings offer it."""

    name: str
    title: str
    description: str
    free_bytes: int
    precisions: tuple[str, ...]
    auto_precision: str = "float32"


class RunEvents(Protocol):
    """The events of a run, each on record when it is handed out; `record` is known from the first one on."""

    @property
    def record(self) -> RunRecord | None:
        """The run in the store."""
        ...

    def __iter__(self) -> Iterator[RunEvent]: ...

    def __next__(self) -> RunEvent: ...


class Engine(Protocol):
    """Everything that the window wants done with torch. Called in threads only."""

    def begin(
        self, store: RunStore, spec: NetworkSpec, config: TrainConfig, *, name: str, control: RunControl
    ) -> RunEvents:
        """The events to come of a new run."""
        ...

    def go_on(self, store: RunStore, run_id: int, *, config: TrainConfig | None, control: RunControl) -> RunEvents:
        """The events to come of a run that goes on from its last checkpoint; `config` may give it more epochs."""
        ...

    def calibrate(self, spec: NetworkSpec, config: TrainConfig, *, control: RunControl) -> Calibrated:
        """The forecast of a few trial steps; gives up early when `control` is asked to stop."""
        ...

    def devices(self) -> tuple[DeviceFacts, ...]:
        """Every device of this computer, the one that "auto" takes first."""
        ...


class TorchEngine:
    """The real engine. Importing it costs nothing; its methods import torch."""

    def begin(
        self, store: RunStore, spec: NetworkSpec, config: TrainConfig, *, name: str, control: RunControl
    ) -> RunEvents:
        """The events to come of a new run."""
        from explorer.engine.runner import run_recorded

        return run_recorded(store, spec, config, control, name=name)

    def go_on(self, store: RunStore, run_id: int, *, config: TrainConfig | None, control: RunControl) -> RunEvents:
        """The events to come of a run that goes on."""
        from explorer.engine.runner import run_recorded

        return run_recorded(store, None, config, control, resume_run=run_id)

    def calibrate(self, spec: NetworkSpec, config: TrainConfig, *, control: RunControl) -> Calibrated:
        """The forecast of eight trial steps."""
        from explorer.engine.calibrate import calibrate

        found = calibrate(spec, config, control=control)
        return Calibrated(found.num_steps, found.epoch_s, found.spread_s, found.images_per_s, found.largest_batch)

    def devices(self) -> tuple[DeviceFacts, ...]:
        """Every device of this computer."""
        from explorer.engine.devices import list_devices

        return tuple(
            DeviceFacts(
                found.name,
                found.title,
                found.description,
                found.free_bytes,
                tuple(found.precisions),
                found.auto_precision,
            )
            for found in list_devices()
        )
