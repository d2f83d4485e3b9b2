"""Do the maps keep what matters: rows that pools drop, a border that no output reads, maps that never shrink?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from explorer.analysis.checks.facts import Facts, steps
from explorer.analysis.receptive_field import unread_border as border_of
from explorer.analysis.receptive_field import windows_of
from explorer.analysis.summary import Finding, Fix, Shape
from explorer.arch.blocks import Pool, VGGBlock
from explorer.arch.graph import INPUT_PART
from explorer.arch.ops import AvgPool2d, Conv2d, MaxPool2d, Op
from explorer.arch.spec import InputShape, NetworkSpec
from explorer.units import TIMES

_POOLS = (MaxPool2d, AvgPool2d)
_WINDOWED = (Conv2d, *_POOLS)
_NONE, _ONE = (0, 0), (1, 1)


class _Drop(NamedTuple):
    """A pool that leaves out the last rows and columns of its map."""

    name: str
    part: str
    before: Shape
    after: Shape
    rows: int
    columns: int


def dropped_rows(facts: Facts) -> Iterator[Finding]:
    """Pools that do not reach the last rows or columns of an odd map."""
    drops = list(_drops(facts))
    if not drops:
        return
    title = ", ".join(drop.name for drop in drops[:3]) + (" and more" if len(drops) > 3 else "")
    message = _dropped(drops)
    yield Finding("dropped_rows", "hint", drops[0].name, title, message, tuple(_rounding_up(facts, drops)))


def _drops(facts: Facts) -> Iterator[_Drop]:
    for row in facts.windows:
        op = row.node.op
        if row.shape is None or type(op) is Conv2d:
            continue
        before = facts.by_name[row.node.inputs[0]].shape
        assert before is not None
        if _tiles(op, before):
            continue
        windows = windows_of(op, row.shape)
        assert windows is not None
        rows, columns = (
            max(0, size - ((count - 1) * window.stride - window.before + window.dilation * (window.kernel - 1) + 1))
            for window, size, count in zip(windows, before[1:], row.shape[1:], strict=True)
        )
        if rows or columns:
            yield _Drop(row.node.name, row.node.part, before, row.shape, rows, columns)


def _tiles(op: Op, before: Shape) -> bool:
    """Whether `op` is a pool whose windows lie side by side and cover a map of `before` to its last row and column."""
    if not isinstance(op, _POOLS) or op.kernel != op.stride or op.padding != _NONE:
        return False
    (height, width), (_, rows, columns) = op.kernel, before
    return rows % height == 0 and columns % width == 0 and (isinstance(op, AvgPool2d) or op.dilation == _ONE)


def _dropped(drops: Sequence[_Drop]) -> str:
    """One sentence for one pool, or for a chain of them."""
    if len(drops) == 1:
        drop = drops[0]
        return f"Drops the {_last(drop.rows, drop.columns)} of the {_size(drop.before)} map."
    what = {_last(drop.rows, drop.columns) for drop in drops}
    subject = "Both drop" if len(drops) == 2 else f"All {len(drops)} drop"
    lost = (
        f"a {what.pop()}"
        if len(what) == 1 and drops[0].rows <= 1 and drops[0].columns <= 1
        else "last rows and columns"
    )
    first = f"{_size(drops[0].before)} becomes {_size(drops[0].after)}"
    if all(before.after[1:] == after.before[1:] for before, after in pairwise(drops)):
        return f"{subject} {lost}: {first}, then {', '.join(_size(drop.after) for drop in drops[1:])}."
    others = ", ".join(f"{_size(drop.before)} becomes {_size(drop.after)}" for drop in drops[1:])
    return f"{subject} {lost}: {first}, {others}."


def _size(shape: Shape) -> str:
    return f"{shape[1]} {TIMES} {shape[2]}"


def _last(rows: int, columns: int) -> str:
    """`last row and column`, `last 2 rows`, `last row and 2 columns`."""
    if rows == columns:
        return "last row and column" if rows == 1 else f"last {rows} rows and columns"
    parts = [f"{word}" if n == 1 else f"{n} {word}s" for n, word in ((rows, "row"), (columns, "column")) if n]
    return f"last {' and '.join(parts)}"


def _rounding_up(facts: Facts, drops: Sequence[_Drop]) -> Iterator[Fix]:
    """Every one of those pools rounding up, where that changes anything."""
    names = {drop.part for drop in drops}
    blocks = tuple(
        block.with_pool(replace(block.pool, ceil_mode=True)) if f"block{number}" in names else block
        for number, block in enumerate(facts.spec.blocks, start=1)
    )
    mended = replace(facts.spec, blocks=blocks)
    if [step.shape for step in steps(mended, like=facts)] != [step.shape for step in steps(facts.spec, like=facts)]:
        yield facts.fix_to("Round up instead", mended)


def unread_border(facts: Facts) -> Iterator[Finding]:
    """The border of the picture that no output depends on; a smaller picture gives the same network."""
    if facts.totals is None or not _may_skip(facts):
        return
    shapes = {row.node.name: row.shape for row in facts.rows if row.shape is not None}
    top, left, bottom, right = border_of(facts.graph, shapes)
    if not (top or left or bottom or right):
        return
    edges = [text for text in (_edge("first", top, left), _edge("last", bottom, right)) if text]
    picture = f"{facts.spec.input.height} {TIMES} {facts.spec.input.width}"
    message = f"No output reads the {' or the '.join(edges)} of the {picture} picture."
    yield Finding("unread_border", "hint", INPUT_PART, "Input", message, tuple(_cropped(facts, bottom, right)))


def _edge(which: str, rows: int, columns: int) -> str:
    return _last(rows, columns).replace("last", which, 1) if rows or columns else ""


def _may_skip(facts: Facts) -> bool:
    """Whether any window leaves out a last row or column, or steps further than it reaches."""
    for row in facts.windows:
        op = row.node.op
        assert isinstance(op, _WINDOWED)
        if row.shape is None or (op.stride == _ONE and (isinstance(op, AvgPool2d) or op.dilation == _ONE)):
            continue
        before = facts.by_name[row.node.inputs[0]].shape
        assert before is not None
        if _tiles(op, before):
            continue
        windows = windows_of(op, row.shape)
        assert windows is not None
        for window, size, count in zip(windows, before[1:], row.shape[1:], strict=True):
            if window.stride > 1 or window.dilation > 1:
                end = (count - 1) * window.stride - window.before + window.dilation * (window.kernel - 1) + 1
                if end < size or window.stride > window.kernel or window.dilation > 1:
                    return True
    return False


def _cropped(facts: Facts, bottom: int, right: int) -> Iterator[Fix]:
    picture = facts.spec.input
    height, width = picture.height - bottom, picture.width - right
    if (bottom or right) and height > 0 and width > 0:
        smaller = replace(facts.spec, input=InputShape(picture.channels, height, width))
        if [step.shape for step in steps(smaller)][-2:] == [step.shape for step in steps(facts.spec)][-2:]:
            yield facts.fix_to(f"Use {height} {TIMES} {width} input", smaller)


def no_pool(facts: Facts) -> Iterator[Finding]:
    """Blocks without any pool: every layer works at the picture's full size."""
    spec = facts.spec
    if not spec.blocks or any(block.pool.kind != "none" for block in spec.blocks) or facts.map_before_head is None:
        return
    _, height, width = facts.map_before_head
    if min(height, width) < 4:
        return
    message = f"No pool makes the map smaller: the head gets all {height} {TIMES} {width} places."
    fix = facts.fix_to("Pool after each block", _pooled(spec))
    yield Finding("no_pool", "hint", "block1", "Blocks", message, (fix,))


def _pooled(spec: NetworkSpec) -> NetworkSpec:
    """A 2 × 2 pool after each block, as long as there is a map to pool."""
    for index, block in enumerate(spec.blocks):
        pooled = spec.with_block(index, block.with_pool(Pool()))
        if all(step.shape is not None for step in steps(pooled)):
            spec = pooled
    return spec


def no_blocks(facts: Facts) -> Iterator[Finding]:
    """A head on the bare pixels."""
    if not facts.spec.blocks:
        message = "There is no block: the head works on the bare pixels."
        fix = facts.fix_to("Add a block", replace(facts.spec, blocks=(VGGBlock(1, 64),)))
        yield Finding("no_blocks", "hint", INPUT_PART, "Network", message, (fix,))
