"""The focus ring: 2 px accent, 2 px away from the control, and only after the keyboard was used."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QWidget

from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.painting import follow

_OUT = 4
_KEYS = {
    Qt.Key.Key_Tab,
    Qt.Key.Key_Backtab,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
}
_FOLLOWED = {QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Hide, QEvent.Type.Show}


class FocusRing(QWidget):
    """Lies over `window` and frames the control that has the focus.

    A control that shows its focus itself says so with the property `ownFocus`.
    """

    def __init__(self, window: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(window)
        self._theme = theme
        self._window = window
        self._target: QWidget | None = None
        self._by_keyboard = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._take_focus)
        follow(self, theme)

    def watch(self) -> None:
        """Begin to notice keys and clicks; call it once the window is shown."""
        handle = self._window.windowHandle()
        if handle is not None:
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys bring the ring, clicks take it away, and it follows its control."""
        kind = event.type()
        if watched is self._target and kind in _FOLLOWED:
            self._place()
        elif kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            self._by_keyboard = True
        elif kind == QEvent.Type.MouseButtonPress:
            self._by_keyboard = False
            self.hide()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ring."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.current.color("accent"), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 9, 9)

    def _take_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        del old
        if self._target is not None:
            self._target.removeEventFilter(self)
        self._target = None
        wanted = new is not None and self._by_keyboard and new.window() is self._window and not _shows_own(new)
        if wanted and new is not None:
            self._target = new
            new.installEventFilter(self)
        self._place()

    def _place(self) -> None:
        target = self._target
        if target is None or not target.isVisible():
            self.hide()
            return
        seen = target.visibleRegion().boundingRect()
        place = QRect(target.mapTo(self._window, QPoint(0, 0)) + seen.topLeft(), seen.size())
        self.setGeometry(place.adjusted(-_OUT, -_OUT, _OUT, _OUT).intersected(self._window.rect()))
        self.show()
        self.raise_()


def _shows_own(widget: QWidget) -> bool:
    chain: QWidget | None = widget
    for _ in range(2):
        if chain is None:
            return False
        if chain.property("ownFocus"):
            return True
        chain = chain.parentWidget()
    return False
