"""From the arguments to a command or the window, and from an error to one line and an exit status.

Exit statuses: 0 done; 2 something the user can mend, said in one line on stderr; 1 a bug, with its traceback; 130
interrupted by Ctrl-C; 141 nobody reads the output any more.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import NoReturn, TextIO

from explorer import __version__
from explorer.errors import ArchTextError, ExplorerError, ImportTextError
from explorer.runtime_env import collect_later

PROGRAM = "conv-arch-explorer"
DONE, MENDABLE, INTERRUPTED, NOBODY_READS = 0, 2, 130, 141


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command lives and what `--help` says about it.

    The module has `add_parser(subparsers)`, which adds a parser of the command's name, and `run(args) -> int`.
    """

    module: str
    help: str


COMMANDS: Mapping[str, Command] = {
    "compare": Command("explorer.cli.compare", "put two or more networks, or runs, side by side"),
    "describe": Command("explorer.cli.describe", "print a network's layer table, totals and findings"),
    "export": Command("explorer.cli.export", "write a report, table, diagram or code"),
    "import": Command("explorer.cli.import_network", "make a network file of code, a notebook or a printed network"),
    "presets": Command("explorer.cli.presets", "list the networks that are known by name"),
    "train": Command("explorer.cli.train", "train a network without a window"),
    "test": Command("explorer.cli.test", "test a finished run by crops, densely and at several sides"),
    "ensemble": Command("explorer.cli.ensemble", "average what several runs say"),
    "runs": Command("explorer.cli.runs", "list, show, change, continue and export the runs that are kept"),
}
"""Each command under its name; a module is imported only when its command is asked for."""


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status after doing what `argv` (by default the process's arguments) asks for."""
    _never_fail_on_characters(sys.stdout, sys.stderr)
    try:
        status = _run(list(sys.argv[1:] if argv is None else argv))
        if sys.stdout is not None:
            sys.stdout.flush()
    except ExplorerError as error:
        print_error(error)
        return MENDABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes stdout once more at exit; give it something that takes it.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    return status


def print_error(error: ExplorerError) -> None:
    """Say `error` in one line on stderr; a text's error with its place."""
    message = " ".join(str(error).split())
    if isinstance(error, ArchTextError | ImportTextError):
        message = f"line {error.line}, column {error.column}: {message}"
    print(f"{PROGRAM}: {message}", file=sys.stderr)


class OneLineParser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line, as all others of this program."""

    def error(self, message: str) -> NoReturn:
        """Raise ExplorerError with `message` and where to read more."""
        message = message.removeprefix("argument ")
        raise ExplorerError(f"{message}{'' if message.endswith('.') else '.'} See {self.prog} --help.")


def _run(argv: list[str]) -> int:
    if _wants_window(argv):
        return _open_window(argv)
    asked = argv[0] if argv[0] in COMMANDS else None
    args = _parser(asked).parse_args(argv)
    if asked is None:
        raise AssertionError(argv)
    status: int = import_module(COMMANDS[asked].module).run(args)
    return status


def _wants_window(argv: Sequence[str]) -> bool:
    """Whether `argv` holds nothing but files to open. Raises ExplorerError for a word that is no command."""
    if not argv:
        return True
    first = argv[0]
    if first.startswith("-") or first in COMMANDS:
        return False
    if all(_is_file(name) for name in argv):
        return True
    shown = first if len(first) <= 40 else f"{first[:37]}..."
    near = get_close_matches(first.lower(), COMMANDS, 1)
    hint = f"is {near[0]} meant?" if near else f"a network is described by: {PROGRAM} describe {shown}"
    raise ExplorerError(f"There is no command {shown}; {hint}")


def _is_file(name: str) -> bool:
    try:
        return name.lower().endswith(".json") or Path(name).is_file()
    except (OSError, ValueError):
        return False


def _parser(asked: str | None) -> argparse.ArgumentParser:
    """The whole parser for the command that is `asked` for; of the others only their line in the help."""
    parser = OneLineParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [FILE.arch.json | COMMAND ...]",
        description="Compose convolutional networks, understand, train and report on them. "
        "Without a command the window opens, with the file that is named.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    subparsers = parser.add_subparsers(
        title="commands", metavar="COMMAND", parser_class=OneLineParser, required=True, prog=PROGRAM
    )
    for name, command in COMMANDS.items():
        if name == asked:
            import_module(command.module).add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=command.help)
    return parser


def _open_window(files: Sequence[str]) -> int:
    from explorer.cli.display import require_display

    if len(files) > 1:
        raise ExplorerError(f"The window opens one network at a time, and {len(files)} files are named.")
    for name in files:
        if not Path(name).is_file():
            raise ExplorerError(f"There is no file {name}.")
    require_display()
    collect_later()
    from explorer.gui.app import run_window

    return run_window(files)


def _never_fail_on_characters(*streams: TextIO | None) -> None:
    """Let a terminal that cannot show a character show `?` instead of failing."""
    for stream in streams:
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
