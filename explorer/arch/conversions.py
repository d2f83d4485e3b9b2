"""A block written as another kind that has the same convolutions: plain or with shortcuts past each pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from explorer.arch.blocks import Block, ConvBlock, ResidualStage, VGGBlock


def conversions(block: Block) -> tuple[Block, ...]:
    """What `block` can be turned into, one block per other kind; empty where its settings have no like."""
    found = (convert(block) for convert in _CONVERSIONS.get(type(block), ()))
    return tuple(made for made in found if made is not None)


def _vgg_as_conv(block: VGGBlock) -> Block | None:
    """The same operations, where there is one convolution."""
    if block.num_convs != 1:
        return None
    return ConvBlock(
        block.out_channels,
        block.conv_kernels[0],
        padding="same" if block.padding == "same" else 0,
        norm=block.norm,
        activation=block.activation,
        pool=block.pool,
    )


def _conv_as_vgg(block: ConvBlock) -> Block | None:
    """The same operations, where a VGG block can have them: an odd kernel at step 1, with a bias."""
    plain = (block.stride, block.dilation, block.groups, block.bias, block.norm_eps) == (1, 1, 1, True, 1e-5)
    keeps = block.padding in {"same", block.kernel // 2}
    if not plain or block.kernel % 2 == 0 or not (keeps or block.padding == 0):
        return None
    return VGGBlock(
        1,
        block.out_channels,
        block.kernel,
        padding="same" if keeps else "none",
        norm=block.norm,
        activation=block.activation,
        pool=block.pool,
    )


def _vgg_as_residual(block: VGGBlock) -> Block | None:
    """A shortcut past each pair of the same 3×3 convolutions."""
    fits = block.num_convs % 2 == 0 and set(block.conv_kernels) == {3} and block.padding == "same"
    if not fits or block.norm == "lrn":
        return None
    return ResidualStage(
        block.num_convs // 2,
        block.out_channels,
        norm=block.norm,
        bias=True,
        activation=block.activation,
        pool=block.pool,
    )


def _residual_as_vgg(stage: ResidualStage) -> Block | None:
    """The same 3×3 convolutions without shortcuts."""
    if stage.unit != "basic" or stage.stride != 1 or 2 * stage.num_units > VGGBlock.max_count:
        return None
    return VGGBlock(
        2 * stage.num_units, stage.out_channels, norm=stage.norm, activation=stage.activation, pool=stage.pool
    )


_CONVERSIONS: Mapping[type[Block], tuple[Callable[[Any], Block | None], ...]] = {
    VGGBlock: (_vgg_as_conv, _vgg_as_residual),
    ConvBlock: (_conv_as_vgg,),
    ResidualStage: (_residual_as_vgg,),
}
