"""The VGG block: some convolutions of one width, then a pool. Source: Simonyan & Zisserman 2015, section 2.1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from explorer.arch.blocks.parts import (
    NORMS,
    POOL_KINDS,
    TWO_BY_TWO,
    BlockEdits,
    Norm,
    Pool,
    PoolKind,
    append_conv,
    append_pool,
)
from explorer.arch.graph import GraphBuilder, Node
from explorer.arch.limits import MAX_CHANNELS, MAX_CONVS, MAX_KERNEL, choice, whole
from explorer.arch.ops import ACTIVATIONS, ActivationName, Conv2d
from explorer.errors import SpecError

Padding = Literal["same", "none"]
PADDINGS: tuple[Padding, ...] = ("same", "none")

__all__ = ["NORMS", "PADDINGS", "POOL_KINDS", "Norm", "Padding", "Pool", "PoolKind", "VGGBlock"]


@dataclass(frozen=True, slots=True)
class VGGBlock(BlockEdits):
    """`num_convs` convolutions of `out_channels`, each with norm and activation, then one pool.

    `kernels` gives each convolution its own kernel size (configuration C ends blocks with a 1×1); empty, all have
    `kernel`. Kernels are odd, so that "same" padding is (k − 1) / 2 on each side.
    """

    title: ClassVar[str] = "VGG block"
    count_noun: ClassVar[str] = "convolution"
    max_count: ClassVar[int] = MAX_CONVS

    num_convs: int
    out_channels: int
    kernel: int = 3
    kernels: tuple[int, ...] = ()
    padding: Padding = "same"
    norm: Norm = "none"
    activation: ActivationName = "relu"
    pool: Pool = TWO_BY_TWO

    @property
    def conv_kernels(self) -> tuple[int, ...]:
        """The kernel size of each convolution, in order."""
        return self.kernels or (self.kernel,) * self.num_convs

    @property
    def count(self) -> int:
        """The number of convolutions."""
        return self.num_convs

    def with_count(self, count: int) -> VGGBlock:
        """This block with `count` convolutions."""
        return self.with_convs(count)

    def padded(self) -> VGGBlock:
        """This block with "same" padding."""
        return replace(self, padding="same")

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
            padding = kernel // 2 if self.padding == "same" else 0
            x = append_conv(
                g,
                x,
                Conv2d(self.out_channels, (kernel, kernel), padding=(padding, padding)),
                label=f"{number}_{index}",
                modules=g.conv_modules(),
                norm=self.norm,
                activation=self.activation,
            )
        return append_pool(g, x, self.pool, name=f"pool{number}")


def _odd(kernel: int, path: str) -> None:
    whole(kernel, 1, MAX_KERNEL, path, "A kernel size")
    if kernel % 2 == 0:
        raise SpecError(f"A kernel size is odd, so that it has a middle, and this is {kernel}.", path=path)
