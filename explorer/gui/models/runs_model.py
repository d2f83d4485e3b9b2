"""RunsModel: the runs of the store as rows, newest first, with what the plots show of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from explorer.errors import ExplorerError
from explorer.runs.datasets import DATA_SETS
from explorer.runs.record import RunRecord
from explorer.units import NONE, THIN, clock, loss, percent, si

_Index = QModelIndex | QPersistentModelIndex
STUCK_MARGIN = 1.25  # times the accuracy of guessing
RUN_ROLE = int(Qt.ItemDataRole.UserRole)


class Column(IntEnum):
    """The columns of the table, left to right."""

    EYE = 0
    COLOR = 1
    RUN = 2
    DATA = 3
    BEST = 4
    LOSS = 5
    PARAMS = 6
    EPOCHS = 7
    TIME = 8
    STATUS = 9


HEADS = ("", "", "Run", "Data set", "Best accuracy", "Val. loss", "Parameters", "Epochs", "Time", "Status")


@dataclass(frozen=True, slots=True)
class StatusLook:
    """How a status reads: a word, an icon and a colour."""

    word: str
    icon: str
    ink: str
    meaning: str = ""


STATUS_LOOKS: Mapping[str, StatusLook] = {
    "new": StatusLook("Not started", "clock", "muted", "Its settings are kept; Continue starts it"),
    "running": StatusLook("Training", "play", "accent"),
    "paused": StatusLook("Paused", "pause", "warn"),
    "finished": StatusLook("Finished", "check", "ok", "All epochs are done"),
    "stopped": StatusLook("Stopped", "stop", "muted", "Ended by hand; the weights are kept and it can go on"),
    "failed": StatusLook("Failed", "cross-circle", "err"),
    "interrupted": StatusLook("Interrupted", "warning", "warn", "The program ended before the run; it can go on"),
    "stuck": StatusLook("Stuck", "warning", "warn", "The loss never left chance: the network has learned nothing"),
}


@dataclass(frozen=True)
class RunRow:
    """One run: its record, whether the plots show it, its newest validation loss, and whose weights it began with."""

    record: RunRecord
    is_shown: bool
    val_loss: float | None = None
    is_live: bool = False
    origin: str = ""

    @property
    def id(self) -> int:
        """The store's number."""
        return self.record.id

    @property
    def epochs(self) -> int:
        """How many epochs the recipe asks for; 0 where the recipe cannot be read."""
        try:
            return self.record.config.epochs
        except ExplorerError:
            return 0

    @property
    def data_text(self) -> str:
        """`Fashion-MNIST, 32 px`."""
        try:
            name, shape = self.record.config.data.name, self.record.spec.input
        except ExplorerError:
            return NONE
        title = DATA_SETS[name].title if name in DATA_SETS else name
        side = str(shape.height) if shape.height == shape.width else f"{shape.height} × {shape.width}"
        return f"{title}, {side} px"

    @property
    def status(self) -> str:
        """The status to show: an ended run that never left chance is "stuck"."""
        record = self.record
        if record.status in {"finished", "stopped"} and self._is_at_chance():
            return "stuck"
        return record.status

    @property
    def can_go_on(self) -> bool:
        """Whether the run has steps left to do."""
        return not self.is_live and self.record.status in {"new", "stopped", "interrupted", "failed"}

    def _is_at_chance(self) -> bool:
        try:
            chance = 1.0 / self.record.spec.num_classes
        except ExplorerError:
            return False
        best, found = self.record.best_accuracy, self.val_loss
        if best is None or self.record.last_epoch < 1 or chance >= 0.5:
            return False
        flat = found is None or not math.isfinite(found) or found > -math.log(chance) * 0.97
        return best <= STUCK_MARGIN * chance and flat


