"""Does the head hold more than its share?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from explorer.analysis.checks.facts import Facts, counted
from explorer.analysis.summary import Finding
from explorer.arch.graph import HEAD_PART
from explorer.arch.ops import AdaptiveAvgPool2d, Linear
from explorer.units import TIMES, share

HEAVY = 0.6
"""The share of the parameters above which a head is worth a word."""


def heavy_head(facts: Facts) -> Iterator[Finding]:
    """A head with most of the parameters, where global average pooling would leave less than half of it."""
    totals, before, params = facts.totals, facts.map_before_head, facts.parts[-1].params
    if totals is None or before is None or params is None or not facts.spec.blocks:
        return
    fraction = params.total / totals.params.total
    left = (before[0] + 1) * facts.spec.num_classes
    if fraction <= HEAVY or 2 * left > params.total:
        return
    head = replace(facts.spec.head, pool="global_average", hidden=())
    yield Finding(
        "heavy_head",
        "warning",
        HEAD_PART,
        "Head",
        f"The head holds {share(fraction)} of the parameters ({counted(params.total)})."
        f" Global average pooling would leave {counted(left)}.",
        (facts.fix_to("Use global average", replace(facts.spec, head=head), delta=left - params.total),),
    )


def repeated_map(facts: Facts) -> Iterator[Finding]:
    """An adaptive pool that makes the map larger: the layer after it reads copies."""
    before = facts.map_before_head
    for row in facts.parts[-1].rows:
        op = row.node.op
        if not isinstance(op, AdaptiveAvgPool2d) or before is None or row.shape is None:
            continue
        height, width = op.output_size
        if height * width <= before[1] * before[2]:
            continue
        first = next((other.node.name for other in facts.rows if isinstance(other.node.op, Linear)), "the next layer")
        small, large = f"{before[1]} {TIMES} {before[2]}", f"{height} {TIMES} {width}"
        message = f"Spreads the {small} map over {large} places, so {first} reads copies of the same values."
        fix = facts.fix_to("Flatten the map as it is", replace(facts.spec, head=replace(facts.spec.head, pool="none")))
        yield Finding("repeated_map", "warning", row.node.name, row.node.name, message, (fix,))
