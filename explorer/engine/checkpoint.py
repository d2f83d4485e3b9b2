"""Checkpoints: one safetensors file per state, written whole or not at all, and believed only if its SHA-256 is right.

A damaged file of weights often loads without a word, so every file is checked against the sum that was taken when it
was written. The sum is in the run store and, for `sha256sum -c`, in a file beside it. Nothing is ever unpickled.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError

from explorer.atomic import reason, write_atomically
from explorer.engine.state import MODEL_PREFIX, TrainState
from explorer.errors import FileError, RunError
from explorer.runs.checksum import sha256_of
from explorer.runs.events import CheckpointNotSaved, CheckpointSaved

_log = logging.getLogger(__name__)
_FORMAT = "1"
_UNFINISHED = ".part"
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)
# safetensors says "... (os error 28)" in place of an errno; 112 and 39 are Windows' words for a full disk.
_FULL_TEXTS = tuple(f"os error {number})" for number in (*_FULL, 112, 39))


class Checkpoints:
    """The checkpoints in one run's folder: the newest, the one before it, and the best."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._newest: str | None = None
        self._previous: str | None = None
        self._best: str | None = None
        for leftover in (*folder.glob(f"*{_UNFINISHED}"), *folder.glob(".*.tmp")):  # of a killed process
            _unlink(leftover)

    def continue_from(self, newest: str, *, best: str | None) -> None:
        """Take the file that the run goes on from, and that of its best weights, as those to keep."""
        self._newest, self._best = newest, best

    def save(self, state: TrainState, *, step: int, epoch: int, is_best: bool) -> CheckpointSaved | CheckpointNotSaved:
        """The event that tells what became of `state`. A disk that is full or read-only does not raise."""
        name = f"checkpoint-{step:09d}.safetensors"
        try:
            sha256 = write_state(self._folder / name, state)
        except (OSError, FileError, SafetensorError) as error:
            _log.warning("checkpoint of step %d: %s", step, error)
            return CheckpointNotSaved(step, _not_saved(error, epoch, self._folder))
        return CheckpointSaved(step, epoch, name, sha256, is_best)

    def prune(self, saved: CheckpointSaved) -> None:
        """Remove the files that `saved` makes unnecessary. Call it when `saved` is on record, not before."""
        if saved.file != self._newest:
            self._previous, self._newest = self._newest, saved.file
        if saved.is_best:
            self._best = saved.file
        keep = {self._newest, self._previous, self._best}
        for path in self._folder.glob("checkpoint-*.safetensors"):
            if path.name not in keep:
                _remove(path)


def write_state(path: Path, state: TrainState) -> str:
    """The SHA-256 of the file `path`, which holds `state` and is on the disk when this returns.

    Raises OSError, FileError or SafetensorError; the checkpoint that was there before, if any, is then untouched.
    """
    metadata = {"format": _FORMAT, "meta": json.dumps(dict(state.meta))}
    unfinished = path.with_name(path.name + _UNFINISHED)
    tensors = _separate(state.tensors)
    try:
        safetensors.torch.save_file(tensors, unfinished, metadata)
        _sync(unfinished)
        sha256 = sha256_of(unfinished)
        unfinished.replace(path)
        write_atomically(_sum_file(path), f"{sha256}  {path.name}\n".encode())  # this also makes the new names durable
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return sha256


def write_weights(path: Path, weights: Mapping[str, torch.Tensor]) -> None:
    """`path` holds `weights` afterwards, for any program that reads safetensors. Raises FileError."""
    write_atomically(path, safetensors.torch.save(_separate(weights), {"format": "pt"}))


def read_state(path: Path, *, sha256: str | None = None) -> TrainState:
    """The state in the file `path`, after its sum was found to be `sha256` (or that of the file beside it).

    Raises RunError when the file is missing, changed, or of a newer version.
    """
    try:
        expected = sha256 or _sum_file(path).read_text(encoding="ascii").split()[0]
        content = path.read_bytes()
    except (OSError, ValueError, IndexError) as error:
        raise RunError(f"The checkpoint {path} cannot be read: {error}.") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise RunError(f"The checkpoint {path} has changed since it was written, so it is not used.")
    try:
        metadata = _metadata(content)
        meta = json.loads(metadata["meta"])
        tensors = safetensors.torch.load(content)
    except (SafetensorError, KeyError, ValueError) as error:
        raise RunError(f"{path} is not a checkpoint of this program: {error}.") from error
    if metadata.get("format") != _FORMAT:
        message = f"The checkpoint {path} was written by a newer version of this program. Update the program."
        raise RunError(message)
    return TrainState(tensors, meta)


def model_weights(state: TrainState) -> dict[str, torch.Tensor]:
    """The network's weights and buffers in `state`, under the names of its module."""
    return {
        name.removeprefix(MODEL_PREFIX): tensor
        for name, tensor in state.tensors.items()
        if name.startswith(MODEL_PREFIX)
    }


def _metadata(content: bytes) -> Mapping[str, str]:
    """The text entries in the head of a safetensors file: 8 bytes of length, then JSON."""
    length = int.from_bytes(content[:8], "little")
    found: dict[str, str] = json.loads(content[8 : 8 + length]).get("__metadata__", {})
    return found


def _separate(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Each tensor plain in the CPU's memory and in a storage of its own, as safetensors wants them."""
    plain: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for name, tensor in tensors.items():
        copy = tensor.detach().to("cpu").contiguous()
        storage = copy.untyped_storage()
        if storage.data_ptr() in seen or storage.nbytes() != copy.numel() * copy.element_size():
            copy = copy.clone()
        seen.add(copy.untyped_storage().data_ptr())
        plain[name] = copy
    return plain


def _sum_file(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    for file in (path, _sum_file(path)):
        _unlink(file)


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:  # a virus scanner may hold it; it goes with the next one
        _log.warning("%s could not be removed: %s", path, error)


def _not_saved(error: Exception, epoch: int, folder: Path) -> str:
    causes = (error, error.__cause__)
    is_full = any(getattr(cause, "errno", None) in _FULL for cause in causes)
    if is_full or any(text in str(error) for text in _FULL_TEXTS):
        return f"The disk is full: weights of epoch {epoch} were not kept in {folder}. The run goes on."
    why = reason(error) if isinstance(error, OSError) else str(error)
    return f"Weights of epoch {epoch} were not kept in {folder}: {why}. The run goes on."
