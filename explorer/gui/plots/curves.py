"""RunCurves: the numbers of one run in the form the plots draw them, folded from its events as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from explorer.gui.plots.series import Floats, Growing, MinMaxPyramid, Smoothed
from explorer.runs.events import Evaluated, RunStarted, StepsDone
from explorer.runs.speed import recent_speed

Across = Literal["steps", "epochs", "time"]
ACROSS: tuple[Across, ...] = ("steps", "epochs", "time")
_RECENT_REPORTS = 256  # more than come within the few seconds that count
Quantity = Literal["loss", "accuracy", "rate", "speed"]


@dataclass
class _Validation:
    steps: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CurveMark:
    """A place on a curve: the step, a few words, and whether it is the link to the run that this one grew from."""

    step: int
    label: str
    is_link: bool = False


class RunCurves:
    """Loss, accuracy, rate and speed of one run over its steps. Accuracies are in percent here.

    Steps that a resumed run does again replace those recorded before: the newest word counts.
    """

    def __init__(self, run_id: int, *, smoothing: float = 0.985) -> None:
        self.run_id = run_id
        self.smoothing = smoothing
        self.num_steps: int | None = None
        self.steps_per_epoch = 1
        self.revision = 0
        self.marks: tuple[CurveMark, ...] = ()
        self.delay: Callable[[Any], Any] = _as_it_is
        self._clear()

    def _clear(self) -> None:
        self.steps = Growing()
        self.times_s = Growing()
        self.raw: dict[Quantity, MinMaxPyramid] = {"loss": MinMaxPyramid(), "accuracy": MinMaxPyramid()}
        self.rate = MinMaxPyramid()
        self.speed_steps = Growing()
        self.speed_times_s = Growing()
        self.speed = MinMaxPyramid()
        self.smooth: dict[Quantity, Smoothed] = {}
        self._restart_smoothing()
        self.validation = _Validation()
        self.num_zeros = 0

    def add_all(self, events: Iterable[Any]) -> None:
        """Fold `events` in, in order."""
        for event in events:
            self.add(event)

    def add_own(self, event: object) -> None:
        """Fold in an event of the run itself: it counts behind those of the runs that it continues."""
        self.add(self.delay(event))

    @singledispatchmethod
    def add(self, event: object) -> None:
        """Fold one event in; those that carry no numbers change nothing."""

    @add.register
    def _(self, event: RunStarted) -> None:
        self.num_steps = event.num_steps
        self.steps_per_epoch = max(1, event.steps_per_epoch)
        self._cut(event.start_step)

    @add.register
    def _(self, event: StepsDone) -> None:
        if len(self.steps) and self.steps.values[-1] >= event.first_step:
            self._cut(event.first_step - 1)
        num = len(event.losses)
        if not num:
            return
        last_time = float(self.times_s.values[-1]) if len(self.times_s) else 0.0
        since = min(last_time, event.elapsed_s)
        self.steps.extend(np.arange(event.first_step, event.first_step + num, dtype=np.float64))
        self.times_s.extend(np.linspace(since, event.elapsed_s, num + 1)[1:])
        losses = np.asarray(event.losses, dtype=np.float64)
        percents = 100.0 * np.asarray(event.accuracies, dtype=np.float64)
        self.num_zeros += int(np.count_nonzero(losses <= 0))
        self.raw["loss"].extend(losses)
        self.raw["accuracy"].extend(percents)
        self.smooth["loss"].extend(losses)
        self.smooth["accuracy"].extend(percents)
        self.rate.extend(event.learning_rates)
        self.speed_steps.extend([event.last_step])
        self.speed_times_s.extend([event.elapsed_s])
        self.speed.extend([event.images_per_s])
        self.revision += 1

    @add.register
    def _(self, event: Evaluated) -> None:
        while self.validation.steps and self.validation.steps[-1] >= event.step:
            self._drop_last_evaluation()
        self.validation.steps.append(event.step)
        self.validation.losses.append(event.loss)
        self.validation.accuracies.append(100.0 * event.accuracy)
        self.validation.times_s.append(event.elapsed_s)
        self.revision += 1

    def set_smoothing(self, weight: float) -> None:
        """Smooth the training curves anew with `weight` (0 = as they are, towards 1 = more)."""
        if weight != self.smoothing:
            self.smoothing = weight
            self._restart_smoothing()
            self.revision += 1

    def newest(self, quantity: Quantity) -> float | None:
        """The smoothed curve's last value; None before the first step."""
        values = self.smooth[quantity].points.values
        return float(values[-1]) if len(values) else None

    def _restart_smoothing(self) -> None:
        for quantity in ("loss", "accuracy"):
            smooth = Smoothed(self.smoothing)
            smooth.extend(self.raw[quantity].points.values)
            self.smooth[quantity] = smooth

    def _drop_last_evaluation(self) -> None:
        for column in (self.validation.steps, self.validation.losses, self.validation.accuracies):
            column.pop()
        self.validation.times_s.pop()

    def _cut(self, last_step: int) -> None:
        """Forget everything after `last_step`."""
        while self.validation.steps and self.validation.steps[-1] > last_step:
            self._drop_last_evaluation()
        keep = int(np.searchsorted(self.steps.values, last_step, side="right"))
        if keep == len(self.steps):
            return
        old_validation = self.validation
        columns = [
            self.steps.values[:keep].copy(),
            self.times_s.values[:keep].copy(),
            self.raw["loss"].points.values[:keep].copy(),
            self.raw["accuracy"].points.values[:keep].copy(),
            self.rate.points.values[:keep].copy(),
        ]
        marks = int(np.searchsorted(self.speed_steps.values, last_step, side="right"))
        speeds = [s.values[:marks].copy() for s in (self.speed_steps, self.speed_times_s, self.speed.points)]
        self._clear()
        self.validation = old_validation
        targets: list[Growing | MinMaxPyramid] = [self.steps, self.times_s, self.raw["loss"], self.raw["accuracy"]]
        targets += [self.rate, self.speed_steps, self.speed_times_s, self.speed]
        for target, column in zip(targets, columns + speeds, strict=True):
            target.extend(column)
        self.num_zeros = int(np.count_nonzero(self.raw["loss"].points.values <= 0))
        self._restart_smoothing()
        self.revision += 1

    def _place(self, across: Across, steps: Floats, times_s: Floats) -> Floats:
        if across == "time":
            return times_s
        return steps / self.steps_per_epoch if across == "epochs" else steps

    def x_at(self, across: Across, indices: NDArray[np.int64]) -> Floats:
        """Where the training points at `indices` stand on the axis."""
        return self._place(across, self.steps.values[indices], self.times_s.values[indices])

    def span_of(self, across: Across, low: float, high: float) -> tuple[int, int]:
        """First and last (exclusive) index of the training points in [low, high], one more on either side."""
        column, scale = self._column(across)
        first, last = np.searchsorted(column, [low / scale, high / scale])
        return max(0, int(first) - 1), min(len(column), int(last) + 1)

    def index_at(self, across: Across, x: float) -> int | None:
        """The newest training point at or before `x`; None before the first and far behind the last."""
        column, scale = self._column(across)
        index = int(np.searchsorted(column, x / scale * (1 + 1e-12), side="right")) - 1
        if index < 0 or (index == len(column) - 1 and x > self.last_x(across) * 1.0001):
            return None
        return index

    def _column(self, across: Across) -> tuple[Floats, float]:
        if across == "time":
            return self.times_s.values, 1.0
        return self.steps.values, 1.0 / self.steps_per_epoch if across == "epochs" else 1.0

    def last_x(self, across: Across) -> float:
        """How far this run has come on the axis."""
        if not len(self.steps):
            return 0.0
        return float(self.x_at(across, np.array([len(self.steps) - 1]))[0])

    def x_of_step(self, across: Across, step: int) -> float:
        """Where a step stands on the axis."""
        if across != "time":
            return step / self.steps_per_epoch if across == "epochs" else float(step)
        index = int(np.searchsorted(self.steps.values, step, side="right")) - 1
        return float(self.times_s.values[index]) if index >= 0 else 0.0

    def full_x(self, across: Across) -> float | None:
        """Where this run will end on the axis; None where that is not known."""
        if self.num_steps is None or across == "time":
            return None
        return self.num_steps / self.steps_per_epoch if across == "epochs" else float(self.num_steps)

    def evaluations(self, across: Across, quantity: Quantity) -> tuple[Floats, Floats]:
        """Where the run was measured, and what was found."""
        values = self.validation.losses if quantity == "loss" else self.validation.accuracies
        steps = np.asarray(self.validation.steps, dtype=np.float64)
        times_s = np.asarray(self.validation.times_s, dtype=np.float64)
        return self._place(across, steps, times_s), np.asarray(values, dtype=np.float64)

    def speeds(self, across: Across) -> tuple[Floats, Floats]:
        """Images per second, at the end of each report."""
        return self._place(across, self.speed_steps.values, self.speed_times_s.values), self.speed.points.values

    def speed_now(self) -> int | None:
        """Images per second over the last few seconds; None before the first report."""
        columns = (self.speed.points, self.speed_times_s, self.speed_steps)
        speeds, times_s, steps = (column.values[-_RECENT_REPORTS:].tolist() for column in columns)
        return recent_speed(speeds, times_s, steps)

    def epoch_at(self, index: int) -> float:
        """Epochs gone through at training point `index`."""
        return float(self.steps.values[index]) / self.steps_per_epoch

    def evaluation_at(self, step: float, quantity: Quantity) -> float | None:
        """What the newest evaluation at or before `step` found."""
        index = int(np.searchsorted(np.asarray(self.validation.steps), step + 0.5, side="right")) - 1
        if index < 0:
            return None
        return (self.validation.losses if quantity == "loss" else self.validation.accuracies)[index]


def _as_it_is(event: Any) -> Any:
    return event
