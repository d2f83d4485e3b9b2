"""Blocks written as another kind: the same convolutions, and nothing where they have no like."""

import pytest

from explorer.arch.blocks import Block, ConvBlock, InceptionBlock, Pool, ResidualStage, VGGBlock
from explorer.arch.conversions import conversions
from explorer.arch.expand import expand
from explorer.arch.ops import Conv2d, Op
from explorer.arch.spec import InputShape, NetworkSpec


def ops(block: Block) -> list[Op]:
    spec = NetworkSpec(InputShape(64, 32, 32), (block,), num_classes=10)
    return [node.op for node in expand(spec) if node.part == "block1"]


@pytest.mark.parametrize(
    "block",
    [
        VGGBlock(1, 64),
        VGGBlock(1, 32, kernel=5, padding="none", norm="lrn", activation="tanh", pool=Pool("average", 3, 2)),
        VGGBlock(1, 32, kernels=(1,), norm="batch"),
    ],
)
def test_a_vgg_block_of_one_convolution_and_a_convolution_are_the_same_operations(block: VGGBlock) -> None:
    conv = next(made for made in conversions(block) if isinstance(made, ConvBlock))
    assert ops(conv) == ops(block)
    again = next(made for made in conversions(conv) if isinstance(made, VGGBlock))
    assert ops(again) == ops(block)


def test_a_residual_stage_keeps_the_convolutions_of_its_vgg_block() -> None:
    block = VGGBlock(4, 64, norm="batch", pool=Pool())
    stage = next(made for made in conversions(block) if isinstance(made, ResidualStage))
    assert stage.num_units == 2
    own = [op for op in ops(stage) if isinstance(op, Conv2d)]
    assert own == [op for op in ops(block) if isinstance(op, Conv2d)]
    assert conversions(stage) == (block,)


@pytest.mark.parametrize(
    "block",
    [
        VGGBlock(3, 64),
        VGGBlock(2, 64, norm="lrn"),
        VGGBlock(2, 64, kernel=5),
        ConvBlock(64, 7, 2),
        ConvBlock(64, 4),
        ConvBlock(64, 3, padding=2),
        ConvBlock(64, bias=False),
        ResidualStage(2, 64, "bottleneck"),
        ResidualStage(2, 64, stride=2),
        InceptionBlock.of_four(64, (96, 128), (16, 32), 32),
    ],
)
def test_what_has_no_like_is_not_offered(block: Block) -> None:
    assert conversions(block) == ()
