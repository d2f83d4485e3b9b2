"""What is known of a part of a network: a row for each of its nodes, from what comes in; remembered while it lasts.

An edit changes one part of a network and what comes into those after it, often only the next. The others are met again
with the same nodes and the same map coming in, and are not computed once more: their rows are the same objects.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

from explorer.analysis.costs import COST_RULES, FREE, NO_PARAMS
from explorer.analysis.memory import (
    FLOAT_BYTES,
    KEEP_RULES,
    Kept,
    kept_by,
    may_overwrite,
    owns_activation,
    saves_differently_in_place,
    shares_storage,
)
from explorer.analysis.receptive_field import FIELD_RULES, Reach, as_field
from explorer.analysis.shapes import SHAPE_RULES, ShapeError
from explorer.analysis.summary import Failure, LayerRow, ParamCount, PartSummary, ReceptiveField, Shape
from explorer.arch.graph import Node, Segment
from explorer.arch.ops import OPS, Activation, BatchNorm2d

REMEMBERED = 512
"""Parts whose numbers are kept."""


class Entry(NamedTuple):
    """What comes into a part: the node before it and all that is known of its output."""

    node: Node
    shape: Shape
    reach: Reach
    field: ReceptiveField | None
    learns: bool


class PartWalk(NamedTuple):
    """One part's numbers, so far as they do not depend on what comes after it.

    `summary` is that where nothing after it keeps its output for the backward pass, `summary_kept` that where something
    does. `keeps_entry`: something here keeps what comes in; `passes_entry`: it leaves under another name, so that what
    comes after may keep it. `after` is None where the part fails; `per_batch` are the saved bytes that do not grow with
    the batch.
    """

    summary: PartSummary
    summary_kept: PartSummary
    keeps_entry: bool
    passes_entry: bool
    per_batch: int
    after: Entry | None
    failure: Failure | None


@lru_cache(maxsize=REMEMBERED)
def walk_part(segment: Segment, entry: Entry | None) -> PartWalk:
    """The numbers of one part; `entry` is None at the network's beginning."""
    walk = _Walk(segment, entry)
    failure = None
    for node in segment.nodes:
        try:
            walk.visit(node)
        except ShapeError as error:
            failure = Failure(node.name, error.message, error.attempted)
            break
    return walk.result(failure)


def unreached(segment: Segment) -> tuple[LayerRow, ...]:
    """The rows of a part after a failure: they know nothing."""
    return tuple([_unknown(node) for node in segment.nodes])


def _unknown(node: Node) -> LayerRow:
    return LayerRow(node, None, None, None, None, None, None)


class _Known:
    """What is known of one node's output: a mutable row, plus what the nodes after it need."""

    __slots__ = ("activation_bytes", "cost", "extra", "field", "kept", "learns", "reach", "root", "shape")

    shape: Shape
    reach: Reach
    field: ReceptiveField | None
    cost: tuple[ParamCount, int]
    activation_bytes: int
    root: _Known
    learns: bool
    kept: bool
    extra: int


def _entering(entry: Entry) -> _Known:
    """What is known of the node before the part; its storage counts as one of its own."""
    known = _Known()
    known.shape, known.reach, known.field, known.learns = entry.shape, entry.reach, entry.field, entry.learns
    known.activation_bytes, known.cost = FLOAT_BYTES * prod(entry.shape), FREE
    known.root, known.kept, known.extra = known, False, 0
    return known


def _activated(source: _Known, keeps: Kept) -> _Known:
    """What an activation leaves as it is, which is all but the storage: most nodes of a VGG, so worth a short cut."""
    new = _Known()
    new.shape, new.reach, new.field, new.cost = source.shape, source.reach, source.field, FREE
    new.activation_bytes, new.learns, new.root = source.activation_bytes, source.learns, new
    new.kept, new.extra = keeps.output and source.learns, 0
    if keeps.input and source.learns:
        source.root.kept = True
    return new


def _normalised(source: _Known) -> _Known:
    """What batch norm leaves as it is: shape and field."""
    new = _Known()
    channels = source.shape[0]
    new.shape, new.reach, new.field = source.shape, source.reach, source.field
    new.cost = (ParamCount(norm=2 * channels), 0)
    new.activation_bytes, new.learns, new.root = source.activation_bytes, True, new
    new.kept, new.extra = False, 2 * FLOAT_BYTES * channels
    source.root.kept = True
    return new


_RULES = {op: (SHAPE_RULES[op], FIELD_RULES[op], COST_RULES[op], KEEP_RULES[op]) for op in OPS}


