"""ResultsCard: the ways of testing one run side by side, and in a sentence what the chosen one does otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer import units
from explorer.gui.panels.inspect.test_form import title_row
from explorer.gui.panels.inspect.texts import best_other, difference, points, sides_text
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Card, ElidedLabel, Label
from explorer.gui.widgets.figure_table import FigureCell, FigureColumn, FigureRow, FigureTable
from explorer.runs.testing import CROP_TITLES, TestRow

EMPTY = "Tick ways of testing on the left and press Start test: a row appears for each of them."
_COLUMNS = (
    FigureColumn("Way", 150, stretches=True),
    FigureColumn("Side Q", 98),
    FigureColumn("Map", 52, yields=1, tip="Places of the class-score map, height × width"),
    FigureColumn("Accuracy", 76, right=True),
    FigureColumn("Points", 60, right=True, tip="Percentage points more or less than the first row"),
    FigureColumn("Top-5", 64, right=True, yields=2, tip="The true class is among the five most probable"),
    FigureColumn("Loss", 58, right=True, yields=3, tip="Cross-entropy of the averaged probabilities"),
    FigureColumn("Time", 74, right=True),
)
_KEY = tuple[str, tuple[int, ...]]


class ResultsCard(Card):
    """Rows arrive one by one; `chosen` tells whose pictures are to be shown."""

    chosen = Signal(object)  # TestRow

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent, theme=theme)
        self._rows: tuple[TestRow, ...] = ()
        self._note = ElidedLabel(theme=theme, size_px=12, ink="muted")
        self.table = FigureTable(_COLUMNS, theme=theme, name="Ways of testing", empty=EMPTY)
        self.table.chosen.connect(self._choose)
        self.sentence = Label(theme=theme, size_px=12, ink="text", wrap=True)
        self.sentence.setContentsMargins(14, 7, 14, 9)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        title = Label("Ways of testing", theme=theme, size_px=13, weight=600)
        column.addWidget(title_row(title, self._note))
        column.addWidget(self.table, 1)
        column.addWidget(self.sentence)
        self.set_rows((), "")

    @property
    def rows(self) -> tuple[TestRow, ...]:
        """What is shown."""
        return self._rows

    @property
    def current(self) -> TestRow | None:
        """The chosen row; the first where none was chosen."""
        key = self.table.current
        return next((row for row in self._rows if _key(row) == key), self._rows[0] if self._rows else None)

    def set_rows(self, rows: Sequence[TestRow], note: str) -> None:
        """Show `rows`; `note` says what they were counted on."""
        self._rows = tuple(rows)
        self._note.set_text(note)
        base = self._rows[0] if self._rows else None
        best = max((row.accuracy or 0.0 for row in self._rows), default=0.0)
        self.table.set_rows([_cells(row, base, best=best) for row in self._rows])
        self._say()

    def _choose(self, _key_of_row: object) -> None:
        self._say()
        if self.current is not None:
            self.chosen.emit(self.current)

    def _say(self) -> None:
        chosen = row = self.current
        if row is not None and row is self._rows[0]:
            row = best_other(self._rows)
        text = difference(self._rows[0], row) if row is not None else ""
        if chosen is not None and chosen.note:
            text = f"{text} {chosen.note}".strip()
        self.sentence.setText(text)
        self.sentence.setVisible(bool(text))


def _key(row: TestRow) -> _KEY:
    return row.crop, row.sides


def _cells(row: TestRow, base: TestRow | None, *, best: float) -> FigureRow:
    title, sides = CROP_TITLES[row.crop], sides_text(row.sides)
    if row.accuracy is None:
        first = (FigureCell(title, "muted", detail=row.note, tip=row.note), FigureCell(sides, "muted"))
        rest = tuple(FigureCell(units.NONE, "muted") for _ in _COLUMNS[2:])
        return FigureRow(_key(row), first + rest, spoken=f"{title} at {sides}: {row.note}")
    is_best = row.accuracy == best
    moved = points(row.accuracy, base.accuracy) if base is not None and base.accuracy is not None else units.NONE
    size = f"{row.map_side[0]} × {row.map_side[1]}" if row.map_side else units.NONE
    cells = (
        FigureCell(title, weight=500, tip=row.note),
        FigureCell(sides, tip="Probabilities of all these sides are averaged" if len(row.sides) > 1 else ""),
        FigureCell(size, "text" if row.map_side else "muted"),
        FigureCell(units.percent(row.accuracy), weight=600, ink="accent" if is_best else "text"),
        FigureCell(units.NONE if row is base else moved, "muted" if row is base else "text"),
        FigureCell(units.percent(row.top5)),
        FigureCell(units.loss(row.loss)),
        FigureCell(units.duration(row.seconds)),
    )
    spoken = f"{title} at {sides}, accuracy {units.percent(row.accuracy)}, {units.duration(row.seconds)}"
    return FigureRow(_key(row), cells, spoken=spoken)
