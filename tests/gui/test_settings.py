"""What the window remembers: only what differs, written whole, and never in the way of a start."""

import json
from pathlib import Path

import pytest

from explorer.settings import MAX_RECENT, Settings, SettingsStore

pytestmark = pytest.mark.gui


def test_only_what_differs_from_the_defaults_is_written(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path)
    store.update(theme="dark", side_width=320)
    store.save()
    assert json.loads((tmp_path / "settings.json").read_text()) == {"version": 1, "theme": "dark"}
    assert SettingsStore(tmp_path).current == Settings(theme="dark")


def test_nothing_is_written_while_nothing_changed(tmp_path: Path) -> None:
    SettingsStore(tmp_path).save()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[1]", "\udcff", "nonsense", "[" * 100_000])
def test_a_file_that_is_no_settings_is_set_aside_with_a_notice(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    store = SettingsStore(tmp_path)
    assert store.current == Settings()
    assert "settings.unreadable.json" in store.notice
    assert (tmp_path / "settings.unreadable.json").read_bytes() == text.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("theme", "pink"),
        ("theme", 3),
        ("page", ["design"]),
        ("side_width", -1),
        ("side_width", 10**9),
        ("side_width", True),
        ("side_shown", "yes"),
        ("recent_files", ["a", 1]),
        ("zoom", "large"),
        ("geometry", 7),
        ("train", []),
    ],
)
def test_a_value_that_cannot_be_is_left_at_its_default(tmp_path: Path, key: str, value: object) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"version": 1, key: value, "notation": "blocks"}))
    assert SettingsStore(tmp_path).current == Settings(notation="blocks")


def test_settings_of_a_newer_version_are_kept_when_older_ones_are_written(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"version": 1, "colour_of_arrows": "green"}))
    store = SettingsStore(tmp_path)
    store.update(theme="light")
    store.save()
    assert json.loads(store.path.read_text())["colour_of_arrows"] == "green"


def test_a_file_opened_again_comes_first_among_the_recent_ones(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path)
    for number in [*range(12), 5]:
        store.remember_file(Path(f"/nets/{number}.arch.json"))
    recent = store.current.recent_files
    assert len(recent) == MAX_RECENT
    assert [Path(name).name for name in recent[:3]] == ["5.arch.json", "11.arch.json", "10.arch.json"]
