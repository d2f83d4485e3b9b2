"""The colour tables in force, and who tells the window that they change. The colours are in `explorer.palette`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor

from explorer.palette import DARK_PALETTE, LIGHT_PALETTE, Palette


@dataclass(frozen=True, slots=True)
class Theme:
    """One table of colours by token name; tokens, layer kinds and run colours are those of the design."""

    name: str
    tokens: Mapping[str, str]
    kinds: Mapping[str, str]
    runs: tuple[str, ...]
    is_dark: bool

    def color(self, token: str) -> QColor:
        """The colour of `token` (`accent`, `soft`, `err`, ...) or of a layer kind (`conv`, `pool`, ...)."""
        return QColor(self.tokens.get(token) or self.kinds[token])

    def hex(self, token: str) -> str:
        """The same as text, for style sheets."""
        return self.tokens.get(token) or self.kinds[token]

    def run_color(self, index: int) -> QColor:
        """The colour of the run at `index`; the seventh starts again (with another dash)."""
        return QColor(self.runs[index % len(self.runs)])


def _themed(palette: Palette) -> Theme:
    return Theme(palette.name, palette.tokens, palette.kinds, palette.runs, palette.is_dark)


LIGHT = _themed(LIGHT_PALETTE)
DARK = _themed(DARK_PALETTE)


class ThemeSource(QObject):
    """The theme in force. Views read `current` when they paint and listen to `changed`."""

    changed = Signal(object)  # Theme

    def __init__(self, theme: Theme = LIGHT, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._current = theme

    @property
    def current(self) -> Theme:
        """The table to paint with now."""
        return self._current

    def set_theme(self, theme: Theme) -> None:
        """Change the table; says so only if it is another."""
        if theme is not self._current:
            self._current = theme
            self.changed.emit(theme)
