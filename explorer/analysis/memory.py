"""Bytes: activations, what autograd keeps for the backward pass, the forecast of a training step.

Conventions. All values are float32 (4 bytes); `half_memory` has the rules for shorter formats. *Activation bytes* of a
node are its output's; a network's sum leaves out what needs no memory of its own: activations (computed in place),
flatten and dropout (nothing at inference). *Saved bytes* are the distinct storages that torch's saved-tensor hooks see
during the forward pass and the loss, without parameters and buffers; each tensor is counted once, at the node that made
it. A convolution keeps its input, ReLU its output, a max pool its input and an int64 index per output value, batch norm
its input and per channel the batch's mean and deviation, a linear layer its input, dropout its float mask (on CUDA a
bool mask, a quarter of it), cross-entropy the log-probabilities, the int64 labels and one number. Exact for contiguous
tensors on the CPU; where training pools before ReLU in channels_last, flattening may copy the last map once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from explorer.analysis.shapes import same_padding
from explorer.analysis.summary import Conditions, LayerRow, MemoryForecast, NetworkSummary, Shape, Totals
from explorer.arch.graph import Graph, Node
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

FLOAT_BYTES = 4
INDEX_BYTES = 8
LABEL_BYTES = 8
LOSS_BYTES = 4
"""Cross-entropy keeps the sum of the class weights, one float."""

COPIES: Mapping[str, int] = {"sgd": 0, "adam": 2, "adamw": 2}
"""Copies of the parameters that an optimizer keeps; momentum adds one to SGD's."""


class Kept(NamedTuple):
    """What an op keeps: its input, its output, other bytes for each image, other bytes for each batch."""

    input: bool = False
    output: bool = False
    image_bytes: int = 0
    batch_bytes: int = 0


KeepRule = Callable[[Any, Shape, Shape, bool], Kept]
NOTHING = Kept()
_INPUT = Kept(input=True)
_OUTPUT = Kept(output=True)


def kept_by(op: Op, shape_in: Shape, shape_out: Shape, *, in_place: bool = False) -> Kept:
    """What autograd keeps for the backward pass of `op`; `in_place` as `runs_in_place` says."""
    return KEEP_RULES[type(op)](op, shape_in, shape_out, in_place)


def shares_storage(node: Node) -> bool:
    """Whether the output of `node` is its input under another name (a view, or an op that leaves all as it is)."""
    op = node.op
    kind = type(op)
    if kind is Flatten:
        return True
    return (isinstance(op, Dropout) and op.p == 0) or (kind is Add and len(node.inputs) == 1)


def owns_activation(op: Op) -> bool:
    """Whether the output of `op` takes memory of its own at inference."""
    return type(op) not in _IN_PLACE


_IN_PLACE = frozenset((Input, Activation, Dropout, Flatten))


def _nothing(_op: Op, _shape_in: Shape, _shape_out: Shape, _in_place: bool) -> Kept:
    return NOTHING


def _keeps_input(_op: Op, _shape_in: Shape, _shape_out: Shape, _in_place: bool) -> Kept:
    return _INPUT


def _conv(op: Conv2d, shape_in: Shape, _shape_out: Shape, _in_place: bool) -> Kept:
    """The input; where "same" padding is uneven, the copy of it that torch pads on one side instead."""
    if op.padding != "same":
        return _INPUT
    more = [after - before for before, after in map(same_padding, op.kernel, op.dilation)]
    if not any(more):
        return _INPUT
    return Kept(image_bytes=FLOAT_BYTES * shape_in[0] * (shape_in[1] + more[0]) * (shape_in[2] + more[1]))


def _adaptive(op: AdaptiveAvgPool2d, _shape_in: Shape, _shape_out: Shape, _in_place: bool) -> Kept:
    return NOTHING if op.output_size == (1, 1) else _INPUT


def _lrn(op: LocalResponseNorm, shape_in: Shape, _shape_out: Shape, _in_place: bool) -> Kept:
    """The input, its squares padded along the channels, the denominator before and after its power."""
    channels, height, width = shape_in
    return Kept(input=True, image_bytes=FLOAT_BYTES * (3 * channels + op.size - 1) * height * width)


def _max_pool(_op: MaxPool2d, _shape_in: Shape, shape_out: Shape, _in_place: bool) -> Kept:
    return Kept(input=True, image_bytes=INDEX_BYTES * prod(shape_out))


def _batch_norm(_op: BatchNorm2d, shape_in: Shape, _shape_out: Shape, _in_place: bool) -> Kept:
    return Kept(input=True, batch_bytes=2 * FLOAT_BYTES * shape_in[0])


