"""The receptive field of every node: which input pixels a unit depends on, exactly, along both axes and through merges.

A window of k pixels at stride s, dilation d and p pixels of padding before turns a field (size, jump, start) into
(size + d·(k − 1)·jump, jump·s, start − p·jump). Source: Araujo et al. 2019, "Computing Receptive Fields of
Convolutional Neural Networks", Distill. Conventions: sizes are not clipped to the picture; a merge sees what any of its
paths sees; a linear layer is a window over its whole map; where units have no evenly spaced place, the field is unknown
(None).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from explorer.analysis.shapes import same_padding
from explorer.analysis.summary import AxisField, ReceptiveField, Shape
from explorer.arch.graph import Graph
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
    Input,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Op,
)


class Window(NamedTuple):
    """How an op reads one axis: `kernel` places, `dilation` apart, every `stride`, after `before` padded places."""

    kernel: int
    stride: int
    before: int
    dilation: int = 1


class AxisReach(NamedTuple):
    """One axis of a node's map: the field of its units, their number, and the pixels [first, end) that all of them see.

    `field` is None where the units have no single place; `first` and `end` are None where even their union is unknown.
    """

    field: AxisField | None
    num_units: int
    first: int | None
    end: int | None


Reach = tuple[AxisReach, AxisReach]
"""(vertical, horizontal)."""
FieldRule = Callable[[Any, Sequence[Reach], Shape], Reach]


def node_reach(op: Op, inputs: Sequence[Reach], shape: Shape) -> Reach:
    """What the units of `op` see, given what its inputs see and its own output shape."""
    return FIELD_RULES[type(op)](op, inputs, shape)


def as_field(reach: Reach) -> ReceptiveField | None:
    """The field of a node's units, None where it is unknown along either axis."""
    vertical, horizontal = reach[0].field, reach[1].field
    return None if vertical is None or horizontal is None else ReceptiveField(vertical, horizontal)


def windows_of(op: Op, shape_in: Shape) -> tuple[Window, Window] | None:
    """How `op` reads the rows and the columns of its input; None for an op that reads no fixed window."""
    rule = _WINDOWS.get(type(op))
    return None if rule is None else rule(op, shape_in)


def _conv_windows(op: Conv2d, _shape_in: Shape) -> tuple[Window, Window]:
    (kh, kw), (sh, sw), (dh, dw) = op.kernel, op.stride, op.dilation
    if op.padding == "same":
        return Window(kh, sh, same_padding(kh, dh)[0], dh), Window(kw, sw, same_padding(kw, dw)[0], dw)
    return Window(kh, sh, op.padding[0], dh), Window(kw, sw, op.padding[1], dw)


def _max_windows(op: MaxPool2d, _shape_in: Shape) -> tuple[Window, Window]:
    return (
        Window(op.kernel[0], op.stride[0], op.padding[0], op.dilation[0]),
        Window(op.kernel[1], op.stride[1], op.padding[1], op.dilation[1]),
    )


def _avg_windows(op: AvgPool2d, _shape_in: Shape) -> tuple[Window, Window]:
    return (
        Window(op.kernel[0], op.stride[0], op.padding[0]),
        Window(op.kernel[1], op.stride[1], op.padding[1]),
    )


_WINDOWS: Mapping[type[Op], Callable[[Any, Shape], tuple[Window, Window]]] = {
    Conv2d: _conv_windows,
    MaxPool2d: _max_windows,
    AvgPool2d: _avg_windows,
}


def _slide(axis: AxisReach, window: Window, count: int) -> AxisReach:
    """The reach after `window` slid over `axis` and made `count` units."""
    field = axis.field
    if field is None:
        return AxisReach(None, count, None, None)
    jump = field.jump
    moved = AxisField(
        field.size + (window.kernel - 1) * window.dilation * jump,
        jump * window.stride,
        field.start - window.before * jump,
    )
    return _placed(moved, count)


def _placed(field: AxisField, count: int) -> AxisReach:
    return AxisReach(field, count, field.start, field.start + (count - 1) * field.jump + field.size)


def _whole(axis: AxisReach) -> AxisReach:
    """One unit that sees all that the units of `axis` see together: size + (map − 1) · jump."""
    if axis.first is None or axis.end is None:
        return AxisReach(None, 1, None, None)
    jump = 1 if axis.field is None else axis.field.jump
    return AxisReach(AxisField(axis.end - axis.first, jump, axis.first), 1, axis.first, axis.end)


def _input(op: Input, _inputs: Sequence[Reach], _shape: Shape) -> Reach:
    pixel = AxisField(1, 1, 0)
    return _placed(pixel, op.height), _placed(pixel, op.width)


def _conv(op: Conv2d, inputs: Sequence[Reach], shape: Shape) -> Reach:
    return _slid(inputs[0], _conv_windows(op, shape), shape)


def _max_pool(op: MaxPool2d, inputs: Sequence[Reach], shape: Shape) -> Reach:
    return _slid(inputs[0], _max_windows(op, shape), shape)


def _avg_pool(op: AvgPool2d, inputs: Sequence[Reach], shape: Shape) -> Reach:
    return _slid(inputs[0], _avg_windows(op, shape), shape)


def _slid(reach: Reach, windows: tuple[Window, Window], shape: Shape) -> Reach:
    vertical = _slide(reach[0], windows[0], shape[1])
    if reach[0] is reach[1] and windows[0] == windows[1] and shape[1] == shape[2]:
        return vertical, vertical
    return vertical, _slide(reach[1], windows[1], shape[2])


def _adaptive(op: AdaptiveAvgPool2d, inputs: Sequence[Reach], _shape: Shape) -> Reach:
    (vertical, horizontal), (height, width) = inputs[0], op.output_size
    return _spread(vertical, height), _spread(horizontal, width)


