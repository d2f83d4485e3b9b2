"""`ensemble`: what the average of several runs' soft-max says, and which pictures it gains and loses."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from explorer import units
from explorer.cli.plain_table import table_text
from explorer.cli.program import DONE, INTERRUPTED
from explorer.cli.run_output import stopping_at_signals
from explorer.cli.runs import find_run
from explorer.cli.test import add_test_arguments
from explorer.cli.train import open_store, prepare_torch
from explorer.export.blocks import Column, Row, Table
from explorer.runs.control import RunControl
from explorer.runs.testing import EnsembleResult

_COLUMNS = (Column("Run", "left"), Column("Accuracy"), Column("Top 5"), Column("Loss"))


def add_parser(subparsers: Any) -> None:
    """Add the command's parser to `subparsers`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "ensemble",
        help="average what several runs say",
        description="Average the soft-max of several runs over one crop of each test picture, and compare it with each "
        "run alone. RUN is a run's number, its name, or “last”.",
        allow_abbrev=False,
    )
    parser.add_argument("runs", metavar="RUN", nargs="+", help="two runs or more, of the same test pictures")
    add_test_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print each run's figures and those of the average; the exit status."""
    control = RunControl()
    result: EnsembleResult | None = None
    with open_store(args.store) as store:
        ids = [find_run(store, text).id for text in args.runs]
        prepare_torch(args.threads)
        from explorer.engine.ensemble import test_ensemble

        with stopping_at_signals(control, "Stopping."):
            for event in test_ensemble(store, ids, control, limit=args.limit):
                result = event if isinstance(event, EnsembleResult) else None
    if result is None:
        return INTERRUPTED
    if args.json:
        print(json.dumps(asdict(result), indent=2))
    else:
        _show(result)
    return DONE


def _show(result: EnsembleResult) -> None:
    rows = [
        Row((f"{m.run_id} {m.name}", units.percent(m.accuracy), units.percent(m.top5), units.loss(m.loss)))
        for m in result.members
    ]
    total = ("Average", units.percent(result.accuracy), units.percent(result.top5), units.loss(result.loss))
    print(table_text(Table(_COLUMNS, (*rows, Row(total, strong=True)))))
    print(
        f"Of {result.num_images:,} pictures the average gains {len(result.gained):,} and loses {len(result.lost):,} "
        f"against run {result.best_run_id}, the best alone."
    )
