"""`export`: a network as report, table, diagram or code, in the format that the file's ending names."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from explorer.analysis.summarize import summarize
from explorer.analysis.summary import Conditions
from explorer.atomic import write_atomically
from explorer.cli.arguments import MAX_BATCH, add_network, network, whole
from explorer.cli.program import DONE
from explorer.errors import ExplorerError
from explorer.export.formats import TEXT_FORMATS, Subject, format_of
from explorer.export.report import RunData

WINDOW_FORMATS = {".pdf": "pdf", ".png": "png"}
"""The formats that Qt writes: ending -> name."""


def add_parser(subparsers: Any) -> None:
    """Add the command's parser to `subparsers`."""
    formats = [*TEXT_FORMATS, *WINDOW_FORMATS.values()]
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "export",
        help="write a report, table, diagram or code",
        description="Write a network as report (html, pdf, markdown), layer table (csv, latex), diagram (svg, png), "
        "PyTorch or Keras code. The file's ending names the format; - writes a text format to the standard output.",
        allow_abbrev=False,
    )
    add_network(parser)
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="where to; - for the standard output")
    parser.add_argument("--format", choices=formats, metavar="FORMAT", help=f"one of {', '.join(formats)}")
    parser.add_argument("--run", type=whole(1, 10**12, "A run's number"), action="append", default=[], metavar="N",
                        help="put this run's recipe and curves into the report; may be given again")  # fmt: skip
    parser.add_argument("--batch", type=whole(1, MAX_BATCH, "A batch size"), default=128, metavar="N",
                        help="images per step in the memory forecast (128)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Write what `args` ask for."""
    form = _format(args)
    summary = summarize(network(args), Conditions(batch_size=args.batch))
    subject = Subject(summary, _runs(args.run), datetime.now().astimezone())
    if args.output == "-":
        print(TEXT_FORMATS[form].write(subject), end="")
        return DONE
    path = Path(args.output)
    _write(form, subject, path)
    print(f"Written: {path}", file=sys.stderr)
    return DONE


def _format(args: argparse.Namespace) -> str:
    if args.output == "-":
        if args.format not in TEXT_FORMATS:
            listed = ", ".join(TEXT_FORMATS)
            raise ExplorerError(f"The standard output takes a text format: add --format with one of {listed}.")
        return str(args.format)
    return str(args.format or format_of(Path(args.output), WINDOW_FORMATS))


def _write(form: str, subject: Subject, path: Path) -> None:
    if form in TEXT_FORMATS:
        write_atomically(path, TEXT_FORMATS[form].write(subject).encode("utf-8"))
        return
    os.environ["QT_QPA_PLATFORM"] = "offscreen"  # painting into a file needs no display
    from explorer.gui.exporting import write_without_window

    write_without_window(form, subject, path)


def _runs(numbers: list[int]) -> list[RunData]:
    if not numbers:
        return []
    from explorer.export.run_data import stored_run
    from explorer.runs.places import default_store_folder
    from explorer.runs.store import RunStore

    with RunStore(default_store_folder()) as store:
        return [stored_run(store, number) for number in numbers]
