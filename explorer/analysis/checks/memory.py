"""Does a training step fit the device?"""

from __future__ import annotations

from collections.abc import Iterator

from explorer.analysis.checks.facts import Facts
from explorer.analysis.memory import largest_batch_of
from explorer.analysis.summary import Finding, Fix
from explorer.units import num_bytes


def does_not_fit(facts: Facts) -> Iterator[Finding]:
    """The forecast against the free memory, and the largest power of two that fits."""
    memory, free = facts.memory, facts.conditions.free_bytes
    if memory is None or free is None or memory.total <= free:
        return
    device = facts.conditions.device or "this device"
    node = max(facts.parts, key=lambda part: part.saved_bytes or 0).part
    fixed = memory.total - memory.saved
    largest = largest_batch_of(facts.rows, memory, free)
    if fixed >= free:
        needs = f"The weights, their gradients and the optimizer alone need {num_bytes(fixed)}"
    else:
        form = f" in {memory.precision}" if memory.weight_copies else ""
        needs = f"Needs {num_bytes(memory.total)}{form} with batch {memory.batch_size:,}"
    fixes: tuple[Fix, ...] = ()
    if largest >= 1:
        batch = 1 << (min(largest, memory.batch_size - 1).bit_length() - 1)
        fixes = (Fix(f"Use batch {batch:,}", None, batch_size=batch),)
    message = f"{needs}; {num_bytes(free)} are free on {device}."
    yield Finding("memory", "warning", node, "Training memory", message, fixes)
