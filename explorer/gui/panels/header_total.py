"""One total of the header: a caption over a figure."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.gui.models.header_totals import Total
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.painting import follow
from explorer.gui.widgets.words import Words, draw_words, words
from explorer.units import NONE

_LEFT, _RIGHT, _GAP, _STEP = 15, 22, 6, 8


class TotalView(QWidget):
    """A hairline, the caption in muted, the figure in strong and its condition beside it.

    The width grows in steps and stays while the network is broken, so that no figure moves while one types.
    """

    def __init__(self, parent: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._total = Total("", "", "", "")
        self._width = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(42)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        follow(self, theme)

    def set_total(self, total: Total) -> None:
        """Show `total`."""
        if total == self._total:
            return
        self._total = total
        self.setToolTip(total.tip)
        self.setAccessibleName(f"{total.caption}: {total.value} {total.note}".strip())
        if total.value != NONE or not self._width:
            needed = self._needed()
            if needed != self._width:  # a new layout reaches the whole window
                self._width = needed
                self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """The width of the figure that was last known."""
        return QSize(self._width, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, hairline, caption, figure and condition."""
        painter = QPainter(self)
        theme = self._theme.current
        painter.fillRect(event.rect(), theme.color("panel"))
        muted = theme.color("muted")
        painter.fillRect(0, 0, 1, self.height(), theme.color("line"))
        caption, value, note = self._words()
        draw_words(painter, caption, muted, _LEFT, 1, 17)
        draw_words(painter, value, theme.color("text"), _LEFT, 18, 22)
        if self._total.note:
            draw_words(painter, note, muted, _LEFT + value.width + _GAP, 19, 22)

    def _needed(self) -> int:
        caption, value, note = self._words()
        figure = value.width + (_GAP + note.width if self._total.note else 0)
        content = max(figure, caption.width)
        return _LEFT + -(-content // _STEP) * _STEP + _RIGHT - _STEP // 2

    def _words(self) -> tuple[Words, Words, Words]:
        """Caption, figure and condition."""
        total = self._total
        return words(total.caption, 11, 500), words(total.value, 15, 600), words(total.note, 11, 500)
