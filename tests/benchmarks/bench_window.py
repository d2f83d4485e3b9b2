"""The window while it trains, while torch loads, and one update of the plots with ten long runs.

    python tests/benchmarks/bench_window.py [training|torch|plot]

It uses the display that is there, else Qt's offscreen platform. *Training*: the same run, headless (the thread that
would draw sleeps) and with the Train page open and plotting, in turns; the ratio is the median over neighbouring turns.
The delay of the event loop is how much later than due a timer of 5 ms fires, in a turn of its own: two hundred wake-ups
a second would be more of a load than the window.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
if "DISPLAY" not in os.environ and "WAYLAND_DISPLAY" not in os.environ:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from explorer.runtime_env import prepare_environment

prepare_environment()

import numpy as np  # noqa: E402
from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock  # noqa: E402
from explorer.gui import quick_imports  # noqa: E402, F401 - as the program does before it loads torch
from explorer.gui.document import ArchDocument  # noqa: E402
from explorer.gui.fonts import load_fonts  # noqa: E402
from explorer.gui.panels.plots_panel import PlotsPanel  # noqa: E402
from explorer.gui.panels.train_page import TrainPage  # noqa: E402
from explorer.gui.plots.board import PlotBoard, ShownRun  # noqa: E402
from explorer.gui.plots.curves import RunCurves  # noqa: E402
from explorer.gui.style import apply_style  # noqa: E402
from explorer.gui.theme import LIGHT, ThemeSource  # noqa: E402
from explorer.gui.torch_loader import TorchLoader  # noqa: E402
from explorer.gui.training import TrainingSession, be_nice  # noqa: E402
from explorer.runs.config import DataConfig, TrainConfig  # noqa: E402
from explorer.runs.control import RunControl  # noqa: E402
from explorer.runs.events import RunEvent, RunStarted, StepsDone  # noqa: E402
from explorer.runs.store import RunStore  # noqa: E402

ARCH = ((1, 8), (1, 16), (2, 32), (2, 64), (2, 64))
SPEC = NetworkSpec(
    InputShape(1, 32, 32), tuple(VGGBlock(*pair) for pair in ARCH), Head((512, 512), 0.5), 10, name="vgg11-tiny-32"
)
CONFIG = TrainConfig(
    data=DataConfig("fashion-mnist-small"), learning_rate=0.01, schedule="constant", epochs=1000, batch_size=128,
    device="cpu",
)  # fmt: skip
TIMER_MS = 5
WARM_UP_S, TURN_S, TURNS = 1.0, 2.0, 16
DELAYS_S = 6.0
NUM_RUNS, NUM_POINTS, PER_EPOCH, CHUNK = 10, 1_000_000, 469, 50


class DelayMeter(QObject):
    """Notes how much later than due a 5 ms timer fires."""

    def __init__(self) -> None:
        super().__init__()
        self.delays_ms: list[float] = []
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TIMER_MS)
        self._timer.timeout.connect(self._note)

    def start(self) -> None:
        self._clock.start()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _note(self) -> None:
        self.delays_ms.append(max(0.0, self._clock.nsecsElapsed() / 1e6 - TIMER_MS))
        self._clock.restart()


def application() -> QApplication:
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication(sys.argv[:1])
    load_fonts()
    apply_style(app, LIGHT)
    return app


def pump(app: QApplication, until: Callable[[], bool], *, at_most_s: float = 120.0) -> None:
    """Run the event loop as the program does, until the condition holds."""
    deadline = time.monotonic() + at_most_s
    check = QTimer()
    check.setInterval(100)
    check.timeout.connect(lambda: app.quit() if until() or time.monotonic() > deadline else None)
    check.start()
    app.exec()
    check.stop()


class Throughput:
    """Images per second between the end of the warm-up and the last event."""

    def __init__(self) -> None:
        self._begun_s = 0.0
        self._first: tuple[float, int] | None = None
        self._last: tuple[float, int] | None = None

    def note(self, event: RunEvent) -> None:
        now = time.perf_counter()
        if isinstance(event, RunStarted):
            self._begun_s = now
        elif isinstance(event, StepsDone) and now - self._begun_s >= WARM_UP_S:
            self._first = self._first or (now, event.last_step)
            self._last = (now, event.last_step)

    @property
    def seconds(self) -> float:
        return self._last[0] - self._first[0] if self._first and self._last else 0.0

    @property
    def images_per_s(self) -> float:
        assert self._first is not None
        assert self._last is not None
        return (self._last[1] - self._first[1]) * CONFIG.batch_size / self.seconds


def headless_turn(store: RunStore) -> float:
    """Images per second of a run in a thread while nothing is drawn and no event loop runs."""
    from explorer.engine.runner import run_recorded

    meter, control = Throughput(), RunControl()

    def pull() -> None:
        be_nice()
        for event in run_recorded(store, SPEC, CONFIG, control):
            meter.note(event)
            if meter.seconds >= TURN_S:
                control.stop()

    thread = threading.Thread(target=pull)
    thread.start()
    thread.join()
    return meter.images_per_s


@contextmanager
def open_page() -> Iterator[tuple[TrainPage, RunStore, TorchLoader]]:
    """The Train page on the screen, with its store and loader; all of it is put away afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        loader = TorchLoader()
        page = TrainPage(ArchDocument(SPEC), ThemeSource(LIGHT), TrainingSession(store, loader))
        page.resize(1376, 840)
        page.show()
        yield page, store, loader
        page.session.wait_for_end()
        page.shut_down()
        page.close()
        store.close()


