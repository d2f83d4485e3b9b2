"""The branches of one block: each path and each residual unit with its parameters, MACs, shapes and field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from explorer.analysis.summary import LayerRow, NetworkSummary, ParamCount, ReceptiveField, Shape
from explorer.arch.ops import Activation, Add, AvgPool2d, BatchNorm2d, Concat, Conv2d, MaxPool2d, Op
from explorer.units import TIMES


class PathSummary(NamedTuple):
    """One path of a merge. `number` counts from 1 as `Node.path` does; an identity shortcut has no rows.

    `words` is what it does: `1 × 1, 3 × 3`, `3 × 3 max, 1 × 1`, `identity`. Sums are over the rows that were reached,
    None where none was.
    """

    number: int
    words: str
    rows: tuple[LayerRow, ...]
    params: ParamCount | None
    macs: int | None
    shape_in: Shape | None
    shape_out: Shape | None
    field_out: ReceptiveField | None
    is_shortcut: bool = False

    @property
    def title(self) -> str:
        """`Path 2 · 1 × 1, 3 × 3`, or `Shortcut · identity`."""
        return f"{'Shortcut' if self.is_shortcut else f'Path {self.number}'} · {self.words}"


class UnitSummary(NamedTuple):
    """Paths that part and meet again: an Inception block, or one residual unit with what follows its sum.

    `number` counts the units of the part from 1. `params` and `macs` are those of all its rows that were reached, None
    where none was.
    """

    number: int
    paths: tuple[PathSummary, ...]
    merge: LayerRow
    rows: tuple[LayerRow, ...]
    params: ParamCount | None
    macs: int | None

    @property
    def title(self) -> str:
        """`Unit 2` of residual units; `Paths` of the one merge of an Inception block."""
        return f"Unit {self.number}" if isinstance(self.merge.node.op, Add) else "Paths"

    @property
    def shape_out(self) -> Shape | None:
        """The map after the unit."""
        return self.rows[-1].shape

    @property
    def field_out(self) -> ReceptiveField | None:
        """The field after the unit: the largest over its paths."""
        return self.rows[-1].field


def path_summaries(summary: NetworkSummary, part: str) -> tuple[PathSummary, ...]:
    """Every path of `part`, unit by unit; empty where it has no branches."""
    return tuple(path for unit in unit_summaries(summary, part) for path in unit.paths)


def unit_summaries(summary: NetworkSummary, part: str) -> tuple[UnitSummary, ...]:
    """Every merge of `part` with the paths that lead to it; empty where it has no branches."""
    found = []
    for number, rows in enumerate(_units(summary.by_part[part].rows), start=1):
        merge = next(row for row in rows if isinstance(row.node.op, Add | Concat))
        params, macs = _sums(rows)
        found.append(UnitSummary(number, _paths(summary, rows, merge), merge, rows, params, macs))
    return tuple(found)


def _units(rows: Sequence[LayerRow]) -> Iterator[tuple[LayerRow, ...]]:
    """The rows of each merge: its paths, itself, and the norm and activation after it."""
    unit: list[LayerRow] = []
    merged = False
    for row in rows:
        if row.node.path and merged:
            yield tuple(unit)
            unit, merged = [], False
        is_merge = isinstance(row.node.op, Add | Concat)
        if row.node.path or is_merge or (merged and isinstance(row.node.op, Activation | BatchNorm2d)):
            unit.append(row)
            merged = merged or is_merge
    if merged:
        yield tuple(unit)


def _paths(summary: NetworkSummary, rows: Sequence[LayerRow], merge: LayerRow) -> tuple[PathSummary, ...]:
    """One path for each input of the merge; the shortcut of a sum is its last."""
    numbers = range(1, len(merge.node.inputs) + 1)
    by_number = {number: tuple(row for row in rows if row.node.path == number) for number in numbers}
    entry = summary.by_node[by_number[1][0].node.inputs[0]]
    found = []
    for number, source in zip(numbers, merge.node.inputs, strict=True):
        own = by_number[number]
        is_shortcut = isinstance(merge.node.op, Add) and number == len(numbers)
        last = summary.by_node[source]
        params, macs = _sums(own) if own else _sums((last,), nothing=True)
        words = ", ".join(_words(row.node.op) for row in own if isinstance(row.node.op, _NAMED)) or "identity"
        found.append(
            PathSummary(number, words, own, params, macs, entry.shape, last.shape, last.field, is_shortcut=is_shortcut)
        )
    return tuple(found)


_NAMED = (Conv2d, MaxPool2d, AvgPool2d)


def _words(op: Op) -> str:
    assert isinstance(op, _NAMED)
    suffix = {MaxPool2d: " max", AvgPool2d: " average"}.get(type(op), "")
    return f"{op.kernel[0]} {TIMES} {op.kernel[1]}{suffix}"


def _sums(rows: Sequence[LayerRow], *, nothing: bool = False) -> tuple[ParamCount | None, int | None]:
    """Parameters and MACs of the rows that were reached; with `nothing`, of none of them, if they were reached."""
    reached = [row for row in rows if row.params is not None]
    if not reached:
        return None, None
    if nothing:
        return ParamCount(), 0
    params = sum((row.params for row in reached if row.params is not None), ParamCount())
    return params, sum(row.macs or 0 for row in reached)
