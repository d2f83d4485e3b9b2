"""What torch itself says about a network: measured on the built module, to hold the analysis against.

What a unit sees is measured by gradients, on a module in which no path can cancel another: all weights positive,
activations and norms left out, every pool the sum of its window.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from explorer.analysis.receptive_field import Span
from explorer.analysis.summary import Shape
from explorer.arch.graph import Graph
from explorer.arch.ops import Activation, AvgPool2d, BatchNorm2d, Dropout, Input, LocalResponseNorm, MaxPool2d
from explorer.engine.build import Network, build, module_name


def measured_shapes(network: Network) -> dict[str, Shape]:
    """The output shape of every node for one image, as forward hooks see it."""
    picture = _picture(network.graph)
    shapes: dict[str, Shape] = {network.graph.nodes[0].name: tuple(picture.shape[1:])}
    with _evaluating(network), _outputs(network) as outputs, torch.no_grad():
        network(picture)
        shapes.update({name: tuple(output.shape[1:]) for name, output in outputs.items()})
    return shapes


def measured_macs(network: Network) -> int:
    """The multiply-adds of one image: half of what torch's flop counter counts."""
    with _evaluating(network), torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(_picture(network.graph))
    return int(counter.get_total_flops()) // 2


def measured_params(network: Network) -> dict[str, int]:
    """The number of learnt values of every node, under the node's name."""
    counts = {node.name: 0 for node in network.graph.nodes}
    by_module = {module_name(node): node.name for node in network.graph.nodes}
    for name, parameter in network.named_parameters():
        counts[by_module[name.rpartition(".")[0]]] += parameter.numel()
    return counts


def measured_saved_bytes(
    network: Network, batch_size: int, *, form: nn.Module | None = None, dtype: torch.dtype = torch.float32
) -> int:
    """The bytes that autograd keeps for the backward pass of one batch through the network and cross-entropy.

    Distinct storages that saved-tensor hooks see in training mode; parameters and buffers are left out. `form` computes
    the network in another order from the same parameters; a shorter `dtype` is autocast's.
    """
    own = {tensor.untyped_storage().data_ptr() for tensor in (*network.parameters(), *network.buffers())}
    storages: dict[int, int] = {}
    alive: list[Tensor] = []  # a freed storage's address would be used again

    def pack(tensor: Tensor) -> Tensor:
        alive.append(tensor)
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    x_NCHW = torch.randn(batch_size, *_picture(network.graph).shape[1:])
    labels_N = torch.zeros(batch_size, dtype=torch.long)
    network.train()
    autocast = torch.autocast(x_NCHW.device.type, dtype, enabled=dtype is not torch.float32)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor), autocast:
        functional.cross_entropy((form or network)(x_NCHW), labels_N)
    return sum(storages.values())


class WindowSum(nn.Module):
    """The sum of each window of a pool, so that every value in it has a part in the output."""

    def __init__(self, pool: MaxPool2d | AvgPool2d, size: tuple[int, int]) -> None:
        super().__init__()
        self.pool = pool
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """N × C × H × W in, N × C × `size` out."""
        op = self.pool
        dilation = op.dilation if isinstance(op, MaxPool2d) else (1, 1)
        for axis, dim in ((0, -2), (1, -1)):
            kernel, stride, before = op.kernel[axis], op.stride[axis], op.padding[axis]
            reach = (self.size[axis] - 1) * stride + dilation[axis] * (kernel - 1) + 1
            after = max(0, reach - before - x.shape[dim])
            x = functional.pad(x, (0, 0, before, after) if dim == -2 else (before, after))
        kernel_1KK = torch.ones(x.shape[1], 1, *op.kernel, dtype=x.dtype)
        y = functional.conv2d(x, kernel_1KK, stride=op.stride, dilation=dilation, groups=x.shape[1])
        return y[..., : self.size[0], : self.size[1]]


_LEFT_OUT = (Activation, BatchNorm2d, LocalResponseNorm, Dropout)


def transparent(graph: Graph) -> Network:
    """The module of `graph`, in double precision, in which a gradient reaches every pixel that a unit depends on."""
    network = build(graph)
    shapes = measured_shapes(network)
    generator = torch.Generator().manual_seed(0)
    modules: dict[str, nn.Module] = {}
    for node in graph.nodes[1:]:
        op, module = node.op, network.node_module(node.name)
        if isinstance(op, MaxPool2d | AvgPool2d):
            _, height, width = shapes[node.name]
            module = WindowSum(op, (height, width))
        elif isinstance(op, _LEFT_OUT):
            module = nn.Identity()
        for parameter in module.parameters():
            parameter.data = 0.5 + torch.rand(parameter.shape, generator=generator)
        modules[node.name] = module
    return Network(graph, modules).double().eval()


def seen_pixels(network: Network, node: str, unit: tuple[int, int] | None = None) -> tuple[Span, Span]:
    """The first and last row and column that the unit at (row, column) of `node` depends on; None for all units.

    `network` comes from `transparent`. A unit that sees nothing gives spans that end before they begin.
    """
    x = _picture(network.graph).double().requires_grad_()
    with _outputs(network) as outputs:
        network(x)
        output = outputs.get(node, x)
    chosen = output if unit is None else output[..., unit[0], unit[1]]
    (gradient,) = torch.autograd.grad(chosen.sum(), x, allow_unused=True)
    if gradient is None or not gradient.any():
        return (0, -1), (0, -1)
    rows = gradient.abs().sum((0, 1, 3)).nonzero()
    columns = gradient.abs().sum((0, 1, 2)).nonzero()
    return (int(rows[0]), int(rows[-1])), (int(columns[0]), int(columns[-1]))


@contextmanager
def _outputs(network: Network) -> Iterator[dict[str, Tensor]]:
    """Every node's output of the forward passes inside the `with`, under the node's name."""
    found: dict[str, Tensor] = {}
    handles = []
    for node in network.graph.nodes[1:]:

        def note(_module: nn.Module, _inputs: Any, output: Tensor, name: str = node.name) -> None:
            found[name] = output

        handles.append(network.node_module(node.name).register_forward_hook(note))
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _evaluating(network: Network) -> Iterator[None]:
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


def _picture(graph: Graph) -> Tensor:
    op = graph.nodes[0].op
    assert isinstance(op, Input)
    return torch.zeros(1, op.channels, op.height, op.width)
