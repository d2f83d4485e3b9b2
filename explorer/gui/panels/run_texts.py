"""What the run bar says: names, lines and figures, from the history of the run. No widgets."""

from __future__ import annotations

import math
from dataclasses import dataclass

from explorer import units
from explorer.arch.spec import NetworkSpec
from explorer.gui.panels.run_bar import Figures
from explorer.gui.widgets.chip import ChipKind
from explorer.runs.config import TrainConfig
from explorer.runs.events import CheckpointSaved, RunFailed
from explorer.runs.history import History
from explorer.runs.recipe_words import OPTIMIZER_TITLES
from explorer.runs.speed import recent_speed

_SCHEDULES = {"one_cycle": "one-cycle", "cosine": "cosine", "step": "step", "plateau": "plateau", "constant": ""}
_RATE_DIVISOR = 10.0

Chip = tuple[ChipKind, str, str | None]


def run_name(spec: NetworkSpec, config: TrainConfig, taken: frozenset[str] = frozenset()) -> str:
    """`vgg11-bn · SGD one-cycle`, numbered where a run has that name."""
    recipe = f"{OPTIMIZER_TITLES[config.optimizer]} {_SCHEDULES[config.schedule]}".strip()
    base = f"{spec.name} · {recipe}"
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base} {number}"
    return name


def position_line(history: History, num_epochs: int) -> str:
    """`Epoch 4 of 5 · step 263 of 469`, or what happens before the first step."""
    if history.started is None:
        return "Reading the pictures…"
    line = _position(history, num_epochs)
    return f"{line} · {history.warning}" if history.warning else line


def _position(history: History, num_epochs: int) -> str:
    per_epoch = max(1, history.started.steps_per_epoch) if history.started else 1
    step = history.last_step
    epoch = max(1, min(num_epochs, math.ceil(step / per_epoch)))
    return f"Epoch {epoch:,} of {num_epochs:,} · step {step - (epoch - 1) * per_epoch:,} of {per_epoch:,}"


def best_line(history: History, *, so_far: bool) -> str:
    """`Best so far 90.0 % after epoch 3 · its weights are kept`; empty before the first evaluation."""
    best = history.best
    if best is None or history.started is None:
        return ""
    step, accuracy = best
    epoch = step / max(1, history.started.steps_per_epoch)
    after = f"{epoch:.0f}" if abs(epoch - round(epoch)) < 0.05 else f"{epoch:.1f}"
    return f"Best{' so far' if so_far else ''} {units.percent(accuracy)} after epoch {after} · its weights are kept"


def figures(history: History, *, live: bool) -> Figures:
    """Time left, elapsed, images per second."""
    speed = recent_speed(history.images_per_s, history.times)
    left = history.seconds_left if live else None
    return Figures(
        units.clock(left),
        units.clock(history.elapsed_s) if history.started is not None else units.NONE,
        units.exact(speed) if speed else units.NONE,
    )


def end_chip(history: History) -> Chip:
    """The chip of a run that ended in order: all epochs done, or stopped by hand."""
    return ("ok", "Finished", "check") if history.status == "finished" else ("muted", "Stopped", "stop")


def end_line(history: History, num_epochs: int) -> str:
    """What became of a run that ended in order."""
    took = units.clock(history.elapsed_s)
    if history.status == "finished":
        return f"{num_epochs:,} epoch{'' if num_epochs == 1 else 's'} in {took}"
    if history.started is None or history.last_step == 0:
        return "Stopped before the first step."
    line = _position(history, num_epochs)
    return f"Stopped in {line[0].lower()}{line[1:]} after {took}; it can be continued"


@dataclass(frozen=True, slots=True)
class RunFix:
    """What would mend a failed run: the button's words, the settings it changes, and what is done then."""

    label: str
    changes: tuple[tuple[str, float | int], ...] = ()
    then: str = "start"  # start, go_on, built_in, copy, design


def fix_of(failure: RunFailed, config: TrainConfig, checkpoint: CheckpointSaved | None = None) -> RunFix | None:
    """The fix to offer for a failure of a run with `config` and this newest `checkpoint`.

    None where only the sentence helps.
    """
    if failure.kind == "memory" and config.batch_size > 1:
        batch = config.batch_size // 2
        return RunFix(f"Start with batch {batch:,}", (("batch_size", batch),))
    if failure.kind == "not_finite":
        rate = float(f"{config.learning_rate / _RATE_DIVISOR:.3g}")
        if checkpoint is not None:
            label = f"Go on from epoch {checkpoint.epoch:,} with {rate:g}"
            return RunFix(label, (("learning_rate", rate),), then="go_on")
        return RunFix(f"Start again with {rate:g}", (("learning_rate", rate),))
    if failure.kind == "data":
        return RunFix("Use the built-in set", then="built_in")
    if failure.kind == "network":
        return RunFix("Open Design", then="design")
    if failure.kind == "bug":
        return RunFix("Copy details", then="copy")
    return None
