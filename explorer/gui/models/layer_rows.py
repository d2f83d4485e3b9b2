"""What the layer table says: one line per layer under one line per part, as plain values and ready texts.

Operations that only follow a layer (norm, activation, dropout, flatten) are folded into its line: their numbers are
added to it and their names stand in its detail, so that the lines of a part always sum to the part. The units of a
long residual stage each get a line of their own above their layers, which can be folded.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from explorer.analysis.summary import LayerRow, NetworkSummary, PartSummary, ReceptiveField, Shape
from explorer.arch.blocks import Block
from explorer.arch.graph import HEAD_PART, INPUT_PART
from explorer.arch.ops import (
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Op,
)
from explorer.gui.models.layer_words import (
    Run,
    block_of,
    detail_of,
    group_detail,
    line_name,
    part_title,
    runs_of,
)
from explorer.units import NONE, exact, num_bytes, px, shape, share, si

MAX_TEXTS = 2000  # figures whose text is remembered: an edit leaves most as they were
OPEN_UNITS = 4  # a stage of more units is folded unit by unit
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


class LayerLine(NamedTuple):
    """One line of the table. What is None is unknown or was not reached.

    `key` is what a click selects (a part or a node); `nodes` are all nodes that the line stands for. Bars run from 0 to
    1 against the largest layer, shares against the network (or what was reached of it). `unit` numbers the residual
    unit of a stage that is folded by units, 0 elsewhere; `is_unit` marks the line that stands for the whole unit.
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
    unit: int = 0
    is_unit: bool = False
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


class LayerGroup(NamedTuple):
    """One part of the network with its layers; the input has none.

    `units` are the lines of the residual units, from the first, where the stage has so many that they are folded.
    """

    head: LayerLine
    lines: tuple[LayerLine, ...]
    units: tuple[LayerLine, ...] = ()

    def shown(self, open_units: Container[str]) -> tuple[LayerLine, ...]:
        """The lines below the head: folded units are one line, those whose keys are in `open_units` show their layers
        too."""
        if not self.units:
            return self.lines
        found: list[LayerLine] = []
        for unit in self.units:
            found.append(unit)
            if unit.key in open_units:
                found += [line for line in self.lines if line.unit == unit.unit]
        return (*found, *(line for line in self.lines if not line.unit))


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
    return scaled_groups([part_lines(summary, part) for part in summary.parts])


def scaled_groups(groups: Sequence[LayerGroup]) -> tuple[LayerGroup, ...]:
    """`groups`, which are all parts of one network, with their bars and shares."""
    lines = [line for group in groups for line in group.lines]
    params, macs = [line.params or 0 for line in lines], [line.macs or 0 for line in lines]
    scale = _Scale(max(params, default=0), max(macs, default=0), sum(params), sum(macs))
    return tuple([_scaled(group, scale) for group in groups])


def layer_line(summary: NetworkSummary, node: str) -> LayerLine | None:
    """The line that holds `node`, without bars; None for a name that is no node of a block or the head."""
    row = summary.by_node.get(node)
    part = summary.by_part.get(row.node.part) if row is not None else None
    if part is None or part.part == INPUT_PART:
        return None
    block = block_of(summary, part.part)
    for run in runs_of(part.rows, block):
        if any(each.node.name == node for each in run.rows):
            return _line(summary, run, block)
    return None


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


@lru_cache(maxsize=MAX_TEXTS)
def macs_text(value: int | None) -> str:
    """`294.9 k`, `2.73 M`: two decimals below a hundred, as the table shows them."""
    text = si(value)
    return si(value, significant=3) if text[1:2] == "." else text


@lru_cache(maxsize=MAX_TEXTS)
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


class _Scale(NamedTuple):
    """What bars and shares of parameters and MACs are compared with."""

    largest_params: int
    largest_macs: int
    params: int
    macs: int


def _scaled(group: LayerGroup, scale: _Scale) -> LayerGroup:
    return LayerGroup(
        _shared(group.head, scale),
        tuple([_barred(line, scale) for line in group.lines]),
        tuple([_shared(unit, scale) for unit in group.units]),
    )


def _barred(line: LayerLine, scale: _Scale) -> LayerLine:
    params_bar = _ratio(line.params, scale.largest_params) or 0.0
    macs_bar = _ratio(line.macs, scale.largest_macs) or 0.0
    return _with_scale(line, params_bar, macs_bar, scale)


def _shared(line: LayerLine, scale: _Scale) -> LayerLine:
    return _with_scale(line, 0.0, 0.0, scale)


