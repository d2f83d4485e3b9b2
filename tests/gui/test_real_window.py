"""The window under a real X server with a window manager, driven by another program's keys and clicks."""

import os
import shutil
import subprocess
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.gui.main_window import MainWindow

pytestmark = [
    pytest.mark.gui,
    pytest.mark.xcb,
    pytest.mark.skipif(os.environ.get("QT_QPA_PLATFORM") != "xcb", reason="asks for a real X display"),
]


def xdotool(*words: str) -> None:
    """Let another process press keys or move the pointer."""
    program = shutil.which("xdotool")
    assert program, "xdotool is part of this stage"
    subprocess.run([program, *words], check=True, timeout=20, stdout=subprocess.DEVNULL)


@pytest.fixture
def window(qtbot: QtBot, make_window: Callable[[], MainWindow]) -> MainWindow:
    """A window that the window manager has given the focus."""
    window = make_window()
    window.resize(1300, 860)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=10_000)
    return window


def click(qtbot: QtBot, widget: QWidget, place: QPoint) -> None:
    """A click by the pointer of the display, at `place` inside `widget`."""
    at = widget.mapToGlobal(place) * widget.devicePixelRatio()
    xdotool("mousemove", "--sync", str(round(at.x())), str(round(at.y())))
    qtbot.wait(50)
    xdotool("click", "1")


def test_it_runs_on_a_real_display(window: MainWindow) -> None:
    assert QGuiApplication.platformName() == "xcb"


def test_a_click_on_a_block_selects_it_and_keys_change_it(qtbot: QtBot, window: MainWindow) -> None:
    canvas = window.design.diagram.canvas
    plate = canvas.in_view(canvas.scene.by_part["block2"].plate)
    click(qtbot, canvas, plate.center().toPoint())
    qtbot.waitUntil(lambda: window.document.selection == ("block2",), timeout=5000)
    before = window.document.spec.blocks[1]
    xdotool("key", "plus")
    qtbot.waitUntil(lambda: window.document.spec.blocks[1].count == before.count + 1, timeout=5000)
    xdotool("key", "bracketright")
    qtbot.waitUntil(lambda: window.document.spec.blocks[1].out_channels == 2 * before.out_channels, timeout=5000)
    xdotool("key", "ctrl+z", "ctrl+z")
    qtbot.waitUntil(lambda: window.document.spec.blocks[1] == before, timeout=5000)


def test_typing_a_network_and_a_slip_are_answered_while_typing(qtbot: QtBot, window: MainWindow) -> None:
    xdotool("key", "ctrl+l")
    xdotool("key", "ctrl+a")
    xdotool("type", "--delay", "15", "((1, 8), (2, 24))")
    qtbot.waitUntil(lambda: [b.out_channels for b in window.document.spec.blocks] == [8, 24], timeout=8000)
    xdotool("key", "BackSpace", "BackSpace")
    xdotool("type", "--delay", "15", ".5))")
    qtbot.waitUntil(lambda: not window.design.arch_bar.is_readable(), timeout=8000)
    assert [block.out_channels for block in window.document.spec.blocks] == [8, 24]


def test_the_pages_change_by_their_keys(qtbot: QtBot, window: MainWindow) -> None:
    xdotool("key", "ctrl+2")
    qtbot.waitUntil(lambda: window.pages.currentWidget() is not window.design, timeout=20_000)
    qtbot.waitUntil(lambda: window.training.loader.is_ready, timeout=120_000)  # its thread ends with it
    xdotool("key", "ctrl+1")
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.design, timeout=5000)


def test_the_window_becomes_as_small_as_promised_and_no_smaller(qtbot: QtBot, window: MainWindow) -> None:
    number = str(int(window.winId()))
    xdotool("windowsize", "--sync", number, "1100", "700")
    qtbot.waitUntil(lambda: (window.width(), window.height()) == (1100, 700), timeout=5000)
    xdotool("windowsize", number, "600", "300")
    qtbot.wait(300)
    assert (window.width(), window.height()) == (1100, 700)
