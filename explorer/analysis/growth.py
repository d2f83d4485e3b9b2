"""Which tensors of a new network can begin as those of a trained one: by the paper's rule, by alignment, by name.

Source of the rule "paper": Simonyan & Zisserman 2015, section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from explorer import units
from explorer.analysis.summary import Shape
from explorer.analysis.tensors import Tensor, tensors_of
from explorer.arch.expand import expand
from explorer.arch.graph import Graph, Node
from explorer.arch.ops import BatchNorm2d, Conv2d, Linear
from explorer.arch.spec import NetworkSpec

GrowthRule = Literal["paper", "aligned", "all"]
NUM_CONVS, NUM_LINEAR = 4, 3
"""What the paper takes over: its first four convolutional layers and its last three fully connected ones."""
_NAME_BONUS = 1
_MATCH = 1000


@dataclass(frozen=True, slots=True)
class TensorOrigin:
    """Where one tensor of the new network begins: a tensor of the source, or chance (None). `note` says why."""

    target_tensor: str
    node: str
    shape: tuple[int, ...]
    source_tensor: str | None
    note: str


@dataclass(frozen=True, slots=True)
class GrowthPlan:
    """The origin of every tensor, in the order of the layers. `copied` and `random` count numbers, not tensors."""

    rows: tuple[TensorOrigin, ...]
    copied: int
    random: int


def plan_growth(source: NetworkSpec, target: NetworkSpec, rule: GrowthRule) -> GrowthPlan:
    """What `target` takes over from a trained `source`. Raises SpecError where either cannot be computed."""
    before, after = _Layers(expand(source)), _Layers(expand(target))
    pairs = _RULES[rule](before, after)
    rows = tuple(row for layer in after.layers for row in _origins(layer, pairs.get(layer.node), rule))
    copied, random = (
        sum(_size(row.shape) for row in rows if (row.source_tensor is None) == is_random) for is_random in (False, True)
    )
    return GrowthPlan(rows, copied, random)


@dataclass(frozen=True, slots=True)
class _Layer:
    """A convolution or linear layer with the norm that follows it: they go together."""

    node: str
    kind: type
    tensors: tuple[Tensor, ...]

    @property
    def shapes(self) -> tuple[Shape, ...]:
        return tuple(tensor.shape for tensor in self.tensors)


class _Layers:
    """The layers of a graph in order; a norm belongs to the layer before it."""

    def __init__(self, graph: Graph) -> None:
        by_node: dict[str, list[Tensor]] = {}
        for tensor in tensors_of(graph):
            by_node.setdefault(tensor.node, []).append(tensor)
        owned: dict[str, list[Tensor]] = {}
        for node in graph:
            if node.name in by_node:
                owned.setdefault(_owner(graph, node), []).extend(by_node[node.name])
        self.layers = tuple(
            _Layer(name, type(graph.by_name[name].op), tuple(tensors)) for name, tensors in owned.items()
        )
        self.by_node = {layer.node: layer for layer in self.layers}

    def of(self, kind: type) -> tuple[_Layer, ...]:
        return tuple(layer for layer in self.layers if layer.kind is kind)


_Pairs = Mapping[str, _Layer]
"""For each target node that has one, the source layer."""


def _owner(graph: Graph, node: Node) -> str:
    before = graph.by_name[node.inputs[0]]
    return before.name if isinstance(node.op, BatchNorm2d) and isinstance(before.op, Conv2d) else node.name


def _by_paper(before: _Layers, after: _Layers) -> _Pairs:
    """The source's first four convolutions and last three linear layers, each where it stands in the target.

    A's third convolution is its block 3's first, and so it is put into block 3 of D: the place is that of the same
    name, or else the next of its shape. A layer whose place has another shape is paired too, so that it can say so.
    """
    taken = (*before.of(Conv2d)[:NUM_CONVS], *before.of(Linear)[-NUM_LINEAR:])
    pairs = dict(_aligned(taken, after.layers))
    placed = {layer.node for layer in pairs.values()}
    for layer in taken:
        if layer.node not in placed and layer.node in after.by_node:
            pairs.setdefault(layer.node, layer)
    return pairs


def _by_name(before: _Layers, after: _Layers) -> _Pairs:
    return {layer.node: before.by_node[layer.node] for layer in after.layers if layer.node in before.by_node}


def _by_alignment(before: _Layers, after: _Layers) -> _Pairs:
    return _aligned(before.layers, after.layers)


def _aligned(old: Sequence[_Layer], new: Sequence[_Layer]) -> _Pairs:
    """The most layers that agree in kind and shapes, in order; among equals, the most of the same name."""
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            match = best[i + 1][j + 1] + _agreement(old[i], new[j])
            best[i][j] = max(best[i + 1][j], best[i][j + 1], match)
    pairs: dict[str, _Layer] = {}
    i = j = 0
    while i < len(old) and j < len(new):
        agreement = _agreement(old[i], new[j])
        if agreement and best[i][j] == best[i + 1][j + 1] + agreement:
            pairs[new[j].node] = old[i]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            i += 1
    return pairs


def _agreement(old: _Layer, new: _Layer) -> int:
    if old.kind is not new.kind or old.shapes != new.shapes:
        return 0
    return _MATCH + _NAME_BONUS * (old.node == new.node)


_RULES: Mapping[GrowthRule, Callable[[_Layers, _Layers], _Pairs]] = {
    "paper": _by_paper,
    "aligned": _by_alignment,
    "all": _by_name,
}
_UNPAIRED: Mapping[GrowthRule, str] = {
    "paper": "none of the source's first four convolutions and last three linear layers belongs here",
    "aligned": "no layer of this shape is left at this place of the source",
    "all": "the source has no layer of this name",
}


def _origins(layer: _Layer, source: _Layer | None, rule: GrowthRule) -> Iterable[TensorOrigin]:
    if source is None:
        return [TensorOrigin(t.name, t.node, t.shape, None, _UNPAIRED[rule]) for t in layer.tensors]
    # Weight and norm are one function: with the weight of another shape nothing of the layer is worth taking.
    differing = next((pair for pair in zip(layer.tensors, source.tensors, strict=False) if _differ(*pair)), None)
    if differing is not None:
        new, old = differing
        note = f"{units.shape(new.shape)} here, {units.shape(old.shape)} in the source's {source.node}"
        return [TensorOrigin(t.name, t.node, t.shape, None, note) for t in layer.tensors]
    if len(layer.tensors) != len(source.tensors):
        note = f"the source's {source.node} has other parts (norm or bias)"
        return [TensorOrigin(t.name, t.node, t.shape, None, note) for t in layer.tensors]
    return [
        TensorOrigin(new.name, new.node, new.shape, old.name, f"from {old.node}")
        for new, old in zip(layer.tensors, source.tensors, strict=True)
    ]


def _differ(new: Tensor, old: Tensor) -> bool:
    return new.shape != old.shape or new.role != old.role


def _size(shape: Shape) -> int:
    size = 1
    for side in shape:
        size *= side
    return size
