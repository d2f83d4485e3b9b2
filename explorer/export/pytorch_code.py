"""A network as runnable PyTorch code, readable enough to be handed in.

A plain chain becomes `features`, `avgpool` and `classifier`; blocks with branches become helper classes. Either way the
weights have torchvision's names. A graph that no spec gives becomes one attribute per node, run node by node.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from itertools import groupby, pairwise
from typing import NamedTuple

from explorer import __version__
from explorer.analysis.summary import LayerRow, NetworkSummary, Shape
from explorer.arch import ops
from explorer.arch.blocks import ConvBlock, InceptionBlock, ResidualStage, VGGBlock
from explorer.arch.graph import HEAD_PART, Node
from explorer.errors import ExplorerError
from explorer.export.pytorch_blocks import Helpers, conv_style, inception_call, unit_call
from explorer.export.pytorch_layers import (
    FUNCTIONS,
    INDENT,
    MODULES,
    conv_settings,
    module_code,
)


def pytorch_code(summary: NetworkSummary) -> str:
    """A Python module that defines the network and, run as a script, prints its output shape and parameter count.

    Raises ExplorerError for a network that cannot be computed.
    """
    if summary.failure is not None or summary.totals is None:
        reason = summary.failure.message if summary.failure else "It is not whole."
        raise ExplorerError(f"This network cannot be written as code, because it cannot be computed. {reason}")
    body = _body(summary)
    shape = summary.spec.input
    name = class_name(summary.spec.name)
    title = (
        f"{_plain(summary.spec.name)}: {summary.totals.params.total:,} parameters, {summary.totals.macs:,} "
        f"multiply-adds for one {shape.channels} x {shape.height} x {shape.width} picture."
    )
    lines = [
        f'"""{title}',
        "",
        f"Written by Conv-Arch Explorer {__version__}.",
        '"""',
        "",
        "import torch",
        "from torch import nn",
        "",
        "",
        *body,
        "",
        "",
        'if __name__ == "__main__":',
        f"{INDENT}network = {name}().eval()",
        f"{INDENT}pictures = torch.randn(1, {shape.channels}, {shape.height}, {shape.width})",
        f'{INDENT}print("output shape:", tuple(network(pictures).shape))',
        f'{INDENT}print("parameters:", sum(weight.numel() for weight in network.parameters()))',
        "",
    ]
    return "\n".join(lines)


def _body(summary: NetworkSummary) -> Iterator[str]:
    if any(isinstance(block, InceptionBlock | ResidualStage) for block in summary.spec.blocks):
        return _branched_class(summary)
    return _chain_class(summary) if _is_chain(summary) else _graph_class(summary)


def class_name(name: str) -> str:
    """A Python class name made of a network's name: `VGG11Tiny32` for "vgg11-tiny-32", `ResNet18` for "resnet18"."""
    text = "".join(_word(word) for word in re.findall(r"[A-Za-z0-9]+", name))
    if not text or text[0].isdigit():
        text = f"Network{text}"
    if text in _TAKEN or re.fullmatch(r"(ConvUnit|Inception|BasicUnit|BottleneckUnit)\d*", text):
        text = f"{text}Net"
    return text


_TAKEN = {*keyword.kwlist, "torch", "nn"}
_SPELLED = {name.lower(): name for name in ("ResNet", "GoogLeNet", "AlexNet", "ZFNet", "LeNet")}


def _word(word: str) -> str:
    if word.lower().startswith("vgg"):
        return word.upper()
    letters = re.match(r"[A-Za-z]*", word)
    start = letters.group() if letters else ""
    return _SPELLED.get(start.lower(), start[:1].upper() + start[1:]) + word[len(start) :]


def _plain(text: str) -> str:
    """`text` without what would end a docstring."""
    return text.replace("\\", "/").replace('"', "'")


# ------------------------------------------------------------------------------------------------- a chain of modules


