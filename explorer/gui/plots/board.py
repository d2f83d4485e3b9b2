"""PlotBoard: what the plots and strips share: the runs shown, the axis, smoothing, zoom, and the crosshair."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.gui.plots.curves import ACROSS, Across, RunCurves
from explorer.gui.plots.scale import Range, stepped_top

LIVE_INTERVAL_MS = 100  # about ten repaints a second; what drawing burns, training lacks
_LEAST_TIME_S = 10.0
MAX_SMOOTHING = 0.999
_SMOOTHED_PART = 0.03
NO_RUN = 0  # the store counts from 1


@dataclass(frozen=True, slots=True)
class ShownRun:
    """One run as the plots see it. `color_index` counts through the theme's run colours; from the seventh on, dash-dot.

    A live run is painted anew at each report; the others stay in a cached picture.
    """

    curves: RunCurves
    name: str
    color_index: int
    is_live: bool = False

    @property
    def run_id(self) -> int:
        """The run's id in the store."""
        return self.curves.run_id


class PlotBoard(QObject):
    """The state behind all plots. `changed`: paint everything anew. `live_changed`: only what is live has grown."""

    changed = Signal()
    live_changed = Signal()
    cursor_moved = Signal()
    run_clicked = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[ShownRun, ...] = ()
        self._selected = NO_RUN
        self._across: Across = "epochs"
        self._log = False
        self._smoothing = 0.985
        self._is_smoothing_chosen = False
        self._zoom: Range | None = None
        self._cursor_x: float | None = None
        self._live_top = 0.0
        self._planned_epochs, self._planned_steps = 0, 0
        self._can_start = True
        self._tick = QTimer(self)
        self._tick.setSingleShot(True)
        self._tick.setInterval(LIVE_INTERVAL_MS)
        self._tick.timeout.connect(self._announce_live)

    @property
    def runs(self) -> tuple[ShownRun, ...]:
        """The runs drawn, in the order of the table."""
        return self._runs

    @property
    def live_run(self) -> ShownRun | None:
        """The run that is growing, if it is shown."""
        return next((run for run in self._runs if run.is_live), None)

    @property
    def selected(self) -> int:
        """The id of the run whose raw curve is drawn beside the live one's."""
        return self._selected

    @property
    def across(self) -> Across:
        """What the x axis counts."""
        return self._across

    @property
    def is_log(self) -> bool:
        """Whether loss and rate stand on a logarithmic axis."""
        return self._log

    @property
    def smoothing(self) -> float:
        """The weight of the past in the smoothed curves, 0 to 0.999."""
        return self._smoothing

    @property
    def chosen_smoothing(self) -> float | None:
        """The weight that the user chose; None while it follows the runs."""
        return self._smoothing if self._is_smoothing_chosen else None

    @property
    def zoom(self) -> Range | None:
        """The stretch of x that the user chose; None = everything."""
        return self._zoom

    @property
    def cursor_x(self) -> float | None:
        """Where the crosshair stands on the x axis."""
        return self._cursor_x

    def shows_raw(self, run: ShownRun) -> bool:
        """Whether the run's raw curve is drawn too: the live one's, or else the selected one's."""
        return run.is_live or (run.run_id == self._selected and self.live_run is None)

    def set_runs(self, runs: Sequence[ShownRun], *, selected: int = NO_RUN) -> None:
        """Draw `runs`."""
        for run in runs:
            run.curves.set_smoothing(self._smoothing)
        if tuple(runs) != self._runs or selected != self._selected:
            self._runs, self._selected = tuple(runs), selected
            self._live_top = self._wanted_top()
            self.changed.emit()

    def set_across(self, across: Across) -> None:
        """Count steps, epochs or seconds along x; the zoom is given up, because its figures mean something else."""
        if across in ACROSS and across != self._across:
            self._across, self._zoom, self._cursor_x = across, None, None
            self._live_top = self._wanted_top()
            self.changed.emit()

    def set_log(self, on: bool) -> None:
        """Put loss and rate on a logarithmic axis, or back on a linear one."""
        if on != self._log:
            self._log = on
            self.changed.emit()

    def set_smoothing(self, weight: float) -> None:
        """Smooth the training curves with `weight`; the raw ones stay as they are."""
        self._is_smoothing_chosen = True
        self._smooth(weight)

    def suggest_smoothing(self, num_steps: int) -> None:
        """Smooth as suits a run of `num_steps`, unless the user has chosen: an average over some 3 % of it."""
        if not self._is_smoothing_chosen:
            self._smooth(round(1 - 1 / min(max(num_steps * _SMOOTHED_PART, 3.0), 67.0), 3))

    def _smooth(self, weight: float) -> None:
        weight = min(MAX_SMOOTHING, max(0.0, weight))
        if weight != self._smoothing:
            self._smoothing = weight
            for run in self._runs:
                run.curves.set_smoothing(weight)
            self.changed.emit()

    def set_plan(self, num_epochs: int, num_steps: int = 0) -> None:
        """Where no run is shown, the axes are those of the run to come; 0 = not known yet."""
        if (num_epochs, num_steps) != (self._planned_epochs, self._planned_steps):
            self._planned_epochs, self._planned_steps = num_epochs, num_steps
            if not self._runs:
                if num_steps:
                    self.suggest_smoothing(num_steps)
                self.refresh()

    @property
    def can_start(self) -> bool:
        """Whether a run could be started now: what empty plots advise."""
        return self._can_start

    def set_can_start(self, can: bool) -> None:
        """Know whether a run could be started now."""
        if can != self._can_start:
            self._can_start = can
            if not self._runs:
                self.changed.emit()

    def set_zoom(self, zoom: Range | None) -> None:
        """Show only this stretch of x in all plots and strips."""
        if zoom is not None and not (zoom[1] - zoom[0] > 0 and math.isfinite(zoom[1] - zoom[0])):
            return
        if zoom != self._zoom:
            self._zoom = zoom
            self.changed.emit()

    def set_cursor(self, x: float | None) -> None:
        """Stand the crosshair at `x` in all plots; None takes it away."""
        if x != self._cursor_x:
            self._cursor_x = x
            self.cursor_moved.emit()

    def refresh(self) -> None:
        """Paint everything anew, because curves were replaced."""
        self._live_top = self._wanted_top()
        self.changed.emit()

    def note_live(self) -> None:
        """The live run has new numbers: they are painted soon, together with those that follow until then."""
        if not self._tick.isActive():
            self._tick.start()

    def x_range(self) -> Range:
        """The stretch of x in view."""
        if self._zoom is not None:
            return self._zoom
        return 0.0, self._live_top or self._wanted_top()

    def _announce_live(self) -> None:
        if self._zoom is None and self._wanted_top() > self._live_top:
            self._live_top = self._wanted_top()
            self.changed.emit()
        else:
            self.live_changed.emit()

    def _wanted_top(self) -> float:
        """Where the x axis ends: the planned end of each run; where none is known, double when full."""
        tops = [run.curves.full_x(self._across) or 0.0 for run in self._runs]
        tops += [run.curves.last_x(self._across) for run in self._runs]
        top = max(tops, default=0.0)
        if self._across != "time":
            planned = self._planned_epochs or 5 if self._across == "epochs" else self._planned_steps or 1000
            return top or float(planned)
        if self.live_run is None and top > 0:
            return top
        return stepped_top(top, floor=_LEAST_TIME_S)
