"""Which runs descend from which, and the curve of a run that goes on where another one ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from explorer.errors import ExplorerError, RunError
from explorer.runs.config import KeptWeights
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
from explorer.runs.history import History
from explorer.runs.record import CheckpointRecord, RunRecord
from explorer.runs.store import RunStore


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A run whose weights another one began with: the run, and the step and epoch of the checkpoint that was taken."""

    record: RunRecord
    step: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Continued:
    """A run's curve with those of its ancestors before it.

    `history` counts steps and epochs from the first ancestor's beginning; the run's own step n is `offset` + n.
    `marks` are the places (step, epoch) where each next run took over, with its record: where the network was edited.
    """

    history: History
    offset: int
    marks: tuple[tuple[int, int, RunRecord], ...]


def source_of(run: RunRecord) -> int | None:
    """The number of the run whose weights `run` began with; None for one from scratch."""
    try:
        start = run.config.start_from
    except ExplorerError:  # of a newer version
        return None
    return start.run_id if start else None


def descendants(runs: Iterable[RunRecord], run_id: int) -> tuple[RunRecord, ...]:
    """The runs among `runs` that began with the weights of run `run_id`, or of one of these, oldest first."""
    known, found = {run_id}, []
    for run in sorted(runs, key=lambda run: run.id):
        if source_of(run) in known:
            known.add(run.id)
            found.append(run)
    return tuple(found)


def ancestors(store: RunStore, run: RunRecord) -> tuple[Ancestor, ...]:
    """The runs that `run` descends from by its weights, the first one first; they stop at a run that is gone."""
    found: list[Ancestor] = []
    while (start := run.config.start_from) is not None:
        try:
            parent = store.get(start.run_id)
        except RunError:
            break
        taken = chosen_checkpoint(store.checkpoints(parent.id), start.weights)
        if taken is None or parent.id in {ancestor.record.id for ancestor in found}:
            break
        found.append(Ancestor(parent, taken.step, taken.epoch))
        run = parent
    return tuple(reversed(found))


def chosen_checkpoint(checkpoints: Sequence[CheckpointRecord], weights: KeptWeights) -> CheckpointRecord | None:
    """The checkpoint, of those newest first, that "best" or "last" means; None where there is none."""
    best = [found for found in checkpoints if found.is_best] if weights == "best" else []
    return next(iter(best or checkpoints), None)


def continued(store: RunStore, run_id: int) -> Continued:
    """The curve of a run behind those of its ancestors, each cut off where the next one began."""
    run = store.get(run_id)
    history, offset, epochs = History(), 0, 0
    marks: list[tuple[int, int, RunRecord]] = []
    before = ancestors(store, run)
    followers = [*(ancestor.record for ancestor in before[1:]), run]
    for ancestor, follower in zip(before, followers, strict=True):
        events = (event for event in store.events(ancestor.record.id) if _reaches(event, ancestor.step))
        history.extend(shifted(event, offset, epochs) for event in events)
        offset, epochs = offset + ancestor.step, epochs + ancestor.epoch
        marks.append((offset, epochs, follower))
    history.extend(shifted(event, offset, epochs) for event in store.events(run_id))
    return Continued(history, offset, tuple(marks))


def shifted(event: RunEvent, steps: int, epochs: int) -> RunEvent:
    """`event` as it counts when so many steps and epochs were done before its run began."""
    if not steps:
        return event
    match event:
        case StepsDone():
            return replace(event, first_step=event.first_step + steps, epoch=event.epoch + epochs)
        case RunStarted():
            return replace(event, start_step=event.start_step + steps, num_steps=event.num_steps + steps)
        case RunFailed():
            return replace(event, step=event.step + steps)
        case Evaluated() | CheckpointSaved() | RunEnded():
            return replace(event, step=event.step + steps, epoch=event.epoch + epochs)
        case RunPaused() | RunContinued() | CheckpointNotSaved():
            return replace(event, step=event.step + steps)


def _reaches(event: RunEvent, step: int) -> bool:
    """Whether `event` happened up to `step`."""
    if isinstance(event, StepsDone):
        return event.last_step <= step
    return not isinstance(event, RunEnded | RunFailed) and getattr(event, "step", 0) <= step
