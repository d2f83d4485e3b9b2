"""`compare`: networks or runs side by side, the first against each of the others, without loading torch."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from explorer.analysis.compare import compare
from explorer.analysis.summarize import summarize
from explorer.arch.lookup import resolve
from explorer.arch.spec import NetworkSpec
from explorer.atomic import write_atomically
from explorer.cli.plain_table import table_text
from explorer.cli.program import DONE
from explorer.errors import ExplorerError
from explorer.export.blocks import Heading, Paragraph, Table
from explorer.export.comparison import (
    Compared,
    compared_runs,
    comparison_blocks,
    comparison_json,
    comparison_report,
)
from explorer.runs.statistics import RunGroup, run_groups

_LEAST = 2


def add_parser(subparsers: Any) -> None:
    """Add the command's parser to `subparsers`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "compare",
        help="put two or more networks, or runs, side by side",
        description="Put networks side by side: which blocks are inserted, removed or changed, and by how much "
        "parameters, MACs, receptive field and memory differ. The first is compared with each of the others. With "
        "--runs, runs are compared, all seeds of each network and recipe together: mean, standard deviation, and "
        "whether the difference is proven (paired t-test).",
        allow_abbrev=False,
    )
    parser.add_argument(
        "networks", nargs="*", metavar="NAME|FILE|TEXT", help="presets, .arch.json files, or conv_arch texts"
    )
    parser.add_argument("--runs", nargs="+", default=[], metavar="RUN", help="numbers or names of runs instead")
    parser.add_argument("--store", metavar="FOLDER", help="where runs are kept")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the report to FILE (.html or .md)")
    form = parser.add_mutually_exclusive_group()
    for name, text in _FORMATS.items():
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=text)


def run(args: argparse.Namespace) -> int:
    """Print or write the comparison that `args` ask for."""
    compared = _of_runs(args) if args.runs else _of_networks(args.networks)
    if args.output:
        path = Path(args.output)
        writer = {".html": _html, ".htm": _html, ".md": _markdown}.get(path.suffix.lower())
        if writer is None:
            raise ExplorerError(f"{path.name} does not say what to write: end it in .html or .md.")
        write_atomically(path, writer(compared).encode("utf-8"))
        print(f"Written: {path}", file=sys.stderr)
        return DONE
    print(_WRITERS[args.form or "text"](compared).rstrip("\n"))
    return DONE


def _of_networks(texts: Sequence[str]) -> list[Compared]:
    if len(texts) < _LEAST:
        raise ExplorerError("A comparison needs two networks, as in: compare vgg16 resnet50")
    first, *others = (summarize(resolve(text)) for text in texts)
    return [Compared(compare(first, other)) for other in others]


def _of_runs(args: argparse.Namespace) -> list[Compared]:
    from explorer.cli.runs import find_run
    from explorer.cli.train import open_store

    if args.networks:
        raise ExplorerError("Name networks, or runs after --runs, not both.")
    with open_store(args.store) as store:
        chosen = [find_run(store, text) for text in args.runs]
        known = {group.key: group for group in run_groups(store.runs())}
    groups: dict[str, RunGroup] = {}
    for record in chosen:
        own = run_groups([record], finished_only=False)
        if not own:
            raise ExplorerError(
                f"Run {record.id} “{record.name}” has no evaluation yet, so there is nothing to compare."
            )
        groups.setdefault(own[0].key, known.get(own[0].key, own[0]))
    if len(groups) < _LEAST:
        raise ExplorerError("These runs are one network with one recipe. Name runs of two networks or recipes.")
    first, *others = groups.values()
    left = summarize(_spec(first))
    return [
        Compared(compare(left, summarize(_spec(other))), compared_runs(first, other, comparisons=len(others)))
        for other in others
    ]


def _spec(group: RunGroup) -> NetworkSpec:
    return group.records[-1].spec


def _text(compared: Sequence[Compared]) -> str:
    parts = []
    for block in comparison_blocks(compared):
        if isinstance(block, Heading | Paragraph):
            parts.append(block.text)
        elif isinstance(block, Table):
            parts.append(table_text(block))
    return "\n\n".join(parts)


def _json(compared: Sequence[Compared]) -> str:
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    return json.dumps(comparison_json(compared), indent=2, ensure_ascii=plain)


def _markdown(compared: Sequence[Compared]) -> str:
    from explorer.export.markdown import to_markdown

    return to_markdown(comparison_report(compared, made=datetime.now().astimezone(), diagrams=False))


def _html(compared: Sequence[Compared]) -> str:
    from explorer.export.html import to_html

    return to_html(comparison_report(compared, made=datetime.now().astimezone()))


_FORMATS = {"json": "numbers for other programs", "markdown": "tables for a text", "html": "a web page with diagrams"}
_WRITERS: Mapping[str, Callable[[Sequence[Compared]], str]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "html": _html,
}
