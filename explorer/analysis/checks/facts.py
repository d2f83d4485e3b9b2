"""What the checks look at, and what they share: cheap counts of a mended network, words for numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

from explorer.analysis.costs import COST_RULES
from explorer.analysis.shapes import SHAPE_RULES, ShapeError
from explorer.analysis.summary import Conditions, Failure, Fix, LayerRow, MemoryForecast, PartSummary, Shape, Totals
from explorer.arch.blocks import Block
from explorer.arch.expand import expand_head
from explorer.arch.graph import Graph, GraphBuilder, Node
from explorer.arch.ops import AvgPool2d, Conv2d, Input, MaxPool2d
from explorer.arch.spec import Head, NetworkSpec
from explorer.errors import SpecError
from explorer.units import exact, si


@dataclass(frozen=True)
class Facts:
    """A network and its numbers, before anything is remarked about it."""

    spec: NetworkSpec
    graph: Graph
    rows: Sequence[LayerRow]
    parts: Sequence[PartSummary]
    totals: Totals | None
    memory: MemoryForecast | None
    failure: Failure | None
    conditions: Conditions

    @cached_property
    def by_name(self) -> Mapping[str, LayerRow]:
        """Each row under its node's name."""
        return {row.node.name: row for row in self.rows}

    @cached_property
    def windows(self) -> Sequence[LayerRow]:
        """The rows that slide a window: convolutions and pools, in order."""
        return [row for row in self.rows if type(row.node.op) in _SLIDING]

    @cached_property
    def merges(self) -> Sequence[LayerRow]:
        """The rows in which several paths meet, in order."""
        return [row for row in self.rows if len(row.node.inputs) > 1]

    @property
    def map_before_head(self) -> Shape | None:
        """The last block's map, or the picture where there is no block; None where it was not reached."""
        return self.parts[-1].shape_in

    def fix_to(self, label: str, spec: NetworkSpec, *, delta: int | None = None) -> Fix:
        """A fix that gives `spec`, and its cost in parameters; `delta` is that cost where it is known."""
        if delta is not None:
            return Fix(label, spec, None if self.totals is None else delta)
        after = None if self.totals is None else num_params(spec, like=self)
        delta = None if after is None or self.totals is None else after - self.totals.params.total
        return Fix(label, spec, delta)


_SLIDING = frozenset((Conv2d, MaxPool2d, AvgPool2d))


class Step(NamedTuple):
    """What a part makes of a map: the shape it gives and the parameters it holds; the failing node where it cannot."""

    shape: Shape | None
    params: int
    failing: Node | None = None


def num_params(spec: NetworkSpec, *, like: Facts | None = None) -> int | None:
    """The parameters of `spec`, None where it cannot be computed; what it shares with `like` costs nothing."""
    total = 0
    for step in steps(spec, like=like):
        if step.shape is None:
            return None
        total += step.params
    return total


def steps(spec: NetworkSpec, *, like: Facts | None = None) -> list[Step]:
    """What each block and then the head makes of its map; the list ends with the part that fails.

    Parts that `like` has in the same place, with the same map coming in, are taken from it.
    """
    known = {} if like is None else _known_steps(like)
    shape: Shape = (spec.input.channels, spec.input.height, spec.input.width)
    found: list[Step] = []
    for block in spec.blocks:
        step = known.get((id(block), shape)) or _block_step(block, shape)
        found.append(step)
        if step.shape is None:
            return found
        shape = step.shape
    same_classes = like is not None and spec.num_classes == like.spec.num_classes
    head = known.get((id(spec.head), shape)) if same_classes else None
    found.append(head or _head_step(spec.head, spec.num_classes, shape))
    return found


def _known_steps(facts: Facts) -> dict[tuple[int, Shape], Step]:
    """The steps of a network that was analysed already, by the identity of the block or head and the map coming in."""
    pieces = (*facts.spec.blocks, facts.spec.head)
    return {
        (id(piece), part.shape_in): Step(part.shape_out, part.params.total)
        for piece, part in zip(pieces, facts.parts[1:], strict=True)
        if part.complete and part.shape_in is not None and part.params is not None
    }


@lru_cache(maxsize=2048)
def _block_step(block: Block, shape: Shape) -> Step:
    g = GraphBuilder()
    block.expand(g, g.add(Input(*shape), name="input", module=""), 1)
    return _run(g.build())


@lru_cache(maxsize=256)
def _head_step(head: Head, num_classes: int, shape: Shape) -> Step:
    g = GraphBuilder()
    expand_head(g, g.add(Input(*shape), name="input", module=""), head, num_classes)
    return _run(g.build())


def _run(graph: Graph) -> Step:
    shapes: dict[str, Shape] = {}
    params = 0
    for node in graph.nodes:
        inputs = [shapes[source] for source in node.inputs]
        kind = type(node.op)
        try:
            shape = SHAPE_RULES[kind](node.op, inputs)
        except ShapeError:
            return Step(None, params, node)
        shapes[node.name] = shape
        params += COST_RULES[kind](node.op, inputs[0] if inputs else shape, shape)[0].total
    return Step(shapes[graph.output.name], params)


def is_whole(spec: NetworkSpec) -> bool:
    """Whether all of `spec` can be computed."""
    return all(step.shape is not None for step in steps(spec))


def possible(spec: NetworkSpec, **changes: object) -> NetworkSpec | None:
    """`spec` with `changes`, None where no network can have them."""
    try:
        return replace(spec, **changes)  # type: ignore[arg-type]
    except SpecError:
        return None


def counted(value: int) -> str:
    """`123.6 M`, `513 k`, `301,066`: short where it is large or round, each digit otherwise."""
    if value >= 1_000_000:
        return si(value)
    return si(value, significant=3) if value and value % 1000 == 0 else exact(value)


def listed(words: Sequence[str]) -> str:
    """`pool3`, `pool3 and pool4`, `pool3, pool4 and pool5`."""
    return " and ".join([", ".join(words[:-1]), *words[-1:]] if len(words) > 1 else words)
