"""Which theme is in force: the system's, or the one that the user chose."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication

from explorer.gui.style import apply_style
from explorer.gui.theme import DARK, LIGHT, Theme, ThemeSource

_CHOSEN = {"light": LIGHT, "dark": DARK}


class Appearance(QObject):
    """Keeps the application's style and `theme` in step with the choice and with the system."""

    def __init__(self, application: QApplication, choice: str) -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        self.theme = ThemeSource(self._wanted(), self)
        apply_style(application, self.theme.current)
        application.styleHints().colorSchemeChanged.connect(self._refresh)

    def choose(self, choice: str) -> None:
        """Follow the `system`, or be `light` or `dark`."""
        self._choice = choice
        self._refresh()

    def _wanted(self) -> Theme:
        system_dark = self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return _CHOSEN.get(self._choice) or (DARK if system_dark else LIGHT)

    def _refresh(self) -> None:
        wanted = self._wanted()
        if wanted is not self.theme.current:
            apply_style(self._application, wanted)
            self.theme.set_theme(wanted)