def _spread(axis: AxisReach, count: int) -> AxisReach:
    """An adaptive pool along one axis: equal windows are a plain pool, one window sees all, else no single place."""
    if count == 1:
        return _whole(axis)
    if axis.num_units % count == 0:
        kernel = axis.num_units // count
        return _slide(axis, Window(kernel, kernel, 0), count)
    return AxisReach(None, count, axis.first, axis.end)


def _same(_op: Op, inputs: Sequence[Reach], _shape: Shape) -> Reach:
    return inputs[0]


def _linear(_op: Linear, inputs: Sequence[Reach], _shape: Shape) -> Reach:
    vertical, horizontal = inputs[0]
    if vertical is horizontal:
        both = _whole(vertical)
        return both, both
    return _whole(vertical), _whole(horizontal)


def _merge(_op: Op, inputs: Sequence[Reach], _shape: Shape) -> Reach:
    if all(reach == inputs[0] for reach in inputs[1:]):
        return inputs[0]
    return _merged([reach[0] for reach in inputs]), _merged([reach[1] for reach in inputs])


def _merged(axes: Sequence[AxisReach]) -> AxisReach:
    """What any of several paths sees: the largest field where the smaller ones lie within it, else their hull."""
    count = axes[0].num_units
    firsts = [axis.first for axis in axes if axis.first is not None]
    ends = [axis.end for axis in axes if axis.end is not None]
    known = len(firsts) == len(ends) == len(axes)
    first, end = (min(firsts), max(ends)) if known else (None, None)
    fields = [axis.field for axis in axes if axis.field is not None]
    if len(fields) < len(axes) or any(axis.num_units != count for axis in axes):
        return AxisReach(None, count, first, end)
    jump = max(field.jump for field in fields)
    if count > 1 and any(field.jump != jump for field in fields):
        return AxisReach(None, count, first, end)
    start = min(field.start for field in fields)
    return _placed(AxisField(max(field.start + field.size for field in fields) - start, jump, start), count)


FIELD_RULES: Mapping[type[Op], FieldRule] = {
    Input: _input,
    Conv2d: _conv,
    MaxPool2d: _max_pool,
    AvgPool2d: _avg_pool,
    AdaptiveAvgPool2d: _adaptive,
    Activation: _same,
    BatchNorm2d: _same,
    LocalResponseNorm: _same,
    Dropout: _same,
    Flatten: _same,
    Linear: _linear,
    Add: _merge,
    Concat: _merge,
}
"""The receptive field of every op."""


Span = tuple[int, int]
"""The first and the last index that is needed along one axis; the last lies before the first where none is."""
_NONE_NEEDED: Span = (0, -1)


def unread_border(graph: Graph, shapes: Mapping[str, Shape]) -> tuple[int, int, int, int]:
    """How many (top, left, bottom, right) rows and columns of the picture no output depends on.

    Works backwards from the output: which indices of each map are needed. `shapes` has every node of `graph`.
    """
    needed: dict[str, tuple[Span, Span]] = {graph.output.name: _all_of(shapes[graph.output.name])}
    for node in reversed(graph.nodes):
        spans = needed.get(node.name)
        if spans is None:
            continue
        for source in node.inputs:
            wanted = _wanted(node.op, spans, shapes[source])
            before = needed.get(source)
            needed[source] = wanted if before is None else (_hull(before[0], wanted[0]), _hull(before[1], wanted[1]))
    _, height, width = shapes[graph.nodes[0].name]
    (top, bottom), (left, right) = needed.get(graph.nodes[0].name, (_NONE_NEEDED, _NONE_NEEDED))
    return top, left, height - 1 - bottom, width - 1 - right


def _all_of(shape: Shape) -> tuple[Span, Span]:
    return ((0, shape[1] - 1), (0, shape[2] - 1)) if len(shape) == 3 else ((0, 0), (0, 0))


def _wanted(op: Op, spans: tuple[Span, Span], shape_in: Shape) -> tuple[Span, Span]:
    """Which indices of a `shape_in` map `op` reads to compute `spans` of its output."""
    if len(shape_in) != 3 or isinstance(op, Flatten | Linear):
        return _all_of(shape_in)
    windows = windows_of(op, shape_in)
    if windows is not None:
        return _read(spans[0], windows[0], shape_in[1]), _read(spans[1], windows[1], shape_in[2])
    if isinstance(op, AdaptiveAvgPool2d):
        return _binned(spans[0], op.output_size[0], shape_in[1]), _binned(spans[1], op.output_size[1], shape_in[2])
    return spans


def _read(span: Span, window: Window, size: int) -> Span:
    """The first and the last index below `size` that a window touches while it computes the units of `span`."""
    kernel, stride, before, dilation = window
    first, last = size, -1
    for unit in range(span[0], span[1] + 1):
        start = unit * stride - before
        if start >= first:
            break
        index = start if start >= 0 else start % dilation
        if index <= start + (kernel - 1) * dilation:
            first = min(first, index)
    for unit in range(span[1], span[0] - 1, -1):
        start = unit * stride - before
        end = start + (kernel - 1) * dilation
        if end <= last:
            break
        index = end if end < size else end - -(-(end - size + 1) // dilation) * dilation
        if index >= start:
            last = max(last, index)
    return (first, last) if first <= last else _NONE_NEEDED


def _binned(span: Span, count: int, size: int) -> Span:
    return span[0] * size // count, -(-(span[1] + 1) * size // count) - 1


def _hull(a: Span, b: Span) -> Span:
    if a[1] < a[0]:
        return b
    return a if b[1] < b[0] else (min(a[0], b[0]), max(a[1], b[1]))
