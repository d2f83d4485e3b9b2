"""What floats under a button: a frame that closes on Esc or a click elsewhere, placed inside the screen."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QWidget

from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.painting import follow, rounded


class Popup(QFrame):
    """A raised ground with a hairline; `show_under` opens it below a control, or above where there is no room."""

    def __init__(self, parent: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_WindowPropagation)
        follow(self, theme)

    def show_under(self, anchor: QWidget, *, align_right: bool = False) -> None:
        """Open below `anchor`, its left or right edge in line with it."""
        self.adjustSize()
        corner = anchor.rect().bottomRight() if align_right else anchor.rect().bottomLeft()
        place = anchor.mapToGlobal(corner + QPoint(0, 6))
        if align_right:
            place -= QPoint(self.width(), 0)
        self._open_at(place, anchor)

    def show_beside(self, anchor: QWidget) -> None:
        """Open at the right of `anchor`, its lower edge in line with it."""
        self.adjustSize()
        place = anchor.mapToGlobal(QPoint(anchor.width() + 10, anchor.height() - self.height()))
        self._open_at(place, anchor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground and hairline."""
        del event
        theme = self._theme.current
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("raised"))
        rounded(painter, QRectF(self.rect()), 1, border=theme.color("line2" if theme.is_dark else "line"))

    def _open_at(self, place: QPoint, anchor: QWidget) -> None:
        screen = anchor.screen()
        if screen is not None:
            room = screen.availableGeometry()
            place.setX(min(max(place.x(), room.left()), room.right() - self.width()))
            place.setY(min(max(place.y(), room.top()), room.bottom() - self.height()))
        self.move(place)
        self.show()
