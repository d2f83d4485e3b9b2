"""The tensors that a network's modules keep: names, nodes, shapes, in the order of its state dict. Without torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from explorer.analysis.shapes import ShapeError, output_shape
from explorer.analysis.summary import Shape
from explorer.arch.graph import Graph, Node
from explorer.arch.ops import BatchNorm2d, Conv2d, Linear, Op
from explorer.errors import SpecError


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a state dict: its name (`features.0.weight`), node (`conv1_1`), role (`weight`) and shape."""

    name: str
    node: str
    role: str
    shape: Shape


def node_shapes(graph: Graph) -> dict[str, Shape]:
    """Each node's output shape for one picture. Raises SpecError with the sentence of a node that cannot be."""
    shapes: dict[str, Shape] = {}
    for node in graph:
        try:
            shapes[node.name] = output_shape(node.op, [shapes[source] for source in node.inputs])
        except ShapeError as error:
            raise SpecError(f"{node.name}: {error.message}", path=node.name) from None
    return shapes


def tensors_of(graph: Graph) -> tuple[Tensor, ...]:
    """Every tensor that the network of `graph` keeps. Raises SpecError where it cannot be computed."""
    shapes = node_shapes(graph)
    found: list[Tensor] = []
    for node in graph.nodes[1:]:
        roles = tensor_shapes(node, shapes[node.inputs[0]])
        found += [Tensor(f"{node.module or node.name}.{role}", node.name, role, shape) for role, shape in roles.items()]
    return tuple(found)


def tensor_shapes(node: Node, shape_in: Shape) -> dict[str, Shape]:
    """The tensors of one node by role, given the shape that flows in."""
    rule = _RULES.get(type(node.op))
    return rule(node.op, shape_in) if rule else {}


def _conv(op: Conv2d, shape_in: Shape) -> dict[str, Shape]:
    weight = (op.out_channels, shape_in[0] // op.groups, *op.kernel)
    return {"weight": weight} | ({"bias": (op.out_channels,)} if op.bias else {})


def _linear(op: Linear, shape_in: Shape) -> dict[str, Shape]:
    return {"weight": (op.out_features, shape_in[0])} | ({"bias": (op.out_features,)} if op.bias else {})


def _batch_norm(_op: BatchNorm2d, shape_in: Shape) -> dict[str, Shape]:
    channels = (shape_in[0],)
    running: dict[str, Shape] = {"running_mean": channels, "running_var": channels, "num_batches_tracked": ()}
    return {"weight": channels, "bias": channels} | running


_RULES: Mapping[type[Op], Callable[[Any, Shape], dict[str, Shape]]] = {
    Conv2d: _conv,
    Linear: _linear,
    BatchNorm2d: _batch_norm,
}
