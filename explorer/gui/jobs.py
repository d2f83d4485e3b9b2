"""Jobs: slow calls in threads; their answers come back in the GUI thread, and late ones are dropped."""

from __future__ import annotations

import logging
import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.errors import ExplorerError

_log = logging.getLogger(__name__)
_POLL_MS = 30


@dataclass(frozen=True, slots=True)
class _Answer:
    kind: str
    ticket: int
    result: Any
    error: str | None
    details: str


class Jobs(QObject):
    """Runs functions in threads. A newer job of the same kind makes the answer of the older one worthless.

    Work gets no QObject and returns plain data. An ExplorerError goes to `on_error` as its sentence; anything else is a
    bug of ours and is told by `broke` with its traceback.
    """

    broke = Signal(str, str)  # one line, traceback

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        self._tickets: dict[str, int] = {}
        self._pending: dict[tuple[str, int], tuple[Callable[[Any], None], Callable[[str], None] | None]] = {}
        self._threads: list[threading.Thread] = []
        self._is_closed = False
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._drain)

    def run(
        self,
        kind: str,
        work: Callable[[], Any],
        on_done: Callable[[Any], None],
        *,
        on_error: Callable[[str], None] | None = None,
    ) -> None:
        """Do `work` in a thread and hand its result to `on_done` here, unless `kind` was run or dropped since."""
        if self._is_closed:
            return
        ticket = self._tickets.get(kind, 0) + 1
        self.drop(kind)
        self._tickets[kind] = ticket
        self._pending[kind, ticket] = (on_done, on_error)
        thread = threading.Thread(target=self._work, args=(kind, ticket, work), name=f"job-{kind}", daemon=True)
        self._threads.append(thread)
        thread.start()
        self._poll.start()

    def drop(self, kind: str) -> None:
        """Let the answer of `kind` come to nothing."""
        self._pending.pop((kind, self._tickets.get(kind, 0)), None)

    def is_running(self, kind: str) -> bool:
        """Whether an answer of `kind` is still awaited."""
        return (kind, self._tickets.get(kind, 0)) in self._pending

    def wait(self, timeout_s: float = 5.0) -> None:
        """Wait for every thread, answers unheard."""
        for thread in self._threads:
            thread.join(timeout_s)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._poll.stop()
        self._pending.clear()

    def close(self, timeout_s: float = 5.0) -> None:
        """Wait as `wait` does, and run nothing any more: whoever would hear the answer is about to go."""
        self._is_closed = True
        self.wait(timeout_s)

    def _work(self, kind: str, ticket: int, work: Callable[[], Any]) -> None:
        try:
            answer = _Answer(kind, ticket, work(), None, "")
        except ExplorerError as error:
            answer = _Answer(kind, ticket, None, str(error), "")
        except Exception as error:  # noqa: BLE001 - the edge of a thread
            line = f"{type(error).__name__}: {error}"
            answer = _Answer(kind, ticket, None, line, traceback.format_exc())
        self._answers.put(answer)

    def _drain(self) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        while not self._answers.empty():
            self._deliver(self._answers.get())
        if not self._threads and self._answers.empty():
            self._poll.stop()

    def _deliver(self, answer: _Answer) -> None:
        doors = self._pending.pop((answer.kind, answer.ticket), None)
        if answer.details:
            _log.error("job %s: %s", answer.kind, answer.details)
        if doors is None:
            return
        on_done, on_error = doors
        if answer.error is None:
            on_done(answer.result)
        elif answer.details:
            self.broke.emit(answer.error, answer.details)
        elif on_error is not None:
            on_error(answer.error)