def window_turn(app: QApplication, page: TrainPage, shares: list[float], delays: DelayMeter | None = None) -> float:
    """Images per second of the same run with the page open and plotting; notes the share of a core that it takes.

    With `delays` it lasts longer and notes how late the event loop is.
    """
    session = page.session
    meter = Throughput()

    def note(events: list[RunEvent]) -> None:
        for event in events:
            meter.note(event)

    session.events_arrived.connect(note)
    session.start(SPEC, CONFIG, "with the window open")
    pump(app, lambda: meter.seconds > 0)
    if delays is not None:
        delays.start()
    drawn_s, began_s = time.thread_time(), time.perf_counter()
    pump(app, lambda: meter.seconds >= (TURN_S if delays is None else DELAYS_S))
    shares.append((time.thread_time() - drawn_s) / (time.perf_counter() - began_s))
    if delays is not None:
        delays.stop()
    session.stop()
    pump(app, lambda: not session.is_live)
    session.events_arrived.disconnect(note)
    return meter.images_per_s


def measure_training(*, turns: int = TURNS) -> dict[str, float]:
    """Throughput with the window open against headless: many short turns of each, interleaved.

    A rented machine changes its speed within seconds, by more than a window could cost, and other load only ever takes
    away: the ratio is that of the upper quartiles, what each reaches where it is left alone. In three measurements it
    was 0.99 to 1.01, where the median of the ratios of neighbours was 0.91 to 1.06 in six.
    """
    app = application()
    with open_page() as (page, store, loader):
        pump(app, lambda: loader.is_ready and not page.jobs.is_running("devices"))
        headless: list[float] = []
        windowed: list[float] = []
        shares: list[float] = []
        headless_turn(store)  # the first run pays for what torch sets up once
        for turn in range(turns):
            for kind in ("headless", "window") if turn % 2 else ("window", "headless"):
                if kind == "window":
                    windowed.append(window_turn(app, page, shares))
                else:
                    headless.append(headless_turn(store))
    alone, watched = float(np.quantile(headless, 0.75)), float(np.quantile(windowed, 0.75))
    ratios = [ours / bare for ours, bare in zip(windowed, headless, strict=True)]
    return {
        "throughput_ratio": watched / alone,
        "median_of_pairs": statistics.median(ratios),
        "headless_images_per_s": alone,
        "window_images_per_s": watched,
        "gui_cpu_share": statistics.median(shares),  # of one core; what drawing takes from training at most
    }


