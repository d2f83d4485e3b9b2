"""A state in a word: an icon and a text on the state's soft ground."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.painting import RADIUS_CHIP, blend, follow, rounded
from explorer.gui.widgets.words import draw_words, words

ChipKind = Literal["ok", "warn", "err", "info", "muted", "accent"]
CHIP_HEIGHT = 22
_ICONS: dict[str, str | None] = {
    "ok": "check",
    "warn": "warning",
    "err": "cross-circle",
    "info": "info",
    "muted": None,
    "accent": None,
}
_GROUNDS = {
    "ok": "okSoft",
    "warn": "warnSoft",
    "err": "errSoft",
    "info": "infoSoft",
    "muted": "hover",
    "accent": "soft",
}


class Chip(QAbstractButton):
    """A state in colour, icon and word. It takes clicks and focus only after `set_clickable(True)`."""

    def __init__(
        self,
        kind: ChipKind = "ok",
        text: str = "",
        icon: str | None = None,
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._kind: ChipKind = kind
        self._icon_name: str | None = None
        self.setFont(ui_font(12, 600))
        self.setFixedHeight(CHIP_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._clickable = False
        self._state: tuple[ChipKind, str, str | None] | None = None
        self.set_state(kind, text, icon)
        follow(self, theme)

    def set_state(self, kind: ChipKind, text: str, icon: str | None = None) -> None:
        """Show another state; without `icon` the kind's own."""
        wanted = (kind, text, icon or _ICONS[kind])
        if wanted == self._state:
            return
        self._state = wanted
        self._kind, _, self._icon_name = wanted
        self.setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def set_clickable(self, clickable: bool) -> None:
        """Take clicks and focus, or be a mere sign."""
        if clickable == self._clickable:
            return
        self._clickable = clickable
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if clickable else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if clickable else Qt.CursorShape.ArrowCursor)

    def sizeHint(self) -> QSize:
        """Icon, text and padding."""
        width = words(self.text(), 12, 600).width + 20
        return QSize(width + (19 if self._icon_name else 0), CHIP_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """The same as the size hint."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, the icon and the text."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        ink = theme.color(self._kind)
        ground = theme.color(_GROUNDS[self._kind])
        if self._clickable and self.underMouse():
            ground = blend(ground, ink, 0.12)
        rounded(painter, QRectF(self.rect()), RADIUS_CHIP, fill=ground)
        x = 10.0
        if self._icon_name:
            draw(painter, self._icon_name, ink, QRectF(8, 4, 14, 14))
            x = 27.0
        draw_words(painter, words(self.text(), 12, 600), ink, x, 0, self.height())
