"""FigureTable: rows of figures under fixed columns, painted as the design's tables are; rows may carry a tick box."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.painting import ground_panel, rounded

ROW_HEIGHT = 28
HEAD_HEIGHT = 26
_PAD = 14
_BOX = 16.0
_Index = QModelIndex | QPersistentModelIndex
_ROW_ROLE = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True, slots=True)
class FigureColumn:
    """One column. `width` is that of the text and its padding; the one that stretches takes what is left.

    In a narrow table the columns with the highest `yields` go first; 0 stays.
    """

    head: str
    width: int
    right: bool = False
    stretches: bool = False
    yields: int = 0
    tip: str = ""


@dataclass(frozen=True, slots=True)
class FigureCell:
    """One cell: a text in a colour and a weight, and before it an icon or a swatch of a colour.

    An icon has the text's colour unless `icon_ink` names another; `indent` px stand before everything.
    """

    text: str = ""
    ink: str = "text"
    weight: int = 400
    icon: str | None = None
    icon_ink: str = ""
    indent: int = 0
    swatch: str | None = None
    detail: str = ""
    tip: str = ""


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One row, known by `key`. `checked` None has no tick box; `is_strong` stands under a line of its own."""

    key: Hashable
    cells: tuple[FigureCell, ...]
    checked: bool | None = None
    is_strong: bool = False
    spoken: str = ""


class FigureTable(QTableView):
    """Rows are chosen with the mouse or ↑ ↓; Space and a click on the box tick."""

    chosen = Signal(object)  # key of the row
    ticked = Signal(object, bool)  # key, wanted state

    def __init__(
        self,
        columns: Sequence[FigureColumn],
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        name: str,
        empty: str = "",
        selectable: bool = True,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._columns = tuple(columns)
        self._empty = empty
        self._rows_model = _Rows(self._columns, self)
        self.setModel(self._rows_model)
        self.setItemDelegate(_Painter(self._columns, self, theme=theme))
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        behaviour, mode = QAbstractItemView.SelectionBehavior, QAbstractItemView.SelectionMode
        self.setSelectionBehavior(behaviour.SelectRows)
        self.setSelectionMode(mode.SingleSelection if selectable else mode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.setHorizontalHeader(_Head(self._columns, self, theme=theme))
        self.selectionModel().currentRowChanged.connect(self._tell)
        theme.changed.connect(self.retheme)
        self.retheme(theme.current)

    @property
    def rows(self) -> tuple[FigureRow, ...]:
        """What is shown."""
        return self._rows_model.rows

    @property
    def current(self) -> Hashable | None:
        """The key of the chosen row."""
        row = self.currentIndex().row()
        return self.rows[row].key if 0 <= row < len(self.rows) else None

    def set_rows(self, rows: Sequence[FigureRow]) -> None:
        """Show `rows`; the chosen one stays chosen where its key is still there. Nothing is reported."""
        current = self.current
        with QSignalBlocker(self.selectionModel()):
            self._rows_model.set_rows(rows)
        if current is not None:
            self.choose(current)
        self.viewport().update()

    def set_empty(self, sentence: str) -> None:
        """Say `sentence` where there are no rows."""
        if sentence != self._empty:
            self._empty = sentence
            self.viewport().update()

    def choose(self, key: Hashable) -> None:
        """Choose the row of `key`, without reporting it."""
        for number, row in enumerate(self.rows):
            if row.key == key:
                with QSignalBlocker(self.selectionModel()):
                    self.setCurrentIndex(self._rows_model.index(number, 0))
                self.viewport().update()

    def wanted_height(self, most_rows: int = 8) -> int:
        """The height that shows all rows, or the first `most_rows`."""
        return HEAD_HEIGHT + ROW_HEIGHT * min(max(1, len(self.rows)), most_rows) + 2

    def sizeHint(self) -> QSize:
        """The width of the columns, and a few rows."""
        return QSize(sum(column.width for column in self._columns), self.wanted_height(4))

    def retheme(self, theme: Theme) -> None:
        """Take over the ground of `theme`."""
        ground_panel(self, theme)
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a tick box ticks; elsewhere it chooses."""
        index = self.indexAt(event.position().toPoint())
        has_box = index.isValid() and index.column() == 0 and self.rows[index.row()].checked is not None
        if has_box and event.position().x() - self.visualRect(index).x() < 2 * _PAD + _BOX:
            self._tick(index.row())
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks the chosen row."""
        index = self.currentIndex()
        if event.key() == Qt.Key.Key_Space and index.isValid() and self.rows[index.row()].checked is not None:
            self._tick(index.row())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width: fixed columns, one takes the rest; in a narrow table some go."""
        super().resizeEvent(event)
        room = self.viewport().width()
        order = sorted((c for c in self._columns if c.yields), key=lambda column: -column.yields)
        shown = list(self._columns)
        while order and sum(column.width for column in shown) > room:
            shown.remove(order.pop(0))
        rest = room - sum(column.width for column in shown if not column.stretches)
        for number, column in enumerate(self._columns):
            self.setColumnHidden(number, column not in shown)
            self.setColumnWidth(number, max(column.width, rest) if column.stretches else column.width)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or the sentence of an empty table."""
        super().paintEvent(event)
        if not self.rows and self._empty:
            painter = QPainter(self.viewport())
            painter.setFont(ui_font(13, 400))
            painter.setPen(self._theme.current.color("muted"))
            place = QRectF(self.viewport().rect()).adjusted(20, 4, -20, -4)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), self._empty)

    def _tick(self, number: int) -> None:
        row = self.rows[number]
        self.ticked.emit(row.key, not row.checked)

    def _tell(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.rows[index.row()].key)


