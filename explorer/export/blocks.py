"""A report as a neutral list of blocks; every format writes the same list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Align = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title; level 2 is a section, level 3 a part of one."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or some."""

    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure: what it is, its value, and the convention or condition it holds under."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts under one another: figures to the right, words to the left."""

    facts: tuple[Fact, ...]
    align: Align = "right"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    align: Align = "right"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; `strong` for sums, `fault` for the layer where a network fails.

    `level` says how deep a row lies below the sums: 1 for a layer under its block's path.
    """

    cells: tuple[str, ...]
    strong: bool = False
    fault: bool = False
    level: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, rows, a caption above and a note on conventions below."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture as self-contained SVG, with what it shows in words."""

    svg: str
    caption: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be copied as it stands."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding: how severe, where, and what."""

    severity: Literal["error", "warning", "hint"]
    title: str
    text: str


Block = Heading | Paragraph | Facts | Table | Figure | Code | Remark


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...]
