"""`presets`: the networks that are known by name."""

from __future__ import annotations

import argparse
import json
from typing import Any

from explorer import units
from explorer.analysis.summarize import summarize
from explorer.arch.conv_arch import write_blocks
from explorer.arch.presets import PRESETS, STARTER, Preset
from explorer.cli.plain_table import table_text
from explorer.cli.program import DONE
from explorer.export.blocks import Column, Row, Table


def add_parser(subparsers: Any) -> None:
    """Add the command's parser to `subparsers`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "presets",
        help="list the networks that are known by name",
        description="List the networks that are known by name, with their size at their own input.",
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="a list for other programs")


def run(args: argparse.Namespace) -> int:
    """Print every preset."""
    print(_as_json() if args.json else _as_text())
    return DONE


def _as_json() -> str:
    return json.dumps([_record(preset) for preset in PRESETS.values()], indent=2)


def _record(preset: Preset) -> dict[str, Any]:
    spec, totals = preset.spec, summarize(preset.spec).totals
    return {
        "name": preset.name,
        "title": preset.title,
        "group": preset.group,
        "source": preset.source,
        "starter": preset.name == STARTER,
        "input": [spec.input.channels, spec.input.height, spec.input.width],
        "classes": spec.num_classes,
        "conv_arch": write_blocks(spec.blocks, "blocks", input_channels=spec.input.channels),
        "parameters": totals.params.total if totals else None,
        "macs": totals.macs if totals else None,
    }


def _as_text() -> str:
    columns = (
        Column("Name", "left"),
        Column("Input"),
        Column("Classes"),
        Column("Parameters"),
        Column("MACs"),
        Column("Source", "left"),
    )
    rows: list[Row] = []
    group = ""
    for preset in PRESETS.values():
        if preset.group != group:
            group = preset.group
            rows.append(Row((group, *[""] * 5), strong=True))
        rows.append(_row(preset))
    return table_text(Table(columns, tuple(rows)))


def _row(preset: Preset) -> Row:
    spec, totals = preset.spec, summarize(preset.spec).totals
    source = preset.source.removeprefix("Preset · ").replace(" of the VGG paper", "")
    first = " · shown first" if preset.name == STARTER else ""
    return Row(
        (
            preset.name,
            units.shape((spec.input.channels, spec.input.height, spec.input.width)),
            units.exact(spec.num_classes),
            units.exact(totals.params.total if totals else None),
            units.si(totals.macs if totals else None),
            source + first,
        )
    )
