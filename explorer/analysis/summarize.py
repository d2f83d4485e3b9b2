"""Spec to NetworkSummary, in one pass over the graph; fast enough for every keystroke."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from explorer.analysis.checks import find
from explorer.analysis.checks.facts import Facts
from explorer.analysis.costs import COST_RULES, NO_PARAMS
from explorer.analysis.memory import FLOAT_BYTES, KEEP_RULES, forecast, owns_activation, runs_in_place, shares_storage
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
from explorer.arch.ops import Linear
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
        except ShapeError as problem:
            failure = Failure(node.name, problem.message, problem.attempted)
            break
    rows = walk.rows(graph)
    return rows, failure, walk.per_batch


class _Walk:
    """The state of one pass: what is known of each node's output so far."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.shapes: dict[str, Shape] = {}
        self.reaches: dict[str, Reach] = {}
        self.fields: dict[str, ReceptiveField | None] = {}
        self.costs: dict[str, tuple[ParamCount, int]] = {}
        self.roots: dict[str, str] = {}
        self.kept: dict[str, int] = {}
        self.extra: dict[str, int] = {}
        self.learning: set[str] = set()
        self.per_batch = 0

    def visit(self, node: Node) -> None:
        """Learn everything about `node`. Raises ShapeError where it cannot be computed."""
        op, name = node.op, node.name
        kind = type(op)
        shapes_in = [self.shapes[source] for source in node.inputs]
        shape = SHAPE_RULES[kind](op, shapes_in)
        shape_in = shapes_in[0] if shapes_in else shape
        reaches_in = [self.reaches[source] for source in node.inputs]
        reach = FIELD_RULES[kind](op, reaches_in, shape)
        self.fields[name] = self.fields[node.inputs[0]] if reaches_in and reach is reaches_in[0] else as_field(reach)
        self.reaches[name] = reach
        self.costs[name] = COST_RULES[kind](op, shape_in, shape)
        self.shapes[name] = shape
        root = self.roots[name] = self.roots[node.inputs[0]] if shares_storage(node) else name
        if not self.learns(node):
            return
        keeps = KEEP_RULES[kind](op, shape_in, shape, runs_in_place(self.graph, node))
        if keeps.output:
            self.kept[root] = FLOAT_BYTES * prod(shape)
        if keeps.input:
            for source in node.inputs:
                self.kept[self.roots[source]] = FLOAT_BYTES * prod(self.shapes[source])
        if keeps.image_bytes or keeps.batch_bytes:
            self.extra[name] = keeps.image_bytes + keeps.batch_bytes
            self.per_batch += keeps.batch_bytes

    def learns(self, node: Node) -> bool:
        """Whether a gradient reaches `node`: it, or something before it, has parameters."""
        if self.costs[node.name][0] is NO_PARAMS and not any(source in self.learning for source in node.inputs):
            return False
        self.learning.add(node.name)
        return True

    def rows(self, graph: Graph) -> tuple[LayerRow, ...]:
        """One row for every node of `graph`; those not reached know nothing."""
        rows = []
        for node in graph.nodes:
            name = node.name
            shape = self.shapes.get(name)
            if shape is None:
                rows.append(LayerRow(node, None, None, None, None, None, None))
                continue
            params, macs = self.costs[name]
            saved = self.kept.get(name, 0) + self.extra.get(name, 0)
            rows.append(LayerRow(node, shape, params, macs, self.fields[name], FLOAT_BYTES * prod(shape), saved))
        return tuple(rows)


def _parts(rows: Sequence[LayerRow]) -> tuple[PartSummary, ...]:
    grouped: dict[str, list[LayerRow]] = {}
    for row in rows:
        grouped.setdefault(row.node.part, []).append(row)
    by_name = {row.node.name: row for row in rows}
    return tuple(_part(part, members, by_name) for part, members in grouped.items())


def _part(part: str, rows: Sequence[LayerRow], by_name: dict[str, LayerRow]) -> PartSummary:
    reached = [row for row in rows if row.shape is not None]
    sources = rows[0].node.inputs
    source = by_name[sources[0]] if sources else rows[0]
    complete = len(reached) == len(rows)
    last = rows[-1]
    if not reached:
        return PartSummary(part, tuple(rows), source.shape, None, None, None, source.field, None, None, None, complete)
    return PartSummary(
        part,
        tuple(rows),
        source.shape,
        last.shape,
        _params(reached),
        sum(row.macs or 0 for row in reached),
        source.field,
        last.field,
        sum(row.activation_bytes or 0 for row in reached if owns_activation(row.node.op)),
        sum(row.saved_bytes or 0 for row in reached),
        complete,
    )


def _params(rows: Sequence[LayerRow]) -> ParamCount:
    weights = biases = norm = 0
    for row in rows:
        params = row.params
        if params is not None and params is not NO_PARAMS:
            weights += params.weights
            biases += params.biases
            norm += params.norm
    return ParamCount(weights, biases, norm)


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
