"""The blocks that a network is composed of: one file each, one line each in `BLOCKS`."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.arch.blocks.vgg import Pool, VGGBlock

Block = VGGBlock
"""Any block. A new kind is a file here, a place in this union and a line in `BLOCKS`."""

BLOCKS: Mapping[str, type[Block]] = {"vgg": VGGBlock}
"""Each block class under its name in files."""

__all__ = ["BLOCKS", "Block", "Pool", "VGGBlock"]
