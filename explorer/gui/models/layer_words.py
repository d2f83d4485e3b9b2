"""How the layers of a part are put into lines, and what a line is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from explorer.analysis.summary import LayerRow, NetworkSummary
from explorer.arch.blocks import Block, InceptionBlock, ResidualStage, VGGBlock
from explorer.arch.conv_arch import has_short_notation
from explorer.arch.edits import block_index
from explorer.arch.ops import (
    Activation,
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Op,
    Pair,
)
from explorer.units import TIMES

ACTIVATION_WORDS = {
    "relu": "ReLU",
    "leaky_relu": "Leaky ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
}
KIND_WORDS: dict[type[Block], str] = {InceptionBlock: "Inception", ResidualStage: "Residual"}
_FOLDED = (Activation, BatchNorm2d, LocalResponseNorm, Dropout, Flatten)


class Run(NamedTuple):
    """The rows that make one line: the layer that hosts it, and what is folded into it, in the order of execution."""

    host: LayerRow
    rows: tuple[LayerRow, ...]
    unit: int = 0  # of a residual stage, from 1


def block_of(summary: NetworkSummary, part: str) -> Block | None:
    """The block that `part` names; None for the input and the head."""
    index = block_index(part)
    blocks = summary.spec.blocks
    return blocks[index] if index is not None and index < len(blocks) else None


def runs_of(rows: Sequence[LayerRow], block: Block | None) -> list[Run]:
    """The rows of a part in runs: norm and activation with the layer before them, or after them where it is flattened
    or a residual unit begins with them."""
    leads = isinstance(block, ResidualStage) and block.order == "pre"
    hosts: list[tuple[LayerRow, list[LayerRow], int]] = []
    waiting: list[LayerRow] = []
    unit = 1 if isinstance(block, ResidualStage) else 0
    for row in rows:
        op = row.node.op
        waits = isinstance(op, Flatten) or (leads and row.node.path == 1) or not hosts
        if isinstance(op, _FOLDED):
            (waiting if waits else hosts[-1][1]).append(row)
            continue
        own = unit if isinstance(op, (Conv2d, Add)) else 0
        hosts.append((row, [*waiting, row], own))
        waiting = []
        if unit and isinstance(op, Add):
            unit += 1
    if waiting and hosts:
        hosts[-1][1].extend(waiting)
    return [Run(host, tuple(run), own) for host, run, own in hosts]


def line_name(run: Run, block: Block | None) -> str:
    """`conv3_1`; in a branch its place and what it does there: `path 2 · reduce`, `unit 1 · shortcut`."""
    node = run.host.node
    if isinstance(node.op, Concat):
        return "joined"
    if isinstance(block, ResidualStage) and run.unit:
        role = "sum" if isinstance(node.op, Add) else "shortcut" if node.path == 2 else "conv"
        return f"unit {run.unit} · {role}"
    if isinstance(block, InceptionBlock) and node.path:
        role = "pool" if not isinstance(node.op, Conv2d) else "reduce" if _reduces(block, run) else "conv"
        return f"path {node.path} · {role}"
    return node.name


def group_detail(summary: NetworkSummary, part: str) -> str:
    """The kind of a block, `Inception`, where the network has blocks of several kinds; nothing where all are VGG's."""
    block = block_of(summary, part)
    if block is None or has_short_notation(summary.spec.blocks):
        return ""
    if isinstance(block, VGGBlock):
        return "VGG"
    return KIND_WORDS.get(type(block), "")


def part_title(part: str) -> str:
    """`Block 4` for `block4`, `Input`, `Head`."""
    return f"Block {part[5:]}" if part.startswith("block") else part.capitalize()


def detail_of(summary: NetworkSummary, run: Run) -> str:
    """What the layer is, and what is folded into it: `3×3 · BN · ReLU`."""
    pieces = []
    for row in run.rows:
        if isinstance(row.node.op, Linear):
            features = _features_in(summary, row)
            pieces.append(f"from {features:,}" if features is not None else "")
        else:
            pieces.append(_describe(row.node.op))
    return " · ".join(piece for piece in pieces if piece)


def shortened(detail: str) -> str:
    """`11×11/4 · ReLU` for `11×11, step 4 · ReLU`: a step as the papers write it, where there is little room."""
    return detail.replace(", step ", "/")


def _reduces(block: InceptionBlock, run: Run) -> bool:
    way = block.paths[run.host.node.path - 1]
    return bool(way.reduce) and run.host.node.name.endswith("_reduce")


def _features_in(summary: NetworkSummary, row: LayerRow) -> int | None:
    source = summary.by_node[row.node.inputs[0]].shape
    if source is None:
        return None
    count = 1
    for size in source:
        count *= size
    return count


def _square(pair: Pair) -> str:
    return f"{pair[0]}{TIMES}{pair[1]}"


def _window(kind: str, op: MaxPool2d | AvgPool2d) -> str:
    step = "" if op.stride == op.kernel else f", step {_one(op.stride)}"
    return f"{kind} {_square(op.kernel)}{step}{', rounded up' if op.ceil_mode else ''}"


def _one(pair: Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else _square(pair)


def _conv(op: Conv2d) -> str:
    step = "" if op.stride == (1, 1) else f", step {_one(op.stride)}"
    unpadded = op.padding == (0, 0) and op.kernel != (1, 1)
    wide = "" if op.dilation == (1, 1) else f", dilation {_one(op.dilation)}"
    groups = "" if op.groups == 1 else f", {op.groups} groups"
    return f"{_square(op.kernel)}{step}{wide}{groups}{', no padding' if unpadded else ''}"


_DESCRIPTIONS: dict[type[Op], Callable[[Any], str]] = {
    Conv2d: _conv,
    MaxPool2d: lambda op: _window("max", op),
    AvgPool2d: lambda op: _window("average", op),
    AdaptiveAvgPool2d: lambda op: f"average to {_square(op.output_size)}",
    Activation: lambda op: ACTIVATION_WORDS[op.function],
    BatchNorm2d: lambda _: "BN",
    LocalResponseNorm: lambda _: "LRN",
    Dropout: lambda op: f"dropout {op.p:g}" if op.p else "",
    Concat: lambda _: "along the channels",
}


def _describe(op: Op) -> str:
    describe = _DESCRIPTIONS.get(type(op))
    return describe(op) if describe else ""
