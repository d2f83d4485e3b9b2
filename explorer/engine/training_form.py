"""The same network in an order that trains faster: the maximum first, the activation on the quarter that is left."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from explorer.arch.graph import Graph, Node
from explorer.arch.ops import Activation, MaxPool2d
from explorer.engine.build import Network

_RISING = {"relu", "leaky_relu", "elu", "tanh", "sigmoid"}
"""Activations that never fall as their input rises: the largest output is the output of the largest input."""


class TrainingForm(nn.Module):
    """Computes what `network` computes, from the same submodules, each activation moved behind the max-pool after it.

    For training only: on the CPU dropout is drawn in a quicker way, and always on. Values and gradients are the same: a
    maximum commutes with a function that never falls, and where a whole window is cut to 0 no gradient flows either
    way. Measured on VGG-11 at ratio 8, one thread: 7 to 10 % faster.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        # In a tuple, so that the weights stay registered in one place: the network.
        self._network = (network,)
        modules = (network.node_module(node.name) for node in reordered(network.graph))
        self._chain = tuple(_on_this_device(module, network) for module in modules)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Scores of a batch, N × classes."""
        for module in self._chain:
            x_NCHW = module(x_NCHW)
        return x_NCHW


class QuickDropout(nn.Module):
    """Dropout whose coin flips cost a sixth of torch's on the CPU: four 16-bit draws from each 64 random bits.

    The chance is `p` to within 2⁻¹⁷, and what is kept is scaled by exactly the chance it had. The draws come from
    torch's own generator, so its saved state repeats them.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self._kept = round((1 - p) * 65536)

    def forward(self, x: Tensor) -> Tensor:
        """`x` with each value zeroed by chance while training."""
        if self._kept == 65536:
            return x
        draws = torch.empty((x.numel() + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
        kept = draws.view(torch.int16)[: x.numel()].view(x.shape) < self._kept - 32768
        return x * kept.to(x.dtype).mul_(65536 / max(self._kept, 1))


def _on_this_device(module: nn.Module, network: Network) -> nn.Module:
    on_cpu = all(parameter.device.type == "cpu" for parameter in network.parameters())
    return QuickDropout(module.p) if on_cpu and type(module) is nn.Dropout else module


def training_form(network: Network) -> nn.Module:
    """`network` in its faster order where there is one; a network with branches as it is."""
    return TrainingForm(network) if is_chain(network.graph) else network


def is_chain(graph: Graph) -> bool:
    """Whether each node reads the one before it and nothing else."""
    return all(node.inputs == (before.name,) for before, node in zip(graph.nodes, graph.nodes[1:], strict=False))


def reordered(graph: Graph) -> tuple[Node, ...]:
    """The nodes of a chain after its input, each rising activation behind the max-pool that follows it."""
    nodes = list(graph.nodes[1:])
    for index in range(len(nodes) - 1):
        op = nodes[index].op
        if isinstance(op, Activation) and op.function in _RISING and isinstance(nodes[index + 1].op, MaxPool2d):
            nodes[index], nodes[index + 1] = nodes[index + 1], nodes[index]
    return tuple(nodes)
