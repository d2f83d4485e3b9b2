"""Findings: what is worth saying about a network, each with what would mend it. One function per question."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from explorer.analysis.checks.facts import Facts
from explorer.analysis.checks.field import field_exceeds_input, shifted_paths
from explorer.analysis.checks.head import heavy_head, repeated_map
from explorer.analysis.checks.impossible import impossible
from explorer.analysis.checks.maps import dropped_rows, no_blocks, no_pool, unread_border
from explorer.analysis.checks.memory import does_not_fit
from explorer.analysis.checks.signal import weak_start
from explorer.analysis.checks.widths import flat_channels, needless_lrn
from explorer.analysis.summary import Finding

Check = Callable[[Facts], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    impossible,
    does_not_fit,
    heavy_head,
    repeated_map,
    field_exceeds_input,
    weak_start,
    dropped_rows,
    unread_border,
    flat_channels,
    needless_lrn,
    no_pool,
    no_blocks,
    shifted_paths,
)
"""Every question, in the order in which its findings are shown among those of one severity."""

_ORDER = {"error": 0, "warning": 1, "hint": 2}


def find(facts: Facts) -> tuple[Finding, ...]:
    """All findings about a network: errors first, then warnings, then hints."""
    found = [_sound(finding, facts) for check in CHECKS for finding in check(facts)]
    found.sort(key=lambda finding: _ORDER[finding.severity])
    return tuple(found)


def _sound(finding: Finding, facts: Facts) -> Finding:
    """`finding` without fixes that would break a whole network: other blocks may not take what one block now gives."""
    if facts.totals is None or all(fix.spec is None or fix.params_delta is not None for fix in finding.fixes):
        return finding
    return finding._replace(
        fixes=tuple(fix for fix in finding.fixes if fix.spec is None or fix.params_delta is not None)
    )
