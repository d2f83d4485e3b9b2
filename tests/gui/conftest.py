"""Each window test runs alone: no display, a home of its own, and nothing left behind."""

import gc
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from explorer.gui.app import make_application
from explorer.gui.appearance import Appearance
from explorer.gui.main_window import MainWindow
from explorer.gui.theme import LIGHT, ThemeSource
from explorer.settings import SettingsStore

# What the offscreen platform says about itself, whatever the program does.
HARMLESS = "This plugin does not support "


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["conv-arch-explorer"]


@pytest.fixture(scope="session", autouse=True)
def _fonts(qapp: QApplication) -> None:
    make_application()
    Appearance(qapp, "light")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of settings and runs of this test alone."""
    folder = tmp_path / "home"
    monkeypatch.setenv("CONV_ARCH_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _nothing_left_behind(qapp: QApplication) -> Iterator[None]:
    """Fail on a Qt message, a widget, a thread or a timer that outlives the test."""
    messages: list[str] = []

    def take(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        del context
        if kind != QtMsgType.QtDebugMsg and not message.startswith(HARMLESS):
            messages.append(message)

    threads = set(threading.enumerate())
    widgets = set(map(id, qapp.topLevelWidgets()))
    before = qInstallMessageHandler(take)
    yield
    _settle(qapp)
    qInstallMessageHandler(before)
    left = [widget for widget in qapp.topLevelWidgets() if id(widget) not in widgets and widget.isVisible()]
    late = [thread for thread in threading.enumerate() if thread not in threads]
    for thread in late:  # one that is ending is not left behind
        thread.join(timeout=10)
    _settle(qapp)
    running = [thread.name for thread in late if thread.is_alive()]
    assert not messages, f"Qt said: {messages}"
    assert not left, f"widgets left open: {left}"
    assert not running, f"threads left: {running}"
    ticking = _ticking()
    assert not ticking, f"timers left: {ticking}"


def _ticking() -> list[str]:
    """What still has a running timer; a timer without an owner is one of Qt's, and ends with its receiver."""
    timers = (thing for thing in gc.get_objects() if type(thing) is QTimer)
    running = [timer for timer in timers if isValid(timer) and timer.isActive() and timer.parent() is not None]
    return [f"{type(timer.parent()).__name__}, {timer.interval()} ms" for timer in running]


def _settle(application: QApplication) -> None:
    for _ in range(3):
        application.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()


@pytest.fixture
def theme() -> ThemeSource:
    return ThemeSource(LIGHT)


@pytest.fixture
def make_window(qapp: QApplication, home: Path) -> Iterator[Callable[[], MainWindow]]:
    """Makes windows as the program does; they are closed in order at the end."""
    windows: list[MainWindow] = []

    def make() -> MainWindow:
        settings = SettingsStore()
        window = MainWindow(settings, Appearance(qapp, settings.current.theme), store_folder=home / "runs")
        windows.append(window)
        window.resize(1440, 900)
        window.show()
        qapp.processEvents()
        return window

    yield make
    for window in windows:
        window.close()
        window.deleteLater()
    _settle(qapp)


@pytest.fixture
def window(make_window: Callable[[], MainWindow]) -> MainWindow:
    return make_window()


@pytest.fixture
def shown(qtbot: object) -> Callable[[QWidget], QWidget]:
    """Shows a widget that is closed at the end."""

    def show(widget: QWidget) -> QWidget:
        qtbot.addWidget(widget)  # type: ignore[attr-defined]
        widget.show()
        return widget

    return show
