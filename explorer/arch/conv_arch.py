"""Text to blocks and blocks to text, in each notation that users paste. Nothing is ever evaluated.

The notations: d2l's pairs `((1, 64), (1, 128))`, its older triples `((1, 3, 64), (1, 64, 128))`, torchvision's flat
list `[64, "M", 128, "M"]`, and our own block list `(1, 64), VGG(3, 256, norm="batch")`, which can write every setting.
A `conv_arch =` before it, comments, line breaks, lists for tuples, missing outermost brackets, trailing commas and
Chinese full-width punctuation are taken as they come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from explorer.arch.blocks import Block
from explorer.arch.blocks.vgg import Pool, VGGBlock
from explorer.arch.limits import MAX_BLOCKS
from explorer.arch.text.block_list import read_block_list, write_block_list, written_spans
from explorer.arch.text.drafts import Draft, complete
from explorer.arch.text.recognise import Notation, recognise
from explorer.arch.text.short import (
    read_pairs,
    read_torchvision,
    read_triples,
    tuple_spans,
    write_pairs,
    write_torchvision,
    write_triples,
)
from explorer.arch.text.tokens import Token, fault, tokenize
from explorer.arch.text.tree import Item, parse_tree

NOTATIONS: Mapping[Notation, str] = {
    "pairs": "d2l pairs",
    "triples": "triples",
    "torchvision": "torchvision list",
    "blocks": "block list",
}
"""Each notation and the name that users see."""


class ParsedArch(NamedTuple):
    """What a text says. `spans` are each block's (start, end) offsets in the text; `tokens` are all that is not blank.

    `notation` is the one that was recognised. `input_channels` is what triples say about the input, None elsewhere.
    """

    blocks: tuple[Block, ...]
    notation: Notation
    spans: tuple[tuple[int, int], ...]
    tokens: tuple[Token, ...]
    input_channels: int | None = None

    def block_at(self, offset: int) -> int | None:
        """The index of the block whose text holds the caret at `offset`; None between blocks."""
        return next((index for index, (start, end) in enumerate(self.spans) if start <= offset <= end), None)


def parse_blocks(
    text: str,
    *,
    previous: Sequence[Block] = (),
    notation: Notation | None = None,
    input_channels: int | None = None,
) -> ParsedArch:
    """The blocks that `text` writes. Raises ArchTextError with line, column and, where it is obvious, a repair.

    What a short notation cannot say is kept from `previous`, the blocks as they stand. `notation` decides where a text
    could be read in two ways; a text that is clearly in another notation is read as that. With `input_channels`, the
    first of the triples must take as many.
    """
    tokens = tokenize(text)
    found, items = recognise(parse_tree(text, tokens), notation)
    if not items:
        start, end = (tokens[0].start, tokens[-1].end) if tokens else (0, 0)
        raise fault(
            text, start, end, "There is no block here: write one as (1, 64), that is 1 convolution of 64 channels."
        )
    if found == "blocks":
        _refuse_too_many(text, items)
        spans = tuple((item.start, item.end) for item in items)
        return ParsedArch(tuple(read_block_list(text, items)), found, spans, tokens)
    entry = None
    own = [block for block in previous if isinstance(block, VGGBlock)]
    if found == "triples":
        drafts, entry = read_triples(text, items, input_channels)
    else:
        drafts = read_pairs(text, items) if found == "pairs" else read_torchvision(text, items, own)
    _refuse_too_many(text, drafts)
    spans = tuple((draft.start, draft.end) for draft in drafts)
    return ParsedArch(complete(drafts, own), found, spans, tokens, entry)


def write_blocks(blocks: Sequence[Block], notation: Notation, *, input_channels: int) -> str:
    """The text of `blocks`; empty for no blocks. What `notation` cannot write is left out: see `what_is_lost`.

    Blocks of other kinds than VGG's are written as a block list, whatever the notation.
    """
    if not blocks:
        return ""
    plain = [block for block in blocks if isinstance(block, VGGBlock)]
    if notation == "blocks" or len(plain) < len(blocks):
        return write_block_list(blocks)
    if notation == "triples":
        return write_triples(plain, input_channels)
    return {"pairs": write_pairs, "torchvision": write_torchvision}[notation](plain)


def written_arch(blocks: Sequence[Block], notation: Notation, *, input_channels: int) -> tuple[str, ParsedArch | None]:
    """What `write_blocks` gives, and what reading it would; None for no blocks. Most texts are not read again."""
    text = write_blocks(blocks, notation, input_channels=input_channels)
    if not blocks:
        return text, None
    if notation == "blocks" or not has_short_notation(blocks):
        return text, ParsedArch(tuple(blocks), "blocks", written_spans(blocks), ())
    if notation != "torchvision" and len(blocks) > 1:
        entry = input_channels if notation == "triples" else None
        plain = [block for block in blocks if isinstance(block, VGGBlock)]
        return text, ParsedArch(tuple(blocks), notation, tuple_spans(plain, entry), (), entry)
    return text, parse_blocks(text, previous=blocks, notation=notation)


def has_short_notation(blocks: Sequence[Block]) -> bool:
    """Whether pairs, triples and torchvision's list can name every block: they know VGG blocks only."""
    return all(isinstance(block, VGGBlock) for block in blocks)


