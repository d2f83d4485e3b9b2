"""Scrolling that moves nothing: a column whose bar lies over its margin, and a bar unseen while all is in view."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QScrollBar, QWidget

BAR_WIDTH = 10


class QuietScrollBar(QScrollBar):
    """A vertical bar that keeps its room and paints nothing while there is nothing to scroll."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar only where it can be moved."""
        if self.maximum() > self.minimum():
            super().paintEvent(event)


class ScrollColumn(QScrollArea):
    """A column of fixed content that scrolls up and down. Its content is as wide with the bar as without it.

    The bar lies over the right margin of the content, which is at least `BAR_WIDTH` wide.
    """

    def __init__(self, content: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBar(QuietScrollBar(self))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportMargins(0, 0, -BAR_WIDTH, 0)
        holder = self.verticalScrollBar().parentWidget()
        if holder is not None:
            holder.raise_()
        if content is not None:
            self.setWidget(content)
