"""`import`: a network from code, a notebook, or a printed network, written as an .arch.json file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from explorer.arch.files import SUFFIX, write_spec
from explorer.cli.pasted import STANDARD_INPUT, print_notes, read_text
from explorer.cli.program import DONE
from explorer.importing.read import import_text
from explorer.importing.result import KIND_NAMES


def add_parser(subparsers: Any) -> None:
    """Add the command's parser to `subparsers`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "import",
        help="make a network file of code, a notebook or a printed network",
        description="Read the network in a text: PyTorch or Keras code, a notebook, print(model), a cfg list. Nothing "
        "of it is executed. What is not understood is said by line on stderr; the rest is written.",
        allow_abbrev=False,
    )
    parser.add_argument("file", metavar="FILE", help="the text, as .py, .ipynb or .txt; - for the standard input")
    parser.add_argument("-o", "--output", metavar="FILE", help=f"where to, as in net{SUFFIX}; without it beside FILE")


def run(args: argparse.Namespace) -> int:
    """Read and write what `args` name."""
    imported = import_text(read_text(args.file))
    print_notes(imported, args.file)
    beside = Path("network" if args.file == STANDARD_INPUT else args.file).with_suffix(SUFFIX)
    path = Path(args.output) if args.output else beside
    write_spec(path, imported.spec)
    name = imported.spec.name
    print(f"Written: {path}, the network {name} from {KIND_NAMES[imported.source]}", file=sys.stderr)
    return DONE
