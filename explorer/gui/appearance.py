"""Which theme is in force: the system's, or the one that the user chose."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication

from explorer.gui.style import apply_palette, apply_style
from explorer.gui.theme import DARK, LIGHT, Theme, ThemeSource

_CHOSEN = {"light": LIGHT, "dark": DARK}


class Appearance(QObject):
    """Keeps the application's style and `theme` in step with the choice and with the system.

    With `finish_later` the style sheet waits for `finish`: every widget that is put into a window is polished again
    while a sheet is in force, which is a third of the time until the first frame.
    """

    def __init__(self, application: QApplication, choice: str, *, finish_later: bool = False) -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        self.theme = ThemeSource(self._wanted(), self)
        apply_palette(application, self.theme.current)
        if not finish_later:
            self.finish()
        application.styleHints().colorSchemeChanged.connect(self._refresh)

    def finish(self) -> None:
        """Put the style sheet in force."""
        apply_style(self._application, self.theme.current)

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
