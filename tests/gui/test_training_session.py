"""The session: one run at a time behind the window, waiting for torch, pausing, stopping, failing."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.arch.presets import starter
from explorer.errors import DataError, RunError
from explorer.gui import torch_loader
from explorer.gui.jobs import Jobs
from explorer.gui.torch_loader import TorchLoader
from explorer.gui.training import TrainingSession
from explorer.runs.config import TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.events import RunEvent
from tests.gui.train_samples import FakeEngine, failing, kept_run, session_in, started, steps

pytestmark = pytest.mark.gui
SPEC = starter().spec
MakeSession = Callable[..., TrainingSession]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeSession]:
    made: list[TrainingSession] = []

    def make_session(engine: FakeEngine | None = None, *, modules: tuple[str, ...] = ("json",)) -> TrainingSession:
        made.append(session_in(tmp_path / f"store{len(made)}", engine or FakeEngine(), modules=modules))
        return made[-1]

    yield make_session
    for session in made:
        session.wait_for_end()
        session.loader.close(10.0)
        session.store.close()


def start(session: TrainingSession, name: str = "net · SGD") -> None:
    session.start(SPEC, TrainConfig(epochs=2), name)


def until(qtbot: QtBot, session: TrainingSession, *states: str) -> None:
    qtbot.waitUntil(lambda: session.state in states, timeout=5000)


def test_a_run_waits_for_torch_and_then_goes_through(qtbot: QtBot, make: MakeSession) -> None:
    session = make()
    states: list[str] = []
    session.state_changed.connect(states.append)
    start(session)
    assert session.state == "waiting_for_torch"
    until(qtbot, session, "ended")
    assert states == ["waiting_for_torch", "training", "ended"]
    assert session.history.status == "finished"
    assert session.history.progress == 1.0


def test_all_events_arrive_in_order_and_only_in_the_gui_thread(qtbot: QtBot, make: MakeSession) -> None:
    session = make()
    heard: list[RunEvent] = []
    threads: set[int] = set()

    def hear(events: list[RunEvent]) -> None:
        heard.extend(events)
        threads.add(threading.get_ident())

    session.events_arrived.connect(hear)
    start(session)
    until(qtbot, session, "ended")
    assert session.run_id is not None
    assert heard == session.store.events(session.run_id)
    assert threads == {threading.get_ident()}


def test_a_click_on_stop_gives_up_the_wait_for_torch(qtbot: QtBot, make: MakeSession) -> None:
    engine = FakeEngine()
    session = make(engine)
    start(session)
    session.stop()
    assert session.state == "idle"
    qtbot.waitUntil(lambda: session.loader.is_ready, timeout=5000)
    assert engine.calls == []


def test_without_torch_nothing_starts_and_the_reason_is_told(qtbot: QtBot, make: MakeSession) -> None:
    session = make(modules=("no_such_module_as_this",))
    with qtbot.waitSignal(session.refused, timeout=5000) as heard:
        start(session)
    assert "PyTorch cannot be loaded" in heard.args[0]
    assert session.state == "idle"


def test_pause_continue_and_stop_are_obeyed_in_order(qtbot: QtBot, make: MakeSession) -> None:
    session = make(FakeEngine(endless=True))
    start(session)
    qtbot.waitUntil(lambda: session.history.last_step > 5, timeout=5000)
    states: list[str] = []
    session.state_changed.connect(states.append)
    session.pause()
    until(qtbot, session, "paused")
    session.resume()
    until(qtbot, session, "training")
    session.stop()
    until(qtbot, session, "ended")
    assert states == ["pausing", "paused", "training", "stopping", "ended"]
    assert session.history.status == "stopped"


def test_a_paused_run_can_be_stopped(qtbot: QtBot, make: MakeSession) -> None:
    session = make(FakeEngine(endless=True))
    start(session)
    until(qtbot, session, "training")
    session.pause()
    until(qtbot, session, "paused")
    session.stop()
    until(qtbot, session, "ended")


def test_a_second_run_is_refused_while_one_goes_on(qtbot: QtBot, make: MakeSession) -> None:
    session = make(FakeEngine(endless=True))
    start(session)
    until(qtbot, session, "training")
    with pytest.raises(RunError, match="Stop it first"):
        start(session)


def test_closing_ends_the_run_in_order(qtbot: QtBot, make: MakeSession) -> None:
    session = make(FakeEngine(endless=True))
    start(session)
    qtbot.waitUntil(lambda: session.history.last_step > 0, timeout=5000)
    assert session.wait_for_end(5.0)
    assert session.state == "ended"
    assert session.run_id is not None
    assert session.store.get(session.run_id).status == "stopped"


def test_a_failed_run_says_why_and_the_next_one_starts(qtbot: QtBot, make: MakeSession) -> None:
    engine = FakeEngine(lambda: failing("not_finite", "The loss is not a number since step 5."))
    session = make(engine)
    start(session)
    until(qtbot, session, "failed")
    assert session.failure is not None
    assert session.failure.message == "The loss is not a number since step 5."
    engine.events = FakeEngine().events
    start(session, "again")
    until(qtbot, session, "ended")
    assert session.failure is None


@pytest.mark.parametrize(
    ("error", "told"), [(DataError("No pictures here."), "No pictures here."), (ValueError("odd"), "ValueError: odd")]
)
def test_an_exception_crosses_as_text(
    qtbot: QtBot, make: MakeSession, error: Exception, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    session = make(FakeEngine(error=error))
    with caplog.at_level("CRITICAL"):
        start(session)
        until(qtbot, session, "failed")
    assert session.failure is not None
    assert told in session.failure.message
    assert ("Traceback" in session.failure.details) == isinstance(error, ValueError)


def test_a_run_that_goes_on_brings_what_it_said_before(qtbot: QtBot, make: MakeSession) -> None:
    engine = FakeEngine(lambda: [started(start_step=10), steps(11, 10)])
    session = make(engine)
    record = kept_run(session.store, "old", [started(), steps(1, 10)])
    session.resume_run(record.id)
    until(qtbot, session, "ended")
    assert session.run_id == record.id
    assert list(session.history.steps) == list(range(1, 21))


def test_measuring_tells_its_forecast(qtbot: QtBot, make: MakeSession) -> None:
    session = make()
    with qtbot.waitSignal(session.measured, timeout=5000) as heard:
        session.measure(SPEC, TrainConfig())
    assert heard.args[0].epoch_s == 14.0
    assert session.state == "idle"


def test_measuring_can_be_cancelled_and_then_tells_nothing(qtbot: QtBot, make: MakeSession) -> None:
    session = make(FakeEngine(measure_s=30))
    heard: list[object] = []
    session.measured.connect(heard.append)
    session.measure(SPEC, TrainConfig())
    until(qtbot, session, "measuring")
    session.stop()
    until(qtbot, session, "idle")
    assert heard == []


def test_the_loader_restores_the_switch_interval_and_calls_back_once(qtbot: QtBot) -> None:
    before = sys.getswitchinterval()
    loader = TorchLoader(modules=("json",))
    called: list[int] = []
    loader.when_ready(lambda: called.append(1))
    qtbot.waitUntil(lambda: loader.is_ready, timeout=5000)
    loader.when_ready(lambda: called.append(2))
    assert called == [1, 2]
    assert sys.getswitchinterval() == before


def test_a_late_answer_of_a_job_is_dropped(qtbot: QtBot) -> None:
    jobs = Jobs()
    go = threading.Event()
    answers: list[str] = []
    jobs.run("look", lambda: (go.wait(5), "old")[1], answers.append)
    jobs.run("look", lambda: "new", answers.append)
    qtbot.waitUntil(lambda: answers == ["new"], timeout=5000)
    go.set()
    jobs.wait()
    qtbot.wait(60)
    assert answers == ["new"]


def test_a_job_tells_a_mistake_as_a_sentence_and_a_bug_with_its_traceback(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = Jobs()
    told: list[str] = []

    def mistake() -> None:
        raise DataError("No pictures here.")

    def bug() -> None:
        raise KeyError("x")

    with caplog.at_level("CRITICAL"):
        jobs.run("a", mistake, lambda _: None, on_error=told.append)
        qtbot.waitUntil(lambda: bool(told), timeout=5000)
        with qtbot.waitSignal(jobs.broke, timeout=5000) as heard:
            jobs.run("b", bug, lambda _: None)
    assert told == ["No pictures here."]
    assert "Traceback" in heard.args[1]
    jobs.wait()


def test_closed_jobs_run_nothing_more(qtbot: QtBot) -> None:
    jobs = Jobs()
    jobs.close()
    answers: list[str] = []
    jobs.run("look", lambda: "too late", answers.append)
    assert not jobs.is_running("look")
    qtbot.wait(80)
    assert answers == []


def test_a_closed_loader_begins_nothing_and_tells_nobody(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    monkeypatch.setattr(torch_loader, "load_modules", lambda _modules: go.wait(10))
    told: list[str] = []
    loader = TorchLoader()
    loader.ready.connect(lambda: told.append("ready"))
    loader.when_ready(lambda: told.append("waiting"))
    loader.close()
    go.set()
    qtbot.wait(80)
    loader.start()
    assert told == []
    assert not loader.is_ready
    loader.close(10.0)


class SlowToClose(FakeEngine):
    """Its first run lingers after its last event, as one that still closes its files."""

    def _told(self, control: RunControl) -> Iterator[RunEvent]:
        yield from super()._told(control)
        if len(self.calls) == 1:
            time.sleep(0.3)
            self.endless = True


def test_a_run_can_be_started_before_the_last_one_has_closed_its_files(qtbot: QtBot, make: MakeSession) -> None:
    engine = SlowToClose()
    session = make(engine)
    started_next: list[str] = []

    def start_next(state: str) -> None:
        if state == "ended" and not started_next:
            started_next.append(state)
            engine.endless = True
            session.start(SPEC, TrainConfig(epochs=2), "next")

    session.state_changed.connect(start_next)
    start(session)
    qtbot.waitUntil(lambda: engine.calls == ["begin net · SGD", "begin next"], timeout=5000)
    qtbot.wait(500)  # the first one's last word comes meanwhile
    assert session.state == "training"
    assert session.is_live
    session.stop()
    until(qtbot, session, "ended")
    assert session.history.status == "stopped"
