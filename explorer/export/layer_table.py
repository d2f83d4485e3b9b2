"""The layer table as a neutral block, for reports and every table format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from explorer import units
from explorer.analysis.paths import PathSummary, UnitSummary, unit_summaries
from explorer.analysis.summary import LayerRow, NetworkSummary, PartSummary
from explorer.arch import ops
from explorer.arch.blocks import Block, InceptionBlock, ResidualStage
from explorer.arch.graph import INPUT_PART
from explorer.export.blocks import Column, Row, Table

COLUMNS = (
    Column("Layer", "left"),
    Column("Operation", "left"),
    Column("Output (C × H × W)"),
    Column("Parameters"),
    Column("MACs"),
    Column("Field (px)"),
    Column("Jump (px)"),
    Column("Output memory"),
)
NOTE = (
    "For one picture. 1 MAC = 1 multiply-add of a convolution or a linear layer, biases not counted; FLOPs = 2 × MACs. "
    "Parameters are weights, biases, and scale and shift of batch norm. Field = receptive field in input pixels; a "
    "linear layer sees a window over its whole map. Memory is the float32 output. An en dash: not reached, or unknown."
)


def layer_table(summary: NetworkSummary) -> Table:
    """Every node in execution order under its block's sums, and the totals where the network is whole.

    Blocks with branches have a row of sums for each path, stages one for each unit.
    """
    rows: list[Row] = []
    for part in summary.parts:
        if part.part != INPUT_PART:
            rows.append(_part_row(part, summary))
        rows.extend(_rows_of(part, summary))
    if summary.totals is not None:
        totals = summary.totals
        cells = (
            "Total",
            f"{len(summary.rows) - 1} operations",
            "",
            units.exact(totals.params.total),
            units.exact(totals.macs),
            units.px(*(totals.field.size if totals.field else (None, None))),
            "",
            units.num_bytes(totals.activation_bytes),
        )
        rows.append(Row(cells, strong=True))
    return Table(COLUMNS, tuple(rows), caption="Layers", note=NOTE)


def part_title(part: str) -> str:
    """`Block 3`, `Input`, `Head`: how a part is called in tables."""
    return f"Block {part.removeprefix('block')}" if part.startswith("block") else part.capitalize()


def operation(op: ops.Op) -> str:
    """`conv 3 × 3 · 64`, `max pool 2 × 2 / 2`: an operation in a few words."""
    writer = _OPERATIONS.get(type(op))
    return writer(op) if writer else op.kind


def block_words(block: Block) -> str:
    """`VGG block, 2 convolutions`, `Inception block, 4 paths`, `Residual stage, 3 bottleneck units`."""
    if isinstance(block, InceptionBlock):
        return f"{block.title}, {_counted(len(block.paths), 'path')}"
    if isinstance(block, ResidualStage):
        return f"{block.title}, {_counted(block.num_units, f'{block.unit} unit')}"
    return f"{block.title}, {_counted(block.count, block.count_noun)}" if block.count_noun else block.title


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count != 1 else ''}"


def _rows_of(part: PartSummary, summary: NetworkSummary) -> Iterator[Row]:
    """The nodes of a part, those of a path under the path's sums."""
    starts = {}
    inside: set[str] = set()
    for unit in unit_summaries(summary, part.part):
        starts[unit.rows[0].node.name] = unit
        inside.update(row.node.name for row in unit.rows)
    for row in part.rows:
        unit_here = starts.get(row.node.name)
        if unit_here is not None:
            yield from _unit_rows(unit_here, summary)
        elif row.node.name not in inside:
            yield _node_row(row, summary)


def _unit_rows(unit: UnitSummary, summary: NetworkSummary) -> Iterator[Row]:
    if isinstance(unit.merge.node.op, ops.Add):
        yield _sums_row(unit.title, unit)
    for path in unit.paths:
        if path.is_shortcut or isinstance(unit.merge.node.op, ops.Concat):
            yield replace(_sums_row(path.title, path), level=int(path.is_shortcut))
        yield from (replace(_node_row(row, summary), level=1 + path.is_shortcut) for row in path.rows)
    level = int(isinstance(unit.merge.node.op, ops.Add))
    yield from (replace(_node_row(row, summary), level=level) for row in unit.rows if not row.node.path)


