"""The application: QApplication, exception hooks, the first window, and what is left for after its first frame."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QTimer, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from explorer.gui import quick_imports  # noqa: F401 - before all others of ours
from explorer.gui.appearance import Appearance
from explorer.gui.fonts import load_fonts
from explorer.gui.icons import app_icon
from explorer.gui.main_window import TITLE, MainWindow
from explorer.runtime_env import collect_seldom, prepare_environment
from explorer.settings import APP_NAME, SettingsStore

_log = logging.getLogger(__name__)
_qt_log = logging.getLogger("qt")

BENCH_VARIABLE = "CONV_ARCH_STARTUP_BENCH"
TORCH_AFTER_MS = 400
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def run_window(paths: Sequence[str] = ()) -> int:
    """Open the window, with the first of `paths` in it, and return the exit status when it is closed."""
    prepare_environment()
    application = make_application()
    settings = SettingsStore()
    appearance = Appearance(application, settings.current.theme, finish_later=True)
    from explorer.runs.places import default_store_folder

    window = MainWindow(settings, appearance, store_folder=default_store_folder())
    appearance.finish()
    faults = Faults(window)
    faults.install()
    window.first_painted.connect(lambda: _after_first_paint(window, paths))
    window.show()
    status = application.exec()
    faults.uninstall()
    return status


def make_application(arguments: Sequence[str] = ("conv-arch-explorer",)) -> QApplication:
    """The one QApplication, with names, fonts and sharp scaling."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        application = existing
    else:
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
        QGuiApplication.setDesktopFileName(APP_NAME)
        application = QApplication(list(arguments))
    application.setApplicationName(APP_NAME)
    application.setApplicationDisplayName(TITLE)
    application.setWindowIcon(app_icon())
    load_fonts()
    return application


class Faults(QObject):
    """Faults of ours, from any thread: the document is kept first, then the crash dialog is shown."""

    _happened = Signal(str, str)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._is_shown = False
        self._hooks = (sys.excepthook, threading.excepthook)
        self._happened.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take over the hooks of Python and the messages of Qt."""
        sys.excepthook = self._take
        threading.excepthook = self._take_from_thread
        qInstallMessageHandler(_log_qt)

    def uninstall(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook = self._hooks
        qInstallMessageHandler(None)

    def _take(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._window.close()
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        _log.critical("a fault of ours:\n%s", details)
        self._happened.emit(f"{kind.__name__}: {error}", details)

    def _take_from_thread(self, info: threading.ExceptHookArgs) -> None:
        if info.exc_value is not None:
            self._take(info.exc_type, info.exc_value, info.exc_traceback)

    def _show(self, summary: str, details: str) -> None:
        if self._is_shown:
            return
        from explorer.gui.crash_dialog import CrashDialog

        self._is_shown = True
        try:
            self._window.files.keep_now()
            saved = True
        except Exception:  # noqa: BLE001 - the edge of the application
            _log.exception("the document could not be kept")
            saved = False
        dialog = CrashDialog(summary, details, self._window, theme=self._window.theme, saved=saved)
        dialog.exec()
        dialog.deleteLater()
        self._is_shown = False


def _after_first_paint(window: MainWindow, paths: Sequence[str]) -> None:
    if begun := os.environ.get(BENCH_VARIABLE):
        seconds = time.time() - float(begun)  # since the bench asked for this process
        print(f"first painted window: {seconds:.3f} s", flush=True)  # noqa: T201 - what the bench reads
        QTimer.singleShot(0, window.close)
        return
    collect_seldom()
    window.open_paths(paths)
    if window.page_at_start != "design" and not paths:
        window.show_page(window.page_at_start)
    if sys.platform == "darwin":
        window.menus.all.setEnabled(True)  # the system's menu bar must be there without a click
    QTimer.singleShot(0, window, window.sample.load_built_in)
    QTimer.singleShot(TORCH_AFTER_MS, window, window.prepare_training)


def _log_qt(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    del context
    _qt_log.log(_LEVELS.get(kind, logging.WARNING), "%s", message)
