"""The rows of the layer table: a tree view that paints whole rows and speaks in names of parts and nodes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QTreeView,
    QWidget,
)

from explorer.gui.models.layer_model import LayerModel, tooltip
from explorer.gui.models.layer_rows import LayerLine
from explorer.gui.panels.layer_paint import (
    GROUP_INDENT,
    NAME_INDENT,
    LayerPainter,
    RowState,
    ShownRow,
    columns_for,
)
from explorer.gui.panels.layer_sheet import RowSheet
from explorer.gui.theme import ThemeSource

_MOVES = {
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
}


class FixedHeight(QStyledItemDelegate):
    """Rows of one height, whatever their text: a Chinese word must not move the rows."""

    def __init__(self, height: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._height = height

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: ARG002
        """The one height."""
        return QSize(40, self._height)


class LayerTree(QTreeView):
    """Groups and layers. A click wishes a selection; the rows light up only when `set_selection` says so."""

    selected = Signal(tuple)  # tuple[str, ...]: what the user wants selected
    columns_changed = Signal(object)  # Columns
    hovered = Signal(str)  # the part under the pointer, or ""

    def __init__(self, theme: ThemeSource, *, row_height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._painter = LayerPainter(theme.current)
        self._row_height = row_height
        self._sheet = RowSheet(row_height)
        self._selection: frozenset[str] = frozenset()
        self._order: tuple[str, ...] = ()
        self._scrolled_to = -1  # where the scroll bar stood when the selection was brought into sight
        self._hovered = ""
        self._hovered_part = ""
        self._outside_hover = ""
        self._by_keyboard = False
        self.columns = columns_for(800)
        self.setItemDelegate(FixedHeight(row_height, self))
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(True)
        self.setExpandsOnDoubleClick(False)
        self.setUniformRowHeights(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Layers")
        self.setProperty("ownFocus", True)  # noqa: FBT003
        self.verticalScrollBar().setSingleStep(row_height)
        theme.changed.connect(self._take_theme)

    def layer_model(self) -> LayerModel:
        """The model, by its type."""
        model = self.model()
        assert isinstance(model, LayerModel)
        return model

    def set_selection(self, names: Sequence[str]) -> None:
        """Light up parts and layers; a part lights its layers too. Scrolls to the current one if it is out of sight."""
        if tuple(names) == self._order:
            return
        self._order = tuple(names)
        self._selection = frozenset(names)
        self.viewport().update()
        current = self.layer_model().line(self.currentIndex())
        if names and not (current is not None and current.is_unit and current.key == names[-1]):
            index = self.layer_model().index_of(names[-1])
            if index.isValid() and index != self.currentIndex():
                self.setCurrentIndex(index)
                self._bring_into_sight(index)

    def return_to_selection(self) -> bool:
        """Make the selected line the current one again after other parts took the place of all rows; whether one is."""
        index = self.layer_model().index_of(self._order[-1]) if self._order else QModelIndex()
        if index.isValid():
            self.setCurrentIndex(index)
            self._bring_into_sight(index)
        return index.isValid()

    def bring_into_sight(self, name: str) -> None:
        """Scroll to the part or node `name`, whatever is selected."""
        index = self.layer_model().index_of(name)
        if index.isValid():
            self._bring_into_sight(index)

    def set_hovered(self, part: str) -> None:
        """Tint the rows of `part` (what the pointer is on elsewhere); empty for none."""
        if part != self._outside_hover:
            self._outside_hover = part
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines in view at once: all rows are of one height, so their places need no view items."""
        self.settle()
        painter = QPainter(self.viewport())
        rect, scrolled = event.rect(), self.verticalScrollBar().value()
        self._painter.clear(painter, rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first = (scrolled + rect.top()) // self._row_height
        last = (scrolled + rect.bottom()) // self._row_height
        self._sheet.paint(
            painter,
            self._shown_rows(first, last),
            top=first * self._row_height - scrolled,
            view=self.viewport().size(),
            columns=self.columns,
            row_painter=self._painter,
        )

    def settle(self) -> None:
        """Give new rows their places now and not in a later turn, so that they are painted with all else."""
        self.executeDelayedItemsLayout()

    def dataChanged(
        self,
        top_left: QModelIndex | QPersistentModelIndex,
        bottom_right: QModelIndex | QPersistentModelIndex,
        roles: Sequence[int] = (),
    ) -> None:
        """Repaint once: an edit changes shares and bars in nearly every row."""
        del top_left, bottom_right, roles
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Set the columns anew, and keep what is selected in sight where the user has not scrolled since."""
        super().resizeEvent(event)
        got_lower = event.size().height() < event.oldSize().height()
        if self._order and got_lower and self.verticalScrollBar().value() == self._scrolled_to:
            self.bring_into_sight(self._order[-1])
        columns = columns_for(self.width())  # the scroll bar stands in the right margin, so that columns do not jump
        if columns != self.columns:
            self.columns = columns
            self.columns_changed.emit(columns)
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the block, then the layer; the fold mark folds."""
        index = self.indexAt(QPoint(1, event.position().toPoint().y()))
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return
        self._by_keyboard = False
        self.setCurrentIndex(index)
        line = self.layer_model().line(index)
        assert line is not None
        if line.is_group and event.position().x() < GROUP_INDENT and self.model().hasChildren(index):
            self.setExpanded(index, not self.isExpanded(index))
            return
        if line.is_unit and event.position().x() < NAME_INDENT:
            self._toggle_unit(index)
            return
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            rest = tuple(name for name in self._order if name != line.part)
            self.selected.emit(rest if line.part in self._selection else (*rest, line.part))
        elif modifiers & Qt.KeyboardModifier.ShiftModifier and self._order:
            self.selected.emit(self._range_to(line.part))
        elif line.is_group or not self._is_selected(line.part):
            self.selected.emit((line.part,))
        else:
            self.selected.emit((line.key,))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click on a group or a residual unit folds it."""
        index = self.indexAt(QPoint(1, event.position().toPoint().y()))
        line = self.layer_model().line(index)
        if line is not None and line.is_unit:
            self._toggle_unit(index)
        elif index.isValid() and not index.parent().isValid():
            self.setExpanded(index, not self.isExpanded(index))
        else:
            self.mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Nothing more than the press did."""
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tint the row under the pointer."""
        line = self.layer_model().line(self.indexAt(QPoint(1, event.position().toPoint().y())))
        self._hover(line.key if line else "", line.part if line else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the selection, ←/→ fold and unfold, Enter and Space select the block."""
        self._by_keyboard = True
        before = self.currentIndex()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            line = self.layer_model().line(before)
            if line is not None:
                self.selected.emit((line.part,))
            return
        held = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if event.key() not in _MOVES or held:
            event.ignore()
            return
        if not self._fold_by_key(event.key(), before):
            super().keyPressEvent(event)
        line = self.layer_model().line(self.currentIndex())
        if line is not None and self.currentIndex() != before:
            self.selected.emit((line.key,))
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus ring after keyboard use only."""
        keyboard = {
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
            Qt.FocusReason.ShortcutFocusReason,
        }
        self._by_keyboard = event.reason() in keyboard
        if not self.currentIndex().isValid():
            self.setCurrentIndex(self.model().index(0, 0))
        super().focusInEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell the exact figure under the pointer."""
        if event.type() == QEvent.Type.Leave:
            self._hover("", "")
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            line = self.layer_model().line(self.indexAt(QPoint(1, event.pos().y())))
            text = tooltip(line, self.columns.at(event.pos().x())) if line else ""
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)

    def folded_parts(self) -> set[str]:
        """The parts whose layers are hidden now."""
        model = self.layer_model()
        return {
            group.head.key
            for row, group in enumerate(model.groups)
            if group.lines and not self.isExpanded(model.index(row, 0))
        }

    def fold(self, parts: set[str]) -> None:
        """Hide the layers of `parts` and show all others."""
        model = self.layer_model()
        for row, group in enumerate(model.groups):
            self.setExpanded(model.index(row, 0), group.head.key not in parts)

    def _shown_rows(self, first: int, last: int) -> list[ShownRow]:
        """The lines from place `first` to `last` of those that are not folded away."""
        model = self.layer_model()
        ringed = model.line(self.currentIndex()) if self._by_keyboard and self.hasFocus() else None
        found: list[ShownRow] = []
        place = 0
        for row, group in enumerate(model.groups):
            if place > last:
                break
            is_open = self.isExpanded(model.index(row, 0))
            lines = (group.head, *model.lines_of(row)) if is_open else (group.head,)
            for line in lines[max(0, first - place) : last + 1 - place]:
                expanded = model.is_open(line) if line.is_unit else is_open
                state = RowState(
                    selected=self._is_lit(line),
                    hovered=line.key == self._hovered or line.part == self._outside_hover,
                    current=line is ringed,
                    expanded=expanded,
                    first=row == 0,
                )
                found.append(ShownRow(line, state))
            place += len(lines)
        return found

    def _bring_into_sight(self, index: QModelIndex) -> None:
        """Scroll so that the line is seen, and of a group as much as there is room for."""
        if index.parent().isValid() and not self.isExpanded(index.parent()):
            index = index.parent()
        count = self.model().rowCount(index)
        if count and self.isExpanded(index):
            self.scrollTo(self.model().index(count - 1, 0, index), QAbstractItemView.ScrollHint.EnsureVisible)
        self.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)
        self._scrolled_to = self.verticalScrollBar().value()

    def _range_to(self, part: str) -> tuple[str, ...]:
        parts = [group.head.key for group in self.layer_model().groups if group.head.key.startswith("block")]
        anchor = self._order[0]
        if anchor not in parts or part not in parts:
            return (part,)
        first, last = sorted((parts.index(anchor), parts.index(part)))
        chosen = parts[first : last + 1]
        return (anchor, *(name for name in chosen if name != anchor))

    def _is_lit(self, line: LayerLine) -> bool:
        """Whether the line's part or one of its layers is selected; an open unit leaves that to its layers."""
        if line.part in self._selection:
            return True
        if line.is_group:
            return False
        names = (line.key,) if line.is_unit and self.layer_model().is_open(line) else line.nodes
        return any(name in self._selection for name in names)

    def _toggle_unit(self, index: QModelIndex) -> None:
        line = self.layer_model().line(index)
        if line is not None:
            self.layer_model().set_unit_open(index, is_open=not self.layer_model().is_open(line))

    def _fold_by_key(self, key: int, index: QModelIndex) -> bool:
        """→ opens a folded unit, ← folds an open one, or goes from a layer of a unit to its line."""
        model = self.layer_model()
        line = model.line(index)
        if line is None or not line.unit or key not in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            return False
        if line.is_unit and model.is_open(line) != (key == Qt.Key.Key_Right):
            self._toggle_unit(index)
            return True
        if key == Qt.Key.Key_Left and not line.is_unit:
            above = next(row for row in range(index.row(), -1, -1) if self._unit_at(row, index))
            self.setCurrentIndex(model.index(above, 0, index.parent()))
            return True
        return key == Qt.Key.Key_Right

    def _unit_at(self, row: int, index: QModelIndex) -> bool:
        line = self.layer_model().line(self.layer_model().index(row, 0, index.parent()))
        return line is not None and line.is_unit

    def _is_selected(self, part: str) -> bool:
        nodes = {name for group in self.layer_model().groups if group.head.key == part for name in group.head.nodes}
        return bool(self._selection & (nodes | {part}))

    def _hover(self, key: str, part: str) -> None:
        if key != self._hovered:
            self._hovered = key
            self.viewport().update()
        if part != self._hovered_part:
            self._hovered_part = part
            self.hovered.emit(part)

    def _take_theme(self) -> None:
        self._painter = LayerPainter(self._theme.current)
        self.viewport().update()
