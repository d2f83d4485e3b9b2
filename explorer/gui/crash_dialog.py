"""What is shown after a fault of ours: that the work is safe, what happened, and a text to send."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from explorer.gui.fonts import mono_font
from explorer.gui.theme import ThemeSource
from explorer.gui.versions import version_lines
from explorer.gui.widgets import Label, TextButton


class CrashDialog(QDialog):
    """Versions and traceback with Copy; the window goes on where that is possible."""

    def __init__(self, summary: str, details: str, parent: QWidget | None, *, theme: ThemeSource, saved: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle("A fault in Conv-Arch Explorer")
        self.setMinimumSize(620, 420)
        self._report = "\n".join([summary, "", *version_lines(), "", details])
        kept = "Your network is kept and comes back at the next start." if saved else "Your network could not be kept."
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(
            Label("This is a fault of the program, not of your network.", theme=theme, size_px=15, weight=600)
        )
        column.addWidget(Label(f"{kept} {summary}", theme=theme, ink="muted", wrap=True))
        text = QPlainTextEdit(self._report, self)
        text.setReadOnly(True)
        text.setFont(mono_font(12))
        text.setAccessibleName("Report")
        column.addWidget(text, 1)
        buttons = QHBoxLayout()
        self.copy = TextButton("Copy report", "plain", "copy", theme=theme)
        self.copy.clicked.connect(self._copy)
        go_on = TextButton("Go on", "primary", theme=theme)
        go_on.clicked.connect(self.accept)
        buttons.addWidget(self.copy)
        buttons.addStretch(1)
        buttons.addWidget(go_on)
        column.addLayout(buttons)
        go_on.setFocus()

    @property
    def report(self) -> str:
        """The text that Copy takes."""
        return self._report

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)
        self.copy.set_text("Copied")
