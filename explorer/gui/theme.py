"""The two colour tables, and who tells the window that they change. Nothing else knows a colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor


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


LIGHT = Theme(
    "light",
    {
        "window": "#F4F2EE",
        "rail": "#ECE9E3",
        "canvas": "#FAF9F6",
        "panel": "#FFFFFF",
        "raised": "#FFFFFF",
        "field": "#FFFFFF",
        "hover": "#F1EFEA",
        "text": "#1D1E24",
        "muted": "#5C5E67",
        "faint": "#8B8D96",
        "line": "#E3DFD7",
        "line2": "#8F8A7F",
        "accent": "#4A43C6",
        "accentFill": "#4A43C6",
        "onAccent": "#FFFFFF",
        "soft": "#ECEBFA",
        "ok": "#1A7347",
        "okSoft": "#E2F2E9",
        "warn": "#8A5600",
        "warnSoft": "#FBF0DA",
        "warnLine": "#D9A23A",
        "err": "#B3231B",
        "errSoft": "#FBE9E7",
        "errLine": "#D9574E",
        "info": "#2B5D8C",
        "infoSoft": "#E6EFF7",
    },
    {
        "conv": "#3A85B9",
        "pool": "#E8A13C",
        "norm": "#1F8A63",
        "dense": "#9C3F7A",
        "input": "#CFC9BD",
        "classes": "#3F424C",
    },
    ("#2F7FB5", "#C66F14", "#1E8F6B", "#A84A86", "#8A6D1B", "#5B5FC7"),
    is_dark=False,
)

DARK = Theme(
    "dark",
    {
        "window": "#14161B",
        "rail": "#101216",
        "canvas": "#111318",
        "panel": "#1A1D23",
        "raised": "#22262E",
        "field": "#14161B",
        "hover": "#262A33",
        "text": "#E9EAEE",
        "muted": "#A6AAB6",
        "faint": "#787D8B",
        "line": "#2B2F38",
        "line2": "#6F7584",
        "accent": "#ABA4FF",
        "accentFill": "#6258DE",
        "onAccent": "#FFFFFF",
        "soft": "#25244A",
        "ok": "#63D297",
        "okSoft": "#16301F",
        "warn": "#F0B74C",
        "warnSoft": "#352A12",
        "warnLine": "#A67A26",
        "err": "#FF8D84",
        "errSoft": "#3A1E1D",
        "errLine": "#C4574F",
        "info": "#83B9E8",
        "infoSoft": "#182A3B",
    },
    {
        "conv": "#4A94C8",
        "pool": "#F0B255",
        "norm": "#4CC79A",
        "dense": "#DB8FC2",
        "input": "#565B68",
        "classes": "#DDE0E7",
    },
    ("#5AAEE6", "#EE8A3C", "#3FBF90", "#E58FC6", "#F1E08C", "#8C84F0"),
    is_dark=True,
)


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
