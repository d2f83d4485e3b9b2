"""What stays in place over the canvas: the zoom box, and the pill that says the picture is not the text's."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.panels.diagram.commands import key_text
from explorer.gui.panels.diagram.paints import measure
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.button import IconButton
from explorer.gui.widgets.painting import rounded

STALE = "Shows the last text that could be read"


class ZoomBox(QWidget):
    """− 100 % + and fit. A click on the figure goes to 100 %."""

    zoomed = Signal(float)  # notches, negative to zoom out
    fitted = Signal()
    reset = Signal()

    def __init__(self, theme: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        less = IconButton("minus", f"Zoom out ({key_text('zoom_out')})", self, theme=theme, ink="muted")
        more = IconButton("plus", f"Zoom in ({key_text('zoom_in')})", self, theme=theme, ink="muted")
        fit = IconButton("fit", f"Fit the network ({key_text('fit')})", self, theme=theme, ink="muted")
        self._figure = _Percent(self)
        self._figure.clicked.connect(self.reset)
        less.clicked.connect(lambda: self.zoomed.emit(-1.0))
        more.clicked.connect(lambda: self.zoomed.emit(1.0))
        fit.clicked.connect(self.fitted)
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 1, 3, 1)
        row.setSpacing(0)
        for widget in (less, self._figure, more, fit):
            row.addWidget(widget)
        self.setFixedSize(self.sizeHint())
        theme.changed.connect(self._retheme)
        self._retheme(theme.current)

    def sizeHint(self) -> QSize:
        """As wide as "100 %" and three buttons need."""
        return QSize(134, 32)

    def set_zoom(self, zoom: float) -> None:
        """Show the scale on screen."""
        text = f"{round(100 * zoom)} %"
        if text != self._figure.text():
            self._figure.setText(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the raised ground."""
        del event
        theme = self._theme.current
        rounded(QPainter(self), QRectF(self.rect()), 9, fill=theme.color("raised"), border=theme.color("line"))

    def _retheme(self, theme: Theme) -> None:
        self._figure.setStyleSheet(f"color: {theme.hex('text')}; background: transparent;")
        self.update()


class _Percent(QLabel):
    """The figure between − and +."""

    clicked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__("100 %", parent)
        self.setFont(ui_font(12, 500))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setToolTip("Show at 100 %")
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell a click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()


class StalePill(QWidget):
    """One sentence on a warning ground."""

    def __init__(self, theme: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(STALE)
        self.resize(self.sizeHint())
        theme.changed.connect(self.update)
        self.hide()

    def sizeHint(self) -> QSize:
        """Icon, sentence and padding."""
        return QSize(round(measure(STALE, 12, 500)) + 42, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pill."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        rounded(painter, QRectF(self.rect()), 13, fill=theme.color("warnSoft"))
        draw(painter, "info", theme.color("warn"), QRectF(10, 6, 14, 14))
        painter.setFont(ui_font(12, 500))
        painter.setPen(theme.color("warn"))
        place = QRectF(self.rect()).adjusted(30, 0, 0, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, STALE)
