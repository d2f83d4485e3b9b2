"""The training loop: its events and their order, stopping, pausing, going on, failing, and what it computes."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.events import (
    CheckpointNotSaved,
    CheckpointSaved,
    Evaluated,
    RunContinued,
    RunEnded,
    RunEvent,
    RunFailed,
    RunPaused,
    RunStarted,
    StepsDone,
)

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock  # noqa: E402
from explorer.engine import train as train_module  # noqa: E402
from explorer.engine.build import build  # noqa: E402
from explorer.engine.data import DataSet, load  # noqa: E402
from explorer.engine.learner import Learner  # noqa: E402
from explorer.engine.state import TrainState  # noqa: E402
from explorer.engine.train import train  # noqa: E402
from explorer.engine.training_form import QuickDropout, training_form  # noqa: E402

SPEC = NetworkSpec(
    InputShape(3, 16, 16), (VGGBlock(1, 8, norm="batch"), VGGBlock(1, 8)), Head((16,), 0.3), num_classes=8
)
CONFIG = TrainConfig(
    data=DataConfig("synthetic", train_limit=100, test_limit=40, flip=True, crop_padding=2),
    learning_rate=0.05, epochs=3, batch_size=16, precision="float32", device="cpu",
)  # fmt: skip
STEPS_PER_EPOCH = 7


@pytest.fixture(scope="module")
def data() -> DataSet:
    return load(CONFIG.data, SPEC)


class Kept:
    """Keeps copies of the states that a run hands over."""

    def __init__(self) -> None:
        self.states: list[TrainState] = []
        self.best: list[int] = []

    def __call__(self, state: TrainState, *, step: int, epoch: int, is_best: bool) -> CheckpointSaved:
        tensors = {name: tensor.clone() for name, tensor in state.tensors.items()}
        self.states.append(TrainState(tensors, dict(state.meta)))
        if is_best:
            self.best.append(step)
        return CheckpointSaved(step, epoch, f"{step}", "", is_best)


def steps_of(events: list[RunEvent]) -> list[tuple[float, float, float]]:
    return [
        row
        for event in events
        if isinstance(event, StepsDone)
        for row in zip(event.losses, event.accuracies, event.learning_rates, strict=True)
    ]


def test_a_run_tells_its_start_every_step_an_evaluation_an_epoch_and_its_end(data: DataSet) -> None:
    events = list(train(SPEC, CONFIG, data=data))
    first, last = events[0], events[-1]
    assert isinstance(first, RunStarted)
    assert (first.num_steps, first.steps_per_epoch, first.num_train, first.num_test) == (21, STEPS_PER_EPOCH, 100, 40)
    assert first.num_parameters == sum(p.numel() for p in build(SPEC).parameters())
    done = [event for event in events if isinstance(event, StepsDone)]
    assert [step for event in done for step in range(event.first_step, event.last_step + 1)] == list(range(1, 22))
    assert all(event.epoch == (event.last_step - 1) // STEPS_PER_EPOCH + 1 for event in done)
    assert all(event.epoch == (event.first_step - 1) // STEPS_PER_EPOCH + 1 for event in done)
    evaluated = [event for event in events if isinstance(event, Evaluated)]
    assert [(event.step, event.epoch) for event in evaluated] == [(7, 1), (14, 2), (21, 3)]
    best = max(event.accuracy for event in evaluated)
    assert isinstance(last, RunEnded)
    assert (last.reason, last.step, last.epoch, last.best_accuracy) == ("finished", 21, 3, best)
    times = [event.elapsed_s for event in events if isinstance(event, StepsDone | Evaluated | RunEnded)]
    assert times == sorted(times)


def test_a_step_computes_what_plain_torch_computes(data: DataSet) -> None:
    spec = replace(SPEC, head=replace(SPEC.head, dropout=0.0))
    config = replace(CONFIG, epochs=1, schedule="constant", data=replace(CONFIG.data, flip=False, crop_padding=0))
    found = steps_of(list(train(spec, config, data=data)))
    learner = Learner(spec, config, torch.device("cpu"), "float32")
    model, optimizer = learner.model, torch.optim.SGD(learner.model.parameters(), 0.05, 0.9, 0, 5e-4, nesterov=True)
    from explorer.engine.batches import Batches

    batches = Batches(data.train_images, data.train_labels, data, spec.input, torch.device("cpu"))
    for (loss, accuracy, rate), (x, y) in zip(found, batches.shuffled(16, config.data, seed=0, epoch=0), strict=True):
        scores = model(x)
        expected = torch.nn.functional.cross_entropy(scores, y)
        assert loss == pytest.approx(expected.item(), rel=1e-4)
        assert accuracy == pytest.approx((scores.argmax(1) == y).float().mean().item())
        assert rate == 0.05
        optimizer.zero_grad()
        expected.backward()
        optimizer.step()


def test_the_evaluation_is_the_mean_over_the_whole_test_set(data: DataSet) -> None:
    kept = Kept()
    events = list(train(SPEC, replace(CONFIG, epochs=1), data=data, save=kept))
    evaluated = next(event for event in events if isinstance(event, Evaluated))
    model = build(SPEC)
    weights = {n.removeprefix("model."): t for n, t in kept.states[0].tensors.items() if n.startswith("model.")}
    model.load_state_dict(weights)
    model.eval()
    from explorer.engine.rescale import resized

    x = resized(data.test_images.float(), (16, 16)).round()
    mean, scale = (torch.tensor(v).view(1, 3, 1, 1) for v in (data.mean, data.deviation))
    with torch.no_grad():
        scores = model((x - mean) / scale)
    assert evaluated.loss == pytest.approx(torch.nn.functional.cross_entropy(scores, data.test_labels).item(), rel=1e-4)
    assert evaluated.accuracy == pytest.approx((scores.argmax(1) == data.test_labels).float().mean().item())


@pytest.mark.parametrize("stop_after", [1, 5, 7, 13])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_run_that_was_stopped_goes_on_bit_for_bit_as_if_it_never_had_been(
    data: DataSet, stop_after: int, optimizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_module, "REPORT_EVERY_S", 0.0)
    config = replace(CONFIG, optimizer=optimizer, learning_rate=0.01)
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


def test_a_loss_that_is_not_a_number_ends_the_run_with_the_step_and_the_rate(data: DataSet) -> None:
    kept = Kept()
    config = replace(CONFIG, learning_rate=5000.0, schedule="constant")
    plain = replace(SPEC, blocks=(VGGBlock(1, 8), VGGBlock(1, 8)))
    events = list(train(plain, config, data=data, save=kept))
    last = events[-1]
    assert isinstance(last, RunFailed)
    assert last.kind == "not_finite"
    assert last.message == f"The loss is not a number since step {last.step}. The rate 5000 is probably too high."
    assert 1 <= last.step <= 21
    assert all(math.isfinite(loss) for loss, _, _ in steps_of(events))
    assert all(torch.isfinite(t).all() for s in kept.states for n, t in s.tensors.items() if n.startswith("model."))


class _Explodes:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def __call__(self, *_: object, **__: object) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), "memory", "Memory ran out with batch 16. .* Use batch 8."),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "memory", "Use batch 8"),
        (MemoryError(), "memory", "are free now"),
        (OSError(28, "No space left on device"), "disk", "The disk is full"),
        (ZeroDivisionError("oh"), "bug", "Training broke: ZeroDivisionError"),
    ],
)
def test_what_breaks_a_step_becomes_the_last_event(
    data: DataSet, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: str, says: str
) -> None:
    monkeypatch.setattr(Learner, "step", _Explodes(error))
    events = list(train(SPEC, CONFIG, data=data))
    last = events[-1]
    assert isinstance(last, RunFailed)
    assert last.kind == kind
    assert re.search(says, last.message)
    assert ("Traceback" in last.details) == (kind == "bug")
    monkeypatch.undo()
    assert isinstance(list(train(SPEC, replace(CONFIG, epochs=1), data=data))[-1], RunEnded)


BAD_RUNS = [
    (SPEC, replace(CONFIG, batch_size=101), "config", "A batch of 101 is larger than the 100 training pictures"),
    (SPEC, replace(CONFIG, data=DataConfig("folder")), "data", "No folder is chosen"),
    (SPEC, replace(CONFIG, data=DataConfig("cifar10", "/nowhere")), "data", "There is no folder"),
    (replace(SPEC, num_classes=9), CONFIG, "data", "has 8 classes, and the network ends in 9"),
    (replace(SPEC, blocks=SPEC.blocks * 3), CONFIG, "network", "pool"),
    (replace(SPEC, head=Head((1_000_000, 1_000_000))), CONFIG, "memory", "Needs .* are free on this device"),
    (SPEC, replace(CONFIG, device="mps"), "config", "no Metal device"),
    (SPEC, replace(CONFIG, precision="fp16"), "config", "fp16 brings nothing on this CPU"),
    (replace(SPEC, blocks=(VGGBlock(1, 4),) * 4 + (VGGBlock(1, 4, norm="batch"),)), CONFIG, "network", ""),
]


@pytest.mark.parametrize(("spec", "config", "kind", "says"), BAD_RUNS, ids=[row[3][:30] or row[2] for row in BAD_RUNS])
def test_a_run_that_cannot_begin_says_why_in_a_single_event(
    spec: NetworkSpec, config: TrainConfig, kind: str, says: str
) -> None:
    if config.device == "mps" and torch.backends.mps.is_available():
        pytest.skip("this computer has one")
    events = list(train(spec, config))
    assert len(events) == 1
    assert isinstance(events[0], RunFailed)
    assert events[0].kind == kind
    assert re.search(says, events[0].message)


def test_a_batch_of_one_cannot_feed_batch_norm_on_one_pixel(data: DataSet) -> None:
    blocks = (VGGBlock(1, 4), VGGBlock(1, 4), VGGBlock(1, 4), VGGBlock(1, 4), VGGBlock(1, 4, norm="batch"))
    spec = replace(SPEC, blocks=(*blocks[:4], replace(blocks[4], pool=replace(blocks[4].pool, kind="none"))))
    last = list(train(spec, replace(CONFIG, batch_size=1), data=data))[-1]
    assert isinstance(last, RunFailed)
    assert "at least two pictures in a batch" in last.message
    # 33 pictures in batches of 16 leave one over, which is left out.
    few = load(replace(CONFIG.data, train_limit=33), spec)
    assert isinstance(list(train(spec, CONFIG, data=few))[-1], RunEnded)


def test_deterministic_runs_repeat_and_the_switch_is_put_back(data: DataSet) -> None:
    config = replace(CONFIG, deterministic=True, epochs=1)
    first, second = (steps_of(list(train(SPEC, config, data=data))) for _ in range(2))
    assert first == second
    assert not torch.are_deterministic_algorithms_enabled()
    assert steps_of(list(train(SPEC, replace(config, seed=1), data=data))) != first


def test_the_faster_order_gives_the_same_scores_and_gradients() -> None:
    spec = replace(SPEC, head=replace(SPEC.head, dropout=0.0))
    torch.manual_seed(0)
    network = build(spec)
    x = torch.randn(6, 3, 16, 16)
    gradients = []
    for form in (network, training_form(network)):
        network.zero_grad()
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.reset_running_stats()
        scores = form(x)
        scores.square().sum().backward()
        gradients.append([scores.detach(), *(p.grad.clone() for p in network.parameters() if p.grad is not None)])
    assert all(torch.allclose(a, b, rtol=1e-5, atol=1e-6) for a, b in zip(*gradients, strict=True))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_quick_dropout_drops_its_share_and_keeps_the_mean(p: float) -> None:
    torch.manual_seed(0)
    y = QuickDropout(p)(torch.ones(400, 501))
    dropped = (y == 0).float().mean().item()
    assert dropped == pytest.approx(p, abs=0.005)
    assert y.mean().item() == pytest.approx(1, abs=0.02)
    assert y.unique().tolist() == pytest.approx([0, 1 / (1 - p)], rel=1e-3)
    torch.manual_seed(0)
    assert torch.equal(QuickDropout(p)(torch.ones(400, 501)), y)


def test_bf16_trains_where_the_cpu_has_it(data: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.engine.devices.supported_precisions", lambda device: ("float32", "bf16"))
    events = list(train(SPEC, replace(CONFIG, precision="bf16", epochs=1), data=data))
    assert isinstance(events[0], RunStarted)
    assert events[0].precision == "bf16"
    assert isinstance(events[-1], RunEnded)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "step", "plateau", "cosine", "one_cycle"])
def test_every_optimizer_learns_a_few_pictures_by_heart_under_every_schedule(optimizer: Any, schedule: Any) -> None:
    config = replace(
        CONFIG, optimizer=optimizer, schedule=schedule, learning_rate=0.05 if optimizer == "sgd" else 0.01, epochs=24,
        label_smoothing=0.05, plateau_patience=99, data=DataConfig("synthetic", train_limit=32, test_limit=16),
    )  # fmt: skip
    losses = [loss for loss, _, _ in steps_of(list(train(replace(SPEC, head=Head((16,), 0.0)), config)))]
    assert sum(losses[-8:]) < 0.8 * sum(losses[:8])


@pytest.mark.gpu
def test_a_cuda_run_goes_through_in_every_precision(data: DataSet) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    from explorer.engine.devices import supported_precisions

    for precision in supported_precisions(torch.device("cuda")):
        events = list(train(SPEC, replace(CONFIG, device="cuda", precision=precision), data=data))
        assert isinstance(events[-1], RunEnded), events[-1]
