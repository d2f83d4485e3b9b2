"""`test`: test a finished run by one crop, 50 crops, densely, both, at one side or more."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from explorer import units
from explorer.cli.arguments import whole
from explorer.cli.plain_table import table_text
from explorer.cli.program import DONE, INTERRUPTED
from explorer.cli.run_output import stopping_at_signals
from explorer.cli.runs import find_run
from explorer.cli.train import open_store, prepare_torch
from explorer.export.blocks import Column, Row, Table
from explorer.runs.control import RunControl
from explorer.runs.testing import CROP_TITLES, CROPS, CropName, TestPlan, TestResult, TestRow

_COLUMNS = (
    Column("Test", "left"), Column("Side"), Column("Accuracy"), Column("Top 5"), Column("Loss"), Column("Map"),
    Column("Time"), Column("Note", "left"),
)  # fmt: skip


def add_parser(subparsers: Any) -> None:
    """Add the command's parser to `subparsers`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "test",
        help="test a finished run by crops, densely and at several sides",
        description="Test a run on its test pictures: by one crop, by 50 (5 x 5 places and their mirror images), "
        "densely (linear layers as convolutions, the class-score map averaged, and the mirrored picture), or both.",
        allow_abbrev=False,
    )
    parser.add_argument("run", metavar="RUN", help="a run's number, its name, or “last”")
    parser.add_argument(
        "--crops", type=_crops, default=("single", "multi", "dense"), metavar="A,B",
        help=f"ways of testing: {', '.join(CROPS)} (default single,multi,dense)",
    )  # fmt: skip
    parser.add_argument(
        "--sides", type=_sides, default=(), metavar="Q,Q", help="test sides, averaged too (default: the run's)"
    )
    parser.add_argument(
        "--flip", action=argparse.BooleanOptionalAction, default=True, help="add the mirrored picture to the dense test"
    )
    add_test_arguments(parser)


def add_test_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` what every command that tests has."""
    parser.add_argument(
        "--limit", type=whole(1, 10**9, "A number of pictures"), metavar="N", help="test on the first N pictures"
    )
    parser.add_argument("--threads", type=whole(1, 4096, "A number of threads"), metavar="N", help="CPU threads to use")
    parser.add_argument("--store", metavar="FOLDER", help="where runs are kept (default: CONV_ARCH_HOME, or your data)")
    parser.add_argument("--json", action="store_true", help="for other programs")


def run(args: argparse.Namespace) -> int:
    """Test the run that `args` name and print a row for each way; the exit status."""
    plan = TestPlan(args.crops, args.sides, args.flip, args.limit)
    control = RunControl()
    result: TestResult | None = None
    with open_store(args.store) as store:
        record = find_run(store, args.run)
        prepare_torch(args.threads)
        from explorer.engine.testing import test_run

        with stopping_at_signals(control, "Stopping."):
            for event in test_run(store, record.id, plan, control):
                result = event if isinstance(event, TestResult) else None
    assert result is not None
    if args.json:
        print(json.dumps(_as_json(result), indent=2))
    elif result.rows:
        print(table_text(Table(_COLUMNS, tuple(Row(_cells(row)) for row in result.rows))))
        pictures = f"{result.num_images:,} test pictures of run {record.id} “{record.name}”"
        print(f"{pictures}, {units.duration(result.seconds)}.".replace(units.THIN, " "))
    if not result.is_complete:
        print("Stopped; only the rows above are whole.", file=sys.stderr)
        return INTERRUPTED
    return DONE


def _cells(row: TestRow) -> tuple[str, ...]:
    return (
        CROP_TITLES[row.crop],
        ", ".join(str(side) for side in row.sides),
        units.percent(row.accuracy),
        units.percent(row.top5),
        units.loss(row.loss),
        units.side(*row.map_side) if row.map_side else units.NONE,
        units.duration(row.seconds),
        row.note,
    )


def _as_json(result: TestResult) -> dict[str, Any]:
    rows = [{key: value for key, value in asdict(row).items() if key != "images"} for row in result.rows]
    return {
        "run": result.run_id, "images": result.num_images, "complete": result.is_complete, "seconds": result.seconds,
        "rows": rows,
    }  # fmt: skip


def _crops(text: str) -> tuple[CropName, ...]:
    names = [name.strip() for name in text.split(",")]
    found = tuple(crop for name in names for crop in CROPS if crop == name)
    if len(found) != len(names):
        raise argparse.ArgumentTypeError(f'ways of testing are {", ".join(CROPS)}, and this is "{text[:40]}".')
    return found


def _sides(text: str) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f'sides are whole numbers, as in 32,40, and this is "{text[:40]}".') from None