class _Walk:
    """One pass over a part. A node's storage may be another's (a view); `root` is the one that owns it."""

    def __init__(self, segment: Segment, entry: Entry | None) -> None:
        self._segment = segment
        self._known: dict[str, _Known] = {}
        self._entry = entry
        self._entering = None
        if entry is not None:
            self._entering = self._known[entry.node.name] = _entering(entry)
        self._per_batch = 0

    def visit(self, node: Node) -> None:
        """Learn everything about `node`. Raises ShapeError where it cannot be computed."""
        op = node.op
        if type(op) is Activation and not saves_differently_in_place(op):
            self._known[node.name] = _activated(self._known[node.inputs[0]], kept_by(op, (), ()))
            return
        if type(op) is BatchNorm2d and len(self._known[node.inputs[0]].shape) == 3:
            normed = self._known[node.name] = _normalised(self._known[node.inputs[0]])
            self._per_batch += normed.extra
            return
        shape_rule, field_rule, cost_rule, keep_rule = _RULES[type(op)]
        sources = [self._known[source] for source in node.inputs]
        new = _Known()
        new.shape = shape = shape_rule(op, [source.shape for source in sources])
        first = sources[0] if sources else new
        new.reach = field_rule(op, [source.reach for source in sources], shape)
        new.field = first.field if sources and new.reach is first.reach else as_field(new.reach)
        new.cost = cost_rule(op, first.shape, shape)
        new.activation_bytes = first.activation_bytes if shape is first.shape and sources else FLOAT_BYTES * prod(shape)
        new.root = first.root if sources and shares_storage(node) else new
        new.learns = new.cost[0] is not NO_PARAMS or any(source.learns for source in sources)
        new.kept, new.extra = False, 0
        self._known[node.name] = new
        if new.learns:
            self._keep(new, sources, keep_rule(op, first.shape, shape, self._in_place(node)))

    def _in_place(self, node: Node) -> bool:
        """Whether `node` is one that keeps something else when it overwrites its input, and does."""
        if not isinstance(node.op, Activation) or not saves_differently_in_place(node.op):
            return False
        nodes = self._segment.nodes if self._entry is None else (self._entry.node, *self._segment.nodes)
        before = next(other for other in nodes if other.name == node.inputs[0])
        readers = sum(other.inputs.count(before.name) for other in self._segment.nodes)
        return may_overwrite(node.op, before, readers)

    def _keep(self, new: _Known, sources: list[_Known], keeps: Kept) -> None:
        if keeps.output:
            new.root.kept = True
        if keeps.input:
            for source in sources:
                source.root.kept = True
        new.extra = keeps.image_bytes + keeps.batch_bytes
        self._per_batch += keeps.batch_bytes

    def result(self, failure: Failure | None) -> PartWalk:
        """Everything that was learnt."""
        summary = kept = _part(self._rows(), self._entry)
        passes, after = False, None
        if failure is None:
            nodes = self._segment.nodes
            last = nodes[-1]
            known = self._known[last.name]
            passes = known.root is self._entering
            after = Entry(last, known.shape, known.reach, known.field, known.learns)
            if not passes and not known.root.kept:
                owner = next(index for index, node in enumerate(nodes) if self._known[node.name] is known.root)
                kept = _also_kept(summary, owner)
        keeps_entry = self._entering is not None and self._entering.kept
        return PartWalk(summary, kept, keeps_entry, passes, self._per_batch, after, failure)

    def _rows(self) -> tuple[LayerRow, ...]:
        """One row for every node; those not reached know nothing."""
        return tuple(
            [
                LayerRow(
                    node,
                    known.shape,
                    known.cost[0],
                    known.cost[1],
                    known.field,
                    known.activation_bytes,
                    (known.activation_bytes if known.kept else 0) + known.extra,
                )
                if known is not None
                else _unknown(node)
                for node, known in ((node, self._known.get(node.name)) for node in self._segment.nodes)
            ]
        )


def _part(rows: tuple[LayerRow, ...], entry: Entry | None) -> PartSummary:
    """The sums over a part's rows, and what comes in: at the beginning the picture itself."""
    first, last = rows[0], rows[-1]
    shape_in, field_in = (first.shape, first.field) if entry is None else (entry.shape, entry.field)
    if first.shape is None:
        return nothing_of(rows, shape_in, field_in)
    weights = biases = norm = macs = activation = saved = 0
    for row in rows:
        params = row.params
        if params is None:
            break
        if params is not NO_PARAMS:
            weights += params.weights
            biases += params.biases
            norm += params.norm
            macs += row.macs or 0
        if owns_activation(row.node.op):
            activation += row.activation_bytes or 0
        saved += row.saved_bytes or 0
    return PartSummary(
        first.node.part,
        rows,
        shape_in,
        last.shape,
        ParamCount(weights, biases, norm),
        macs,
        field_in,
        last.field,
        activation,
        saved,
        last.shape is not None,
    )


def _also_kept(summary: PartSummary, index: int) -> PartSummary:
    """`summary` where the output of its row at `index` is kept for the backward pass as well."""
    row = summary.rows[index]
    more = row.activation_bytes or 0
    saved = row._replace(saved_bytes=(row.saved_bytes or 0) + more)
    rows = (*summary.rows[:index], saved, *summary.rows[index + 1 :])
    return summary._replace(rows=rows, saved_bytes=(summary.saved_bytes or 0) + more)


def nothing_of(
    rows: tuple[LayerRow, ...], shape_in: Shape | None = None, field_in: ReceptiveField | None = None
) -> PartSummary:
    """A part of which nothing was reached."""
    nothing = (None, None, None, field_in, None, None, None)
    return PartSummary(rows[0].node.part, rows, shape_in, *nothing, complete=False)
