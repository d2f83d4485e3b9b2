"""TrainingSession: one run at a time in a thread behind the window; its events come back by a queue and a timer."""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.arch.spec import NetworkSpec
from explorer.errors import ExplorerError, RunError
from explorer.gui.engine_door import Calibrated, DeviceFacts, Engine, RunEvents
from explorer.gui.torch_loader import TorchLoader
from explorer.runs.config import TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.events import RunContinued, RunEnded, RunEvent, RunFailed, RunPaused
from explorer.runs.history import History
from explorer.runs.store import RunStore

_log = logging.getLogger(__name__)

SessionState = Literal[
    "idle", "waiting_for_torch", "measuring", "training", "pausing", "paused", "stopping", "ended", "failed"
]
BUSY: tuple[SessionState, ...] = ("waiting_for_torch", "measuring", "training", "pausing", "paused", "stopping")
"""States in which nothing else can be started."""
LIVE: tuple[SessionState, ...] = ("training", "pausing", "paused", "stopping")
"""States in which a run goes on."""
_DRAIN_MS = 80  # a wake-up takes a core from training; figures that change more often cannot be read
_NICENESS = 10


@dataclass(frozen=True, slots=True)
class _Opened:
    """The run has a number in the store; `before` is what it had said earlier, if it goes on."""

    run_id: int
    before: tuple[RunEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class _Measured:
    """Calibration is over."""

    result: Calibrated | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class _Closed:
    """The worker in `thread` is through: it says nothing more. Another may have begun since its last event."""

    thread: threading.Thread


class TrainingSession(QObject):
    """Starts, pauses, continues and stops the run that goes on; everyone else listens.

    The worker thread touches no QObject: it puts events in a queue, which a timer in the GUI thread empties about 12
    times a second. `history` folds the events of the newest run; `events_before` are those of a run that goes on.
    """

    events_arrived = Signal(list)  # list[RunEvent], in order
    state_changed = Signal(str)  # SessionState
    progress_changed = Signal(float)  # 0 to 1
    run_opened = Signal(int)  # the number of the run in the store
    measured = Signal(object)  # Calibrated
    refused = Signal(str)  # why something could not be started or measured

    def __init__(
        self, store: RunStore, loader: TorchLoader, parent: QObject | None = None, *, engine: Engine | None = None
    ) -> None:
        super().__init__(parent)
        if engine is None:
            from explorer.gui.engine_door import TorchEngine

            engine = TorchEngine()
        self.store = store
        self.loader = loader
        self.history = History()
        self.events_before: tuple[RunEvent, ...] = ()
        self._engine = engine
        self._state: SessionState = "idle"
        self._run_id: int | None = None
        self._waiting: Callable[[], None] | None = None
        self._control = RunControl()
        self._thread: threading.Thread | None = None
        self._queue: queue.SimpleQueue[RunEvent | _Opened | _Measured | _Closed] = queue.SimpleQueue()
        self._timer = QTimer(self)
        self._timer.setInterval(_DRAIN_MS)
        self._timer.timeout.connect(self.drain)
        loader.failed.connect(self._give_up_waiting)

    @property
    def state(self) -> SessionState:
        """What the session does now."""
        return self._state

    @property
    def run_id(self) -> int | None:
        """The store's number of the newest run of this session."""
        return self._run_id

    @property
    def is_live(self) -> bool:
        """Whether a run goes on (a paused one too)."""
        return self._state in LIVE

    @property
    def is_busy(self) -> bool:
        """Whether something goes on that must end before the next start."""
        return self._state in BUSY

    @property
    def is_free(self) -> bool:
        """Whether the next run can begin: nothing goes on, and the last worker has ended."""
        return not self.is_busy and self._thread is None

    @property
    def failure(self) -> RunFailed | None:
        """Why the newest run failed."""
        return self.history.failure

    def start(self, spec: NetworkSpec, config: TrainConfig, name: str) -> None:
        """Train `spec` as a new run called `name`; waits for torch where it is not there yet."""
        self._start(lambda: self._engine.begin(self.store, spec, config, name=name, control=self._control))

    def resume_run(self, run_id: int, config: TrainConfig | None = None) -> None:
        """Go on with a run from its last checkpoint; `config` may give it more epochs or another device."""

        def begin() -> RunEvents:
            return self._engine.go_on(self.store, run_id, config=config, control=self._control)

        self._start(begin, resumed=run_id)

    def measure(self, spec: NetworkSpec, config: TrainConfig) -> None:
        """Time a few trial steps; `measured` or `refused` tells the outcome."""

        def begin() -> None:
            self._launch(lambda: self._measure(spec, config), "measuring")

        self._begin_or_wait(begin)

    def list_devices(self) -> tuple[DeviceFacts, ...]:
        """Every device of this computer; slow the first time, so call it in a thread once torch is there."""
        return self._engine.devices()

    def pause(self) -> None:
        """Let the run wait after the step it is in."""
        if self._state == "training":
            self._control.pause()
            self._set_state("pausing")

    def resume(self) -> None:
        """Let the paused run go on."""
        if self._state in {"paused", "pausing"}:
            self._control.resume()
            if self._state == "pausing":
                self._set_state("training")

    def stop(self) -> None:
        """End the run in order and keep its result; while waiting or measuring, give that up."""
        if self._state == "waiting_for_torch":
            self._forget_waiting()
            self._set_state("idle")
        elif self._state in {*LIVE, "measuring"}:
            self._control.stop()
            if self._state != "measuring":
                self._set_state("stopping")

    def wait_for_end(self, timeout_s: float = 10.0) -> bool:
        """Stop whatever goes on and wait for it; whether it ended within `timeout_s`."""
        self.stop()
        if self._thread is not None:
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                return False
        self.drain()
        return True

    def drain(self) -> None:
        """Take over what the worker has said since the last call."""
        events: list[RunEvent] = []
        closed: list[threading.Thread] = []
        while True:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if isinstance(item, _Opened):
                self._open(item)
            elif isinstance(item, _Measured):
                self._finish_measuring(item)
            elif isinstance(item, _Closed):
                closed.append(item.thread)
            else:
                events.append(item)
                self.history.add(item)
        if events:
            self.events_arrived.emit(events)
            self.progress_changed.emit(self.history.progress or 0.0)
            self._follow(events)
        for thread in closed:
            self._close(thread)

    def _start(self, begin: Callable[[], RunEvents], *, resumed: int | None = None) -> None:
        def launch() -> None:
            self._run_id = resumed
            self.history = History()
            self._launch(lambda: self._pull(begin, resumed), "training")

        self._begin_or_wait(launch)

    def _begin_or_wait(self, begin: Callable[[], None]) -> None:
        if self.is_busy:
            raise RunError("A run is going on already. Stop it first, then start the next one.")
        if self.loader.is_ready:
            begin()
        elif self.loader.state == "failed":
            self.refused.emit(self.loader.error)
        else:
            self._waiting = begin
            self._set_state("waiting_for_torch")
            self.loader.when_ready(self._stop_waiting)

    def _stop_waiting(self) -> None:
        begin, self._waiting = self._waiting, None
        if begin is not None:
            begin()

    def _forget_waiting(self) -> None:
        self._waiting = None
        self.loader.forget(self._stop_waiting)

    def _give_up_waiting(self, sentence: str) -> None:
        if self._waiting is not None:
            self._forget_waiting()
            self._set_state("idle")
            self.refused.emit(sentence)

    def _launch(self, work: Callable[[], None], state: SessionState) -> None:
        self._control = RunControl()
        self._thread = threading.Thread(target=work, name=f"session-{state}", daemon=True)
        self._set_state(state)
        self._thread.start()
        self._timer.start()

    # In the worker's thread

    def _pull(self, begin: Callable[[], RunEvents], resumed: int | None) -> None:
        be_nice()
        is_open = False
        try:
            before = tuple(self.store.events(resumed)) if resumed is not None else ()
            events = begin()
            for event in events:
                if not is_open and events.record is not None:
                    self._queue.put(_Opened(events.record.id, before))
                    is_open = True
                self._queue.put(event)
        except ExplorerError as error:
            self._queue.put(RunFailed("config", str(error), 0))
        except Exception as error:  # noqa: BLE001 - the edge of a thread
            _log.exception("the run broke")
            sentence = f"The run ended because of a mistake in this program: {type(error).__name__}: {error}"
            self._queue.put(RunFailed("bug", sentence, 0, traceback.format_exc()))
        finally:
            self._queue.put(_Closed(threading.current_thread()))

    def _measure(self, spec: NetworkSpec, config: TrainConfig) -> None:
        be_nice()
        try:
            self._queue.put(_Measured(self._engine.calibrate(spec, config, control=self._control)))
        except ExplorerError as error:
            self._queue.put(_Measured(None, str(error)))
        except Exception as error:  # noqa: BLE001 - the edge of a thread
            _log.exception("measuring broke")
            self._queue.put(_Measured(None, f"The trial steps broke off: {type(error).__name__}: {error}"))
        finally:
            self._queue.put(_Closed(threading.current_thread()))

    # In the GUI thread again

    def _open(self, opened: _Opened) -> None:
        self._run_id = opened.run_id
        self.history, self.events_before = History(opened.before), opened.before
        self.run_opened.emit(opened.run_id)

    def _finish_measuring(self, found: _Measured) -> None:
        was_cancelled = self._control.stopping
        self._set_state("idle")
        if found.result is not None and not was_cancelled:
            self.measured.emit(found.result)
        elif found.message and not was_cancelled:
            self.refused.emit(found.message)

    def _follow(self, events: list[RunEvent]) -> None:
        """Take over the state that the newest event speaks of."""
        for event in events:
            if isinstance(event, RunPaused) and self._state == "pausing":
                self._set_state("paused")
            elif isinstance(event, RunContinued) and self._state == "paused":
                self._set_state("training")
            elif isinstance(event, RunEnded):
                self._set_state("ended")
            elif isinstance(event, RunFailed):
                self._set_state("failed")

    def _close(self, thread: threading.Thread) -> None:
        thread.join()
        if thread is not self._thread:  # the next run was started between the last one's end and this word of it
            return
        self._thread = None
        self._timer.stop()
        if self._state in {*LIVE, "measuring"}:
            self._set_state("ended" if self.is_live else "idle")

    def _set_state(self, state: SessionState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def be_nice() -> None:
    """Give this thread, and those it begets, less of a claim on the processor than the window has (Linux)."""
    if sys.platform == "linux":
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        except OSError:
            _log.info("the worker keeps the usual priority")


__all__ = ["BUSY", "LIVE", "SessionState", "TrainingSession", "be_nice"]
