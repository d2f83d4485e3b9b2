"""Opening, saving, and what survives a crash."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.arch.files import read_spec, write_spec
from explorer.arch.presets import find_preset, starter
from explorer.gui.main_window import MainWindow
from explorer.gui.recovery import RecoveryFile, Unsaved

pytestmark = pytest.mark.gui


def narrower(window: MainWindow) -> None:
    spec = window.document.spec
    window.document.edit(spec.with_block(0, spec.blocks[0].with_channels(5)), "Block 1 to 5 channels")
    window.document.flush()


def test_the_first_window_shows_the_starter_network_as_a_preset(window: MainWindow) -> None:
    assert window.document.spec == starter().spec
    assert window.files.source_line() == starter().source
    assert not window.files.is_modified


def test_an_edited_preset_says_that_it_is_not_saved_yet(window: MainWindow) -> None:
    narrower(window)
    assert window.files.source_line() == f"{starter().title}, edited · not saved yet"
    assert window.header.source.text() == window.files.source_line()
    window.document.undo_stack.undo()
    window.document.flush()
    assert window.files.source_line() == starter().source


def test_a_saved_network_is_read_back_as_it_was(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrower(window)
    path = tmp_path / "网络.arch.json"
    monkeypatch.setattr(
        "explorer.gui.files.QFileDialog.getSaveFileName", lambda *_: (str(path.with_suffix("").with_suffix("")), "")
    )
    assert window.files.save()
    assert read_spec(path) == window.document.spec
    assert not window.files.is_modified
    assert window.files.source_line() == f"{starter().title} · saved as 网络.arch.json"
    assert window.files.recent() == [path]


def test_opening_another_network_is_one_step_that_undo_takes_back(window: MainWindow, tmp_path: Path) -> None:
    narrower(window)
    edited = window.document.spec
    path = tmp_path / "other.arch.json"
    write_spec(path, find_preset("vgg16").spec)
    assert window.files.open_path(path)
    assert (window.document.spec, window.files.path) == (find_preset("vgg16").spec, path)
    assert "one Undo away" in window.notifier.messages()[0]
    window.document.undo_stack.undo()
    window.document.flush()
    assert (window.document.spec, window.files.path) == (edited, None)
    assert window.files.source_line().startswith(starter().title)
    window.document.undo_stack.redo()
    assert window.files.path == path


def test_a_file_that_is_no_network_is_said_and_changes_nothing(window: MainWindow, tmp_path: Path) -> None:
    before = window.document.spec
    path = tmp_path / "broken.arch.json"
    path.write_text('{"format": "something"}')
    assert not window.files.open_path(path)
    assert window.document.spec == before
    assert "broken.arch.json" in window.notifier.messages()[0]


def test_a_pasted_conv_arch_becomes_the_network(window: MainWindow) -> None:
    assert window.files.take_text("conv_arch = ((1, 16), (2, 32))")
    assert [(b.count, b.out_channels) for b in window.document.spec.blocks] == [(1, 16), (2, 32)]
    assert not window.files.take_text("hello")
    assert "line 1, column 1" in window.notifier.messages()[0]


def test_a_new_network_has_no_blocks_and_the_same_pictures(window: MainWindow) -> None:
    window.files.new()
    assert window.document.spec.blocks == ()
    assert window.document.spec.input == starter().spec.input
    assert window.files.source_line() == "New network"


def test_unsaved_edits_come_back_at_the_next_start_and_can_be_discarded(
    make_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    first = make_window()
    narrower(first)
    edited = first.document.spec
    first.close()
    second = make_window()
    assert second.document.spec == edited
    assert second.notifier.messages() == [f"Restored unsaved edits of {edited.name}."]
    second.files.discard_edits()
    second.document.flush()
    assert second.document.spec == starter().spec
    second.close()
    third = make_window()
    assert third.notifier.messages() == []
    assert third.document.spec == starter().spec


def test_two_windows_at_once_keep_their_unsaved_edits_apart(tmp_path: Path) -> None:
    one, two = RecoveryFile(tmp_path), RecoveryFile(tmp_path)
    nets = [find_preset(name).spec for name in ("vgg11", "vgg13")]
    assert one.take_up() is None
    one.keep_now(Unsaved(nets[0], None, "one", None))
    assert two.take_up() is None
    two.keep_now(Unsaved(nets[1], None, "two", None))
    one.close()
    two.close()
    found = {RecoveryFile(tmp_path).take_up().spec for _ in range(1)}  # type: ignore[union-attr]
    assert found <= set(nets)


def test_unsaved_edits_that_cannot_be_read_do_not_stop_a_start(tmp_path: Path) -> None:
    (tmp_path / "unsaved-1.json").write_text("{")
    (tmp_path / "unsaved-2.json").write_text(json.dumps({"format": "conv-arch-explorer recovery", "version": 9}))
    assert RecoveryFile(tmp_path).take_up() is None


_EDIT_AND_WAIT = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from explorer.gui.app import make_application
from explorer.gui.appearance import Appearance
from explorer.gui.main_window import MainWindow
from explorer.settings import SettingsStore
app = make_application()
window = MainWindow(SettingsStore(), Appearance(app, "light"), store_folder=Path(sys.argv[1]))
window.show()
window.document.edit(window.document.spec.without_block(0), "Delete block 1")
QTimer.singleShot(1000, lambda: print("edited", flush=True))
app.exec()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a Unix word")
def test_a_killed_window_loses_no_edit_older_than_a_second(home: Path, make_window: Callable[[], MainWindow]) -> None:
    command = [sys.executable, "-c", _EDIT_AND_WAIT, str(home / "runs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ), text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "edited\n"
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    time.sleep(0.05)
    window = make_window()
    assert window.document.spec == starter().spec.without_block(0)
    assert window.notifier.messages()[0].startswith("Restored unsaved edits of ")
