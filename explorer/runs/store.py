"""RunStore: every run with its settings, its events and its checkpoints, in one folder.

`runs.sqlite3` holds the rows, `runs/<folder>` the weights of each run. What `append` has returned for is kept.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from explorer.arch.files import spec_to_json
from explorer.arch.spec import NetworkSpec
from explorer.errors import RunError
from explorer.runs.checksum import sha256_of
from explorer.runs.config import TrainConfig
from explorer.runs.config_json import config_to_json
from explorer.runs.database import Database, StoreError
from explorer.runs.event_rows import decode, encode
from explorer.runs.events import CheckpointSaved, Evaluated, RunEvent, RunStarted
from explorer.runs.migrations import MIGRATIONS
from explorer.runs.ownership import RunLock
from explorer.runs.record import CheckpointRecord, RunRecord, best_accuracy, changes, newest_test_loss, record_of
from explorer.runs.status import LIVE

_log = logging.getLogger(__name__)
_DATABASE = "runs.sqlite3"
_LOCK_FILE = "owner.lock"
_KEEP_DELETED_S = 24 * 3600.0
_CLAIM_TRIES, _CLAIM_WAIT_S = 20, 0.05
_MAX_NAME, _MAX_NOTE = 200, 100_000


class RunStore:
    """The runs in `folder`. Safe to use from several threads, and from several windows at once.

    Raises StoreError where the folder cannot be used. `notices` are sentences that the user should see: a damaged list
    that was set aside, for one.
    """

    def __init__(self, folder: Path, *, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
        self.path = folder
        self._runs_folder = folder / "runs"
        self._database = Database(folder / _DATABASE, migrations=migrations)
        self._locks: dict[int, RunLock] = {}
        self._deleted: set[int] = set()
        self._guard = threading.RLock()
        self.notices = self._database.notices
        self.mark_interrupted()
        self._purge(self._ids("deleted_s < ?", time.time() - _KEEP_DELETED_S))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    # Runs

    def create(
        self,
        spec: NetworkSpec,
        config: TrainConfig,
        *,
        name: str | None = None,
        note: str = "",
        versions: Mapping[str, str] | None = None,
        data_fingerprint: str = "",
        parent_id: int | None = None,
    ) -> RunRecord:
        """A new run with status "new". Without a name it gets the network's, numbered when that is taken."""
        folder = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
        values: dict[str, Any] = {
            "folder": folder, "note": note, "created_s": time.time(), "spec": _json(spec_to_json(spec)),
            "config": _json(config_to_json(config)), "seed": config.seed, "versions": _json(dict(versions or {})),
            "data_fingerprint": data_fingerprint, "parent_id": parent_id,
        }  # fmt: skip
        with self._database.writing() as connection:
            values["name"] = _checked_name(name) if name is not None else _free_name(connection, spec.name)
            values["color_index"] = connection.execute("SELECT coalesce(max(color_index) + 1, 0) FROM runs").fetchone()[
                0
            ]
            columns = ", ".join(values)
            marks = ", ".join("?" * len(values))
            # Column names are this module's own; every value is bound.
            statement = f"INSERT INTO runs ({columns}) VALUES ({marks})"  # noqa: S608
            run_id = connection.execute(statement, tuple(values.values())).lastrowid
            self._make_folder(folder)  # inside the transaction: no row without its folder
        assert run_id is not None
        return self.get(run_id)

    def runs(self, *, deleted: bool = False) -> list[RunRecord]:
        """All runs, oldest first; with `deleted`, those that can still be brought back instead."""
        condition = "IS NOT NULL" if deleted else "IS NULL"
        with self._database.reading() as connection:
            rows = _rows(connection, f"SELECT * FROM runs WHERE deleted_s {condition} ORDER BY id")  # noqa: S608
        return [record_of(row, self._runs_folder) for row in rows]

    def get(self, run_id: int) -> RunRecord:
        """The run with that number. Raises RunError if there is none."""
        with self._database.reading() as connection:
            rows = _rows(connection, "SELECT * FROM runs WHERE id = ?", run_id)
        if not rows:
            raise RunError(f"There is no run {run_id} in {self.path}.")
        return record_of(rows[0], self._runs_folder)

    def folder(self, run_id: int) -> Path:
        """The folder of a run's files."""
        return self.get(run_id).folder

    def rename(self, run_id: int, name: str) -> None:
        """Give a run another name. Raises RunError for an empty or very long one."""
        self._set(run_id, name=_checked_name(name))

    def annotate(self, run_id: int, note: str) -> None:
        """Replace a run's note."""
        if len(note) > _MAX_NOTE:
            raise RunError(f"A note has at most {_MAX_NOTE:,} characters, and this has {len(note):,}.")
        self._set(run_id, note=note)

    def set_color(self, run_id: int, color_index: int) -> None:
        """Give a run another of the palette's colours."""
        self._set(run_id, color_index=color_index)

    def set_config(self, run_id: int, config: TrainConfig) -> None:
        """Replace the recipe of a run that goes on with another one: more epochs, another device."""
        self._set(run_id, config=_json(config_to_json(config)), seed=config.seed)

    def describe_environment(
        self, run_id: int, *, versions: Mapping[str, str] | None = None, data_fingerprint: str | None = None
    ) -> None:
        """Note what a run was made with, as far as it is known by now."""
        found = {"versions": None if versions is None else _json(dict(versions)), "data_fingerprint": data_fingerprint}
        self._set(run_id, **{column: value for column, value in found.items() if value is not None})

    def duplicate(self, run_id: int) -> RunRecord:
        """A new run with the settings of another, not yet started."""
        run = self.get(run_id)
        return self.create(run.spec, run.config, note=run.note, parent_id=run.id, name=self._name_of_copy(run.name))

    def delete(self, run_id: int) -> None:
        """Take a run off the list; `restore` brings it back until the store is closed.

        Raises RunError while a process works on it.
        """
        run = self.get(run_id)
        if self.is_live(run_id):
            raise RunError(f"The run “{run.name}” is going on. Stop it first, then delete it.")
        self._set(run_id, deleted_s=time.time())
        with self._guard:
            self._deleted.add(run_id)

    def restore(self, run_id: int) -> None:
        """Bring a deleted run back."""
        self._set(run_id, deleted_s=None)
        with self._guard:
            self._deleted.discard(run_id)

    # Events

    def append(self, run_id: int, events: RunEvent | Iterable[RunEvent]) -> int:
        """The sequence number (from 1) of the newest event; by then all of them are safely on the disk."""
        new = list(events) if isinstance(events, Iterable) else [events]
        with self._database.writing() as connection:
            found = connection.execute("SELECT num_events, best_accuracy FROM runs WHERE id = ?", (run_id,)).fetchone()
            if found is None:
                raise RunError(f"There is no run {run_id} in {self.path}.")
            first, values = found[0] + 1, {"best_accuracy": found[1]}
            rows = [(run_id, number, *encode(event)) for number, event in enumerate(new, first)]
            connection.executemany("INSERT INTO events (run_id, sequence, kind, payload) VALUES (?, ?, ?, ?)", rows)
            for number, event in enumerate(new, first):
                values |= changes(event) | self._consequences(connection, run_id, number, event, values)
            values["num_events"] = found[0] + len(new)
            _update(connection, run_id, values)
        return int(values["num_events"])

    def events(self, run_id: int, *, after: int = 0) -> list[RunEvent]:
        """A run's events in order; with `after`, those behind that sequence number."""
        with self._database.reading() as connection:
            return _decoded(connection, run_id, "sequence > ?", after)

    def test_losses(self, *run_ids: int) -> dict[int, float]:
        """The loss of the newest evaluation of these runs, without numbers of all on the list.

        No entry where there is none that can be read. Takes milliseconds a run: its events are looked through.
        """
        try:
            with self._database.reading() as connection:
                listed = connection.execute("SELECT id FROM runs WHERE deleted_s IS NULL").fetchall()
                found = {run_id: _test_loss(connection, run_id) for run_id in run_ids or [row[0] for row in listed]}
        except StoreError as error:  # the list can be told all the same
            _log.warning("%s", error)
            return {}
        return {run_id: loss for run_id, loss in found.items() if loss is not None}

    # Checkpoints

    def checkpoints(self, run_id: int) -> list[CheckpointRecord]:
        """Every checkpoint that was reported for a run, newest first; most of their files are gone by now."""
        folder = self.folder(run_id)
        query = "SELECT step, epoch, file, sha256, is_best FROM checkpoints WHERE run_id = ? ORDER BY sequence DESC"
        with self._database.reading() as connection:
            rows = connection.execute(query, (run_id,)).fetchall()
        return [
            CheckpointRecord(step, epoch, folder / file, sha256, bool(is_best))
            for step, epoch, file, sha256, is_best in rows
        ]

    def latest_checkpoint(self, run_id: int) -> CheckpointRecord | None:
        """The newest checkpoint whose file is there and unchanged; None if there is none."""
        return next((found for found in self.checkpoints(run_id) if _verifies(found)), None)

    # Whose run it is

    def claim(self, run_id: int) -> None:
        """Make a run this process's own until `release`. Raises RunError while another one works on it."""
        run = self.get(run_id)
        with self._guard:
            lock = None if run_id in self._locks else self._lock(run)
            if lock is None:
                raise RunError(f"The run “{run.name}” is already going on, here or in another window.")
            self._locks[run_id] = lock
        self._set(run_id, status="running", message="")

    def release(self, run_id: int) -> None:
        """Give a run up. One that did not say how it ended counts as interrupted and can be continued."""
        with self._guard:
            if run_id not in self._locks:
                return
            try:
                if self.get(run_id).is_live:
                    self._set(run_id, status="interrupted")
            finally:
                self._locks.pop(run_id).release()

    def is_live(self, run_id: int) -> bool:
        """Whether a process, this one or another, works on the run now."""
        run = self.get(run_id)
        if not run.is_live:
            return False
        self.mark_interrupted()
        return self.get(run_id).is_live

    def mark_interrupted(self) -> list[int]:
        """The runs that were going on and whose process is gone; they are marked as interrupted by this."""
        ended = []
        with self._guard:
            for run_id in self._ids("status IN (?, ?)", *LIVE):
                lock = None if run_id in self._locks else self._try_lock(self.get(run_id))
                if lock is not None:
                    self._set(run_id, status="interrupted")
                    lock.release()
                    ended.append(run_id)
        return ended

    def close(self) -> None:
        """Remove deleted runs for good and close the files; a second call does nothing."""
        with self._guard:
            try:
                self._purge(self._deleted)
                for run_id in list(self._locks):
                    self.release(run_id)
            except StoreError:
                _log.exception("the run store could not be tidied up")
            finally:
                self._deleted = set()
                self._database.close()

    # Inside

    def _consequences(
        self, connection: sqlite3.Connection, run_id: int, number: int, event: RunEvent, before: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What `event` does beyond its own row and the columns it names."""
        match event:
            case CheckpointSaved():
                row = (run_id, number, event.step, event.epoch, event.file, event.sha256, event.is_best)
                columns = "run_id, sequence, step, epoch, file, sha256, is_best"
                connection.execute(f"INSERT INTO checkpoints ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
            case Evaluated():
                best = before["best_accuracy"]
                return {"best_accuracy": event.accuracy if best is None else max(best, event.accuracy)}
            case RunStarted():
                condition = "kind IN ('RunStarted', 'Evaluated') AND sequence <= ?"
                return {"best_accuracy": best_accuracy(_decoded(connection, run_id, condition, number))}
        return {}

    def _set(self, run_id: int, **values: Any) -> None:
        if not values:
            return
        with self._database.writing() as connection:
            if not _update(connection, run_id, values):
                raise RunError(f"There is no run {run_id} in {self.path}.")

    def _ids(self, condition: str, *values: Any) -> list[int]:
        with self._database.reading() as connection:
            return [row[0] for row in connection.execute(f"SELECT id FROM runs WHERE {condition}", values)]  # noqa: S608

    def _name_of_copy(self, name: str) -> str:
        with self._database.reading() as connection:
            return _free_name(connection, name)

    def _make_folder(self, folder: str) -> None:
        try:
            (self._runs_folder / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"No folder can be made in {self._runs_folder}: {error.strerror}.") from error

    def _try_lock(self, run: RunRecord) -> RunLock | None:
        try:
            run.folder.mkdir(parents=True, exist_ok=True)
            return RunLock.try_acquire(run.folder / _LOCK_FILE)
        except OSError as error:
            raise StoreError(f"The run “{run.name}” cannot be locked in {run.folder}: {error.strerror}.") from error

    def _lock(self, run: RunRecord) -> RunLock | None:
        """The run's lock. Another window that looks whether the run is alive holds it for a moment: try again."""
        for attempt in range(_CLAIM_TRIES):
            lock = self._try_lock(run)
            if lock is not None:
                return lock
            if attempt < _CLAIM_TRIES - 1:
                time.sleep(_CLAIM_WAIT_S)
        return None

    def _purge(self, run_ids: Iterable[int]) -> None:
        for run_id in run_ids:
            folder = self.folder(run_id)
            with self._database.writing() as connection:
                connection.execute("DELETE FROM runs WHERE id = ? AND deleted_s IS NOT NULL", (run_id,))
            shutil.rmtree(folder, ignore_errors=True)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= _MAX_NAME:
        raise RunError(f"A run's name has 1 to {_MAX_NAME} characters, and this has {len(name):,}.")
    return name


def _free_name(connection: sqlite3.Connection, base: str) -> str:
    """`base`, or `base 2`, `base 3`, ...: a name that no run on the list has."""
    taken = {row[0] for row in connection.execute("SELECT name FROM runs WHERE deleted_s IS NULL")}
    base, number = base[: _MAX_NAME - 10], 1
    name = base
    while name in taken:
        number += 1
        name = f"{base} {number}"
    return name


def _rows(connection: sqlite3.Connection, query: str, *values: Any) -> list[sqlite3.Row]:
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    return cursor.execute(query, values).fetchall()


def _update(connection: sqlite3.Connection, run_id: int, values: Mapping[str, Any]) -> bool:
    """Whether there was such a run to change."""
    columns = ", ".join(f"{column} = ?" for column in values)
    return connection.execute(f"UPDATE runs SET {columns} WHERE id = ?", (*values.values(), run_id)).rowcount == 1  # noqa: S608


def _decoded(connection: sqlite3.Connection, run_id: int, condition: str, value: int) -> list[RunEvent]:
    query = f"SELECT kind, payload FROM events WHERE run_id = ? AND {condition} ORDER BY sequence"  # noqa: S608
    try:
        return [decode(kind, payload) for kind, payload in connection.execute(query, (run_id, value))]
    except ValueError as error:
        raise StoreError(f"The events of run {run_id} are damaged: {error}.") from error


def _test_loss(connection: sqlite3.Connection, run_id: int) -> float | None:
    condition = "run_id = ? AND kind IN ('RunStarted', 'Evaluated')"
    query = f"SELECT kind, payload FROM events WHERE {condition} ORDER BY sequence DESC"  # noqa: S608
    try:
        return newest_test_loss(decode(*row) for row in connection.execute(query, (run_id,)))
    except ValueError as error:
        _log.warning("the events of run %d are damaged: %s", run_id, error)
        return None


def _verifies(checkpoint: CheckpointRecord) -> bool:
    try:
        return sha256_of(checkpoint.path) == checkpoint.sha256
    except OSError:
        return False
