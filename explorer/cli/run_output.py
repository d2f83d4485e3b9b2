"""A run on a terminal: a bar while it goes on, a line an epoch, or its events as JSON; and how Ctrl-C ends it.

Ctrl-C once (or SIGTERM) ends the run in order: its state is kept, the result is said, and the exit status is 130
(143). Ctrl-C twice leaves at once; the run then goes on from its last checkpoint.
"""

from __future__ import annotations

import json
import signal
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from statistics import fmean
from types import FrameType
from typing import Any, Protocol, Self

from tqdm import tqdm

from explorer import units
from explorer.cli.program import DONE, MENDABLE, PROGRAM
from explorer.errors import ExplorerError
from explorer.runs.control import RunControl
from explorer.runs.event_rows import event_to_json
from explorer.runs.events import (
    CheckpointNotSaved,
    Evaluated,
    RunEnded,
    RunEvent,
    RunFailed,
    RunStarted,
    StepsDone,
)
from explorer.runs.history import History
from explorer.runs.record import RunRecord
from explorer.runs.speed import recent_speed

BUG = 1
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM") if hasattr(signal, name))


class Events(Protocol):
    """The events of a run and, from the first on, its record."""

    @property
    def record(self) -> RunRecord | None:
        """The run in the store."""
        ...

    def __iter__(self) -> Iterator[RunEvent]: ...


def show(events: Events, control: RunControl, *, as_json: bool) -> int:
    """The exit status after showing `events` to the end. Raises ExplorerError where the user can mend a failure."""
    with stopping_at_signals(control) as caught:
        last = _show_json(events) if as_json else _show_lines(events)
    if isinstance(last, RunFailed):
        if last.kind == "bug":
            print(f"{PROGRAM}: {last.message}\n{last.details}", file=sys.stderr)
            return BUG
        raise ExplorerError(last.message)
    if caught and isinstance(last, RunEnded) and last.reason == "stopped":
        return 128 + caught[0]
    return DONE if last is not None else MENDABLE


def _show_json(events: Events) -> RunEvent | None:
    last = None
    with _Bar() as bar:
        for last in events:
            run_id = events.record.id if events.record else None
            print(json.dumps({"run": run_id} | event_to_json(last)), flush=True)
            bar.add(last)
    return last


def _show_lines(events: Events) -> RunEvent | None:
    last, history = None, History()
    with _Bar() as bar:
        for last in events:
            history.add(last)
            bar.add(last)
            for line in _lines(last, history, events.record):
                bar.write(line)
    return last


def _lines(event: RunEvent, history: History, record: RunRecord | None) -> Iterable[str]:
    """What is said about `event`, if anything."""
    match event:
        case RunStarted():
            yield _plain(_beginning(event, record))
        case Evaluated():
            yield _plain(_evaluation(event, history))
        case CheckpointNotSaved():
            yield event.message
        case RunEnded():
            yield _plain(_ending(event, record))


def _beginning(event: RunStarted, record: RunRecord | None) -> str:
    name = f"Run {record.id} “{record.name}”" if record else "Run"
    goes_on = f", going on after step {event.start_step:,}" if event.start_step else ""
    return (
        f"{name}: {units.exact(event.num_parameters)} parameters, {event.num_train:,} + {event.num_test:,} pictures, "
        f"{event.device}, {event.precision}{goes_on}"
    )


def _evaluation(event: Evaluated, history: History) -> str:
    started = history.started
    num_epochs = started.num_steps // started.steps_per_epoch if started else event.epoch
    width = len(str(num_epochs))
    first = bisect_left(history.epochs, event.epoch)
    trained = ""
    if first < len(history):
        trained = (
            f"loss {units.loss(fmean(history.losses[first:]))}, {units.percent(fmean(history.accuracies[first:]))}; "
        )
    speed = recent_speed(history.images_per_s[first:], history.times[first:])
    pace = f"{speed:,} images/s" if speed else ""
    return (
        f"epoch {event.epoch:>{width}} of {num_epochs}: {trained}test loss {units.loss(event.loss)}, "
        f"{units.percent(event.accuracy)}{' *' if event.is_best else '  '}  {pace}, {units.clock(event.elapsed_s)}"
    )


def _ending(event: RunEnded, record: RunRecord | None) -> str:
    word = "Finished" if event.reason == "finished" else f"Stopped after step {event.step:,}"
    line = f"{word}: best {units.percent(event.best_accuracy)} on the test pictures, {units.clock(event.elapsed_s)}."
    if record is None:
        return line
    go_on = f" Go on with: {PROGRAM} runs resume {record.id}" if event.reason == "stopped" else ""
    return f"{line} Kept as run {record.id} in {record.folder}.{go_on}"


class _Bar:
    """A bar on stderr where that is a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._is_wanted = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def add(self, event: RunEvent) -> None:
        """Move on with `event`."""
        if isinstance(event, RunStarted) and self._is_wanted:
            self._bar = tqdm(
                total=event.num_steps, initial=event.start_step, unit="step", file=sys.stderr, leave=False,
                dynamic_ncols=True, mininterval=0.1,
            )  # fmt: skip
        elif isinstance(event, StepsDone) and self._bar is not None and event.losses:
            self._bar.set_postfix_str(f"loss {event.losses[-1]:.3f}, {event.images_per_s:,.0f} images/s", refresh=False)
            self._bar.update(event.last_step - self._bar.n)

    def write(self, line: str) -> None:
        """Print `line` on stdout, above the bar."""
        if self._bar is None:
            print(line, flush=True)
        else:
            tqdm.write(line, file=sys.stdout)
            sys.stdout.flush()


@contextmanager
def stopping_at_signals(
    control: RunControl, says: str = "Stopping after this step; the result is kept."
) -> Iterator[list[int]]:
    """Let Ctrl-C and SIGTERM stop the run in order while inside; the signals that came are in the list."""
    caught: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if caught:
            raise KeyboardInterrupt
        caught.append(number)
        print(f"\n{says} Ctrl-C again leaves at once.", file=sys.stderr)
        control.stop()

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _plain(text: str) -> str:
    return text.replace(units.THIN, " ")
