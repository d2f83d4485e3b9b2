"""One total of the header: a caption over a figure."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.models.header_totals import Total
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.painting import follow
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
        """Paint hairline, caption, figure and condition."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        painter.fillRect(0, 0, 1, self.height(), theme.color("line"))
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setFont(ui_font(11, 500))
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(_LEFT, 1, self.width() - _LEFT, 17), align, self._total.caption)
        strong = ui_font(15, 600)
        painter.setFont(strong)
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(_LEFT, 18, self.width() - _LEFT, 22), align, self._total.value)
        if self._total.note:
            used = QFontMetrics(strong).horizontalAdvance(self._total.value) + _GAP
            painter.setFont(ui_font(11, 500))
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(_LEFT + used, 19, self.width(), 22), align, self._total.note)

    def _needed(self) -> int:
        small, strong = QFontMetrics(ui_font(11, 500)), QFontMetrics(ui_font(15, 600))
        figure = strong.horizontalAdvance(self._total.value)
        if self._total.note:
            figure += _GAP + small.horizontalAdvance(self._total.note)
        content = max(figure, small.horizontalAdvance(self._total.caption))
        return _LEFT + -(-content // _STEP) * _STEP + _RIGHT - _STEP // 2
