"""A message across the window with at most two buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from explorer.gui.icons import draw
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.button import IconButton, TextButton
from explorer.gui.widgets.label import Label
from explorer.gui.widgets.painting import follow

BannerKind = Literal["info", "warn", "err", "ok"]
_ICONS = {"info": "info", "warn": "warning", "err": "cross-circle", "ok": "check"}


class Banner(QWidget):
    """One message: icon, sentence, up to two buttons, and a cross that dismisses it."""

    dismissed = Signal()

    def __init__(
        self,
        message: str,
        kind: BannerKind = "info",
        buttons: Sequence[tuple[str, Callable[[], object]]] = (),
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._kind = kind
        self._label = Label(message, theme=theme, size_px=13, weight=500, ink=kind, wrap=True)
        self.setAccessibleName(message)
        row = QHBoxLayout(self)
        row.setContentsMargins(44, 7, 12, 7)
        row.setSpacing(8)
        row.addWidget(self._label, 1)
        for text, action in buttons[:2]:
            button = TextButton(text, "fix", theme=theme)
            button.clicked.connect(self.dismiss)
            button.clicked.connect(lambda _checked=False, act=action: act())
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        close = IconButton("close", "Dismiss", theme=theme, size_px=14, ink="muted")
        close.clicked.connect(self.dismiss)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setMinimumHeight(42)
        follow(self, theme)

    @property
    def message(self) -> str:
        """The sentence."""
        return self._label.text()

    def dismiss(self) -> None:
        """Take the banner away."""
        self.hide()
        self.dismissed.emit()

    def retheme(self, theme: Theme) -> None:
        """Repaint in the colours of `theme`."""
        del theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, the line below and the icon."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        painter.fillRect(self.rect(), theme.color(f"{self._kind}Soft"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("line"))
        place = QRectF(18, (self.height() - 16) / 2, 16, 16)
        draw(painter, _ICONS[self._kind], theme.color(self._kind), place)
