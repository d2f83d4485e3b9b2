"""InspectBar: the run that is inspected, what goes on, and the button that begins or ends it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.gui.models.runs_model import STATUS_LOOKS, RunRow
from explorer.gui.panels.run_bar import RUN_BAR_HEIGHT
from explorer.gui.panels.run_progress import RunProgress
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Chip, ElidedLabel, TextButton
from explorer.gui.widgets.chip import ChipKind
from explorer.gui.widgets.painting import follow, rounded
from explorer.runs.record import RunRecord

_KINDS: dict[str, ChipKind] = {"ok": "ok", "warn": "warn", "err": "err", "muted": "muted", "accent": "accent"}


class InspectBar(QWidget):
    """`start_wished` and `cancel_wished` tell what was pressed; the button keeps its place."""

    start_wished = Signal()
    cancel_wished = Signal()

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._color_index = 0
        self._is_busy = False
        self.setFixedHeight(RUN_BAR_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Test")
        self.name = ElidedLabel(theme=theme, size_px=15, weight=600)
        self.chip = Chip(theme=theme)
        self.facts = ElidedLabel(theme=theme, size_px=12, ink="muted")
        self.button = TextButton("Start test", "primary", "play", theme=theme)
        self.button.setFixedWidth(124)
        self.button.clicked.connect(self._press)
        self.progress = RunProgress(theme=theme)
        self.line = ElidedLabel(theme=theme, size_px=13, weight=500)
        top = QHBoxLayout()
        top.setContentsMargins(19, 0, 0, 0)
        top.setSpacing(10)
        top.addWidget(self.name)
        top.addWidget(self.chip)
        top.addWidget(self.facts, 1)
        top.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 16, 10)
        column.setSpacing(0)
        column.addLayout(top)
        column.addSpacing(10)
        column.addWidget(self.progress)
        column.addSpacing(6)
        column.addWidget(self.line)
        follow(self, theme)

    def set_run(self, run: RunRecord) -> None:
        """Show which run is inspected."""
        row = RunRow(run, is_shown=False)
        look = STATUS_LOOKS[row.status]
        self._color_index = run.color_index
        self.name.set_text(run.name)
        self.chip.set_state(_KINDS[look.ink], look.word, look.icon)
        self.facts.set_text(f"seed {run.seed} · {row.data_text}")
        self.update()

    def set_state(self, *, busy: bool, obstacle: str = "", label: str = "Start test") -> None:
        """Let the button start, or cancel what goes on; `obstacle` says why nothing can be started."""
        self._is_busy = busy
        self.button.set_text("Cancel" if busy else label)
        self.button.set_icon("close" if busy else "play")
        self.button.set_role("plain" if busy else "primary")
        self.button.setEnabled(busy or not obstacle)
        self.button.setToolTip("" if busy else obstacle)

    def set_line(self, sentence: str, *, ink: str = "text") -> None:
        """Say what goes on, or what would."""
        self.line.set_ink(ink)
        self.line.set_text(sentence)

    def set_progress(self, part: float) -> None:
        """Show how far it is."""
        self.progress.set_progress(part, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground and the run's swatch."""
        painter = QPainter(self)
        theme = self._theme.current
        painter.fillRect(event.rect(), theme.color("panel"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("line"))
        middle = self.name.geometry().center().y()
        rounded(painter, QRectF(20, middle - 6, 13, 13), 3, fill=theme.run_color(self._color_index))

    def _press(self) -> None:
        (self.cancel_wished if self._is_busy else self.start_wished).emit()
