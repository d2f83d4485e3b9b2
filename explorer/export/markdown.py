"""A report as GitHub-flavoured Markdown; pictures travel inside as data."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from explorer.export.blocks import Block, Code, Facts, Figure, Heading, Paragraph, Remark, Report, Table

SEVERITY_WORDS = {"error": "Error", "warning": "Warning", "hint": "Hint"}


def to_markdown(report: Report) -> str:
    """The whole report as one text."""
    parts = [
        f"# {escape(report.title)}",
        escape(report.subtitle),
        *(_WRITERS[type(block)](block) for block in report.blocks),
    ]
    return "\n\n".join(parts) + "\n"


def table_markdown(table: Table) -> str:
    """One table; sums are bold, the failing layer is marked."""
    head = "| " + " | ".join(escape(column.title) for column in table.columns) + " |"
    rule = "| " + " | ".join(":--" if column.align == "left" else "--:" for column in table.columns) + " |"
    lines = []
    for row in table.rows:
        cells = [escape(cell) for cell in row.cells]
        if row.strong:
            cells = [f"**{cell}**" if cell else "" for cell in cells]
        if row.fault:
            cells[0] = f"✕ {cells[0]}"
        lines.append("| " + " | ".join(cells) + " |")
    note = f"\n\n{escape(table.note)}" if table.note else ""
    return "\n".join([head, rule, *lines]) + note


def escape(text: str) -> str:
    """`text` so that Markdown shows it as it stands."""
    for character in "\\`*_[]<>|#":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", " ")


def _facts(block: Facts) -> str:
    lines = [f"| {escape(f.label)} | {escape(f.value)} | {escape(f.note)} |" for f in block.facts]
    rule = "| :-- | :-- | :-- |" if block.align == "left" else "| :-- | --: | :-- |"
    return "\n".join(["| | | |", rule, *lines])


def _figure(block: Figure) -> str:
    data = base64.b64encode(block.svg.encode()).decode()
    return f"![{escape(block.caption)}](data:image/svg+xml;base64,{data})"


def _code(block: Code) -> str:
    fence = "```"
    while fence in block.text:
        fence += "`"
    return f"{fence}{block.language}\n{block.text.rstrip()}\n{fence}"


_WRITERS: Mapping[type[Block], Callable[[Any], str]] = {
    Heading: lambda block: f"{'#' * block.level} {escape(block.text)}",
    Paragraph: lambda block: escape(block.text),
    Facts: _facts,
    Table: table_markdown,
    Figure: _figure,
    Code: _code,
    Remark: lambda block: f"- **{SEVERITY_WORDS[block.severity]} · {escape(block.title)}**: {escape(block.text)}",
}
