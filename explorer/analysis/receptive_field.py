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
    if reach[0] is reach[1] and shape[1] == shape[2] and windows[0] == windows[1]:
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
    first = inputs[0]
    if len(inputs) == 1:
        return first
    verticals = [reach[0] for reach in inputs]
    if verticals == [reach[1] for reach in inputs]:
        both = _merged(verticals)
        return (both, both) if both != first[0] else first
    return _merged(verticals), _merged([reach[1] for reach in inputs])


def _merged(axes: Sequence[AxisReach]) -> AxisReach:
    """What any of several paths sees: the largest field where the smaller ones lie within it, else their hull."""
    if all(axis == axes[0] for axis in axes):
        return axes[0]
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
"""The first and the last index along one axis; the last lies before the first where there is none."""
NOTHING: tuple[Span, Span] = ((0, -1), (0, -1))
Indices = range | frozenset[int]
"""Which indices of one axis are needed: a run without gaps as a range, anything else as a set."""


def unread_border(graph: Graph, shapes: Mapping[str, Shape]) -> tuple[int, int, int, int]:
    """How many (top, left, bottom, right) rows and columns of the picture no output depends on."""
    shape = shapes[graph.output.name]
    _, height, width = shapes[graph.nodes[0].name]
    (top, bottom), (left, right) = pixels_read(
        graph, shapes, graph.output.name, ((0, shape[1] - 1), (0, shape[2] - 1)) if len(shape) == 3 else _UNIT
    )
    return top, left, height - 1 - bottom, width - 1 - right


_UNIT: tuple[Span, Span] = ((0, 0), (0, 0))


def pixels_read(
    graph: Graph, shapes: Mapping[str, Shape], node: str, units: tuple[Span, Span] = _UNIT
) -> tuple[Span, Span]:
    """The first and last row and column of the picture that `units` (rows, columns) of `node` really depend on.

    Unlike the field this is clipped to the picture, and it leaves out what pools leave out. Works backwards: which
    indices of each map are needed. `shapes` has every node up to `node`; a flat node has one unit.
    """
    (top, bottom), (left, right) = units
    rows, columns = range(top, bottom + 1), range(left, right + 1)
    needed: dict[str, tuple[Indices, Indices]] = {node: (rows, rows if rows == columns else columns)}
    for current in reversed(graph.nodes):
        indices = needed.get(current.name)
        if indices is None:
            continue
        for source in current.inputs:
            wanted = _wanted(current.op, indices, shapes[source])
            before = needed.get(source)
            needed[source] = wanted if before is None or before == wanted else _unions(before, wanted)
    top_down, left_right = needed.get(graph.nodes[0].name, (range(0), range(0)))
    if not top_down or not left_right:
        return NOTHING
    return (min(top_down), max(top_down)), (min(left_right), max(left_right))


def _wanted(op: Op, indices: tuple[Indices, Indices], shape_in: Shape) -> tuple[Indices, Indices]:
    """Which rows and columns of a `shape_in` map `op` reads to compute those of its output."""
    kind = type(op)
    if len(shape_in) != 3 or kind in _ELEMENTWISE:
        return indices
    square = indices[0] is indices[1] and shape_in[1] == shape_in[2]
    if kind is Flatten:
        whole = range(shape_in[1])
        return whole, whole if shape_in[1] == shape_in[2] else range(shape_in[2])
    rows, columns = indices
    windows = windows_of(op, shape_in)
    if windows is not None:
        if square and windows[0] == windows[1]:
            both = _read(rows, windows[0], shape_in[1])
            return both, both
        return _read(rows, windows[0], shape_in[1]), _read(columns, windows[1], shape_in[2])
    if isinstance(op, AdaptiveAvgPool2d):
        if square and op.output_size[0] == op.output_size[1]:
            binned = _binned(rows, op.output_size[0], shape_in[1])
            return binned, binned
        return _binned(rows, op.output_size[0], shape_in[1]), _binned(columns, op.output_size[1], shape_in[2])
    return indices


_ELEMENTWISE = frozenset((Activation, BatchNorm2d, Add, Concat, LocalResponseNorm, Dropout))


def _read(units: Indices, window: Window, size: int) -> Indices:
    """The indices below `size` that a window touches while it computes `units`."""
    kernel, stride, before, dilation = window
    if isinstance(units, range) and units and dilation == 1 and (stride <= kernel or len(units) == 1):
        return range(max(0, units[0] * stride - before), min(size, units[-1] * stride - before + kernel))
    touched = (unit * stride - before + tap * dilation for unit in units for tap in range(kernel))
    return _compact(frozenset(index for index in touched if 0 <= index < size))


def _binned(units: Indices, count: int, size: int) -> Indices:
    """The indices that an adaptive pool from `size` to `count` averages for `units`."""
    bins = (range(unit * size // count, -(-(unit + 1) * size // count)) for unit in units)
    return _compact(frozenset(index for members in bins for index in members))


def _unions(a: tuple[Indices, Indices], b: tuple[Indices, Indices]) -> tuple[Indices, Indices]:
    if a[0] is a[1] and b[0] is b[1]:
        both = _union(a[0], b[0])
        return both, both
    return _union(a[0], b[0]), _union(a[1], b[1])


def _union(a: Indices, b: Indices) -> Indices:
    if a == b:
        return a
    if isinstance(a, range) and isinstance(b, range) and a and b and a[0] <= b[-1] + 1 and b[0] <= a[-1] + 1:
        return range(min(a[0], b[0]), max(a[-1], b[-1]) + 1)
    return _compact(frozenset(a) | frozenset(b))


def _compact(indices: frozenset[int]) -> Indices:
    if not indices:
        return range(0)
    first, last = min(indices), max(indices)
    return range(first, last + 1) if last - first + 1 == len(indices) else indices
