"""What training needs, made late: run store, torch's loader, the session and the page; none of it delays the window."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from explorer.errors import ExplorerError
from explorer.gui.document import ArchDocument
from explorer.gui.theme import ThemeSource
from explorer.runs.datasets import FOLDER_VARIABLE, SMALL_SET
from explorer.settings import SettingsStore, remembered_precision

if TYPE_CHECKING:
    from explorer.export.report import RunData
    from explorer.gui.panels.train_page import TrainPage
    from explorer.gui.torch_loader import TorchLoader
    from explorer.gui.training import TrainingSession
    from explorer.runs.config import TrainConfig
    from explorer.runs.store import RunStore

_log = logging.getLogger(__name__)
_PAGE_MODULE = "explorer.gui.panels.train_page"
_LATER_PAGES = ("explorer.gui.panels.compare.page",)
RUNNING = frozenset({"training", "pausing", "stopping", "measuring"})


class TrainingHome(QObject):
    """Makes store, session and page when they are first wanted, and tells the rail what goes on."""

    page_made = Signal(QWidget)  # it wants a place in the window
    mark_changed = Signal(str, float)  # none, running, paused, ok, err; progress 0 to 1
    notice = Signal(str, str)  # sentence, kind of banner
    pictures_changed = Signal(tuple)  # of the chosen data set
    idle = Signal()  # nothing goes on any more
    design_wished = Signal()  # a run's network was brought back
    inspect_wished = Signal(int)  # a run is to be tested
    compare_wished = Signal(tuple)  # the numbers of runs to put side by side

    def __init__(
        self, document: ArchDocument, theme: ThemeSource, settings: SettingsStore, store_folder: Path, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._named_folder = os.environ.get(FOLDER_VARIABLE, "")
        self._document = document
        self._theme = theme
        self._store_folder = store_folder
        self._store: RunStore | None = None
        self._loader: TorchLoader | None = None
        self._session: TrainingSession | None = None
        self._page: TrainPage | None = None
        self._progress = 0.0
        self._is_seen = False
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        document.network_changed.connect(lambda _spec: self._follow_network())

    @property
    def store_folder(self) -> Path:
        """Where the runs lie."""
        return self._store_folder

    @property
    def loader(self) -> TorchLoader:
        """Brings torch in behind the window."""
        if self._loader is None:
            from explorer.gui.torch_loader import ENGINE_MODULES, TorchLoader

            self._loader = TorchLoader(self, modules=(_PAGE_MODULE, *_LATER_PAGES, *ENGINE_MODULES))
        return self._loader

    @property
    def session(self) -> TrainingSession:
        """The session, made at the first call."""
        if self._session is None:
            from explorer.gui.training import TrainingSession

            self._session = TrainingSession(self._open_store(), self.loader, self)
            self._session.state_changed.connect(self._follow_state)
            self._session.progress_changed.connect(self._follow_progress)
        return self._session

    @property
    def page(self) -> TrainPage:
        """The page Train, made at the first call."""
        if self._page is None:
            from explorer.gui.panels.train_page import TrainPage

            self._page = TrainPage(self._document, self._theme, self.session)
            self._page.restore(self._settings.current.train)
            self._page.design_wished.connect(self.design_wished)
            self._page.inspect_wished.connect(self.inspect_wished)
            self._page.compare_wished.connect(self.compare_wished)
            self._page.notice.connect(self.notice)
            self._page.settings.data.facts_changed.connect(lambda facts: self.pictures_changed.emit(facts.pictures))
            self.page_made.emit(self._page)
        return self._page

    @property
    def has_page(self) -> bool:
        """Whether the page is there already."""
        return self._page is not None

    @property
    def is_live(self) -> bool:
        """Whether a run goes on (a paused one too)."""
        return self._session is not None and self._session.is_live

    @property
    def progress(self) -> float:
        """How far the run is, 0 to 1."""
        return self._progress

    def set_seen(self, seen: bool) -> None:
        """Know whether the page is open: an end that nobody saw leaves a dot on the rail."""
        self._is_seen = seen
        if seen and self._session is not None and not self._session.is_busy:
            self.mark_changed.emit("none", 0.0)

    def shown_runs(self) -> Sequence[RunData]:
        """The runs shown in the plots, for the report; none before the page is there."""
        return self._page.shown_runs() if self._page is not None else ()

    def set_recipe(self, **values: Any) -> None:
        """Change settings of the next run, as a finding's fix wishes."""
        self.page.set_recipe(**values)

    @property
    def recipe(self) -> TrainConfig:
        """The recipe of the next run; before the page is there, the usual one of its data set."""
        if self._page is not None:
            return self._page.model.config
        from explorer.runs.recipes import default_recipe

        spec = self._document.spec
        try:
            return default_recipe(str(self._settings.current.train.get("data", SMALL_SET)), spec=spec)
        except ExplorerError:
            return default_recipe(SMALL_SET, spec=spec)

    def announce_recipe(self) -> None:
        """Let the document's forecast be made for the recipe of the next run, before the page is there."""
        recipe = self.recipe
        known = self._document.conditions
        self._document.set_conditions(
            known._replace(
                batch_size=recipe.batch_size,
                optimizer=recipe.optimizer,
                momentum=recipe.momentum > 0,
                init=recipe.init,
                precision=remembered_precision(self._settings.current.train),
            )
        )

    def _follow_network(self) -> None:
        if self._page is None:  # which follows by itself
            self.announce_recipe()

    def state(self) -> dict[str, Any]:
        """The recipe and the look of the plots, for the next start."""
        return self._page.state() if self._page is not None else dict(self._settings.current.train)

    def use_data_folder(self, folder: str) -> None:
        """Look for data sets in `folder` first; empty for the usual places alone."""
        if folder:
            os.environ[FOLDER_VARIABLE] = folder
        elif self._named_folder:
            os.environ[FOLDER_VARIABLE] = self._named_folder
        else:
            os.environ.pop(FOLDER_VARIABLE, None)

    def close(self) -> None:
        """End whatever goes on, in order, and close the store. Torch that comes later is not told to anyone."""
        if self._loader is not None:
            self._loader.close()
        if self._session is not None:
            self._session.wait_for_end()
        if self._page is not None:
            self._page.shut_down()
        if self._store is not None:
            self._store.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _open_store(self) -> RunStore:
        from explorer.runs.store import RunStore

        try:
            self._store = RunStore(self._store_folder)
        except (ExplorerError, OSError) as error:
            _log.warning("run store %s: %s", self._store_folder, error)
            self._temporary = tempfile.TemporaryDirectory(prefix="conv-arch-runs-")
            self._store = RunStore(Path(self._temporary.name))
            self.notice.emit(f"{error} Runs are kept only until the window closes.", "warn")
        for notice in self._store.notices:
            self.notice.emit(str(notice), "warn")
        return self._store

    def _follow_state(self, state: str) -> None:
        if state in RUNNING:
            self.mark_changed.emit("running", self._progress)
        elif state == "paused":
            self.mark_changed.emit("paused", self._progress)
        elif state == "failed":
            self.mark_changed.emit("none" if self._is_seen else "err", 0.0)
        elif state == "ended":
            self.mark_changed.emit("none" if self._is_seen else "ok", 0.0)
        else:
            self.mark_changed.emit("none", 0.0)
        if self._session is not None and not self._session.is_busy:
            self.idle.emit()

    def _follow_progress(self, progress: float) -> None:
        self._progress = progress
        if self._session is not None and self._session.is_live:
            mark = "paused" if self._session.state == "paused" else "running"
            self.mark_changed.emit(mark, progress)
