"""The queue of trainings beside the diagrams: what waits, goes on and is over; each can be cancelled."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.gui.panels.compare.cards import Section
from explorer.gui.theme import ThemeSource
from explorer.gui.training_queue import QueuedRun, TrainingQueue
from explorer.gui.widgets import Chip, ElidedLabel, IconButton, TextButton
from explorer.gui.widgets.chip import ChipKind

_STATES: Mapping[str, tuple[ChipKind, str, str | None]] = {
    "waiting": ("muted", "Waiting", None),
    "training": ("accent", "Training", "play"),
    "done": ("ok", "Finished", None),
    "failed": ("err", "Failed", None),
    "cancelled": ("warn", "Stopped", "stop"),
}


class QueueCard(Section):
    """The trainings that wait, go on and are over; each can be cancelled."""

    def __init__(self, queue: TrainingQueue, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("Training queue", parent, theme=theme)
        self._queue = queue
        self._lines: list[_QueueLine] = []
        self.go_on_button = TextButton("Go on", "fix", "play", theme=theme)
        self.go_on_button.setToolTip("A run was stopped by hand: train the ones that wait")
        self.go_on_button.clicked.connect(queue.go_on)
        self.cancel_button = TextButton("Cancel all", "fix", theme=theme)
        self.cancel_button.setToolTip("Stop what goes on, keep its weights, and let nothing follow")
        self.cancel_button.clicked.connect(queue.cancel_all)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        self.column.addLayout(self._rows)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.go_on_button)
        buttons.addWidget(self.cancel_button)
        buttons.addStretch(1)
        self.column.addLayout(buttons)
        queue.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the queue as it stands; hidden where it is empty."""
        items = self._queue.items
        while len(self._lines) < len(items):
            line = _QueueLine(theme=self.theme)
            line.cancelled.connect(self._queue.cancel)
            self._rows.addWidget(line)
            self._lines.append(line)
        for index, line in enumerate(self._lines):
            line.setVisible(index < len(items))
            if index < len(items):
                line.set_item(items[index])
        done = sum(item.state == "done" for item in items)
        self.note.set_text(f"{done} of {len(items)} finished" if items else "")
        self.go_on_button.setVisible(self._queue.is_held)
        self.cancel_button.setVisible(self._queue.is_open)
        self.setVisible(bool(items))


class _QueueLine(QWidget):
    """One training: its name, its state, and a cross."""

    cancelled = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._number = 0
        self.name = ElidedLabel(theme=theme, size_px=12, mode=Qt.TextElideMode.ElideMiddle)
        self.state = Chip("muted", "", theme=theme)
        self.cancel = IconButton("close", "Cancel this run", theme=theme, size_px=12, side=24)
        self.cancel.clicked.connect(lambda: self.cancelled.emit(self._number))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.name, 1)
        row.addWidget(self.state)
        row.addWidget(self.cancel)

    def set_item(self, item: QueuedRun) -> None:
        """Show `item`."""
        self._number = item.number
        self.name.set_text(f"seed {item.config.seed} · {item.spec.name}")
        self.name.set_tip(f"{item.name}\n{item.message}".strip())
        self.state.set_state(*_STATES[item.state])
        self.state.setToolTip(item.message)
        self.cancel.setEnabled(item.is_open)
