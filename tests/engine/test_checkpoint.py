"""Checkpoints: whole or not at all, and believed only with their sum."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
from safetensors import SafetensorError

from explorer.engine.checkpoint import Checkpoints, model_weights, read_state, write_state, write_weights
from explorer.engine.state import TrainState
from explorer.errors import RunError
from explorer.runs.checksum import sha256_of
from explorer.runs.events import CheckpointNotSaved, CheckpointSaved

pytestmark = pytest.mark.torch


def state(seed: int = 0, size: int = 8) -> TrainState:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(size, 4, 3, 3, generator=generator).to(memory_format=torch.channels_last)
    tensors = {
        "model.features.0.weight": weight,
        "model.features.0.bias": torch.randn(size, generator=generator),
        "model.count": torch.tensor(7),
        "model.part": torch.arange(10)[3:5],
        "model.same": weight,
        "optimizer.features.0.weight:momentum_buffer": weight * 2,
        "rng.cpu": torch.get_rng_state(),
    }
    return TrainState(tensors, {"step": seed, "best": None, "loss": float("inf"), "rate": 0.1 + 0.2})


def assert_same(one: TrainState, two: TrainState) -> None:
    assert dict(one.meta) == dict(two.meta)
    assert set(one.tensors) == set(two.tensors)
    for name, tensor in one.tensors.items():
        assert tensor.dtype == two.tensors[name].dtype
        assert torch.equal(tensor, two.tensors[name]), name


def saved(checkpoints: Checkpoints, step: int, *, is_best: bool = False) -> CheckpointSaved:
    event = checkpoints.save(state(step), step=step, epoch=1, is_best=is_best)
    assert isinstance(event, CheckpointSaved)
    checkpoints.prune(event)
    return event


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.safetensors"))


def test_a_state_comes_back_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    sha256 = write_state(path, state())
    assert_same(read_state(path, sha256=sha256), state())
    assert_same(read_state(path), state())  # by the sum beside it
    assert (tmp_path / "a.safetensors.sha256").read_text() == f"{sha256}  a.safetensors\n"


def test_tensors_that_were_read_may_be_changed(tmp_path: Path) -> None:
    write_state(tmp_path / "a", state())
    read_state(tmp_path / "a").tensors["model.count"].add_(1)


def test_the_weights_have_the_names_of_the_module() -> None:
    assert sorted(model_weights(state())) == ["count", "features.0.bias", "features.0.weight", "part", "same"]


def test_exported_weights_are_read_by_safetensors(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.safetensors", model_weights(state()))
    found = safetensors.torch.load_file(tmp_path / "w.safetensors")
    assert torch.equal(found["features.0.weight"], state().tensors["model.features.0.weight"])


def test_every_single_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    sha256 = write_state(path, state())
    content = path.read_bytes()
    for at in range(0, len(content), 97):
        changed = bytearray(content)
        changed[at] ^= 1
        path.write_bytes(changed)
        with pytest.raises(RunError, match="has changed since it was written"):
            read_state(path, sha256=sha256)
    path.write_bytes(content[:-1])
    with pytest.raises(RunError, match="has changed"):
        read_state(path, sha256=sha256)


@pytest.mark.parametrize("content", [b"", b"no weights", safetensors.torch.save({"a": torch.zeros(1)})])
def test_a_file_that_is_no_checkpoint_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(RunError, match="not a checkpoint of this program"):
        read_state(path, sha256=sha256_of(path))


def test_a_missing_file_or_sum_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be read"):
        read_state(tmp_path / "a")
    (tmp_path / "a.sha256").write_text("")
    with pytest.raises(RunError, match="cannot be read"):
        read_state(tmp_path / "a")


def test_the_newest_the_one_before_and_the_best_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step in (10, 20, 30, 40):
        saved(checkpoints, step, is_best=step == 10)
    assert names(tmp_path) == [f"checkpoint-{step:09d}.safetensors" for step in (10, 30, 40)]
    saved(checkpoints, 50, is_best=True)
    assert names(tmp_path) == [f"checkpoint-{step:09d}.safetensors" for step in (40, 50)]
    assert len(list(tmp_path.glob("*.sha256"))) == 2


def test_a_run_that_goes_on_keeps_what_it_went_on_from(tmp_path: Path) -> None:
    first = Checkpoints(tmp_path)
    best, good = saved(first, 10, is_best=True), saved(first, 20)
    bad = saved(first, 30)
    again = Checkpoints(tmp_path)
    again.continue_from(good.file, best=best.file)  # 30 did not verify
    saved(again, 25)
    assert names(tmp_path) == [best.file, good.file, "checkpoint-000000025.safetensors"]
    assert bad.file not in names(tmp_path)


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-000000010.safetensors.part").write_bytes(b"half")
    (tmp_path / ".checkpoint-000000010.safetensors.sha256.abc.tmp").write_bytes(b"half")
    Checkpoints(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(28, "No space left on device"), "The disk is full: weights of epoch 6 were not kept"),
        (SafetensorError("I/O error: No space left on device (os error 28)"), "The disk is full: weights of epoch 6"),
        (OSError(13, "Permission denied"), "you may not write there. The run goes on."),
    ],
)
def test_a_disk_that_refuses_is_an_event_and_the_earlier_checkpoint_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    checkpoints = Checkpoints(tmp_path)
    before = saved(checkpoints, 10)

    def refuse(_tensors: object, path: Path, _metadata: object) -> None:
        path.write_bytes(b"a first part")
        raise error

    monkeypatch.setattr(safetensors.torch, "save_file", refuse)
    event = checkpoints.save(state(20), step=20, epoch=6, is_best=True)
    assert isinstance(event, CheckpointNotSaved)
    assert says in event.message
    assert names(tmp_path) == [before.file]
    assert not list(tmp_path.glob("*.part"))
    read_state(tmp_path / before.file, sha256=before.sha256)


_LIMITED = """
import resource, sys
from pathlib import Path
import torch
from explorer.engine.checkpoint import Checkpoints, read_state
from explorer.engine.state import TrainState
small, large = (TrainState({"model.w": torch.ones(size)}, {}) for size in (10, 1_000_000))
checkpoints = Checkpoints(Path(sys.argv[1]))
first = checkpoints.save(small, step=1, epoch=1, is_best=False)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
print(checkpoints.save(large, step=2, epoch=2, is_best=False).message)
read_state(Path(sys.argv[1]) / first.file, sha256=first.sha256)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_file_that_the_system_cuts_off_is_an_event(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.startswith("The disk is full: weights of epoch 2 were not kept")
    assert names(tmp_path) == ["checkpoint-000000001.safetensors"]
