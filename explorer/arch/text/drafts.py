"""What the short notations say about a block, and how the rest is kept from the blocks as they stand.

Pairs, triples and torchvision's list cannot write kernels, norms or activations. So that editing such a text changes
nothing else, each block of the text takes its other settings from the block that it continues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from explorer.arch.blocks.vgg import Pool, PoolKind, VGGBlock


@dataclass(frozen=True, slots=True)
class Draft:
    """A block as a short notation gives it. `pool` is None where the notation says nothing about pools."""

    num_convs: int
    out_channels: int
    start: int
    end: int
    pool: PoolKind | None = None
    ceil_mode: bool | None = None


def resized(block: VGGBlock, num_convs: int, out_channels: int) -> VGGBlock:
    """`block` with another size; where each convolution has its own kernel, the last one stays the last."""
    kernels = block.kernels
    if kernels and len(kernels) != num_convs:
        repeated = kernels[-2] if len(kernels) > 1 else kernels[-1]
        added = (repeated,) * max(0, num_convs - len(kernels))
        kernels = (*kernels[: min(len(kernels), num_convs) - 1], *added, kernels[-1])
    return replace(block, num_convs=num_convs, out_channels=out_channels, kernels=kernels)


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
        blocks.append(_with_pool(resized(left, draft.num_convs, draft.out_channels), draft))
    return tuple(blocks)


def _continued(drafts: Sequence[Draft], previous: Sequence[VGGBlock]) -> list[VGGBlock | None]:
    before = [(block.num_convs, block.out_channels) for block in previous]
    after = [(draft.num_convs, draft.out_channels) for draft in drafts]
    sources: list[VGGBlock | None] = [None] * len(drafts)
    for _, a_start, a_end, b_start, b_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for offset in range(min(a_end - a_start, b_end - b_start)):
            sources[b_start + offset] = previous[a_start + offset]
    return sources


def _with_pool(block: VGGBlock, draft: Draft) -> VGGBlock:
    pool: Pool = block.pool
    if draft.pool is not None:
        pool = replace(pool, kind=draft.pool)
    if draft.ceil_mode is not None:
        pool = replace(pool, ceil_mode=draft.ceil_mode)
    return replace(block, pool=pool)
