"""TorchLoader: brings torch in behind the open window without freezing it.

Most of the time goes into mapping libraries of hundreds of megabytes. That is done first, through the system's own
`dlopen` called as a foreign function, which holds no interpreter lock; the import that follows finds them in place. A
short switch interval hands the lock to the window often enough while torch's Python files run.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

_log = logging.getLogger(__name__)

LoaderState = Literal["waiting", "loading", "ready", "failed"]
ENGINE_MODULES = ("torch", "explorer.engine.train", "explorer.engine.runner", "explorer.engine.calibrate")
ABOUT = "about 3 s"
WAITING_SENTENCE = f"Starts as soon as PyTorch is loaded ({ABOUT})."
_SWITCH_INTERVAL_S = 0.0005
_POLL_MS = 30
_LIBRARIES = ("libgomp.so.1", "libc10.so", "libtorch_global_deps.so", "libtorch_cpu.so", "libtorch_python.so")
_RTLD_LAZY = 1


class TorchLoader(QObject):
    """Loads torch once, in a thread of its own; says when it is there, or why it will not come."""

    ready = Signal()
    failed = Signal(str)  # a sentence for the user

    def __init__(self, parent: QObject | None = None, *, modules: tuple[str, ...] = ENGINE_MODULES) -> None:
        super().__init__(parent)
        self._modules = modules
        self._state: LoaderState = "waiting"
        self._error: str | None = None
        self._thread: threading.Thread | None = None
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._look)
        self._waiting: list[Callable[[], None]] = []
        self._is_closed = False

    @property
    def state(self) -> LoaderState:
        """How far it is."""
        return self._state

    @property
    def is_ready(self) -> bool:
        """Whether torch can be used now without a wait."""
        return self._state == "ready"

    @property
    def error(self) -> str:
        """Why torch cannot be loaded; empty otherwise."""
        return self._error or ""

    def start(self) -> None:
        """Begin, if that has not happened yet; call it after the first paint."""
        if self._state == "waiting" and not self._is_closed:
            self._state = "loading"
            self._thread = threading.Thread(target=self._load, name="torch-loader", daemon=True)
            self._thread.start()
            self._poll.start()

    def when_ready(self, action: Callable[[], None]) -> None:
        """Call `action` in the GUI thread: at once if torch is there, else as soon as it is; starts the loading."""
        if self.is_ready:
            action()
        else:
            self._waiting.append(action)
            self.start()

    def forget(self, action: Callable[[], None]) -> None:
        """Do not call `action` any more."""
        self._waiting = [waiting for waiting in self._waiting if waiting != action]

    def close(self, timeout_s: float = 0.0) -> None:
        """Begin nothing and tell nobody any more; wait for the thread, if there is one, for at most `timeout_s`."""
        self._is_closed = True
        self._poll.stop()
        self._waiting.clear()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _load(self) -> None:
        try:
            load_modules(self._modules)
        except ImportError as error:
            _log.exception("torch cannot be imported")
            self._error = f"PyTorch cannot be loaded: {error}. Set the program up again to repair it."
        except Exception:  # noqa: BLE001 - the edge of a thread
            _log.exception("torch cannot be imported")
            reason = traceback.format_exc().strip().splitlines()[-1]
            self._error = f"PyTorch cannot be loaded: {reason}. Set the program up again to repair it."

    def _look(self) -> None:
        if self._thread is None or self._thread.is_alive():
            return
        self._thread.join()
        self._poll.stop()
        waiting, self._waiting = self._waiting, []
        if self._error is not None:
            self._state = "failed"
            self.failed.emit(self._error)
            return
        self._state = "ready"
        gc.freeze()  # a million objects of torch that stay: looking through them for cycles would be felt
        self.ready.emit()
        for action in waiting:
            action()


def load_modules(modules: tuple[str, ...]) -> None:
    """Import `modules`, the libraries of torch first; other threads hardly notice. Raises ImportError."""
    from explorer.runtime_env import prepare_environment

    prepare_environment()
    if "torch" not in sys.modules:
        map_libraries()
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    try:
        for module in modules:
            importlib.import_module(module)
    finally:
        sys.setswitchinterval(interval_s)


def map_libraries() -> list[str]:
    """Names of torch's libraries that are mapped now, without the interpreter lock held; empty where that fails."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None or sys.platform == "win32":
        return []
    folder = Path(spec.origin).parent / "lib"
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    return [
        name
        for name in _LIBRARIES
        if (folder / name).exists() and dlopen(str(folder / name).encode(), _RTLD_LAZY) is not None
    ]
