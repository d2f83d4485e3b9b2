"""RunPresenter: between the session and the run bar: what the bar shows in each state, and what its buttons do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from explorer import units
from explorer.errors import ConfigError, ExplorerError
from explorer.gui.document import ArchDocument
from explorer.gui.engine_door import Calibrated
from explorer.gui.models.runs_model import RunsModel
from explorer.gui.panels.run_bar import Figures, RunBar
from explorer.gui.panels.run_texts import (
    RunFix,
    best_line,
    end_chip,
    end_line,
    figures,
    fix_of,
    position_line,
    run_name,
)
from explorer.gui.panels.train_settings import TrainSettings
from explorer.gui.torch_loader import WAITING_SENTENCE
from explorer.gui.training import LIVE, TrainingSession
from explorer.runs.config import StartFrom, TrainConfig
from explorer.runs.events import RunFailed
from explorer.runs.record import RunRecord
from explorer.runs.sides import check_sides

_LINE_INTERVAL_MS = 200  # figures that change thirty times a second cannot be read


class RunPresenter(QObject):
    """Shows the session in the bar and turns the bar's wishes into calls of the session."""

    open_wished = Signal(int)
    rename_wished = Signal(int, str)
    design_wished = Signal()
    copy_wished = Signal(str)
    can_start_changed = Signal(bool)

    def __init__(
        self,
        document: ArchDocument,
        settings: TrainSettings,
        bar: RunBar,
        session: TrainingSession,
        runs: RunsModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._settings = settings
        self._bar = bar
        self._session = session
        self._runs = runs
        self._typed_name = ""
        self._notice = ""
        self._fix: RunFix | None = None
        self._record: RunRecord | None = None
        self._start_obstacle: Callable[[], str] = str
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_LINE_INTERVAL_MS)
        self._soon.timeout.connect(self._show_progress)
        bar.wished.connect(self._do)
        bar.renamed.connect(self._rename)
        session.state_changed.connect(lambda _state: self.refresh())
        session.events_arrived.connect(lambda _events: self._note_events())
        session.run_opened.connect(self._open)
        session.measured.connect(self._take_measured)
        session.refused.connect(self._refuse)
        document.summary_changed.connect(self._settings_changed)
        settings.model.changed.connect(self._settings_changed)
        settings.data.facts_changed.connect(lambda _facts: self._settings_changed())
        runs.modelReset.connect(self._follow_names)
        runs.dataChanged.connect(lambda *_: self._follow_names())
        self.refresh()

    @property
    def next_name(self) -> str:
        """The name that the next run will get."""
        taken = frozenset(row.record.name for row in self._runs.rows)
        return self._typed_name or run_name(self._document.spec, self._settings.model.config, taken)

    def obstacle(self) -> str:
        """Why no run can be started with these settings; empty if one can."""
        return self._obstacle_of_data() or self._start_obstacle()

    def watch_start(self, obstacle: Callable[[], str]) -> None:
        """Ask `obstacle` too before a run is started: why it cannot begin with another one's weights."""
        self._start_obstacle = obstacle
        self._settings_changed()

    def _obstacle_of_data(self) -> str:
        failure = self._document.summary.failure
        if failure is not None:
            return f"{failure.node}: {failure.message}"
        fit = self._settings.data.fit
        if fit is not None and not fit.ok:
            return fit.sentence
        return self._obstacle_of_sides()

    def _obstacle_of_sides(self) -> str:
        facts, config = self._settings.data.facts, self._settings.model.config
        if facts is None or not facts.info.side:
            return ""
        try:
            check_sides(config, self._document.spec.input, (facts.info.side, facts.info.side))
        except ConfigError as error:
            return str(error)
        return ""

    def start_or_continue(self) -> None:
        """Start the next run, or let a paused one go on; nothing while something else goes on."""
        if self._session.state in {"paused", "pausing"}:
            self._session.resume()
        elif not self._session.is_busy and not self.obstacle():
            self._start(self._settings.model.config)

    def continue_edited(self, run_id: int) -> None:
        """Train the edited network on from the weights of the run that it was; nothing while something goes on."""
        if not self._session.is_busy and not self._obstacle_of_data():
            self._start(replace(self._settings.model.config, start_from=StartFrom(run_id, "morph")))

    def _start(self, config: TrainConfig) -> None:
        self._notice = ""
        name = self.next_name
        self._typed_name = ""
        self._record = None
        self._bar.set_run(name, self._next_color())
        self._session.start(self._document.spec, config, name)

    def go_on(self, run_id: int) -> None:
        """Continue a run from its last checkpoint; one that is through goes on if the settings ask for more epochs.

        Raises RunError where it cannot.
        """
        record = self._session.store.get(run_id)
        config: TrainConfig | None = None
        epochs = self._settings.model.config.epochs
        if record.status == "finished" and epochs > record.config.epochs:
            config = replace(record.config, epochs=epochs)
        self._resume(record, config)

    def _resume(self, record: RunRecord, config: TrainConfig | None) -> None:
        self._notice = ""
        self._record = record
        self._session.resume_run(record.id, config)

    def measure(self) -> None:
        """Time a few trial steps with the settings as they stand."""
        if not self._session.is_busy and not self.obstacle():
            self._notice = ""
            self._session.measure(self._document.spec, self._settings.model.config)

    def tick(self) -> None:
        """Move the clocks on while nothing else does."""
        if self._session.state in LIVE:
            self._show_progress()

    def refresh(self) -> None:
        """Show the session as it stands."""
        state = self._session.state
        history = self._session.history
        self._bar.set_state(state, chip=end_chip(history) if state == "ended" else None)
        self._settings.set_running(self._session.is_live)
        self._settings.forecast.set_measurable(self._why_not_measure())
        if state in {"idle", "measuring", "waiting_for_torch"}:
            self._show_idle(state)
        else:
            self._show_run(state)
        self._settings_buttons()

    def _show_idle(self, state: str) -> None:
        if state == "idle":
            self._bar.set_run(self.next_name, self._next_color())
        lines = {"measuring": "Measuring a few steps…", "waiting_for_torch": WAITING_SENTENCE}
        line = lines.get(state) or self._notice or self.obstacle() or self._plan()
        self._bar.line.set_ink("err" if state == "idle" and (self._notice or self.obstacle()) else "text")
        self._bar.set_lines(line)
        self._bar.set_figures(Figures())
        self._bar.set_progress(0.0, self._settings.model.config.epochs)

    def _show_run(self, state: str) -> None:
        record = self._record
        if record is not None:
            self._bar.set_run(record.name, record.color_index)
        self._show_progress()
        failure = self._session.failure
        self._fix = self._fix_of(failure) if state == "failed" and failure is not None else None
        self._bar.set_fix(self._fix.label if self._fix is not None else "")
        if state == "failed" and failure is not None:
            self._bar.set_lines(failure.message)
            self._bar.line.set_tip(failure.message)

    def _show_progress(self) -> None:
        history, state = self._session.history, self._session.state
        epochs = self._num_epochs()
        is_live = state in LIVE
        self._bar.set_figures(figures(history, live=is_live))
        self._bar.set_progress(history.progress or 0.0, epochs)
        if state == "ended":
            self._bar.set_lines(end_line(history, epochs), best_line(history, so_far=False))
        elif is_live:
            self._bar.set_lines(position_line(history, epochs), best_line(history, so_far=True))

    def _note_events(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _open(self, run_id: int) -> None:
        self._record = self._session.store.get(run_id)
        self.refresh()

    def _follow_names(self) -> None:
        """A run that was renamed in the table has another name in the bar."""
        row = self._runs.row_of(self._session.run_id or 0)
        if row is not None and self._record is not None and self._session.state not in {"idle", "measuring"}:
            before = (self._record.name, self._record.color_index)
            if (row.record.name, row.record.color_index) != before:
                self._record = row.record
                self._bar.set_run(row.record.name, row.record.color_index)

    def _settings_changed(self) -> None:
        self._notice = ""
        if self._session.state == "idle":
            self._show_idle("idle")
        self._settings_buttons()

    def _settings_buttons(self) -> None:
        self._bar.set_next(self.next_name if self._is_another_next() else "")
        obstacle = self.obstacle()
        self._bar.set_enabled("start", obstacle)
        self.can_start_changed.emit(not obstacle)
        self._bar.set_enabled("go_on", self._why_not_go_on())
        self._settings.forecast.set_measurable(self._why_not_measure())

    def _is_another_next(self) -> bool:
        """Whether Start would train another network, or with other settings, than the run that is shown."""
        record = self._record
        wanted = (self._document.spec, self._settings.model.config)
        return record is not None and wanted != (record.spec, record.config)

    def _why_not_go_on(self) -> str:
        record = self._record
        if record is None:
            return "This run never began."
        if self._session.history.status == "finished" and self._settings.model.config.epochs <= self._num_epochs():
            return f"All {self._num_epochs():,} epochs are done. Set more epochs on the left to go on."
        return ""

    def _why_not_measure(self) -> str:
        if self._session.is_busy:
            return "Not while a run goes on."
        return self.obstacle()

    def _plan(self) -> str:
        facts, config = self._settings.data.facts, self._settings.model.config
        plural = "" if config.epochs == 1 else "s"
        if facts is None or not facts.num_train:
            return f"{config.epochs:,} epoch{plural}"
        steps = -(-facts.num_train // config.batch_size)
        memory, free = self._document.summary.training_memory, self._document.conditions.free_bytes
        plan = f"{config.epochs:,} epoch{plural} of {steps:,} steps"
        if memory is not None and free and memory.total > free:
            needed = f"Needs {units.num_bytes(memory.total)} with batch {config.batch_size:,}"
            return f"{needed}; {units.num_bytes(free)} are free."
        return plan

    def _run_config(self) -> TrainConfig:
        return self._record.config if self._record is not None else self._settings.model.config

    def _num_epochs(self) -> int:
        started = self._session.history.started
        if started is not None and started.steps_per_epoch:
            return max(1, round(started.num_steps / started.steps_per_epoch))
        return self._run_config().epochs

    def _next_color(self) -> int:
        return max((row.record.color_index for row in self._runs.rows), default=-1) + 1

    def _take_measured(self, result: object) -> None:
        if isinstance(result, Calibrated):
            self._settings.set_measured(result)

    def _refuse(self, sentence: str) -> None:
        self._notice = sentence
        self.refresh()

    def _rename(self, name: str) -> None:
        if self._session.state == "idle":
            self._typed_name = name
        elif self._session.run_id is not None:
            self.rename_wished.emit(self._session.run_id, name)

    def _do(self, action: str) -> None:
        run_id = self._session.run_id
        try:
            if action == "start":
                self.start_or_continue()
            elif action == "go_on" and run_id is not None:
                self.go_on(run_id)
            elif action == "open_in_design" and run_id is not None:
                self.open_wished.emit(run_id)
            elif action == "fix":
                self._apply_fix()
            else:
                {"pause": self._session.pause, "resume": self._session.resume, "stop": self._session.stop}[action]()
        except ExplorerError as error:
            self._refuse(str(error))

    def _fix_of(self, failure: RunFailed) -> RunFix | None:
        # The engine keeps no weights that are not finite, so whatever was kept is good to go on from.
        return fix_of(failure, self._run_config(), self._session.history.checkpoint)

    def _go_on_with(self, changes: dict[str, float | int]) -> None:
        """Continue the run that failed from its last checkpoint, with its own settings but for `changes`."""
        if self._session.run_id is not None:
            record = self._session.store.get(self._session.run_id)
            self._resume(record, replace(record.config, **changes))  # type: ignore[arg-type]

    def _apply_fix(self) -> None:
        fix, failure = self._fix, self._session.failure
        if fix is None or failure is None:
            return
        if fix.then == "go_on":
            self._go_on_with(dict(fix.changes))
            return
        if fix.changes:
            self._settings.model.set(**dict(fix.changes))
        if fix.then == "built_in":
            self._settings.data.use_built_in()
        elif fix.then == "copy":
            self.copy_wished.emit(f"{failure.message}\n\n{failure.details}")
        elif fix.then == "design":
            self.design_wished.emit()
        else:
            self.start_or_continue()
