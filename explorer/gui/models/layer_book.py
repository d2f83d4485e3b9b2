"""The layer table's lines from one edit to the next: the lines of a part that is as it was are not made again."""

from __future__ import annotations

from typing import NamedTuple

from explorer.analysis.summary import NetworkSummary, PartSummary
from explorer.arch.conv_arch import has_short_notation
from explorer.gui.models.layer_rows import LayerGroup, part_lines, scaled_groups
from explorer.gui.models.layer_words import block_of


class LayerBook:
    """Keeps the lines of the network that it was last asked for, part by part."""

    def __init__(self) -> None:
        self._pages: dict[str, _Page] = {}

    def groups(self, summary: NetworkSummary) -> tuple[LayerGroup, ...]:
        """What `layer_groups` gives for `summary`."""
        short = has_short_notation(summary.spec.blocks)
        pages = {}
        for part in summary.parts:
            facts = _facts(summary, part, short=short)
            page = self._pages.get(part.part)
            pages[part.part] = page if page and page.facts == facts else _Page(facts, part_lines(summary, part))
        self._pages = pages
        return scaled_groups([page.group for page in pages.values()])


class _Page(NamedTuple):
    """The lines of one part without bars and shares, and all that they were made of."""

    facts: tuple[object, ...]
    group: LayerGroup


def _facts(summary: NetworkSummary, part: PartSummary, *, short: bool) -> tuple[object, ...]:
    """All that the lines of `part` say, as far as they depend on it alone."""
    return (block_of(summary, part.part), part, summary.failure, summary.spec.input, summary.graph.output.name, short)
