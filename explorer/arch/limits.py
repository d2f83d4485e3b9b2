"""How large the numbers of a network may be, and the sentences for those that are not.

Shapes and counts are plain arithmetic, so the limits are generous: they keep a slip of the keyboard from becoming a
graph of a million nodes, nothing more. What fits a device is the forecast's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.errors import SpecError

MAX_CHANNELS = 1_000_000
MAX_CONVS = 64
MAX_BLOCKS = 128
MAX_KERNEL = 31
MAX_POOL = 1024
MAX_SIDE = 65_536
MAX_CLASSES = 1_000_000
MAX_HIDDEN = 1_000_000
MAX_HIDDEN_LAYERS = 16
MAX_STRIDE = 64
MAX_DILATION = 64
MAX_PATHS = 16
MAX_UNITS = 64
MAX_LRN = 1000


def whole(value: Any, low: int, high: int, path: str, what: str) -> int:
    """`value` if it is a whole number from `low` to `high`; else SpecError with a sentence that begins with `what`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise SpecError(f"{what} is a whole number, and this is {shown(value)}.", path=path)
    if value < low:
        raise SpecError(f"{what} is at least {low}, and this is {shown(value)}.", path=path)
    if value > high:
        raise SpecError(f"{what} is at most {high:,}, and this is {shown(value)}.", path=path)
    return value


def positive(value: Any, path: str, what: str) -> float:
    """`value` if it is a number above 0 and below 1; else SpecError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise SpecError(f"{what} is a number above 0 and below 1, and this is {shown(value)}.", path=path)
    return float(value)


def amount(value: Any, high: float, path: str, what: str) -> float:
    """`value` if it is a number above 0 and at most `high`; else SpecError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= high:
        raise SpecError(f"{what} is a number above 0 and at most {high:g}, and this is {shown(value)}.", path=path)
    return float(value)


def fraction(value: Any, path: str, what: str) -> float:
    """`value` if it lies in [0, 1); else SpecError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise SpecError(f"{what} is a number from 0 up to but not 1, and this is {shown(value)}.", path=path)
    return float(value)


def choice(value: Any, choices: Sequence[str], path: str, what: str) -> str:
    """`value` if it is one of `choices`; else SpecError that lists them."""
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(choices[:-1]) + f" or {choices[-1]}"
        raise SpecError(f"{what} is {listed}, and this is {shown(value)}.", path=path)
    return value


def shown(value: Any) -> str:
    """`value` as it is quoted in a sentence: short, and thousands parted."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if abs(value) < 10**15 else "a number of more than 15 digits"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
