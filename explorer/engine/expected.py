"""What a new batch norm will measure in its place, so that it changes nothing while training either.

A norm that hands on what comes in has scale √variance and shift mean, whatever mean and variance it keeps; with those
of its real input the first training batches hand it on as well. They follow from the norm before it: its output has
mean β and variance γ², and a ReLU of a normal value has a known mean and variance. A pool in between moves both a
little, which the norm learns within a few steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from explorer.analysis.morph_nodes import NodeMorph
from explorer.arch.graph import Graph, Node
from explorer.arch.ops import Activation, BatchNorm2d

_SMALLEST = 1e-4
"""A channel that is always 0 has no spread; the norm divides by a little all the same."""


def expected_statistics(
    graph: Graph, place: Node, nodes: Mapping[str, NodeMorph], tensor: Callable[[str, str], Tensor]
) -> tuple[Tensor, Tensor]:
    """(mean, variance) in float64 that the new norm at `place` of `graph` will meet, channel by channel.

    0 and 1 where no trained norm stands before it. `tensor` gives a trained tensor by node and role.
    """
    channels = nodes[place.name].outputs
    known = _norm_before(graph, place, nodes)
    if known is None:
        return torch.zeros(len(channels), dtype=torch.float64), torch.ones(len(channels), dtype=torch.float64)
    norm, cuts = known
    mean, deviation = tensor(norm, "bias").double(), tensor(norm, "weight").double().abs()
    mean, variance = rectified(mean, deviation) if cuts else (mean, deviation**2)
    index = torch.tensor(channels)
    return mean[index], variance[index].clamp_min(_SMALLEST)


def rectified(mean: Tensor, deviation: Tensor) -> tuple[Tensor, Tensor]:
    """(mean, variance) of max(0, x) for a normal x."""
    deviation = deviation.clamp_min(1e-12)
    ratio = mean / deviation
    below = 0.5 * (1 + torch.erf(ratio / math.sqrt(2)))
    density = torch.exp(-(ratio**2) / 2) / math.sqrt(2 * math.pi)
    first = mean * below + deviation * density
    second = (mean**2 + deviation**2) * below + mean * deviation * density
    return first, (second - first**2).clamp_min(0)


def _norm_before(graph: Graph, place: Node, nodes: Mapping[str, NodeMorph]) -> tuple[str, bool] | None:
    """The trained norm (by its old name) whose output comes in at `place`, and whether it is cut at 0 on the way."""
    node, is_cut = graph.by_name[place.inputs[0]], False
    while len(node.inputs) == 1:
        morph = nodes.get(node.name)
        if morph is not None and morph.source is not None:
            return (morph.source, is_cut) if isinstance(node.op, BatchNorm2d) else None
        is_cut = is_cut or isinstance(node.op, Activation)
        node = graph.by_name[node.inputs[0]]
    return None
