"""The layer table as a Qt item model: parts at the top level, their layers below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from explorer.gui.models.layer_rows import (
    CONVENTIONS,
    HEADINGS,
    LayerGroup,
    LayerLine,
    macs_text,
    memory_text,
    share_text,
)
from explorer.units import exact, num_bytes

Index = QModelIndex | QPersistentModelIndex
LINE_ROLE = Qt.ItemDataRole.UserRole + 1
LAYER, OUTPUT, PARAMETERS, MACS, FIELD, JUMP, MEMORY = range(7)


class LayerModel(QAbstractItemModel):
    """Groups of lines. New figures for the same layers change cells in place, rows come and go one by one where a part
    has other layers than before, and only other parts reset the model.

    The units of a long residual stage are folded: their layers are rows only while the unit is open.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[LayerGroup, ...] = ()
        self._lines: list[tuple[LayerLine, ...]] = []
        self._open_units: frozenset[str] = frozenset()

    @property
    def groups(self) -> tuple[LayerGroup, ...]:
        """What is shown, part by part."""
        return self._groups

    def set_groups(self, groups: Sequence[LayerGroup]) -> bool:
        """Show `groups`; whether the parts are the same, so that what was folded still is."""
        wanted = tuple(groups)
        if [group.head.key for group in wanted] != [group.head.key for group in self._groups]:
            self.beginResetModel()
            self._take(wanted)
            self.endResetModel()
            return False
        before, self._groups = self._groups, wanted
        changed = [row for row, (old, new) in enumerate(zip(before, wanted, strict=True)) if old != new]
        for row in changed:
            self._change(row, wanted[row].shown(self._open_units))
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(HEADINGS) - 1))
        return True

    def _change(self, row: int, lines: tuple[LayerLine, ...]) -> None:
        """Let `lines` be those of the group at `row`."""
        old, new = [line.key for line in self._lines[row]], [line.key for line in lines]
        if old != new:
            self._move_rows(row, old, new, lines)
        self._lines[row] = lines
        if lines:
            last = self.createIndex(len(lines) - 1, len(HEADINGS) - 1, row + 1)
            self.dataChanged.emit(self.createIndex(0, 0, row + 1), last)

    def _move_rows(self, row: int, old: list[str], new: list[str], lines: tuple[LayerLine, ...]) -> None:
        """Remove and insert the rows between the first and the last that differ."""
        parent, shorter = self.index(row, 0), min(len(old), len(new))
        first = next((at for at in range(shorter) if old[at] != new[at]), shorter)
        after = next((at for at in range(shorter - first) if old[-1 - at] != new[-1 - at]), shorter - first)
        above, below = self._lines[row][:first], self._lines[row][len(old) - after :]
        if len(old) > first + after:
            self.beginRemoveRows(parent, first, len(old) - after - 1)
            self._lines[row] = above + below
            self.endRemoveRows()
        if len(new) > first + after:
            self.beginInsertRows(parent, first, len(new) - after - 1)
            self._lines[row] = above + lines[first : len(new) - after] + below
            self.endInsertRows()

    def _take(self, groups: tuple[LayerGroup, ...]) -> None:
        self._groups = groups
        self._lines = [group.shown(self._open_units) for group in groups]

    def line(self, index: Index) -> LayerLine | None:
        """The line at `index`; None outside."""
        if not index.isValid():
            return None
        group = int(index.internalId())
        return self._lines[group - 1][index.row()] if group else self._groups[index.row()].head

    def is_open(self, unit: LayerLine) -> bool:
        """Whether the layers of the residual unit that `unit` stands for are rows."""
        return unit.key in self._open_units

    def set_unit_open(self, index: Index, *, is_open: bool) -> None:
        """Show the layers of the residual unit at `index`, or fold them."""
        unit = self.line(index)
        if unit is None or not unit.is_unit or self.is_open(unit) == is_open:
            return
        row = index.parent().row()
        count = sum(1 for line in self._groups[row].lines if line.unit == unit.unit)
        first, last = index.row() + 1, index.row() + count
        parent = self.index(row, 0)
        if is_open:
            self.beginInsertRows(parent, first, last)
        else:
            self.beginRemoveRows(parent, first, last)
        self._open_units ^= {unit.key}
        self._take(self._groups)
        if is_open:
            self.endInsertRows()
        else:
            self.endRemoveRows()

    def lines_of(self, row: int) -> tuple[LayerLine, ...]:
        """The lines below the group at `row`."""
        return self._lines[row]

    def index_of(self, name: str) -> QModelIndex:
        """Where the part or node `name` is shown; a folded node is found at its host. Invalid if unknown."""
        for row, group in enumerate(self._groups):
            if group.head.key == name:
                return self.index(row, 0)
            if name in group.head.nodes:
                lines = self._lines[row]
                hosts = [child for child, line in enumerate(lines) if name in line.nodes]
                layers = [child for child in hosts if not lines[child].is_unit]
                child = next(iter(layers or hosts), -1)
                return self.index(child, 0, self.index(row, 0)) if child >= 0 else self.index(row, 0)
        return QModelIndex()

    def index(self, row: int, column: int, parent: Index | None = None) -> QModelIndex:
        """The index of a group, or of a layer in the group `parent`."""
        if parent is None or not parent.isValid():
            inside = 0 <= row < len(self._groups) and 0 <= column < len(HEADINGS)
            return self.createIndex(row, column, 0) if inside else QModelIndex()
        if parent.internalId() or not 0 <= row < len(self._lines[parent.row()]):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1)

    def parent(self, child: Index) -> QModelIndex:  # type: ignore[override]
        """The group of a layer; invalid for a group."""
        group = int(child.internalId()) if child.isValid() else 0
        return self.createIndex(group - 1, 0, 0) if group else QModelIndex()

    def rowCount(self, parent: Index | None = None) -> int:
        """Groups, or layers of a group."""
        if parent is None or not parent.isValid():
            return len(self._groups)
        return 0 if parent.internalId() or parent.column() > 0 else len(self._lines[parent.row()])

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: ARG002
        """Always the seven columns."""
        return len(HEADINGS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts as shown; exact figures as tooltips; the line itself under `LINE_ROLE`."""
        line = self.line(index)
        if line is None:
            return None
        if role == LINE_ROLE:
            return line
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(line, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(line, index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{HEADINGS[index.column()]}: {cell_text(line, index.column())}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Captions, with their conventions as tooltips."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(HEADINGS):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return CONVENTIONS[section] if role == Qt.ItemDataRole.ToolTipRole else None


def cell_text(line: LayerLine, column: int) -> str:
    """The text of one cell as the table paints it."""
    if column == LAYER:
        return f"{line.name} {line.detail}".strip()
    if line.failure and column > OUTPUT:
        return line.failure if column == PARAMETERS else ""
    return {
        OUTPUT: line.shape_text,
        PARAMETERS: exact(line.params),
        MACS: macs_text(line.macs),
        FIELD: line.field_text,
        JUMP: line.jump_text,
        MEMORY: memory_text(line.saved_bytes),
    }[column]


def tooltip(line: LayerLine, column: int) -> str:
    """The exact figure of one cell and what it counts; empty where there is nothing to add."""
    if line.failure:
        return line.failure
    if not line.reached:
        return "Not reached: the network ends before this layer." if column != LAYER else ""
    if column == LAYER:
        named = line.is_group or line.is_unit or line.name == line.key
        return cell_text(line, LAYER) if named else f"{line.key}: {cell_text(line, LAYER)}"
    if column == OUTPUT:
        return f"{line.shape_text} (channels × height × width): {num_bytes(line.activation_bytes)} in float32"
    if column == PARAMETERS and line.params is not None:
        return f"{exact(line.params)} parameters, {share_text(line.params_share)} of the network"
    if column == MACS and line.macs is not None:
        return f"{exact(line.macs)} MACs = {exact(2 * line.macs)} FLOPs, {share_text(line.macs_share)} of the network"
    if column == FIELD and line.field is not None:
        note = "; more than the whole picture" if line.sees_all else ""
        return f"{line.field_text} px of the input{note}"
    if column == JUMP and not line.is_map:
        return "A flat layer has no neighbouring places."
    if column == JUMP and line.field is not None:
        return f"Neighbouring units stand {line.jump_text} px apart in the input"
    if column == MEMORY and line.saved_bytes is not None:
        return f"{exact(line.saved_bytes)} bytes kept for the backward pass, per image"
    return "Unknown: its units have no single place." if column in {FIELD, JUMP} else ""
