"""Whether a window can be opened, asked before Qt is loaded: Qt itself would abort."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from explorer.errors import ExplorerError

_NEED_A_SERVER = ("", "xcb", "wayland", "wayland-egl")


def require_display(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> None:
    """Nothing where a window can be opened. Raises ExplorerError on a Unix without a display."""
    if platform in ("win32", "cygwin", "darwin"):
        return
    asked = environment.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if asked in _NEED_A_SERVER and not any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        message = (
            "There is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set. "
            "The commands (conv-arch-explorer --help) work without one."
        )
        raise ExplorerError(message)