def _sums_row(title: str, sums: PathSummary | UnitSummary) -> Row:
    field = sums.field_out
    cells = (
        title,
        "",
        units.shape(sums.shape_out),
        units.exact(sums.params.total if sums.params else None),
        units.exact(sums.macs),
        units.px(*(field.size if field else (None, None))),
        units.px(*(field.jump if field else (None, None))),
        "",
    )
    return Row(cells)


def _part_row(part: PartSummary, summary: NetworkSummary) -> Row:
    field = part.field_out.size if part.field_out else (None, None)
    jump = part.field_out.jump if part.field_out else (None, None)
    is_block = part.part.startswith("block")
    block = summary.spec.blocks[int(part.part.removeprefix("block")) - 1] if is_block else None
    cells = (
        part_title(part.part),
        block_words(block) if block is not None else "",
        units.shape(part.shape_out),
        units.exact(part.params.total if part.params else None),
        units.exact(part.macs),
        units.px(*field),
        units.px(*jump),
        units.num_bytes(part.activation_bytes),
    )
    return Row(cells, strong=True)


def _node_row(row: LayerRow, summary: NetworkSummary) -> Row:
    failing = summary.failure is not None and summary.failure.node == row.node.name
    cells = (
        row.node.name,
        operation(row.node.op),
        units.shape(row.shape),
        units.exact(row.params.total if row.params else None),
        units.exact(row.macs),
        units.px(*(row.field.size if row.field else (None, None))),
        units.px(*(row.field.jump if row.field else (None, None))),
        units.num_bytes(row.activation_bytes),
    )
    return Row(cells, fault=failing)


def _size(pair: ops.Pair) -> str:
    return f"{pair[0]} × {pair[1]}"


def _step(pair: ops.Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else _size(pair)


def _conv(op: ops.Conv2d) -> str:
    parts = [f"conv {_size(op.kernel)} · {op.out_channels:,}"]
    parts += [f"step {_step(op.stride)}"] if op.stride != (1, 1) else []
    parts += [f"dilation {_step(op.dilation)}"] if op.dilation != (1, 1) else []
    parts += [f"{op.groups} groups"] if op.groups != 1 else []
    parts += ["no bias"] if not op.bias else []
    return ", ".join(parts)


def _lrn(op: ops.LocalResponseNorm) -> str:
    constants = "" if op == ops.LocalResponseNorm() else f", α {op.alpha:g}, β {op.beta:g}, k {op.k:g}"
    return f"local response norm, {op.size} channels{constants}"


def _pool(name: str, op: ops.MaxPool2d | ops.AvgPool2d) -> str:
    padding = f", padding {_step(op.padding)}" if op.padding != (0, 0) else ""
    return f"{name} {_size(op.kernel)}, step {_step(op.stride)}{padding}{', rounded up' if op.ceil_mode else ''}"


_OPERATIONS: Mapping[type[ops.Op], Callable[[Any], str]] = {
    ops.Input: lambda _: "picture",
    ops.Conv2d: _conv,
    ops.MaxPool2d: lambda op: _pool("max pool", op),
    ops.AvgPool2d: lambda op: _pool("average pool", op),
    ops.AdaptiveAvgPool2d: lambda op: f"average to {_size(op.output_size)}",
    ops.Activation: lambda op: op.function,
    ops.BatchNorm2d: lambda _: "batch norm",
    ops.LocalResponseNorm: _lrn,
    ops.Dropout: lambda op: f"dropout {op.p:g}",
    ops.Flatten: lambda _: "flatten",
    ops.Linear: lambda op: f"linear · {op.out_features:,}",
    ops.Add: lambda _: "sum",
    ops.Concat: lambda _: "join channels",
}
