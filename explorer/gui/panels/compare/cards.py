"""The cards beside the diagrams: totals, what the runs say, and the kernel lab."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer import units
from explorer.analysis.compare import Comparison
from explorer.analysis.kernel_lab import (
    LabResult,
    Swap,
    Variant,
    best_place,
    best_swap,
    lab_blocks,
    run_lab,
    swaps_for,
)
from explorer.arch.spec import NetworkSpec
from explorer.errors import ExplorerError
from explorer.export.comparison import ComparedRuns, time_delta, totals_lines
from explorer.gui.fonts import ui_font
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Chip, Combo, ElidedLabel, Ground, Label, TextButton
from explorer.gui.widgets.painting import follow

if TYPE_CHECKING:
    from explorer.gui.plots.bands import Band, BandPlot

MARGIN = 20
LINE_HEIGHT, _COLUMN_GAP = 21, 12
_UNBROKEN = "\u202f"
"""A thin space at which no line is broken."""
_NAMES = {"Kept for backward": "Memory", "Field (px)": "Field, px"}


class Section(Ground):
    """A titled part of the side."""

    def __init__(self, title: str, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("panel", parent, theme=theme)
        self.theme = theme
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(MARGIN, 12, MARGIN, 14)
        self.column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label(title, theme=theme, size_px=13, weight=600))
        self.note = ElidedLabel(theme=theme, size_px=12, ink="muted")
        head.addWidget(self.note, 1)
        self.head = head
        self.column.addLayout(head)


class FigureGrid(QWidget):
    """Lines of a name and three figures: left, right, and their difference in bold; painted, not laid out."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lines: tuple[tuple[str, ...], ...] = ()
        self._has_heads = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        follow(self, theme)

    def set_lines(self, lines: Sequence[Sequence[str]], *, heads: Sequence[str] = ()) -> None:
        """Show `lines`; the first text of each is its name."""
        self._has_heads = bool(heads)
        self._lines = tuple(tuple(line) for line in ([heads, *lines] if heads else lines))
        self.setFixedHeight(LINE_HEIGHT * len(self._lines))
        self.setAccessibleName("; ".join(" ".join(text for text in line if text) for line in self._lines))
        self.update()

    def texts(self) -> list[str]:
        """Every text shown, line by line."""
        return [text for line in self._lines for text in line]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names to the left and each column of figures in line at its right edge."""
        del event
        painter, theme = QPainter(self), self._theme.current
        widths = self._widths()
        for number, line in enumerate(self._lines):
            is_head = self._has_heads and number == 0
            right = float(self.width())
            for column in range(len(line) - 1, 0, -1):
                painter.setFont(ui_font(11, 500) if is_head else ui_font(12, 600))
                painter.setPen(theme.color("muted" if is_head else "text"))
                place = QRectF(right - widths[column], number * LINE_HEIGHT, widths[column], LINE_HEIGHT)
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, line[column])
                right -= widths[column] + _COLUMN_GAP
            painter.setFont(ui_font(11, 500) if is_head else ui_font(12, 400))
            painter.setPen(theme.color("muted"))
            name = QFontMetricsF(painter.font()).elidedText(line[0], Qt.TextElideMode.ElideRight, right)
            place = QRectF(0, number * LINE_HEIGHT, right, LINE_HEIGHT)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)

    def _widths(self) -> list[float]:
        metrics = QFontMetricsF(ui_font(12, 600))
        columns = max((len(line) for line in self._lines), default=0)
        return [
            max(math.ceil(metrics.horizontalAdvance(line[column])) for line in self._lines if column < len(line))
            for column in range(columns)
        ]


class TotalsCard(Section):
    """The totals of both networks and what one has more than the other."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("Totals", parent, theme=theme)
        self.grid = FigureGrid(theme=theme)
        self.grid.setToolTip("Memory: what is kept for the backward pass of one image, float32")
        self.column.addWidget(self.grid)

    def set_comparison(self, comparison: Comparison) -> None:
        """Show the totals of a pair."""
        lines = []
        for name, left, right, delta in totals_lines(comparison):
            lines.append((_NAMES.get(name, name), _short(left), _short(right), _short(delta)))
        self.grid.set_lines(lines, heads=("per image", "left", "right", "Δ"))


