"""Spec to graph: the one place where a network's parts are put in a row."""

from __future__ import annotations

from explorer.arch.blocks import InceptionBlock, ResidualStage
from explorer.arch.graph import HEAD_PART, INPUT_PART, Graph, GraphBuilder, ModuleStyle, Node, block_part
from explorer.arch.ops import Activation, AdaptiveAvgPool2d, Dropout, Flatten, Input, Linear
from explorer.arch.spec import Head, NetworkSpec


def expand(spec: NetworkSpec) -> Graph:
    """The graph of `spec`: input, blocks, head. Module names are torchvision's for the networks that it has."""
    g = GraphBuilder(module_style(spec))
    g.begin_part(INPUT_PART)
    shape = spec.input
    x = g.add(Input(shape.channels, shape.height, shape.width), name="input", module="")
    for index, block in enumerate(spec.blocks):
        g.begin_part(block_part(index))
        x = block.expand(g, x, index + 1)
    g.begin_part(HEAD_PART)
    expand_head(g, x, spec.head, spec.num_classes)
    return g.build()


def expand_head(g: GraphBuilder, x: Node, head: Head, num_classes: int) -> None:
    """Append the nodes of `head` after the map `x`."""
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
    g.add(Linear(num_classes), x, name="classes", module=g.output_module())


def module_style(spec: NetworkSpec) -> ModuleStyle:
    """Whose module names the network takes: GoogLeNet's with Inception blocks, ResNet's with stages, else VGG's."""
    if any(isinstance(block, InceptionBlock) for block in spec.blocks):
        return "googlenet"
    return "resnet" if any(isinstance(block, ResidualStage) for block in spec.blocks) else "vgg"
