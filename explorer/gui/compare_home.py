"""What the page Compare needs, made late: its sources, the queue of trainings, and the page itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from explorer.arch.spec import NetworkSpec
from explorer.errors import ExplorerError
from explorer.gui.document import ArchDocument
from explorer.gui.panels.data_facts import channels_match
from explorer.gui.theme import ThemeSource
from explorer.gui.training_home import TrainingHome
from explorer.runs.config import TrainConfig
from explorer.runs.datasets import DATA_SETS

if TYPE_CHECKING:
    from explorer.export.comparison import Compared
    from explorer.gui.panels.compare.page import ComparePage
    from explorer.gui.training_queue import TrainingQueue

SEEDS = 3
SUFFIXES = {"html": ".html", "markdown": ".md"}


class CompareHome(QObject):
    """Makes the page when it is first wanted, over the document, the files and the runs."""

    page_made = Signal(QWidget)  # it wants a place in the window
    design_wished = Signal()  # a network was brought into Design
    notice = Signal(str, str)  # sentence, kind of banner
    exported = Signal(object)  # Path

    def __init__(
        self,
        document: ArchDocument,
        training: TrainingHome,
        theme: ThemeSource,
        recent: Callable[[], Sequence[Path]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._window = parent
        self._document = document
        self._training = training
        self._theme = theme
        self._recent = recent
        self._page: ComparePage | None = None
        self._queue: TrainingQueue | None = None
        self._folder = Path.home()

    @property
    def queue(self) -> TrainingQueue:
        """The trainings that wait for their turn."""
        if self._queue is None:
            from explorer.gui.training_queue import TrainingQueue

            self._queue = TrainingQueue(self._training.session, self)
        return self._queue

    @property
    def page(self) -> ComparePage:
        """The page Compare, made at the first call."""
        if self._page is None:
            from explorer.gui.models.compare_sources import CompareSources
            from explorer.gui.panels.compare.page import ComparePage

            sources = CompareSources(
                document=lambda: self._document.spec,
                recent=self._recent,
                store=lambda: self._training.session.store,
            )
            page = ComparePage(sources, self.queue, theme=self._theme, obstacle=self.obstacle)
            page.open_wished.connect(self._open)
            page.train_wished.connect(self.train)
            page.export_wished.connect(self.export)
            page.file_wished.connect(self._ask_file)
            page.refused.connect(lambda sentence: self.notice.emit(sentence, "err"))
            self._document.summary_changed.connect(lambda _summary: page.note_document())
            self._training.session.state_changed.connect(self._follow)
            self._page = page
            self.page_made.emit(page)
        return self._page

    def compared(self) -> Sequence[Compared]:
        """The comparisons of the document, for its report; none where the page shows others."""
        from explorer.gui.models.compare_sources import DOCUMENT

        if self._page is None or self._page.keys[0] != DOCUMENT:
            return ()
        return self._page.compared()

    def recipe(self) -> TrainConfig:
        """The recipe of the next run, as the page Train has it."""
        return self._training.recipe

    def obstacle(self, spec: NetworkSpec) -> str:
        """Why `spec` cannot learn from the data set of the next run; empty where it can."""
        info = DATA_SETS.get(self.recipe().data.name)
        if info is None or not info.channels:
            return ""
        channels, classes = spec.input.channels, spec.num_classes
        if info.num_classes == classes and channels_match(info.channels, channels):
            return ""
        has = f"{_counted(info.channels, 'channel')} and {_counted(info.num_classes, 'class')}"
        return (
            f"{spec.name} cannot learn from {info.title}, which has {has}: it takes {_counted(channels, 'channel')} "
            f"and gives {_counted(classes, 'class')}. Choose another data set on the page Train, or change the network."
        )

    def train(self, specs: list[NetworkSpec], config: TrainConfig | None, first_seed: int) -> None:
        """Queue `specs` with three seeds each, the same ones; what is trained already is left out."""
        reason = next((found for spec in specs if (found := self.obstacle(spec))), "")
        if reason and config is None:
            self.notice.emit(reason, "err")
            return
        recipe = replace(config or self._training.page.model.config, start_from=None)
        runs = []
        for seed in range(first_seed, first_seed + SEEDS):
            for spec in specs:
                wanted = replace(recipe, seed=seed)
                if not self._is_trained(spec, wanted):
                    runs.append((spec, wanted, f"{spec.name} · seed {seed}"))
        if runs:
            self.queue.add(runs)
        else:
            self.notice.emit("Both are trained with these seeds already.", "info")

    def export(self, key: str) -> None:
        """Ask where to, and write the comparison."""
        from explorer.atomic import write_atomically
        from explorer.export.comparison import comparison_report
        from explorer.gui.exporting import ask_for_path, file_name

        compared = self.page.compared()
        if not compared:
            return
        report = comparison_report(compared, made=datetime.now().astimezone())
        suggested = self._folder / f"{file_name(report.title)}{SUFFIXES[key]}"
        path = ask_for_path(self._window, "Comparison", suggested)
        if path is None:
            return
        path = path if path.suffix else path.with_suffix(SUFFIXES[key])
        self._folder = path.parent
        try:
            write_atomically(path, _WRITERS[key](report).encode("utf-8"))
        except ExplorerError as error:
            self.notice.emit(str(error), "err")
        else:
            self.exported.emit(path)

    def close(self) -> None:
        """Start nothing any more."""
        if self._queue is not None:
            self._queue.close()

    def _open(self, spec: NetworkSpec, words: str) -> None:
        self._document.edit(spec, words)
        self.design_wished.emit()

    def _ask_file(self, take: Callable[[Path], None]) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, "Network to compare", str(self._folder), "Networks (*.arch.json *.json)"
        )
        if chosen:
            self._folder = Path(chosen).parent
            take(Path(chosen))

    def _is_trained(self, spec: NetworkSpec, config: TrainConfig) -> bool:
        import json

        from explorer.arch.files import spec_to_json
        from explorer.runs.config_json import config_to_json
        from explorer.runs.statistics import recipe_key, run_groups, spec_key

        key = f"{spec_key(json.dumps(spec_to_json(spec)))}|{recipe_key(json.dumps(config_to_json(config)))}"
        groups = run_groups(self._training.session.store.runs())
        return any(group.key == key and config.seed in group.seeds for group in groups)

    def _follow(self, state: str) -> None:
        if self._page is not None and state in {"ended", "failed"}:
            self._page.note_runs()


def _counted(count: int, noun: str) -> str:
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun}{'es' if noun.endswith('s') else 's'}"


def _html(report: object) -> str:
    from explorer.export.html import to_html

    return to_html(report)  # type: ignore[arg-type]


def _markdown(report: object) -> str:
    from explorer.export.markdown import to_markdown

    return to_markdown(report)  # type: ignore[arg-type]


_WRITERS: dict[str, Callable[[object], str]] = {"html": _html, "markdown": _markdown}
