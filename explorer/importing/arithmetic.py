"""Sums, products and comparisons of what the text writes out, with bounds on how large anything may grow."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

MAX_BITS = 256
MAX_ITEMS = 10_000
MAX_TEXT = 10_000


class NotKnownError(Exception):
    """A value that cannot be worked out from the text."""


def _sequence_or_number(value: Any) -> bool:
    return isinstance(value, int | float | list | tuple | str)


def _plus(left: Any, right: Any) -> Any:
    both = isinstance(left, list | tuple | str) and type(left) is type(right)
    if both and len(left) + len(right) > MAX_ITEMS:
        raise NotKnownError
    return left + right


def _times(left: Any, right: Any) -> Any:
    for many, few in ((left, right), (right, left)):
        if isinstance(many, list | tuple | str) and isinstance(few, int) and len(many) * max(few, 0) > MAX_ITEMS:
            raise NotKnownError
    return left * right


def _power(left: Any, right: Any) -> Any:
    if isinstance(right, int) and abs(right) > 64:
        raise NotKnownError
    return left**right


def _remainder(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        raise NotKnownError
    return left % right


_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: _plus,
    ast.Sub: operator.sub,
    ast.Mult: _times,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _remainder,
    ast.Pow: _power,
}

_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: lambda left, right: left is right or (left == right and isinstance(left, bool | str | int)),
    ast.IsNot: lambda left, right: not (left is right or (left == right and isinstance(left, bool | str | int))),
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}

_FAULTS = (TypeError, ValueError, ArithmeticError)


def combined(kind: ast.operator, left: Any, right: Any) -> Any:
    """`left` and `right` under an operator. Raises NotKnownError where that has no bounded value."""
    work = _OPERATORS.get(type(kind))
    if work is None or not _sequence_or_number(left) or not _sequence_or_number(right):
        raise NotKnownError
    try:
        return bounded(work(left, right))
    except _FAULTS:
        raise NotKnownError from None


def compared(kind: ast.cmpop, left: Any, right: Any) -> bool:
    """Whether `left` and `right` compare so. Raises NotKnownError for what has no such comparison."""
    simple = (int, float, str, bool, list, tuple, dict, type(None))
    if not isinstance(left, simple) or not isinstance(right, simple):
        raise NotKnownError
    try:
        return bool(_COMPARISONS[type(kind)](left, right))
    except _FAULTS:
        raise NotKnownError from None


def signed(kind: ast.unaryop, value: Any) -> Any:
    """`value` under `-`, `+` or `not`."""
    if isinstance(kind, ast.Not) and isinstance(value, int | float | str | bool | list | tuple | dict | None):
        return not value
    if isinstance(kind, ast.USub | ast.UAdd) and isinstance(value, int | float):
        return -value if isinstance(kind, ast.USub) else value
    raise NotKnownError


def bounded(value: Any) -> Any:
    """`value` if it is not larger than anything a network needs; else NotKnownError."""
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise NotKnownError
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise NotKnownError
    if isinstance(value, complex):
        raise NotKnownError
    return value
