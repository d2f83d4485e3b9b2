"""Texts that hold a network, from a file or the standard input, for the commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.errors import FileError

if TYPE_CHECKING:
    from explorer.importing.result import Imported

SUFFIXES = (".py", ".ipynb", ".txt")
STANDARD_INPUT = "-"


def is_text_source(name: str) -> bool:
    """Whether a command reads `name` as a text with a network in it."""
    return name == STANDARD_INPUT or name.lower().endswith(SUFFIXES)


def read_text(name: str) -> str:
    """The text of the file `name`, or of the standard input for `-`. Raises FileError."""
    if name == STANDARD_INPUT:
        return sys.stdin.read()
    try:
        return Path(name).expanduser().read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise FileError(f"{name} cannot be read: {error.strerror or error}.") from None


def print_notes(imported: Imported, name: str) -> None:
    """Say on stderr, by line, what was not taken as it stands."""
    where = "line " if name == STANDARD_INPUT else f"{name}:"
    for note in imported.notes:
        print(f"{where}{note.line}: {note.sentence}", file=sys.stderr)
