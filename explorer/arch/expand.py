"""Spec to graph: the one place where a network's parts are put in a row."""

from __future__ import annotations

from explorer.arch.graph import HEAD_PART, INPUT_PART, Graph, GraphBuilder, Node, block_part
from explorer.arch.ops import Activation, AdaptiveAvgPool2d, Dropout, Flatten, Input, Linear
from explorer.arch.spec import Head, NetworkSpec


def expand(spec: NetworkSpec) -> Graph:
    """The graph of `spec`: input, blocks, head. Module names are those of torchvision's VGG."""
    g = GraphBuilder()
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
    for index, width in enumerate(head.hidden, start=1):
        x = g.add(Linear(width), x, name=f"fc{index}", module=g.next_module("classifier"))
        x = g.add(
            Activation(head.activation), x, name=f"{head.activation}_fc{index}", module=g.next_module("classifier")
        )
        # A dropout of 0 keeps its place: the numbering of the weights does not move with a setting.
        x = g.add(Dropout(head.dropout), x, name=f"drop{index}", module=g.next_module("classifier"))
    g.add(Linear(num_classes), x, name="classes", module=g.next_module("classifier"))
