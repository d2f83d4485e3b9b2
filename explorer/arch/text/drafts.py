"""What the short notations say about a block, and how the rest is kept from the blocks as they stand.

Pairs, triples and torchvision's list cannot write kernels, norms or activations. So that editing such a text changes
nothing else, each block of the text takes its other settings from the block that it continues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import NamedTuple

from explorer.arch.blocks.vgg import Pool, PoolKind, VGGBlock


class Draft(NamedTuple):
    """A block as a short notation gives it. `pool` is None where the notation says nothing about pools.

    `convs` are the places of the single convolutions, where the notation writes each.
    """

    num_convs: int
    out_channels: int
    start: int
    end: int
    pool: PoolKind | None = None
    ceil_mode: bool | None = None
    convs: tuple[tuple[int, int], ...] = ()


def divided(drafts: Sequence[Draft], previous: Sequence[VGGBlock]) -> list[Draft]:
    """`drafts` with runs divided as they are in `previous`.

    Blocks of one width without a pool between them are one run in torchvision's list. Where a run is as long as such
    neighbours in `previous` together, they stay apart.
    """
    neighbours = _runs(previous)
    before = [(sum(block.num_convs for block in run), run[0].out_channels) for run in neighbours]
    after = [(draft.num_convs, draft.out_channels) for draft in drafts]
    found = list(drafts)
    for match in reversed(SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()):
        for offset in reversed(range(match.size)):
            at = match.b + offset
            found[at : at + 1] = _cut(drafts[at], [block.num_convs for block in neighbours[match.a + offset]])
    return found


def complete(drafts: Sequence[Draft], previous: Sequence[VGGBlock]) -> tuple[VGGBlock, ...]:
    """Whole blocks: each draft with the settings of the block in `previous` that it continues.

    Equal (num_convs, channels) are matched first, so neighbours of an inserted or removed block keep what is theirs; a
    changed block continues the one at its place; a new one copies its left neighbour, the first its right one.
    """
    sources = _continued(drafts, previous)
    known = [source for source in sources if source is not None]
    left = known[0] if known else VGGBlock(1, 1)
    blocks = []
    for draft, source in zip(drafts, sources, strict=True):
        left = source if source is not None else left
        blocks.append(_filled(left, draft))
    return tuple(blocks)


def _runs(blocks: Sequence[VGGBlock]) -> list[list[VGGBlock]]:
    """`blocks` in groups that torchvision's list cannot tell apart."""
    runs: list[list[VGGBlock]] = []
    for block in blocks:
        if runs and runs[-1][-1].pool.kind == "none" and runs[-1][-1].out_channels == block.out_channels:
            runs[-1].append(block)
        else:
            runs.append([block])
    return runs


def _cut(draft: Draft, counts: Sequence[int]) -> list[Draft]:
    """`draft` as blocks of `counts` convolutions; only the last keeps its pool."""
    parts: list[Draft] = []
    first = 0
    for count in counts[:-1]:
        convs = draft.convs[first : first + count]
        parts.append(Draft(count, draft.out_channels, convs[0][0], convs[-1][1], pool="none", convs=convs))
        first += count
    convs = draft.convs[first:]
    start = convs[0][0] if first else draft.start
    return [*parts, draft._replace(num_convs=counts[-1], start=start, convs=convs)]


def _continued(drafts: Sequence[Draft], previous: Sequence[VGGBlock]) -> list[VGGBlock | None]:
    before = [(block.num_convs, block.out_channels) for block in previous]
    after = [(draft.num_convs, draft.out_channels) for draft in drafts]
    sources: list[VGGBlock | None] = [None] * len(drafts)
    for _, a_start, a_end, b_start, b_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for offset in range(min(a_end - a_start, b_end - b_start)):
            sources[b_start + offset] = previous[a_start + offset]
    return sources


def _filled(block: VGGBlock, draft: Draft) -> VGGBlock:
    """`block` with everything that `draft` says."""
    pool: Pool = block.pool
    if draft.pool is not None:
        pool = replace(pool, kind=draft.pool)
    if draft.ceil_mode is not None:
        pool = replace(pool, ceil_mode=draft.ceil_mode)
    return replace(block.with_convs(draft.num_convs), out_channels=draft.out_channels, pool=pool)
