"""The application around the window: hooks, faults, the first frame."""

import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl, qWarning
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.arch.files import write_spec
from explorer.arch.presets import find_preset
from explorer.gui.app import BENCH_VARIABLE, Faults
from explorer.gui.ask import Question
from explorer.gui.crash_dialog import CrashDialog
from explorer.gui.main_window import MainWindow

pytestmark = pytest.mark.gui


@pytest.fixture
def faults(window: MainWindow) -> Iterator[Faults]:
    found = Faults(window)
    found.install()
    yield found
    found.uninstall()


def answer(seen: list[str]) -> Callable[[], None]:
    """Notes what a crash dialog says, copies it, and goes on."""

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, CrashDialog):
            seen.append(dialog.report)
            dialog.copy.click()
            dialog.accept()

    return look


def test_the_bench_is_told_when_the_first_frame_was_painted(tmp_path: Path) -> None:
    environment = os.environ | {"CONV_ARCH_HOME": str(tmp_path), BENCH_VARIABLE: "1", "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from explorer.gui.app import run_window; sys.exit(run_window())"],
        env=environment, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert re.fullmatch(r"first painted window: \d+\.\d{3} s\n", done.stdout)


@pytest.mark.parametrize("where", ["slot", "thread"])
def test_a_fault_of_ours_keeps_the_document_and_says_what_to_send(
    window: MainWindow, faults: Faults, qtbot: QtBot, home: Path, where: str
) -> None:
    window.document.edit(window.document.spec.without_block(0), "Delete block 1")
    seen: list[str] = []
    QTimer.singleShot(600, answer(seen))

    def fail() -> None:
        raise ZeroDivisionError("a test of the crash dialog")

    if where == "slot":
        faults._take(*_error_of(fail))
    else:
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    qtbot.waitUntil(lambda: bool(seen), timeout=5000)
    assert "ZeroDivisionError: a test of the crash dialog" in seen[0]
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in seen[0]
    assert "Traceback (most recent call last)" in seen[0]
    assert QGuiApplication.clipboard().text() == seen[0]
    assert list((home / "unsaved").glob("unsaved-*.json"))


def _error_of(fail: Callable[[], None]) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    try:
        fail()
    except ZeroDivisionError as error:
        return type(error), error, error.__traceback__
    raise AssertionError


def test_a_message_of_qt_goes_to_the_log(faults: Faults, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="qt"):
        qWarning("something is odd")
    assert [record.message for record in caplog.records if record.name == "qt"] == ["something is odd"]


def test_a_file_dropped_on_the_window_is_opened(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "net.arch.json"
    write_spec(path, find_preset("vgg13").spec)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    _drop(window, data)
    assert window.document.spec == find_preset("vgg13").spec
    text = QMimeData()
    text.setText("((3, 24),)")
    _drop(window, text)
    assert [(b.count, b.out_channels) for b in window.document.spec.blocks] == [(3, 24)]


def _drop(window: MainWindow, data: QMimeData) -> None:
    event = QDropEvent(
        QPointF(QPoint(400, 300)),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


@pytest.mark.parametrize("stop", [True, False])
def test_closing_while_a_run_goes_on_asks_first(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, stop: bool
) -> None:
    monkeypatch.setattr(type(window.training), "is_live", property(lambda _self: True))
    monkeypatch.setattr(window.training, "_progress", 0.71)
    said: list[str] = []

    def exec_(question: Question) -> int:
        said.extend([question.windowTitle(), question.action_button.text(), question.stay_button.text()])
        return int(stop)

    monkeypatch.setattr(Question, "exec", exec_)
    assert window.close() is stop
    assert said == ["Close while training", "Stop and close", "Keep training"]
    monkeypatch.undo()
