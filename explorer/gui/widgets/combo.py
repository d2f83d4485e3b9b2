"""A closed list of choices, styled as a field."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QFontMetrics, QPainter, QPaintEvent, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.painting import FIELD_HEIGHT, RADIUS_FIELD, field_border, follow, rounded

_DETAIL = Qt.ItemDataRole.UserRole + 1
_ITEM_HEIGHT = 30
_LEFT, _RIGHT, _GAP = 11, 24, 7  # before the label, from the chevron on, between label and detail
_LEAST_DETAIL = 30


class Combo(QComboBox):
    """Choices `(value, label)` or `(value, label, detail)`; `edited` tells the value that is wanted.

    `set_value(None)` shows "mixed". The detail stands in muted beside the label. A choice can be disabled
    with a reason.
    """

    edited = Signal(object)

    def __init__(
        self,
        choices: Sequence[tuple[Hashable, str] | tuple[Hashable, str, str]] = (),
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        name: str,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._reasons: dict[Hashable, str] = {}
        self.setAccessibleName(name)
        self.setProperty("ownFocus", "yes")
        self.setFont(ui_font(13, 500))
        self.setFixedHeight(FIELD_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaxVisibleItems(14)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setItemDelegate(_Items(self, theme=theme))
        self.set_choices(choices)
        self.activated.connect(self._report)
        follow(self, theme)

    def value(self) -> object | None:
        """The chosen value; None while "mixed"."""
        return self.currentData() if self.currentIndex() >= 0 else None

    def set_value(self, value: Hashable | None) -> None:
        """Show `value` without reporting an edit."""
        if value is not None and value == self.value():
            return
        index = -1 if value is None else next((i for i in range(self.count()) if self.itemData(i) == value), -1)
        if index != self.currentIndex():
            self.setCurrentIndex(index)

    def set_choices(self, choices: Sequence[tuple[Hashable, str] | tuple[Hashable, str, str]]) -> None:
        """Offer other choices; the chosen value stays if it is among them."""
        value = self.currentData()
        self.clear()
        self._reasons.clear()
        for choice in choices:
            self.addItem(choice[1], choice[0])
            if len(choice) == 3:
                self.setItemData(self.count() - 1, choice[2], _DETAIL)
        self.setCurrentIndex(-1)
        self.set_value(value)

    def set_reason(self, value: Hashable, reason: str) -> None:
        """Disable the choice `value` and say why on hover; an empty reason enables it again."""
        if reason == self._reasons.get(value, ""):
            return
        self._reasons[value] = reason
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        for index in range(self.count()):
            if self.itemData(index) == value:
                model.item(index).setEnabled(not reason)
                self.setItemData(index, reason or None, Qt.ItemDataRole.ToolTipRole)

    def set_detail(self, value: Hashable, detail: str) -> None:
        """Show `detail` beside the choice `value`."""
        for index in range(self.count()):
            if self.itemData(index) == value:
                self.setItemData(index, detail, _DETAIL)
        self.update()

    def sizeHint(self) -> QSize:
        """The longest label, padding and the chevron."""
        metrics = QFontMetrics(self.font())
        widest = max((metrics.horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=60)
        return QSize(widest + 46, FIELD_HEIGHT)

    @property
    def is_cut(self) -> bool:
        """Whether the chosen label or its detail has too little room to be shown whole."""
        return self._fitted(*self._words())[:2] != self._words()

    def minimumSizeHint(self) -> QSize:
        """The chevron and a few letters."""
        return QSize(72, FIELD_HEIGHT)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page: whoever scrolls past changes no data set. Keys and the list choose."""
        event.ignore()

    def showPopup(self) -> None:
        """Open the list wide enough for its labels and details."""
        label, detail = QFontMetrics(self.font()), QFontMetrics(ui_font(12))
        widths = [
            label.horizontalAdvance(self.itemText(i)) + detail.horizontalAdvance(self.itemData(i, _DETAIL) or "") + 52
            for i in range(self.count())
        ]
        self.view().setMinimumWidth(max([self.width(), *widths]))
        super().showPopup()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Repaint with focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Repaint without focus."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, the chosen label, its detail and the chevron."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        border, width = field_border(theme, focused=self.hasFocus(), failed=False, enabled=self.isEnabled())
        hovered = self.underMouse() and self.isEnabled()
        ground = theme.color("hover" if hovered and theme.is_dark else "field")
        rounded(painter, QRectF(self.rect()), RADIUS_FIELD, fill=ground, border=border, width=width)
        text, detail = self._words()
        painter.setFont(self.font())
        painter.setPen(theme.color("text" if self.isEnabled() and self.currentIndex() >= 0 else "muted"))
        label, detail, font = self._fitted(text, detail)
        vertical = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(_LEFT, 0, self.width() - _LEFT, self.height()), vertical, label)
        if detail:
            used = QFontMetrics(self.font()).horizontalAdvance(label) + _GAP
            painter.setFont(font)
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(_LEFT + used, 0, self.width() - _LEFT - used, self.height()), vertical, detail)
        draw(painter, "chevron-down", theme.color("muted"), QRectF(self.width() - 25, (self.height() - 14) / 2, 14, 14))

    def _words(self) -> tuple[str, str]:
        """The chosen label and its detail, whole."""
        if self.currentIndex() < 0:
            return "mixed", ""
        return self.currentText(), str(self.itemData(self.currentIndex(), _DETAIL) or "")

    def _fitted(self, text: str, detail: str) -> tuple[str, str, QFont]:
        """As much of both as has room, and the detail's font: 12 px, or 11 px where only that is whole."""
        metrics, font = QFontMetrics(self.font()), ui_font(12)
        room = self.width() - _LEFT - _RIGHT
        label = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        left = room - metrics.horizontalAdvance(label) - _GAP
        if not detail or left <= _LEAST_DETAIL:
            return label, "", font
        if QFontMetrics(font).horizontalAdvance(detail) > left:
            font = ui_font(11)
        return label, QFontMetrics(font).elidedText(detail, Qt.TextElideMode.ElideRight, left), font

    def _report(self, index: int) -> None:
        self.edited.emit(self.itemData(index))


class _Items(QStyledItemDelegate):
    """Rows of one height: a label, and its detail in muted at the right."""

    def __init__(self, parent: QComboBox, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del index
        return QSize(option.rect.width(), _ITEM_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = self._theme.current
        place = QRectF(option.rect).adjusted(4, 1, -4, -1)
        if option.state & QStyle.StateFlag.State_Selected:
            rounded(painter, place, RADIUS_FIELD - 1, fill=theme.color("soft"))
        inner = place.adjusted(8, 0, -8, 0)
        detail = str(index.data(_DETAIL) or "")
        painter.setFont(ui_font(12))
        painter.setPen(theme.color("muted"))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, detail)
        enabled = bool(option.state & QStyle.StateFlag.State_Enabled)
        painter.setFont(ui_font(13, 500))
        painter.setPen(theme.color("text" if enabled else "faint"))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, str(index.data() or ""))