def _dropout(op: Dropout, _shape_in: Shape, shape_out: Shape, _in_place: bool) -> Kept:
    return Kept(image_bytes=FLOAT_BYTES * prod(shape_out)) if op.p > 0 else NOTHING


_BY_ACTIVATION: Mapping[str, Kept] = {
    "relu": _OUTPUT,
    "leaky_relu": _INPUT,
    "elu": _INPUT,
    "gelu": _INPUT,
    "silu": _INPUT,
    "tanh": _OUTPUT,
    "sigmoid": _OUTPUT,
}


def _activation(op: Activation, _shape_in: Shape, _shape_out: Shape, in_place: bool) -> Kept:
    return _OUTPUT if in_place else _BY_ACTIVATION[op.function]


KEEP_RULES: Mapping[type[Op], KeepRule] = {
    Input: _nothing,
    Conv2d: _conv,
    MaxPool2d: _max_pool,
    AvgPool2d: _keeps_input,
    AdaptiveAvgPool2d: _adaptive,
    Activation: _activation,
    BatchNorm2d: _batch_norm,
    LocalResponseNorm: _lrn,
    Dropout: _dropout,
    Flatten: _nothing,
    Linear: _keeps_input,
    Add: _nothing,
    Concat: _nothing,
}
"""What autograd keeps of every op."""


def loss_bytes(num_classes: int, batch_size: int) -> int:
    """What cross-entropy keeps of one batch: log-probabilities, labels, one number."""
    return batch_size * (FLOAT_BYTES * num_classes + LABEL_BYTES) + LOSS_BYTES


def optimizer_copies(optimizer: str, momentum: bool) -> int:
    """How many copies of the parameters the optimizer's state holds."""
    copies = COPIES.get(optimizer, 2)
    return copies + (1 if optimizer == "sgd" and momentum else 0)


def forecast(totals: Totals, per_batch: int, num_classes: int, conditions: Conditions) -> MemoryForecast:
    """The bytes of one training step; `per_batch` are those saved bytes that do not grow with the batch."""
    weights = FLOAT_BYTES * totals.params.total
    batch = conditions.batch_size
    saved = batch * (totals.saved_bytes - per_batch) + per_batch + loss_bytes(num_classes, batch)
    copies = optimizer_copies(conditions.optimizer, conditions.momentum)
    return MemoryForecast(batch, weights, weights, weights * copies, saved)


def largest_batch(summary: NetworkSummary, free_bytes: int) -> int:
    """The largest batch whose forecast fits `free_bytes`; 0 where not even one image fits or the network fails."""
    if summary.memory is None:
        return 0
    return largest_batch_of(summary.rows, summary.memory, free_bytes)


def largest_batch_of(rows: Sequence[LayerRow], memory: MemoryForecast, free_bytes: int) -> int:
    """The largest batch that fits `free_bytes`, from a whole network's rows and its forecast for another batch."""
    constant = sum(batch_constant(row) for row in rows) + LOSS_BYTES
    per_image = (memory.saved - constant) // memory.batch_size
    fixed = memory.total - memory.saved + constant
    return max(0, (free_bytes - fixed) // per_image)


def batch_constant(row: LayerRow) -> int:
    """Those saved bytes of a row that do not grow with the batch: batch norm's mean and deviation per channel."""
    return 2 * FLOAT_BYTES * row.shape[0] if row.shape and isinstance(row.node.op, BatchNorm2d) else 0


def saves_differently_in_place(op: Op) -> bool:
    """Whether what `op` keeps depends on `runs_in_place`: leaky ReLU and ELU keep their input or their output."""
    return type(op) is Activation and op.function in _KEEP_INPUT_UNLESS_IN_PLACE


_KEEP_INPUT_UNLESS_IN_PLACE = frozenset(("leaky_relu", "elu"))
_REWRITABLE = frozenset((Conv2d, BatchNorm2d, Linear, MaxPool2d, AvgPool2d, Add, Concat))
_IN_PLACE_FUNCTIONS = frozenset(("relu", "leaky_relu", "elu"))


def runs_in_place(graph: Graph, node: Node) -> bool:
    """Whether the built module lets `node`, an activation, overwrite its input: see `may_overwrite`."""
    if type(node.op) is not Activation:
        return False
    source = node.inputs[0]
    return may_overwrite(node.op, graph.by_name[source], len(graph.consumers[source]))


def may_overwrite(op: Activation, before: Node, num_readers: int) -> bool:
    """Whether an activation may overwrite the output of `before`, which `num_readers` nodes read.

    Only where nothing else reads it, and after ops that do not need their own output for the backward pass; the
    picture itself is never overwritten.
    """
    may = op.function in _IN_PLACE_FUNCTIONS and type(before.op) in _REWRITABLE and not shares_storage(before)
    return may and num_readers == 1
