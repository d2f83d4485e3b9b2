"""Errors that are written for the user.

An `ExplorerError` is shown as it stands, without a traceback: its message names the place, the fact and the remedy.
Anything else that is raised is a bug of ours.
"""

from __future__ import annotations


class ExplorerError(Exception):
    """A mistake or a circumstance that the user can mend; `str(error)` is one clear sentence or two."""


class SpecError(ExplorerError):
    """A value that no network can have. `path` names the field, as in `blocks[2].out_channels`."""

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class ArchTextError(ExplorerError):
    """A text that is not a conv_arch. Line and column count from 1; `length` characters are at fault."""

    def __init__(self, message: str, *, line: int, column: int, length: int = 1, fix: TextFix | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.length = length
        self.fix = fix


class TextFix:
    """An obvious repair of a text: a label for the button and the whole text after the repair."""

    __slots__ = ("label", "text")

    def __init__(self, label: str, text: str) -> None:
        self.label = label
        self.text = text


class FileError(ExplorerError):
    """A file that cannot be read or written; the message names the file and, inside it, the field."""


class DataError(ExplorerError):
    """A data set that is missing, incomplete or does not fit the network."""


class ConfigError(ExplorerError):
    """A training setting that cannot be used. `path` names the setting, as in `learning_rate`."""

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class RunError(ExplorerError):
    """A run that cannot be started, found or continued."""


class TrainingError(ExplorerError):
    """Training ended early for a reason the user can mend: memory, a loss that is not a number, a full disk."""


class ImportTextError(ExplorerError):
    """A pasted or opened text from which no network can be read. Line and column count from 1."""

    def __init__(self, message: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
