"""Convolutions to blocks: runs of equal ones become VGG blocks where that is exact, all others stand alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from explorer.arch.blocks import NO_POOL, Block, ConvBlock, VGGBlock
from explorer.arch.blocks.parts import PAPERS_LRN
from explorer.arch.limits import MAX_CONVS
from explorer.importing.units import TORCH_EPS, Unit

PaddingClass = Literal["same", "none", "either", "other"]


def blocks_of(units: Sequence[Unit]) -> Iterator[tuple[Block, tuple[int, int]]]:
    """Each block with its first and last line."""
    run: list[Unit] = []
    for unit in units:
        if run and not _joins(run, unit):
            yield from _closed(run)
            run = []
        run.append(unit)
    if run:
        yield from _closed(run)


def _joins(run: Sequence[Unit], unit: Unit) -> bool:
    last = run[-1]
    paddings = {_padding(one) for one in (*run, unit)} - {"either"}
    return (
        last.pool == NO_POOL
        and len(run) < MAX_CONVS
        and _plain(unit)
        and all(_plain(one) for one in run)
        and len(paddings) < 2
        and (unit.conv.out_channels, unit.norm, unit.activation) == (last.conv.out_channels, last.norm, last.activation)
    )


def _closed(run: Sequence[Unit]) -> Iterator[tuple[Block, tuple[int, int]]]:
    lines = [line for unit in run for line in unit.lines]
    span = min(lines), max(lines)
    first = run[0]
    kernels = tuple(unit.conv.kernel[0] for unit in run)
    if not _plain(first) or (len(run) == 1 and kernels != (3,)):
        yield _alone(first), span
        return
    paddings = {_padding(unit) for unit in run} - {"either"}
    assert first.activation is not None
    equal = len(set(kernels)) == 1
    yield (
        VGGBlock(
            len(run),
            first.conv.out_channels,
            kernel=kernels[0] if equal else 3,
            kernels=() if equal else kernels,
            padding="none" if paddings == {"none"} else "same",
            norm=first.norm,
            activation=first.activation,
            pool=run[-1].pool,
        ),
        span,
    )


def _alone(unit: Unit) -> ConvBlock:
    conv = unit.conv
    padding: int | Literal["same"] = "same" if conv.padding == "same" else conv.padding[0]
    if conv.stride == (1, 1) and conv.kernel[0] % 2 and padding == conv.dilation[0] * (conv.kernel[0] // 2):
        padding = "same"
    assert unit.activation is not None
    return ConvBlock(
        conv.out_channels,
        conv.kernel[0],
        conv.stride[0],
        padding,
        conv.dilation[0],
        conv.groups,
        conv.bias,
        unit.norm,
        unit.eps,
        unit.activation,
        unit.pool,
        unit.lrn,
    )


def _plain(unit: Unit) -> bool:
    """Whether a VGG block can have this convolution."""
    conv = unit.conv
    usual = conv.stride == (1, 1) and conv.dilation == (1, 1) and conv.groups == 1 and conv.bias
    constants = unit.eps == TORCH_EPS and unit.lrn == PAPERS_LRN
    return usual and conv.kernel[0] % 2 == 1 and _padding(unit) != "other" and constants


def _padding(unit: Unit) -> PaddingClass:
    conv = unit.conv
    if conv.padding == "same":
        return "same"
    if conv.kernel[0] == 1 and conv.padding[0] == 0:
        return "either"
    if conv.padding[0] == conv.kernel[0] // 2:
        return "same"
    return "none" if conv.padding[0] == 0 else "other"
