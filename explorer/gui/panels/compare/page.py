"""ComparePage: two networks, or the runs of two, side by side; the kernel lab and its trainings beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from explorer.analysis.compare import Comparison, compare
from explorer.analysis.summarize import summarize
from explorer.analysis.summary import NetworkSummary
from explorer.arch.spec import NetworkSpec
from explorer.errors import ExplorerError
from explorer.export.comparison import Compared, ComparedRuns, compared_runs
from explorer.gui.models.compare_sources import DOCUMENT, OPEN_FILE, Chosen, CompareSources
from explorer.gui.panels.compare.bar import CompareBar
from explorer.gui.panels.compare.cards import LabCard, RunsCard, Section, TotalsCard
from explorer.gui.panels.compare.diagrams import LEAST_TOTAL, ComparedDiagrams
from explorer.gui.panels.compare.queue_card import QueueCard
from explorer.gui.panels.compare.table import ComparedTable
from explorer.gui.splitter import Splitter
from explorer.gui.theme import ThemeSource
from explorer.gui.training_queue import TrainingQueue
from explorer.gui.widgets import Ground, Hairline, Label, ScrollColumn, TextButton
from explorer.runs.config import TrainConfig
from explorer.runs.history import History
from explorer.runs.statistics import RunGroup, best_pair

if TYPE_CHECKING:
    from explorer.gui.plots.bands import Band

SIDE_WIDTH = 344
SEEDS = 3
LAB_KEY = "lab"
EXAMPLE = ("preset:vgg19", "preset:resnet50")


class ComparePage(QWidget):
    """The page Compare. `compare_keys` and `compare_runs` open it with something."""

    open_wished = Signal(object, str)  # NetworkSpec, words for undo
    train_wished = Signal(list, object, int)  # specs, TrainConfig or None for the page Train's, first seed
    export_wished = Signal(str)
    file_wished = Signal(object)  # what to call with the file's path
    refused = Signal(str)

    def __init__(
        self,
        sources: CompareSources,
        queue: TrainingQueue,
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        obstacle: Callable[[NetworkSpec], str],
    ) -> None:
        super().__init__(parent)
        self._sources = sources
        self._theme = theme
        self._obstacle = obstacle
        self._left: Chosen = Chosen(DOCUMENT, sources.document_spec().name, sources.document_spec())
        self._rights: list[Chosen] = []
        self._at = 0
        self._comparison: Comparison | None = None
        self._runs: ComparedRuns | None = None
        self._is_stale = False
        self._summaries: dict[NetworkSpec, NetworkSummary] = {}
        self.bar = CompareBar(sources, theme=theme)
        self.diagrams = ComparedDiagrams(theme=theme)
        self.table = ComparedTable(theme=theme)
        self.totals = TotalsCard(theme=theme)
        self.runs = RunsCard(theme=theme)
        self.lab = LabCard(theme=theme)
        self.queue = QueueCard(queue, theme=theme)
        self.empty = _Empty(theme=theme)
        self.train_button = TextButton("", "fix", "play", theme=theme)
        self.runs.column.addWidget(self.train_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._lay_out()
        self._connect(queue)
        self._refresh()

    @property
    def comparison(self) -> Comparison | None:
        """The pair that is shown."""
        return self._comparison

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of what is compared, the left one first."""
        return (self._left.key, *(chosen.key for chosen in self._rights))

    def compared(self) -> tuple[Compared, ...]:
        """Every comparison, for a report."""
        left = self._summary(self._left.spec)
        return tuple(
            Compared(compare(left, self._summary(right.spec)), self._runs_between(right)) for right in self._rights
        )

    def compare_keys(self, *keys: str) -> None:
        """Compare the first of these sources with each of the others."""
        loaded = [chosen for key in keys if (chosen := self._load(key)) is not None]
        if loaded:
            self._left, self._rights, self._at = loaded[0], loaded[1:], 0
            self._refresh()

    def compare_runs(self, run_ids: Sequence[int]) -> None:
        """Compare runs, the seeds of one network and recipe together; a single group stands beside the document."""
        keys = self._sources.keys_of_runs(run_ids)
        self.compare_keys(*(keys if len(keys) > 1 else (DOCUMENT, *keys)))

    def set_right(self, key: str) -> None:
        """Put a source on the right, in place of the one shown."""
        self._take(key, self._put_right)

    def note_document(self) -> None:
        """The network in Design is another now."""
        if DOCUMENT in self.keys:
            self._reload_soon()

    def note_runs(self) -> None:
        """A run ended: means and bands may be others."""
        self._reload_soon()

    def showEvent(self, event: QShowEvent) -> None:
        """Read anew what changed while the page was hidden."""
        super().showEvent(event)
        if self._is_stale:
            self._reload()

    def _lay_out(self) -> None:
        theme = self._theme
        split = Splitter(Qt.Orientation.Vertical, theme=theme, name="Diagrams and differences")
        self.diagrams.setMinimumHeight(LEAST_TOTAL)
        self.table.setMinimumHeight(148)
        split.addWidget(self.diagrams)
        split.addWidget(self.table)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([470, 320])
        side = Ground("panel", theme=theme)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for card in (self.totals, self.runs, self.queue, self.lab):
            column.addWidget(card)
            column.addWidget(Hairline(theme=theme))
        column.addStretch(1)
        self.side = ScrollColumn(side)
        self.side.setFixedWidth(SIDE_WIDTH)
        shown = QWidget()
        row = QHBoxLayout(shown)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(split, 1)
        row.addWidget(Hairline(Qt.Orientation.Vertical, theme=theme))
        row.addWidget(self.side)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(shown)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self.bar)
        page.addWidget(Hairline(theme=theme))
        page.addWidget(self._stack, 1)

    def _connect(self, queue: TrainingQueue) -> None:
        bar = self.bar
        bar.left_wished.connect(lambda key: self._take(key, self._put_left))
        bar.right_wished.connect(self.set_right)
        bar.added.connect(lambda key: self._take(key, self._put_more))
        bar.removed.connect(self._remove)
        bar.shown.connect(self._show_other)
        bar.swapped.connect(self._swap)
        bar.export_wished.connect(self.export_wished)
        self.diagrams.chosen.connect(lambda row: self.table.choose(None if row < 0 else row))
        self.table.chosen.connect(self.diagrams.choose)
        self.lab.open_wished.connect(lambda spec: self.open_wished.emit(spec, "Kernels replaced"))
        self.lab.compare_wished.connect(self._compare_lab)
        self.lab.train_wished.connect(self._train_lab)
        self.train_button.clicked.connect(self._train_more)
        self.empty.choose_wished.connect(self.bar.right.open)
        self.empty.example_wished.connect(lambda: self.compare_keys(*EXAMPLE))
        queue.run_ended.connect(self.note_runs)

    # What is chosen

    def _load(self, key: str) -> Chosen | None:
        try:
            return self._sources.load(key)
        except (ExplorerError, OSError) as error:
            self.refused.emit(str(error))
            return None

    def _take(self, key: str, put: Callable[[Chosen], None]) -> None:
        if key == OPEN_FILE:
            self.file_wished.emit(lambda path: self._take(self._sources.key_of_file(path), put))
            return
        chosen = self._load(key)
        if chosen is not None:
            put(chosen)
            self._refresh()

    def _put_left(self, chosen: Chosen) -> None:
        self._left = chosen

    def _put_right(self, chosen: Chosen) -> None:
        if self._rights:
            self._rights[self._at] = chosen
        else:
            self._rights = [chosen]

    def _put_more(self, chosen: Chosen) -> None:
        self._rights.append(chosen)
        self._at = len(self._rights) - 1

    def _remove(self) -> None:
        del self._rights[self._at]
        self._at = max(0, self._at - 1)
        self._refresh()

    def _show_other(self, at: int) -> None:
        self._at = at
        self._refresh()

    def _swap(self) -> None:
        if self._rights:
            self._left, self._rights[self._at] = self._rights[self._at], self._left
            self._refresh()

    def _compare_lab(self, spec: NetworkSpec) -> None:
        groups = self._sources.groups_of(spec)
        self._put_right(Chosen(LAB_KEY, spec.name, spec, groups))
        self._refresh()

    def _reload_soon(self) -> None:
        if self.isVisible():
            self._reload()
        else:
            self._is_stale = True

    def _reload(self) -> None:
        """Read every source anew; what the lab made keeps its network."""
        self._is_stale = False
        self._left = self._again(self._left)
        self._rights = [self._again(chosen) for chosen in self._rights]
        self._refresh()

    def _again(self, chosen: Chosen) -> Chosen:
        if chosen.key == LAB_KEY:
            return replace(chosen, groups=self._sources.groups_of(chosen.spec))
        try:
            return self._sources.load(chosen.key)
        except (ExplorerError, OSError):  # a file or run that is gone keeps what it was
            return chosen

    # What is shown

    def _refresh(self) -> None:
        self._at = min(self._at, max(0, len(self._rights) - 1))
        self.bar.set_chosen(self._left.title, [chosen.title for chosen in self._rights], self._at)
        self._stack.setCurrentIndex(1 if self._rights else 0)
        self.empty.set_left(self._left.title)
        if not self._rights:
            self._comparison = self._runs = None
            return
        right = self._rights[self._at]
        before = self._comparison
        self._comparison = compare(self._summary(self._left.spec), self._summary(right.spec))
        if before is None or (before.left.spec, before.right.spec) != (self._left.spec, right.spec):
            self.diagrams.set_comparison(self._comparison)
            self.table.set_comparison(self._comparison)
            self.totals.set_comparison(self._comparison)
            self.lab.set_spec(self._left.spec)
        self.lab.set_trainable(self._obstacle(self._left.spec))
        self._show_runs(right)

    def _summary(self, spec: NetworkSpec) -> NetworkSummary:
        """The numbers of `spec`; those of the networks in view are kept."""
        if spec not in self._summaries:
            wanted = {self._left.spec, *(chosen.spec for chosen in self._rights)}
            self._summaries = {known: summary for known, summary in self._summaries.items() if known in wanted}
            self._summaries[spec] = summarize(spec)
        return self._summaries[spec]

    def _runs_between(self, right: Chosen) -> ComparedRuns | None:
        pair = best_pair(self._left.groups, right.groups)
        return compared_runs(*pair, comparisons=len(self._rights)) if pair is not None else None

    def _show_runs(self, right: Chosen) -> None:
        self._runs = found = self._runs_between(right)
        self.runs.set_shown(found is not None)
        if found is not None:
            self.runs.set_runs(found, self._bands(found))
        else:
            have = [chosen.title for chosen in (self._left, right) if chosen.groups]
            other = "The other one has none yet" if have else "Neither has a finished run yet"
            self.runs.note.set_text("")
            self.runs.sentence.setText(f"{other}: train both with the same seeds to compare their accuracy.")
        obstacle = self._obstacle(self._left.spec) or self._obstacle(right.spec)
        same = self._left.spec == right.spec
        first = self._first_seed()
        self.train_button.set_text(f"Train both with seeds {', '.join(str(first + n) for n in range(SEEDS))}")
        self.train_button.setEnabled(not obstacle and not same)
        self.train_button.setToolTip(obstacle or ("Both sides are one network." if same else _TRAIN_TIP))
        if obstacle and found is None:
            self.runs.sentence.setText(obstacle)

    def _first_seed(self) -> int:
        found = self._runs
        common = set(found.test.seeds) if found is not None else set()
        return max(common, default=-1) + 1

    def _bands(self, runs: ComparedRuns) -> list[Band]:
        from explorer.gui.plots.bands import band_of

        bands = []
        for index, (name, group) in enumerate(zip(runs.names, (runs.left, runs.right), strict=True)):
            band = band_of(name, index, [self._curve(record.id) for record in group.records])
            if band is not None:
                bands.append(band)
        return bands

    def _curve(self, run_id: int) -> tuple[list[float], list[float]]:
        history = History(self._sources.store.events(run_id))
        return [float(epoch) for epoch in history.eval_epochs], list(history.eval_accuracies)

    # Trainings

    def _train_lab(self, specs: list[NetworkSpec]) -> None:
        self._compare_lab(specs[1])
        self.train_wished.emit(specs, None, 0)

    def _train_more(self) -> None:
        if self._rights:
            config = _config_of(self._runs.left) if self._runs is not None else None
            specs = [self._left.spec, self._rights[self._at].spec]
            self.train_wished.emit(specs, config, self._first_seed())


