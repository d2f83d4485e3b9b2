"""The block list, our own notation: one readable constructor per block, able to write every field of it.

`(2, 128)` is a plain VGG block; `VGG(3, 256, kernels=(3, 3, 1), norm="batch", pool="average")` says more. A new kind of
block is one entry in `CONSTRUCTORS` and one in `WRITERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NoReturn, cast

from explorer.arch.blocks import Block
from explorer.arch.blocks.vgg import NORMS, PADDINGS, POOL_KINDS, Pool, VGGBlock
from explorer.arch.limits import MAX_CHANNELS, MAX_CONVS, MAX_KERNEL, MAX_POOL
from explorer.arch.ops import ACTIVATIONS
from explorer.arch.text.short import CHANNELS, CONVS, PAIR, fields
from explorer.arch.text.tokens import fault, replaced
from explorer.arch.text.tree import Group, Item, Leaf
from explorer.arch.text.values import quoted, whole_at, word_at
from explorer.errors import SpecError

_Reader = Callable[[str, Item], Any]
_TRUTH = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Constructor:
    """How one call is read: the arguments it takes in order, those it needs, and what is made of them."""

    name: str
    readers: Mapping[str, _Reader]
    needed: int
    make: Callable[..., Any]
    form: str


def _number(low: int, high: int, what: str) -> _Reader:
    return lambda text, item: whole_at(text, item, low, high, what)


def _choice(choices: Sequence[str], what: str) -> _Reader:
    def read(text: str, item: Item) -> str:
        word = word_at(item)
        name = (word or "").lower()
        if name in choices:
            return name
        shown = quoted(text[item.start : item.end])
        listed = ", ".join(choices[:-1]) + f" or {choices[-1]}"
        match = get_close_matches(name, choices, 1)
        fix = replaced(text, item.start, item.end, f'"{match[0]}"', f"Use {match[0]}") if match else None
        raise fault(text, item.start, item.end, f"{what} is {listed}, and this is {shown}.", fix)

    return read


def _truth(text: str, item: Item) -> bool:
    source = item.text if isinstance(item, Leaf) else "a bracket"
    value = _TRUTH.get(source.lower())
    if value is None:
        raise fault(text, item.start, item.end, f"Rounding up is True or False, and this is {quoted(source)}.")
    return value


def _kernel(text: str, item: Item) -> int:
    kernel = whole_at(text, item, 1, MAX_KERNEL, "A kernel size")
    if kernel % 2 == 0:
        fix = replaced(text, item.start, item.end, str(kernel - 1), f"Use {kernel - 1}")
        message = f"A kernel size is odd, so that it has a middle, and this is {kernel}."
        raise fault(text, item.start, item.end, message, fix)
    return kernel


def _kernels(text: str, item: Item) -> tuple[int, ...]:
    if not isinstance(item, Group) or item.name is not None:
        raise fault(text, item.start, item.end, "Kernels are one size per convolution, as in kernels=(3, 3, 1).")
    return tuple(_kernel(text, kernel) for kernel in item.items)


def _pool(text: str, item: Item) -> Pool:
    if isinstance(item, Group) and item.name is not None:
        made = _construct(text, item, {"pool": POOL}, "pool")
        assert isinstance(made, Pool)
        return made
    return Pool(_choice(POOL_KINDS, "A pool")(text, item))


def _optional(read: _Reader) -> _Reader:
    """Let Python's None stand for "none"."""
    none = Leaf("word", "none", 0, 0)
    return lambda text, item: read(text, none if isinstance(item, Leaf) and item.text == "None" else item)


def _vgg(num_convs: int, channels: int, **settings: Any) -> VGGBlock:
    return VGGBlock(num_convs, channels, **settings)


VGG = Constructor(
    "VGG",
    {
        "num_convs": _number(1, MAX_CONVS, CONVS),
        "channels": _number(1, MAX_CHANNELS, CHANNELS),
        "kernel": _kernel,
        "kernels": _kernels,
        "padding": _optional(_choice(PADDINGS, "Padding")),
        "norm": _optional(_choice(NORMS, "Normalisation")),
        "activation": _choice(ACTIVATIONS, "An activation"),
        "pool": _optional(_pool),
    },
    2,
    _vgg,
    "VGG(num_convs, channels)",
)
POOL = Constructor(
    "Pool",
    {
        "kind": _choice(POOL_KINDS, "A pool"),
        "kernel": _number(1, MAX_POOL, "A pool window"),
        "stride": _number(1, MAX_POOL, "A pool step"),
        "ceil_mode": _truth,
    },
    1,
    Pool,
    "Pool(kind, kernel=2, stride=2, ceil_mode=False)",
)
CONSTRUCTORS: Mapping[str, Constructor] = {"vgg": VGG}
"""Each block constructor under its name in lower case."""


