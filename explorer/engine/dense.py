"""A classifier that slides over larger pictures: its linear layers as convolutions, its scores as a map.

Source: Simonyan & Zisserman 2015, section 3.2; Sermanet et al. 2014, "OverFeat".
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.analysis.summarize import summarize
from explorer.analysis.tensors import node_shapes
from explorer.arch.graph import HEAD_PART, Node
from explorer.arch.ops import AdaptiveAvgPool2d, Dropout, Flatten, Linear
from explorer.arch.spec import NetworkSpec
from explorer.engine.build import Network


class DenseNetwork(nn.Module):
    """`network` (of `spec`) over pictures of at least its input's size: N × classes × rows × columns scores.

    The first linear layer becomes a convolution of the whole map that it was made for, the others 1 × 1. A pool before
    it (to 7 × 7, or to one value ahead of hidden layers) is part of that convolution. Behind a global average with no
    hidden layer the scores of each place of the map are averaged, which is what the network does anyway. At the input's
    own size the map is one place, or averages to the same scores, for every head. Weights are shared or derived once.
    """

    def __init__(self, network: Network, spec: NetworkSpec) -> None:
        super().__init__()
        graph = network.graph
        head = graph.part(HEAD_PART)
        self._network = (network,)  # in a tuple: its weights are registered in one place
        self._trunk = [node for node in graph.nodes[1:] if node.part != HEAD_PART]
        self._end = self._trunk[-1].name if self._trunk else graph.nodes[0].name
        self._last_reader = {source: node.name for node in self._trunk for source in node.inputs}
        height, width = node_shapes(graph)[self._end][1:]
        pool = next((node.op for node in head if isinstance(node.op, AdaptiveAvgPool2d)), None)
        layers = [node for node in head if not isinstance(node.op, AdaptiveAvgPool2d | Flatten | Dropout)]
        self.averages_cells = pool is not None and pool.output_size == (1, 1) and not spec.head.hidden
        self._layers = list(self._steps(layers, pool, (1, 1) if self.averages_cells else (height, width)))
        self.stride = _stride(spec, self._end)
        self.window = self.stride if self.averages_cells else (spec.input.height, spec.input.width)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """The class-score map."""
        values = {self._network[0].graph.nodes[0].name: x_NCHW}
        for node in self._trunk:
            values[node.name] = self._network[0].node_module(node.name)(*(values[name] for name in node.inputs))
            for source in set(node.inputs):
                if self._last_reader[source] == node.name:  # maps of large pictures are large
                    del values[source]
        scores = values[self._end]
        for step in self._layers:
            scores = functional.conv2d(scores, *step) if isinstance(step, tuple) else step(scores)
        return scores

    def _steps(
        self, layers: list[Node], pool: AdaptiveAvgPool2d | None, size: tuple[int, int]
    ) -> Iterator[tuple[Tensor, Tensor] | nn.Module]:
        """The head as (kernel, bias) of convolutions, and activations between them."""
        is_first = True
        for node in layers:
            module = self._network[0].node_module(node.name)
            if not isinstance(node.op, Linear):
                yield module
                continue
            assert isinstance(module, nn.Linear)
            weight = module.weight.detach()
            kernel = _as_kernel(weight, pool, size) if is_first else weight[:, :, None, None]
            is_first = False
            yield kernel, module.bias.detach()


def _as_kernel(weight_OF: Tensor, pool: AdaptiveAvgPool2d | None, size: tuple[int, int]) -> Tensor:
    """A linear layer behind a (pooled) map of `size` as a convolution of that size."""
    num_out = len(weight_OF)
    if pool is None:
        return weight_OF.view(num_out, -1, *size)
    places = size[0] * size[1]
    basis = torch.eye(places, dtype=weight_OF.dtype, device=weight_OF.device).view(places, 1, *size)
    pooled_PQ = functional.adaptive_avg_pool2d(basis, pool.output_size).view(places, -1)
    return (weight_OF.view(num_out, -1, pooled_PQ.shape[1]) @ pooled_PQ.T).view(num_out, -1, *size)


def _stride(spec: NetworkSpec, node: str) -> tuple[int, int]:
    """How many pixels of the picture lie between two places of the map that `node` gives."""
    field = next((row.field for row in summarize(spec).rows if row.node.name == node), None)
    return field.jump if field is not None else (1, 1)