def _is_chain(summary: NetworkSummary) -> bool:
    """Whether each node reads only the node before it and containers follow one another."""
    nodes = summary.graph.nodes
    linked = all(node.inputs == (before.name,) for before, node in pairwise(nodes))
    containers = [container for container, _ in groupby(_container(node) for node in nodes[1:])]
    indexed = all(re.fullmatch(r"\w+\.\d+|\w+", node.module) for node in nodes[1:])
    return linked and indexed and len(containers) == len(set(containers))


def _container(node: Node) -> str:
    return node.module.split(".")[0]


def _chain_class(summary: NetworkSummary) -> Iterator[str]:
    yield f"class {class_name(summary.spec.name)}(nn.Module):"
    yield f'{INDENT}"""{_plain(summary.spec.name)}."""'
    yield ""
    yield f"{INDENT}def __init__(self) -> None:"
    yield f"{INDENT * 2}super().__init__()"
    forward = []
    shapes = {row.node.name: row.shape for row in summary.rows}
    for container, group in groupby(summary.rows[1:], key=lambda row: _container(row.node)):
        rows = list(group)
        if isinstance(rows[0].node.op, ops.Flatten):
            forward.append("x = torch.flatten(x, 1)")
            continue
        forward.append(f"x = self.{container}(x)")
        if len(rows) == 1 and "." not in rows[0].node.module:
            yield f"{INDENT * 2}self.{container} = {module_code(rows[0].node, shapes)}"
            continue
        yield f"{INDENT * 2}self.{container} = nn.Sequential("
        yield from _sequential_lines(rows, summary, shapes)
        yield f"{INDENT * 2})"
    yield ""
    yield f"{INDENT}def forward(self, x: torch.Tensor) -> torch.Tensor:"
    yield f"{INDENT * 2}# x: N x C x H x W; returns N x {summary.spec.num_classes} class scores"
    yield from (f"{INDENT * 2}{line}" for line in forward)
    yield f"{INDENT * 2}return x"


def _sequential_lines(
    rows: list[LayerRow], summary: NetworkSummary, shapes: Mapping[str, Shape | None]
) -> Iterator[str]:
    for part, group in groupby(rows, key=lambda row: row.node.part):
        summed = summary.by_part[part]
        if part != HEAD_PART:
            number = part.removeprefix("block")
            yield f"{INDENT * 3}# Block {number}: {_ascii(summed.shape_in)} -> {_ascii(summed.shape_out)}"
        for row in group:
            yield f"{INDENT * 3}{module_code(row.node, shapes)},"


def _ascii(shape: Shape | None) -> str:
    return " x ".join(map(str, shape or ()))


# ------------------------------------------------------------------------------------------------ blocks with branches


class _Piece(NamedTuple):
    """One attribute of the network: the comment before it, its name, its module or those of its Sequential."""

    comment: str
    container: str
    lines: list[str]
    is_numbered: bool


def _branched_class(summary: NetworkSummary) -> Iterator[str]:
    """Helper classes, then the network: one attribute for each piece of the trunk, run one after the other."""
    helpers = Helpers()
    pieces = list(_pieces(summary, helpers))
    yield from helpers.lines()
    yield f"class {class_name(summary.spec.name)}(nn.Module):"
    yield f'{INDENT}"""{_plain(summary.spec.name)}."""'
    yield ""
    yield f"{INDENT}def __init__(self) -> None:"
    yield f"{INDENT * 2}super().__init__()"
    for comment, container, lines, is_numbered in pieces:
        if comment:
            yield f"{INDENT * 2}# {comment}"
        if len(lines) == 1 and not is_numbered:
            yield f"{INDENT * 2}self.{container} = {lines[0]}"
        elif lines:
            yield f"{INDENT * 2}self.{container} = nn.Sequential("
            yield from (f"{INDENT * 3}{line}," for line in lines)
            yield f"{INDENT * 2})"
    yield ""
    yield f"{INDENT}def forward(self, x: torch.Tensor) -> torch.Tensor:"
    yield f"{INDENT * 2}# x: N x C x H x W; returns N x {summary.spec.num_classes} class scores"
    for _, container, lines, _ in pieces:
        yield f"{INDENT * 2}x = {f'self.{container}(x)' if lines else 'torch.flatten(x, 1)'}"
    yield f"{INDENT * 2}return x"