class RunsCard(Section):
    """Mean and deviation over seeds, the sentence of the test, and both bands."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("Runs", parent, theme=theme)
        self.grid = FigureGrid(theme=theme)
        self.chip = Chip("muted", "", theme=theme)
        self.sentence = Label(theme=theme, size_px=12, wrap=True)
        self._plot: BandPlot | None = None
        for widget in (self.grid, self.chip, self.sentence):
            self.column.addWidget(widget)

    @property
    def plot(self) -> BandPlot:
        """The plot of both bands; made with numpy when it is first wanted."""
        if self._plot is None:
            from explorer.gui.plots.bands import BandPlot

            self._plot = BandPlot(theme=self.theme)
            self.column.insertWidget(self.column.indexOf(self.sentence) + 1, self._plot)
        return self._plot

    def set_shown(self, shown: bool) -> None:
        """Show the figures, or the sentence alone."""
        self.grid.setVisible(shown)
        self.chip.setVisible(shown)
        if self._plot is not None:
            self._plot.setVisible(shown)

    def set_runs(self, runs: ComparedRuns, bands: Sequence[Band]) -> None:
        """Show both groups."""
        groups, test = (runs.left, runs.right), runs.test
        means = [units.percent(group.mean) for group in groups]
        spreads = [_spread(group.deviation) for group in groups]
        times = [units.duration(group.mean_time_s) for group in groups]
        counts = [str(len(group.seeds)) for group in groups]
        self.grid.set_lines(
            [
                ("Accuracy", *means, units.points(test.mean) if test.num_seeds else units.NONE),
                ("± deviation", *spreads, _spread(test.deviation)),
                ("Seeds", *counts, f"{test.num_seeds} common"),
                ("Time", *times, time_delta(groups[0].mean_time_s, groups[1].mean_time_s)),
            ],
            heads=("over seeds", "left", "right", "Δ"),
        )
        self.note.set_text(runs.caveat_title)
        self.note.set_tip(runs.caveat)
        self.chip.set_state("ok" if test.proven else "muted", "Proven" if test.proven else "Not proven")
        self.chip.setVisible(test.num_seeds > 1)
        self.sentence.setText(runs.sentence.replace(units.THIN, _UNBROKEN))
        self.plot.set_bands(bands)
        self.plot.setVisible(bool(bands))


class LabCard(Section):
    """Choose a block and a replacement: what both stacks cost, and what to do with them."""

    open_wished = Signal(object)  # NetworkSpec
    train_wished = Signal(list)  # both NetworkSpecs
    compare_wished = Signal(object)  # NetworkSpec

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("Kernel lab", parent, theme=theme)
        self._spec: NetworkSpec | None = None
        self._result: LabResult | None = None
        self.note.set_text("large kernels or stacks of small ones")
        self.block = Combo(theme=theme, name="Block")
        self.swap = Combo(theme=theme, name="Replacement")
        self.block.edited.connect(lambda _value: self._choose_block())
        self.swap.edited.connect(lambda _value: self._show())
        self.choices = QWidget()
        row = QHBoxLayout(self.choices)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.block, 2)
        row.addWidget(self.swap, 3)
        self.grid = FigureGrid(theme=theme)
        self.formula = Label(theme=theme, size_px=12, ink="muted", wrap=True)
        self.open_button = TextButton("Open in Design", "fix", theme=theme)
        self.open_button.setToolTip("Take the network with the replacement into Design, as one undoable step")
        self.open_button.clicked.connect(lambda: self._with(lambda found: self.open_wished.emit(found.after.spec)))
        self.compare_button = TextButton("Compare", "fix", theme=theme)
        self.compare_button.setToolTip("Show the network with the replacement on the right")
        self.compare_button.clicked.connect(
            lambda: self._with(lambda found: self.compare_wished.emit(found.after.spec))
        )
        self.train_button = TextButton("Train both with seeds 0, 1, 2", "fix", "play", theme=theme)
        self.train_button.clicked.connect(
            lambda: self._with(lambda found: self.train_wished.emit([found.before.spec, found.after.spec]))
        )
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.open_button)
        first.addWidget(self.compare_button)
        first.addStretch(1)
        self.column.addWidget(self.choices)
        self.column.addWidget(self.grid)
        self.column.addWidget(self.formula)
        self.column.addLayout(first)
        self.column.addWidget(self.train_button, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def result(self) -> LabResult | None:
        """What is shown."""
        return self._result

    def set_spec(self, spec: NetworkSpec) -> None:
        """Work on `spec`; the chosen block and replacement stay where they can."""
        self._spec = spec
        blocks = lab_blocks(spec)
        self.block.set_choices([(index, f"Block {index + 1}") for index in blocks])
        if blocks and self.block.value() is None:
            self.block.set_value(best_place(spec)[0])
        self._choose_block()

    def set_trainable(self, obstacle: str) -> None:
        """Let both be trained, or say why not."""
        self.train_button.setEnabled(not obstacle and self._result is not None)
        self.train_button.setToolTip(obstacle or "Six runs with the recipe of the page Train, one after the other")

    def _choose_block(self) -> None:
        block = self.block.value()
        swaps = swaps_for(self._spec, block) if self._spec is not None and isinstance(block, int) else ()
        self.swap.set_choices([(swap, swap.title) for swap in swaps])
        if swaps and self.swap.value() is None and self._spec is not None and isinstance(block, int):
            self.swap.set_value(best_swap(self._spec, block))
        self._show()

    def _show(self) -> None:
        block, swap = self.block.value(), self.swap.value()
        self._result = None
        if self._spec is not None and isinstance(block, int) and isinstance(swap, Swap):
            try:
                self._result = run_lab(self._spec, block, swap)
            except ExplorerError as error:
                self.formula.setText(str(error))
        found = self._result
        for widget in (self.choices, self.grid, self.open_button, self.compare_button, self.train_button):
            widget.setVisible(found is not None)
        if found is None:
            self.formula.setText("The left network has no VGG block with 3×3, 5×5 or 7×7 kernels to replace.")
            return
        self.grid.set_lines(_lab_lines(found), heads=("this block", "now", "replaced", "Δ"))
        self.formula.setText(_lab_sentence(found))

    def _with(self, act: Callable[[LabResult], object]) -> None:
        if self._result is not None:
            act(self._result)


def _short(text: str) -> str:
    """Exact counts in SI, so that three columns fit the side; other figures as they are."""
    plain = text.replace(",", "").replace(units.MINUS, "-")
    try:
        value = int(plain)
    except ValueError:
        return text
    if abs(value) < 100_000:
        return text
    return units.delta(value) if text[0] in f"+{units.MINUS}" else units.si(value, significant=4)


def _spread(deviation: float | None) -> str:
    return units.NONE if deviation is None else f"{100 * deviation:.2f}"


def _lab_lines(found: LabResult) -> list[tuple[str, str, str, str]]:
    a, b = found.before, found.after
    field = [units.px(*(variant.field or (None, None))) for variant in (a, b)]
    return [
        ("Kernels", a.words, b.words, ""),
        ("Weights", a.formula, b.formula, _pair_delta(a, b)),
        ("Parameters", *_counts(a.params, b.params)),
        ("MACs", *_counts(a.macs, b.macs)),
        ("Field", f"{field[0]}{units.THIN}px", f"{field[1]}{units.THIN}px", "0" if a.field == b.field else ""),
        (
            "Non-linearities",
            str(a.num_nonlinearities),
            str(b.num_nonlinearities),
            units.exact_delta(b.num_nonlinearities - a.num_nonlinearities),
        ),
    ]


def _counts(left: int | None, right: int | None) -> tuple[str, str, str]:
    change = right - left if left is not None and right is not None else None
    return units.si(left, significant=3), units.si(right, significant=3), units.delta(change)


def _pair_delta(a: Variant, b: Variant) -> str:
    return f"{units.exact_delta(b.weights_per_pair - a.weights_per_pair)}C²"


def _lab_sentence(found: LabResult) -> str:
    a, b = found.before, found.after
    return (
        f"For C channels in and out: {a.words} has {a.formula} weights, {b.words} has {b.formula}. "
        f"Both see the same field; {max(a.num_nonlinearities, b.num_nonlinearities)} non-linearities against "
        f"{min(a.num_nonlinearities, b.num_nonlinearities)}."
    )
