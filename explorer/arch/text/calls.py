"""Calls such as `VGG(3, 256, pool="average")`: how one is read, and the readers of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple, NoReturn

from explorer.arch.blocks.parts import POOL_KINDS, Pool
from explorer.arch.limits import MAX_KERNEL, MAX_LRN, MAX_POOL
from explorer.arch.ops import LocalResponseNorm
from explorer.arch.text.tokens import fault, replaced
from explorer.arch.text.tree import Group, Item, Leaf
from explorer.arch.text.values import quoted, whole_at, word_at

Reader = Callable[[str, Item], Any]
_TRUTH = {"true": True, "false": False, "1": True, "0": False}


class Constructor(NamedTuple):
    """How one call is read: the arguments it takes in order, those it needs, and what is made of them."""

    name: str
    readers: Mapping[str, Reader]
    needed: int
    make: Callable[..., Any]
    form: str


def number(low: int, high: int, what: str) -> Reader:
    """A reader of whole numbers from `low` to `high`; its sentences begin with `what`."""
    return lambda text, item: whole_at(text, item, low, high, what)


def choice(choices: Sequence[str], what: str) -> Reader:
    """A reader of one word out of `choices`."""

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


def truth(what: str) -> Reader:
    """A reader of True or False; its sentences begin with `what`."""

    def read(text: str, item: Item) -> bool:
        source = item.text if isinstance(item, Leaf) else "a bracket"
        value = _TRUTH.get(source.lower())
        if value is None:
            raise fault(text, item.start, item.end, f"{what} is True or False, and this is {quoted(source)}.")
        return value

    return read


def decimal(what: str) -> Reader:
    """A reader of numbers above 0 and below 1; its sentences begin with `what`."""

    def read(text: str, item: Item) -> float:
        try:
            value = float(item.text) if isinstance(item, Leaf) else 0.0
        except ValueError:
            value = 0.0
        if not 0 < value < 1:
            source = quoted(text[item.start : item.end])
            raise fault(text, item.start, item.end, f"{what} is a number above 0 and below 1, and this is {source}.")
        return value

    return read


def amount(high: float, what: str) -> Reader:
    """A reader of numbers above 0 and at most `high`; its sentences begin with `what`."""

    def read(text: str, item: Item) -> float:
        try:
            value = float(item.text) if isinstance(item, Leaf) else 0.0
        except ValueError:
            value = 0.0
        if not 0 < value <= high:
            source = quoted(text[item.start : item.end])
            message = f"{what} is a number above 0 and at most {high:g}, and this is {source}."
            raise fault(text, item.start, item.end, message)
        return value

    return read


def odd_kernel(text: str, item: Item) -> int:
    """An odd kernel size."""
    kernel = whole_at(text, item, 1, MAX_KERNEL, "A kernel size")
    if kernel % 2 == 0:
        fix = replaced(text, item.start, item.end, str(kernel - 1), f"Use {kernel - 1}")
        message = f"A kernel size is odd, so that it has a middle, and this is {kernel}."
        raise fault(text, item.start, item.end, message, fix)
    return kernel


def odd_kernels(text: str, item: Item) -> tuple[int, ...]:
    """One odd kernel size per convolution, as in (3, 3, 1)."""
    if not isinstance(item, Group) or item.name is not None:
        raise fault(text, item.start, item.end, "Kernels are one size per convolution, as in kernels=(3, 3, 1).")
    return tuple(odd_kernel(text, kernel) for kernel in item.items)


def pool(text: str, item: Item) -> Pool:
    """A pool's kind, or a call of `Pool` with its settings."""
    if isinstance(item, Group) and item.name is not None:
        made = construct(text, item, {"pool": POOL}, "pool")
        assert isinstance(made, Pool)
        return made
    return Pool(choice(POOL_KINDS, "A pool")(text, item))


def lrn(text: str, item: Item) -> LocalResponseNorm:
    """A call of `Lrn` with the constants of local response normalisation."""
    if not isinstance(item, Group) or item.name is None:
        raise fault(text, item.start, item.end, "The constants are written as Lrn(5, 0.0005, 0.75, 2.0).")
    made = construct(text, item, {"lrn": LRN}, "norm")
    assert isinstance(made, LocalResponseNorm)
    return made


def optional(read: Reader) -> Reader:
    """Let Python's None stand for "none"."""
    none = Leaf("word", "none", 0, 0)
    return lambda text, item: read(text, none if isinstance(item, Leaf) and item.text == "None" else item)


def one_of(names: Sequence[str]) -> str:
    """`A`, `A or B`, `A, B or C`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def construct(text: str, call: Group, constructors: Mapping[str, Constructor], what: str) -> Any:
    """What the call makes. Raises ArchTextError for a name that `constructors` lacks."""
    assert call.name is not None
    name = call.name
    constructor = constructors.get(name.text.lower())
    if constructor is None:
        known = [entry.name for entry in constructors.values()]
        # torch's Conv2d(in, out, ...) has the figures in other places: another name would not mend it
        match = [] if name.text.endswith("2d") else get_close_matches(name.text.lower(), list(constructors), 1, 0.5)
        fix = None
        if match:
            title = constructors[match[0]].name
            fix = replaced(text, name.start, name.end, title, f"Use {title}")
        message = f"{quoted(name.text)} is not a {what} that is known here; write {one_of(known)}."
        raise fault(text, name.start, name.end, message, fix)
    return called(text, call, constructor)


def called(text: str, call: Group, constructor: Constructor) -> Any:
    """What `constructor` makes of the values in `call`."""
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


POOL = Constructor(
    "Pool",
    {
        "kind": choice(POOL_KINDS, "A pool"),
        "kernel": number(1, MAX_POOL, "A pool window"),
        "stride": number(1, MAX_POOL, "A pool step"),
        "ceil_mode": truth("Rounding up"),
        "padding": number(0, MAX_POOL, "A pool's padding"),
    },
    1,
    Pool,
    "Pool(kind, kernel=2, stride=2, ceil_mode=False)",
)
LRN = Constructor(
    "Lrn",
    {
        "size": number(1, MAX_LRN, "A number of neighbouring channels"),
        "alpha": amount(MAX_LRN, "The norm's alpha"),
        "beta": amount(MAX_LRN, "The norm's beta"),
        "k": amount(MAX_LRN, "The norm's k"),
    },
    0,
    LocalResponseNorm,
    "Lrn(size, alpha, beta, k)",
)
