"""A network as a directed acyclic graph of primitive operations, in execution order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from explorer.arch.ops import Concat, Conv2d, Input, Op

INPUT_PART = "input"
HEAD_PART = "head"


def block_part(index: int) -> str:
    """The part name of the block at `index` (from 0): `block1` for the first."""
    return f"block{index + 1}"


class Node(NamedTuple):
    """One operation at its place.

    `name` is what users read and select (`conv3_2`); `part` is the piece of the spec it came from (`input`, `block3`,
    `head`); `module` is the name of its torch module, as torchvision names it (`features.7`); `path` numbers the branch
    inside its block, from 1, and is 0 on the trunk.
    """

    name: str
    op: Op
    inputs: tuple[str, ...]
    part: str
    module: str
    path: int = 0


class Segment:
    """Successive nodes that read, of what came before them, only the output of the node just before.

    Compared by identity: equal parts of successive graphs share one segment, so that what is known of it stays known.
    """

    __slots__ = ("nodes",)

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.nodes = nodes


@dataclass(frozen=True)
class Graph:
    """Nodes in topological order; the last one is the output. Of an expanded spec, each part is one segment."""

    nodes: tuple[Node, ...]
    segments: tuple[Segment, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        """A graph that was made node by node is one segment."""
        if not self.segments:
            object.__setattr__(self, "segments", (Segment(self.nodes),))

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        """Each node under its name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def consumers(self) -> Mapping[str, tuple[Node, ...]]:
        """For each node's name, the nodes that read its output."""
        found: dict[str, list[Node]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for source in node.inputs:
                found[source].append(node)
        return {name: tuple(nodes) for name, nodes in found.items()}

    @property
    def output(self) -> Node:
        """The node whose output is the network's."""
        return self.nodes[-1]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def part(self, part: str) -> tuple[Node, ...]:
        """The nodes that came from `part` of the spec, in order."""
        return tuple(node for node in self.nodes if node.part == part)


ModuleStyle = Literal["vgg", "googlenet", "resnet"]
"""Whose module names a network takes: those of torchvision's network that has such blocks."""


class ConvModules(NamedTuple):
    """The module names of one convolution, its norm and its activation; the latter are asked for only where needed."""

    conv: str
    norm: Callable[[], str]
    activation: Callable[[], str] | None = None

    def activation_name(self) -> str:
        """The activation's name; in a numbered container it is the next number, as the norm's."""
        return self.activation() if self.activation else self.norm()


class Place(NamedTuple):
    """Where a part begins: the node before it, the channels that this gives, and which module names are taken."""

    style: ModuleStyle
    before: str = ""
    channels: int = 0
    inceptions: int = 0
    module_counts: tuple[tuple[str, int], ...] = ()


class GraphBuilder:
    """Appends nodes and invents their names; blocks use it to expand themselves."""

    def __init__(self, style: ModuleStyle = "vgg") -> None:
        self._style = style
        self._channels: dict[str, int] = {}
        self._inceptions = 0
        self._nodes: list[Node] = []
        self._names: set[str] = set()
        self._module_counts: dict[str, int] = {}
        self._part = INPUT_PART
        self._path = 0

    @classmethod
    def at(cls, place: Place, part: str) -> GraphBuilder:
        """A builder that goes on at `place` with the nodes of `part`."""
        g = cls(place.style)
        g._channels[place.before] = place.channels
        g._inceptions = place.inceptions
        g._module_counts = dict(place.module_counts)
        g.begin_part(part)
        return g

    def place_after(self, node: Node) -> Place:
        """Where the part after `node`, the last one here, begins."""
        return Place(
            self._style, node.name, self._channels[node.name], self._inceptions, tuple(self._module_counts.items())
        )

    def begin_part(self, part: str) -> None:
        """Let the nodes that follow belong to `part`."""
        self._part = part
        self._path = 0

    def begin_path(self, path: int) -> None:
        """Let the nodes that follow belong to branch `path` (from 1) of this part; 0 returns to the trunk."""
        self._path = path

    def add(self, op: Op, *inputs: Node, name: str, module: str) -> Node:
        """Append `op` after `inputs`. A taken `name` gets a suffix; `module` is the torch module's dotted name."""
        unique, attempt = name, 2
        while unique in self._names:
            unique, attempt = f"{name}_{attempt}", attempt + 1
        self._names.add(unique)
        node = Node(unique, op, tuple([node.name for node in inputs]), self._part, module, self._path)
        self._nodes.append(node)
        self._channels[unique] = self._channels_of(op, inputs)
        return node

    def _channels_of(self, op: Op, inputs: tuple[Node, ...]) -> int:
        if isinstance(op, Conv2d):
            return op.out_channels
        if isinstance(op, Input):
            return op.channels
        if isinstance(op, Concat):
            return sum(self._channels[node.name] for node in inputs)
        return self._channels[inputs[0].name] if inputs else 0

    def next_module(self, container: str) -> str:
        """The next free index in a sequential container: `features.0`, `features.1`, ..."""
        index = self._module_counts.get(container, 0)
        self._module_counts[container] = index + 1
        return f"{container}.{index}"

    def channels(self, node: Node) -> int:
        """The channels that `node` gives: those of the last convolution before it, summed where paths are joined."""
        return self._channels[node.name]

    def conv_modules(self) -> ConvModules:
        """Module names for the next convolution on the trunk, with its norm and activation."""
        if self._style == "vgg":
            return ConvModules(self.next_module("features"), lambda: self.next_module("features"))
        number = self._count("conv")
        if self._style == "googlenet":
            return self.named_modules(f"conv{number}")
        return ConvModules(f"conv{number}", lambda: f"bn{number}", lambda: f"relu{number}")

    def named_modules(self, root: str) -> ConvModules:
        """Module names for a convolution, norm and activation inside the module `root`."""
        return ConvModules(f"{root}.conv", lambda: f"{root}.bn", lambda: f"{root}.relu")

    def pool_module(self) -> str:
        """The module name of the next pool on the trunk."""
        self._inceptions = 0
        number = self._count("pool")
        if self._style == "vgg":
            return self.next_module("features")
        return f"maxpool{number}" if self._style == "googlenet" or number > 1 else "maxpool"

    def inception_module(self) -> str:
        """`inception3a`: the number counts the pools before it, the letter the blocks since the last one."""
        self._inceptions += 1
        stage = self._module_counts.get("pool", 0) + 1
        letters = "abcdefghijklmnopqrstuvwxyz"
        letter = letters[self._inceptions - 1] if self._inceptions <= len(letters) else f"_{self._inceptions}"
        return f"inception{stage}{letter}"

    def stage_module(self) -> str:
        """`layer1`, `layer2`, ...: the next stage of residual units."""
        return f"layer{self._count('stage')}"

    def output_module(self) -> str:
        """The name of the layer that gives the classes."""
        plain = self._style == "vgg" or "classifier" in self._module_counts
        return self.next_module("classifier") if plain else "fc"

    def _count(self, what: str) -> int:
        self._module_counts[what] = self._module_counts.get(what, 0) + 1
        return self._module_counts[what]

    def build(self) -> Graph:
        """The graph of everything appended so far."""
        return Graph(tuple(self._nodes))
