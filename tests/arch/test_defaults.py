"""New blocks: one sensible block of each kind, as wide as its neighbour."""

import pytest

from explorer.arch.blocks import BLOCKS, VGGBlock
from explorer.arch.blocks.defaults import DEFAULT_BLOCKS, FIRST_CHANNELS, new_block


def test_every_kind_of_block_has_a_new_one() -> None:
    assert list(DEFAULT_BLOCKS) == list(BLOCKS)


@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize("channels", [4, 48, 64, 255, 512])
def test_a_new_block_is_of_its_kind_and_gives_as_many_channels_as_the_block_before(kind: str, channels: int) -> None:
    block = new_block(kind, (VGGBlock(1, 8), VGGBlock(2, channels)), 2)
    assert type(block) is BLOCKS[kind]
    assert block.out_channels == channels
    block.check("block")


@pytest.mark.parametrize("kind", BLOCKS)
def test_the_first_block_of_a_network_gives_64_channels(kind: str) -> None:
    assert new_block(kind, (), 0).out_channels == FIRST_CHANNELS == 64
