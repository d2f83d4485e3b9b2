"""Edits of whole blocks: plain functions from a network to the network wanted, used by bar, keys and menus alike.

Each returns an `Edit`; none changes anything. What cannot be done raises SpecError with a sentence for the user. Blocks
are named by their index, from 0; several at once are one edit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from explorer.arch.blocks import Block, VGGBlock
from explorer.arch.graph import block_part
from explorer.arch.limits import MAX_BLOCKS, MAX_CHANNELS, whole
from explorer.arch.spec import NetworkSpec
from explorer.errors import SpecError

FIRST_BLOCK = VGGBlock(1, 64)
"""What "insert" puts into a network without blocks: the first block of VGG-11."""


class Edit(NamedTuple):
    """A network wanted: what the undo step is called, what is selected afterwards, and what bursts merge by."""

    spec: NetworkSpec
    text: str
    selection: tuple[str, ...]
    merge_key: str = ""


def block_index(part: str) -> int | None:
    """The index (from 0) of the block that `part` names, as in `block3`; None for `input`, `head` and layers."""
    number = part.removeprefix("block")
    return int(number) - 1 if number != part and number.isdecimal() and int(number) > 0 else None


def block_indices(selection: Sequence[str]) -> tuple[int, ...]:
    """The indices of the blocks named in `selection`, in the network's order."""
    return tuple(sorted({index for index in map(block_index, selection) if index is not None}))


def set_convs(spec: NetworkSpec, blocks: Sequence[int], num_convs: int) -> Edit:
    """Every one of `blocks` with `num_convs` of what it counts: convolutions, or residual units."""
    text = f"{_names(blocks)} to {_counted(num_convs, _noun(spec, blocks))}"
    return _changed(spec, blocks, text, "count", lambda block, path: _with_count(block, num_convs, path))


def add_conv(spec: NetworkSpec, blocks: Sequence[int]) -> Edit:
    """Every one of `blocks` with one convolution more."""
    return _step_convs(spec, blocks, 1)


def remove_conv(spec: NetworkSpec, blocks: Sequence[int]) -> Edit:
    """Every one of `blocks` with one convolution less. Raises SpecError where only one is left."""
    for index in _chosen(spec, blocks):
        block = spec.blocks[index]
        if block.count_noun and block.count <= 1:
            message = f"Block {index + 1} has one {block.count_noun} left. Delete the block instead."
            raise SpecError(message, path=f"blocks[{index}].count")
    return _step_convs(spec, blocks, -1)


def set_channels(spec: NetworkSpec, blocks: Sequence[int], channels: int) -> Edit:
    """Every one of `blocks` with `channels` output channels."""
    text = f"{_names(blocks)} to {_counted(channels, 'channel')}"
    return _changed(spec, blocks, text, "out_channels", lambda block, path: _with_channels(block, channels, path))


def step_channels(spec: NetworkSpec, blocks: Sequence[int], step: int) -> Edit:
    """Every one of `blocks` with `step` channels more (fewer where negative), at least 1 left."""
    if len(_chosen(spec, blocks)) == 1:
        return set_channels(spec, blocks, min(MAX_CHANNELS, max(1, spec.blocks[blocks[0]].out_channels + step)))
    text = f"{_names(blocks)}: {abs(step)} channels {'more' if step > 0 else 'fewer'}"
    return _changed(
        spec,
        blocks,
        text,
        "out_channels",
        lambda block, path: _with_channels(block, max(1, block.out_channels + step), path),
    )


def double(spec: NetworkSpec, blocks: Sequence[int]) -> Edit:
    """Every one of `blocks` with twice the channels."""
    if len(_chosen(spec, blocks)) == 1:
        return set_channels(spec, blocks, spec.blocks[blocks[0]].out_channels * 2)
    text = f"{_names(blocks)} to twice the channels"
    return _changed(
        spec, blocks, text, "out_channels", lambda block, path: _with_channels(block, block.out_channels * 2, path)
    )


