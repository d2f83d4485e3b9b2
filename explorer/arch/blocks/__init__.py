"""The blocks that a network is composed of: one file each, one line each in `BLOCKS`."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.arch.blocks.conv import ConvBlock
from explorer.arch.blocks.inception import InceptionBlock, Path
from explorer.arch.blocks.parts import NO_POOL, Pool
from explorer.arch.blocks.residual import ResidualStage
from explorer.arch.blocks.vgg import VGGBlock

Block = VGGBlock | ConvBlock | InceptionBlock | ResidualStage
"""Any block. A new kind is a file here, a place in this union and a line in `BLOCKS`."""

BLOCKS: Mapping[str, type[Block]] = {
    "vgg": VGGBlock,
    "conv": ConvBlock,
    "inception": InceptionBlock,
    "residual": ResidualStage,
}
"""Each block class under its name in files."""

__all__ = [
    "BLOCKS",
    "NO_POOL",
    "Block",
    "ConvBlock",
    "InceptionBlock",
    "Path",
    "Pool",
    "ResidualStage",
    "VGGBlock",
]
