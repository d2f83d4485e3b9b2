"""Narrower networks of every kind: the ratio of d2l applied to blocks that must divide their channels."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.arch.blocks import Block, ConvBlock, InceptionBlock, ResidualStage
from explorer.arch.presets import PRESETS, find_preset
from explorer.arch.spec import InputShape, NetworkSpec, scale_width
from tests.arch.strategies import blocks


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("ratio", [3, 7.5, 1000])
def test_every_preset_can_be_made_narrower(name: str, ratio: float) -> None:
    before = find_preset(name).spec
    after = scale_width(before, ratio)
    for wide, narrow in zip(before.blocks, after.blocks, strict=True):
        assert narrow.out_channels <= max(wide.out_channels, narrow.channel_step)
        assert narrow.out_channels % narrow.channel_step == 0


def test_channels_that_must_divide_are_rounded_down() -> None:
    spec = NetworkSpec(InputShape(4, 32, 32), (ConvBlock(64, groups=4), ResidualStage(1, 256, "bottleneck")))
    assert [block.out_channels for block in scale_width(spec, 3).blocks] == [20, 84]


def test_the_paths_of_an_inception_block_are_narrowed_in_proportion() -> None:
    block = InceptionBlock.of_four(64, (96, 128), (16, 32), 32)
    assert block.with_channels(128) == InceptionBlock.of_four(32, (48, 64), (8, 16), 16)


@settings(deadline=None)
@given(blocks, st.floats(0.5, 1e7))
def test_a_narrowed_block_is_a_block(block: Block, ratio: float) -> None:
    if block.out_channels and block.out_channels / ratio <= 1_000_000:
        (narrowed,) = scale_width(NetworkSpec(InputShape(3, 32, 32), (block,)), ratio).blocks
        narrowed.check("block")
