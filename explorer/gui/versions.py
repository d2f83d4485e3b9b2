"""Which versions this is made of: for the crash dialog and the about box."""

from __future__ import annotations

import platform
from importlib import metadata

_PACKAGES = ("conv-arch-explorer", "PySide6-Essentials", "torch", "torchvision", "numpy")


def version_lines() -> list[str]:
    """One line each: the program, Python, the system, the libraries. Imports none of them."""
    lines = [f"Python {platform.python_version()}", platform.platform()]
    for name in _PACKAGES:
        try:
            lines.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            lines.append(f"{name} is not installed")
    return lines
