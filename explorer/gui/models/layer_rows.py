"""What the layer table says: one line per layer under one line per part, as plain values and ready texts.

Operations that only follow a layer (norm, activation, dropout, flatten) are folded into its line: their numbers are
added to it and their names stand in its detail, so that the lines of a part always sum to the part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.analysis.summary import LayerRow, NetworkSummary, PartSummary, ReceptiveField, Shape
from explorer.arch.graph import HEAD_PART, INPUT_PART
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
from explorer.units import NONE, TIMES, exact, num_bytes, px, shape, share, si

HEADINGS = ("Layer", "Output", "Parameters", "MACs", "Field", "Jump", "Memory")
CONVENTIONS = (
    "Layers in the order of execution. Norm, activation and dropout are counted with the layer before them.",
    "Shape of one image's feature map: channels × height × width.",
    "Learnt numbers: weights, biases, norm scale and shift. Bars compare with the largest layer.",
    "Multiply-adds per image: 1 MAC = 1 multiply-add, FLOPs = 2 × MACs. Convolutions and linear layers are counted.",
    "Receptive field: input pixels that one unit sees, height × width where they differ.",
    "Effective stride: input pixels between two neighbouring units.",
    "Activations in float32 that are kept for the backward pass, per image.",
)
ACTIVATION_WORDS = {
    "relu": "ReLU",
    "leaky_relu": "Leaky ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
}
_FOLDED = (Activation, BatchNorm2d, LocalResponseNorm, Dropout, Flatten)


@dataclass(frozen=True, slots=True)
class LayerLine:
    """One line of the table. What is None is unknown or was not reached.

    `key` is what a click selects (a part or a node); `nodes` are all nodes that the line stands for. Bars run from 0 to
    1 against the largest layer, shares against the network (or what was reached of it).
    """

    key: str
    part: str
    name: str
    detail: str
    kind: str
    nodes: tuple[str, ...]
    is_group: bool
    reached: bool
    failure: str
    shape_text: str
    params: int | None
    macs: int | None
    saved_bytes: int | None
    activation_bytes: int | None
    field: ReceptiveField | None
    sees_all: bool
    is_map: bool
    params_bar: float = 0.0
    macs_bar: float = 0.0
    params_share: float | None = None
    macs_share: float | None = None

    @property
    def field_text(self) -> str:
        """`70` or `31 × 15`; a dash where unknown."""
        return px(*self.field.size) if self.field and self.reached else NONE

    @property
    def jump_text(self) -> str:
        """`16` or `4 × 2`; a dash where unknown, and once the map is flat: one unit has no neighbour."""
        return px(*self.field.jump) if self.field and self.reached and self.is_map else NONE

    def texts(self) -> tuple[str, ...]:
        """The seven cells as they are copied: exact figures, no thin spaces."""
        name = f"{self.name} ({self.detail})" if self.detail else self.name
        figures = (self.params, self.macs)
        cells = (self.shape_text, *map(exact, figures), self.field_text, self.jump_text, exact(self.saved_bytes))
        return (name, *cells)


@dataclass(frozen=True, slots=True)
class LayerGroup:
    """One part of the network with its layers; the input has none."""

    head: LayerLine
    lines: tuple[LayerLine, ...]


@dataclass(frozen=True, slots=True)
class LayerTotals:
    """The row at the bottom: texts for the whole network, or why there are none."""

    count: str
    note: str
    params: int | None = None
    macs: int | None = None
    saved_bytes: int | None = None


def layer_groups(summary: NetworkSummary) -> tuple[LayerGroup, ...]:
    """Every line of the table, part by part."""
    hosts = {part.part: _hosted(part.rows) for part in summary.parts}
    layers = [rows for part in summary.parts for rows in hosts[part.part]]
    scale = _Scale(
        largest_params=max((_sum(rows, _params) or 0 for rows in layers), default=0),
        largest_macs=max((_sum(rows, _macs) or 0 for rows in layers), default=0),
        params=sum(_params(row) or 0 for row in summary.rows),
        macs=sum(row.macs or 0 for row in summary.rows),
    )
    return tuple(_group(summary, part, hosts[part.part], scale) for part in summary.parts)


def layer_totals(summary: NetworkSummary, groups: Sequence[LayerGroup]) -> LayerTotals:
    """The bottom row: sums where the network is whole."""
    lines = [line for group in groups for line in group.lines]
    if summary.totals is None:
        count = sum(1 for line in lines if line.reached or line.failure)
        return LayerTotals(f"{_layers(count)}, cut short", "Totals appear when the network is whole")
    totals = summary.totals
    return LayerTotals(_layers(len(lines)), "", totals.params.total, totals.macs, totals.saved_bytes)


def table_text(summary: NetworkSummary) -> str:
    """The whole table as tab-separated text with a heading, ready for a spreadsheet or a message."""
    groups = layer_groups(summary)
    totals = layer_totals(summary, groups)
    headings = ("Layer", "Output", "Parameters", "MACs", "Field (px)", "Jump (px)", "Memory (bytes)")
    rows: list[Sequence[str]] = [headings]
    for group in groups:
        rows.append(group.head.texts())
        rows.extend(("  " + line.texts()[0], *line.texts()[1:]) for line in group.lines)
    figures = tuple(map(exact, (totals.params, totals.macs)))
    rows.append((totals.count, totals.note, *figures, "", "", exact(totals.saved_bytes)))
    return "\n".join("\t".join(row).rstrip("\t") for row in rows) + "\n"


def macs_text(value: int | None) -> str:
    """`294.9 k`, `2.73 M`: two decimals below a hundred, as the table shows them."""
    text = si(value)
    return si(value, significant=3) if text[1:2] == "." else text


def memory_text(value: int | None) -> str:
    """`36 KiB`, `4.0 KiB`, `512 B`: two digits in KiB, so that the column stays narrow."""
    if value == 0:
        return "0"
    if value is not None and 1024 <= value < 10240:
        return num_bytes(value)[:3] + num_bytes(value)[4:]
    return num_bytes(value)


def share_text(fraction: float | None) -> str:
    """`12 %`; nothing where unknown."""
    return "" if fraction is None else share(fraction)


@dataclass(frozen=True, slots=True)
class _Scale:
    largest_params: int
    largest_macs: int
    params: int
    macs: int


def _hosted(rows: Sequence[LayerRow]) -> list[list[LayerRow]]:
    """The rows in runs, each beginning with (or, for flatten, leading up to) the layer that hosts it."""
    runs: list[list[LayerRow]] = []
    waiting: list[LayerRow] = []
    for row in rows:
        op = row.node.op
        if isinstance(op, Flatten) or (isinstance(op, _FOLDED) and not runs):
            waiting.append(row)
        elif isinstance(op, _FOLDED):
            runs[-1].append(row)
        else:
            runs.append([row, *waiting])
            waiting = []
    if waiting and runs:
        runs[-1].extend(waiting)
    return runs


def _group(
    summary: NetworkSummary, part: PartSummary, hosted: Sequence[Sequence[LayerRow]], scale: _Scale
) -> LayerGroup:
    lines = () if part.part == INPUT_PART else tuple(_line(summary, rows, scale) for rows in hosted)
    failed = summary.failure is not None and any(row.node.name == summary.failure.node for row in part.rows)
    reached = any(row.reached for row in part.rows) or (failed and part.part != HEAD_PART)
    field = part.field_out or next((row.field for row in reversed(part.rows) if row.field), None)
    text = shape(part.shape_out)
    if failed and summary.failure is not None:
        text = _attempted(summary.failure.attempted)
    params = part.params.total if part.params is not None and reached else None
    head = LayerLine(
        key=part.part,
        part=part.part,
        name=part_title(part.part),
        detail="",
        kind="input" if part.part == INPUT_PART else "",
        nodes=tuple(row.node.name for row in part.rows),
        is_group=True,
        reached=reached,
        failure="",
        shape_text=text if reached else "not reached",
        params=params,
        macs=part.macs if reached else None,
        saved_bytes=part.saved_bytes if reached else None,
        activation_bytes=part.activation_bytes if reached else None,
        field=field,
        sees_all=_sees_all(summary, field),
        is_map=len(part.shape_out or (0, 0, 0)) == 3,
        params_share=_ratio(params, scale.params),
        macs_share=_ratio(part.macs if reached else None, scale.macs),
    )
    return LayerGroup(head, lines)


def _line(summary: NetworkSummary, rows: Sequence[LayerRow], scale: _Scale) -> LayerLine:
    row = rows[0]
    names = tuple(each.node.name for each in rows)
    failure = summary.failure if summary.failure is not None and summary.failure.node in names else None
    params, macs = _sum(rows, _params), _sum(rows, _macs)
    return LayerLine(
        key=row.node.name,
        part=row.node.part,
        name=row.node.name,
        detail=_detail(summary, rows),
        kind=layer_kind(summary, row),
        nodes=names,
        is_group=False,
        reached=row.reached and failure is None,
        failure=failure.message if failure else "",
        shape_text=_attempted(failure.attempted) if failure else shape(row.shape),
        params=params,
        macs=macs,
        saved_bytes=_sum(rows, lambda each: each.saved_bytes),
        activation_bytes=_sum(rows, lambda each: each.activation_bytes),
        field=row.field,
        sees_all=_sees_all(summary, row.field),
        is_map=len(row.shape or (0, 0, 0)) == 3,
        params_bar=_ratio(params, scale.largest_params) or 0.0,
        macs_bar=_ratio(macs, scale.largest_macs) or 0.0,
        params_share=_ratio(params, scale.params),
        macs_share=_ratio(macs, scale.macs),
    )


def part_title(part: str) -> str:
    """`Block 4` for `block4`, `Input`, `Head`."""
    return f"Block {part[5:]}" if part.startswith("block") else part.capitalize()


def layer_kind(summary: NetworkSummary, row: LayerRow) -> str:
    """The colour token of a layer: `conv`, `pool`, `norm`, `dense`, `classes` or `input`."""
    if row.node.name == summary.graph.output.name:
        return "classes"
    kinds: tuple[tuple[type[Op] | tuple[type[Op], ...], str], ...] = (
        (Conv2d, "conv"),
        ((MaxPool2d, AvgPool2d, AdaptiveAvgPool2d), "pool"),
        ((BatchNorm2d, LocalResponseNorm), "norm"),
        (Linear, "dense"),
        ((Add, Concat), "classes"),
    )
    return next((kind for ops, kind in kinds if isinstance(row.node.op, ops)), "input")


def _detail(summary: NetworkSummary, rows: Sequence[LayerRow]) -> str:
    first, *followers = rows
    pieces = [_describe(first.node.op)]
    if isinstance(first.node.op, Linear):
        features = _features_in(summary, first)
        pieces = [f"from {features:,}"] if features is not None else []
    for row in followers:
        word = _describe(row.node.op)
        if word:
            pieces.append(word)
    return " · ".join(piece for piece in pieces if piece)


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
    return f"{_square(op.kernel)}{step}{', no padding' if unpadded else ''}"


_DESCRIPTIONS: dict[type[Op], Callable[[Any], str]] = {
    Conv2d: _conv,
    MaxPool2d: lambda op: _window("max", op),
    AvgPool2d: lambda op: _window("average", op),
    AdaptiveAvgPool2d: lambda op: f"average to {_square(op.output_size)}",
    Activation: lambda op: ACTIVATION_WORDS[op.function],
    BatchNorm2d: lambda _: "BN",
    LocalResponseNorm: lambda _: "LRN",
    Dropout: lambda op: f"dropout {op.p:g}" if op.p else "",
}


def _describe(op: Op) -> str:
    describe = _DESCRIPTIONS.get(type(op))
    return describe(op) if describe else ""


def _params(row: LayerRow) -> int | None:
    return row.params.total if row.params is not None and row.reached else None


def _macs(row: LayerRow) -> int | None:
    return row.macs if row.reached else None


def _sum(rows: Sequence[LayerRow], value: Callable[[LayerRow], int | None]) -> int | None:
    """The sum of what is known; None where nothing is."""
    known = [figure for row in rows if (figure := value(row)) is not None]
    return sum(known) if known else None


def _ratio(part: int | None, whole: int) -> float | None:
    if part is None:
        return None
    return part / whole if whole else 0.0


def _sees_all(summary: NetworkSummary, field: ReceptiveField | None) -> bool:
    """Whether the field is larger than the picture on both sides."""
    if field is None:
        return False
    return field.size[0] > summary.spec.input.height and field.size[1] > summary.spec.input.width


def _attempted(attempted: Shape | None) -> str:
    if attempted is None:
        return "nothing"
    return shape(attempted[1:] if len(attempted) == 3 else attempted)


def _layers(count: int) -> str:
    return f"{count} layer" if count == 1 else f"{count} layers"
