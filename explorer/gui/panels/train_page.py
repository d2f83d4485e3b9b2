"""TrainPage: settings of the next run, the run that goes on, its curves, and every run that is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from explorer.errors import ExplorerError
from explorer.export.report import RunData
from explorer.export.run_data import stored_run
from explorer.gui.document import ArchDocument
from explorer.gui.jobs import Jobs
from explorer.gui.models.runs_model import RunsModel
from explorer.gui.models.train_settings_model import TrainSettingsModel
from explorer.gui.panels.growth_popup import GrowthPopup
from explorer.gui.panels.plots_panel import NARROW, PlotsPanel
from explorer.gui.panels.run_bar import RunBar
from explorer.gui.panels.run_presenter import RunPresenter
from explorer.gui.panels.runs_keeper import RunsKeeper
from explorer.gui.panels.runs_table import RunsTable, clear
from explorer.gui.panels.train_morph import MorphOffer, Offer
from explorer.gui.panels.train_settings import TrainSettings
from explorer.gui.panels.train_start import Plan, StartSection
from explorer.gui.plots.board import PlotBoard, ShownRun
from explorer.gui.plots.export import CSV_FILTER, PICTURE_FILTER, save_csv, save_picture
from explorer.gui.splitter import Splitter
from explorer.gui.theme import ThemeSource
from explorer.gui.training import TrainingSession
from explorer.gui.widgets import Hairline
from explorer.gui.widgets.banner import Banner, BannerKind
from explorer.runs.config import StartRule
from explorer.runs.record import RunRecord

_LEAST_RUNS_HEIGHT = 96
_RUNS_HEIGHT = 226
_LEAST_PLOTS_HEIGHT = 372
_RAIL = 64
_CLOCK_MS = 1000


class TrainPage(QWidget):
    """The page Train. `start_or_continue`, `pause` and `stop` are what the actions F5, F6 and Shift+F5 call."""

    design_wished = Signal()  # a run's network was brought back: show Design
    inspect_wished = Signal(int)  # a run is to be tested: show Inspect
    notice = Signal(str, str)  # sentence, kind of banner
    compare_wished = Signal(tuple)  # the numbers of the shown runs

    def __init__(
        self, document: ArchDocument, theme: ThemeSource, training: TrainingSession, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._theme = theme
        self.session = training
        self.jobs = Jobs(self)
        self.model = TrainSettingsModel(self)
        self.model.set_network(document.spec)
        self.board = PlotBoard(self)
        self.runs_model = RunsModel(self)
        self.settings = TrainSettings(document, self.model, self.jobs, theme=theme)
        self.bar = RunBar(theme=theme)
        self.plots = PlotsPanel(self.board, theme=theme)
        self.table = RunsTable(self.runs_model, theme=theme)
        self.keeper = RunsKeeper(training, self.jobs, self.runs_model, self.board, self)
        self.presenter = RunPresenter(document, self.settings, self.bar, training, self.runs_model, self)
        self.presenter.can_start_changed.connect(self.board.set_can_start)
        self.start = StartSection(document, self.model, self.runs_model, theme=theme)
        self.settings.add_after_recipe(self.start)
        self.presenter.watch_start(lambda: self.start.obstacle)
        self.offer = MorphOffer(document, self.runs_model, self)
        self._growth: GrowthPopup | None = None
        self._data_folder = ""
        self._lay_out()
        self._connect()
        training.loader.ready.connect(self._look_at_devices)
        if training.loader.is_ready:
            self._look_at_devices()
        self.table.select(self.keeper.first_shown)

    # What the actions call

    def start_or_continue(self) -> None:
        """Start the next run, or let a paused one go on."""
        self.presenter.start_or_continue()

    def pause(self) -> None:
        """Let the run wait, or let a paused one go on."""
        if self.session.state == "paused":
            self.session.resume()
        else:
            self.session.pause()

    def stop(self) -> None:
        """End the run in order and keep its result."""
        self.session.stop()

    def set_recipe(self, **values: Any) -> None:
        """Change settings of the next run, as a finding's fix wishes."""
        self.model.set(**values)

    def shown_runs(self) -> Sequence[RunData]:
        """The runs in the plots, for the report."""
        return [stored_run(self.session.store, record.id) for record in self.keeper.shown_records()]

    def state(self) -> dict[str, Any]:
        """What a later start of the program should find again."""
        board = self.board
        return self.settings.state() | {
            "smoothing": board.chosen_smoothing,
            "across": board.across,
            "log": board.is_log,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` told; what is not understood is left alone."""
        self.settings.restore(state)
        smoothing, across = state.get("smoothing"), state.get("across")
        if isinstance(smoothing, float) and 0 <= smoothing < 1:
            self.board.set_smoothing(smoothing)
        if across in {"steps", "epochs", "time"}:
            self.board.set_across(across)
        self.board.set_log(state.get("log") is True)

    def shut_down(self) -> None:
        """Wait for what goes on in threads; the session ends its run by itself."""
        self._clock.stop()
        self.jobs.close()

    # Weights of other runs

    def show_growth(self) -> None:
        """Show which tensor of the next run comes from where."""
        plan, run, start = self.start.plan, self.start.source_run, self.model.config.start_from
        if plan is not None and run is not None and start is not None:
            self._open_growth(self.start.map_button, plan, run, start.rule)

    def _show_offer(self) -> None:
        """Say that the network is an edit of a trained one, while nothing goes on."""
        clear(self._offer_strip)
        offer = self.offer.current
        if offer is None or self.session.is_busy:
            return
        buttons: list[tuple[str, Callable[[], object]]] = [
            ("Continue from there", lambda: self.presenter.continue_edited(offer.run.id)),
            ("Show its weights", lambda: self._show_edit(offer)),
        ]
        banner = Banner(offer.sentence, "info", buttons, theme=self._theme)
        banner.dismissed.connect(self.offer.dismiss)
        self._offer_strip.addWidget(banner)

    def _show_edit(self, offer: Offer) -> None:
        self._open_growth(self.bar.line, offer.plan, offer.run, "morph")
        self.offer.offer_again()

    def _open_growth(self, anchor: QWidget, plan: Plan, run: RunRecord, rule: StartRule) -> None:
        if self._growth is None:
            self._growth = GrowthPopup(self, theme=self._theme)
        self._growth.open_for(anchor, plan, run, rule, self._document.spec.name)

    # Runs

    def open_in_design(self, run_id: int) -> None:
        """Bring a run's network back into Design, as one undoable step."""
        record = self.session.store.get(run_id)
        self._document.edit(record.spec, f"Network of “{record.name}”")
        self.design_wished.emit()

    def use_settings(self, run_id: int) -> None:
        """Take a run's recipe for the next run, and its network where that is another."""
        record = self.session.store.get(run_id)
        if record.spec != self._document.spec:
            self._document.edit(record.spec, f"Network of “{record.name}”")
            self.model.set_network(record.spec)  # before its recipe is taken, so that this one stays as it was
        self.model.load(record.config)
        self._tell(f"Recipe and network of “{record.name}” are set for the next run.", "ok")

    def ask_to_delete(self, run_id: int) -> None:
        """Ask once, above the rows."""
        record = self.session.store.get(run_id)
        sentence = f"“{record.name}” and its weights will be deleted."
        self._ask(sentence, "warn", ("Delete", lambda: self.delete(run_id)), ("Keep", _nothing))

    def delete(self, run_id: int) -> None:
        """Take a run off the list; it can be brought back until the window closes."""
        record = self.session.store.get(run_id)
        self.session.store.delete(run_id)
        self.keeper.forget(run_id)
        sentence = f"“{record.name}” is deleted for good when the window closes."
        self._ask(sentence, "info", ("Undo", lambda: self.undelete(run_id)))

    def undelete(self, run_id: int) -> None:
        """Bring a deleted run back."""
        self.session.store.restore(run_id)
        self.keeper.reload()

    def rename(self, run_id: int, name: str) -> None:
        """Give a run another name."""
        self.session.store.rename(run_id, name)
        self.keeper.reload()

    def compare_shown(self) -> None:
        """Wish the shown runs side by side, the older one first."""
        self.compare_wished.emit(tuple(sorted(record.id for record in self.keeper.shown_records())))

    def save_picture(self) -> None:
        """Ask for a file and paint the plots into it."""
        path = self._ask_path("Picture of the plots", "plots.png", PICTURE_FILTER)
        if path is not None:
            self._guard(lambda: save_picture(path, self.board, self._theme.current), f"Saved {path.name}.")

    def save_data(self, run_id: int | None = None) -> None:
        """Ask for a file and write the numbers of the shown runs, or of one."""
        runs = self.board.runs if run_id is None else self._one_run(run_id)
        if not runs:
            self._tell("The curves of this run are still being read. Try again in a moment.", "info")
            return
        path = self._ask_path("Plot data", "plot-data.csv" if run_id is None else f"run-{run_id}.csv", CSV_FILTER)
        if path is not None:
            self._guard(lambda: save_csv(path, runs), f"Saved {path.name}.")

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window, let the plots share one card and the run bar shorten."""
        super().resizeEvent(event)
        width = self.width() + _RAIL
        self.plots.set_narrow(width < NARROW)
        self.bar.set_compact(width < NARROW)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to load torch: whoever opens this page will need it."""
        super().showEvent(event)
        self.offer.look_soon()
        QTimer.singleShot(0, self.session.loader.start)

    # Inside

    def _lay_out(self) -> None:
        self._split = Splitter(Qt.Orientation.Vertical, theme=self._theme, name="Plots and runs")
        self.plots.setMinimumHeight(_LEAST_PLOTS_HEIGHT)
        self.table.setMinimumHeight(_LEAST_RUNS_HEIGHT)
        self._split.addWidget(self.plots)
        self._split.addWidget(self.table)
        self._split.setStretchFactor(0, 1)
        self._split.setStretchFactor(1, 0)
        self._split.setSizes([600, _RUNS_HEIGHT])
        main = QVBoxLayout()
        main.setSpacing(0)
        main.addWidget(self.bar)
        self._offer_strip = QVBoxLayout()
        self._offer_strip.setContentsMargins(0, 0, 0, 0)
        main.addLayout(self._offer_strip)
        main.addWidget(self._split, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.settings)
        row.addWidget(Hairline(Qt.Orientation.Vertical, theme=self._theme))
        row.addLayout(main, 1)

    def _connect(self) -> None:
        table, board = self.table, self.board
        self._document.network_changed.connect(self.model.set_network)
        table.wished.connect(self._do)
        table.selected.connect(self.keeper.select)
        table.picture_wished.connect(self.save_picture)
        table.data_wished.connect(self.save_data)
        table.compare_wished.connect(self.compare_shown)
        table.color_wished.connect(self._set_color)
        table.note_written.connect(self._set_note)
        board.run_clicked.connect(table.select)
        self.runs_model.rename_wished.connect(lambda run_id, name: self._guard(lambda: self.rename(run_id, name)))
        self.keeper.failed.connect(lambda sentence: self._tell(sentence, "err"))
        self.presenter.open_wished.connect(lambda run_id: self._guard(lambda: self.open_in_design(run_id)))
        self.presenter.rename_wished.connect(lambda run_id, name: self._guard(lambda: self.rename(run_id, name)))
        self.presenter.design_wished.connect(self.design_wished)
        self.presenter.copy_wished.connect(lambda text: QGuiApplication.clipboard().setText(text))
        self.settings.measure_wished.connect(self.presenter.measure)
        self.settings.data.facts_changed.connect(lambda _facts: self._plan_plots())
        self.model.changed.connect(self._plan_plots)
        self._plan_plots()
        self.start.map_wished.connect(self.show_growth)
        self.offer.changed.connect(lambda _offer: self._show_offer())
        self.session.state_changed.connect(lambda _state: self._show_offer())
        table.selected.connect(self.offer.choose)
        self.session.run_opened.connect(self._select_soon)
        self.jobs.broke.connect(lambda line, _details: self._tell(line, "err"))
        self._clock = QTimer(self)
        self._clock.setInterval(_CLOCK_MS)
        self._clock.timeout.connect(self.presenter.tick)
        self.session.state_changed.connect(self._wind_clock)

    def _plan_plots(self) -> None:
        config, facts = self.model.config, self.settings.data.facts
        per_epoch = -(-facts.num_train // config.batch_size) if facts is not None else 0
        self.board.set_plan(config.epochs, config.epochs * per_epoch)

    def _wind_clock(self, _state: str) -> None:
        if self.session.is_busy:
            self._clock.start()
        else:
            self._clock.stop()

    def _select_soon(self, run_id: int) -> None:
        QTimer.singleShot(0, self, lambda: self.table.select(run_id))

    def _look_at_devices(self) -> None:
        self.jobs.run("devices", self.session.list_devices, self.settings.set_devices)

    def _do(self, action: str, run_id: int) -> None:
        doors: dict[str, Callable[[int], object]] = {
            "open_in_design": self.open_in_design,
            "go_on": self.presenter.go_on,
            "inspect": self.inspect_wished.emit,
            "use_settings": self.use_settings,
            "show_only": self.runs_model.show_only,
            "rename": self.table.rename,
            "note": self.table.edit_note,
            "plot_data": self.save_data,
            "delete": self.ask_to_delete,
        }
        self._guard(lambda: doors[action](run_id))

    def _one_run(self, run_id: int) -> tuple[ShownRun, ...]:
        curves = self.keeper.curves_of(run_id)
        record: RunRecord = self.session.store.get(run_id)
        return (ShownRun(curves, record.name, record.color_index),) if curves is not None else ()

    def _set_color(self, run_id: int, color_index: int) -> None:
        self.session.store.set_color(run_id, color_index)
        self.keeper.reload()

    def _set_note(self, run_id: int, note: str) -> None:
        self._guard(lambda: self.session.store.annotate(run_id, note))
        self.keeper.reload()

    def _ask_path(self, title: str, name: str, filters: str) -> Path | None:
        start = str(Path(self._data_folder) / name) if self._data_folder else name
        chosen, _filter = QFileDialog.getSaveFileName(self, title, start, filters)
        if not chosen:
            return None
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(Path(name).suffix)
        self._data_folder = str(path.parent)
        return path

    def _guard(self, action: Callable[[], object], done: str = "") -> None:
        """Do `action`; a mistake of the user is told above the rows."""
        try:
            action()
        except ExplorerError as error:
            self._tell(str(error), "err")
        else:
            if done:
                self._tell(done, "ok")

    def _tell(self, sentence: str, kind: BannerKind) -> None:
        self._ask(sentence, kind)

    def _ask(self, sentence: str, kind: BannerKind, *buttons: tuple[str, Callable[[], object]]) -> None:
        banner = Banner(sentence, kind, buttons, theme=self._theme)
        self.table.ask(banner)
        if kind == "ok":
            QTimer.singleShot(6000, banner, banner.dismiss)


def _nothing() -> None:
    """A button that only takes its question away."""
