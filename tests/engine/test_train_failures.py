"""Runs that break or cannot begin: each ends in one event with a sentence."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.events import RunEnded, RunFailed

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from explorer.arch.spec import Head, NetworkSpec, VGGBlock  # noqa: E402
from explorer.engine.data import DataSet, load  # noqa: E402
from explorer.engine.learner import Learner  # noqa: E402
from explorer.engine.state import is_finite  # noqa: E402
from explorer.engine.train import train  # noqa: E402
from tests.engine.run_samples import CONFIG, SPEC, Kept, steps_of  # noqa: E402

if TYPE_CHECKING:
    from torch import Tensor


@pytest.fixture(scope="module")
def data() -> DataSet:
    return load(CONFIG.data, SPEC)


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


def test_a_state_that_is_not_finite_is_never_kept(data: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss of a step is that before its update: an update may spoil the weights and the figures still look well."""
    kept, step = Kept(), Learner.step

    def spoil(self: Learner, *args: Any) -> tuple[Tensor, Tensor]:
        found = step(self, *args)
        if len(kept.states) == 1:
            next(self.model.parameters()).data.fill_(math.inf)
        return found

    monkeypatch.setattr(Learner, "step", spoil)
    monkeypatch.setattr("explorer.engine.train.REPORT_EVERY_S", 0.0)
    events = list(train(SPEC, CONFIG, data=data, save=kept, save_every_s=0.0))
    last = events[-1]
    assert isinstance(last, RunFailed)
    assert last.kind == "not_finite"
    assert len(kept.states) == 1
    assert is_finite(kept.states[0])
