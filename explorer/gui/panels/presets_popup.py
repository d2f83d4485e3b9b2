"""The presets: a searched, grouped list with each network's figures. Type to filter, ↑ ↓ to choose, Enter to take."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from explorer.gui.fonts import mono_font, ui_font
from explorer.gui.models.item_list import ITEM_ROLE, Index, ItemList
from explorer.gui.models.preset_rows import PresetRow, likeliest, preset_rows
from explorer.gui.panels.popup import Popup
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Field, Label

_ROW, _HEAD = 46, 28
_WIDTH, _HEIGHT = 560, 520
_MOVES = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -6,
    Qt.Key.Key_PageDown: 6,
}


class PresetsPopup(Popup):
    """Emits `chosen` with the preset that the user took."""

    chosen = Signal(object)  # Preset

    def __init__(self, theme: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent, theme=theme)
        self.setAccessibleName("Presets")
        self._model: ItemList[PresetRow] = ItemList(
            self,
            texts={Qt.ItemDataRole.DisplayRole: lambda row: row.title, Qt.ItemDataRole.AccessibleTextRole: _spoken},
            can_choose=lambda row: row.preset is not None,
        )
        self._search = Field(theme=theme, name="Search presets", placeholder="Search presets", icon="search")
        self._search.edited.connect(self.set_query)
        self._search.line.installEventFilter(self)
        self._list = QListView(self)
        self._list.setModel(self._model)
        self._list.setItemDelegate(_PresetPainter(self._list, theme=theme))
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setMouseTracking(True)
        self._list.setAccessibleName("Presets")
        self._list.entered.connect(self._hover)
        self._list.clicked.connect(self._take)
        self._empty = Label("No preset has these words. Esc closes.", theme=theme, size_px=12, ink="muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self._search)
        column.addWidget(self._list, 1)
        column.addWidget(self._empty, 1)
        self.setFixedSize(_WIDTH, _HEIGHT)

    def open_under(self, anchor: QWidget) -> None:
        """Open below `anchor` with an empty search and the first preset chosen."""
        self._search.set_text("")
        self.set_query("")
        self.show_under(anchor, align_right=True)
        self._list.scrollToTop()
        self._search.setFocus(Qt.FocusReason.PopupFocusReason)

    def set_query(self, query: str) -> None:
        """Show the presets that hold all words of `query`."""
        self._model.set_items(preset_rows(query))
        self._list.setVisible(bool(self._model.items))
        self._empty.setVisible(not self._model.items)
        self._choose(likeliest(self._model.items, query))

    def rows(self) -> tuple[PresetRow, ...]:
        """What is listed now."""
        return self._model.items

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys move in the list while the caret stays in the search; Enter takes."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in _MOVES:
                self._move(_MOVES[Qt.Key(event.key())])
                return True
            if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                self._take(self._list.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _move(self, step: int) -> None:
        rows = self._model.items
        places = [index for index, row in enumerate(rows) if row.preset is not None]
        if not places:
            return
        current = self._list.currentIndex().row()
        at = places.index(current) if current in places else 0
        self._choose(places[min(max(at + step, 0), len(places) - 1)])

    def _choose(self, row: int) -> None:
        if row >= 0:
            index = self._model.index(row, 0)
            self._list.setCurrentIndex(index)
            if self._model.items[max(0, row - 1)].preset is None:
                self._list.scrollTo(self._model.index(row - 1, 0))
            self._list.scrollTo(index)

    def _hover(self, index: QModelIndex) -> None:
        if index.flags() & Qt.ItemFlag.ItemIsSelectable:
            self._list.setCurrentIndex(index)

    def _take(self, index: QModelIndex) -> None:
        rows = self._model.items
        preset = rows[index.row()].preset if 0 <= index.row() < len(rows) else None
        if preset is not None:
            self.close()
            self.chosen.emit(preset)


def _spoken(row: PresetRow) -> str | None:
    return f"{row.title}, {row.params} parameters, {row.macs} MACs" if row.preset is not None else None


class _PresetPainter(QStyledItemDelegate):
    """A heading, or two lines: name and figures over the blocks in mono."""

    def __init__(self, parent: QListView, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row: PresetRow = index.data(ITEM_ROLE)
        return QSize(option.rect.width(), _ROW if row.preset is not None else _HEAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: PresetRow = index.data(ITEM_ROLE)
        place = QRectF(option.rect).adjusted(10, 0, -12, 0)
        painter.save()
        if row.preset is None:
            self._line(painter, place.adjusted(0, 6, 0, 0), row.title, ui_font(11, 600), "muted")
        else:
            if option.state & QStyle.StateFlag.State_Selected:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._theme.current.color("soft"))
                painter.drawRoundedRect(QRectF(option.rect).adjusted(1, 1, -3, -1), 6, 6)
            self._paint_preset(painter, place, row)
        painter.restore()

    def _paint_preset(self, painter: QPainter, place: QRectF, row: PresetRow) -> None:
        upper = QRectF(place.x(), place.y() + 5, place.width(), 19)
        lower = QRectF(place.x(), place.y() + 24, place.width(), 17)
        figures = 236.0
        strong = ui_font(13, 600)
        title = QFontMetrics(strong).elidedText(row.title, Qt.TextElideMode.ElideRight, int(place.width() - figures))
        self._line(painter, upper, title, strong, "text")
        room = int(place.width() - QFontMetrics(ui_font(11, 500)).horizontalAdvance(row.picture) - 12)
        arch = QFontMetrics(mono_font(11)).elidedText(row.arch, Qt.TextElideMode.ElideRight, room)
        self._line(painter, lower, arch, mono_font(11), "muted")
        right = place.right()
        for text, unit, width in ((row.macs, "MACs", 112.0), (row.params, "param.", 112.0)):
            cell = QRectF(right - width, upper.y(), width, upper.height())
            unit_width = QFontMetrics(ui_font(11, 500)).horizontalAdvance(unit)
            self._line(painter, cell, unit, ui_font(11, 500), "muted", right=True)
            self._line(painter, cell.adjusted(0, 0, -unit_width - 4, 0), text, ui_font(12, 600), "text", right=True)
            right -= width
        self._line(painter, lower, row.picture, ui_font(11, 500), "muted", right=True)

    def _line(self, painter: QPainter, place: QRectF, text: str, font: QFont, ink: str, *, right: bool = False) -> None:
        painter.setFont(font)
        painter.setPen(self._theme.current.color(ink))
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | side, text)
