"""Spec to NetworkSummary, in one pass over the graph; fast enough for every keystroke."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from explorer.analysis.checks import find
from explorer.analysis.checks.facts import Facts
from explorer.analysis.costs import COST_RULES, FREE, NO_PARAMS
from explorer.analysis.memory import (
    FLOAT_BYTES,
    KEEP_RULES,
    Kept,
    forecast,
    kept_by,
    owns_activation,
    runs_in_place,
    saves_differently_in_place,
    shares_storage,
)
from explorer.analysis.receptive_field import FIELD_RULES, Reach, as_field
from explorer.analysis.shapes import SHAPE_RULES, ShapeError
from explorer.analysis.summary import (
    Conditions,
    Failure,
    LayerRow,
    NetworkSummary,
    ParamCount,
    PartSummary,
    ReceptiveField,
    Shape,
    Totals,
)
from explorer.arch.expand import expand
from explorer.arch.graph import HEAD_PART, Graph, Node
from explorer.arch.ops import OPS, Activation, BatchNorm2d, Linear
from explorer.arch.spec import NetworkSpec

DEFAULT_CONDITIONS = Conditions()


def summarize(spec: NetworkSpec, conditions: Conditions = DEFAULT_CONDITIONS) -> NetworkSummary:
    """Everything that is known about `spec`; an impossible network gives its rows up to the failure, and a finding."""
    graph = expand(spec)
    rows, failure, per_batch = analyse(graph)
    parts = _parts(rows)
    totals = None if failure else _totals(rows, parts)
    memory = None if totals is None else forecast(totals, per_batch, spec.num_classes, conditions)
    findings = find(Facts(spec, graph, rows, parts, totals, memory, failure, conditions))
    return NetworkSummary(spec, graph, rows, parts, totals, memory, failure, conditions, findings)


def analyse(graph: Graph) -> tuple[tuple[LayerRow, ...], Failure | None, int]:
    """(a row for every node, the failure if there is one, the saved bytes that do not grow with the batch)."""
    walk = _Walk(graph)
    failure = None
    for node in graph.nodes:
        try:
            walk.visit(node)
        except ShapeError as error:
            failure = Failure(node.name, error.message, error.attempted)
            break
    return walk.rows(), failure, walk.per_batch


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
    """One pass over a graph. A node's storage may be another's (a view); `root` is the one that owns it."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[str, _Known] = {}
        self.per_batch = 0

    def visit(self, node: Node) -> None:
        """Learn everything about `node`. Raises ShapeError where it cannot be computed."""
        op = node.op
        if type(op) is Activation and not saves_differently_in_place(op):
            self._known[node.name] = _activated(self._known[node.inputs[0]], kept_by(op, (), ()))
            return
        if type(op) is BatchNorm2d and len(self._known[node.inputs[0]].shape) == 3:
            normed = self._known[node.name] = _normalised(self._known[node.inputs[0]])
            self.per_batch += normed.extra
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
            keeps = keep_rule(
                op, first.shape, shape, saves_differently_in_place(op) and runs_in_place(self._graph, node)
            )
            self._keep(new, sources, keeps)

    def _keep(self, new: _Known, sources: list[_Known], keeps: Kept) -> None:
        if keeps.output:
            new.root.kept = True
        if keeps.input:
            for source in sources:
                source.root.kept = True
        new.extra = keeps.image_bytes + keeps.batch_bytes
        self.per_batch += keeps.batch_bytes

    def rows(self) -> tuple[LayerRow, ...]:
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
                else LayerRow(node, None, None, None, None, None, None)
                for node, known in ((node, self._known.get(node.name)) for node in self._graph.nodes)
            ]
        )


def _parts(rows: Sequence[LayerRow]) -> tuple[PartSummary, ...]:
    grouped: dict[str, list[LayerRow]] = {}
    for row in rows:
        grouped.setdefault(row.node.part, []).append(row)
    by_name = {row.node.name: row for row in rows}
    return tuple(_part(part, members, by_name) for part, members in grouped.items())


def _part(part: str, rows: Sequence[LayerRow], by_name: dict[str, LayerRow]) -> PartSummary:
    first, last = rows[0], rows[-1]
    source = by_name[first.node.inputs[0]] if first.node.inputs else first
    if first.shape is None:
        nothing = (None, None, None, source.field, None, None, None)
        return PartSummary(part, tuple(rows), source.shape, *nothing, complete=False)
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
        part,
        tuple(rows),
        source.shape,
        last.shape,
        ParamCount(weights, biases, norm),
        macs,
        source.field,
        last.field,
        activation,
        saved,
        last.shape is not None,
    )


def _totals(rows: Sequence[LayerRow], parts: Sequence[PartSummary]) -> Totals:
    params = ParamCount(
        sum(part.params.weights for part in parts if part.params),
        sum(part.params.biases for part in parts if part.params),
        sum(part.params.norm for part in parts if part.params),
    )
    body = [row for row in rows if row.node.part != HEAD_PART]
    first_linear = next((row for row in rows if isinstance(row.node.op, Linear)), None)
    return Totals(
        params=params,
        macs=sum(part.macs or 0 for part in parts),
        field=body[-1].field if body else None,
        head_field=None if first_linear is None else first_linear.field,
        weight_bytes=FLOAT_BYTES * params.total,
        activation_bytes=sum(part.activation_bytes or 0 for part in parts),
        saved_bytes=sum(part.saved_bytes or 0 for part in parts),
    )
