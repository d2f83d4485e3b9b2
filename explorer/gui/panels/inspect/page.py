"""InspectPage: one finished run: its ways of testing, its pictures, where it looks, and what an average gains."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from explorer.errors import ExplorerError
from explorer.gui.inspecting import InspectSession
from explorer.gui.panels.inspect.bar import InspectBar
from explorer.gui.panels.inspect.ensemble_card import EnsembleCard
from explorer.gui.panels.inspect.picture_card import STACKED_BELOW, PictureCard
from explorer.gui.panels.inspect.results_card import ResultsCard
from explorer.gui.panels.inspect.run_list import RunList
from explorer.gui.panels.inspect.test_form import TestForm
from explorer.gui.panels.inspect.texts import can_be_tested, plan_sentence, progress_sentence
from explorer.gui.theme import ThemeSource
from explorer.gui.torch_loader import WAITING_SENTENCE
from explorer.gui.widgets import Ground, Hairline, Label, ScrollColumn, TextButton
from explorer.runs.datasets import DATA_SETS
from explorer.runs.record import RunRecord
from explorer.runs.testing import EnsembleResult, ScoreMap, TestProgress, TestResult, TestRow

SIDE_WIDTH = 304
ONE_COLUMN_BELOW = 900
_RESULTS_HEIGHT, _PICTURES_HEIGHT = 268, 388
EMPTY_TITLE = "Train a network first"
EMPTY_TEXT = (
    "This page tests a run that is over: with one crop, many, or densely over the whole picture; it shows what the "
    "network gets wrong, where it looks, and what an average of several runs gains."
)


class InspectPage(QWidget):
    """The page Inspect. It reads the store anew whenever it is shown and when a run ends."""

    train_wished = Signal()

    def __init__(self, theme: ThemeSource, session: InspectSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.session = session
        self._run: RunRecord | None = None
        self._rows: dict[int, tuple[TestRow, ...]] = {}
        self._notice = ""
        self._is_telling_error = False
        self.runs = RunList(theme=theme)
        self.form = TestForm(theme=theme)
        self.bar = InspectBar(theme=theme)
        self.results = ResultsCard(theme=theme)
        self.pictures = PictureCard(theme=theme)
        self.ensemble = EnsembleCard(theme=theme)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_empty())
        self._stack.addWidget(self._make_whole())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        self._connect()

    @property
    def run(self) -> RunRecord | None:
        """The run that is inspected."""
        return self._run

    def reload(self) -> None:
        """Read the list of runs anew."""
        try:
            records = self.session.store.runs()
        except ExplorerError as error:
            self._tell(str(error), "err")
            return
        found = [record for record in reversed(records) if can_be_tested(record)]
        self._stack.setCurrentIndex(1 if found else 0)
        self.runs.set_runs(found)
        if found:
            run = self.runs.current or found[0]
            if self._run is None or run.id != self._run.id:
                self.inspect(run.id)
            else:
                self._run = run
                self.bar.set_run(run)
            self.ensemble.set_runs(self._same_pictures(found))

    def inspect(self, run_id: int) -> None:
        """Show a run and what is known of it."""
        run = next((run for run in self.runs.runs if run.id == run_id), None)
        if run is None:
            return
        self._run = run
        self._notice = ""
        self.runs.choose(run_id)
        self.bar.set_run(run)
        self.form.set_run(_own_side(run), _num_test(run))
        self.pictures.set_run(run.color_index, run.spec.input.height)
        self.pictures.set_classes(_classes(run))
        self.ensemble.set_runs(self._same_pictures(self.runs.runs))
        self._show_rows(self._rows.get(run_id, ()))
        if not _classes(run):
            self.session.ask_classes(run_id)
        self._refresh()

    def start(self) -> None:
        """Test the run in the ways that are ticked."""
        plan = self.form.plan
        if self._run is None or plan is None or self.session.is_busy:
            return
        self._notice = ""
        self._rows.pop(self._run.id, None)
        self._show_rows(())
        self.session.test(self._run.id, plan)

    def cancel(self) -> None:
        """End what goes on; the rows that are whole stay."""
        self.session.cancel()

    def shut_down(self) -> None:
        """Wait for what goes on in threads."""
        self.session.shut_down()

    # Qt

    def showEvent(self, event: QShowEvent) -> None:
        """Read the list anew; begin to load torch: whoever opens this page will need it."""
        super().showEvent(event)
        self.reload()
        if self.runs.runs:
            QTimer.singleShot(0, self.session.loader.start)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stack the cards where there is no room side by side."""
        super().resizeEvent(event)
        room = self.width() - SIDE_WIDTH
        one_column = room < ONE_COLUMN_BELOW
        ways = QBoxLayout.Direction
        self._upper.setDirection(ways.TopToBottom if one_column else ways.LeftToRight)
        self.pictures.set_stacked(room < STACKED_BELOW)

    # Inside

    def _make_empty(self) -> QWidget:
        theme = self._theme
        ground = Ground("window", theme=theme)
        title = Label(EMPTY_TITLE, theme=theme, size_px=15, weight=600)
        text = Label(EMPTY_TEXT, theme=theme, size_px=13, ink="muted", wrap=True)
        for label in (title, text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        text.setFixedSize(470, text.heightForWidth(470))
        self.train_button = TextButton("Go to Train", "primary", "train", theme=theme)
        self.train_button.clicked.connect(self.train_wished)
        column = QVBoxLayout(ground)
        column.setSpacing(12)
        column.addStretch(2)
        for widget in (title, text, self.train_button):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        return ground

    def _make_whole(self) -> QWidget:
        whole = QWidget()
        main = QVBoxLayout()
        main.setSpacing(0)
        main.addWidget(self.bar)
        main.addWidget(self._make_main(), 1)
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._make_side())
        row.addWidget(Hairline(Qt.Orientation.Vertical, theme=self._theme))
        row.addLayout(main, 1)
        return whole

    def _make_side(self) -> QWidget:
        theme = self._theme
        side = Ground("panel", theme=theme)
        side.setFixedWidth(SIDE_WIDTH)
        title = Label("Runs", theme=theme, size_px=13, weight=600)
        title.setContentsMargins(20, 14, 0, 8)
        inner = Ground("panel", theme=theme)
        margins = QVBoxLayout(inner)
        margins.setContentsMargins(8, 0, 20, 14)
        margins.addWidget(self.form)
        margins.addStretch()
        form = ScrollColumn(inner)
        form.setMinimumHeight(300)
        form.setAccessibleName("Settings of the test")
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(title)
        column.addWidget(Hairline(theme=theme))
        column.addWidget(self.runs, 3)
        column.addWidget(form, 4)
        return side

    def _make_main(self) -> QWidget:
        ground = Ground("window", theme=self._theme)
        self._upper = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._upper.setSpacing(13)
        self.results.setMinimumHeight(_RESULTS_HEIGHT)
        self.ensemble.setMinimumHeight(_RESULTS_HEIGHT)
        self.pictures.setMinimumHeight(_PICTURES_HEIGHT)
        self._upper.addWidget(self.results, 19)
        self._upper.addWidget(self.ensemble, 11)
        column = QVBoxLayout(ground)
        column.setContentsMargins(20, 14, 16, 14)
        column.setSpacing(13)
        column.addLayout(self._upper, 2)
        column.addWidget(self.pictures, 3)
        return ScrollColumn(ground)

    def _connect(self) -> None:
        session = self.session
        self.runs.chosen.connect(self.inspect)
        self.form.changed.connect(self._form_changed)
        self.bar.start_wished.connect(self.start)
        self.bar.cancel_wished.connect(self.cancel)
        self.results.chosen.connect(self.pictures.set_row)
        self.pictures.wanted.connect(self._ask_pictures)
        self.pictures.look_wished.connect(self._look)
        self.ensemble.average_wished.connect(self._average)
        self.ensemble.changes_wished.connect(lambda result, gained: self.pictures.set_changes(result, gained=gained))
        session.work_changed.connect(lambda _work: self._refresh())
        session.progressed.connect(self._show_progress)
        session.row_arrived.connect(self._take_row)
        session.tested.connect(self._take_result)
        session.averaged.connect(self._take_average)
        session.refused.connect(self._tell_refusal)  # a method: its connection ends with the page
        session.classes_known.connect(self._take_classes)
        session.pictures_arrived.connect(self._take_pictures)
        session.looked.connect(self._take_map)
        session.look_failed.connect(self.pictures.set_problem)

    def _same_pictures(self, runs: Sequence[RunRecord]) -> list[RunRecord]:
        """The runs that were measured on the same pictures as the one that is inspected."""
        return [run for run in runs if self._run is not None and _pictures_of(run) == _pictures_of(self._run)]

    def _form_changed(self) -> None:
        self._notice = ""
        self._refresh()

    def _refresh(self) -> None:
        """Show the session as it stands."""
        work, busy = self.session.work, self.session.is_busy
        obstacle = self.form.obstacle
        self.bar.set_state(busy=busy, obstacle=obstacle)
        self.form.set_running(busy)
        self.ensemble.set_busy("Averaging…" if work == "averaging" else "", busy=busy)
        if work == "waiting":
            self.bar.set_line(WAITING_SENTENCE)
        elif not busy:
            self.bar.set_progress(0.0)
            self._show_idle_line(obstacle)

    def _show_idle_line(self, obstacle: str) -> None:
        plan, run = self.form.plan, self._run
        if self._notice:
            self.bar.set_line(self._notice, ink="err" if self._is_telling_error else "text")
        elif obstacle:
            self.bar.set_line(obstacle, ink="err")
        elif plan is not None and run is not None:
            self.bar.set_line(plan_sentence(plan, _num_test(run), _own_side(run)), ink="muted")

    def _tell_refusal(self, sentence: str) -> None:
        self._tell(sentence, "err")

    def _tell(self, sentence: str, kind: str) -> None:
        self._notice, self._is_telling_error = sentence, kind == "err"
        self._refresh()

    def _show_progress(self, progress: TestProgress, elapsed_s: float) -> None:
        part = progress.done / max(1, progress.total)
        if self.session.work == "averaging":
            self.ensemble.set_busy(f"{100 * part:.0f} %".replace(" ", "\u2009"), busy=True)
            self.bar.set_line(f"Averaging · {progress.done:,} of {progress.total:,} pictures")
        else:
            self.bar.set_line(progress_sentence(progress, elapsed_s))
        self.bar.set_progress(part)

    def _take_row(self, run_id: int, row: TestRow) -> None:
        self._rows[run_id] = (*self._rows.get(run_id, ()), row)
        if self._run is not None and self._run.id == run_id:
            self._show_rows(self._rows[run_id])

    def _take_result(self, result: TestResult) -> None:
        self._rows[result.run_id] = result.rows
        if self._run is not None and self._run.id == result.run_id:
            self._show_rows(result.rows)
            done = "Tested" if result.is_complete else "Stopped"
            self._tell(f"{done} on {result.num_images:,} pictures.", "ok")

    def _show_rows(self, rows: Sequence[TestRow]) -> None:
        measured = next((row.num_images for row in rows if row.accuracy is not None), 0)
        self.results.set_rows(rows, f"{measured:,} test pictures, the best kept weights" if measured else "")
        self.pictures.set_row(self._shown_row(rows))

    def _shown_row(self, rows: Sequence[TestRow]) -> TestRow | None:
        row = self.results.current
        if row is not None and row.images:
            return row
        return next((row for row in rows if row.images), None)

    def _average(self, run_ids: tuple[int, ...]) -> None:
        self._notice = ""
        self.session.average(run_ids)

    def _take_average(self, result: EnsembleResult) -> None:
        self.ensemble.set_result(result)

    def _ask_pictures(self, indices: tuple[int, ...]) -> None:
        if self._run is not None:
            self.session.ask_pictures(self._run.id, indices)

    def _take_pictures(self, run_id: int, indices: tuple[int, ...], pictures: tuple[object, ...]) -> None:
        if self._run is not None and run_id == self._run.id:
            self.pictures.take_pictures(indices, pictures)

    def _take_classes(self, run_id: int, names: tuple[str, ...]) -> None:
        if self._run is not None and run_id == self._run.id:
            self.pictures.set_classes(names)

    def _look(self, index: int, side: int) -> None:
        if self._run is not None:
            self.session.look(self._run.id, index, side)

    def _take_map(self, found: ScoreMap) -> None:
        self.pictures.set_map(found)


def _own_side(run: RunRecord) -> int:
    """The side at which the run was tested while it learned."""
    shape = run.spec.input
    return run.config.evaluation_side or min(shape.height, shape.width)


def _classes(run: RunRecord) -> tuple[str, ...]:
    info = DATA_SETS.get(run.config.data.name)
    return info.classes if info is not None else ()


def _num_test(run: RunRecord) -> int:
    """How many test pictures there are; 0 where only the files know."""
    info = DATA_SETS.get(run.config.data.name)
    known = info.num_test if info is not None else 0
    limit = run.config.data.test_limit
    return min(known, limit) if known and limit else known or (limit or 0)


def _pictures_of(run: RunRecord) -> tuple[object, ...]:
    data = run.config.data
    return data.name, data.folder, data.test_limit, run.spec.num_classes
