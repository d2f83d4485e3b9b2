"""A splitter whose line is one pixel, is grabbed within five, and moves with the arrow keys."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle, QWidget

from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.painting import follow

KEY_STEP_PX = 16


class Splitter(QSplitter):
    """Two areas and a line between them; `name` is spoken for the line."""

    resized = Signal()

    def __init__(
        self, orientation: Qt.Orientation, parent: QWidget | None = None, *, theme: ThemeSource, name: str
    ) -> None:
        self._theme = theme
        self._name = name
        super().__init__(orientation, parent)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say that there is another room to part."""
        super().resizeEvent(event)
        self.resized.emit()

    def createHandle(self) -> QSplitterHandle:
        """The line."""
        return _Handle(self.orientation(), self, theme=self._theme, name=self._name)

    def move_line(self, handle: QSplitterHandle, step_px: int) -> None:
        """Move the line of `handle` by `step_px`."""
        index = self.indexOf(handle)
        place = handle.x() if self.orientation() == Qt.Orientation.Horizontal else handle.y()
        margins = handle.contentsMargins()
        offset = margins.left() if self.orientation() == Qt.Orientation.Horizontal else margins.top()
        self.moveSplitter(place + offset + step_px, index)
        self.splitterMoved.emit(place + offset + step_px, index)


class _Handle(QSplitterHandle):
    """The line: accent while it is hovered, dragged or focused."""

    def __init__(self, orientation: Qt.Orientation, parent: Splitter, *, theme: ThemeSource, name: str) -> None:
        super().__init__(orientation, parent)
        self._owner = parent
        self._theme = theme
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        self.setProperty("ownFocus", "yes")
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        follow(self, theme)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys along the splitter's direction move the line."""
        horizontal = self.orientation() == Qt.Orientation.Horizontal
        back, forth = (Qt.Key.Key_Left, Qt.Key.Key_Right) if horizontal else (Qt.Key.Key_Up, Qt.Key.Key_Down)
        if event.key() in {back, forth}:
            self._owner.move_line(self, KEY_STEP_PX if event.key() == forth else -KEY_STEP_PX)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line."""
        del event
        active = self.hasFocus() or self.underMouse()
        QPainter(self).fillRect(self.contentsRect(), self._theme.current.color("accent" if active else "line"))
