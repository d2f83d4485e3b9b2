"""A training engine that needs no torch: it tells the events that it is given, one a step, and obeys its control."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from explorer.arch.presets import starter
from explorer.arch.spec import NetworkSpec
from explorer.gui.engine_door import Calibrated, DeviceFacts
from explorer.gui.torch_loader import TorchLoader
from explorer.gui.training import TrainingSession
from explorer.runs.config import TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.events import (
    Evaluated,
    RunContinued,
    RunEnded,
    RunEvent,
    RunFailed,
    RunPaused,
    RunStarted,
    StepsDone,
)
from explorer.runs.record import RunRecord
from explorer.runs.store import RunStore

PER_EPOCH = 20


def started(num_epochs: int = 2, *, start_step: int = 0) -> RunStarted:
    return RunStarted(num_epochs * PER_EPOCH, PER_EPOCH, 1000, 200, "cpu", "float32", 446_202, start_step)


def steps(first: int, count: int, *, loss: float = 1.0) -> StepsDone:
    losses = tuple(loss / (1 + 0.01 * step) for step in range(first, first + count))
    epoch = (first - 1) // PER_EPOCH + 1
    return StepsDone(first, epoch, losses, (0.5,) * count, (0.1,) * count, 4000.0, 0.01 * (first + count - 1))


def evaluated(step: int, accuracy: float, *, loss: float = 0.5) -> Evaluated:
    return Evaluated(step, step // PER_EPOCH, loss, accuracy, is_best=True, elapsed_s=0.01 * step)


def whole_run(num_epochs: int = 2, accuracy: float = 0.8) -> list[RunEvent]:
    """Every event of a run that goes through."""
    events: list[RunEvent] = [started(num_epochs)]
    for epoch in range(num_epochs):
        events += [steps(epoch * PER_EPOCH + 1, PER_EPOCH), evaluated((epoch + 1) * PER_EPOCH, accuracy + 0.01 * epoch)]
    last = num_epochs * PER_EPOCH
    return [*events, RunEnded("finished", last, num_epochs, accuracy + 0.01 * (num_epochs - 1), 0.01 * last)]


def kept_run(store: RunStore, name: str, events: Sequence[RunEvent], config: TrainConfig | None = None) -> RunRecord:
    """A run in the store that said `events`."""
    record = store.create(starter().spec, config or TrainConfig(epochs=2), name=name)
    store.append(record.id, list(events))
    return store.get(record.id)


class _Told(Iterator[RunEvent]):
    def __init__(self, record: RunRecord, events: Iterator[RunEvent]) -> None:
        self.record: RunRecord | None = record
        self._events = events

    def __next__(self) -> RunEvent:
        return next(self._events)


@dataclass
class FakeEngine:
    """Tells `events` of every run. `endless` repeats steps until it is asked to stop."""

    events: Callable[[], Sequence[RunEvent]] = whole_run
    endless: bool = False
    error: Exception | None = None
    measure_s: float = 0.0
    calls: list[str] = field(default_factory=list)
    configs: list[TrainConfig | None] = field(default_factory=list)  # of the runs that went on

    def begin(
        self, store: RunStore, spec: NetworkSpec, config: TrainConfig, *, name: str, control: RunControl
    ) -> _Told:
        self.calls.append(f"begin {name}")
        if self.error is not None:
            raise self.error
        record = store.create(spec, config, name=name)
        return _Told(record, self._recorded(store, record.id, control))

    def go_on(self, store: RunStore, run_id: int, *, config: TrainConfig | None, control: RunControl) -> _Told:
        self.calls.append(f"go on {run_id} {config.epochs if config else '-'}")
        self.configs.append(config)
        return _Told(store.get(run_id), self._recorded(store, run_id, control))

    def calibrate(self, spec: NetworkSpec, config: TrainConfig, *, control: RunControl) -> Calibrated:
        self.calls.append("calibrate")
        deadline = time.monotonic() + self.measure_s
        while time.monotonic() < deadline and not control.stopping:
            time.sleep(0.002)
        if self.error is not None:
            raise self.error
        return Calibrated(8, 14.0, 1.0, 4376.0, 8192)

    def devices(self) -> tuple[DeviceFacts, ...]:
        return (DeviceFacts("cpu", "CPU", "2 cores, AVX2", 8 << 30, ("float32",)),)

    def _recorded(self, store: RunStore, run_id: int, control: RunControl) -> Iterator[RunEvent]:
        for event in self._told(control):
            store.append(run_id, event)
            yield event

    def _told(self, control: RunControl) -> Iterator[RunEvent]:
        if not self.endless:
            yield from self.events()
            return
        yield started(50)
        step = 1
        while not control.stopping:
            if control.pausing:
                yield RunPaused(step, 0.01 * step)
                control.wait_until_resumed()
                yield RunContinued(step, 0.01 * step)
                continue
            yield steps(step, 2)
            step += 2
            time.sleep(0.003)
        yield RunEnded("stopped", step - 1, 1, None, 0.01 * step)


def failing(kind: str, message: str) -> list[RunEvent]:
    """A run that breaks in its first epoch."""
    return [started(), steps(1, 5), RunFailed(kind, message, 5)]  # type: ignore[arg-type]


def session_in(folder: Path, engine: FakeEngine, *, modules: tuple[str, ...] = ("json",)) -> TrainingSession:
    """A session whose torch is `modules`, not loaded yet."""
    return TrainingSession(RunStore(folder), TorchLoader(modules=modules), engine=engine)
