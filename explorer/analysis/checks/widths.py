"""Do the channels grow, and does every layer earn its place?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from explorer.analysis.checks.facts import Facts, listed
from explorer.analysis.summary import Finding, Fix
from explorer.arch.blocks import Block, ConvBlock, VGGBlock
from explorer.arch.graph import block_part
from explorer.arch.ops import LocalResponseNorm
from explorer.arch.spec import NetworkSpec

CAP = 512
"""Where VGG itself stops doubling. Source: Simonyan & Zisserman 2015, table 1."""


def flat_channels(facts: Facts) -> Iterator[Finding]:
    """Blocks after a pool that have no more channels than the block before, below VGG's own cap."""
    if facts.totals is None:
        return
    blocks = facts.spec.blocks
    widths = [part.shape_out[0] if part.shape_out else 0 for part in facts.parts[1:-1]]
    flat = [
        index
        for index, (before, block) in enumerate(pairwise(blocks), start=1)
        if before.pool.kind != "none"
        and before.pool.stride > 1
        and _should_grow(block)
        and widths[index] <= widths[index - 1] < CAP
    ]
    if not flat:
        return
    first = flat[0]
    channels, before = widths[first], widths[first - 1]
    if len(flat) > 1:
        title = f"Blocks {listed([str(index + 1) for index in flat])}" if len(flat) < 5 else f"{len(flat)} blocks"
        message = "Channels do not grow after pooling; VGG doubles them."
    elif channels == before:
        title, message = f"Block {first + 1}", f"Channels stay at {channels:,} after pooling; VGG doubles them."
    else:
        title = f"Block {first + 1}"
        message = f"Channels fall from {before:,} to {channels:,} after pooling; VGG doubles them."
    yield Finding("flat_channels", "hint", block_part(first), title, message, (_growing(facts, flat, widths),))


def _should_grow(block: Block) -> bool:
    """Whether VGG's rule is about such a block: a 1×1 convolution mixes channels, and a stage's first unit may stay."""
    return isinstance(block, VGGBlock) or (isinstance(block, ConvBlock) and block.kernel > 1)


def _growing(facts: Facts, flat: list[int], widths: list[int]) -> Fix:
    """Each of those blocks with twice the channels of the block before."""
    spec = facts.spec
    widths = list(widths)
    for index in flat:
        doubled = 2 * widths[index - 1]
        if len(flat) > 1:
            doubled = min(doubled, max(CAP, widths[index]))
        step = spec.blocks[index].channel_step
        widths[index] = -(-doubled // step) * step
        spec = spec.with_block(index, spec.blocks[index].with_channels(widths[index]))
    label = f"Use {widths[flat[0]]:,}" if len(flat) == 1 else "Double after each pool"
    return facts.fix_to(label, spec)


def needless_lrn(facts: Facts) -> Iterator[Finding]:
    """Local response normalisation. Source: Simonyan & Zisserman 2015, table 3, A against A-LRN."""
    first = next((row.node.name for row in facts.rows if type(row.node.op) is LocalResponseNorm), None)
    if first is None:
        return
    message = "Local response normalisation did not help VGG-A (top-5 error 10.5 % with it, 10.4 % without)."
    yield Finding("needless_lrn", "hint", first, first, message, (facts.fix_to("Remove it", _without_lrn(facts.spec)),))


def _without_lrn(spec: NetworkSpec) -> NetworkSpec:
    blocks = tuple(block.with_norm("none") if block.norm == "lrn" else block for block in spec.blocks)
    return replace(spec, blocks=blocks)
