"""Which notation a text is in, and the items of its sequence of blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from explorer.arch.text.tree import Group, Item
from explorer.arch.text.values import word_at

Notation = Literal["pairs", "triples", "torchvision", "blocks"]

_BY_SIZE: dict[int, Notation] = {2: "pairs", 3: "triples"}
_SQUARE = ("[", "［", "【")
_POOLS = ("m", "a", "c")
_NO_POOL = ("true", "false", "none")


def recognise(root: Group, hint: Notation | None) -> tuple[Notation, list[Item]]:
    """The notation and the blocks' items. `hint` decides where the text could be either."""
    items, bracket = _inside(root)
    groups = [item for item in items if isinstance(item, Group)]
    if any(group.name is not None for group in groups):
        return "blocks", items
    if not groups:
        return _flat(items, bracket, hint)
    if 2 * len(groups) < len(items) and _has_letters(items, bracket):
        return "torchvision", items
    return _tuples(groups, hint), items


def _inside(root: Group) -> tuple[list[Item], str]:
    """What the outermost brackets hold, however many there are, and the kind of the innermost of them."""
    around = root
    while len(around.items) == 1 and isinstance(inner := around.items[0], Group) and inner.name is None:
        around = inner
    return around.items, around.bracket


def _flat(items: list[Item], bracket: str, hint: Notation | None) -> tuple[Notation, list[Item]]:
    """Only figures and letters: torchvision's list, or a single block whose bracket was the outermost."""
    if not items or hint == "torchvision" or _has_letters(items, bracket):
        return "torchvision", items
    lone = Group(items[0].start, items[-1].end, bracket=bracket, items=items)
    if len(items) in _BY_SIZE:
        return ("blocks" if hint == "blocks" and len(items) == 2 else _BY_SIZE[len(items)]), [lone]
    if bracket in _SQUARE:
        return "torchvision", items
    return (hint or "pairs"), items


def _has_letters(items: Sequence[Item], bracket: str) -> bool:
    """Whether a pool's letter stands among `items`; in square brackets any word is taken for one."""
    words = [word.lower() for item in items if (word := word_at(item)) is not None]
    if bracket in _SQUARE:
        return any(not word.isdecimal() and word not in _NO_POOL for word in words)
    return any(word in _POOLS for word in words)


def _tuples(groups: Sequence[Group], hint: Notation | None) -> Notation:
    sizes = [len(group.items) for group in groups]
    if set(sizes) == {3}:
        return "triples"
    if set(sizes) == {2}:
        return "blocks" if hint == "blocks" else "pairs"
    if hint is not None and hint != "torchvision":
        return hint
    return "triples" if sizes.count(3) > sizes.count(2) else "pairs"