def halve(spec: NetworkSpec, blocks: Sequence[int]) -> Edit:
    """Every one of `blocks` with half the channels. Raises SpecError where only one is left."""
    for index in _chosen(spec, blocks):
        if spec.blocks[index].out_channels <= 1:
            message = f"Block {index + 1} has one channel, and that cannot be halved."
            raise SpecError(message, path=f"blocks[{index}].out_channels")
    if len(blocks) == 1:
        return set_channels(spec, blocks, spec.blocks[blocks[0]].out_channels // 2)
    text = f"{_names(blocks)} to half the channels"
    return _changed(
        spec, blocks, text, "out_channels", lambda block, path: _with_channels(block, block.out_channels // 2, path)
    )


def insert_copy(spec: NetworkSpec, gap: int) -> Edit:
    """A block more in `gap` (0 = before the first block): a copy of the block to the left, selected.

    At the very left it copies the block to the right; a network without blocks gets `FIRST_BLOCK`.
    """
    block = spec.blocks[max(0, gap - 1)] if spec.blocks else FIRST_BLOCK
    return insert_block(spec, gap, block)


def insert_block(spec: NetworkSpec, gap: int, block: Block) -> Edit:
    """`block` put into `gap` (0 = before the first block), selected."""
    _check_room(spec, 1)
    return Edit(spec.insert_block(gap, block), f"Insert block {gap + 1}", (block_part(gap),))


def duplicate(spec: NetworkSpec, blocks: Sequence[int]) -> Edit:
    """Copies of `blocks`, put after the last of them and selected."""
    chosen = _chosen(spec, blocks)
    _check_room(spec, len(chosen))
    at = chosen[-1] + 1
    copies = tuple(spec.blocks[index] for index in chosen)
    wanted = replace(spec, blocks=(*spec.blocks[:at], *copies, *spec.blocks[at:]))
    return Edit(wanted, f"Duplicate {_inside(chosen)}", tuple(block_part(at + offset) for offset in range(len(copies))))


def delete(spec: NetworkSpec, blocks: Sequence[int]) -> Edit:
    """The network without `blocks`; the block that takes the first one's place is selected."""
    chosen = _chosen(spec, blocks)
    kept = tuple(block for index, block in enumerate(spec.blocks) if index not in chosen)
    selection = (block_part(min(chosen[0], len(kept) - 1)),) if kept else ()
    return Edit(replace(spec, blocks=kept), f"Delete {_inside(chosen)}", selection)


def move(spec: NetworkSpec, blocks: Sequence[int], gap: int) -> Edit:
    """`blocks` taken out and put together into `gap`, counted before the move (0 = before the first block)."""
    chosen = _chosen(spec, blocks)
    moved = tuple(spec.blocks[index] for index in chosen)
    left = tuple(spec.blocks[index] for index in range(gap) if index not in chosen)
    right = tuple(spec.blocks[index] for index in range(gap, len(spec.blocks)) if index not in chosen)
    wanted = replace(spec, blocks=(*left, *moved, *right))
    first = len(left)
    place = f"place {first + 1}" if len(moved) == 1 else f"places {first + 1} to {first + len(moved)}"
    selection = tuple(block_part(first + offset) for offset in range(len(moved)))
    return Edit(wanted, f"Move {_inside(chosen)} to {place}", selection)


def move_left(spec: NetworkSpec, blocks: Sequence[int]) -> Edit:
    """`blocks` one place to the left. Raises SpecError at the input."""
    chosen = _chosen(spec, blocks)
    if chosen[0] == 0:
        raise SpecError("Block 1 stands right after the input already.", path="blocks[0]")
    return move(spec, chosen, chosen[0] - 1)


def move_right(spec: NetworkSpec, blocks: Sequence[int]) -> Edit:
    """`blocks` one place to the right. Raises SpecError at the head."""
    chosen = _chosen(spec, blocks)
    last = len(spec.blocks) - 1
    if chosen[-1] == last:
        raise SpecError(f"Block {last + 1} stands right before the head already.", path=f"blocks[{last}]")
    return move(spec, chosen, chosen[-1] + 2)


def _step_convs(spec: NetworkSpec, blocks: Sequence[int], step: int) -> Edit:
    if len(_chosen(spec, blocks)) == 1:
        return set_convs(spec, blocks, spec.blocks[blocks[0]].count + step)
    text = f"{_names(blocks)}: one {_noun(spec, blocks)} {'more' if step > 0 else 'less'}"
    return _changed(spec, blocks, text, "count", lambda block, path: _with_count(block, block.count + step, path))


def _changed(
    spec: NetworkSpec, blocks: Sequence[int], text: str, field: str, change: Callable[[Block, str], Block]
) -> Edit:
    chosen = _chosen(spec, blocks)
    changed = {index: change(spec.blocks[index], f"blocks[{index}].{field}") for index in chosen}
    wanted = replace(spec, blocks=tuple(changed.get(index, block) for index, block in enumerate(spec.blocks)))
    parts = tuple(block_part(index) for index in chosen)
    return Edit(wanted, text, parts, f"{'+'.join(parts)}.{field}")


def _with_count(block: Block, count: int, path: str) -> Block:
    if not block.count_noun:
        message = f"{block.title}s have no number of convolutions to change. Insert or duplicate a block instead."
        raise SpecError(message, path=path)
    whole(count, 1, block.max_count, path, f"A number of {block.count_noun}s")
    return block.with_count(count)


def _with_channels(block: Block, channels: int, path: str) -> Block:
    return block.with_channels(whole(channels, 1, MAX_CHANNELS, path, "A channel count"))


def _noun(spec: NetworkSpec, blocks: Sequence[int]) -> str:
    """What the blocks count, if it is the same."""
    nouns = {spec.blocks[index].count_noun or "convolution" for index in _chosen(spec, blocks)}
    return nouns.pop() if len(nouns) == 1 else "convolution or unit"


def _chosen(spec: NetworkSpec, blocks: Sequence[int]) -> tuple[int, ...]:
    chosen = tuple(sorted(set(blocks)))
    if not chosen:
        raise SpecError("No block is selected. Click one first.", path="blocks")
    if chosen[0] < 0 or chosen[-1] >= len(spec.blocks):
        raise SpecError(f"The network has {_counted(len(spec.blocks), 'block')}.", path="blocks")
    return chosen


def _check_room(spec: NetworkSpec, more: int) -> None:
    if len(spec.blocks) + more > MAX_BLOCKS:
        message = f"A network has at most {MAX_BLOCKS} blocks, and this has {len(spec.blocks)}. Delete one first."
        raise SpecError(message, path="blocks")


def _names(blocks: Sequence[int]) -> str:
    numbers = sorted({index + 1 for index in blocks})
    if len(numbers) == 1:
        return f"Block {numbers[0]}"
    return f"Blocks {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}" if numbers else "No block"


def _inside(blocks: Sequence[int]) -> str:
    name = _names(blocks)
    return name[0].lower() + name[1:]


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
