"""RunsKeeper: between the store, the table of runs and the plots: what is listed, what is shown, what is loaded."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.errors import ExplorerError
from explorer.gui.jobs import Jobs
from explorer.gui.models.runs_model import RunRow, RunsModel
from explorer.gui.plots.board import NO_RUN, PlotBoard, ShownRun
from explorer.gui.plots.curves import RunCurves
from explorer.gui.plots.lineage_curves import begun_curves, origin_text, stored_curves
from explorer.gui.training import TrainingSession
from explorer.runs.events import Evaluated, RunEvent
from explorer.runs.record import RunRecord, changes
from explorer.runs.store import RunStore

_log = logging.getLogger(__name__)
SHOWN_AT_START = 3
_KEPT_STEPS = 200_000  # hidden runs with more steps than this are loaded again when they are shown
_TABLE_INTERVAL_MS = 250
_JOB = "load-curves"


class RunsKeeper(QObject):
    """Lists every run of the store, loads curves in a thread, and lets the live one grow."""

    changed = Signal()
    failed = Signal(str)

    def __init__(
        self, session: TrainingSession, jobs: Jobs, model: RunsModel, board: PlotBoard, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._store: RunStore = session.store
        self._jobs = jobs
        self._model = model
        self._board = board
        self._curves: dict[int, RunCurves] = {}
        self._wanted: list[int] = []
        self._loading = NO_RUN
        self._selected = NO_RUN
        self._pending: dict[str, Any] = {}
        self._table_soon = QTimer(self)
        self._table_soon.setSingleShot(True)
        self._table_soon.setInterval(_TABLE_INTERVAL_MS)
        self._table_soon.timeout.connect(self._show_pending)
        session.run_opened.connect(self._open)
        session.events_arrived.connect(self._take)
        session.state_changed.connect(self._follow)
        model.shown_changed.connect(self._show_curves)
        self.reload(first=True)

    @property
    def live_id(self) -> int:
        """The number of the run that goes on; 0 if none."""
        return (self._session.run_id or NO_RUN) if self._session.is_live else NO_RUN

    def reload(self, *, first: bool = False) -> None:
        """Read the list of runs anew."""
        try:
            records = self._store.runs()
        except ExplorerError as error:
            self.failed.emit(str(error))
            return
        before = {row.id: row for row in self._model.rows}
        with_steps = [record.id for record in records if record.last_step > 0]
        shown = set(with_steps[-SHOWN_AT_START:]) if first else {i for i, row in before.items() if row.is_shown}
        live = self.live_id
        rows = [
            RunRow(
                record,
                record.id in shown or record.id == live,
                self._val_loss(record.id),
                record.id == live,
                origin_text(records, record),
            )
            for record in reversed(records)
        ]
        self._model.set_rows(rows)
        self._wanted = [row.id for row in rows if row.is_shown and row.id not in self._curves]
        self._wanted += [row.id for row in rows if row.id not in self._curves and not row.is_shown]
        self._load_next()
        self._show_curves()
        self.changed.emit()

    def select(self, run_id: int) -> None:
        """Draw this run's raw curve beside the live one's."""
        self._selected = run_id
        self._show_curves()

    @property
    def first_shown(self) -> int:
        """The newest run in the plots; 0 if none."""
        return next((row.id for row in self._model.rows if row.is_shown), NO_RUN)

    def curves_of(self, run_id: int) -> RunCurves | None:
        """A run's curves, as far as they are loaded."""
        return self._curves.get(run_id)

    def shown_records(self) -> Sequence[RunRecord]:
        """The records of the runs in the plots."""
        return [row.record for row in self._model.rows if row.is_shown]

    def forget(self, run_id: int) -> None:
        """Drop the curves of a run that was deleted."""
        self._curves.pop(run_id, None)
        self.reload()

    # Loading

    def _load_next(self) -> None:
        self._wanted = [run_id for run_id in self._wanted if run_id != self.live_id]
        if not self._wanted or self._jobs.is_running(_JOB):
            return
        run_id = self._loading = self._wanted.pop(0)
        smoothing, store = self._board.smoothing, self._store

        def load() -> RunCurves:
            return stored_curves(store, store.get(run_id), smoothing=smoothing)

        self._jobs.run(_JOB, load, self._loaded, on_error=self._not_loaded)

    def _loaded(self, curves: RunCurves) -> None:
        row = self._model.row_of(curves.run_id)
        if row is not None and curves.run_id != self.live_id:
            found = curves.validation.losses
            if row.is_shown or len(curves.steps) <= _KEPT_STEPS:
                self._curves[curves.run_id] = curves
            self._model.update_row(curves.run_id, val_loss=found[-1] if found else None)
            if row.is_shown:
                self._board.suggest_smoothing(curves.num_steps or 0)
                self._show_curves()
        self._load_next()

    def _not_loaded(self, sentence: str) -> None:
        _log.warning("run %d: %s", self._loading, sentence)
        self._load_next()

    def _val_loss(self, run_id: int) -> float | None:
        row = self._model.row_of(run_id)
        return row.val_loss if row is not None else None

    # The run that goes on

    def _open(self, run_id: int) -> None:
        curves = begun_curves(self._store, self._store.get(run_id), smoothing=self._board.smoothing)
        for event in self._session.events_before:
            curves.add_own(event)
        self._curves[run_id] = curves
        self._selected = run_id
        self.reload()
        self._model.set_shown(run_id, shown=True)
        self._show_curves()

    def _take(self, events: list[RunEvent]) -> None:
        run_id = self._session.run_id
        curves = self._curves.get(run_id or NO_RUN)
        if run_id is None or curves is None:
            return
        revision, num_known = curves.revision, curves.num_steps
        for event in events:
            curves.add_own(event)
            self._pending |= changes(event)
            if isinstance(event, Evaluated):
                self._pending["val_loss"] = event.loss
        if curves.num_steps != num_known:
            self._board.suggest_smoothing(curves.num_steps or 0)
            self._board.refresh()
        elif curves.revision != revision:
            self._board.note_live()
        if not self._table_soon.isActive():
            self._table_soon.start()

    def _show_pending(self) -> None:
        pending, self._pending = self._pending, {}
        row = self._model.row_of(self._session.run_id or NO_RUN)
        if row is None or not pending:
            return
        val_loss = pending.pop("val_loss", row.val_loss)
        best = self._session.history.best
        record = replace(row.record, **pending, best_accuracy=best[1] if best else row.record.best_accuracy)
        self._model.update_row(row.id, record=record, val_loss=val_loss)

    def _follow(self, state: str) -> None:
        if state in {"ended", "failed"}:
            self._show_pending()
            self.reload()
        elif self._session.run_id is not None:
            self._model.update_row(self._session.run_id, is_live=self._session.is_live)

    def _show_curves(self) -> None:
        """Give the plots the curves of the shown runs; those not loaded yet follow."""
        live = self.live_id
        shown: list[ShownRun] = []
        missing: list[int] = []
        for row in self._model.rows:
            curves = self._curves.get(row.id)
            if row.is_shown and curves is not None:
                shown.append(ShownRun(curves, row.record.name, row.record.color_index, row.id == live))
            elif row.is_shown:
                missing.append(row.id)
        self._board.set_runs(shown, selected=self._selected)
        if missing:
            self._wanted = missing + [run_id for run_id in self._wanted if run_id not in missing]
            self._load_next()
        self.changed.emit()
