"""ComparedTable: every block of both networks in one line, its layers below, the totals pinned."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.analysis.compare import ComparedRow, Comparison, Delta
from explorer.export.compared_words import (
    CONVENTIONS,
    both,
    counts_line,
    figures,
    row_detail,
    row_name,
    shapes,
    state_words,
)
from explorer.gui.panels.compare.diagrams import INKS
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import ElidedLabel, Ground, Hairline, Label, QuietScrollBar, TextButton
from explorer.gui.widgets.figure_table import ROW_HEIGHT, FigureCell, FigureColumn, FigureRow, FigureTable
from explorer.units import NONE

TITLE_HEIGHT = 40
LINES = (
    FigureColumn("Block", 200, stretches=True, tip="Left → right where their names or settings differ"),
    FigureColumn("Change", 92),
    FigureColumn("Output", 226, yields=2, tip="Channels × height × width, left → right where they differ"),
    FigureColumn("Δ Parameters", 112, right=True, tip="Right minus left: weights, biases, norm scale and shift"),
    FigureColumn("Δ MACs", 92, right=True, tip="Multiply-adds per image: 1 MAC = 1 multiply-add"),
    FigureColumn("Δ Field", 66, right=True, tip="How much more the block widens the receptive field, in px"),
    FigureColumn("Δ Memory", 96, right=True, yields=1, tip="Kept for the backward pass of one image, float32"),
)
_OPEN, _SHUT = "chevron-down", "chevron-right"
_SIGN_ROOM, _LAYER_INDENT = 20, 34


class ComparedTable(Ground):
    """`chosen` tells the row of the comparison; a second click on a block, Enter, or ←/→ shows and hides its layers."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("panel", parent, theme=theme)
        self._theme = theme
        self._comparison: Comparison | None = None
        self._open: set[int] = set()
        self._was_current = -1
        self._pressed_again = False
        self.view = FigureTable(LINES, theme=theme, name="Differences block by block")
        self.view.chosen.connect(self._tell)
        self.view.clicked.connect(self._click)
        self.view.pressed.connect(self._note_press)
        self.view.installEventFilter(self)
        self.totals = FigureTable(LINES, theme=theme, name="Totals", selectable=False)
        self.totals.horizontalHeader().hide()
        self.totals.setFixedHeight(ROW_HEIGHT + 4)
        self.totals.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for table in (self.view, self.totals):
            table.setVerticalScrollBar(QuietScrollBar(table))
            table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.totals.verticalScrollBar().setEnabled(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_title())
        column.addWidget(Hairline(theme=theme))
        column.addWidget(self.view, 1)
        column.addWidget(Hairline(theme=theme, ink="line2"))
        column.addWidget(self.totals)

    @property
    def open_rows(self) -> frozenset[int]:
        """The rows whose layers are shown."""
        return frozenset(self._open)

    def set_comparison(self, comparison: Comparison | None) -> None:
        """Show another pair, its layers hidden."""
        self._comparison = comparison
        self._open.clear()
        self._was_current = -1
        self._count.set_text(counts_line(comparison) if comparison is not None else "")
        self.totals.set_rows([_totals_row(comparison)] if comparison is not None else [])
        self._fill()

    def choose(self, row: int | None) -> None:
        """Choose a row of the comparison without reporting it."""
        self._was_current = -1 if row is None else row
        if row is None:
            with QSignalBlocker(self.view.selectionModel()):
                self.view.setCurrentIndex(QModelIndex())
            self.view.viewport().update()
        else:
            self.view.choose((row,))
            self.view.scrollTo(self.view.currentIndex())

    def set_open(self, row: int, shown: bool) -> None:
        """Show or hide the layers of a row."""
        if self._comparison is not None and shown != (row in self._open) and self._comparison.rows[row].layers:
            self._open.symmetric_difference_update({row})
            self._fill()

    def open_all(self) -> None:
        """Show the layers of every block that differs; where they are shown, hide all."""
        if self._comparison is None:
            return
        rows = {index for index, row in enumerate(self._comparison.rows) if row.state != "equal"}
        self._open = set() if self._open else rows
        self._fill()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """← hides the layers, → shows them, Enter does either."""
        if watched is self.view and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = self.view.current
            if isinstance(key, tuple) and self._fold(event.key(), key):
                return True
        return super().eventFilter(watched, event)

    def _make_title(self) -> QWidget:
        theme = self._theme
        bar = QWidget()
        bar.setFixedHeight(TITLE_HEIGHT)
        row = QHBoxLayout(bar)
        row.setContentsMargins(14, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(Label("Differences", theme=theme, size_px=13, weight=600))
        self._count = ElidedLabel(theme=theme, size_px=12, ink="muted")
        self._count.set_tip(CONVENTIONS)
        row.addWidget(self._count, 1)
        self.layers_button = TextButton("Layers", "quiet", "collapse", theme=theme)
        self.layers_button.setToolTip("Show or hide the layers of every block that differs")
        self.layers_button.clicked.connect(self.open_all)
        row.addWidget(self.layers_button)
        return bar

    def _fold(self, pressed: int, key: tuple[int, ...]) -> bool:
        row = key[0]
        if pressed == Qt.Key.Key_Left:
            self.set_open(row, shown=False)
            self.view.choose((row,))
            return True
        if pressed == Qt.Key.Key_Right and len(key) == 1:
            self.set_open(row, shown=True)
            return True
        if pressed in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and len(key) == 1:
            self.set_open(row, shown=row not in self._open)
            return True
        return False

    def _note_press(self, index: QModelIndex) -> None:
        key = self.view.rows[index.row()].key if index.isValid() else None
        self._pressed_again = key == (self._was_current,)

    def _click(self, index: QModelIndex) -> None:
        """A click on the sign, or a second one on a block, shows or hides its layers."""
        key = self.view.rows[index.row()].key
        if not isinstance(key, tuple) or len(key) != 1:
            return
        again = key[0] == self._was_current and self._pressed_again
        self._was_current = key[0]
        if again:
            self.set_open(key[0], shown=key[0] not in self._open)

    def _tell(self, key: object) -> None:
        if isinstance(key, tuple):
            self._was_current = key[0] if len(key) == 1 else -1
            self._pressed_again = False
            self.chosen.emit(key[0])

    def _fill(self) -> None:
        rows: list[FigureRow] = []
        for index, row in enumerate(self._comparison.rows if self._comparison else ()):
            rows.append(_line((index,), row, opened=index in self._open))
            if index in self._open:
                rows += [_line((index, number), layer) for number, layer in enumerate(row.layers)]
        self.view.set_rows(rows)


def _line(key: tuple[int, ...], row: ComparedRow, *, opened: bool = False) -> FigureRow:
    ink = INKS[row.state][0]
    is_block = len(key) == 1
    weight = 600 if is_block else 400
    sign = (_OPEN if opened else _SHUT) if is_block and row.layers else None
    name = FigureCell(
        row_name(row),
        weight=weight,
        icon=sign,
        icon_ink="muted",
        indent=0 if sign else _SIGN_ROOM if is_block else _LAYER_INDENT,
        detail=row_detail(row),
        tip=row_detail(row),
    )
    tip = both(row.left, row.right)
    cells = (
        name,
        FigureCell(state_words(row), ink if row.state != "equal" else "muted", 600 if row.state != "equal" else 400),
        FigureCell(shapes(row), "text" if is_block else "muted", tip=shapes(row)),
        *_figure_cells(row.delta, weight, tip),
    )
    spoken = f"{row_name(row)}, {row.state}, {row_detail(row)}"
    return FigureRow(key, cells, spoken=spoken)


def _totals_row(comparison: Comparison) -> FigureRow:
    note = "" if comparison.totals.params is not None else "Totals appear when both networks are whole"
    cells = (FigureCell("Total", weight=600, detail=note), FigureCell(), FigureCell())
    return FigureRow("totals", (*cells, *_figure_cells(comparison.totals, 600, "Right minus left")))


def _figure_cells(delta: Delta, weight: int, tip: str) -> Sequence[FigureCell]:
    texts = figures(delta)
    return [FigureCell(text, "faint" if text in {"0", NONE} else "text", weight, tip=tip) for text in texts]