def _with_scale(line: LayerLine, params_bar: float, macs_bar: float, scale: _Scale) -> LayerLine:
    """`line` with its last four fields anew: `_replace` would take twice the time for every line of every edit."""
    shares = (_ratio(line.params, scale.params), _ratio(line.macs, scale.macs))
    return LayerLine._make((*line[:-4], params_bar, macs_bar, *shares))


def part_lines(summary: NetworkSummary, part: PartSummary) -> LayerGroup:
    """The lines of `part` without bars and shares, which the other parts have a say in."""
    block = block_of(summary, part.part)
    hosted = runs_of(part.rows, block) if part.part != INPUT_PART else []
    folds = max((run.unit for run in hosted), default=0) > OPEN_UNITS
    lines = tuple([_line(summary, run, block, folds=folds) for run in hosted])
    return LayerGroup(_head(summary, part), lines, _units(lines) if folds else ())


def _head(summary: NetworkSummary, part: PartSummary) -> LayerLine:
    failed = summary.failure is not None and any(row.node.name == summary.failure.node for row in part.rows)
    reached = any(row.reached for row in part.rows) or (failed and part.part != HEAD_PART)
    field = part.field_out or next((row.field for row in reversed(part.rows) if row.field), None)
    text = shape(part.shape_out)
    if failed and summary.failure is not None:
        text = _attempted(summary.failure.attempted)
    params = part.params.total if part.params is not None and reached else None
    return LayerLine(
        key=part.part,
        part=part.part,
        name=part_title(part.part),
        detail=group_detail(summary, part.part),
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
    )


def _units(lines: Sequence[LayerLine]) -> tuple[LayerLine, ...]:
    """One line for each residual unit: its sums, and what its sum gives."""
    found = []
    for number in range(1, max(line.unit for line in lines) + 1):
        own = [line for line in lines if line.unit == number]
        last = own[-1]
        found.append(
            last._replace(
                key=own[0].key,
                name=f"unit {number}",
                detail=" → ".join(line.detail.split(" · ")[0] for line in own if line.name.endswith("conv")),
                kind="conv",
                nodes=tuple(name for line in own for name in line.nodes),
                failure=next((line.failure for line in own if line.failure), ""),
                reached=all(line.reached for line in own),
                params=_total(line.params for line in own),
                macs=_total(line.macs for line in own),
                saved_bytes=_total(line.saved_bytes for line in own),
                is_unit=True,
            )
        )
    return tuple(found)


def _line(summary: NetworkSummary, run: Run, block: Block | None, *, folds: bool = False) -> LayerLine:
    row, rows = run.host, run.rows
    names = tuple(each.node.name for each in rows)
    failure = summary.failure if summary.failure is not None and summary.failure.node in names else None
    return LayerLine(
        key=row.node.name,
        part=row.node.part,
        name=line_name(run, block),
        detail=detail_of(summary, run),
        kind=layer_kind(summary, row),
        nodes=names,
        is_group=False,
        reached=row.reached and failure is None,
        failure=failure.message if failure else "",
        shape_text=_attempted(failure.attempted) if failure else shape(row.shape),
        params=_total([_params(each) for each in rows]),
        macs=_total([each.macs if each.reached else None for each in rows]),
        saved_bytes=_total([each.saved_bytes for each in rows]),
        activation_bytes=_total([each.activation_bytes for each in rows]),
        field=row.field,
        sees_all=_sees_all(summary, row.field),
        is_map=len(row.shape or (0, 0, 0)) == 3,
        unit=run.unit if folds else 0,
    )


def layer_kind(summary: NetworkSummary, row: LayerRow) -> str:
    """The colour token of a layer: `conv`, `pool`, `norm`, `dense`, `classes` or `input`."""
    if row.node.name == summary.graph.output.name:
        return "classes"
    return _KINDS.get(type(row.node.op), "input")


_KINDS: dict[type[Op], str] = {
    Conv2d: "conv",
    MaxPool2d: "pool",
    AvgPool2d: "pool",
    AdaptiveAvgPool2d: "pool",
    BatchNorm2d: "norm",
    LocalResponseNorm: "norm",
    Linear: "dense",
    Add: "classes",
    Concat: "classes",
}


def _params(row: LayerRow) -> int | None:
    return row.params.total if row.params is not None and row.reached else None


def _total(figures: Iterable[int | None]) -> int | None:
    known = [figure for figure in figures if figure is not None]
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
