"""The rail: the program's sign, one item a page, and the settings at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import IconButton
from explorer.gui.widgets.painting import RADIUS_CARD, follow, rounded
from explorer.resources import resource_path

RAIL_WIDTH = 64
ITEM = 52
RING = 11
Mark = Literal["none", "running", "paused", "ok", "err"]


class Rail(QWidget):
    """Emits `page_wished` with a page's key, `menu_wished` and `settings_wished`."""

    page_wished = Signal(str)
    menu_wished = Signal()
    settings_wished = Signal()

    def __init__(
        self, pages: Sequence[tuple[str, str, str]], theme: ThemeSource, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._page = ""
        self.setFixedWidth(RAIL_WIDTH)
        self.setAccessibleName("Pages")
        self.sign = _Sign(self, theme=theme)
        self.sign.clicked.connect(self.menu_wished)
        self._items = {key: _Item(label, icon, self, theme=theme) for key, label, icon in pages}
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 8, 6, 12)
        column.setSpacing(6)
        column.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(10)
        for key, item in self._items.items():
            item.clicked.connect(lambda _checked=False, key=key: self.page_wished.emit(key))
            column.addWidget(item)
        column.addStretch(1)
        self.settings_button = IconButton("settings", "Settings", theme=theme, size_px=22, ink="muted", side=40)
        self.settings_button.clicked.connect(self.settings_wished)
        column.addWidget(self.settings_button, 0, Qt.AlignmentFlag.AlignHCenter)
        follow(self, theme)

    def set_page(self, key: str) -> None:
        """Show which page is open."""
        self._page = key
        for name, item in self._items.items():
            item.set_selected(name == key)
        self.update()

    def set_tooltip(self, key: str, tooltip: str) -> None:
        """Say what the item does, with its keys."""
        self._items[key].setToolTip(tooltip)

    def set_mark(self, key: str, mark: Mark, progress: float = 0.0) -> None:
        """Show a ring of `progress` (0 to 1) while a run goes on, or a dot when one ended unseen."""
        self._items[key].set_mark(mark, progress)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground and the line at the right."""
        painter = QPainter(self)
        theme = self._theme.current
        painter.fillRect(event.rect(), theme.color("rail"))
        painter.fillRect(self.width() - 1, 0, 1, self.height(), theme.color("line"))
        item = self._items.get(self._page)
        if item is not None:
            bar = QRectF(0, item.geometry().center().y() - 12, 3, 24)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(bar, 1.5, 1.5)


class _Sign(QAbstractButton):
    """The three volumes; a click opens the menu."""

    def __init__(self, parent: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._picture = QSvgRenderer(str(resource_path("icons", "app.svg")), self)
        self.setFixedSize(44, 40)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName("Menu")
        self.setToolTip("Menu (F10)")
        follow(self, theme)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the sign, on a ground while hovered."""
        del event
        painter = QPainter(self)
        if self.underMouse() or self.isDown():
            rounded(painter, QRectF(self.rect()), RADIUS_CARD, fill=self._theme.current.color("hover"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._picture.render(painter, QRectF(4, 2, 36, 36))


class _Item(QAbstractButton):
    """A page: an icon over a label; the open one on a tile with a bar at the left."""

    def __init__(self, label: str, icon: str, parent: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon_name = icon
        self._selected = False
        self._mark: Mark = "none"
        self._progress = 0.0
        self.setText(label)
        self.setAccessibleName(label)
        self.setFixedHeight(ITEM)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        follow(self, theme)

    def set_selected(self, selected: bool) -> None:
        """Be the open page or not."""
        if selected != self._selected:
            self._selected = selected
            self.update()

    def set_mark(self, mark: Mark, progress: float) -> None:
        """Wear a ring or a dot; repaints only when it looks different."""
        if mark != self._mark or round(progress * 100) != round(self._progress * 100):
            self._mark, self._progress = mark, progress
            running = f", training, {progress:.0%}"
            spoken = {"running": running, "paused": ", paused", "ok": ", finished", "err": ", failed"}
            self.setAccessibleName(self.text() + spoken.get(mark, ""))
            self.update()

    def sizeHint(self) -> QSize:
        """The item's square."""
        return QSize(ITEM, ITEM)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint tile, icon, label and mark."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        if self._selected:
            rounded(painter, QRectF(self.rect()), RADIUS_CARD, fill=theme.color("panel"))
        elif self.underMouse():
            rounded(painter, QRectF(self.rect()), RADIUS_CARD, fill=theme.color("hover"))
        place = QRectF((self.width() - 22) / 2, 7, 22, 22)
        draw(painter, self._icon_name, theme.color("accent" if self._selected else "muted"), place)
        painter.setFont(ui_font(11, 600 if self._selected else 500))
        painter.setPen(theme.color("text" if self._selected else "muted"))
        words = QRectF(0, 30, self.width(), 17)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.text())
        self._paint_mark(painter)

    def _paint_mark(self, painter: QPainter) -> None:
        theme = self._theme.current
        place = QRectF(self.width() - RING - 3, 4, RING, RING)
        if self._mark in {"ok", "err"}:
            rounded(painter, place.adjusted(2, 2, -2, -2), 4, fill=theme.color(self._mark))
        elif self._mark in {"running", "paused"}:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ring = place.adjusted(1.5, 1.5, -1.5, -1.5)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("soft"), 3))
            painter.drawEllipse(ring)
            ink: QColor = theme.color("accent" if self._mark == "running" else "muted")
            painter.setPen(QPen(ink, 3, c=Qt.PenCapStyle.FlatCap))
            painter.drawArc(ring, 90 * 16, -round(self._progress * 360 * 16))
