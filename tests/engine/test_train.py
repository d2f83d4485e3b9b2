"""The training loop: its events and their order, and what it computes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from explorer.runs.config import DataConfig
from explorer.runs.events import Evaluated, RunEnded, RunStarted, StepsDone

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from explorer.arch.spec import Head  # noqa: E402
from explorer.engine.batches import Batches, training_batches  # noqa: E402
from explorer.engine.build import build  # noqa: E402
from explorer.engine.checkpoint import model_weights  # noqa: E402
from explorer.engine.data import DataSet, load  # noqa: E402
from explorer.engine.learner import Learner  # noqa: E402
from explorer.engine.rescale import resized  # noqa: E402
from explorer.engine.train import train  # noqa: E402
from explorer.engine.training_form import QuickDropout, training_form  # noqa: E402
from tests.engine.run_samples import CONFIG, SPEC, STEPS_PER_EPOCH, Kept, steps_of  # noqa: E402


@pytest.fixture(scope="module")
def data() -> DataSet:
    return load(CONFIG.data, SPEC)


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
    x = resized(data.test_images.float(), (16, 16)).round()
    mean, scale = (torch.tensor(v).view(1, 3, 1, 1) for v in (data.mean, data.deviation))
    with torch.no_grad():
        scores = model((x - mean) / scale)
    assert evaluated.loss == pytest.approx(torch.nn.functional.cross_entropy(scores, data.test_labels).item(), rel=1e-4)
    assert evaluated.accuracy == pytest.approx((scores.argmax(1) == data.test_labels).float().mean().item())


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


def test_the_accuracy_of_a_bf16_run_is_that_of_its_float32_weights(
    data: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.engine.devices.supported_precisions", lambda device: ("float32", "bf16"))
    kept = Kept()
    events = list(train(SPEC, replace(CONFIG, precision="bf16", epochs=1), data=data, save=kept))
    (told,) = [event for event in events if isinstance(event, Evaluated)]
    network = build(SPEC).eval()
    network.load_state_dict(model_weights(kept.states[-1]))
    _, batches = training_batches(data, SPEC.input, CONFIG, torch.device("cpu"))
    ((images_NCHW, labels_N),) = batches.in_order(data.num_test)
    with torch.inference_mode():
        scores_NK = network(images_NCHW)
    assert told.accuracy == (scores_NK.argmax(1) == labels_N).double().mean().item()
    assert told.loss == pytest.approx(torch.nn.functional.cross_entropy(scores_NK, labels_N).item(), rel=1e-5)


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
