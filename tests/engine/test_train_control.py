"""The training loop under way: kept, stopped, paused, and going on bit for bit."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from explorer.runs.config import DataConfig
from explorer.runs.control import RunControl
from explorer.runs.events import (
    CheckpointNotSaved,
    CheckpointSaved,
    Evaluated,
    RunContinued,
    RunEnded,
    RunEvent,
    RunPaused,
    RunStarted,
    StepsDone,
)

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock  # noqa: E402
from explorer.engine import devices  # noqa: E402
from explorer.engine import train as train_module  # noqa: E402
from explorer.engine.data import DataSet, load  # noqa: E402
from explorer.engine.state import TrainState  # noqa: E402
from explorer.engine.train import train  # noqa: E402
from tests.engine.run_samples import CONFIG, SPEC, STEPS_PER_EPOCH, Kept, steps_of  # noqa: E402


@pytest.fixture(scope="module")
def data() -> DataSet:
    return load(CONFIG.data, SPEC)


@pytest.mark.parametrize("stop_after", [1, 5, 7, 13])
@pytest.mark.parametrize(("optimizer", "precision"), [("sgd", "float32"), ("sgd", "bf16"), ("adamw", "float32")])
def test_a_run_that_was_stopped_goes_on_bit_for_bit_as_if_it_never_had_been(
    data: DataSet, stop_after: int, optimizer: Any, precision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_module, "REPORT_EVERY_S", 0.0)
    monkeypatch.setattr(devices, "supported_precisions", lambda _device: ("float32", "bf16"))
    config = replace(CONFIG, optimizer=optimizer, precision=precision, learning_rate=0.01)
    whole, first, second = Kept(), Kept(), Kept()
    all_events = list(train(SPEC, config, data=data, save=whole))
    control = RunControl()
    before = []
    for event in train(SPEC, config, data=data, save=first, control=control):
        before.append(event)
        if isinstance(event, StepsDone) and event.last_step >= stop_after:
            control.stop()
    assert isinstance(before[-1], RunEnded)
    assert before[-1].reason == "stopped"
    torch.manual_seed(99)  # what happens in between does not matter
    after = list(train(SPEC, config, data=data, save=second, resume=first.states[-1]))
    assert steps_of(before) + steps_of(after) == steps_of(all_events)
    assert isinstance(after[0], RunStarted)
    assert after[0].start_step == before[-1].step
    results = [(e.loss, e.accuracy, e.is_best) for e in before + after if isinstance(e, Evaluated)]
    assert results == [(e.loss, e.accuracy, e.is_best) for e in all_events if isinstance(e, Evaluated)]
    ends = (whole.states[-1].tensors, second.states[-1].tensors)
    assert ends[0].keys() == ends[1].keys()
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


@pytest.mark.parametrize("began_with_bf16", [True, False])
def test_a_run_goes_on_in_the_format_that_auto_chose_when_it_began(
    data: DataSet, began_with_bf16: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, kept = replace(CONFIG, precision="auto", epochs=2), Kept()
    monkeypatch.setattr(devices, "_has_bf16", lambda: began_with_bf16)
    monkeypatch.setattr(devices, "bf16_speed_up", lambda: 1.4 if began_with_bf16 else 0.5)
    list(train(SPEC, replace(config, epochs=1), data=data, save=kept))
    monkeypatch.setattr(devices, "_has_bf16", lambda: True)
    monkeypatch.setattr(devices, "bf16_speed_up", lambda: 1.4)
    assert precision_of(train(SPEC, config, data=data)) == "bf16"
    expected = "bf16" if began_with_bf16 else "float32"
    assert precision_of(train(SPEC, config, data=data, resume=kept.states[-1])) == expected
    # States that do not tell are of a time when it was float32 on every CPU.
    meta = {name: value for name, value in kept.states[-1].meta.items() if name != "precision"}
    untold = replace(kept.states[-1], meta=meta)
    assert precision_of(train(SPEC, config, data=data, resume=untold)) == "float32"
    wished = replace(config, precision="bf16")
    assert precision_of(train(SPEC, wished, data=data, resume=kept.states[-1])) == "bf16"


def precision_of(events: Iterator[RunEvent]) -> str:
    started = next(events)
    assert isinstance(started, RunStarted), started
    return started.precision


def test_a_plateau_run_remembers_its_reductions_when_it_goes_on(data: DataSet) -> None:
    config = replace(CONFIG, schedule="plateau", plateau_patience=1, learning_rate=1e-6, epochs=5)
    kept = Kept()
    rates = [rate for _, _, rate in steps_of(list(train(SPEC, config, data=data, save=kept)))]
    assert min(rates) < 0.5e-6  # the rate is so small that nothing improves
    again = [rate for _, _, rate in steps_of(list(train(SPEC, config, data=data, resume=kept.states[2])))]
    assert again == rates[3 * STEPS_PER_EPOCH :]


def test_a_finished_run_can_be_given_more_epochs(data: DataSet) -> None:
    kept = Kept()
    list(train(SPEC, replace(CONFIG, epochs=1, schedule="constant"), data=data, save=kept))
    events = list(train(SPEC, replace(CONFIG, epochs=2, schedule="constant"), data=data, resume=kept.states[-1]))
    assert isinstance(events[0], RunStarted)
    assert events[0].start_step == STEPS_PER_EPOCH
    assert isinstance(events[-1], RunEnded)
    assert events[-1].step == 2 * STEPS_PER_EPOCH


def test_a_run_kept_after_its_last_evaluation_ends_at_once(data: DataSet) -> None:
    kept = Kept()
    list(train(SPEC, CONFIG, data=data, save=kept))
    events = list(train(SPEC, CONFIG, data=data, resume=kept.states[-1]))
    assert [type(event) for event in events] == [RunStarted, RunEnded]


def test_the_state_is_kept_after_each_evaluation_with_the_best_marked_and_once_each(data: DataSet) -> None:
    kept = Kept()
    events = list(train(SPEC, CONFIG, data=data, save=kept))
    assert [state.meta["step"] for state in kept.states] == [7, 14, 21]
    assert kept.best == [event.step for event in events if isinstance(event, Evaluated) and event.is_best]
    for index, event in enumerate(events):
        if isinstance(event, CheckpointSaved):
            assert isinstance(events[index - 1], Evaluated)


def test_the_state_is_kept_between_evaluations_when_time_has_passed(
    data: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_module, "REPORT_EVERY_S", 0.0)
    kept = Kept()
    list(train(SPEC, replace(CONFIG, epochs=1), data=data, save=kept, save_every_s=0.0))
    assert [state.meta["step"] for state in kept.states] == list(range(1, 8))  # the seventh only once, evaluated or not


def test_a_state_that_could_not_be_kept_is_told_and_the_run_goes_on(data: DataSet) -> None:
    def full(state: TrainState, *, step: int, epoch: int, is_best: bool) -> CheckpointNotSaved:
        return CheckpointNotSaved(step, "The disk is full.")

    events = list(train(SPEC, CONFIG, data=data, save=full))
    assert sum(isinstance(event, CheckpointNotSaved) for event in events) >= 3
    assert isinstance(events[-1], RunEnded)


def waiting(events: Iterator[RunEvent], found: list[RunEvent]) -> threading.Thread:
    thread = threading.Thread(target=lambda: found.extend(events))
    thread.start()
    return thread


def wait_for(found: list[RunEvent], kind: type, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not any(isinstance(event, kind) for event in found):
        assert time.monotonic() < deadline, f"no {kind.__name__} in time"
        time.sleep(0.005)


def test_a_pause_waits_and_its_time_does_not_count(data: DataSet) -> None:
    control, kept = RunControl(), Kept()
    found: list[RunEvent] = []
    thread = waiting(train(SPEC, replace(CONFIG, epochs=10_000), data=data, control=control, save=kept), found)
    wait_for(found, StepsDone)
    control.pause()
    wait_for(found, RunPaused)
    count = len(found)
    time.sleep(0.4)
    assert len(found) == count
    paused = next(event for event in found if isinstance(event, RunPaused))
    assert kept.states[-1].meta["step"] == paused.step  # a paused run is safe
    control.resume()
    wait_for(found, RunContinued)
    control.stop()
    thread.join(5)
    continued = next(event for event in found if isinstance(event, RunContinued))
    assert continued.step == paused.step
    assert continued.elapsed_s - paused.elapsed_s < 0.2
    assert isinstance(found[-1], RunEnded)


def test_a_paused_run_that_is_stopped_ends_without_going_on(data: DataSet) -> None:
    control = RunControl()
    found: list[RunEvent] = []
    thread = waiting(train(SPEC, replace(CONFIG, epochs=10_000), data=data, control=control), found)
    wait_for(found, StepsDone)
    control.pause()
    wait_for(found, RunPaused)
    control.stop()
    thread.join(5)
    assert [type(event) for event in found[-2:]] == [RunPaused, RunEnded]


SLOW = NetworkSpec(InputShape(3, 160, 160), (VGGBlock(2, 32), VGGBlock(2, 64), VGGBlock(2, 64)), Head((64,)), 8)


@pytest.mark.parametrize("delay_s", [0.2, 1.5])
def test_a_run_with_steps_of_seconds_stops_within_one_and_leaves_no_half_step(data: DataSet, delay_s: float) -> None:
    control, kept = RunControl(), Kept()
    found: list[RunEvent] = []
    config = replace(CONFIG, batch_size=64, epochs=5)
    thread = waiting(train(SLOW, config, data=data, control=control, save=kept), found)
    wait_for(found, RunStarted)
    time.sleep(delay_s)
    asked = time.monotonic()
    control.stop()
    thread.join(20)
    assert time.monotonic() - asked < 1.0
    assert isinstance(found[-1], RunEnded)
    assert found[-1].reason == "stopped"
    assert kept.states[-1].meta["step"] == found[-1].step


def test_a_run_stops_within_a_second_in_the_middle_of_an_evaluation() -> None:
    config = replace(CONFIG, data=DataConfig("synthetic", train_limit=16), epochs=5)
    spec = replace(SPEC, input=InputShape(3, 96, 96))
    control, kept = RunControl(), Kept()
    found: list[RunEvent] = []
    thread = waiting(train(spec, config, control=control, save=kept), found)
    wait_for(found, StepsDone)
    asked = time.monotonic()
    control.stop()
    thread.join(20)
    assert time.monotonic() - asked < 1.0
    assert not any(isinstance(event, Evaluated) for event in found)
    assert kept.states[-1].meta["evaluated_step"] == 0
    # What was missed is made up for when the run goes on.
    events = train(spec, replace(config, data=replace(config.data, test_limit=10)), resume=kept.states[-1])
    assert [type(next(events)), type(next(events))] == [RunStarted, Evaluated]