class _Rows(QAbstractTableModel):
    def __init__(self, columns: tuple[FigureColumn, ...], parent: QObject) -> None:
        super().__init__(parent)
        self._columns = columns
        self.rows: tuple[FigureRow, ...] = ()

    def set_rows(self, rows: Sequence[FigureRow]) -> None:
        if [row.key for row in rows] == [row.key for row in self.rows]:
            self.rows = tuple(rows)
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self._columns) - 1))
            return
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._columns[section].head
            if role == Qt.ItemDataRole.ToolTipRole:
                return self._columns[section].tip or None
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        cell = row.cells[index.column()] if index.column() < len(row.cells) else FigureCell()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return cell.text
            case Qt.ItemDataRole.ToolTipRole:
                return cell.tip or None
            case Qt.ItemDataRole.AccessibleTextRole:
                ticked = {None: "", True: "ticked, ", False: "not ticked, "}[row.checked]
                return f"{ticked}{row.spoken}" if index.column() == 0 and row.spoken else f"{cell.text} {cell.detail}"
            case _ if role == _ROW_ROLE:
                return row
        return None


class _Painter(QStyledItemDelegate):
    def __init__(self, columns: tuple[FigureColumn, ...], parent: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._columns = columns
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        del option, index
        return QSize(40, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row: FigureRow = index.data(_ROW_ROLE)
        theme, rect = self._theme.current, QRectF(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.color("soft"))
            if index.column() == 0:
                painter.fillRect(QRectF(rect.left(), rect.top(), 3, rect.height()), theme.color("accent"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.color("hover"))
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), theme.color("line"))
        if row.is_strong:
            painter.fillRect(QRectF(rect.left(), rect.top() - 1, rect.width(), 1), theme.color("line2"))
        column = self._columns[index.column()]
        cell = row.cells[index.column()] if index.column() < len(row.cells) else FigureCell()
        place = rect.adjusted(_PAD if index.column() == 0 else 0, 0, -_PAD, 0)
        if index.column() == 0 and row.checked is not None:
            self._paint_box(painter, place, checked=row.checked)
            place.adjust(_BOX + 9, 0, 0, 0)
        self._paint_cell(painter, place, cell, right=column.right)
        painter.restore()

    def _paint_box(self, painter: QPainter, place: QRectF, *, checked: bool) -> None:
        theme = self._theme.current
        box = QRectF(place.left(), place.center().y() - _BOX / 2, _BOX, _BOX)
        ground = theme.color("accentFill" if checked else "field")
        rounded(painter, box, 4, fill=ground, border=theme.color("accentFill" if checked else "line2"))
        if checked:
            draw(painter, "check", theme.color("onAccent"), box.adjusted(1, 1, -1, -1))

    def _paint_cell(self, painter: QPainter, place: QRectF, cell: FigureCell, *, right: bool) -> None:
        theme = self._theme.current
        place.adjust(cell.indent, 0, 0, 0)
        if cell.swatch is not None:
            box = QRectF(0, 0, 11, 11)
            box.moveCenter(QPointF(place.left() + 6, place.center().y()))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(cell.swatch), 1.2))
            painter.setBrush(QColor(cell.swatch))
            painter.drawRoundedRect(box.adjusted(0.6, 0.6, -0.6, -0.6), 3, 3)
            place.adjust(20, 0, 0, 0)
        if cell.icon is not None:
            ink = theme.color(cell.icon_ink or cell.ink)
            draw(painter, cell.icon, ink, QRectF(place.left(), place.center().y() - 7, 14, 14))
            place.adjust(20, 0, 0, 0)
        font = ui_font(12, cell.weight)
        metrics = QFontMetricsF(font)
        text = metrics.elidedText(cell.text, Qt.TextElideMode.ElideRight, place.width())
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.setFont(font)
        painter.setPen(theme.color(cell.ink))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | side, text)
        left = metrics.horizontalAdvance(text) + 8
        if cell.detail and place.width() - left > 24 and not right:
            painter.setPen(theme.color("muted"))
            painter.setFont(ui_font(12, 400))
            detail = QFontMetricsF(painter.font()).elidedText(
                cell.detail, Qt.TextElideMode.ElideRight, place.width() - left
            )
            painter.drawText(place.adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, detail)


class _Head(QHeaderView):
    def __init__(self, columns: tuple[FigureColumn, ...], parent: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._columns = columns
        self._theme = theme
        self.setFixedHeight(HEAD_HEIGHT)
        self.setSectionsClickable(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(20)
        theme.changed.connect(lambda _theme: self.viewport().update())

    def paintSection(self, painter: QPainter, rect: QRect, logical_index: int) -> None:
        """Paint one head."""
        theme, column = self._theme.current, self._columns[logical_index]
        painter.fillRect(rect, theme.color("panel"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme.color("line"))
        place = rect.adjusted(_PAD if logical_index == 0 else 0, 0, -_PAD if column.right else 0, 0)
        side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
        painter.setFont(ui_font(12, 400))
        painter.setPen(theme.color("muted"))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | side, column.head)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground behind the heads too."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self._theme.current.color("panel"))
        painter.end()
        super().paintEvent(event)
