"""Files that travel with the program, found in a checkout, a wheel or a frozen application."""

from __future__ import annotations

import sys
from pathlib import Path


def resource_path(*parts: str) -> Path:
    """The path of a file or folder under `resources/`. Raises FileNotFoundError when it is nowhere."""
    here = Path(__file__).resolve().parent
    frozen = getattr(sys, "_MEIPASS", None)
    homes = [here / "resources", here.parent / "resources"]
    if frozen:
        homes.insert(0, Path(frozen) / "explorer" / "resources")
    for home in homes:
        path = home.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"resources/{'/'.join(parts)} is missing from this installation")