def read_block_list(text: str, items: Sequence[Item]) -> list[Block]:
    """The blocks of a block list. Raises ArchTextError at what no constructor takes."""
    return [_block(text, item, number) for number, item in enumerate(items, start=1)]


def write_block_list(blocks: Sequence[Block]) -> str:
    """`(1, 64), VGG(2, 128, norm="batch")`: every setting that is not the default is written."""
    return ", ".join(_write_block(block) for block in blocks)


def _block(text: str, item: Item, number: int) -> Block:
    if isinstance(item, Leaf):
        message = f"A block is written as (num_convs, channels) or {VGG.form}, and this is {quoted(item.text)}."
        raise fault(text, item.start, item.end, message)
    if item.name is None:
        fields(text, item, number, PAIR, "(num_convs, channels)")
        return cast("Block", _called(text, item, VGG))
    made = cast("Block", _construct(text, item, CONSTRUCTORS, "block"))
    try:
        made.check("")
    except SpecError as error:
        at = _culprit(item, error.path.strip(".").split(".")[0].split("[")[0])
        raise fault(text, at.start, at.end, str(error)) from None
    return made


def _culprit(call: Group, field: str) -> Item:
    return next((value for key, value in call.keywords if key.text == field), call)


def _construct(text: str, call: Group, constructors: Mapping[str, Constructor], what: str) -> Any:
    assert call.name is not None
    name = call.name
    constructor = constructors.get(name.text.lower())
    if constructor is None:
        known = [entry.name for entry in constructors.values()]
        match = get_close_matches(name.text.lower(), list(constructors), 1, 0.5)
        fix = None
        if match:
            title = constructors[match[0]].name
            fix = replaced(text, name.start, name.end, title, f"Use {title}")
        message = f"{quoted(name.text)} is not a {what} that is known here; write {' or '.join(known)}."
        raise fault(text, name.start, name.end, message, fix)
    return _called(text, call, constructor)


def _called(text: str, call: Group, constructor: Constructor) -> Any:
    names = list(constructor.readers)
    if len(call.items) > len(names):
        extra = call.items[len(names)]
        raise fault(text, extra.start, extra.end, f"{constructor.name} takes at most {len(names)} values.")
    given: dict[str, Item] = dict(zip(names, call.items, strict=False))
    for key, value in call.keywords:
        if key.text not in constructor.readers:
            _unknown_setting(text, key.start, key.end, constructor)
        if key.text in given:
            raise fault(text, key.start, key.end, f"{key.text} is given twice.")
        given[key.text] = value
    missing = [name for name in names[: constructor.needed] if name not in given]
    if missing:
        raise fault(
            text, call.start, call.end, f"{constructor.name} needs {' and '.join(missing)}: write {constructor.form}."
        )
    return constructor.make(**{name: constructor.readers[name](text, item) for name, item in given.items()})


def _unknown_setting(text: str, start: int, end: int, constructor: Constructor) -> NoReturn:
    names = list(constructor.readers)
    match = get_close_matches(text[start:end].lower(), names, 1)
    fix = replaced(text, start, end, match[0], f"Use {match[0]}") if match else None
    listed = ", ".join(names[:-1]) + f" and {names[-1]}"
    message = f"{constructor.name} has no setting {quoted(text[start:end])}; it has {listed}."
    raise fault(text, start, end, message, fix)


def _write_block(block: Block) -> str:
    plain = VGGBlock(block.num_convs, block.out_channels)
    parts = [str(block.num_convs), str(block.out_channels)]
    for name in ("kernel", "kernels", "padding", "norm", "activation", "pool"):
        value = getattr(block, name)
        if value != getattr(plain, name):
            parts.append(f"{name}={_written(value)}")
    plainly = block == plain
    return f"({', '.join(parts)})" if plainly else f"VGG({', '.join(parts)})"


def _written(value: Any) -> str:
    if isinstance(value, Pool):
        return _write_pool(value)
    if isinstance(value, tuple):
        return f"({value[0]},)" if len(value) == 1 else f"({', '.join(map(str, value))})"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _write_pool(pool: Pool) -> str:
    plain = Pool(pool.kind)
    if pool == plain:
        return f'"{pool.kind}"'
    settings = [f"{name}={getattr(pool, name)}" for name in ("kernel", "stride", "ceil_mode")
                if getattr(pool, name) != getattr(plain, name)]  # fmt: skip
    return f'Pool("{pool.kind}", {", ".join(settings)})'
