"""Unsaved edits survive: within a second they lie in a recovery file that the next start takes up."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QLockFile

from explorer.arch.files import spec_from_json, spec_to_json
from explorer.arch.spec import NetworkSpec
from explorer.atomic import write_atomically
from explorer.errors import ExplorerError

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_log = logging.getLogger(__name__)
_FORMAT = "conv-arch-explorer recovery"
_MAX_SLOTS = 64


class Unsaved(NamedTuple):
    """A network with edits that no file has; `saved` is what its file or preset holds."""

    spec: NetworkSpec
    saved: NetworkSpec | None
    title: str
    path: Path | None


class RecoveryFile:
    """One file per running window, guarded by a lock that a crash leaves behind as stale."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: QLockFile | None = None
        self._path: Path | None = None
        self._writer: ThreadPoolExecutor | None = None
        self._pending: Future[None] | None = None

    def take_up(self) -> Unsaved | None:
        """What an earlier window left unsaved, newest first; None if there is nothing that can be read."""
        found = sorted(self._folder.glob("unsaved-*.json"), key=_age, reverse=True)
        for path in found:
            if not self._claim(path):
                continue
            unsaved = _read(path)
            if unsaved is not None:
                return unsaved
            path.unlink(missing_ok=True)
            self._release()
        return None

    def keep(self, unsaved: Unsaved) -> None:
        """Have `unsaved` written in the background."""
        if self._ready():
            if self._writer is None:
                from concurrent.futures import ThreadPoolExecutor

                self._writer = ThreadPoolExecutor(1, thread_name_prefix="recovery")
            self._pending = self._writer.submit(self._write, unsaved)

    def keep_now(self, unsaved: Unsaved) -> None:
        """Write `unsaved` before returning; for the moment after a fault of ours."""
        if self._ready():
            self._write(unsaved)

    def clear(self) -> None:
        """Nothing is unsaved any more."""
        if self._path is None:
            return
        if self._writer is not None:
            self._pending = self._writer.submit(self._path.unlink, missing_ok=True)
        else:
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Wait for the last write and let the next start have the file."""
        if self._writer is not None:
            self._writer.shutdown(wait=True)
            self._writer = None
        self._release()

    def _ready(self) -> bool:
        if self._path is not None:
            return True
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            _log.warning("unsaved edits cannot be kept in %s: %s", self._folder, error)
            return False
        paths = (self._folder / f"unsaved-{number}.json" for number in range(1, _MAX_SLOTS))
        return any(not path.exists() and self._claim(path) for path in paths)

    def _claim(self, path: Path) -> bool:
        lock = QLockFile(f"{path}.lock")
        lock.setStaleLockTime(0)
        if not lock.tryLock(0):
            return False
        self._lock, self._path = lock, path
        return True

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.unlock()
        self._lock = self._path = None

    def _write(self, unsaved: Unsaved) -> None:
        path = self._path
        if path is None:
            return
        data = {
            "format": _FORMAT,
            "version": 1,
            "spec": spec_to_json(unsaved.spec),
            "saved": spec_to_json(unsaved.saved) if unsaved.saved is not None else None,
            "title": unsaved.title,
            "path": str(unsaved.path) if unsaved.path is not None else None,
        }
        try:
            write_atomically(path, json.dumps(data, ensure_ascii=False).encode("utf-8"))
        except ExplorerError as error:
            _log.warning("%s", error)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _read(path: Path) -> Unsaved | None:
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != _FORMAT or data["version"] != 1:
            return None
        saved = spec_from_json(data["saved"]) if data["saved"] is not None else None
        place = Path(data["path"]) if data["path"] is not None else None
        return Unsaved(spec_from_json(data["spec"]), saved, str(data["title"]), place)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, ExplorerError) as error:
        _log.warning("%s holds no unsaved edits that can be read: %s", path.name, error)
        return None
