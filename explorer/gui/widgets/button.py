"""Buttons: with words (primary, plain, quiet, link, fix) and with an icon alone."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QToolButton, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw, pixmap
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.painting import FIELD_HEIGHT, FIX_HEIGHT, ICON_BUTTON, blend, follow, rounded
from explorer.gui.widgets.words import Words, draw_words, elided_words, words

_HEIGHT = {"primary": FIELD_HEIGHT, "plain": FIELD_HEIGHT, "quiet": 28, "link": 24, "fix": FIX_HEIGHT, "note": 24}
_SIZE_PX = {"primary": 13, "plain": 13, "quiet": 13, "link": 12, "fix": 12, "note": 12}
_PADDING = {"primary": 14, "plain": 13, "quiet": 8, "link": 2, "fix": 10, "note": 4}
_MIN_WIDTH = {"primary": 72, "plain": 72, "quiet": 0, "link": 0, "fix": 44, "note": 0}
_WEIGHT = {"note": 400}
_SMALL_ICON = {"fix": 14, "link": 14, "note": 12}


class TextButton(QPushButton):
    """A button with words, and an icon before them where one is named.

    Roles: `primary` (filled, one per view), `plain` (bordered), `quiet` (no border until hovered), `link` (accent
    words), `fix` (26 high, in cards and bars), `note` (muted words, the icon after them). `set_icon_only` hides the
    words; the tooltip then says them.
    """

    def __init__(
        self,
        text: str,
        role: str = "plain",
        icon: str | None = None,
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        tooltip: str = "",
    ) -> None:
        super().__init__(text, parent)
        self._theme = theme
        self._role = role
        self._icon_name = icon
        self._icon_only = False
        self._tooltip = tooltip
        self.setProperty("role", role)
        self.setFont(ui_font(*self._face()))
        self.setFixedHeight(_HEIGHT[role])
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tooltip)
        self.setAccessibleName(text)
        if icon is not None:
            pixmap(icon, QColor("black"))  # a wrong name is found here, not while painting
        follow(self, theme)

    def set_text(self, text: str) -> None:
        """Show other words."""
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def set_icon(self, name: str | None) -> None:
        """Show another icon."""
        if name == self._icon_name:
            return
        self._icon_name = name
        self.updateGeometry()
        self.update()

    def set_role(self, role: str) -> None:
        """Take another role of the same height."""
        if role == self._role:
            return
        self._role = role
        self.setProperty("role", role)
        self.updateGeometry()
        self.update()

    def let_elide(self, least_width: int) -> None:
        """Let the words be cut down to `least_width` where there is no room; without this they never are."""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(least_width)

    def set_icon_only(self, icon_only: bool) -> None:
        """Show the icon alone, or the words again."""
        if icon_only != self._icon_only:
            self._icon_only = icon_only
            self.setToolTip(self._tooltip or (self.text() if icon_only else ""))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Icon, gap, words and padding."""
        if self._icon_only:
            return QSize(self.height(), self.height())
        width = 2 * _PADDING[self._role] + self._words().width
        width += self._icon_px() + 6 if self._icon_name else 0
        return QSize(max(width, _MIN_WIDTH[self._role]), self.height())

    def minimumSizeHint(self) -> QSize:
        """The same as the size hint: words are not cut."""
        return self.sizeHint()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the hover."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the hover back."""
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, icon and words in the state."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        ink = self._paint_ground(painter, theme)
        icon_px = self._icon_px() if self._icon_name else 0
        gap = 6 if self._icon_name else 0
        room = self.width() - 2 * _PADDING[self._role] - icon_px - gap
        text_width = 0 if self._icon_only else min(self._words().width, max(0, room))
        gap = gap if text_width else 0
        x = (self.width() - icon_px - gap - text_width) / 2
        if self._role == "note":  # the sign of a menu stands after its words
            draw(painter, self._icon_name or "more", ink, QRectF(x + text_width + 2, (self.height() - 12) / 2, 12, 12))
            icon_px = gap = 0
        elif self._icon_name:
            draw(painter, self._icon_name, ink, QRectF(x, (self.height() - icon_px) / 2, icon_px, icon_px))
        if text_width:
            left = x + icon_px + gap
            room = min(int(self.width() - left), text_width) + 1
            shown = elided_words(self.text(), *self._face(), room)
            draw_words(painter, shown, ink, max(2.0, left), 0, self.height())

    def _face(self) -> tuple[int, int]:
        """Size and weight of the words."""
        return _SIZE_PX[self._role], _WEIGHT.get(self._role, 600)

    def _words(self) -> Words:
        return words(self.text(), *self._face())

    def _icon_px(self) -> int:
        return _SMALL_ICON.get(self._role, 16)

    def _paint_ground(self, painter: QPainter, theme: Theme) -> QColor:
        """Paint the ground; give the colour of the words."""
        rect = QRectF(self.rect())
        hovered = self.underMouse() and self.isEnabled()
        pressed = self.isDown() or self.isChecked()
        if self._role == "primary":
            if not self.isEnabled():
                rounded(painter, rect, 6, fill=theme.color("hover"), border=theme.color("line"))
                return theme.color("faint")
            shade = 0.18 if pressed else 0.09 if hovered else 0.0
            rounded(painter, rect, 6, fill=blend(theme.color("accentFill"), QColor("black"), shade))
            return theme.color("onAccent")
        if self._role in {"plain", "fix"}:
            ground = theme.color("soft" if pressed else "hover" if hovered else "raised")
            border = theme.color("line2" if self._role == "fix" and self.isEnabled() else "line")
            rounded(painter, rect, 6, fill=ground, border=border)
        elif hovered or pressed:
            rounded(painter, rect, 6, fill=theme.color("soft" if pressed else "hover"))
        if not self.isEnabled():
            return theme.color("faint")
        if self._role == "note" and not hovered:
            return theme.color("muted")
        return theme.color("accent" if self._role == "link" or (pressed and self.isCheckable()) else "text")


class IconButton(QToolButton):
    """A 28 × 28 button with an icon alone; its tooltip is its name for screen readers as well."""

    def __init__(
        self,
        icon: str,
        tooltip: str,
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        size_px: int = 16,
        ink: str = "text",
        side: int = ICON_BUTTON,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon_name = icon
        self._size_px = size_px
        self._ink = ink
        self.setFixedSize(side, side)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_tooltip(tooltip)
        pixmap(icon, QColor("black"))
        follow(self, theme)

    def set_tooltip(self, tooltip: str) -> None:
        """Say what the button does."""
        if tooltip == self.toolTip():
            return
        self.setToolTip(tooltip)
        self.setAccessibleName(tooltip)

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        if name != self._icon_name:
            self._icon_name = name
            self.update()

    def set_ink(self, ink: str) -> None:
        """Show the icon in the colour of another token."""
        if ink != self._ink:
            self._ink = ink
            self.update()

    def sizeHint(self) -> QSize:
        """The fixed size."""
        return self.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the hover ground and the icon."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        pressed = self.isDown() or self.isChecked()
        if pressed or (self.underMouse() and self.isEnabled()):
            rounded(painter, QRectF(self.rect()), 6, fill=theme.color("soft" if pressed else "hover"))
        token = "faint" if not self.isEnabled() else "accent" if self.isChecked() else self._ink
        place = QRectF(0, 0, self._size_px, self._size_px)
        place.moveCenter(QRectF(self.rect()).center())
        draw(painter, self._icon_name, theme.color(token), place)
