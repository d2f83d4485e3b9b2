"""Curves that know where they come from: behind those of the runs they continue, with the places of the edits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from explorer.gui.plots.curves import CurveMark, RunCurves
from explorer.runs.events import RunEnded, RunEvent, RunFailed, StepsDone
from explorer.runs.lineage import Ancestor, ancestors, shifted, source_of
from explorer.runs.record import RunRecord
from explorer.runs.store import RunStore

CONTINUING = frozenset({"morph"})
"""Rules that keep the function: the curve goes on where the other run's ended."""


@dataclass(frozen=True, slots=True)
class Past:
    """What a run's curve stands on: events of the runs before it, and how far they had come."""

    events: tuple[RunEvent, ...] = ()
    marks: tuple[CurveMark, ...] = ()
    steps: int = 0
    epochs: int = 0
    elapsed_s: float = 0.0


def past_of(store: RunStore, run: RunRecord) -> Past:
    """The past of `run`: its ancestors' curves where it continues one, else only the sign of whom it grew from."""
    line = ancestors(store, run)
    if not line:
        return Past()
    followers = [*(ancestor.record for ancestor in line[1:]), run]
    first = _first_continued(followers)
    if first is None:
        return Past(marks=(CurveMark(0, f"from {line[-1].record.name}", is_link=True),))
    events: list[RunEvent] = []
    marks: list[CurveMark] = []
    if first > 0:
        marks.append(CurveMark(0, f"from {line[first - 1].record.name}", is_link=True))
    steps = epochs = 0
    elapsed_s = 0.0
    for ancestor, follower in zip(line[first:], followers[first:], strict=True):
        own = [event for event in store.events(ancestor.record.id) if _reaches(event, ancestor)]
        events += [later(event, steps, epochs, elapsed_s) for event in own]
        steps, epochs = steps + ancestor.step, epochs + ancestor.epoch
        elapsed_s += max((getattr(event, "elapsed_s", 0.0) for event in own), default=0.0)
        marks.append(CurveMark(steps, edit_label(ancestor.record, follower)))
    return Past(tuple(events), tuple(marks), steps, epochs, elapsed_s)


def stored_curves(store: RunStore, run: RunRecord, *, smoothing: float) -> RunCurves:
    """The curves of a run as it lies in the store, behind those of the runs that it continues."""
    curves = begun_curves(store, run, smoothing=smoothing)
    for event in store.events(run.id):
        curves.add_own(event)
    return curves


def begun_curves(store: RunStore, run: RunRecord, *, smoothing: float) -> RunCurves:
    """The curves of a run before its first event: those of its past, if it continues one."""
    past = past_of(store, run)
    curves = RunCurves(run.id, smoothing=smoothing)
    curves.add_all(past.events)
    curves.marks = past.marks
    if past.steps:
        curves.delay = lambda event: later(event, past.steps, past.epochs, past.elapsed_s)
    return curves


def later(event: Any, steps: int, epochs: int, elapsed_s: float) -> Any:
    """`event` as it counts when so many steps, epochs and seconds had passed before its run began."""
    moved: Any = shifted(event, steps, epochs)
    if elapsed_s and hasattr(moved, "elapsed_s"):
        return replace(moved, elapsed_s=moved.elapsed_s + elapsed_s)
    return moved


def edit_label(before: RunRecord, after: RunRecord) -> str:
    """`block 3: 2 → 3 convolutions`: what was edited between two runs, in a few words."""
    old, new = before.spec.blocks, after.spec.blocks
    if len(new) > len(old):
        return f"{len(new) - len(old)} block{'s' if len(new) - len(old) > 1 else ''} added"
    said = [
        _edit(number, *pair) for number, pair in enumerate(zip(old, new, strict=False), start=1) if pair[0] != pair[1]
    ]
    return said[0] + (f" and {len(said) - 1} more" if len(said) > 1 else "") if said else "continued"


def origin_text(runs: Iterable[RunRecord], run: RunRecord) -> str:
    """`vgg11 · SGD one-cycle, seed 0`: the run whose weights `run` began with; empty for one from scratch."""
    source = source_of(run)
    if source is None:
        return ""
    found = next((known for known in runs if known.id == source), None)
    return f"{found.name}, seed {found.seed}" if found is not None else "a run that is gone"


def _edit(number: int, old: Any, new: Any) -> str:
    if old.count != new.count:
        noun = old.count_noun if new.count == 1 else f"{old.count_noun}s"
        return f"block {number}: {old.count} → {new.count} {noun}"
    if old.out_channels != new.out_channels:
        return f"block {number}: {old.out_channels} → {new.out_channels} channels"
    return f"block {number} edited"


def _first_continued(followers: Sequence[RunRecord]) -> int | None:
    """The index of the first follower from which on each run continues the one before; None if the last does not."""
    first = None
    for index in range(len(followers) - 1, -1, -1):
        start = followers[index].config.start_from
        if start is None or start.rule not in CONTINUING:
            break
        first = index
    return first


def _reaches(event: RunEvent, ancestor: Ancestor) -> bool:
    """Whether `event` happened up to the weights that were taken over."""
    if isinstance(event, StepsDone):
        return event.last_step <= ancestor.step
    return not isinstance(event, RunEnded | RunFailed) and getattr(event, "step", 0) <= ancestor.step
