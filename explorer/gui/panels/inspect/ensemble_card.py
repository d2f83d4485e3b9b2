"""EnsembleCard: several runs averaged: each one's accuracy, that of the average, and which pictures change sides."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer import units
from explorer.gui.panels.inspect.test_form import title_row
from explorer.gui.panels.inspect.texts import ensemble_sentence
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Card, ElidedLabel, Label, Segmented, TextButton
from explorer.gui.widgets.figure_table import FigureCell, FigureColumn, FigureRow, FigureTable
from explorer.runs.record import RunRecord
from explorer.runs.testing import EnsembleResult

_COLUMNS = (
    FigureColumn("Run", 236, stretches=True),
    FigureColumn("Accuracy", 84, right=True, tip="Each run alone, with a single crop; the best kept weights"),
    FigureColumn("Loss", 66, right=True, yields=1),
)
AVERAGE = "average"
NO_OTHERS = "An average needs two runs on the same pictures. Train a second one, with another seed perhaps."
HINT = "Tick two runs or more: their class probabilities are averaged."
_MOST_ROWS = 3


class EnsembleCard(Card):
    """Runs on the same data set with tick boxes; `average_wished` tells which are to be averaged."""

    average_wished = Signal(tuple)
    changes_wished = Signal(object, bool)  # EnsembleResult, the gained ones

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent, theme=theme)
        self._theme = theme
        self._runs: tuple[RunRecord, ...] = ()
        self._ticked: set[int] = set()
        self._result: EnsembleResult | None = None
        self._busy = ""
        self._note = ElidedLabel(theme=theme, size_px=12, ink="muted")
        self.button = TextButton("Average", "fix", theme=theme)
        self.button.clicked.connect(lambda: self.average_wished.emit(self.ticked))
        self.table = FigureTable(_COLUMNS, theme=theme, name="Runs to average", empty=NO_OTHERS)
        self.table.ticked.connect(self._tick)
        self.sentence = Label(HINT, theme=theme, size_px=12, wrap=True)
        self.sentence.setContentsMargins(14, 7, 14, 7)
        self.switch = Segmented([("gained", "Gained"), ("lost", "Lost")], theme=theme, name="Pictures that changed")
        self.switch.set_value("gained")
        self.switch.setFixedWidth(200)
        self.switch.edited.connect(lambda _value: self.tell_changes())
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(title_row(Label("Ensemble", theme=theme, size_px=13, weight=600), self._note, self.button))
        column.addWidget(self.table, 1)
        column.addWidget(self.sentence)
        self._changes = QWidget()
        row = QHBoxLayout(self._changes)
        row.setContentsMargins(14, 0, 14, 10)
        row.addWidget(self.switch)
        row.addStretch()
        column.addWidget(self._changes)
        self._refresh()

    @property
    def ticked(self) -> tuple[int, ...]:
        """The runs to average, in the order of the list."""
        return tuple(run.id for run in self._runs if run.id in self._ticked)

    @property
    def result(self) -> EnsembleResult | None:
        """The newest result, while it belongs to what is ticked."""
        return self._result

    def set_runs(self, runs: Sequence[RunRecord]) -> None:
        """List the runs that learned from the same pictures."""
        if [run.id for run in runs] != [run.id for run in self._runs]:
            known = {run.id for run in self._runs}
            self._ticked &= {run.id for run in runs}
            if not known & {run.id for run in runs}:
                self._result = None
        self._runs = tuple(runs)
        self._refresh()

    def tell_changes(self) -> None:
        """Wish that the pictures that changed sides are shown."""
        if self._result is not None:
            self.changes_wished.emit(self._result, self.switch.value() == "gained")

    def set_busy(self, sentence: str, *, busy: bool) -> None:
        """Say how far the average is, and take no second wish meanwhile."""
        self._busy = sentence if busy else ""
        self._note.set_text(self._busy)
        self.button.setEnabled(not busy and len(self._ticked) > 1)

    def set_result(self, result: EnsembleResult) -> None:
        """Show what the average gained."""
        self._result = result
        self.switch.set_value("gained" if result.gained or not result.lost else "lost")
        self._refresh()
        self.tell_changes()

    def _tick(self, run_id: object, wanted: bool) -> None:
        if isinstance(run_id, int):
            self._ticked = self._ticked | {run_id} if wanted else self._ticked - {run_id}
            if self._result is not None and {m.run_id for m in self._result.members} != self._ticked:
                self._result = None
            self._refresh()

    def _refresh(self) -> None:
        count = len(self._ticked)
        self.button.set_text(f"Average {count} runs" if count > 1 else "Average")
        self.button.setEnabled(count > 1 and not self._busy)
        self.button.setToolTip("" if count > 1 else "Tick two runs or more")
        result = self._result
        rows = [self._row(run, result) for run in self._runs] if len(self._runs) > 1 else []
        if result is not None and rows:
            rows.append(self._average_row(result))
        self.table.set_rows(rows)
        self.table.setMinimumHeight(self.table.wanted_height(_MOST_ROWS) if rows else 72)
        self.sentence.setText(ensemble_sentence(result) if result is not None else HINT)
        self.sentence.set_ink("text" if result is not None else "muted")
        self.sentence.setVisible(bool(rows))
        self._show_switch()

    def _row(self, run: RunRecord, result: EnsembleResult | None) -> FigureRow:
        member = next((m for m in result.members if m.run_id == run.id), None) if result is not None else None
        accuracy = member.accuracy if member is not None else run.best_accuracy
        color = self._theme.current.run_color(run.color_index).name()
        cells = (
            FigureCell(
                run.name, weight=500, swatch=color, detail=f"seed {run.seed}", tip=f"{run.name}, seed {run.seed}"
            ),
            FigureCell(units.percent(accuracy), weight=600 if member is not None else 400),
            FigureCell(units.loss(member.loss) if member is not None else units.NONE),
        )
        return FigureRow(run.id, cells, run.id in self._ticked, spoken=f"{run.name}, {units.percent(accuracy)}")

    def _average_row(self, result: EnsembleResult) -> FigureRow:
        best = max(member.accuracy for member in result.members)
        cells = (
            FigureCell(f"Average of {len(result.members)}", weight=600),
            FigureCell(units.percent(result.accuracy), "accent" if result.accuracy > best else "text", 600),
            FigureCell(units.loss(result.loss), weight=600),
        )
        spoken = f"Average of {len(result.members)}, {units.percent(result.accuracy)}"
        return FigureRow(AVERAGE, cells, is_strong=True, spoken=spoken)

    def _show_switch(self) -> None:
        result = self._result
        self._changes.setVisible(result is not None)
        if result is not None:
            gained, lost = len(result.gained), len(result.lost)
            self.switch.set_choices([("gained", f"Gained {gained:,}"), ("lost", f"Lost {lost:,}")])
