"""RunProgress: one segment per epoch up to twelve, then one bar with ticks."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.painting import rounded

MAX_SEGMENTS = 12
_GAP = 3.0


class RunProgress(QWidget):
    """How far a run has come. `ink` is the colour of what is done."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._num_epochs = 1
        self._part = 0.0
        self._ink = "accent"
        self.setFixedHeight(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(lambda _theme: self.update())

    def set_progress(self, part: float, num_epochs: int, *, ink: str = "accent") -> None:
        """Show `part` (0 to 1) of `num_epochs` as done; repaints only if a pixel would differ."""
        num_epochs = max(1, num_epochs)
        moved = abs(part - self._part) * max(1, self.width()) >= 0.5 or part in {0.0, 1.0}
        if moved or (num_epochs, ink) != (self._num_epochs, self._ink):
            self._part, self._num_epochs, self._ink = min(1.0, max(0.0, part)), num_epochs, ink
            self.setAccessibleName(f"Progress: {100 * self._part:.0f} %")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the segments, or the bar and its ticks."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        num = self._num_epochs if self._num_epochs <= MAX_SEGMENTS else 1
        width = (self.width() - _GAP * (num - 1)) / num
        for index in range(num):
            place = QRectF(index * (width + _GAP), 0, width, self.height())
            rounded(painter, place, 3, fill=theme.color("line"))
            done = min(1.0, max(0.0, self._part * num - index))
            if done > 0:
                painter.save()
                painter.setClipRect(QRectF(place.x(), 0, done * width, self.height()))
                rounded(painter, place, 3, fill=theme.color(self._ink))
                painter.restore()
        if num == 1 and self._num_epochs > 1:
            self._paint_ticks(painter)

    def _paint_ticks(self, painter: QPainter) -> None:
        """Mark every 1, 2, 5, 10, ... epochs, as many as stand apart."""
        every = next(
            step
            for power in range(7)
            for step in (10**power, 2 * 10**power, 5 * 10**power)
            if self.width() * step / self._num_epochs >= 24
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.current.color("panel"))
        for epoch in range(every, self._num_epochs, every):
            painter.drawRect(QRectF(self.width() * epoch / self._num_epochs - 0.5, 0, 1, self.height()))
