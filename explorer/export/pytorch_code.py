"""A network as runnable PyTorch code, readable enough to be handed in.

A plain chain becomes `features`, `avgpool` and `classifier` with torchvision's weight names; any other graph becomes
one attribute per node and a forward pass node by node.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby, pairwise
from typing import Any

from explorer import __version__
from explorer.analysis.summary import LayerRow, NetworkSummary, Shape
from explorer.arch import ops
from explorer.arch.graph import HEAD_PART, Node
from explorer.errors import ExplorerError

INDENT = "    "


def pytorch_code(summary: NetworkSummary) -> str:
    """A Python module that defines the network and, run as a script, prints its output shape and parameter count.

    Raises ExplorerError for a network that cannot be computed.
    """
    if summary.failure is not None or summary.totals is None:
        reason = summary.failure.message if summary.failure else "It is not whole."
        raise ExplorerError(f"This network cannot be written as code, because it cannot be computed. {reason}")
    body = _chain_class(summary) if _is_chain(summary) else _graph_class(summary)
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


def class_name(name: str) -> str:
    """A Python class name made of a network's name: `VGG11Tiny32` for "vgg11-tiny-32"."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    text = "".join(word.upper() if word.lower().startswith("vgg") else word[:1].upper() + word[1:] for word in words)
    if not text or text[0].isdigit():
        text = f"Network{text}"
    return f"{text}Net" if keyword.iskeyword(text) else text


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
            yield f"{INDENT * 2}self.{container} = {_module_code(rows[0].node, shapes)}"
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
            yield f"{INDENT * 3}{_module_code(row.node, shapes)},"


def _ascii(shape: Shape | None) -> str:
    return " x ".join(map(str, shape or ()))


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
            yield f"{INDENT * 2}self.{node.name} = {_module_code(node, shapes)}"
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


# ------------------------------------------------------------------------------------------- one line of code per op


def _module_code(node: Node, shapes: Mapping[str, Shape | None]) -> str:
    shape = shapes[node.inputs[0]]
    assert shape is not None
    return MODULES[type(node.op)](node.op, shape)


def _pair(value: ops.Pair) -> str:
    return str(value[0]) if value[0] == value[1] else str(value)


def _call(name: str, *required: object, **settings: tuple[Any, Any]) -> str:
    """`nn.Name(required, setting=value)` with the settings that differ from torch's default (value, default)."""
    given = [str(value) for value in required]
    given += [f"{key}={value}" for key, (value, default) in settings.items() if value != default]
    return f"nn.{name}({', '.join(given)})"


def _conv(op: ops.Conv2d, shape: Shape) -> str:
    padding = '"same"' if op.padding == "same" else _pair(op.padding)
    return _call(
        "Conv2d",
        shape[0],
        op.out_channels,
        f"kernel_size={_pair(op.kernel)}",
        stride=(_pair(op.stride), "1"),
        padding=(padding, "0"),
        dilation=(_pair(op.dilation), "1"),
        groups=(op.groups, 1),
        bias=(op.bias, True),
    )


def _max_pool(op: ops.MaxPool2d, _: Shape) -> str:
    return _call(
        "MaxPool2d",
        f"kernel_size={_pair(op.kernel)}",
        f"stride={_pair(op.stride)}",
        padding=(_pair(op.padding), "0"),
        dilation=(_pair(op.dilation), "1"),
        ceil_mode=(op.ceil_mode, False),
    )


def _avg_pool(op: ops.AvgPool2d, _: Shape) -> str:
    return _call(
        "AvgPool2d",
        f"kernel_size={_pair(op.kernel)}",
        f"stride={_pair(op.stride)}",
        padding=(_pair(op.padding), "0"),
        ceil_mode=(op.ceil_mode, False),
        count_include_pad=(op.count_include_pad, True),
    )


def _norm(op: ops.BatchNorm2d, shape: Shape) -> str:
    return _call("BatchNorm2d", shape[0], eps=(op.eps, 1e-5), momentum=(op.momentum, 0.1))


def _lrn(op: ops.LocalResponseNorm, _: Shape) -> str:
    return _call("LocalResponseNorm", op.size, alpha=(op.alpha, 1e-4), beta=(op.beta, 0.75), k=(op.k, 1.0))


ACTIVATION_MODULES: Mapping[ops.ActivationName, str] = {
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU()",
    "elu": "nn.ELU()",
    "gelu": "nn.GELU()",
    "silu": "nn.SiLU()",
    "tanh": "nn.Tanh()",
    "sigmoid": "nn.Sigmoid()",
}

MODULES: Mapping[type[ops.Op], Callable[[Any, Shape], str]] = {
    ops.Conv2d: _conv,
    ops.MaxPool2d: _max_pool,
    ops.AvgPool2d: _avg_pool,
    ops.AdaptiveAvgPool2d: lambda op, _: f"nn.AdaptiveAvgPool2d({_pair(op.output_size)})",
    ops.Activation: lambda op, _: ACTIVATION_MODULES[op.function],
    ops.BatchNorm2d: _norm,
    ops.LocalResponseNorm: _lrn,
    ops.Dropout: lambda op, _: f"nn.Dropout({op.p})",
    ops.Linear: lambda op, shape: _call("Linear", shape[0], op.out_features, bias=(op.bias, True)),
}
"""Op -> the code of its torch module, given the shape that flows in."""

FUNCTIONS: Mapping[type[ops.Op], Callable[[list[str]], str]] = {
    ops.Flatten: lambda inputs: f"torch.flatten({inputs[0]}, 1)",
    ops.Add: " + ".join,
    ops.Concat: lambda inputs: f"torch.cat([{', '.join(inputs)}], dim=1)",
}
"""Op -> the expression of those that need no module."""
