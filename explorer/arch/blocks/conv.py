"""One convolution with every setting of its own: what LeNet, AlexNet and ZFNet are made of, and stems.

Source: Krizhevsky et al. 2012, section 3; Zeiler & Fergus 2014, figure 3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from explorer.arch.blocks.parts import (
    NO_POOL,
    NORMS,
    PAPERS_LRN,
    BlockEdits,
    Norm,
    Pool,
    append_conv,
    append_pool,
    check_lrn,
    check_truth,
)
from explorer.arch.graph import GraphBuilder, Node
from explorer.arch.limits import MAX_CHANNELS, MAX_DILATION, MAX_KERNEL, MAX_STRIDE, choice, positive, whole
from explorer.arch.ops import ACTIVATIONS, ActivationName, Conv2d, LocalResponseNorm
from explorer.errors import SpecError


@dataclass(frozen=True, slots=True)
class ConvBlock(BlockEdits):
    """A convolution with its norm and activation, then a pool.

    `padding` is pixels on each side, or "same" for a map that keeps its size at stride 1. `groups` parts the channels,
    in and out, which both must divide by it. `lrn` has the constants of local response normalisation, for norm "lrn".
    """

    title: ClassVar[str] = "Convolution"

    out_channels: int
    kernel: int = 3
    stride: int = 1
    padding: int | Literal["same"] = "same"
    dilation: int = 1
    groups: int = 1
    bias: bool = True
    norm: Norm = "none"
    norm_eps: float = 1e-5
    activation: ActivationName = "relu"
    pool: Pool = NO_POOL
    lrn: LocalResponseNorm = PAPERS_LRN

    def check(self, path: str) -> None:
        """Raise SpecError where a field cannot be."""
        whole(self.out_channels, 1, MAX_CHANNELS, f"{path}.out_channels", "A channel count")
        whole(self.kernel, 1, MAX_KERNEL, f"{path}.kernel", "A kernel size")
        whole(self.stride, 1, MAX_STRIDE, f"{path}.stride", "A step")
        whole(self.dilation, 1, MAX_DILATION, f"{path}.dilation", "A dilation")
        whole(self.groups, 1, MAX_CHANNELS, f"{path}.groups", "A number of groups")
        if self.out_channels % self.groups:
            message = f"{self.out_channels:,} channels cannot be parted into {self.groups:,} groups."
            raise SpecError(message, path=f"{path}.groups")
        if self.padding != "same":
            whole(self.padding, 0, MAX_KERNEL, f"{path}.padding", "Padding")
        elif self.stride != 1 and self.kernel % 2 == 0:
            message = "Padding that keeps the map needs an odd kernel where the step is above 1; give it in pixels."
            raise SpecError(message, path=f"{path}.padding")
        check_truth(self.bias, f"{path}.bias", "A bias")
        choice(self.norm, NORMS, f"{path}.norm", "Normalisation")
        positive(self.norm_eps, f"{path}.norm_eps", "The norm's epsilon")
        choice(self.activation, ACTIVATIONS, f"{path}.activation", "An activation")
        self.pool.check(f"{path}.pool")
        check_lrn(self.lrn, f"{path}.lrn")

    @property
    def channel_step(self) -> int:
        """The channels divide by the groups."""
        return self.groups

    def padded(self) -> ConvBlock:
        """This block with as much padding as keeps the map at step 1, or nearly where its kernel is even."""
        if self.stride != 1 and self.kernel % 2 == 0:
            return replace(self, padding=min(MAX_KERNEL, -(-self.dilation * (self.kernel - 1) // 2)))
        return replace(self, padding="same")

    @property
    def conv(self) -> Conv2d:
        """The convolution as an operation; an odd "same" kernel is written as pixels, which is the same thing."""
        padding: tuple[int, int] | Literal["same"]
        if self.padding != "same":
            padding = (self.padding, self.padding)
        elif self.kernel % 2:
            padding = (self.dilation * (self.kernel // 2),) * 2
        else:
            padding = "same"
        return Conv2d(
            self.out_channels,
            (self.kernel, self.kernel),
            (self.stride, self.stride),
            padding,
            (self.dilation, self.dilation),
            self.groups,
            self.bias,
        )

    def expand(self, g: GraphBuilder, x: Node, number: int) -> Node:
        """Append this block, the `number`-th of the network (from 1), after `x`; return its last node."""
        x = append_conv(
            g,
            x,
            self.conv,
            label=str(number),
            modules=g.conv_modules(),
            norm=self.norm,
            norm_eps=self.norm_eps,
            lrn=self.lrn,
            activation=self.activation,
        )
        return append_pool(g, x, self.pool, name=f"pool{number}")
