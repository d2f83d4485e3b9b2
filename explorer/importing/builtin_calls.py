"""Python's own functions, as far as networks are written with them, on values that are known and small."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from explorer.importing.arithmetic import MAX_ITEMS, NotKnownError
from explorer.importing.values import Chain

_ITEMS = (list, tuple, range, str, dict)


def _range(*bounds: Any) -> Any:
    if not 1 <= len(bounds) <= 3 or not all(isinstance(bound, int) and abs(bound) < 10**9 for bound in bounds):
        raise NotKnownError
    if len(bounds) == 3 and bounds[2] == 0:
        raise NotKnownError
    return range(*bounds)


def _sequence(value: Any) -> list[Any]:
    if isinstance(value, Chain):
        return list(value.children)
    if not isinstance(value, _ITEMS) or len(value) > MAX_ITEMS:
        raise NotKnownError
    return list(value)


def _number(kind: Callable[[Any], Any]) -> Callable[..., Any]:
    def work(value: Any = 0, *_rest: Any) -> Any:
        if not isinstance(value, int | float) and not (isinstance(value, str) and len(value) < 40):
            raise NotKnownError
        try:
            return kind(value)
        except (ValueError, OverflowError):
            raise NotKnownError from None

    return work


def _reduced(kind: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def work(*values: Any) -> Any:
        items = _sequence(values[0]) if len(values) == 1 else list(values)
        if not items or not all(isinstance(item, int | float) for item in items):
            raise NotKnownError
        return kind(items)

    return work


def _sequence_of(kind: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    return lambda *values: kind(_sequence(values[0])) if values else kind([])


def _zip(*values: Any, strict: bool = False) -> Any:
    del strict
    return [tuple(row) for row in zip(*map(_sequence, values), strict=False)]


def _enumerate(values: Any, start: Any = 0) -> Any:
    return [(index, item) for index, item in enumerate(_sequence(values), start if isinstance(start, int) else 0)]


def _length(value: Any) -> int:
    if isinstance(value, _ITEMS):
        return len(value)
    return len(_sequence(value))


def _dictionary(*values: Any, **named: Any) -> dict[Any, Any]:
    pairs = _sequence(values[0]) if values and not isinstance(values[0], dict) else []
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str | int) for pair in pairs):
        raise NotKnownError
    return {**(values[0] if values and isinstance(values[0], dict) else dict(pairs)), **named}


def _isinstance(value: Any, kinds: Any = None) -> bool:
    names = {str(kind) for kind in (kinds if isinstance(kinds, tuple) else (kinds,))}
    if not names <= {"int", "str", "list", "tuple", "float", "dict"}:
        raise NotKnownError
    return type(value).__name__ in names


BUILTINS: Mapping[str, Callable[..., Any]] = {
    "range": _range,
    "len": lambda value=None, *_: _length(value),
    "int": _number(int),
    "float": _number(float),
    "round": _number(round),
    "abs": _number(lambda value: abs(value) if isinstance(value, int | float) else 0),
    "max": _reduced(max),
    "min": _reduced(min),
    "sum": _reduced(sum),
    "list": _sequence_of(list),
    "tuple": _sequence_of(tuple),
    "reversed": _sequence_of(lambda items: items[::-1]),
    "zip": _zip,
    "enumerate": lambda values=(), start=0: _enumerate(values, start),
    "dict": _dictionary,
    "isinstance": lambda value=None, kinds=None: _isinstance(value, kinds),
    **dict.fromkeys(("copy.deepcopy", "deepcopy"), lambda value=None: value),
    **dict.fromkeys(("cast", "typing.cast"), lambda _kind=None, value=None: value),
}
"""Function -> what it gives; each raises NotKnownError for anything that has no small, certain answer."""


def _of_dict(work: Callable[..., Any]) -> Callable[..., Any]:
    def method(owner: Any, *values: Any) -> Any:
        if not isinstance(owner, dict):
            raise NotKnownError
        return work(owner, *values)

    return method


def _of_text(work: Callable[[str], str]) -> Callable[..., Any]:
    def method(owner: Any, *_: Any) -> Any:
        if not isinstance(owner, str):
            raise NotKnownError
        return work(owner)

    return method


def _get(owner: dict[Any, Any], key: Any = None, default: Any = None) -> Any:
    return owner.get(key, default) if isinstance(key, int | str | float | None) else default


VALUE_METHODS: Mapping[str, Callable[..., Any]] = {
    "get": _of_dict(_get),
    "keys": _of_dict(list),
    "values": _of_dict(lambda owner: list(owner.values())),
    "items": _of_dict(lambda owner: list(owner.items())),
    "lower": _of_text(str.lower),
    "upper": _of_text(str.upper),
    "strip": _of_text(str.strip),
}
"""Methods of dictionaries and texts."""
