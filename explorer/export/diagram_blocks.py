"""How each part of a network looks, around the axis y = 0 and beginning at x = 0.

`LAYOUTERS` has one entry per block class; a new kind of block is a function and a line there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from explorer.analysis.summary import NetworkSummary, PartSummary
from explorer.arch.blocks import Block, ConvBlock, InceptionBlock, ResidualStage, VGGBlock
from explorer.export.diagram_inception import draw_inception
from explorer.export.diagram_pen import Pen, Scale, last_map, state_of
from explorer.export.diagram_pictures import Picture
from explorer.export.diagram_residual import draw_residual

Layouter = Callable[[PartSummary, NetworkSummary, Scale, bool], Picture]
"""(part, network, scale, whether its branches are shown) to the picture."""


def part_picture(
    part: PartSummary, summary: NetworkSummary, scale: Scale, block: Block | None, *, is_open: bool
) -> Picture:
    """The picture of `part`; `block` is its block, None for the head. `is_open` shows a block's branches."""
    layouter = draw_chain if block is None else LAYOUTERS[type(block)]
    return layouter(part, summary, scale, is_open)


def draw_chain(part: PartSummary, summary: NetworkSummary, scale: Scale, is_open: bool) -> Picture:
    """Layers one after the other on the axis: what VGG blocks, single convolutions and the head are."""
    del is_open
    pen = Pen(scale, part.part, last_map(part, summary))
    for row in part.rows:
        pen.draw(row, state_of(row, summary))
    return pen.picture()


def draw_input(part: PartSummary, summary: NetworkSummary, scale: Scale) -> Picture:
    """The input: one thin slab that wears a sample on its right face."""
    shape = summary.spec.input
    pen = Pen(scale, part.part, (shape.channels, shape.height, shape.width))
    pen.slab(part.rows[0].node.name, "input", 1, shape.height, shape.width, "whole")
    return pen.picture()


LAYOUTERS: Mapping[type[Block], Layouter] = {
    VGGBlock: draw_chain,
    ConvBlock: draw_chain,
    InceptionBlock: draw_inception,
    ResidualStage: draw_residual,
}
"""Per block class, how it is drawn."""
