"""The block list, our own notation: one readable constructor per block, able to write every field of it.

`(2, 128)` is a plain VGG block; `VGG(3, 256, kernels=(3, 3, 1), norm="batch", pool="average")` says more, and so do
`Conv(64, 7, 2)`, `Inception(64, (96, 128), (16, 32), 32)` and `Residual(2, 128, stride=2)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import cast

from explorer.arch.blocks import Block
from explorer.arch.text.calls import called, construct
from explorer.arch.text.constructors import CONSTRUCTORS, VGG, WRITERS
from explorer.arch.text.short import PAIR, fields
from explorer.arch.text.tokens import fault
from explorer.arch.text.tree import Group, Item, Leaf
from explorer.arch.text.values import quoted
from explorer.errors import SpecError

_BETWEEN = ", "


def read_block_list(text: str, items: Sequence[Item]) -> list[Block]:
    """The blocks of a block list. Raises ArchTextError at what no constructor takes."""
    return [_block(text, item, number) for number, item in enumerate(items, start=1)]


def write_block_list(blocks: Sequence[Block]) -> str:
    """`(1, 64), VGG(2, 128, norm="batch")`: every setting that is not the default is written."""
    return _BETWEEN.join(map(_written, blocks))


def written_spans(blocks: Sequence[Block]) -> tuple[tuple[int, int], ...]:
    """The offsets (start, end) of each block in what `write_block_list` gives."""
    spans, start = [], 0
    for block in blocks:
        end = start + len(_written(block))
        spans.append((start, end))
        start = end + len(_BETWEEN)
    return tuple(spans)


@lru_cache(maxsize=512)
def _written(block: Block) -> str:
    return WRITERS[type(block)](block)


def _block(text: str, item: Item, number: int) -> Block:
    if isinstance(item, Leaf):
        message = f"A block is written as (num_convs, channels) or {VGG.form}, and this is {quoted(item.text)}."
        raise fault(text, item.start, item.end, message)
    if item.name is None:
        fields(text, item, number, PAIR, "(num_convs, channels)")
        return cast("Block", called(text, item, VGG))
    made = cast("Block", construct(text, item, CONSTRUCTORS, "block"))
    try:
        made.check("")
    except SpecError as error:
        at = _culprit(item, error.path.strip(".").split(".")[0].split("[")[0])
        raise fault(text, at.start, at.end, str(error)) from None
    return made


def _culprit(call: Group, field: str) -> Item:
    return next((value for key, value in call.keywords if key.text == field), call)