def can_express(blocks: Sequence[Block], notation: Notation) -> bool:
    """Whether the text in `notation` says everything about `blocks`."""
    return not what_is_lost(blocks, notation)


def what_is_lost(blocks: Sequence[Block], notation: Notation) -> str:
    """A sentence on what `notation` cannot say about `blocks`; empty where it says everything."""
    if notation == "blocks":
        return ""
    if not has_short_notation(blocks):
        return "The short notations know VGG blocks only; this network has others, and the block list writes them all."
    if notation == "torchvision" and (merged := _merged(blocks)) is not None:
        return (
            f"In a torchvision list blocks {merged + 1} and {merged + 2} run together: "
            "they have one width and no pool between them. The blocks stay apart, and the block list shows it."
        )
    lost: dict[str, None] = {}
    for block in blocks:
        assert isinstance(block, VGGBlock)
        lost |= dict.fromkeys(_unsaid(block, notation))
    if not lost:
        return ""
    named = list(lost)
    listed = named[0] if len(named) == 1 else ", ".join(named[:-1]) + f" and {named[-1]}"
    subject = {"pairs": "Pairs do", "triples": "Triples do", "torchvision": "A torchvision list does"}[notation]
    return f"{subject} not show the {listed}; the blocks keep theirs, and the block list writes them."


_SETTINGS = {
    "kernel": "kernel sizes",
    "kernels": "kernel sizes",
    "padding": "padding",
    "norm": "normalisation",
    "activation": "activations",
}
_PLAIN = VGGBlock(1, 1)  # what a short notation writes of a block has these settings


def _unsaid(block: VGGBlock, notation: Notation) -> list[str]:
    lost = [words for name, words in _SETTINGS.items() if getattr(block, name) != getattr(_PLAIN, name)]
    pool = block.pool
    if notation == "torchvision":
        said = Pool(pool.kind, ceil_mode=pool.kind == "max" and pool.ceil_mode)
        return lost if pool == said else [*lost, "pool sizes"]
    return lost if pool == _PLAIN.pool else [*lost, "pools"]


def _merged(blocks: Sequence[Block]) -> int | None:
    for index in range(len(blocks) - 1):
        if blocks[index].pool.kind == "none" and blocks[index].out_channels == blocks[index + 1].out_channels:
            return index
    return None


def _refuse_too_many(text: str, blocks: Sequence[Item] | Sequence[Draft]) -> None:
    if len(blocks) > MAX_BLOCKS:
        first = blocks[MAX_BLOCKS]
        message = f"A network has at most {MAX_BLOCKS} blocks, and this is one more."
        raise fault(text, first.start, first.end, message)


__all__ = [
    "NOTATIONS",
    "Notation",
    "ParsedArch",
    "Token",
    "can_express",
    "has_short_notation",
    "parse_blocks",
    "what_is_lost",
    "write_blocks",
    "written_arch",
]
