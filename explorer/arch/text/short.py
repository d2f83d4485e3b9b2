"""The short notations: d2l's pairs, the older triples, torchvision's flat list. Tree to drafts, blocks to text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from explorer.arch.blocks.vgg import Pool, PoolKind, VGGBlock
from explorer.arch.limits import MAX_CHANNELS, MAX_CONVS
from explorer.arch.text.drafts import Draft, divided
from explorer.arch.text.tokens import fault, replaced
from explorer.arch.text.tree import Item, Leaf
from explorer.arch.text.values import quoted, whole_at, word_at

CONVS = "A number of convolutions"
CHANNELS = "A channel count"
PAIR = 2
_TRIPLE = 3
_BETWEEN = ", "
_LETTERS: dict[str, tuple[PoolKind, bool | None]] = {"M": ("max", False), "C": ("max", True), "A": ("average", None)}
_LETTERS_SAID = '"M" (max pool), "A" (average pool) or "C" (max pool that rounds up)'


def read_pairs(text: str, items: Sequence[Item]) -> list[Draft]:
    """Blocks from `(num_convs, channels)`, `(num_convs, channels)`, ..."""
    drafts = []
    for number, item in enumerate(items, start=1):
        convs, channels = fields(text, item, number, PAIR, "(num_convs, channels)")
        size = whole_at(text, convs, 1, MAX_CONVS, CONVS), whole_at(text, channels, 1, MAX_CHANNELS, CHANNELS)
        drafts.append(Draft(*size, item.start, item.end))
    return drafts


def read_triples(text: str, items: Sequence[Item], input_channels: int | None) -> tuple[list[Draft], int]:
    """Blocks from `(num_convs, in_channels, out_channels)`, ..., and the first's in_channels.

    Each block must take what the one before gives; the first `input_channels`, where that is known.
    """
    drafts: list[Draft] = []
    given, entry_of_all = input_channels, 0
    for number, item in enumerate(items, start=1):
        convs, entry, channels = fields(text, item, number, _TRIPLE, "(num_convs, in_channels, out_channels)")
        num_convs = whole_at(text, convs, 1, MAX_CONVS, CONVS)
        in_channels = whole_at(text, entry, 1, MAX_CHANNELS, CHANNELS)
        if given is not None and in_channels != given:
            source = f"block {number - 1} gives {given:,}" if number > 1 else f"the input has {given:,}"
            noun = "channel" if in_channels == 1 else "channels"
            message = f"Block {number} expects {in_channels:,} {noun} in, and {source}."
            fix = replaced(text, entry.start, entry.end, str(given), f"Use {given}")
            raise fault(text, entry.start, entry.end, message, fix)
        entry_of_all = entry_of_all or in_channels
        given = whole_at(text, channels, 1, MAX_CHANNELS, CHANNELS)
        drafts.append(Draft(num_convs, given, item.start, item.end))
    return drafts, entry_of_all


def read_torchvision(text: str, items: Sequence[Item], previous: Sequence[VGGBlock] = ()) -> list[Draft]:
    """Blocks from `64, "M", 128, "M", ...`: each pool ends a block, and so does a change of width.

    A run of one width that stands for several blocks of `previous` stays divided as they are.
    """
    drafts: list[Draft] = []
    run: list[tuple[int, int]] = []
    channels = 0
    for item in items:
        letter = word_at(item)
        if letter is None and isinstance(item, Leaf):
            width = whole_at(text, item, 1, MAX_CHANNELS, CHANNELS)
            if run and width != channels:
                drafts.append(_run(run, channels))
                run = []
            run.append((item.start, item.end))
            channels = width
        else:
            kind, ceil_mode = _pool_letter(text, item, letter)
            if not run:
                _pool_alone(text, item, drafts)
            drafts.append(_run(run, channels)._replace(end=item.end, pool=kind, ceil_mode=ceil_mode))
            run = []
    drafts += [_run(run, channels)] if run else []
    blocks = divided(drafts, previous)
    _refuse_long_runs(text, blocks)
    return blocks


def _run(places: Sequence[tuple[int, int]], channels: int) -> Draft:
    """A block without a pool whose convolutions stand at `places`."""
    return Draft(len(places), channels, places[0][0], places[-1][1], pool="none", convs=tuple(places))


def _refuse_long_runs(text: str, drafts: Sequence[Draft]) -> None:
    for draft in drafts:
        if draft.num_convs > MAX_CONVS:
            message = f"A block has at most {MAX_CONVS} convolutions of one width, and this is one more."
            raise fault(text, *draft.convs[MAX_CONVS], message)


def write_pairs(blocks: Sequence[VGGBlock]) -> str:
    """`((1, 64), (1, 128))`; a single block keeps Python's trailing comma."""
    return _tuple(_pairs(blocks))


