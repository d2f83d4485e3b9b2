"""Spec to graph: the one place where a network's parts are put in a row."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from explorer.arch.blocks import Block, InceptionBlock, ResidualStage
from explorer.arch.graph import (
    HEAD_PART,
    INPUT_PART,
    Graph,
    GraphBuilder,
    ModuleStyle,
    Node,
    Place,
    Segment,
    block_part,
)
from explorer.arch.ops import Activation, AdaptiveAvgPool2d, Dropout, Flatten, Input, Linear
from explorer.arch.spec import Head, InputShape, NetworkSpec


def expand(spec: NetworkSpec) -> Graph:
    """The graph of `spec`: input, blocks, head. Module names are torchvision's for the networks that it has."""
    part = _input_part(spec.input, module_style(spec))
    segments = [part.segment]
    for index, block in enumerate(spec.blocks):
        part = _block_part(block, index, part.last, part.after)
        segments.append(part.segment)
    segments.append(_head_part(spec.head, spec.num_classes, part.last, part.after).segment)
    return Graph(tuple([node for segment in segments for node in segment.nodes]), tuple(segments))


class _Part(NamedTuple):
    """One part's nodes, the last of them, and where the part after it begins."""

    segment: Segment
    last: Node
    after: Place


KEPT_PARTS = 512
"""Parts remembered, by what they are and where they stand: an edit changes one of a network's and leaves the others."""


@lru_cache(maxsize=16)
def _input_part(shape: InputShape, style: ModuleStyle) -> _Part:
    g = GraphBuilder.at(Place(style), INPUT_PART)
    return _part(g, g.add(Input(shape.channels, shape.height, shape.width), name="input", module=""))


@lru_cache(maxsize=KEPT_PARTS)
def _block_part(block: Block, index: int, x: Node, place: Place) -> _Part:
    g = GraphBuilder.at(place, block_part(index))
    return _part(g, block.expand(g, x, index + 1))


@lru_cache(maxsize=64)
def _head_part(head: Head, num_classes: int, x: Node, place: Place) -> _Part:
    g = GraphBuilder.at(place, HEAD_PART)
    return _part(g, expand_head(g, x, head, num_classes))


def _part(g: GraphBuilder, last: Node) -> _Part:
    return _Part(g.build().segments[0], last, g.place_after(last))


def expand_head(g: GraphBuilder, x: Node, head: Head, num_classes: int) -> Node:
    """Append the nodes of `head` after the map `x`; return the last, which gives the classes."""
    if head.pool == "adaptive":
        x = g.add(AdaptiveAvgPool2d((7, 7)), x, name="avgpool", module="avgpool")
    elif head.pool == "global_average":
        x = g.add(AdaptiveAvgPool2d((1, 1)), x, name="avgpool", module="avgpool")
    x = g.add(Flatten(), x, name="flatten", module="flatten")
    # A dropout of 0 keeps its place: the numbering of the weights does not move with a setting.
    dropout = Dropout(head.dropout)
    for index, width in enumerate(head.hidden, start=1):
        if head.dropout_first:
            x = g.add(dropout, x, name=f"drop{index}", module=g.next_module("classifier"))
        x = g.add(Linear(width), x, name=f"fc{index}", module=g.next_module("classifier"))
        name = f"{head.activation}_fc{index}"
        x = g.add(Activation(head.activation), x, name=name, module=g.next_module("classifier"))
        if not head.dropout_first:
            x = g.add(dropout, x, name=f"drop{index}", module=g.next_module("classifier"))
    if head.dropout_first and not head.hidden:
        x = g.add(dropout, x, name="drop", module="dropout")
    return g.add(Linear(num_classes), x, name="classes", module=g.output_module())


def module_style(spec: NetworkSpec) -> ModuleStyle:
    """Whose module names the network takes: GoogLeNet's with Inception blocks, ResNet's with stages, else VGG's."""
    if any(isinstance(block, InceptionBlock) for block in spec.blocks):
        return "googlenet"
    return "resnet" if any(isinstance(block, ResidualStage) for block in spec.blocks) else "vgg"
