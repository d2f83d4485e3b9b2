"""Single values of the text: whole numbers and words, each with its sentence and, where it is obvious, its repair."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import NoReturn

from explorer.arch.text.tokens import fault, replaced
from explorer.arch.text.tree import Item, Leaf
from explorer.errors import TextFix

_WHOLE = re.compile(r"\d+(?:_\d+)*")
_SUM = re.compile(r"(\d{1,7})\s*(\*\*|//|<<|[-+*/^×])\s*(\d{1,7})")
_NEGATIVE = re.compile(r"[-−–]\s*(\d{1,15})")
_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "×": operator.mul,
    "/": operator.floordiv,
    "//": operator.floordiv,
    "**": operator.pow,
    "^": operator.pow,
    "<<": operator.lshift,
}
_MAX_DIGITS = 15
_MAX_EXPONENT = 64
_QUOTED = 40


def whole_at(text: str, item: Item, low: int, high: int, what: str) -> int:
    """The whole number that `item` is. Raises ArchTextError with a sentence that begins with `what`."""
    if not isinstance(item, Leaf):
        raise fault(text, item.start, item.end, f"{what} is a whole number, and this is a bracket.")
    if item.kind != "number" or not _WHOLE.fullmatch(item.text):
        _not_whole(text, item, low, high, what)
    digits = item.text.replace("_", "").lstrip("0") or "0"
    if len(digits) > _MAX_DIGITS:
        _out_of_range(text, item, f"{what} is at most {high:,}, and this is a number of {len(digits):,} digits.")
    value = int(digits)
    if value < low:
        _out_of_range(text, item, f"{what} is at least {low}, and this is {value}.")
    if value > high:
        _out_of_range(text, item, f"{what} is at most {high:,}, and this is {value:,}.")
    return value


def word_at(item: Item) -> str | None:
    """The word or the inside of the string that `item` is; None where it is anything else."""
    if not isinstance(item, Leaf) or item.kind not in ("word", "string"):
        return None
    return item.text if item.kind == "word" else item.text[1:-1].strip()


def quoted(source: str) -> str:
    """`source` as it is cited in a sentence: on one line and short."""
    line = " ".join(source.split())
    return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 3]}..."


def _out_of_range(text: str, item: Leaf, message: str) -> NoReturn:
    raise fault(text, item.start, item.end, message)


def _not_whole(text: str, item: Leaf, low: int, high: int, what: str) -> NoReturn:
    meant = _meant(item)
    negative = _NEGATIVE.fullmatch(item.text)
    if item.kind == "sum" and negative:
        message = f"{what} is at least {low}, and this is −{int(negative.group(1)):,}."
    elif item.kind == "sum":
        message = f"{what} is one plain number, and this is {quoted(item.text)}."
    else:
        message = f"{what} is a whole number, and this is {quoted(item.text)}."
    fix: TextFix | None = None
    if meant is not None and low <= meant <= high:
        fix = replaced(text, item.start, item.end, str(meant), f"Use {meant}")
    raise fault(text, item.start, item.end, message, fix)


def _meant(item: Leaf) -> int | None:
    """The whole number that was probably meant: 64 for 64.5, "64", −64 or 32 * 2."""
    source = item.text.strip("\"'“”‘’＂ ")
    negative, sum_ = _NEGATIVE.fullmatch(source), _SUM.fullmatch(source)
    if negative:
        return int(negative.group(1))
    if sum_:
        left, sign, right = int(sum_.group(1)), sum_.group(2), int(sum_.group(3))
        too_much = sign in ("**", "^", "<<") and right > _MAX_EXPONENT
        return None if too_much or (right == 0 and sign in ("/", "//")) else _OPERATORS[sign](left, right)
    try:
        return int(float(source.replace("_", "")))
    except (ValueError, OverflowError):
        return None
