"""NetworkSpec: what a user edits, saves and undoes. Immutable, hashable, compared by value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from explorer.arch.blocks import BLOCKS, Block, VGGBlock
from explorer.arch.blocks.parts import check_truth
from explorer.arch.limits import (
    MAX_BLOCKS,
    MAX_CHANNELS,
    MAX_CLASSES,
    MAX_HIDDEN,
    MAX_HIDDEN_LAYERS,
    MAX_SIDE,
    choice,
    fraction,
    whole,
)
from explorer.arch.ops import ACTIVATIONS, ActivationName
from explorer.errors import SpecError

HeadPool = Literal["none", "adaptive", "global_average"]
HEAD_POOLS: tuple[HeadPool, ...] = ("none", "adaptive", "global_average")


@dataclass(frozen=True, slots=True)
class InputShape:
    """One picture: channels × height × width."""

    channels: int
    height: int
    width: int

    def check(self, path: str) -> None:
        """Raise SpecError where a field cannot be."""
        whole(self.channels, 1, MAX_CHANNELS, f"{path}.channels", "A number of input channels")
        whole(self.height, 1, MAX_SIDE, f"{path}.height", "An input height")
        whole(self.width, 1, MAX_SIDE, f"{path}.width", "An input width")


@dataclass(frozen=True, slots=True)
class Head:
    """What turns the last map into class scores.

    `pool` is "none" (flatten the map as it is, as d2l does; the first layer's width follows from the real map),
    "adaptive" (average to 7×7 first, as torchvision does) or "global_average" (average to 1×1). Each hidden layer is
    followed by the activation and dropout; the last layer gives the classes. With `dropout_first`, dropout stands
    before each hidden layer instead, as AlexNet has it, or before the last where there is none, as in GoogLeNet.
    """

    hidden: tuple[int, ...] = (4096, 4096)
    dropout: float = 0.5
    pool: HeadPool = "none"
    activation: ActivationName = "relu"
    dropout_first: bool = False

    def check(self, path: str) -> None:
        """Raise SpecError where a field cannot be."""
        if len(self.hidden) > MAX_HIDDEN_LAYERS:
            message = f"A head has at most {MAX_HIDDEN_LAYERS} hidden layers, and this has {len(self.hidden)}."
            raise SpecError(message, path=f"{path}.hidden")
        for index, width in enumerate(self.hidden):
            whole(width, 1, MAX_HIDDEN, f"{path}.hidden[{index}]", "A hidden width")
        fraction(self.dropout, f"{path}.dropout", "Dropout")
        choice(self.pool, HEAD_POOLS, f"{path}.pool", "The head's pooling")
        choice(self.activation, ACTIVATIONS, f"{path}.activation", "An activation")
        check_truth(self.dropout_first, f"{path}.dropout_first", "Dropout first")


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A whole network: its input, blocks, head and number of classes.

    Raises SpecError when built from impossible values. A spec whose maps collapse is
    still a spec: the analysis says where it fails.
    """

    input: InputShape
    blocks: tuple[Block, ...]
    head: Head = Head()
    num_classes: int = 1000
    name: str = "network"

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip() or len(self.name) > 120:
            raise SpecError("A network's name has 1 to 120 characters.", path="name")
        self.input.check("input")
        if len(self.blocks) > MAX_BLOCKS:
            message = f"A network has at most {MAX_BLOCKS} blocks, and this has {len(self.blocks):,}."
            raise SpecError(message, path="blocks")
        for index, block in enumerate(self.blocks):
            if not isinstance(block, tuple(BLOCKS.values())):
                raise SpecError("This is not a block.", path=f"blocks[{index}]")
            block.check(f"blocks[{index}]")
        self.head.check("head")
        whole(self.num_classes, 1, MAX_CLASSES, "num_classes", "A number of classes")

    def with_block(self, index: int, block: Block) -> NetworkSpec:
        """This network with `block` at `index` (from 0)."""
        return replace(self, blocks=(*self.blocks[:index], block, *self.blocks[index + 1 :]))

    def insert_block(self, index: int, block: Block) -> NetworkSpec:
        """This network with `block` put before the block at `index`."""
        return replace(self, blocks=(*self.blocks[:index], block, *self.blocks[index:]))

    def without_block(self, index: int) -> NetworkSpec:
        """This network without the block at `index`."""
        return replace(self, blocks=self.blocks[:index] + self.blocks[index + 1 :])

    def move_block(self, index: int, to: int) -> NetworkSpec:
        """This network with the block at `index` standing at `to` afterwards."""
        rest = self.blocks[:index] + self.blocks[index + 1 :]
        return replace(self, blocks=(*rest[:to], self.blocks[index], *rest[to:]))


def scale_width(spec: NetworkSpec, ratio: float, *, hidden: bool = False) -> NetworkSpec:
    """`spec` with every block's channels divided by `ratio` (at least 1 left); with `hidden`, the head's widths too.

    Channels that must divide by something (a bottleneck's by 4) are rounded down to that.

    Source: d2l, chapter "Networks Using Blocks (VGG)", which divides by 4 to train on Fashion-MNIST.
    Raises SpecError for a ratio that is not above 0.
    """
    if not 0 < ratio < float("inf"):
        raise SpecError("A width ratio is a number above 0: 4 makes the network four times narrower.", path="ratio")
    blocks = tuple(
        block.with_channels(_divided(block.out_channels, ratio, block.channel_step)) for block in spec.blocks
    )
    head = (
        replace(spec.head, hidden=tuple(_divided(width, ratio) for width in spec.head.hidden)) if hidden else spec.head
    )
    return replace(spec, blocks=blocks, head=head)


def _divided(width: int, ratio: float, step: int = 1) -> int:
    return max(1, int(width / ratio) // step) * step


__all__ = ["HEAD_POOLS", "Block", "Head", "HeadPool", "InputShape", "NetworkSpec", "VGGBlock", "scale_width"]
