"""The VGG block: some convolutions of one width, then a pool. Source: Simonyan & Zisserman 2015, section 2.1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from explorer.arch.graph import GraphBuilder, Node
from explorer.arch.limits import MAX_CHANNELS, MAX_CONVS, MAX_KERNEL, MAX_POOL, choice, whole
from explorer.arch.ops import (
    ACTIVATIONS,
    Activation,
    ActivationName,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    LocalResponseNorm,
    MaxPool2d,
)
from explorer.errors import SpecError

Norm = Literal["none", "batch", "lrn"]
Padding = Literal["same", "none"]
PoolKind = Literal["max", "average", "none"]
NORMS: tuple[Norm, ...] = ("none", "batch", "lrn")
PADDINGS: tuple[Padding, ...] = ("same", "none")
POOL_KINDS: tuple[PoolKind, ...] = ("max", "average", "none")


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool that ends a block: its kind, window, step and rounding (`ceil_mode` rounds the map's size up)."""

    kind: PoolKind = "max"
    kernel: int = 2
    stride: int = 2
    ceil_mode: bool = False

    def check(self, path: str) -> None:
        """Raise SpecError where a field cannot be."""
        choice(self.kind, POOL_KINDS, f"{path}.kind", "A pool")
        whole(self.kernel, 1, MAX_POOL, f"{path}.kernel", "A pool window")
        whole(self.stride, 1, MAX_POOL, f"{path}.stride", "A pool step")
        if not isinstance(self.ceil_mode, bool):
            raise SpecError("Rounding up is either true or false.", path=f"{path}.ceil_mode")


@dataclass(frozen=True, slots=True)
class VGGBlock:
    """`num_convs` convolutions of `out_channels`, each with norm and activation, then one pool.

    `kernels` gives each convolution its own kernel size (configuration C ends blocks with a 1×1); empty, all have
    `kernel`. Kernels are odd, so that "same" padding is (k − 1) / 2 on each side.
    """

    num_convs: int
    out_channels: int
    kernel: int = 3
    kernels: tuple[int, ...] = ()
    padding: Padding = "same"
    norm: Norm = "none"
    activation: ActivationName = "relu"
    pool: Pool = Pool()

    @property
    def conv_kernels(self) -> tuple[int, ...]:
        """The kernel size of each convolution, in order."""
        return self.kernels or (self.kernel,) * self.num_convs

    def with_convs(self, num_convs: int) -> VGGBlock:
        """This block with `num_convs` convolutions: those at the end go, and new ones have the last one's kernel."""
        kernels = self.kernels[:num_convs]
        if kernels:
            kernels += (kernels[-1],) * (num_convs - len(kernels))
        return replace(self, num_convs=num_convs, kernels=kernels)

    def check(self, path: str) -> None:
        """Raise SpecError where a field cannot be."""
        whole(self.num_convs, 1, MAX_CONVS, f"{path}.num_convs", "A number of convolutions")
        whole(self.out_channels, 1, MAX_CHANNELS, f"{path}.out_channels", "A channel count")
        _odd(self.kernel, f"{path}.kernel")
        if self.kernels and len(self.kernels) != self.num_convs:
            message = f"{len(self.kernels)} kernel sizes are given for {self.num_convs} convolutions; each has one."
            raise SpecError(message, path=f"{path}.kernels")
        for index, kernel in enumerate(self.kernels):
            _odd(kernel, f"{path}.kernels[{index}]")
        choice(self.padding, PADDINGS, f"{path}.padding", "Padding")
        choice(self.norm, NORMS, f"{path}.norm", "Normalisation")
        choice(self.activation, ACTIVATIONS, f"{path}.activation", "An activation")
        self.pool.check(f"{path}.pool")

    def expand(self, g: GraphBuilder, x: Node, number: int) -> Node:
        """Append this block, the `number`-th of the network (from 1), after `x`; return its last node."""
        for index, kernel in enumerate(self.conv_kernels, start=1):
            suffix = f"{number}_{index}"
            padding = kernel // 2 if self.padding == "same" else 0
            conv = Conv2d(self.out_channels, (kernel, kernel), padding=(padding, padding))
            x = g.add(conv, x, name=f"conv{suffix}", module=g.next_module("features"))
            if self.norm == "batch":
                x = g.add(BatchNorm2d(), x, name=f"bn{suffix}", module=g.next_module("features"))
            x = g.add(
                Activation(self.activation), x, name=f"{self.activation}{suffix}", module=g.next_module("features")
            )
            if self.norm == "lrn":
                x = g.add(LocalResponseNorm(), x, name=f"lrn{suffix}", module=g.next_module("features"))
        if self.pool.kind != "none":
            x = g.add(_pool_op(self.pool), x, name=f"pool{number}", module=g.next_module("features"))
        return x


def _pool_op(pool: Pool) -> MaxPool2d | AvgPool2d:
    kernel, stride = (pool.kernel, pool.kernel), (pool.stride, pool.stride)
    if pool.kind == "max":
        return MaxPool2d(kernel, stride, ceil_mode=pool.ceil_mode)
    return AvgPool2d(kernel, stride, ceil_mode=pool.ceil_mode)


def _odd(kernel: int, path: str) -> None:
    whole(kernel, 1, MAX_KERNEL, path, "A kernel size")
    if kernel % 2 == 0:
        raise SpecError(f"A kernel size is odd, so that it has a middle, and this is {kernel}.", path=path)
