"""Which blocks and nodes of an edited network are those of the one before: same place, same task, maybe larger."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explorer.arch.blocks import Block, VGGBlock
from explorer.arch.graph import HEAD_PART, Graph, block_part
from explorer.arch.spec import NetworkSpec

_LOCAL = re.compile(r"([a-z_]+?)(\d+)((?:_.*)?)")
_EQUAL, _GROWN, _SAME_KIND, _GONE, _NEW, _NEW_POOLED = 100, 60, 10, -30, -1, -40


@dataclass(frozen=True, slots=True)
class Correspondence:
    """For each index of a block after the edit, the index before (None: new); and the same for nodes by name."""

    blocks: tuple[int | None, ...]
    gone: tuple[int, ...]
    nodes: Mapping[str, str]


def correspond(before: NetworkSpec, after: NetworkSpec, old: Graph, new: Graph) -> Correspondence:
    """How the parts of `after` (as graph `new`) go back to those of `before` (as graph `old`)."""
    blocks = align_blocks(before.blocks, after.blocks)
    nodes = {new.nodes[0].name: old.nodes[0].name}
    for index, source in enumerate(blocks):
        if source is not None:
            counts = _count_map(before.blocks[source], after.blocks[index])
            nodes |= _pair_part(old, block_part(source), new, block_part(index), counts)
    nodes |= _pair_heads(before, after, old, new)
    gone = tuple(index for index in range(len(before.blocks)) if index not in set(blocks))
    return Correspondence(blocks, gone, nodes)


def align_blocks(before: Sequence[Block], after: Sequence[Block]) -> tuple[int | None, ...]:
    """For each block of `after` the index of the one it grew from, in order, or None; the likeliest such reading."""
    rows, columns = len(before), len(after)
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows, -1, -1):
        for j in range(columns, -1, -1):
            if (i, j) != (rows, columns):
                best[i][j] = max(score for score, _ in _moves(before, after, best, i, j))
    found: list[int | None] = []
    i = j = 0
    while (i, j) != (rows, columns):
        _, (di, dj) = max(_moves(before, after, best, i, j), key=lambda move: move[0])
        if dj:
            found.append(i if di else None)
        i, j = i + di, j + dj
    return tuple(found)


def _moves(
    before: Sequence[Block], after: Sequence[Block], best: list[list[int]], i: int, j: int
) -> list[tuple[int, tuple[int, int]]]:
    moves: list[tuple[int, tuple[int, int]]] = []
    if i < len(before) and j < len(after):
        likeness = _likeness(before[i], after[j])
        if likeness:
            moves.append((likeness + best[i + 1][j + 1], (1, 1)))
    if j < len(after):
        cost = _NEW if after[j].pool.kind == "none" else _NEW_POOLED
        moves.append((cost + best[i][j + 1], (0, 1)))
    if i < len(before):
        moves.append((_GONE + best[i + 1][j], (1, 0)))
    return moves


def _likeness(before: Block, after: Block) -> int:
    if type(before) is not type(after):
        return 0
    if before == after:
        return _EQUAL
    grown = before.count <= after.count and before.out_channels <= after.out_channels
    same_end = before.pool == after.pool and before.norm == after.norm and before.activation == after.activation
    return _GROWN if grown and same_end else _SAME_KIND


def _count_map(before: Block, after: Block) -> Mapping[int, int]:
    """For each convolution or unit after the edit (from 1) the one it was, where it was there."""
    if isinstance(before, VGGBlock) and isinstance(after, VGGBlock):
        return embed(before.conv_kernels, after.conv_kernels)
    return {number: number for number in range(1, min(before.count, after.count) + 1)}


def embed(before: Sequence[int], after: Sequence[int]) -> dict[int, int]:
    """Numbers (from 1) of `after` to those of `before`: each keeps its size or grows, in order; the first that fit.

    Equal sizes are preferred to larger ones.
    """
    rows, columns = len(before), len(after)
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            fits = (3 if before[i] == after[j] else 2) + best[i + 1][j + 1] if before[i] <= after[j] else -1
            best[i][j] = max(fits, best[i][j + 1], best[i + 1][j])
    pairs: dict[int, int] = {}
    i = j = 0
    while i < rows and j < columns:
        fits = (3 if before[i] == after[j] else 2) + best[i + 1][j + 1] if before[i] <= after[j] else -1
        if fits == best[i][j]:
            pairs[j + 1] = i + 1
            i, j = i + 1, j + 1
        elif best[i][j + 1] == best[i][j]:
            j += 1
        else:
            i += 1
    return pairs


def _pair_part(old: Graph, old_part: str, new: Graph, new_part: str, counts: Mapping[int, int]) -> dict[str, str]:
    names = {_local(node.name): node.name for node in old.part(old_part)}
    pairs = {}
    for node in new.part(new_part):
        prefix, rest = _local(node.name)
        head, *tail = rest[1:].split("_") if rest else [""]
        if head.isdigit():
            if int(head) not in counts:
                continue
            rest = "_" + "_".join([str(counts[int(head)]), *tail])
        if (prefix, rest) in names:
            pairs[node.name] = names[prefix, rest]
    return pairs


def _local(name: str) -> tuple[str, str]:
    """A node's name without its block's number: ("conv", "_2") for conv3_2."""
    found = _LOCAL.fullmatch(name)
    return (found[1], found[3]) if found else (name, "")


def _pair_heads(before: NetworkSpec, after: NetworkSpec, old: Graph, new: Graph) -> dict[str, str]:
    counts = embed(before.head.hidden, after.head.hidden)
    names = {node.name for node in old.part(HEAD_PART)}
    pairs = {}
    for node in new.part(HEAD_PART):
        found = re.fullmatch(r"(fc|drop|\w+_fc)(\d+)", node.name)
        name = node.name
        if found:
            name = f"{found[1]}{counts[int(found[2])]}" if int(found[2]) in counts else ""
        if name in names:
            pairs[node.name] = name
    return pairs
