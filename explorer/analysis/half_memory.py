"""What autograd keeps where a step runs in bf16 or fp16: maps take half, some things do not, and weights are copied.

Under torch's autocast a convolution and a linear layer compute in the short format, from a short copy of their weights
(kept for the backward pass, once for each batch) and of an input that is still float32. What follows them takes the
format of its input. Local response normalisation computes and leaves float32; batch norm's mean and deviation, the loss
and the picture stay float32; the indices of a max pool stay int64. Exact for torch's autocast on the CPU; on CUDA local
response normalisation keeps less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from explorer.analysis.memory import FLOAT_BYTES, Kept, kept_by, loss_bytes, runs_in_place, shares_storage
from explorer.analysis.summary import LayerRow, MemoryForecast
from explorer.arch.graph import Graph, Node
from explorer.arch.ops import Conv2d, Dropout, Input, Linear, LocalResponseNorm

HALF_BYTES = 2
SHORT_FORMATS = frozenset(("bf16", "fp16"))


class HalfKept(NamedTuple):
    """Bytes kept for the backward pass without those of the loss: for each image, for each batch, copies of weights."""

    per_image: int
    per_batch: int
    weight_copies: int


def short_forecast(
    memory: MemoryForecast, graph: Graph, rows: Sequence[LayerRow], num_classes: int, precision: str
) -> MemoryForecast:
    """`memory`, the forecast in float32, for a step in the short format `precision`."""
    kept = kept_in_half(graph, rows)
    saved = memory.batch_size * kept.per_image + kept.per_batch + loss_bytes(num_classes, memory.batch_size)
    return memory._replace(saved=saved, weight_copies=kept.weight_copies, precision=precision)


def kept_in_half(graph: Graph, rows: Sequence[LayerRow]) -> HalfKept:
    """What autograd keeps of `graph` in a short format; `rows` are those of all its nodes, all of them reached."""
    walk = _Walk(graph, {row.node.name: row for row in rows})
    for node in graph.nodes:
        walk.visit(node)
    return walk.result()


class _Storage:
    """A map in memory: its values for one image, the bytes of each, and how often it is kept."""

    __slots__ = ("is_kept", "num_short_copies", "num_values", "value_bytes")

    def __init__(self, num_values: int, value_bytes: int) -> None:
        self.num_values = num_values
        self.value_bytes = value_bytes
        self.is_kept = False
        self.num_short_copies = 0

    @property
    def kept_bytes(self) -> int:
        own = self.value_bytes * self.num_values if self.is_kept else 0
        return own + HALF_BYTES * self.num_values * self.num_short_copies


class _Walk:
    def __init__(self, graph: Graph, rows: Mapping[str, LayerRow]) -> None:
        self._graph = graph
        self._rows = rows
        self._storage: dict[str, _Storage] = {}
        self._learns: dict[str, bool] = {}
        self._per_image = self._per_batch = self._weight_copies = 0

    def visit(self, node: Node) -> None:
        """Learn what `node` keeps, and of which format its output is."""
        row = self._rows[node.name]
        if row.shape is None or row.params is None:
            raise ValueError(f"{node.name} was not reached")
        sources = [self._storage[name] for name in node.inputs]
        storage = sources[0] if shares_storage(node) else _Storage(prod(row.shape), _value_bytes(node, sources))
        self._storage[node.name] = storage
        learns_before = any(self._learns[name] for name in node.inputs)
        self._learns[node.name] = learns = row.params.total > 0 or learns_before
        if node.inputs and learns:
            shape_in = self._rows[node.inputs[0]].shape or ()
            self._keep(
                node, sources, storage, kept_by(node.op, shape_in, row.shape, in_place=runs_in_place(self._graph, node))
            )
        # A linear layer needs its weights for the gradient of its input only; torch's convolution keeps them always.
        if isinstance(node.op, Conv2d) or (isinstance(node.op, Linear) and learns_before):
            self._weight_copies += HALF_BYTES * row.params.weights

    def result(self) -> HalfKept:
        """Everything that was learnt; nodes that share a storage count it once."""
        storages = {id(storage): storage for storage in self._storage.values()}
        maps = sum(storage.kept_bytes for storage in storages.values())
        return HalfKept(maps + self._per_image, self._per_batch, self._weight_copies)

    def _keep(self, node: Node, sources: list[_Storage], storage: _Storage, kept: Kept) -> None:
        casts = isinstance(node.op, Conv2d | Linear)
        if kept.output:
            storage.is_kept = True
        if kept.input:
            for source in sources:
                if casts and source.value_bytes != HALF_BYTES:
                    source.num_short_copies += 1
                else:
                    source.is_kept = True
        # A dropout's mask and a convolution's padded copy are of the format that they are used in.
        is_short = casts or (isinstance(node.op, Dropout) and storage.value_bytes == HALF_BYTES)
        self._per_image += kept.image_bytes * HALF_BYTES // FLOAT_BYTES if is_short else kept.image_bytes
        self._per_batch += kept.batch_bytes


def _value_bytes(node: Node, sources: list[_Storage]) -> int:
    """Bytes of a value of the node's output."""
    if isinstance(node.op, Conv2d | Linear):
        return HALF_BYTES
    if isinstance(node.op, Input | LocalResponseNorm):
        return FLOAT_BYTES
    return max(source.value_bytes for source in sources)
