"""What a new block of each kind looks like: one line per kind, under its name in `BLOCKS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from explorer.arch.blocks import Block
from explorer.arch.blocks.conv import ConvBlock
from explorer.arch.blocks.inception import InceptionBlock
from explorer.arch.blocks.residual import NARROWING, ResidualStage
from explorer.arch.blocks.vgg import VGGBlock

FIRST_CHANNELS = 64
"""What the first block of a network gives: VGG's, GoogLeNet's and ResNet's stems all have 64."""


def _inception(channels: int) -> InceptionBlock:
    """GoogLeNet's block 3a, scaled to give `channels`. Source: Szegedy et al. 2015, table 1."""
    return InceptionBlock.of_four(64, (96, 128), (16, 32), 32).with_channels(max(NARROWING, channels))


DEFAULT_BLOCKS: Mapping[str, Callable[[int], Block]] = {
    "vgg": lambda channels: VGGBlock(1, channels),
    "conv": lambda channels: ConvBlock(channels, 3),
    "inception": _inception,
    "residual": lambda channels: ResidualStage(2, channels),
}
"""Per kind of block, a new one that gives as many channels as the block before it."""


def new_block(kind: str, blocks: Sequence[Block], gap: int) -> Block:
    """A new block of `kind` for `gap` (0 = before the first block): as wide as the block to the left.

    At the very left it takes the width of the block to the right, and of a first block where there is none.
    """
    neighbour = blocks[max(0, gap - 1)] if blocks else None
    return DEFAULT_BLOCKS[kind]((neighbour.out_channels if neighbour is not None else 0) or FIRST_CHANNELS)
