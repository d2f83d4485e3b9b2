"""The runner: everything on record before it is told, everything that goes wrong an event, and runs that go on."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.engine import runner
from explorer.engine.checkpoint import read_state
from explorer.engine.data import DataSet
from explorer.engine.learner import Learner
from explorer.engine.runner import run_recorded, weights
from explorer.errors import DataError, RunError
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.database import StoreError
from explorer.runs.events import (
    CheckpointNotSaved,
    CheckpointSaved,
    Evaluated,
    RunEnded,
    RunEvent,
    RunFailed,
    RunStarted,
    StepsDone,
)
from explorer.runs.history import History
from explorer.runs.store import RunStore

pytestmark = pytest.mark.torch

SPEC = NetworkSpec(
    InputShape(1, 8, 8),
    (VGGBlock(1, 4, norm="batch"), VGGBlock(2, 8)),
    head=Head(hidden=(16,), dropout=0.5),
    num_classes=3,
    name="tiny",
)
CONFIG = TrainConfig(
    data=DataConfig("synthetic", flip=True, crop_padding=1),
    learning_rate=0.05, epochs=3, batch_size=8, device="cpu", precision="float32",
)  # fmt: skip


def pictures(seed: int = 0) -> DataSet:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(60) % 3
    images = torch.randint(0, 256, (60, 1, 8, 8), generator=generator, dtype=torch.uint8)
    return DataSet(
        "synthetic",
        "Random dots",
        ("a", "b", "c"),
        3,
        images,
        labels,
        images[:20],
        labels[:20],
        (127.5,),
        (74.0,),
        f"f{seed}",
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path / "store") as opened:
        yield opened


def train_all(store: RunStore, config: TrainConfig = CONFIG, **more: Any) -> list[RunEvent]:
    return list(run_recorded(store, SPEC, config, RunControl(), **{"data": pictures(), **more}))


def resume(store: RunStore, run_id: int, config: TrainConfig | None = None, **more: Any) -> list[RunEvent]:
    return list(run_recorded(store, None, config, RunControl(), resume_run=run_id, **{"data": pictures(), **more}))


def begin(store: RunStore, num_checkpoints: int, config: TrainConfig = CONFIG) -> int:
    """A run that was left right after so many checkpoints; its number."""
    run = run_recorded(store, SPEC, config, RunControl(), data=pictures())
    for event in run:
        num_checkpoints -= isinstance(event, CheckpointSaved)
        if not num_checkpoints:
            break
    run.close()
    assert run.record is not None
    return run.record.id


def failed(events: list[RunEvent]) -> RunFailed:
    last = events[-1]
    assert isinstance(last, RunFailed)
    return last


def curves(store: RunStore, run_id: int) -> dict[str, bytes]:
    history = History(store.events(run_id))
    timed = {"times", "images_per_s", "eval_times"}
    return {
        name: column.tobytes()
        for name, column in vars(history).items()
        if isinstance(column, array) and name not in timed
    }


def newest_tensors(store: RunStore, run_id: int) -> dict[str, bytes]:
    newest = store.checkpoints(run_id)[0]
    state = read_state(newest.path, sha256=newest.sha256)
    return {name: tensor.numpy().tobytes() for name, tensor in state.tensors.items()}


def test_each_event_is_on_record_before_it_is_told(store: RunStore) -> None:
    run = run_recorded(store, SPEC, CONFIG, RunControl(), name="first", note="a try", data=pictures())
    assert store.runs() == []  # nothing happens before the first event is asked for
    told = []
    for event in run:
        told.append(event)
        assert run.record is not None
        assert store.events(run.record.id) == told
    assert isinstance(told[0], RunStarted)
    assert isinstance(told[-1], RunEnded)
    (found,) = store.runs()
    assert (found.name, found.note, found.status, found.data_fingerprint) == ("first", "a try", "finished", "f0")
    assert set(found.versions) == {"explorer", "python", "torch", "numpy", "platform"}
    assert found.versions["torch"] == torch.__version__
    assert found.best_accuracy == max(event.accuracy for event in told if isinstance(event, Evaluated))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"optimizer": "adamw", "learning_rate": 0.004, "schedule": "cosine"},
        {"optimizer": "adam", "schedule": "step", "label_smoothing": 0.1},
        {"schedule": "plateau", "plateau_patience": 1, "nesterov": False},
    ],
    ids=["sgd one-cycle", "adamw cosine", "adam step", "plateau"],
)
def test_a_resumed_run_is_the_uninterrupted_one_bit_for_bit(store: RunStore, change: dict[str, Any]) -> None:
    config = replace(CONFIG, **change)
    train_all(store, config)
    broken = begin(store, 2, config)
    assert store.get(broken).status == "interrupted"
    events = resume(store, broken)
    assert isinstance(events[0], RunStarted)
    assert events[0].start_step == 16
    assert curves(store, broken) == curves(store, 1)
    assert newest_tensors(store, broken) == newest_tensors(store, 1)
    assert store.get(broken).best_accuracy == store.get(1).best_accuracy


def test_a_stopped_run_keeps_its_result_and_goes_on_bit_for_bit(store: RunStore) -> None:
    train_all(store)
    control = RunControl()
    run = run_recorded(store, SPEC, CONFIG, control, data=pictures())
    for event in run:
        if isinstance(event, StepsDone):
            control.stop()
    assert store.get(2).status == "stopped"
    assert weights(store, 2)
    resume(store, 2)
    assert curves(store, 2) == curves(store, 1)
    assert newest_tensors(store, 2) == newest_tensors(store, 1)


def test_a_run_goes_on_from_the_one_before_when_the_newest_checkpoint_is_damaged(store: RunStore) -> None:
    train_all(store)
    broken = begin(store, 2)
    newest, previous = store.checkpoints(broken)
    content = bytearray(newest.path.read_bytes())
    content[-1] ^= 1
    newest.path.write_bytes(content)
    events = resume(store, broken)
    assert isinstance(events[0], RunStarted)
    assert events[0].start_step == previous.step == 8
    assert curves(store, broken) == curves(store, 1)


def test_a_run_without_any_whole_checkpoint_says_so(store: RunStore) -> None:
    broken = begin(store, 2)
    for known in store.checkpoints(broken):
        known.path.write_bytes(b"")
    assert "No checkpoint of the run “tiny” is whole" in failed(resume(store, broken)).message


def test_a_run_that_was_never_begun_begins(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    events = resume(store, run.id)
    assert isinstance(events[0], RunStarted)
    assert events[0].start_step == 0
    assert store.get(run.id).status == "finished"


def test_a_finished_run_goes_on_with_more_epochs(store: RunStore) -> None:
    train_all(store)
    assert "has finished its 3 epochs" in failed(resume(store, 1)).message
    assert store.get(1).status == "finished"
    events = resume(store, 1, replace(CONFIG, epochs=4))
    assert isinstance(events[0], RunStarted)
    assert (events[0].start_step, events[0].num_steps) == (24, 32)
    assert (store.get(1).status, store.get(1).config.epochs) == ("finished", 4)
    assert len(History(store.events(1))) == 32


def test_a_run_whose_loss_was_not_a_number_goes_on_from_its_kept_epoch_with_a_lower_rate(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Learner.step

    def blow_up(
        self: Learner, images: torch.Tensor, labels: torch.Tensor, rate: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        loss, correct = step(self, images, labels, rate)
        return (loss * math.nan if len(History(store.events(1)).eval_steps) else loss), correct

    monkeypatch.setattr(Learner, "step", blow_up)
    last = failed(train_all(store))
    assert (last.kind, store.get(1).status) == ("not_finite", "failed")
    monkeypatch.undo()
    lower = replace(CONFIG, learning_rate=CONFIG.learning_rate / 10)
    events = resume(store, 1, lower)
    assert isinstance(events[0], RunStarted)
    assert events[0].start_step == 8
    assert (store.get(1).status, store.get(1).config) == ("finished", lower)
    rates = History(store.events(1)).learning_rates
    assert len(rates) == 24
    assert max(rates[8:]) < max(rates[:8])


@pytest.mark.parametrize(
    ("config", "path"),
    [
        (replace(CONFIG, batch_size=4), "batch_size"),
        (replace(CONFIG, optimizer="adam"), "optimizer"),
        (replace(CONFIG, data=replace(CONFIG.data, flip=False)), "data"),
    ],
)
def test_a_run_does_not_go_on_with_another_recipe(store: RunStore, config: TrainConfig, path: str) -> None:
    broken = begin(store, 1)
    last = failed(resume(store, broken, config))
    assert last.kind == "config"
    assert f"{path} was" in last.message
    assert store.get(broken).config == CONFIG


def test_a_run_does_not_go_on_with_other_pictures_or_another_network(store: RunStore) -> None:
    broken = begin(store, 1)
    last = failed(resume(store, broken, data=pictures(1)))
    assert (last.kind, "other pictures" in last.message) == ("data", True)
    other = replace(SPEC, head=Head(hidden=()))
    last = failed(list(run_recorded(store, other, None, RunControl(), resume_run=broken, data=pictures())))
    assert "has another network" in last.message


def test_a_run_that_is_live_elsewhere_is_not_taken_up(store: RunStore) -> None:
    broken = begin(store, 1)
    with RunStore(store.path) as other:
        other.claim(broken)
        assert "already going on" in failed(resume(store, broken)).message
        other.release(broken)
    assert not isinstance(resume(store, broken)[-1], RunFailed)


def test_a_run_that_does_not_exist_or_was_deleted_is_an_event(store: RunStore) -> None:
    assert "There is no run 9" in failed(resume(store, 9)).message
    broken = begin(store, 1)
    store.delete(broken)
    assert "was deleted" in failed(resume(store, broken)).message


def test_the_best_and_the_last_weights_are_kept(store: RunStore) -> None:
    events = train_all(store, replace(CONFIG, epochs=6))
    best = [event.step for event in events if isinstance(event, CheckpointSaved) and event.is_best][-1]
    kept = {record.step: record for record in store.checkpoints(1) if record.path.exists()}
    for is_best, step in ((True, best), (False, 48)):
        found = weights(store, 1, best=is_best)
        state = read_state(kept[step].path, sha256=kept[step].sha256)
        assert all(torch.equal(tensor, state.tensors[f"model.{name}"]) for name, tensor in found.items())
        assert "features.0.weight" in found


def test_weights_of_a_run_without_any_are_a_sentence(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    with pytest.raises(RunError, match="has kept no weights"):
        weights(store, run.id)


# What goes wrong


def replaced_train(monkeypatch: pytest.MonkeyPatch, *script: RunEvent | Exception) -> None:
    def train(*_args: Any, **_more: Any) -> Iterator[RunEvent]:
        for step in script:
            if isinstance(step, Exception):
                raise step
            yield step

    monkeypatch.setattr(runner, "train", train)


STARTED = RunStarted(24, 8, 60, 20, "cpu", "float32", 100)
STEP = StepsDone(1, 1, (1.0, 1.0), (0.5, 0.5), (0.1, 0.1), 10.0, 0.1)


@pytest.mark.parametrize(
    ("error", "kind", "says", "has_details"),
    [
        (DataError("The labels end early."), "data", "The labels end early.", False),
        (MemoryError(), "memory", "Memory ran out", False),
        (torch.OutOfMemoryError("CUDA out of memory"), "memory", "Memory ran out", False),
        (OSError(28, "No space left on device"), "disk", "The disk is full", False),
        (ZeroDivisionError("a slip"), "bug", "ZeroDivisionError", True),
    ],
)
def test_an_exception_is_the_last_event_and_is_kept(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: str, says: str, *, has_details: bool
) -> None:
    replaced_train(monkeypatch, STARTED, STEP, error)
    events = train_all(store)
    last = failed(events)
    assert (last.kind, last.step, bool(last.details)) == (kind, 2, has_details)
    assert says in last.message
    assert events == store.events(1)
    assert store.get(1).status == "failed"
    assert store.get(1).message == last.message


def test_a_full_disk_under_the_store_ends_the_run_and_the_next_one_starts(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced_train(monkeypatch, STARTED, STEP, STEP)
    append, calls = store.append, []

    def full(run_id: int, events: Any) -> int:
        calls.append(events)
        if len(calls) >= 2:
            raise StoreError("The disk is full: the run could not be written.", is_disk_full=True)
        return append(run_id, events)

    monkeypatch.setattr(store, "append", full)
    last = failed(train_all(store))
    assert (last.kind, last.message) == ("disk", "The disk is full: the run could not be written.")
    monkeypatch.setattr(store, "append", append)
    assert store.get(1).status == "interrupted"  # not failed: that could not be written either
    replaced_train(monkeypatch, STARTED, RunEnded("finished", 24, 3, 0.5, 1.0))
    assert isinstance(train_all(store)[-1], RunEnded)


def test_a_full_disk_under_the_checkpoints_does_not_end_the_run(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any, **_more: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("explorer.engine.checkpoint.write_state", full)
    events = train_all(store)
    messages = [event.message for event in events if isinstance(event, CheckpointNotSaved)]
    assert len(messages) == 3
    assert messages[1].startswith("The disk is full: weights of epoch 2 were not kept")
    assert isinstance(events[-1], RunEnded)


def test_a_store_that_cannot_be_used_is_an_event(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.close()
    assert "is closed" in failed(train_all(store)).message