_TRAIN_TIP = "Six runs with one recipe, one after the other; seeds that are there already are not trained again"


def _config_of(group: RunGroup) -> TrainConfig | None:
    try:
        return group.records[-1].config
    except ExplorerError:  # of a newer version
        return None


class _Empty(Section):
    """What to do where nothing stands on the right yet."""

    choose_wished = Signal()
    example_wished = Signal()

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("", parent, theme=theme)
        self._words = Label(theme=theme, size_px=15, weight=600)
        self._more = Label(
            "Blocks are aligned, what is inserted, removed or changed is marked in both diagrams, and every difference "
            "in parameters, MACs, receptive field and memory adds up to the totals. Runs of several seeds get mean, "
            "deviation and a test.",
            theme=theme,
            ink="muted",
            wrap=True,
        )
        self._more.setMaximumWidth(620)
        self.choose = TextButton("Choose the right side…", "primary", theme=theme)
        self.choose.clicked.connect(self.choose_wished)
        self.example = TextButton("VGG-19 and ResNet-50", "plain", theme=theme)
        self.example.clicked.connect(self.example_wished)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addWidget(self.choose)
        buttons.addWidget(self.example)
        buttons.addStretch(1)
        self.column.setContentsMargins(60, 40, 60, 40)
        self.column.setSpacing(12)
        self.column.addStretch(2)
        self.column.addWidget(self._words)
        self.column.addWidget(self._more)
        self.column.addLayout(buttons)
        self.column.addStretch(5)

    def set_left(self, name: str) -> None:
        """Name what stands on the left."""
        self._words.setText(f"What shall {name} be compared with?")
