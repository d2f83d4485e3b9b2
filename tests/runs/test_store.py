"""The run store: what is told to it stays, in one window or in several."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from explorer.arch.spec import InputShape, NetworkSpec, VGGBlock
from explorer.errors import RunError, SpecError
from explorer.runs.checksum import sha256_of
from explorer.runs.config import DataConfig, TrainConfig
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
from explorer.runs.places import default_store_folder
from explorer.runs.store import RunStore

SPEC = NetworkSpec(InputShape(1, 32, 32), (VGGBlock(1, 8), VGGBlock(2, 16)), num_classes=10, name="small")
CONFIG = TrainConfig(data=DataConfig(flip=True, train_limit=100), seed=7, epochs=3)
STARTED = RunStarted(30, 10, 100, 50, "cpu", "float32", 1234)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path) as opened:
        yield opened


def steps(first: int, count: int = 5, loss: float = 1.25) -> StepsDone:
    losses = tuple(loss / step for step in range(first, first + count))
    return StepsDone(first, 1, losses, (0.5,) * count, (0.1,) * count, 1500.0, first * 0.01)


def evaluated(step: int, accuracy: float) -> Evaluated:
    return Evaluated(step, 1, 0.7, accuracy, is_best=True, elapsed_s=1.0)


def test_a_run_comes_back_with_everything_it_was_created_with(tmp_path: Path) -> None:
    with RunStore(tmp_path) as store:
        run = store.create(SPEC, CONFIG, name=" my  run ", note="try", versions={"torch": "2.14"}, data_fingerprint="f")
    with RunStore(tmp_path) as store:
        found = store.get(run.id)
        assert (found.spec, found.config, found.seed) == (SPEC, CONFIG, 7)
        assert (found.name, found.note, found.versions) == ("my run", "try", {"torch": "2.14"})
        assert (found.data_fingerprint, found.status, found.best_accuracy) == ("f", "new", None)
        assert abs(found.created_s - time.time()) < 60
        assert found.folder.is_dir()
        assert store.runs() == [found]


def test_every_kind_of_event_comes_back_as_it_was(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    events: list[RunEvent] = [
        STARTED,
        steps(1),
        StepsDone(6, 1, (0.1, float("inf"), 1e300), (0.0, 1.0, 0.3), (0.1, 0.2, 0.3), 0.0, 0.0),
        StepsDone(9, 1, (), (), (), 0.0, 0.0),
        RunPaused(8, 1.5),
        RunContinued(8, 1.5),
        evaluated(10, 0.8),
        CheckpointSaved(10, 1, "a.safetensors", "00", is_best=True),
        CheckpointNotSaved(20, "The disk is full: “weights” of epoch 2."),
        RunFailed("bug", "It broke.", 20, "Traceback\n  …"),
        RunEnded("stopped", 20, 2, None, 9.25),
    ]
    assert store.append(run.id, events[:4]) == 4
    for number, event in enumerate(events[4:], 5):
        assert store.append(run.id, event) == number
    assert store.events(run.id) == events
    assert store.events(run.id, after=9) == events[9:]


def test_a_loss_that_is_no_number_comes_back_as_such(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    store.append(run.id, StepsDone(1, 1, (float("nan"), 1.0), (0.0, 0.0), (0.1, 0.1), 0.0, 0.0))
    (event,) = store.events(run.id)
    assert isinstance(event, StepsDone)
    assert event.losses[0] != event.losses[0]
    assert event.losses[1] == 1.0


def test_the_record_follows_the_events(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    store.append(run.id, [STARTED, steps(1, 5), evaluated(5, 0.6), evaluated(6, 0.5)])
    found = store.get(run.id)
    assert (found.status, found.device, found.precision) == ("running", "cpu", "float32")
    assert (found.num_parameters, found.num_steps, found.last_step, found.last_epoch) == (1234, 30, 6, 1)
    assert (found.best_accuracy, found.last_loss, found.elapsed_s) == (0.6, 0.25, 1.0)
    store.append(run.id, RunPaused(6, 2.0))
    assert store.get(run.id).status == "paused"
    store.append(run.id, RunFailed("memory", "Too little memory.", 6))
    found = store.get(run.id)
    assert (found.status, found.message, found.num_events) == ("failed", "Too little memory.", 6)


def test_the_test_loss_of_a_run_is_that_of_its_newest_evaluation_which_counts(store: RunStore) -> None:
    empty, run, resumed = (store.create(SPEC, CONFIG) for _ in range(3))
    first, second = replace(evaluated(5, 0.6), loss=1.5), replace(evaluated(10, 0.7), loss=1.1)
    store.append(run.id, [STARTED, steps(1, 5), first, steps(6, 5), second, steps(11, 2)])
    store.append(resumed.id, [STARTED, steps(1, 5), first, steps(6, 5), second])
    assert store.test_losses() == {run.id: 1.1, resumed.id: 1.1}
    store.append(resumed.id, [replace(STARTED, start_step=7), steps(8, 1)])
    assert store.test_losses() == {run.id: 1.1, resumed.id: 1.5}
    assert empty.id not in store.test_losses()
    assert store.test_losses(resumed.id) == {resumed.id: 1.5}
    store.delete(run.id)
    assert store.test_losses() == {resumed.id: 1.5}


def test_a_best_accuracy_that_a_resumed_run_left_behind_does_not_count(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    store.append(run.id, [STARTED, evaluated(10, 0.6), evaluated(20, 0.9), replace(STARTED, start_step=10)])
    assert store.get(run.id).best_accuracy == 0.6


def test_events_of_a_run_that_does_not_exist_are_refused(store: RunStore) -> None:
    with pytest.raises(RunError, match="There is no run 99"):
        store.append(99, STARTED)
    with pytest.raises(RunError, match="There is no run 99"):
        store.rename(99, "x")


def test_a_batch_of_events_is_kept_whole_or_not_at_all(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    with pytest.raises(TypeError):
        store.append(run.id, [STARTED, "no event"])  # type: ignore[list-item]
    assert store.events(run.id) == []
    assert store.get(run.id).num_events == 0


def test_runs_are_renamed_annotated_and_coloured(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    store.rename(run.id, "wider")
    store.annotate(run.id, "多试一次\nsecond line")
    store.set_color(run.id, 5)
    found = store.get(run.id)
    assert (found.name, found.note, found.color_index) == ("wider", "多试一次\nsecond line", 5)


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_has_1_to_200_characters(store: RunStore, name: str) -> None:
    run = store.create(SPEC, CONFIG)
    with pytest.raises(RunError, match="1 to 200 characters"):
        store.rename(run.id, name)


def test_runs_without_a_name_are_numbered_and_coloured_apart(store: RunStore) -> None:
    runs = [store.create(SPEC, CONFIG) for _ in range(3)]
    assert [run.name for run in runs] == ["small", "small 2", "small 3"]
    assert [run.color_index for run in runs] == [0, 1, 2]
    assert len({run.folder for run in runs}) == 3


def test_a_duplicate_has_the_settings_and_none_of_the_events(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG, name="first")
    store.append(run.id, [STARTED, evaluated(10, 0.6)])
    copy = store.duplicate(run.id)
    assert (copy.spec, copy.config, copy.parent_id, copy.name) == (SPEC, CONFIG, run.id, "first 2")
    assert (copy.status, copy.best_accuracy, store.events(copy.id)) == ("new", None, [])


def test_a_deleted_run_can_be_brought_back_until_the_store_closes(tmp_path: Path) -> None:
    with RunStore(tmp_path) as store:
        kept, gone = store.create(SPEC, CONFIG), store.create(SPEC, CONFIG)
        for run in (kept, gone):
            store.append(run.id, RunEnded("finished", 1, 1, 0.5, 1.0))
            store.delete(run.id)
        assert store.runs() == []
        assert [run.id for run in store.runs(deleted=True)] == [kept.id, gone.id]
        store.restore(kept.id)
        assert [run.id for run in store.runs()] == [kept.id]
        assert gone.folder.exists()
    assert not gone.folder.exists()
    with RunStore(tmp_path) as store:
        assert [run.id for run in store.runs()] == [kept.id]
        assert len(store.events(kept.id)) == 1
        with pytest.raises(RunError):
            store.get(gone.id)
        assert store.create(SPEC, CONFIG).id > gone.id


def test_a_deleted_parent_leaves_its_children(tmp_path: Path) -> None:
    with RunStore(tmp_path) as store:
        parent = store.create(SPEC, CONFIG)
        child = store.duplicate(parent.id)
        store.delete(parent.id)
    with RunStore(tmp_path) as store:
        assert store.get(child.id).parent_id is None


def test_a_run_written_by_a_newer_program_is_listed_and_says_so_when_opened(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    with store._database.writing() as connection:
        connection.execute("UPDATE runs SET spec = replace(spec, '\"version\":1', '\"version\":9')")
    (found,) = store.runs()
    assert found.name == run.name
    with pytest.raises(SpecError, match=r"newer|9"):
        _ = found.spec


# Checkpoints


def checkpoint(folder: Path, step: int, *, is_best: bool = False) -> CheckpointSaved:
    path = folder / f"checkpoint-{step}"
    path.write_bytes(b"weights of step %d" % step)
    return CheckpointSaved(step, 1, path.name, sha256_of(path), is_best)


def test_the_latest_checkpoint_is_the_newest_that_verifies(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    assert store.latest_checkpoint(run.id) is None
    store.append(run.id, [checkpoint(run.folder, step, is_best=step == 2) for step in (1, 2, 3)])
    assert [found.step for found in store.checkpoints(run.id)] == [3, 2, 1]
    newest = store.latest_checkpoint(run.id)
    assert newest is not None
    assert (newest.step, newest.is_best) == (3, False)
    newest.path.write_bytes(b"weights of step 9")
    fallback = store.latest_checkpoint(run.id)
    assert fallback is not None
    assert (fallback.step, fallback.is_best) == (2, True)
    fallback.path.unlink()
    (run.folder / "checkpoint-1").write_bytes(b"")
    assert store.latest_checkpoint(run.id) is None


# Two threads, two windows, no process


def test_a_worker_writes_while_the_window_reads(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    errors: list[Exception] = []

    def work() -> None:
        try:
            for number in range(200):
                store.append(run.id, steps(number * 5 + 1))
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    seen = [0]
    while worker.is_alive():
        found = store.get(run.id)
        seen.append(len(store.events(run.id)))
        assert seen[-1] >= found.num_events
        store.annotate(run.id, str(seen[-1]))
    worker.join()
    assert errors == []
    assert seen == sorted(seen)
    assert store.events(run.id) == [steps(number * 5 + 1) for number in range(200)]


def test_two_stores_on_one_folder_see_each_others_runs(tmp_path: Path) -> None:
    with RunStore(tmp_path) as one, RunStore(tmp_path) as two:
        run = one.create(SPEC, CONFIG)
        two.append(run.id, STARTED)
        one.append(run.id, steps(1))
        assert one.events(run.id) == two.events(run.id) == [STARTED, steps(1)]


def test_a_live_run_is_neither_claimed_nor_deleted_nor_marked_by_another_window(tmp_path: Path) -> None:
    with RunStore(tmp_path) as one:
        run = one.create(SPEC, CONFIG)
        one.claim(run.id)
        with RunStore(tmp_path) as two:
            assert two.get(run.id).status == "running"
            assert two.is_live(run.id)
            with pytest.raises(RunError, match="already going on"):
                two.claim(run.id)
            with pytest.raises(RunError, match="Stop it first"):
                two.delete(run.id)
        with pytest.raises(RunError, match="already going on"):
            one.claim(run.id)
        one.append(run.id, RunEnded("stopped", 1, 1, None, 1.0))
        one.release(run.id)
        assert one.get(run.id).status == "stopped"
        one.claim(run.id)


def test_a_run_that_is_given_up_without_an_end_counts_as_interrupted(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    store.claim(run.id)
    store.append(run.id, [STARTED, RunPaused(1, 1.0)])
    store.release(run.id)
    store.release(run.id)
    assert store.get(run.id).status == "interrupted"


_CHILD = """
import os, sys
from pathlib import Path
from explorer.runs.events import RunStarted
from explorer.runs.store import RunStore
store = RunStore(Path(sys.argv[1]))
store.claim(int(sys.argv[2]))
store.append(int(sys.argv[2]), RunStarted(30, 10, 100, 50, "cpu", "float32", 1234))
print("claimed", flush=True)
sys.stdin.read()
"""


def test_a_run_whose_process_was_killed_is_interrupted_and_can_be_taken_up(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    command = [sys.executable, "-c", _CHILD, str(store.path), str(run.id)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "claimed\n"
        assert store.is_live(run.id)
        with pytest.raises(RunError, match="another window"):
            store.claim(run.id)
        child.kill()
        child.wait()
        child.communicate()
    assert store.mark_interrupted() == [run.id]
    assert store.get(run.id).status == "interrupted"
    assert store.events(run.id) == [STARTED]
    store.claim(run.id)
    assert store.get(run.id).status == "running"


# Size


def test_a_hundred_thousand_events_are_written_and_read_in_seconds_and_stay_small(store: RunStore) -> None:
    run = store.create(SPEC, CONFIG)
    # Ten steps an event: a million steps.
    events = [
        StepsDone(10 * n + 1, 1, tuple((n + k) / 1024 for k in range(10)), (0.5,) * 10, (0.1,) * 10, 1e3, n * 0.05)
        for n in range(100_000)
    ]
    begun = time.process_time()  # not the clock on the wall: other work on the machine is none of ours
    for start in range(0, len(events), 1000):
        store.append(run.id, events[start : start + 1000])
    written = time.process_time()
    found = store.events(run.id)
    read = time.process_time()
    assert found == events
    assert written - begun < 10
    assert read - written < 8
    store.close()
    assert (store.path / "runs.sqlite3").stat().st_size < 20_000_000


def test_the_default_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONV_ARCH_HOME", str(tmp_path / "here"))
    assert default_store_folder() == tmp_path / "here"
    monkeypatch.setenv("CONV_ARCH_HOME", " ")
    assert default_store_folder().name == "conv-arch-explorer"
