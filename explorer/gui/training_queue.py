"""TrainingQueue: runs that wait for their turn; the session trains one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.arch.spec import NetworkSpec
from explorer.errors import ExplorerError
from explorer.gui.training import TrainingSession
from explorer.runs.config import TrainConfig

ItemState = Literal["waiting", "training", "done", "failed", "cancelled"]
_LOOK_AGAIN_MS = 150


@dataclass(frozen=True, slots=True)
class QueuedRun:
    """One run to come, going on or over; `message` says why it failed."""

    number: int
    spec: NetworkSpec
    config: TrainConfig
    name: str
    state: ItemState = "waiting"
    message: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it still has to end."""
        return self.state in {"waiting", "training"}


class TrainingQueue(QObject):
    """Starts the next run when the session is free. A run that is stopped by hand holds the queue until `go_on`."""

    changed = Signal()
    run_ended = Signal()  # one of the queue's runs is over: its result is in the store

    def __init__(self, session: TrainingSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._items: list[QueuedRun] = []
        self._next_number = 1
        self._held = False
        self._closed = False
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_AGAIN_MS)
        self._look.timeout.connect(self._advance)
        session.refused.connect(self._refuse)

    @property
    def items(self) -> tuple[QueuedRun, ...]:
        """Every run of the queue, in order."""
        return tuple(self._items)

    @property
    def is_held(self) -> bool:
        """Whether a run was stopped by hand and the others wait for a word."""
        return self._held and any(item.state == "waiting" for item in self._items)

    @property
    def is_open(self) -> bool:
        """Whether something is left to do."""
        return any(item.is_open for item in self._items)

    def add(self, runs: Sequence[tuple[NetworkSpec, TrainConfig, str]]) -> None:
        """Put runs (network, recipe, name) at the end, and begin as soon as the session is free."""
        if not self.is_open:
            self._items.clear()
        for spec, config, name in runs:
            self._items.append(QueuedRun(self._next_number, spec, config, name))
            self._next_number += 1
        self._held = False
        self.changed.emit()
        self._advance()
        self._look.start()

    def cancel(self, number: int) -> None:
        """Take a waiting run out; one that goes on is stopped and kept."""
        for item in self._items:
            if item.number == number and item.state == "waiting":
                self._set(number, "cancelled")
            elif item.number == number and item.state == "training":
                self._session.stop()

    def cancel_all(self) -> None:
        """Let nothing follow; a run of the queue that goes on is stopped and kept."""
        for item in self.items:
            self.cancel(item.number)

    def go_on(self) -> None:
        """Train what waits after a run was stopped by hand."""
        self._held = False
        self.changed.emit()
        self._advance()
        self._look.start()

    def close(self) -> None:
        """Start nothing any more."""
        self._closed = True
        self._look.stop()

    def _advance(self) -> None:
        """Note what ended, and start what is next, once the session is wholly free."""
        if self._closed or not self._session.is_free:
            return
        running = next((item for item in self._items if item.state == "training"), None)
        if running is not None:
            self._note_end(running)
        waiting = next((item for item in self._items if item.state == "waiting"), None)
        if waiting is None or self._held:
            self._look.stop()
            return
        self._set(waiting.number, "training")
        try:
            self._session.start(waiting.spec, waiting.config, waiting.name)
        except ExplorerError as error:
            self._set(waiting.number, "failed", str(error))

    def _note_end(self, item: QueuedRun) -> None:
        history = self._session.history
        if history.failure is not None:
            self._set(item.number, "failed", history.failure.message)
        elif history.status == "finished":
            self._set(item.number, "done")
        else:
            self._held = True
            self._set(item.number, "cancelled")
        self.run_ended.emit()

    def _refuse(self, sentence: str) -> None:
        """The session could not begin (no torch): the rest would not either."""
        running = next((item for item in self._items if item.state == "training"), None)
        if running is not None and not self._session.is_live:
            self._set(running.number, "failed", sentence)
            self._held = True

    def _set(self, number: int, state: ItemState, message: str = "") -> None:
        for index, item in enumerate(self._items):
            if item.number == number:
                self._items[index] = replace(item, state=state, message=message)
        self.changed.emit()
