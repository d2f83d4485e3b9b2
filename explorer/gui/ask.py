"""A question with two answers, asked only where something would be lost."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Label, TextButton


class Question(QDialog):
    """`exec` gives 1 when the action was chosen, 0 when everything stays as it is."""

    def __init__(
        self, title: str, sentence: str, action: str, stay: str, parent: QWidget, *, theme: ThemeSource
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 18)
        column.setSpacing(8)
        column.addWidget(Label(title, theme=theme, size_px=15, weight=600))
        words = Label(sentence, theme=theme, ink="muted", wrap=True)
        words.setMinimumWidth(360)
        column.addWidget(words)
        column.addSpacing(10)
        self.action_button = TextButton(action, "plain", theme=theme)
        self.stay_button = TextButton(stay, "primary", theme=theme)
        self.action_button.clicked.connect(self.accept)
        self.stay_button.clicked.connect(self.reject)
        self.stay_button.setDefault(True)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.action_button)
        row.addWidget(self.stay_button)
        column.addLayout(row)
        self.stay_button.setFocus()