def measure_delays() -> dict[str, float]:
    """How late the event loop is while a run goes on behind the open page."""
    app = application()
    with open_page() as (page, _store, loader):
        pump(app, lambda: loader.is_ready and not page.jobs.is_running("devices"))
        delays = DelayMeter()
        window_turn(app, page, [])  # the first run pays for what torch sets up once
        window_turn(app, page, [], delays)
    return {
        "delay_p50_ms": float(np.percentile(delays.delays_ms, 50)),
        "delay_p99_ms": float(np.percentile(delays.delays_ms, 99)),
        "delay_max_ms": max(delays.delays_ms),
    }


def measure_torch_load() -> dict[str, float]:
    """The longest stall of the event loop while torch loads behind the open page; needs a process of its own."""
    assert "torch" not in sys.modules, "torch is loaded already: measure in a fresh process"
    app = application()
    with open_page() as (page, _store, loader):
        pump(app, lambda: page.settings.data.facts is not None)
        delays = DelayMeter()
        delays.start()
        began = time.perf_counter()
        loader.start()
        pump(app, lambda: loader.is_ready)
        delays.stop()
        took_s = time.perf_counter() - began
    return {
        "longest_stall_ms": max(delays.delays_ms),
        "stalled_s": sum(delay for delay in delays.delays_ms if delay > 16) / 1000,
        "load_s": took_s,
    }


def long_run(run_id: int, *, is_live: bool) -> ShownRun:
    """A run of a million steps whose loss falls and wobbles."""
    rng = np.random.default_rng(run_id)
    curves = RunCurves(run_id)
    curves.add(RunStarted(2 * NUM_POINTS if is_live else NUM_POINTS, PER_EPOCH, 60_000, 10_000, "cpu", "float32", 1))
    at = np.arange(1, NUM_POINTS + 1)
    losses = 2.0 / (1 + at / 50_000) + 0.1 * run_id / NUM_RUNS + rng.normal(0, 0.05, NUM_POINTS)
    accuracies = 1 - 0.4 * losses
    big = 20_000
    for first in range(0, NUM_POINTS, big):
        part = slice(first, first + big)
        rates = (0.1,) * big
        chunk = StepsDone(first + 1, 1, tuple(losses[part]), tuple(accuracies[part]), rates, 4000.0, first / 30)
        curves.add(chunk)
    return ShownRun(curves, f"run {run_id}", run_id, is_live=is_live)


def measure_plot(*, updates: int = 60) -> dict[str, float]:
    """Milliseconds of one update of both plots and both strips: new steps arrive and everything is on the screen."""
    app = application()
    board = PlotBoard()
    board.set_smoothing(0.985)
    panel = PlotsPanel(board, theme=ThemeSource(LIGHT))
    panel.resize(1071, 520)
    panel.show()
    runs = [long_run(number, is_live=number == NUM_RUNS) for number in range(1, NUM_RUNS + 1)]
    board.set_runs(runs)
    live = runs[-1].curves
    app.processEvents()
    began = time.perf_counter()
    board.refresh()
    app.processEvents()
    whole_ms = 1000 * (time.perf_counter() - began)
    times_ms = []
    for number in range(updates):
        first = NUM_POINTS + 1 + number * CHUNK
        losses = (0.2,) * CHUNK
        event = replace(StepsDone(first, 1, losses, losses, losses, 4000.0, first / 30))
        began = time.perf_counter()
        live.add(event)
        board.live_changed.emit()
        app.processEvents()
        times_ms.append(1000 * (time.perf_counter() - began))
    panel.close()
    return {
        "update_ms": statistics.median(times_ms),
        "update_p95_ms": float(np.percentile(times_ms, 95)),
        "redraw_all_ms": whole_ms,
    }


MEASURES: dict[str, Callable[[], dict[str, float]]] = {
    "torch": measure_torch_load,
    "plot": measure_plot,
    "training": measure_training,
    "delays": measure_delays,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or ["plot"]:
        print(name, json.dumps(MEASURES[name](), indent=2))
