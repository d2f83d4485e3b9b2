"""Every key in one list, by menu; and what the program is made of."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from explorer.gui.actions import MENUS, ROWS, Actions
from explorer.gui.fonts import mono_font
from explorer.gui.panels.popup import Popup
from explorer.gui.theme import ThemeSource
from explorer.gui.versions import version_lines
from explorer.gui.widgets import Label

_SPOTS = {"file": (0, 0), "edit": (0, 0), "run": (0, 0), "block": (0, 1), "view": (0, 2), "help": (0, 2)}
NATIVE = QKeySequence.SequenceFormat.NativeText


class ShortcutsPopup(Popup):
    """Three columns of actions and their keys."""

    def __init__(self, actions: Actions, theme: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent, theme=theme)
        self.setAccessibleName("Keyboard shortcuts")
        columns = [QVBoxLayout() for _ in range(3)]
        grid = QGridLayout(self)
        grid.setContentsMargins(24, 20, 24, 20)
        grid.setHorizontalSpacing(36)
        for number, column in enumerate(columns):
            column.setSpacing(5)
            grid.addLayout(column, 0, number)
        for key, title in MENUS:
            self._add_menu(columns[_SPOTS[key][1]], key, title, actions)
        for column in columns:
            column.addStretch(1)

    def _add_menu(self, column: QVBoxLayout, key: str, title: str, actions: Actions) -> None:
        rows = [row for row in ROWS if row.menu == key and row.keys]
        column.addWidget(Label(title, theme=self._theme, weight=600))
        lines = QGridLayout()
        lines.setHorizontalSpacing(20)
        lines.setVerticalSpacing(3)
        for number, row in enumerate(rows):
            keys = " · ".join(shortcut.toString(NATIVE) for shortcut in actions[row.name].shortcuts())
            words = Label(row.text.removesuffix("…"), theme=self._theme, size_px=12)
            words.setFixedHeight(20)
            spelled = Label(keys, theme=self._theme, size_px=12, ink="muted")
            spelled.setFont(mono_font(11))
            lines.addWidget(words, number, 0)
            lines.addWidget(spelled, number, 1, Qt.AlignmentFlag.AlignRight)
        lines.setColumnStretch(0, 1)
        column.addLayout(lines)
        column.addSpacing(10)


class AboutPopup(Popup):
    """Name, purpose, versions, licences."""

    def __init__(self, theme: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent, theme=theme)
        self.setAccessibleName("About Conv-Arch Explorer")
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 24, 28, 22)
        column.setSpacing(6)
        column.addWidget(Label("Conv-Arch Explorer", theme=theme, size_px=15, weight=600))
        column.addWidget(Label("Compose VGG-style networks, understand them, train them.", theme=theme, ink="muted"))
        column.addSpacing(8)
        versions = Label("\n".join(version_lines()), theme=theme, size_px=12, ink="muted")
        versions.setFont(mono_font(11))
        versions.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(versions)
        column.addSpacing(8)
        fonts = "Inter and JetBrains Mono are set under the SIL Open Font License 1.1."
        column.addWidget(Label(fonts, theme=theme, size_px=12, ink="muted"))


def show_centred(popup: Popup, window: QWidget) -> None:
    """Open `popup` in the middle of `window`."""
    popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    popup.adjustSize()
    middle = window.mapToGlobal(window.rect().center())
    popup.move(middle - QPoint(popup.width() // 2, popup.height() // 2))
    popup.show()
