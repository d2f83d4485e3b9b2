"""The SQLite file behind the run store: connections, durability, layout changes, damage.

Every thread has its own connection, so that a reading window never waits for a writing worker. Write-ahead log with
`synchronous=FULL`: a committed row is on the disk, whether the process is killed or the power goes.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from explorer.errors import RunError
from explorer.runs.migrations import APPLICATION_ID, MIGRATIONS

_log = logging.getLogger(__name__)
_BUSY_TIMEOUT_S = 10.0
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SIDE_FILES = ("", "-wal", "-shm")


class StoreError(RunError):
    """The run store cannot be read or written; `is_disk_full` tells the most common reason apart."""

    def __init__(self, message: str, *, is_disk_full: bool = False) -> None:
        super().__init__(message)
        self.is_disk_full = is_disk_full


class Database:
    """One SQLite file, open. `notices` says what the user should know about how it opened."""

    def __init__(self, path: Path, *, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
        self.path = path
        self.notices: tuple[str, ...] = ()
        self._migrations = migrations
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._lock = threading.Lock()
        self._is_closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open()
        except OSError as error:
            message = f"The runs cannot be kept in {path.parent}: {_reason(error)}. {_ANOTHER_FOLDER}"
            raise StoreError(message) from error
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection. Raises StoreError in place of SQLite's errors."""
        try:
            yield self._connection()
        except sqlite3.Error as error:
            raise self._explained(error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection inside a transaction that is on the disk when the block ends."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close every thread's connection; a second call does nothing."""
        with self._lock:
            self._is_closed = True
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()

    def _connection(self) -> sqlite3.Connection:
        thread = threading.current_thread()
        with self._lock:
            if self._is_closed:
                raise StoreError(f"The run store in {self.path.parent} is closed.")
            if thread not in self._connections:
                for gone in [known for known in self._connections if not known.is_alive()]:
                    self._connections.pop(gone).close()
                self._connections[thread] = _connect(self.path)
            return self._connections[thread]

    def _open(self) -> None:
        # A log that is still there was left by a crash (or belongs to another window): worth a closer look.
        wal, check = self._beside("-wal"), self._beside("-check")
        is_suspect = check.exists() or (wal.exists() and wal.stat().st_size > 0)
        try:
            self._examine(thorough=is_suspect)
        except sqlite3.DatabaseError as error:
            if _code(error) not in _DAMAGED:
                raise self._explained(error) from error
            self._set_aside()
        check.unlink(missing_ok=True)
        try:
            self._migrate()
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def _examine(self, *, thorough: bool) -> None:
        connection = self._connection()
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0] if thorough else "ok"
        if found != "ok":
            _log.warning("%s: %s", self.path, found)
            damage = sqlite3.DatabaseError(found)
            damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damage
        if self._version() > 0:
            connection.execute("SELECT sum(length(spec) + length(config)) FROM runs").fetchone()

    def _set_aside(self) -> None:
        with self._lock:
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        aside = self.path.with_name(f"{self.path.stem}.damaged-{stamp}{self.path.suffix}")
        for ending in _SIDE_FILES:
            if self._beside(ending).exists():
                self._beside(ending).rename(aside.with_name(aside.name + ending))
        notice = (
            f"The list of runs in {self.path} was damaged. It was set aside as {aside.name}, and a new list was "
            "begun; the weights of earlier runs are still in their folders."
        )
        self.notices = (*self.notices, notice)

    def _migrate(self) -> None:
        connection, newest = self._connection(), len(self._migrations)
        self._refuse_what_is_not_ours(newest)
        version = self._version()
        if 0 < version < newest:
            self._back_up(version)
        if version < newest:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for statements in self._migrations[self._version() :]:  # another window may have been faster
                    for statement in statements:
                        connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {newest}")
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    def _refuse_what_is_not_ours(self, newest: int) -> None:
        connection = self._connection()
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        if tables and owner != APPLICATION_ID:
            message = f"{self.path} is a database of another program and was left as it is. {_ANOTHER_FOLDER}"
            raise StoreError(message)
        if self._version() > newest:
            raise StoreError(
                f"The runs in {self.path.parent} were written by a newer version of this program (layout "
                f"{self._version()}; this one knows up to {newest}). Update the program. {_ANOTHER_FOLDER}"
            )

    def _back_up(self, version: int) -> None:
        """Leave a copy of the file as it was, whole or not at all."""
        target = self.path.with_name(f"{self.path.stem}.before-layout-{len(self._migrations)}{self.path.suffix}")
        unfinished = target.with_name(target.name + ".part")
        unfinished.unlink(missing_ok=True)
        copy = sqlite3.connect(unfinished)
        try:
            self._connection().backup(copy)
        finally:
            copy.close()
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(target)
        _log.info("layout %d of the run list is kept as %s", version, target)

    def _version(self) -> int:
        version: int = self._connection().execute("PRAGMA user_version").fetchone()[0]
        return version

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)

    def _explained(self, error: sqlite3.Error) -> StoreError:
        """The sentence for an error of SQLite. Damage is noted, so that the next start looks closely."""
        code, folder = _code(error), self.path.parent
        if code in _DAMAGED:
            try:
                self._beside("-check").touch()
            except OSError:
                _log.warning("the damage in %s could not be noted", self.path)
        sentence = _SENTENCES.get(code, "The runs in {folder} cannot be read or written: {error}.")
        message = sentence.format(folder=folder, file=self.path.name, error=error, another=_ANOTHER_FOLDER)
        return StoreError(message, is_disk_full=code == sqlite3.SQLITE_FULL)


_ANOTHER_FOLDER = "Another folder can be named with CONV_ARCH_HOME."
_DAMAGE = (
    "The list of runs in {folder} ({file}) is damaged. Start the program again: it sets the damaged file aside and "
    "begins a new list; weights stay in their folders."
)
_SENTENCES = {
    sqlite3.SQLITE_FULL: "The disk is full: the run could not be written to {folder}. Free some space there.",
    sqlite3.SQLITE_BUSY: "Another window has been writing to {folder} for 10 seconds. Wait for it, or close it.",
    sqlite3.SQLITE_READONLY: "The runs in {folder} may only be read. Allow writing there. {another}",
    sqlite3.SQLITE_CANTOPEN: "The runs in {folder} cannot be opened. Allow reading and writing there. {another}",
    sqlite3.SQLITE_IOERR: "Reading or writing the disk failed in {folder}. Look after the disk. {another}",
    sqlite3.SQLITE_CORRUPT: _DAMAGE,
    sqlite3.SQLITE_NOTADB: _DAMAGE,
}


def _connect(path: Path) -> sqlite3.Connection:
    # Autocommit: transactions are begun by hand. `close` may come from another thread than the one that connected.
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")  # macOS: past the drive's own cache
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code, 0 where there is none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