def _pieces(summary: NetworkSummary, helpers: Helpers) -> Iterator[_Piece]:
    """Each piece of the trunk, in order."""
    part = ""
    for container, group in groupby(summary.rows[1:], key=lambda row: _container(row.node)):
        rows = list(group)
        comment = ""
        if rows[0].node.part not in (part, HEAD_PART):
            summed = summary.by_part[rows[0].node.part]
            number = rows[0].node.part.removeprefix("block")
            comment = f"Block {number}: {_ascii(summed.shape_in)} -> {_ascii(summed.shape_out)}"
        part = rows[0].node.part
        numbered = rows[0].node.module.removeprefix(f"{container}.").split(".")[0].isdigit()
        yield _Piece(comment, container, _piece(summary, rows, helpers), numbered)


def _piece(summary: NetworkSummary, rows: list[LayerRow], helpers: Helpers) -> list[str]:
    first = rows[0].node
    if isinstance(first.op, ops.Flatten):
        return []
    shapes = {row.node.name: row.shape for row in summary.rows}
    shape = shapes[first.inputs[0]]
    assert shape is not None
    block = None if first.part == HEAD_PART else summary.spec.blocks[int(first.part.removeprefix("block")) - 1]
    if isinstance(block, InceptionBlock) and first.path:
        return [inception_call(helpers.inception(block), shape[0], block)]
    if isinstance(block, ResidualStage) and first.path:
        return _stage(block, rows, shape[0], helpers.residual(block))
    if isinstance(block, VGGBlock | ConvBlock) and first.module.endswith(".conv"):
        assert isinstance(first.op, ops.Conv2d)
        given = ", ".join([str(shape[0]), str(first.op.out_channels), *conv_settings(first.op)])
        return [f"{helpers.conv(conv_style(block))}({given})"]
    return [module_code(row.node, shapes) for row in rows]


def _stage(stage: ResidualStage, rows: list[LayerRow], channels: int, name: str) -> list[str]:
    """One line for each unit."""
    modules = {row.node.module for row in rows}
    root = _container(rows[0].node)
    calls = []
    for index in range(stage.num_units):
        project = f"{root}.{index}.downsample.0" in modules
        calls.append(unit_call(name, channels, stage, stride=stage.stride if index == 0 else 1, project=project))
        channels = stage.out_channels
    return calls


# ------------------------------------------------------------------------------------------------------- any DAG


def _graph_class(summary: NetworkSummary) -> Iterator[str]:
    shapes = {row.node.name: row.shape for row in summary.rows}
    yield f"class {class_name(summary.spec.name)}(nn.Module):"
    yield f'{INDENT}"""{_plain(summary.spec.name)}."""'
    yield ""
    yield f"{INDENT}def __init__(self) -> None:"
    yield f"{INDENT * 2}super().__init__()"
    for node in summary.graph.nodes:
        if type(node.op) in MODULES:
            yield f"{INDENT * 2}self.{node.name} = {module_code(node, shapes)}"
    yield ""
    yield f"{INDENT}def forward(self, x: torch.Tensor) -> torch.Tensor:"
    yield f"{INDENT * 2}# x: N x C x H x W; returns N x {summary.spec.num_classes} class scores"
    names = {summary.graph.nodes[0].name: "x"}
    for node in summary.graph.nodes[1:]:
        names[node.name] = f"y_{node.name}"
        inputs = [names[name] for name in node.inputs]
        write = FUNCTIONS.get(type(node.op))
        value = write(inputs) if write else f"self.{node.name}({inputs[0]})"
        yield f"{INDENT * 2}{names[node.name]} = {value}"
    yield f"{INDENT * 2}return {names[summary.graph.output.name]}"
