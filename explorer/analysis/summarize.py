"""Spec to NetworkSummary, in one pass over the graph; fast enough for every keystroke."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.analysis.checks import find
from explorer.analysis.checks.facts import Facts
from explorer.analysis.half_memory import SHORT_FORMATS, short_forecast
from explorer.analysis.memory import FLOAT_BYTES, forecast
from explorer.analysis.summary import (
    Conditions,
    Failure,
    LayerRow,
    NetworkSummary,
    ParamCount,
    PartSummary,
    Totals,
)
from explorer.analysis.walk import Entry, PartWalk, nothing_of, unreached, walk_part
from explorer.arch.expand import expand
from explorer.arch.graph import HEAD_PART, Graph
from explorer.arch.ops import Linear
from explorer.arch.spec import NetworkSpec

DEFAULT_CONDITIONS = Conditions()


def summarize(spec: NetworkSpec, conditions: Conditions = DEFAULT_CONDITIONS) -> NetworkSummary:
    """Everything that is known about `spec`; an impossible network gives its rows up to the failure, and a finding."""
    graph = expand(spec)
    parts, failure, per_batch = _walk(graph)
    rows = tuple([row for part in parts for row in part.rows])
    totals = None if failure else _totals(rows, parts)
    memory = None if totals is None else forecast(totals, per_batch, spec.num_classes, conditions)
    training = memory
    if memory is not None and conditions.precision in SHORT_FORMATS:
        training = short_forecast(memory, graph, rows, spec.num_classes, conditions.precision)
    findings = find(Facts(spec, graph, rows, parts, totals, training, failure, conditions))
    return NetworkSummary(spec, graph, rows, parts, totals, memory, failure, conditions, findings, training)


def analyse(graph: Graph) -> tuple[tuple[LayerRow, ...], Failure | None, int]:
    """(a row for every node, the failure if there is one, the saved bytes that do not grow with the batch)."""
    parts, failure, per_batch = _walk(graph)
    return tuple([row for part in parts for row in part.rows]), failure, per_batch


def _walk(graph: Graph) -> tuple[tuple[PartSummary, ...], Failure | None, int]:
    """Each part's numbers, from the first to the last; those after a failure know nothing."""
    walks: list[PartWalk] = []
    entry: Entry | None = None
    for segment in graph.segments:
        walk = walk_part(segment, entry)
        walks.append(walk)
        entry = walk.after
        if entry is None:
            break
    kept = False  # whether what a part gives is kept for the backward pass is known from the end
    parts = [nothing_of(unreached(segment)) for segment in reversed(graph.segments[len(walks) :])]
    for walk in reversed(walks):
        parts.append(walk.summary_kept if kept else walk.summary)
        kept = walk.keeps_entry or (walk.passes_entry and kept)
    return tuple(reversed(parts)), walks[-1].failure, sum([walk.per_batch for walk in walks])


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
