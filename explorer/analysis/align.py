"""The cheapest way to turn one sequence into another: what is kept side by side, what is put in, what is taken out.

Source: Needleman & Wunsch 1970, "A general method applicable to the search for similarities in the amino acid sequence
of two proteins"; the distance is that of Levenshtein with real costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Left = TypeVar("Left")
Right = TypeVar("Right")
Pairing = tuple[int | None, int | None]
"""Places in both sequences, from 0; None where one of them has nothing."""

GAP = 1.0
"""What it costs to put one element in, or to take one out; two that cost more than twice this stay apart."""


def align(left: Sequence[Left], right: Sequence[Right], cost: Callable[[Left, Right], float]) -> tuple[Pairing, ...]:
    """Every element of both sequences once, in order, so that the sum of costs is least.

    `cost` is 0 for equal elements. Where several ways cost the same, elements are paired as early as possible.
    """
    table = _table(left, right, cost)
    pairs: list[Pairing] = []
    i = j = 0
    while i < len(left) or j < len(right):
        here = table[i][j]
        if i < len(left) and j < len(right) and _same(here, cost(left[i], right[j]) + table[i + 1][j + 1]):
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif i < len(left) and _same(here, GAP + table[i + 1][j]):
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    return tuple(pairs)


def _table(left: Sequence[Left], right: Sequence[Right], cost: Callable[[Left, Right], float]) -> list[list[float]]:
    """For each pair of places, what the rest behind them costs at least."""
    rows, columns = len(left), len(right)
    table = [[GAP * (columns - j) for j in range(columns + 1)]]
    for i in range(rows - 1, -1, -1):
        below = table[-1]
        row = [0.0] * (columns + 1)
        row[columns] = GAP * (rows - i)
        for j in range(columns - 1, -1, -1):
            row[j] = min(cost(left[i], right[j]) + below[j + 1], GAP + below[j], GAP + row[j + 1])
        table.append(row)
    table.reverse()
    return table


def _same(a: float, b: float) -> bool:
    return abs(a - b) < 1e-9
