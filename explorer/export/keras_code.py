"""A network as runnable Keras 3 code, channels last, for any of its backends.

A chain becomes a `Sequential`, any other graph a functional model. What Keras pads otherwise than PyTorch is written
out as zero padding, so that every map is the same; what it has no exact layer for is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from explorer import __version__
from explorer.analysis.shapes import pool_side
from explorer.analysis.summary import NetworkSummary, Shape
from explorer.arch import ops
from explorer.arch.graph import Node
from explorer.errors import ExplorerError

INDENT = "    "
_NEVER_NEGATIVE = ("relu", "sigmoid")
Layers = list[str]
"""The layers that one node becomes, each as an expression."""

_LRN = '''class LocalResponseNorm(layers.Layer):
    """Normalisation over neighbouring channels; alpha is divided by the size, as in PyTorch."""

    def __init__(self, size, alpha, beta, k, **settings):
        super().__init__(**settings)
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def call(self, x):
        before, after = self.size // 2, (self.size - 1) // 2
        squares = ops.pad(ops.square(x), ((0, 0), (0, 0), (0, 0), (before, after)))
        channels = x.shape[-1]
        total = sum(squares[..., i : i + channels] for i in range(self.size))
        return x / (self.k + self.alpha / self.size * total) ** self.beta
'''


def keras_code(summary: NetworkSummary) -> str:
    """A Python module that builds the network with Keras 3 and, run as a script, prints its shape and parameters.

    Raises ExplorerError for a network that cannot be computed, or that Keras cannot express exactly.
    """
    if summary.failure is not None or summary.totals is None:
        reason = summary.failure.message if summary.failure else "It is not whole."
        raise ExplorerError(f"This network cannot be written as code, because it cannot be computed. {reason}")
    nodes = summary.graph.nodes
    is_chain = all(node.inputs == (before.name,) for before, node in pairwise(nodes))
    body = list(_sequential(summary) if is_chain else _functional(summary))
    shape = summary.spec.input
    name = summary.spec.name.replace("\\", "/").replace('"', "'")
    title = (
        f"{name}: {summary.totals.params.total:,} parameters, {summary.totals.macs:,} "
        f"multiply-adds for one {shape.height} x {shape.width} x {shape.channels} picture."
    )
    has_lrn = any(isinstance(node.op, ops.LocalResponseNorm) for node in nodes)
    needs_ops = has_lrn or any("ops." in line for line in body)
    lines = [
        f'"""{title}',
        "",
        f"Written by Conv-Arch Explorer {__version__} for Keras 3, channels last. The model gives class scores without",
        "softmax: train it with a loss that has from_logits=True.",
        '"""',
        "",
        "import numpy as np",
        "import keras",
        f"from keras import layers{', ops' if needs_ops else ''}",
        *(["", "", *_LRN.splitlines()] if has_lrn else []),
        "",
        "",
        *body,
        "",
        "",
        'if __name__ == "__main__":',
        f"{INDENT}model = build()",
        f'{INDENT}pictures = np.zeros((1, {shape.height}, {shape.width}, {shape.channels}), "float32")',
        f'{INDENT}print("output shape:", tuple(model(pictures).shape))',
        f'{INDENT}print("parameters:", sum(int(np.prod(weight.shape)) for weight in model.trainable_weights))',
        "",
    ]
    return "\n".join(lines)


def _sequential(summary: NetworkSummary) -> Iterator[str]:
    yield from _heading()
    yield f"{INDENT}return keras.Sequential("
    yield f"{INDENT * 2}["
    yield f"{INDENT * 3}{_input(summary)},"
    part = ""
    for node, made in _made(summary):
        if made and node.part != part and node.part.startswith("block"):
            yield f"{INDENT * 3}# Block {node.part.removeprefix('block')}"
        elif made and node.part != part:
            yield f"{INDENT * 3}# Head"
        part = node.part if made else part
        yield from (f"{INDENT * 3}{layer}," for layer in made)
    yield f"{INDENT * 2}],"
    yield f"{INDENT * 2}name={_name(summary.spec.name)!r},"
    yield f"{INDENT})"


def _functional(summary: NetworkSummary) -> Iterator[str]:
    yield from _heading()
    first = summary.graph.nodes[0]
    names = {first.name: "inputs"}
    yield f"{INDENT}inputs = {_input(summary)}"
    for node, made in _made(summary):
        if not made:
            names[node.name] = names[node.inputs[0]]
            continue
        sources = [names[source] for source in node.inputs]
        value = sources[0] if len(sources) == 1 else f"[{', '.join(sources)}]"
        names[node.name] = f"y_{node.name}"
        for layer in made:
            yield f"{INDENT}{names[node.name]} = {layer}({value})"
            value = names[node.name]
    output = names[summary.graph.output.name]
    yield f"{INDENT}return keras.Model(inputs, {output}, name={_name(summary.spec.name)!r})"


