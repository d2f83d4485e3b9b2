"""History: a run's events folded into curves, one at a time. The same for a live run and for a stored one.

Curves are `array("d")`: adding a step costs the same at the first and at the millionth, and numpy can look at them
without a copy. A look that was taken must be let go before the next event is added (arrays do not grow under a view).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from typing import Self

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
from explorer.runs.status import RunStatus


class History:
    """Everything that a run's events say, so far.

    Per step (parallel): `steps`, `epochs`, `losses`, `accuracies`, `learning_rates`, and `images_per_s` and `times`,
    of which each group of steps shares one value. Per evaluation (parallel): `eval_steps`, `eval_epochs`,
    `eval_losses`, `eval_accuracies`, `eval_times`. When a resumed run starts over from a checkpoint, what came after
    that checkpoint is dropped; `num_rewinds` counts how often something was cut off, so a plot begins anew.
    """

    def __init__(self, events: Iterable[RunEvent] = ()) -> None:
        self.steps, self.epochs = array("q"), array("q")
        self.losses, self.accuracies, self.learning_rates = array("d"), array("d"), array("d")
        self.images_per_s, self.times = array("d"), array("d")
        self.eval_steps, self.eval_epochs = array("q"), array("q")
        self.eval_losses, self.eval_accuracies, self.eval_times = array("d"), array("d"), array("d")
        self.status: RunStatus = "new"
        self.started: RunStarted | None = None
        self.checkpoint: CheckpointSaved | None = None
        self.warning = ""
        self.failure: RunFailed | None = None
        self.elapsed_s = 0.0
        self.num_rewinds = 0
        self._step = 0
        self.extend(events)

    def add(self, event: RunEvent) -> None:
        """Take in the next event."""
        match event:
            case StepsDone():
                self._add_steps(event)
            case Evaluated():
                self._add_evaluation(event)
            case RunStarted():
                self._start(event)
            case CheckpointSaved():
                self.checkpoint, self.warning = event, ""
            case CheckpointNotSaved():
                self.warning = event.message
            case RunPaused() | RunContinued():
                self.status = "paused" if isinstance(event, RunPaused) else "running"
                self.elapsed_s = event.elapsed_s
            case RunEnded():
                self.status, self.elapsed_s = event.reason, event.elapsed_s
            case RunFailed():
                self.status, self.failure = "failed", event

    def extend(self, events: Iterable[RunEvent]) -> Self:
        """Take in the next events; this history itself, for chaining."""
        for event in events:
            self.add(event)
        return self

    def __len__(self) -> int:
        """How many steps are known."""
        return len(self.steps)

    @property
    def last_step(self) -> int:
        """The newest step that is known to be done; 0 before the first."""
        return self._step

    @property
    def last_epoch(self) -> int:
        """The epoch the run is in, from 1; 0 before the first step."""
        newest = (column[-1] for column in (self.epochs, self.eval_epochs) if column)
        return max(newest, default=0)

    @property
    def last_loss(self) -> float | None:
        """The newest training loss."""
        return self.losses[-1] if self.losses else None

    @property
    def last_evaluation(self) -> tuple[int, float, float] | None:
        """Step, loss and accuracy of the newest evaluation."""
        if not self.eval_steps:
            return None
        return self.eval_steps[-1], self.eval_losses[-1], self.eval_accuracies[-1]

    @property
    def best(self) -> tuple[int, float] | None:
        """Step and accuracy of the best evaluation; the earlier one where two are equal."""
        if not self.eval_accuracies:
            return None
        best = max(range(len(self.eval_accuracies)), key=lambda index: (self.eval_accuracies[index], -index))
        return self.eval_steps[best], self.eval_accuracies[best]

    @property
    def num_steps(self) -> int | None:
        """How many steps the whole run has; None before it started."""
        return self.started.num_steps if self.started else None

    @property
    def progress(self) -> float | None:
        """The part of the run that is done, 0 to 1; None before it started."""
        return min(1.0, self._step / max(1, self.started.num_steps)) if self.started else None

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the pace since this start; None before there is one."""
        if self.started is None or self._step <= self.started.start_step:
            return None
        pace = (self.elapsed_s - self.started.elapsed_s) / (self._step - self.started.start_step)
        return max(0.0, pace * (self.started.num_steps - self._step))

    def _add_steps(self, event: StepsDone) -> None:
        count = len(event.losses)
        self._drop_steps_after(event.first_step - 1)  # steps that were done again replace the first try
        self.steps.extend(range(event.first_step, event.first_step + count))
        self.losses.extend(event.losses)
        self.accuracies.extend(event.accuracies)
        self.learning_rates.extend(event.learning_rates)
        self.epochs.extend([event.epoch] * count)
        self.images_per_s.extend([event.images_per_s] * count)
        self.times.extend([event.elapsed_s] * count)
        self._step, self.elapsed_s = max(self._step, event.last_step), event.elapsed_s

    def _add_evaluation(self, event: Evaluated) -> None:
        self.eval_steps.append(event.step)
        self.eval_epochs.append(event.epoch)
        self.eval_losses.append(event.loss)
        self.eval_accuracies.append(event.accuracy)
        self.eval_times.append(event.elapsed_s)
        self._step, self.elapsed_s = max(self._step, event.step), event.elapsed_s

    def _start(self, event: RunStarted) -> None:
        self._drop_steps_after(event.start_step)
        self._drop_evaluations_after(event.start_step)
        self._step, self.elapsed_s = event.start_step, event.elapsed_s
        self.started, self.status, self.failure, self.warning = event, "running", None, ""

    def _drop_steps_after(self, step: int) -> None:
        keep = bisect_right(self.steps, step)
        if keep < len(self.steps):
            for column in (self.losses, self.accuracies, self.learning_rates, self.images_per_s, self.times):
                del column[keep:]
            del self.steps[keep:], self.epochs[keep:]
            self.num_rewinds += 1

    def _drop_evaluations_after(self, step: int) -> None:
        keep = bisect_right(self.eval_steps, step)
        for column in (self.eval_losses, self.eval_accuracies, self.eval_times):
            del column[keep:]
        del self.eval_steps[keep:], self.eval_epochs[keep:]