class RunsModel(QAbstractTableModel):
    """Rows of runs. It shows; wishes go out as signals and the page fulfils them."""

    shown_changed = Signal()
    rename_wished = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[RunRow] = []

    @property
    def rows(self) -> tuple[RunRow, ...]:
        """All rows, as they stand."""
        return tuple(self._rows)

    def row_of(self, run_id: int) -> RunRow | None:
        """The row of a run."""
        return next((row for row in self._rows if row.id == run_id), None)

    def index_of(self, run_id: int) -> QModelIndex:
        """The first index of a run's row; invalid where there is none."""
        for number, row in enumerate(self._rows):
            if row.id == run_id:
                return self.index(number, 0)
        return QModelIndex()

    def set_rows(self, rows: Sequence[RunRow]) -> None:
        """Show other runs, or in another order; those that merely changed are repainted in place."""
        if [row.id for row in rows] == [row.id for row in self._rows]:
            for number, row in enumerate(rows):
                self._replace(number, row)
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()
        self.shown_changed.emit()

    def update_row(self, run_id: int, **changes: Any) -> None:
        """Show other facts of one run."""
        for number, row in enumerate(self._rows):
            if row.id == run_id:
                self._replace(number, replace(row, **changes))

    def set_shown(self, run_id: int, shown: bool) -> None:
        """Show the run's curves, or hide them."""
        self.update_row(run_id, is_shown=shown)

    def show_only(self, run_id: int) -> None:
        """Show this run's curves alone; again, show all."""
        alone = all(row.is_shown == (row.id == run_id) for row in self._rows)
        for number, row in enumerate(self._rows):
            self._replace(number, replace(row, is_shown=alone or row.id == run_id), quiet=True)
        self.shown_changed.emit()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """How many runs there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Ten columns."""
        return 0 if parent.isValid() else len(Column)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """The name can be edited."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == Column.RUN else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, tooltip, or with RUN_ROLE the RunRow itself."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == RUN_ROLE:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(row, Column(index.column()))
        if role == Qt.ItemDataRole.EditRole and index.column() == Column.RUN:
            return row.record.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell_tip(row, Column(index.column()))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _spoken(row, Column(index.column()))
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A typed name becomes a wish."""
        name = " ".join(str(value).split())
        if role != Qt.ItemDataRole.EditRole or not name or name == self._rows[index.row()].record.name:
            return False
        self.rename_wished.emit(self._rows[index.row()].id, name)
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The heads of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADS[section]
        return None

    def _replace(self, number: int, row: RunRow, *, quiet: bool = False) -> None:
        before = self._rows[number]
        if row == before:
            return
        self._rows[number] = row
        self.dataChanged.emit(self.index(number, 0), self.index(number, len(Column) - 1))
        if not quiet and row.is_shown != before.is_shown:
            self.shown_changed.emit()


def cell_text(row: RunRow, column: Column) -> str:
    """What a cell says."""
    record = row.record
    match column:
        case Column.RUN:
            return record.name
        case Column.DATA:
            return row.data_text
        case Column.BEST:
            return percent(record.best_accuracy)
        case Column.LOSS:
            return loss(row.val_loss)
        case Column.PARAMS:
            return si(record.num_parameters)
        case Column.EPOCHS:
            return epochs_text(row)
        case Column.TIME:
            return clock(record.elapsed_s) if record.last_step else NONE
        case Column.STATUS:
            return STATUS_LOOKS[row.status].word
        case _:
            return ""


def epochs_text(row: RunRow) -> str:
    """`5` for a whole run, `3.6 / 5` for one that is not through."""
    record = row.record
    if not record.num_steps or not row.epochs:
        return NONE
    done = record.last_step / record.num_steps * row.epochs
    if record.last_step >= record.num_steps:
        return str(row.epochs)
    return f"{math.floor(done * 10) / 10:.1f}{THIN}/{THIN}{row.epochs}"


def cell_tip(row: RunRow, column: Column) -> str | None:
    """What a cell says on hover."""
    record = row.record
    tips = {
        Column.EYE: ("Hide" if row.is_shown else "Show") + " in the plots · Alt-click: only this one",
        Column.COLOR: "Change the colour",
        Column.PARAMS: f"{record.num_parameters:,} parameters" if record.num_parameters else None,
        Column.STATUS: record.message or STATUS_LOOKS[row.status].meaning or None,
        Column.RUN: "\n".join(line for line in (origin_tip(row), record.note) if line) or None,
        Column.DATA: f"{record.device}, {record.precision}" if record.device else None,
        Column.LOSS: "Cross-entropy on the test pictures at the newest evaluation",
        Column.BEST: "On the test pictures",
    }
    return tips.get(column)


def origin_tip(row: RunRow) -> str:
    """`Grown from vgg11 · SGD one-cycle, seed 0`; empty for a run from scratch."""
    if not row.origin:
        return ""
    try:
        start = row.record.config.start_from
    except ExplorerError:
        return ""
    word = "Continues" if start is not None and start.rule == "morph" else "Grown from"
    return f"{word} {row.origin}"


def _spoken(row: RunRow, column: Column) -> str:
    if column == Column.EYE:
        return "shown in the plots" if row.is_shown else "hidden"
    if column == Column.RUN and row.origin:
        return f"{row.record.name}, {origin_tip(row)}"
    return cell_text(row, column)
