"""Graph to `nn.Module`, op by op. Weight names are those of torchvision's VGG, so its state dicts load."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from explorer.analysis.memory import runs_in_place
from explorer.analysis.shapes import ShapeError, output_shape
from explorer.analysis.summary import Shape
from explorer.arch.expand import expand
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
from explorer.arch.spec import NetworkSpec
from explorer.errors import ExplorerError


class Network(nn.Module):
    """A graph as a module: one submodule for each node, under the node's `module` name, run in the graph's order."""

    def __init__(self, graph: Graph, modules: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.graph = graph
        self._by_node = dict(modules)
        for node in graph.nodes[1:]:
            _attach(self, module_name(node), modules[node.name])
        self._chain = [modules[node.name] for node in graph.nodes[1:]] if _is_chain(graph) else None
        self._steps = [] if self._chain is not None else _steps(graph, modules)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of a batch, N × classes, of pictures N × C × H × W."""
        if self._chain is not None:
            for module in self._chain:
                x = module(x)
            return x
        values: dict[int, Tensor] = {0: x}
        for step in self._steps:
            values[step.target] = step.module(*(values[source] for source in step.sources))
            for done in step.done:
                del values[done]
        return values[len(self._steps)]

    def node_module(self, name: str) -> nn.Module:
        """The submodule that computes the node called `name`; hooks on it see the node's inputs and output."""
        return self._by_node[name]


class Sum(nn.Module):
    """The sum of all inputs."""

    def forward(self, first: Tensor, *others: Tensor) -> Tensor:
        """Element by element."""
        for other in others:
            first = first + other
        return first


class Joined(nn.Module):
    """All inputs joined along the channels."""

    def forward(self, *inputs: Tensor) -> Tensor:
        """Channels of the first path first."""
        return torch.cat(inputs, dim=1)


class _Step(NamedTuple):
    """One call: where its inputs lie, where its output goes, what no later step reads."""

    module: nn.Module
    sources: tuple[int, ...]
    target: int
    done: tuple[int, ...]


def build(network: NetworkSpec | Graph, *, device: torch.device | str | None = None) -> Network:
    """The module of `network` on `device`, weights as torch's layers begin them.

    On device "meta" it costs neither time nor memory. Raises ExplorerError for a network that cannot be computed, with
    the sentence of its failing node.
    """
    graph = expand(network) if isinstance(network, NetworkSpec) else network
    shapes: dict[str, Shape] = {}
    modules: dict[str, nn.Module] = {}
    with torch.device(device or "cpu"):
        for node in graph.nodes:
            inputs = [shapes[source] for source in node.inputs]
            try:
                shapes[node.name] = output_shape(node.op, inputs)
            except ShapeError as error:
                raise ExplorerError(f"{node.name} cannot be built. {error.message}") from None
            if node.inputs:
                modules[node.name] = _module(graph, node, inputs[0])
    return Network(graph, modules)


def module_name(node: Node) -> str:
    """The dotted name of the node's module inside the network."""
    return node.module or node.name


def _module(graph: Graph, node: Node, shape_in: Shape) -> nn.Module:
    return MODULES[type(node.op)](node.op, shape_in, runs_in_place(graph, node))


def _attach(root: nn.Module, dotted: str, module: nn.Module) -> None:
    """Put `module` at `dotted`; a container whose children are numbered is a Sequential."""
    *path, last = dotted.split(".")
    parent = root
    for depth, name in enumerate(path):
        child = parent._modules.get(name)
        if child is None:
            numbered = (path[depth + 1] if depth + 1 < len(path) else last).isdigit()
            child = nn.Sequential() if numbered else nn.Module()
            parent.add_module(name, child)
        parent = child
    if last in parent._modules:
        raise ValueError(f"two nodes are called {dotted}")
    parent.add_module(last, module)


def _is_chain(graph: Graph) -> bool:
    return all(node.inputs == (before.name,) for before, node in zip(graph.nodes, graph.nodes[1:], strict=False))


