"""InspectSession: one test or one average at a time behind the window, and the small looks at single pictures."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.gui.inspect_door import Tester
from explorer.gui.jobs import Jobs
from explorer.gui.torch_loader import TorchLoader
from explorer.runs.control import RunControl
from explorer.runs.pictures import Picture
from explorer.runs.store import RunStore
from explorer.runs.testing import EnsembleResult, ScoreMap, TestPlan, TestProgress, TestResult, TestRow

Work = Literal["none", "waiting", "testing", "averaging"]
_DRAIN_MS = 80
_Told = TestProgress | TestRow | TestResult | EnsembleResult


class InspectSession(QObject):
    """Tests and averages in a thread; what it tells comes by a queue and a timer, never from the thread itself."""

    work_changed = Signal(str)  # Work
    progressed = Signal(object, float)  # TestProgress, seconds since the begin
    row_arrived = Signal(int, object)  # run, TestRow
    tested = Signal(object)  # TestResult
    averaged = Signal(object)  # EnsembleResult
    refused = Signal(str)  # why something could not be done
    classes_known = Signal(int, tuple)  # run, names
    pictures_arrived = Signal(int, tuple, tuple)  # run, indices, pictures
    looked = Signal(object)  # ScoreMap
    look_failed = Signal(str)

    def __init__(
        self, store: RunStore, loader: TorchLoader, parent: QObject | None = None, *, tester: Tester | None = None
    ) -> None:
        super().__init__(parent)
        if tester is None:
            from explorer.gui.inspect_door import TorchTester

            tester = TorchTester()
        self.store = store
        self.loader = loader
        self.jobs = Jobs(self)
        self._tester = tester
        self._work: Work = "none"
        self._run_id = 0
        self._control = RunControl()
        self._begun_s = 0.0
        self._num_asked = 0
        self._waiting: Callable[[], None] | None = None
        self._queue: queue.SimpleQueue[_Told] = queue.SimpleQueue()
        self._timer = QTimer(self)
        self._timer.setInterval(_DRAIN_MS)
        self._timer.timeout.connect(self._drain)
        self.jobs.broke.connect(self._break)
        loader.failed.connect(self._fail_to_load)

    @property
    def work(self) -> Work:
        """What goes on."""
        return self._work

    @property
    def run_id(self) -> int:
        """The run that is or was tested last."""
        return self._run_id

    @property
    def is_busy(self) -> bool:
        """Whether something goes on that must end before the next begins."""
        return self._work != "none"

    def test(self, run_id: int, plan: TestPlan) -> None:
        """Test a run in the ways of `plan`; waits for torch where it is not there yet."""
        self._run_id = run_id
        self._start("testing", lambda: self._tester.test(self.store, run_id, plan, self._control))

    def average(self, run_ids: Sequence[int]) -> None:
        """Average the class probabilities of several runs."""
        wanted = tuple(run_ids)
        self._start("averaging", lambda: self._tester.average(self.store, wanted, self._control))

    def cancel(self) -> None:
        """End what goes on; a test keeps the rows that are whole."""
        self._control.stop()
        if self._work == "waiting":
            self._waiting = None
            self._set_work("none")

    def ask_classes(self, run_id: int) -> None:
        """Let `classes_known` tell the names of a run's classes."""

        def tell(names: tuple[str, ...]) -> None:
            self.classes_known.emit(run_id, names)

        self._later("classes", lambda: self._tester.classes(self.store, run_id), tell)

    def ask_pictures(self, run_id: int, indices: Sequence[int]) -> None:
        """Let `pictures_arrived` bring the test pictures at `indices`."""
        wanted = tuple(indices)

        def work() -> tuple[Picture, ...]:
            return self._tester.pictures(self.store, run_id, wanted)

        def tell(found: tuple[Picture, ...]) -> None:
            self.pictures_arrived.emit(run_id, wanted, found)

        self._num_asked += 1  # every batch arrives: a newer one does not replace it
        self._later(f"pictures-{self._num_asked}", work, tell)

    def look(self, run_id: int, index: int, side: int) -> None:
        """Let `looked` bring the class scores of one picture; a newer wish takes the place of an older one."""

        def work() -> ScoreMap:
            return self._tester.look(self.store, run_id, index, side)

        def tell(found: ScoreMap) -> None:
            self.looked.emit(found)

        def fail(sentence: str) -> None:
            self.look_failed.emit(sentence)

        self._later("look", work, tell, fail)

    def shut_down(self) -> None:
        """Stop and wait for every thread."""
        self.cancel()
        self.jobs.close(10.0)
        self._timer.stop()

    def _later(
        self,
        kind: str,
        work: Callable[[], object],
        on_done: Callable[[Any], None],
        on_error: Callable[[str], None] | None = None,
    ) -> None:
        def begin() -> None:
            self.jobs.run(kind, nicely(work), on_done, on_error=on_error or self._tell_refusal)

        self.loader.when_ready(begin)

    def _start(self, work: Work, begin: Callable[[], Iterator[_Told]]) -> None:
        if self.is_busy:
            return
        self._control = RunControl()

        def launch() -> None:
            self._waiting = None
            self._begun_s = time.monotonic()
            self._set_work(work)
            self._timer.start()
            self.jobs.run("work", nicely(lambda: self._pull(begin)), self._finish, on_error=self._refuse)

        if self.loader.is_ready:
            launch()
        elif self.loader.state == "failed":
            self.refused.emit(self.loader.error)
        else:
            self._waiting = launch
            self._set_work("waiting")
            self.loader.when_ready(self._stop_waiting)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting()

    def _fail_to_load(self, sentence: str) -> None:
        if self._work == "waiting":
            self._waiting = None
            self._set_work("none")
            self.refused.emit(sentence)

    def _pull(self, begin: Callable[[], Iterator[_Told]]) -> None:
        """In the thread: hand on everything that is told."""
        for event in begin():
            self._queue.put(event)

    def _drain(self) -> None:
        newest: TestProgress | None = None
        while not self._queue.empty():
            event = self._queue.get()
            match event:
                case TestProgress():
                    newest = event
                case TestRow():
                    self.row_arrived.emit(self._run_id, event)
                case TestResult():
                    self.tested.emit(event)
                case EnsembleResult():
                    self.averaged.emit(event)
        if newest is not None:
            self.progressed.emit(newest, time.monotonic() - self._begun_s)

    def _finish(self, _nothing: object) -> None:
        self._timer.stop()
        self._drain()
        self._set_work("none")

    def _refuse(self, sentence: str) -> None:
        self._finish(None)
        self.refused.emit(sentence)

    def _break(self, line: str, _details: str) -> None:
        if self.is_busy and not self.jobs.is_running("work"):
            self._finish(None)
        self.refused.emit(f"This broke off because of a mistake in this program: {line}")

    def _tell_refusal(self, sentence: str) -> None:
        self.refused.emit(sentence)

    def _set_work(self, work: Work) -> None:
        if work != self._work:
            self._work = work
            self.work_changed.emit(work)


def nicely(work: Callable[[], object]) -> Callable[[], object]:
    """`work` with less of a claim on the processor than the window has."""

    def run() -> object:
        from explorer.gui.training import be_nice

        be_nice()
        return work()

    return run
