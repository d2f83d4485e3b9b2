"""Tables for a terminal: columns aligned by what a terminal shows, sums parted by a line."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from explorer.export.blocks import Table
from explorer.units import THIN

_GAP = "  "


def table_text(table: Table, *, marks: Sequence[str] = ()) -> str:
    """`table` as lines of text; rows that are not sums are indented, and `marks[i]` follows row i where it is given."""
    titles = [column.title for column in table.columns]
    grid = [[_plain(cell) for cell in row.cells] for row in table.rows]
    for row, cells in zip(table.rows, grid, strict=True):
        cells[0] = cells[0] if row.strong else f"{'  ' * (1 + row.level)}{cells[0]}"
    widths = [max(map(_width, column)) for column in zip(titles, *grid, strict=True)]
    left = [column.align == "left" for column in table.columns]
    rule = "─" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    lines = [_line(titles, widths, left), rule]
    for index, cells in enumerate(grid):
        if index and table.rows[index].strong and index == len(grid) - 1:
            lines.append(rule)
        mark = marks[index] if index < len(marks) else ""
        lines.append(_line(cells, widths, left) + (f"{_GAP}{mark}" if mark else ""))
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    padded = []
    for cell, width, is_left in zip(cells, widths, left, strict=True):
        space = " " * (width - _width(cell))
        padded.append(cell + space if is_left else space + cell)
    return _GAP.join(padded).rstrip()


def _plain(text: str) -> str:
    return text.replace(THIN, " ")


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two, combining ones none."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)
