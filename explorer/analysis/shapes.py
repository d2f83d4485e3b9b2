"""Output shapes, one rule per op, as torch computes them; a shape that cannot be is a `ShapeError`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from explorer.analysis.summary import Shape
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
from explorer.units import TIMES, exact
from explorer.units import shape as shown

ShapeRule = Callable[[Any, Sequence[Shape]], Shape]


class ShapeError(Exception):
    """A node that cannot be computed: its sentence, and the shape that would have been."""

    def __init__(self, message: str, attempted: Shape | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.attempted = attempted


def output_shape(op: Op, inputs: Sequence[Shape]) -> Shape:
    """The shape of `op`'s output for one image. Raises ShapeError where torch would refuse or nothing is left."""
    return SHAPE_RULES[type(op)](op, inputs)


def same_padding(kernel: int, dilation: int) -> tuple[int, int]:
    """(before, after) as torch's padding="same" pads one axis: the odd remainder comes after."""
    total = dilation * (kernel - 1)
    return total // 2, total - total // 2


def conv_side(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """The output side of a convolution, which is below 1 where its window does not fit.

    Source: torch.nn.Conv2d, "Shape".
    """
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def pool_side(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """The output side of a pool; rounding up, a last window that would start in the padding after is left out.

    Source: torch.nn.MaxPool2d, "Shape" and its note on ceil_mode.
    """
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    side = -(-room // stride) + 1
    return side - 1 if (side - 1) * stride >= size + padding else side


def _map(op: Op, inputs: Sequence[Shape]) -> tuple[int, int, int]:
    shape = inputs[0]
    if len(shape) != 3:
        raise ShapeError(f"{_article(op)} needs a map (C {TIMES} H {TIMES} W), and {shown(shape)} flat values come in.")
    return shape


def _article(op: Op) -> str:
    return f"{'An' if op.kind[0] in 'AEIOU' else 'A'} {op.kind}"


def _input(op: Input, _inputs: Sequence[Shape]) -> Shape:
    return op.channels, op.height, op.width


def _conv(op: Conv2d, inputs: Sequence[Shape]) -> Shape:
    channels, height, width = _map(op, inputs)
    if op.groups != 1 and (channels % op.groups or op.out_channels % op.groups):
        raise ShapeError(
            f"{op.groups} groups divide neither {channels:,} channels in"
            f" nor {op.out_channels:,} out without a remainder."
            if channels % op.groups and op.out_channels % op.groups
            else f"{op.groups} groups do not divide the {channels:,} channels that come in."
            if channels % op.groups
            else f"{op.groups} groups do not divide the {op.out_channels:,} channels that go out."
        )
    (kh, kw), (sh, sw), (dh, dw) = op.kernel, op.stride, op.dilation
    if op.padding == "same":
        if sh != 1 or sw != 1:
            raise ShapeError(f'"same" padding needs stride 1, and this convolution steps by {sh} {TIMES} {sw}.')
        return op.out_channels, height, width
    ph, pw = op.padding
    out_h, out_w = conv_side(height, kh, sh, ph, dh), conv_side(width, kw, sw, pw, dw)
    if out_h < 1 or out_w < 1:
        window = f"{dh * (kh - 1) + 1} {TIMES} {dw * (kw - 1) + 1}"
        padded = f"{height + 2 * ph} {TIMES} {width + 2 * pw}"
        of = "map" if not (ph or pw) else "padded map"
        raise ShapeError(
            f"This convolution leaves nothing: its {window} window is larger than the {padded} {of}.",
            (op.out_channels, max(0, out_h), max(0, out_w)),
        )
    return op.out_channels, out_h, out_w


def _pool(op: MaxPool2d | AvgPool2d, inputs: Sequence[Shape], dilation: tuple[int, int]) -> Shape:
    channels, height, width = _map(op, inputs)
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = op.kernel, op.stride, op.padding, dilation
    if (ph or pw) and (2 * ph > kh or 2 * pw > kw):
        raise ShapeError(f"A pool's padding is at most half its window, and {ph} {TIMES} {pw} is more.")
    out_h = pool_side(height, kh, sh, ph, dh, op.ceil_mode)
    out_w = pool_side(width, kw, sw, pw, dw, op.ceil_mode)
    if out_h < 1 or out_w < 1:
        attempted = (channels, max(0, out_h), max(0, out_w))
        raise ShapeError(f"This pool leaves nothing of the {height} {TIMES} {width} map.", attempted)
    return channels, out_h, out_w


def _max_pool(op: MaxPool2d, inputs: Sequence[Shape]) -> Shape:
    return _pool(op, inputs, op.dilation)


def _avg_pool(op: AvgPool2d, inputs: Sequence[Shape]) -> Shape:
    return _pool(op, inputs, (1, 1))


def _adaptive(op: AdaptiveAvgPool2d, inputs: Sequence[Shape]) -> Shape:
    return _map(op, inputs)[0], *op.output_size


def _same_map(op: Op, inputs: Sequence[Shape]) -> Shape:
    return _map(op, inputs)


def _any(_op: Op, inputs: Sequence[Shape]) -> Shape:
    return inputs[0]


def _flatten(_op: Flatten, inputs: Sequence[Shape]) -> Shape:
    shape = inputs[0]
    return (shape[0] * shape[1] * shape[2],) if len(shape) == 3 else shape


def _linear(op: Linear, inputs: Sequence[Shape]) -> Shape:
    if len(inputs[0]) != 1:
        raise ShapeError(f"A linear layer needs flat values, and a {shown(inputs[0])} map comes in: flatten it first.")
    return (op.out_features,)


def _add(_op: Add, inputs: Sequence[Shape]) -> Shape:
    first = inputs[0]
    for path, shape in enumerate(inputs[1:], start=2):
        if shape != first:
            raise ShapeError(_disagreement("adds", first, shape, path))
    return first


def _concat(_op: Concat, inputs: Sequence[Shape]) -> Shape:
    first = inputs[0]
    total = 0
    for path, shape in enumerate(inputs, start=1):
        if shape[1:] != first[1:]:
            raise ShapeError(_disagreement("joins", first, shape, path))
        total += shape[0]
    return total, *first[1:]


_AXES = (("channel", "channels"), ("row", "rows"), ("column", "columns"))


def _disagreement(verb: str, first: Shape, other: Shape, path: int) -> str:
    """Which path disagrees with the first, and by how much: `path 3 has 28 channels more`."""
    if len(first) != len(other):
        flat = "the first path" if len(first) == 1 else f"path {path}"
        return f"This merge {verb} maps, but {flat} is flat: {shown(first)} and {shown(other)} do not go together."
    axes = _AXES if len(first) == 3 else (("value", "values"),)
    differences = [
        f"{exact(abs(b - a))} {names[abs(b - a) != 1]} {'more' if b > a else 'fewer'}"
        for a, b, names in zip(first, other, axes, strict=True)
        if a != b and not (verb == "joins" and names[0] in ("channel", "value"))
    ]
    return (
        f"This merge {verb} maps of one size, but path {path} is {shown(other)}"
        f" and the first {shown(first)}: {', '.join(differences)}."
    )


SHAPE_RULES: Mapping[type[Op], ShapeRule] = {
    Input: _input,
    Conv2d: _conv,
    MaxPool2d: _max_pool,
    AvgPool2d: _avg_pool,
    AdaptiveAvgPool2d: _adaptive,
    Activation: _any,
    BatchNorm2d: _same_map,
    LocalResponseNorm: _same_map,
    Dropout: _any,
    Flatten: _flatten,
    Linear: _linear,
    Add: _add,
    Concat: _concat,
}
"""The output shape of every op."""