def _steps(graph: Graph, modules: Mapping[str, nn.Module]) -> list[_Step]:
    """The calls in order, each dropping what it was the last to read, so that memory is freed as soon as it can be."""
    index = {node.name: number for number, node in enumerate(graph.nodes)}
    left = Counter(source for node in graph.nodes for source in node.inputs)
    steps = []
    for node in graph.nodes[1:]:
        left.subtract(node.inputs)
        done = tuple(index[source] for source in dict.fromkeys(node.inputs) if left[source] == 0)
        steps.append(_Step(modules[node.name], tuple(index[s] for s in node.inputs), index[node.name], done))
    return steps


def _conv(op: Conv2d, shape_in: Shape, _in_place: bool) -> nn.Module:
    return nn.Conv2d(
        shape_in[0],
        op.out_channels,
        op.kernel,
        stride=op.stride,
        padding=op.padding,
        dilation=op.dilation,
        groups=op.groups,
        bias=op.bias,
    )


def _max_pool(op: MaxPool2d, _shape_in: Shape, _in_place: bool) -> nn.Module:
    return nn.MaxPool2d(op.kernel, op.stride, op.padding, op.dilation, ceil_mode=op.ceil_mode)


def _avg_pool(op: AvgPool2d, _shape_in: Shape, _in_place: bool) -> nn.Module:
    return nn.AvgPool2d(op.kernel, op.stride, op.padding, op.ceil_mode, op.count_include_pad)


def _adaptive(op: AdaptiveAvgPool2d, _shape_in: Shape, _in_place: bool) -> nn.Module:
    return nn.AdaptiveAvgPool2d(op.output_size)


def _batch_norm(op: BatchNorm2d, shape_in: Shape, _in_place: bool) -> nn.Module:
    return nn.BatchNorm2d(shape_in[0], eps=op.eps, momentum=op.momentum)


def _lrn(op: LocalResponseNorm, _shape_in: Shape, _in_place: bool) -> nn.Module:
    return nn.LocalResponseNorm(op.size, alpha=op.alpha, beta=op.beta, k=op.k)


def _dropout(op: Dropout, _shape_in: Shape, _in_place: bool) -> nn.Module:
    return nn.Dropout(op.p)


def _flatten(_op: Flatten, _shape_in: Shape, _in_place: bool) -> nn.Module:
    return nn.Flatten()


def _linear(op: Linear, shape_in: Shape, _in_place: bool) -> nn.Module:
    return nn.Linear(shape_in[0], op.out_features, bias=op.bias)


def _activation(op: Activation, _shape_in: Shape, in_place: bool) -> nn.Module:
    return ACTIVATION_MODULES[op.function](in_place)


def _identity(_op: Op, _shape_in: Shape, _in_place: bool) -> nn.Module:
    return nn.Identity()


ACTIVATION_MODULES: Mapping[str, Callable[[bool], nn.Module]] = {
    "relu": lambda in_place: nn.ReLU(inplace=in_place),
    "leaky_relu": lambda in_place: nn.LeakyReLU(inplace=in_place),
    "elu": lambda in_place: nn.ELU(inplace=in_place),
    "gelu": lambda _in_place: nn.GELU(),
    "silu": lambda _in_place: nn.SiLU(),
    "tanh": lambda _in_place: nn.Tanh(),
    "sigmoid": lambda _in_place: nn.Sigmoid(),
}
"""The module of every activation, given whether it may overwrite its input."""

MODULES: Mapping[type[Op], Callable[[Any, Shape, bool], nn.Module]] = {
    Input: _identity,
    Conv2d: _conv,
    MaxPool2d: _max_pool,
    AvgPool2d: _avg_pool,
    AdaptiveAvgPool2d: _adaptive,
    Activation: _activation,
    BatchNorm2d: _batch_norm,
    LocalResponseNorm: _lrn,
    Dropout: _dropout,
    Flatten: _flatten,
    Linear: _linear,
    Add: lambda _op, _shape_in, _in_place: Sum(),
    Concat: lambda _op, _shape_in, _in_place: Joined(),
}
"""The module of every op."""
