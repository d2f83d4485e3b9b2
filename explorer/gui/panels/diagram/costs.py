"""What an edit would change in the whole network, said before the click."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from explorer.analysis.summarize import summarize
from explorer.analysis.summary import NetworkSummary
from explorer.arch import edits
from explorer.arch.edits import Edit
from explorer.arch.spec import NetworkSpec
from explorer.errors import SpecError
from explorer.gui.panels.diagram.commands import BLOCK_COMMANDS, COUNTED, counted_by
from explorer.units import MINUS, delta, exact_delta

_FIGURES: Mapping[str, Callable[[NetworkSpec, Sequence[int], int], Edit]] = {
    "convs": edits.set_convs,
    "channels": edits.set_channels,
}
_EXACT_BELOW = 10_000_000
LEADS: Mapping[str, str] = {
    "add_conv": "+1 {one}",
    "remove_conv": f"{MINUS}1 {{one}}",
    "double": "Twice the channels",
    "halve": "Half the channels",
    "duplicate": "A copy",
    "delete": "Without it",
}
"""How the cost line begins for each button."""


def cost_of(name: str, summary: NetworkSummary, blocks: Sequence[int]) -> tuple[str, bool]:
    """The cost line of the command `name`, or of a figure being typed (`channels=96`); False where it cannot be."""
    figure, _, number = name.partition("=")
    words = COUNTED.get(counted_by([summary.spec.blocks[index] for index in blocks]), COUNTED["convolution"])
    try:
        if number:
            edit = _FIGURES[figure](summary.spec, blocks, int(number))
            lead = f"{int(number):,} {words.many if figure == 'convs' else 'channels'}"
        else:
            edit, lead = BLOCK_COMMANDS[name].apply(summary.spec, blocks), LEADS[name].format(one=words.one)
    except SpecError as error:
        return str(error), False
    return cost_line(lead, summary, outcome(summary, edit))


def outcome(summary: NetworkSummary, edit: Edit) -> NetworkSummary:
    """The numbers of the network that `edit` would make."""
    return summarize(edit.spec, summary.conditions)


def cost_line(lead: str, before: NetworkSummary, after: NetworkSummary) -> tuple[str, bool]:
    """`+1 conv: +36,928 parameters · +590 k MACs · +16 px`, and whether the network can run afterwards.

    Head included, always. Where a total is unknown before or after, it says what is known instead of a difference.
    """
    if after.failure is not None:
        return f"{lead}: {after.failure.message}", False
    if before.totals is None or after.totals is None:
        return f"{lead}: the network can run", True
    params = after.totals.params.total - before.totals.params.total
    parts = [f"{exact_delta(params) if abs(params) < _EXACT_BELOW else delta(params)} parameters"]
    parts.append(f"{delta(after.totals.macs - before.totals.macs)} MACs")
    if before.totals.field is not None and after.totals.field is not None:
        wider = after.totals.field.size[0] - before.totals.field.size[0]
        parts += [f"{exact_delta(wider)} px"] if wider else []
    return f"{lead}: {' · '.join(parts)}", True