def write_triples(blocks: Sequence[VGGBlock], input_channels: int) -> str:
    """`((1, 3, 64), (1, 64, 128))`."""
    return _tuple(_triples(blocks, input_channels))


def tuple_spans(blocks: Sequence[VGGBlock], input_channels: int | None) -> tuple[tuple[int, int], ...]:
    """The offsets (start, end) of each block in its pairs, or, with `input_channels`, in its triples."""
    items = _pairs(blocks) if input_channels is None else _triples(blocks, input_channels)
    starts = accumulate((len(item) + len(_BETWEEN) for item in items), initial=len("("))
    return tuple((start, start + len(item)) for start, item in zip(starts, items, strict=False))


def write_torchvision(blocks: Sequence[VGGBlock]) -> str:
    """`[64, "M", 128, "M"]`; a block without a pool writes none."""
    items: list[str] = []
    for block in blocks:
        items += [str(block.out_channels)] * block.num_convs
        items += [f'"{letter}"'] if (letter := pool_letter(block.pool)) else []
    return f"[{', '.join(items)}]"


def pool_letter(pool: Pool) -> str:
    """The letter for `pool` in torchvision's list; empty for none."""
    if pool.kind == "max":
        return "C" if pool.ceil_mode else "M"
    return "A" if pool.kind == "average" else ""


def _pairs(blocks: Sequence[VGGBlock]) -> list[str]:
    return [f"({block.num_convs}, {block.out_channels})" for block in blocks]


def _triples(blocks: Sequence[VGGBlock], input_channels: int) -> list[str]:
    entries = [input_channels, *(block.out_channels for block in blocks)]
    return [f"({b.num_convs}, {entry}, {b.out_channels})" for b, entry in zip(blocks, entries, strict=False)]


def _tuple(items: Sequence[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({_BETWEEN.join(items)})"


def fields(text: str, item: Item, number: int, count: int, form: str) -> list[Item]:
    """The `count` items in the bracket of block `number`; ArchTextError where there are more or fewer."""
    if isinstance(item, Leaf):
        message = f"A block is written in brackets, {form}, and this is {quoted(item.text)}."
        raise fault(text, item.start, item.end, message)
    if item.name is not None:
        raise fault(text, item.start, item.name.end, f"{item.name.text}(...) belongs to the block list, not to {form}.")
    if len(item.items) == count:
        return item.items
    if not item.items:
        raise fault(text, item.start, item.end, f"Block {number} is empty: write it as {form}.")
    if len(item.items) > count:
        first = item.items[count]
        message = f"Block {number} has {len(item.items)} figures, and {form} has {count}."
        fix = replaced(text, item.items[count - 1].end, item.end - 1, "", f"Keep the first {count}")
        raise fault(text, first.start, item.items[-1].end, message, fix)
    message = f"Block {number} has {_figures(len(item.items))}, and {form} has {count}."
    raise fault(text, item.start, item.end, message)


def _figures(count: int) -> str:
    return f"{count} figure" if count == 1 else f"{count} figures"


def _pool_letter(text: str, item: Item, letter: str | None) -> tuple[PoolKind, bool | None]:
    found = _LETTERS.get(letter.upper()) if letter is not None else None
    if found is None:
        shown = quoted(text[item.start : item.end]) if isinstance(item, Leaf) else "a bracket"
        fix = None
        if letter is not None and letter.isdecimal():
            fix = replaced(text, item.start, item.end, letter, f"Use {letter}")
        message = f"A torchvision list holds channel counts and {_LETTERS_SAID}, and this is {shown}."
        raise fault(text, item.start, item.end, message, fix)
    return found


def _pool_alone(text: str, item: Item, drafts: Sequence[Draft]) -> None:
    where = "after another pool" if drafts else "at the beginning"
    end = item.end
    while end < len(text) and text[end] in " ,，":
        end += 1
    fix = replaced(text, item.start, end, "", "Remove it")
    raise fault(text, item.start, item.end, f"A pool stands {where}, and a block begins with a convolution.", fix)