def _heading() -> Iterator[str]:
    yield "def build():"
    yield f'{INDENT}"""The network, with fresh weights."""'


def _input(summary: NetworkSummary) -> str:
    shape = summary.spec.input
    return f"keras.Input(shape=({shape.height}, {shape.width}, {shape.channels}))"


def _name(text: str) -> str:
    kept = "".join(character if character.isascii() and character.isalnum() else "_" for character in text)
    return kept.strip("_") or "network"


# ----------------------------------------------------------------------------------------------------- node by node


def _made(summary: NetworkSummary) -> Iterator[tuple[Node, Layers]]:
    """Each node after the input and the layers that it becomes; an activation is an argument of the layer before."""
    shapes = {row.node.name: row.shape for row in summary.rows}
    by_name, consumers = summary.graph.by_name, summary.graph.consumers
    folded: set[str] = set()
    for node in summary.graph.nodes[1:]:
        if node.name in folded:
            yield node, []
            continue
        source = by_name[node.inputs[0]]
        values = source
        while isinstance(values.op, ops.LocalResponseNorm):  # keeps every sign
            values = by_name[values.inputs[0]]
        place = _Place(node, source, values.op, _known(shapes[source.name]), _known(shapes[node.name]))
        made = WRITERS[type(node.op)](node.op, place)
        after = consumers[node.name]
        if isinstance(node.op, ops.Conv2d | ops.Linear) and len(after) == 1 and _folds(after[0].op):
            made[-1] = f'{made[-1][:-1]}, activation="{after[0].op.function}")'  # type: ignore[attr-defined]
            folded.add(after[0].name)
        yield node, made


def _folds(op: ops.Op) -> bool:
    return isinstance(op, ops.Activation) and op.function != "leaky_relu"


def _known(shape: Shape | None) -> Shape:
    assert shape is not None
    return shape


class _Place:
    """Where a node stands: the node before it, the op that decides the signs of what comes, the shapes in and out."""

    def __init__(self, node: Node, source: Node, signs: ops.Op, shape_in: Shape, shape_out: Shape) -> None:
        self.node = node
        self.source = source
        self.signs = signs
        self.shape_in = shape_in
        self.shape_out = shape_out

    def refuse(self, why: str) -> ExplorerError:
        """The error for what Keras cannot do."""
        return ExplorerError(f"{self.node.name} cannot be written for Keras: {why} The PyTorch code has it.")


def _pair(value: ops.Pair) -> str:
    return str(value[0]) if value[0] == value[1] else str(value)


def _call(name: str, *required: object, **settings: tuple[Any, Any]) -> str:
    """`layers.Name(required, setting=value)` with the settings that differ from Keras' default (value, default)."""
    given = [str(value) for value in required]
    given += [f"{key}={value}" for key, (value, default) in settings.items() if value != default]
    return f"layers.{name}({', '.join(given)})"


def _zeros(rows: tuple[int, int], columns: tuple[int, int]) -> str:
    if rows[0] == rows[1] and columns[0] == columns[1]:
        return f"layers.ZeroPadding2D({_pair((rows[0], columns[0]))})"
    return f"layers.ZeroPadding2D(({rows}, {columns}))"


def _conv(op: ops.Conv2d, place: _Place) -> Layers:
    del place
    keeps = op.padding == "same" or (
        op.stride == (1, 1)
        and all(2 * pad == step * (side - 1)
                for pad, step, side in zip(op.padding, op.dilation, op.kernel, strict=True))
    )  # fmt: skip
    same = keeps and op.kernel != (1, 1)
    before = []
    if not keeps and op.padding != "same" and op.padding != (0, 0):
        before = [_zeros((op.padding[0],) * 2, (op.padding[1],) * 2)]
    layer = _call(
        "Conv2D",
        op.out_channels,
        _pair(op.kernel),
        strides=(_pair(op.stride), "1"),
        padding=('"same"' if same else '"valid"', '"valid"'),
        dilation_rate=(_pair(op.dilation), "1"),
        groups=(op.groups, 1),
        use_bias=(op.bias, True),
    )
    return [*before, layer]


