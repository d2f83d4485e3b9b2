"""A network that cannot be computed: which node fails, why, and what makes it whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import gcd

from explorer.analysis.checks.facts import Facts, Step, is_whole, listed, steps
from explorer.analysis.shapes import conv_side, pool_side
from explorer.analysis.summary import Failure, Finding, Fix
from explorer.arch.blocks import Block, ConvBlock
from explorer.arch.graph import Graph
from explorer.arch.limits import MAX_SIDE
from explorer.arch.ops import AdaptiveAvgPool2d, AvgPool2d, Conv2d, Flatten, MaxPool2d, Op
from explorer.arch.spec import InputShape, NetworkSpec
from explorer.units import TIMES

_SIDES = (2, 4, 8, 16, 24, 28, 32, 48, 64, 96, 128, 160, 192, 224, 256)
"""Sides that pictures come in; beyond the last, multiples of 32."""


def impossible(facts: Facts) -> Iterator[Finding]:
    """The failing node, with the row of map sizes that led there."""
    failure = facts.failure
    if failure is None:
        return
    node = facts.graph.by_name[failure.node]
    code, message = "impossible", failure.message
    if isinstance(node.op, MaxPool2d | AvgPool2d) and failure.attempted is not None:
        code, message = "collapsed_map", f"{message.removesuffix('.')}{_chain(facts, failure)}."
    found = (_mending(facts.spec), _enlarging(facts.spec, facts.graph))
    fixes = tuple(fix for fix in found if fix is not None) or tuple(_both(facts.spec, facts.graph))
    yield Finding(code, "error", node.name, node.name, message, fixes)


def _both(spec: NetworkSpec, graph: Graph) -> Iterator[Fix]:
    """A larger picture and mended blocks, where neither is enough alone."""
    larger = _larger(spec, graph)
    mended = None if larger is None else _mending(larger)
    if larger is not None and mended is not None:
        label = f"{_input_label(larger)}, {mended.label[0].lower()}{mended.label[1:]}"
        yield Fix(label, mended.spec)


def _chain(facts: Facts, failure: Failure) -> str:
    """`: 28 halves to 14, 7, 3, 1, 0`: the side that runs out, from the picture to the failing pool."""
    assert failure.attempted is not None
    axis = 1 if failure.attempted[1] < 1 else 2
    shapes = {row.node.name: row.shape for row in facts.rows}
    sides = [0]
    square = True
    source = facts.graph.by_name[failure.node].inputs
    while source:
        shape = shapes[source[0]]
        assert shape is not None
        square = square and shape[1] == shape[2]
        if shape[axis] != sides[-1]:
            sides.append(shape[axis])
        source = facts.graph.by_name[source[0]].inputs
    first, *rest = reversed(sides)
    halves = all(after == before // 2 for before, after in pairwise([first, *rest]))
    if square:
        what, verb = f"{first}", "halves to" if halves else "becomes"
    else:
        what, verb = f"its {first} {'rows' if axis == 1 else 'columns'}", "halve to" if halves else "become"
    shown = [str(side) for side in rest]
    if len(shown) > 8:
        shown = [*shown[:3], "…", *shown[-4:]]
    return f": {what} {verb} {', '.join(shown)}"


def _mending(spec: NetworkSpec) -> Fix | None:
    """Pools dropped, convolutions padded and groups made fewer where they fail, until the network is whole."""
    dropped: list[str] = []
    padded: list[str] = []
    grouped: list[str] = []
    while True:
        found = steps(spec)
        index, failing = len(found) - 1, found[-1].failing
        if failing is None:
            return Fix(_mending_label(dropped, padded, grouped), spec)
        if index >= len(spec.blocks):
            return None
        block = spec.blocks[index]
        channels = _channels_in(spec, found, index)
        if isinstance(block, ConvBlock) and isinstance(failing.op, Conv2d) and channels % block.groups:
            groups = gcd(channels, block.groups)
            mended: Block = replace(block, groups=groups)
            grouped.append(f"{groups} {'group' if groups == 1 else 'groups'} in block {index + 1}")
        elif isinstance(failing.op, Conv2d):
            padded.append(f"block {index + 1}")
            mended = block.padded()
        else:
            dropped.append(f"pool{index + 1}")
            mended = block.with_pool(replace(block.pool, kind="none"))
        if mended == block:
            return None
        spec = spec.with_block(index, mended)


def _channels_in(spec: NetworkSpec, found: Sequence[Step], index: int) -> int:
    """The channels that come into the block at `index`."""
    shape = found[index - 1].shape if index else None
    return spec.input.channels if shape is None else shape[0]


def _mending_label(dropped: list[str], padded: list[str], grouped: list[str]) -> str:
    if grouped:
        rest = [f"pad {listed(padded)}"] * bool(padded) + [f"drop {listed(dropped)}"] * bool(dropped)
        return ", ".join([f"Use {listed(grouped)}", *rest])
    drop = listed(dropped) if len(dropped) < 3 else f"{len(dropped)} pools"
    pad = listed(padded) if len(padded) < 2 else f"{len(padded)} blocks"
    if dropped and padded:
        return f"Pad {pad}, drop {drop}"
    if padded:
        return f"Pad {pad}"
    return "Drop this pool" if len(dropped) == 1 else f"Drop {drop}"


def _enlarging(spec: NetworkSpec, graph: Graph) -> Fix | None:
    """The smallest usual picture that passes through; each side grows only as far as it must."""
    larger = _larger(spec, graph)
    return None if larger is None or not is_whole(larger) else Fix(_input_label(larger), larger)


def _larger(spec: NetworkSpec, graph: Graph) -> NetworkSpec | None:
    """`spec` with the smallest usual picture that leaves something of every map, None where it has such a one."""
    needed = _smallest_input(graph)
    sides = [_usual(smallest, now) for smallest, now in zip(needed, (spec.input.height, spec.input.width), strict=True)]
    height, width = [max(sides)] * 2 if spec.input.height == spec.input.width else sides
    if max(height, width) > MAX_SIDE:
        return None
    larger = replace(spec, input=InputShape(spec.input.channels, height, width))
    return None if larger == spec else larger


def _input_label(spec: NetworkSpec) -> str:
    return f"Use {spec.input.height} {TIMES} {spec.input.width} input"


def _usual(smallest: int, now: int) -> int:
    """The first usual side of at least `smallest`; `now` where that is enough."""
    if now >= smallest:
        return now
    return next((side for side in _SIDES if side >= smallest), -(-smallest // 32) * 32)


def _smallest_input(graph: Graph) -> tuple[int, int]:
    """The smallest height and width that leave at least one row and column of every map."""
    needed: dict[str, list[int]] = {node.name: [1, 1] for node in graph.nodes}
    for node in reversed(graph.nodes):
        for source in node.inputs:
            for axis in (0, 1):
                wanted = _smallest_before(node.op, axis, needed[node.name][axis])
                needed[source][axis] = max(needed[source][axis], wanted)
    height, width = needed[graph.nodes[0].name]
    return height, width


def _smallest_before(op: Op, axis: int, after: int) -> int:
    """The smallest side before `op` that leaves `after` of it."""
    if isinstance(op, Flatten | AdaptiveAvgPool2d):
        return 1
    if not isinstance(op, Conv2d | MaxPool2d | AvgPool2d) or op.padding == "same":
        return after
    side = max(1, (after - 1) * op.stride[axis] + 1 - 2 * op.padding[axis])
    while _side_after(op, axis, side) < after:
        side += 1
    return side


def _side_after(op: Conv2d | MaxPool2d | AvgPool2d, axis: int, side: int) -> int:
    kernel, stride = op.kernel[axis], op.stride[axis]
    padding = op.padding[axis]
    assert isinstance(padding, int)
    if isinstance(op, Conv2d):
        return conv_side(side, kernel, stride, padding, op.dilation[axis])
    dilation = op.dilation[axis] if isinstance(op, MaxPool2d) else 1
    return pool_side(side, kernel, stride, padding, dilation, op.ceil_mode)
