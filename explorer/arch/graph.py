"""A network as a directed acyclic graph of primitive operations, in execution order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from explorer.arch.ops import Op

INPUT_PART = "input"
HEAD_PART = "head"


def block_part(index: int) -> str:
    """The part name of the block at `index` (from 0): `block1` for the first."""
    return f"block{index + 1}"


@dataclass(frozen=True, slots=True)
class Node:
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


@dataclass(frozen=True)
class Graph:
    """Nodes in topological order; the last one is the output."""

    nodes: tuple[Node, ...]

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


class GraphBuilder:
    """Appends nodes and invents their names; blocks use it to expand themselves."""

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._names: set[str] = set()
        self._module_counts: dict[str, int] = {}
        self._part = INPUT_PART
        self._path = 0

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
        return node

    def next_module(self, container: str) -> str:
        """The next free index in a sequential container: `features.0`, `features.1`, ..."""
        index = self._module_counts.get(container, 0)
        self._module_counts[container] = index + 1
        return f"{container}.{index}"

    def build(self) -> Graph:
        """The graph of everything appended so far."""
        return Graph(tuple(self._nodes))
