"""The run store's file: new layouts, newer programs, damage, full and forbidden disks."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from explorer.arch.spec import InputShape, NetworkSpec, VGGBlock
from explorer.errors import RunError
from explorer.runs.config import TrainConfig
from explorer.runs.database import StoreError
from explorer.runs.events import Evaluated, RunEnded, StepsDone
from explorer.runs.migrations import APPLICATION_ID, MIGRATIONS
from explorer.runs.store import RunStore

SPEC = NetworkSpec(InputShape(1, 32, 32), (VGGBlock(1, 8),), num_classes=10, name="small")
CONFIG = TrainConfig()
NEXT_LAYOUT = (*MIGRATIONS, ("ALTER TABLE runs ADD COLUMN stars INTEGER NOT NULL DEFAULT 3",))


def filled(folder: Path, *, num_runs: int = 1, num_events: int = 1) -> Path:
    """A closed store with runs in it; the path of its database."""
    with RunStore(folder) as store:
        for _ in range(num_runs):
            run = store.create(SPEC, CONFIG)
            store.append(run.id, [StepsDone(n, 1, (1.5,), (0.5,), (0.1,), 1.0, 1.0) for n in range(1, num_events + 1)])
            store.append(run.id, RunEnded("finished", 9, 1, 0.5, 1.0))
    return folder / "runs.sqlite3"


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_the_file_survives_a_power_cut_as_far_as_sqlite_can_promise(tmp_path: Path) -> None:
    with RunStore(tmp_path) as store, store._database.reading() as connection:
        settings = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        }
        assert settings == {"journal_mode": "wal", "synchronous": 2}  # 2 is FULL
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert rows(tmp_path / "runs.sqlite3", "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert rows(tmp_path / "runs.sqlite3", "PRAGMA application_id") == [(APPLICATION_ID,)]


def test_a_new_layout_is_reached_after_a_backup_of_the_old_one(tmp_path: Path) -> None:
    path = filled(tmp_path)
    RunStore(tmp_path, migrations=NEXT_LAYOUT).close()
    assert rows(path, "SELECT name, stars FROM runs") == [("small", 3)]
    assert rows(path, "PRAGMA user_version") == [(2,)]
    backup = tmp_path / "runs.before-layout-2.sqlite3"
    assert rows(backup, "SELECT name FROM runs") == [("small",)]
    assert rows(backup, "PRAGMA user_version") == [(1,)]
    assert rows(backup, "SELECT count(*) FROM events") == [(2,)]


def test_a_store_of_the_newest_layout_is_not_backed_up(tmp_path: Path) -> None:
    filled(tmp_path)
    RunStore(tmp_path).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "runs.sqlite3"]


def test_a_migration_that_fails_leaves_the_old_layout(tmp_path: Path) -> None:
    path = filled(tmp_path)
    broken = (*MIGRATIONS, ("ALTER TABLE runs ADD COLUMN stars INTEGER", "ALTER TABLE nowhere ADD COLUMN x"))
    with pytest.raises(StoreError):
        RunStore(tmp_path, migrations=broken)
    assert rows(path, "PRAGMA user_version") == [(1,)]
    with RunStore(tmp_path) as store:
        assert [run.name for run in store.runs()] == ["small"]


def test_a_store_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = filled(tmp_path)
    RunStore(tmp_path, migrations=NEXT_LAYOUT).close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer version of this program \(layout 2; this one knows up to 1\)"):
        RunStore(tmp_path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="database of another program"):
        RunStore(tmp_path)
    assert rows(path, "SELECT count(*) FROM bookmarks") == [(0,)]


def overwrite(path: Path, at: int, junk: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[at : at + len(junk)] = junk
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b"this is no database at all" * 100), id="text"),
        pytest.param(lambda path: overwrite(path, 0, b"\x00" * 100), id="no header"),
        pytest.param(lambda path: overwrite(path, 100, b"\xff" * 3000), id="no schema"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:5000]), id="cut off"),
    ],
)
def test_a_damaged_list_is_set_aside_and_a_new_one_begun(tmp_path: Path, damage: object) -> None:
    path = filled(tmp_path)
    assert callable(damage)
    damage(path)
    broken = path.read_bytes()
    (weights,) = (tmp_path / "runs").iterdir()
    with RunStore(tmp_path) as store:
        assert store.runs() == []
        (notice,) = store.notices
        assert "was damaged" in notice
        new = store.create(SPEC, CONFIG)
        assert new.folder != weights  # a new run 1 does not write into the old one's folder
    (aside,) = tmp_path.glob("runs.damaged-*.sqlite3")
    assert aside.name in notice
    assert aside.read_bytes() == broken
    assert weights.is_dir()
    with RunStore(tmp_path) as store:
        assert (len(store.runs()), store.notices) == (1, ())


def test_damage_that_shows_only_later_is_a_sentence_and_the_next_start_sets_the_file_aside(tmp_path: Path) -> None:
    path = filled(tmp_path, num_events=2000)
    page = 4096
    content = bytearray(path.read_bytes())
    for start in range(8 * page, len(content), page):  # behind the schema, the runs and the indexes' roots
        content[start : start + page] = b"\xa5" * page
    path.write_bytes(content)
    with RunStore(tmp_path) as store:
        assert store.test_losses() == {}
        with pytest.raises(RunError, match="damaged"):
            store.events(store.runs()[0].id)
    with RunStore(tmp_path) as store:
        assert store.runs() == []
        assert "set aside" in store.notices[0]


def test_a_full_disk_is_a_sentence_and_what_was_acknowledged_stays(tmp_path: Path) -> None:
    with RunStore(tmp_path) as store:
        run = store.create(SPEC, CONFIG)
        store.append(run.id, RunEnded("finished", 9, 1, 0.5, 1.0))
        with store._database.reading() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite then says what it says of a full disk
        many = [StepsDone(n, 1, (1.5,) * 50, (0.5,) * 50, (0.1,) * 50, 1.0, 1.0) for n in range(1000)]
        with pytest.raises(StoreError, match="The disk is full") as caught:
            store.append(run.id, many)
        assert caught.value.is_disk_full
        assert len(store.events(run.id)) == 1
        assert store.get(run.id).num_events == 1


def test_a_folder_that_is_a_file_is_a_sentence_that_names_it(tmp_path: Path) -> None:
    place = tmp_path / "taken"
    place.write_text("x")
    with pytest.raises(StoreError, match="taken"):
        RunStore(place)
    with pytest.raises(StoreError, match="taken"):
        RunStore(place / "below")


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        store.runs()


def test_runs_are_listed_with_their_losses_where_the_events_of_one_are_damaged(tmp_path: Path) -> None:
    path = filled(tmp_path)
    with RunStore(tmp_path) as store:
        whole = store.create(SPEC, CONFIG)
        store.append(1, Evaluated(3, 1, 0.9, 0.5, is_best=True, elapsed_s=1.0))
        store.append(whole.id, Evaluated(3, 1, 0.7, 0.5, is_best=True, elapsed_s=1.0))
        assert store.test_losses() == {1: 0.9, whole.id: 0.7}
    connection = sqlite3.connect(path)
    connection.execute("UPDATE events SET payload = '{' WHERE kind = 'Evaluated' AND run_id = 1")
    connection.commit()
    connection.close()
    with RunStore(tmp_path) as store:
        assert store.test_losses() == {whole.id: 0.7}
        assert len(store.runs()) == 2


def test_a_run_whose_events_are_damaged_is_a_sentence(tmp_path: Path) -> None:
    path = filled(tmp_path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE events SET payload = x'00' WHERE kind = 'StepsDone'")
    connection.commit()
    connection.close()
    with RunStore(tmp_path) as store:
        with pytest.raises(StoreError, match="The events of run 1 are damaged"):
            store.events(1)
        assert [run.name for run in store.runs()] == ["small"]


def test_the_log_of_a_killed_process_is_read_back(tmp_path: Path) -> None:
    source, crashed = tmp_path / "source", tmp_path / "crashed"
    with RunStore(source) as store:
        run = store.create(SPEC, CONFIG)
        store.append(run.id, RunEnded("finished", 9, 1, 0.5, 1.0))
        crashed.mkdir()
        for file in source.glob("runs.sqlite3*"):  # as a killed process leaves them
            (crashed / file.name).write_bytes(file.read_bytes())
    assert (crashed / "runs.sqlite3-wal").stat().st_size > 0
    with RunStore(crashed) as store:
        assert store.notices == ()
        assert len(store.events(run.id)) == 1