def _overhang(op: ops.MaxPool2d | ops.AvgPool2d, place: _Place) -> tuple[int, int]:
    """Rows and columns after the padded map that windows reach into when the map's size is rounded up."""
    dilation = op.dilation if isinstance(op, ops.MaxPool2d) else (1, 1)
    sides = []
    for axis in (0, 1):
        side, kernel, step = place.shape_in[axis + 1], op.kernel[axis], op.stride[axis]
        out = pool_side(side, kernel, step, op.padding[axis], dilation[axis], op.ceil_mode)
        sides.append(max(0, (out - 1) * step + dilation[axis] * (kernel - 1) + 1 - side - 2 * op.padding[axis]))
    return sides[0], sides[1]


def _pool_layer(name: str, op: ops.MaxPool2d | ops.AvgPool2d) -> str:
    return _call(name, _pair(op.kernel), strides=(_pair(op.stride), _pair(op.kernel)))


def _max_pool(op: ops.MaxPool2d, place: _Place) -> Layers:
    if op.dilation != (1, 1):
        raise place.refuse("its max pools have no dilation.")
    over = _overhang(op, place)
    rows, columns = ((pad, pad + more) for pad, more in zip(op.padding, over, strict=True))
    layer = _pool_layer("MaxPooling2D", op)
    if not any((*rows, *columns)):
        return [layer]
    if isinstance(place.signs, ops.Activation) and place.signs.function in _NEVER_NEGATIVE:
        return [_zeros(rows, columns), layer]
    pad = f"ops.pad(x, ((0, 0), {rows}, {columns}, (0, 0)), constant_values=-1e30)"
    return [f"layers.Lambda(lambda x: {pad})", layer]


def _avg_pool(op: ops.AvgPool2d, place: _Place) -> Layers:
    if any(_overhang(op, place)):
        raise place.refuse("an average that rounds the map up leaves out of its count what lies beyond the edge.")
    layer = _pool_layer("AveragePooling2D", op)
    if op.padding == (0, 0):
        return [layer]
    if not op.count_include_pad:
        raise place.refuse("its averages do not leave the padding out of the count.")
    return [_zeros((op.padding[0],) * 2, (op.padding[1],) * 2), layer]


def _adaptive(op: ops.AdaptiveAvgPool2d, place: _Place) -> Layers:
    if op.output_size == (1, 1):
        return ["layers.GlobalAveragePooling2D()"]
    sides = place.shape_in[1:]
    if sides == op.output_size:
        return []
    if any(side % wanted for side, wanted in zip(sides, op.output_size, strict=True)):
        size = f"{op.output_size[0]} x {op.output_size[1]}"
        raise place.refuse(f"windows of unequal size average {sides[0]} x {sides[1]} to {size}.")
    window = (sides[0] // op.output_size[0], sides[1] // op.output_size[1])
    return [f"layers.AveragePooling2D({_pair(window)})"]


def _activation(op: ops.Activation, place: _Place) -> Layers:
    del place
    return ["layers.LeakyReLU(negative_slope=0.01)" if op.function == "leaky_relu"
            else f'layers.Activation("{op.function}")']  # fmt: skip


def _norm(op: ops.BatchNorm2d, place: _Place) -> Layers:
    del place
    return [f"layers.BatchNormalization(momentum={1 - op.momentum:g}, epsilon={op.eps:g})"]


def _lrn(op: ops.LocalResponseNorm, place: _Place) -> Layers:
    del place
    return [f"LocalResponseNorm({op.size}, {op.alpha:g}, {op.beta:g}, {op.k:g})"]


def _flatten(op: ops.Flatten, place: _Place) -> Layers:
    del op
    before = place.source.op
    pooled = isinstance(before, ops.AdaptiveAvgPool2d) and before.output_size == (1, 1)
    return [] if pooled else ["layers.Flatten()"]


def _dropout(op: ops.Dropout, place: _Place) -> Layers:
    del place
    return [f"layers.Dropout({op.p:g})"]


def _linear(op: ops.Linear, place: _Place) -> Layers:
    del place
    return [_call("Dense", op.out_features, use_bias=(op.bias, True))]


def _joined(name: str) -> Callable[[Any, _Place], Layers]:
    def write(op: Any, place: _Place) -> Layers:
        del op, place
        return [f"layers.{name}()"]

    return write


WRITERS: Mapping[type[ops.Op], Callable[[Any, _Place], Layers]] = {
    ops.Conv2d: _conv,
    ops.MaxPool2d: _max_pool,
    ops.AvgPool2d: _avg_pool,
    ops.AdaptiveAvgPool2d: _adaptive,
    ops.Activation: _activation,
    ops.BatchNorm2d: _norm,
    ops.LocalResponseNorm: _lrn,
    ops.Dropout: _dropout,
    ops.Flatten: _flatten,
    ops.Linear: _linear,
    ops.Add: _joined("Add"),
    ops.Concat: _joined("Concatenate"),
}
"""Op -> the Keras layers that do the same."""
