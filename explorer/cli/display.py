"""Whether a window can be opened, asked before Qt is loaded: Qt itself would abort with a core dump."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping

from explorer.errors import ExplorerError

_LOCAL_DISPLAY = re.compile(r"(?:unix)?:(\d{1,5})(?:\.\d+)?")
_TIMEOUT_S = 2.0
_COMMANDS_WORK = "The commands (conv-arch-explorer --help) work without one."


def require_display(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> None:
    """Nothing where a window can be opened. Raises ExplorerError on a Unix without a display that answers."""
    if platform in ("win32", "cygwin", "darwin"):
        return
    asked = environment.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if asked not in ("", "xcb", "wayland", "wayland-egl"):
        return  # offscreen, minimal, a framebuffer: Qt needs no server
    names = [name for name in _variables(asked) if environment.get(name)]
    if not names:
        listed = " nor ".join(_variables(asked))
        subject = f"neither {listed} is set" if len(_variables(asked)) > 1 else f"{listed} is not set"
        raise ExplorerError(f"There is no display to open a window on: {subject}. {_COMMANDS_WORK}")
    if not any(_answers(name, environment) for name in names):
        shown = " and ".join(f"{name}={environment[name]}" for name in names)
        raise ExplorerError(f"No display answers at {shown}, so no window can be opened. {_COMMANDS_WORK}")


def _variables(asked: str) -> tuple[str, ...]:
    if asked == "xcb":
        return ("DISPLAY",)
    return ("DISPLAY", "WAYLAND_DISPLAY") if not asked else ("WAYLAND_DISPLAY",)


def _answers(name: str, environment: Mapping[str, str]) -> bool:
    """Whether a server listens where the variable points; true where that cannot be asked, as for another machine."""
    value = environment[name]
    if name == "WAYLAND_DISPLAY":
        path = value if value.startswith("/") else f"{environment.get('XDG_RUNTIME_DIR', '')}/{value}"
        return _listens(path)
    match = _LOCAL_DISPLAY.fullmatch(value)
    if match is None:
        return True
    path = f"/tmp/.X11-unix/X{match.group(1)}"  # noqa: S108 - where X servers listen
    return _listens(path) or (sys.platform == "linux" and _listens(f"\0{path}"))


def _listens(path: str) -> bool:
    import socket

    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT_S)
            connection.connect(path)
    except (OSError, ValueError):  # ValueError: a path that no socket can have
        return False
    return True
