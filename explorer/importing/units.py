"""Steps to convolutions with what belongs to each, and the steps of the head; the map's size is followed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from explorer.analysis.shapes import ShapeError, output_shape, pool_side
from explorer.arch import ops
from explorer.arch.blocks import NO_POOL, Pool
from explorer.arch.blocks.parts import PAPERS_LRN, Norm, PoolKind
from explorer.arch.spec import InputShape
from explorer.importing.keras_layers import KERAS_EPS
from explorer.importing.result import Note
from explorer.importing.steps import FlatNorm, Foreign, Silent, Step, ZeroPad
from explorer.units import TIMES, exact

Map = tuple[int, int, int]
HEAD_OPS = (ops.Linear, ops.Flatten, ops.AdaptiveAvgPool2d)
TORCH_EPS = 1e-5
_RISING = ("relu", "leaky_relu", "elu", "tanh", "sigmoid")
"""Activations that never fall: the largest value stays the largest, so max pooling may come before or after."""


@dataclass(slots=True)
class Unit:
    """One convolution, its norm, activation and pool, and the lines that they stand in."""

    conv: ops.Conv2d
    lines: list[int]
    norm: Norm = "none"
    eps: float = TORCH_EPS
    activation: ops.ActivationName | None = None
    pool: Pool = NO_POOL
    lrn: ops.LocalResponseNorm = PAPERS_LRN


@dataclass(slots=True)
class Walk:
    """The convolutions of a network for one picture size, the head's steps, and the map that reaches the head.

    `map` is None from where nothing is left of it, or where the text's layers do not fit one another.
    """

    map: Map | None
    units: list[Unit] = field(default_factory=list)
    head: list[Step] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    pad: ZeroPad | None = None
    said: set[str] = field(default_factory=set)

    def note(self, line: int, sentence: str) -> None:
        """Keep a sentence about `line`."""
        self.notes.append(Note(line, sentence))

    def once(self, line: int, key: str, sentence: str) -> None:
        """Keep a sentence that holds for every place of its kind, at the first of them."""
        if key not in self.said:
            self.said.add(key)
            self.note(line, sentence)

    @property
    def unit(self) -> Unit | None:
        """The convolution that the next step may belong to."""
        return self.units[-1] if self.units else None


def walk(steps: Sequence[Step], shape: InputShape) -> Walk:
    """What `steps` are made of when pictures of `shape` come in."""
    found = Walk((shape.channels, shape.height, shape.width))
    last_conv = max((index for index, step in enumerate(steps) if isinstance(step.op, ops.Conv2d)), default=-1)
    head_at = next(
        (index for index in range(last_conv + 1, len(steps)) if isinstance(steps[index].op, HEAD_OPS)), len(steps)
    )
    for step in steps[:head_at]:
        _RULES.get(type(step.op), _other)(found, step)
    for unit in found.units:
        if unit.activation is None:
            key = "no activation"
            sentence = "No activation follows this convolution, and every block has one: ReLU is put after it."
            found.once(unit.lines[0], key, sentence)
            unit.activation = "relu"
    found.head = list(steps[head_at:])
    return found


def _conv(found: Walk, step: Step) -> None:
    op = step.op
    assert isinstance(op, ops.Conv2d)
    pad, found.pad = found.pad, None
    op = _padded(found, step, op, pad)
    channels = found.map[0] if found.map is not None else None
    if channels is not None and step.takes is not None and step.takes != channels and found.units:
        found.note(
            step.line,
            f"{step.name} takes {counted(step.takes)}, and {exact(channels)} come in; imported with {exact(channels)}.",
        )
    if not _square(op):
        sides = f"{op.kernel[0]} {TIMES} {op.kernel[1]}"
        found.note(
            step.line, f"{step.name} has a window, step or padding that is not square ({sides}); it is left out."
        )
        return
    if (channels is not None and channels % op.groups) or op.out_channels % op.groups:
        found.note(step.line, f"{op.groups} groups do not divide the channels of {step.name}; imported with 1 group.")
        op = replace(op, groups=1)
    found.units.append(Unit(op, [step.line]))
    _advance(found, op)


def _padded(found: Walk, step: Step, op: ops.Conv2d, pad: ZeroPad | None) -> ops.Conv2d:
    if step.same:
        rows, columns = (_same(found, axis, op.kernel[axis], op.stride[axis], op.dilation[axis]) for axis in (0, 1))
        if op.stride == (1, 1) and rows[0] != rows[1]:
            return replace(op, padding="same")
        if rows[0] != rows[1] or columns[0] != columns[1]:
            found.once(
                step.line,
                "one-sided",
                "Keras pads only the right and lower edge here; imported with the same padding on each side, which "
                "gives the same map, one pixel aside.",
            )
        return replace(op, padding=(rows[1], columns[1]))
    if pad is not None and op.padding != "same":
        if pad.top != pad.bottom or pad.left != pad.right:
            found.note(
                step.line, "The zeros before this convolution differ between the edges; the larger side is used."
            )
        rows_, columns_ = max(pad.top, pad.bottom), max(pad.left, pad.right)
        return replace(op, padding=(op.padding[0] + rows_, op.padding[1] + columns_))
    return op


def _same(found: Walk, axis: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Keras' "same": zeros before and after, so that the side becomes side ÷ step, rounded up."""
    side = found.map[axis + 1] if found.map is not None else stride
    total = max((-(-side // stride) - 1) * stride + dilation * (kernel - 1) + 1 - side, 0)
    if stride == 1:
        total = dilation * (kernel - 1)
    return total // 2, total - total // 2


def counted(channels: int) -> str:
    """`1 channel`, `64 channels`."""
    return f"{exact(channels)} channel{'' if channels == 1 else 's'}"


def _square(op: Any) -> bool:
    pairs = [op.kernel, op.stride, getattr(op, "padding", (0, 0)), getattr(op, "dilation", (1, 1))]
    return all(isinstance(pair, str) or pair[0] == pair[1] for pair in pairs)


def _advance(found: Walk, op: ops.Op) -> None:
    if found.map is None:
        return
    try:
        shape = output_shape(op, [found.map])
        found.map = (shape[0], shape[1], shape[2]) if len(shape) == 3 else None
    except ShapeError:
        found.map = None


def _pool(found: Walk, step: Step) -> None:
    op, unit = step.op, found.unit
    assert isinstance(op, ops.MaxPool2d | ops.AvgPool2d)
    if op.kernel == (1, 1) and op.stride == (1, 1):
        return
    if unit is None:
        found.note(
            step.line, f"{step.name} stands before the first convolution, where no block has one; it is left out."
        )
        return
    if unit.pool != NO_POOL:
        found.note(step.line, f"{step.name} follows another pool, and a block ends in one only; it is left out.")
        return
    if not _square(op) or getattr(op, "dilation", (1, 1)) != (1, 1):
        found.note(step.line, f"{step.name} is not square or is dilated, which no block has; it is left out.")
        return
    kind: PoolKind = "max" if isinstance(op, ops.MaxPool2d) else "average"
    pool = Pool(kind, op.kernel[0], op.stride[0], op.ceil_mode, op.padding[0])
    if step.same:
        pool = _same_pool(found, step, pool)
    if found.pad is not None:
        # Zeros after the last row only are what rounding up does.
        pool = replace(pool, padding=found.pad.top, ceil_mode=pool.ceil_mode or found.pad.bottom > found.pad.top)
        found.pad = None
    if pool.padding > pool.kernel // 2:
        found.note(step.line, f"{step.name} has more padding than half its window, which PyTorch refuses; it has none.")
        pool = replace(pool, padding=0)
    unit.pool = pool
    unit.lines.append(step.line)
    kernel, stride, padding = (pool.kernel,) * 2, (pool.stride,) * 2, (pool.padding,) * 2
    made = ops.MaxPool2d(kernel, stride, padding, ceil_mode=pool.ceil_mode)
    _advance(found, made)


def _same_pool(found: Walk, step: Step, pool: Pool) -> Pool:
    """The pool whose map is that of Keras' "same"; exact for max pools wherever the zeros are even or come last."""
    side = found.map[1] if found.map is not None else pool.stride
    before, after = _same(found, 0, pool.kernel, pool.stride, 1)
    wanted = -(-side // pool.stride)
    choices = [replace(pool, padding=before, ceil_mode=before != after), replace(pool, padding=after)]
    for choice in choices:
        if choice.padding <= choice.kernel // 2 and wanted == pool_side(
            side, choice.kernel, choice.stride, choice.padding, 1, choice.ceil_mode
        ):
            if choice is choices[1] or (pool.kind == "average" and before != after):
                found.once(
                    step.line, "pool aside", 'Keras\' "same" pool reads one pixel aside here; the map is the same.'
                )
            return choice
    found.note(step.line, f'The padding "same" of {step.name} has no counterpart here; it has none.')
    return pool


def _norm(found: Walk, step: Step) -> None:
    op, unit = step.op, found.unit
    assert isinstance(op, ops.BatchNorm2d)
    if unit is None or unit.norm != "none":
        count = 2 * (found.map[0] if found.map is not None else 0)
        where = "before the first convolution" if unit is None else "after another norm"
        found.note(
            step.line, f"{step.name} stands {where}, where no block has one; its {count} parameters are left out."
        )
        return
    if step.takes is not None and step.takes != unit.conv.out_channels:
        channels = exact(unit.conv.out_channels)
        found.note(step.line, f"{step.name} takes {exact(step.takes)} channels, and {channels} come in.")
    if unit.activation is not None or unit.pool != NO_POOL:
        found.once(
            step.line,
            "late norm",
            "Batch norm stands after the activation or pool here, and blocks have it before; the parameters are the "
            "same.",
        )
    unit.norm = "batch"
    unit.eps = op.eps
    if step.name == "BatchNormalization" and op.eps == KERAS_EPS:
        unit.eps = TORCH_EPS
        found.once(step.line, "eps", "Keras' batch norm adds 0.001 under its root, blocks add 0.00001.")
    unit.lines.append(step.line)


def _lrn(found: Walk, step: Step) -> None:
    unit = found.unit
    if unit is None or unit.norm != "none":
        found.note(step.line, f"{step.name} has no place in a block here; it is left out.")
        return
    assert isinstance(step.op, ops.LocalResponseNorm)
    if unit.pool != NO_POOL:
        found.once(step.line, "late lrn", f"{step.name} stands after the pool here, and blocks have it before.")
    unit.norm, unit.lrn = "lrn", step.op
    unit.lines.append(step.line)


def _activation(found: Walk, step: Step) -> None:
    op, unit = step.op, found.unit
    assert isinstance(op, ops.Activation)
    if unit is None:
        found.note(step.line, "An activation before the first convolution has no place in a block; it is left out.")
        return
    if unit.activation is not None:
        if unit.activation != op.function or op.function != "relu":
            found.note(step.line, "A second activation follows here, and blocks have one; it is left out.")
        return
    if unit.pool != NO_POOL and not (unit.pool.kind == "max" and op.function in _RISING):
        found.once(
            step.line, "late activation", "The activation stands after the pool here, and blocks have it before."
        )
    unit.activation = op.function
    unit.lines.append(step.line)


def _dropout(found: Walk, step: Step) -> None:
    found.once(
        step.line, "dropout", "Dropout between convolutions is left out: networks here have it in the head only."
    )


def _zero_pad(found: Walk, step: Step) -> None:
    assert isinstance(step.op, ZeroPad)
    found.pad = step.op


def _foreign(found: Walk, step: Step) -> None:
    assert isinstance(step.op, Foreign)
    if step.op.sentence:
        found.once(step.line, step.op.sentence, step.op.sentence)


def _other(found: Walk, step: Step) -> None:
    found.note(step.line, f"{step.name} stands between convolutions, where no block has one; it is left out.")


def _silent(found: Walk, step: Step) -> None:
    del found, step


_RULES = {
    ops.Conv2d: _conv,
    ops.MaxPool2d: _pool,
    ops.AvgPool2d: _pool,
    ops.BatchNorm2d: _norm,
    ops.LocalResponseNorm: _lrn,
    ops.Activation: _activation,
    ops.Dropout: _dropout,
    ZeroPad: _zero_pad,
    Foreign: _foreign,
    Silent: _silent,
    FlatNorm: _other,
}
