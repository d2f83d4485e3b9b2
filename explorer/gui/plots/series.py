"""Numbers that grow while they are drawn: appended in chunks, reduced to least and largest per block, smoothed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

BLOCK = 4  # points that a level of the pyramid joins to one
_START_CAPACITY = 256
_LONGEST_BLOCK = 512
_LOG_RANGE = math.log(1e5)  # powers inside a block stay within this ratio
_SMALL_WEIGHT = 1e-3
_FEW = 6  # times 1e-3 is beyond the digits of a float


def spread(first: int, last: int, most: int) -> Indices:
    """At most `most` rising indices from `first` to `last` (not included), evenly spread; none where there is none."""
    num = max(0, min(last - first, most))
    return np.linspace(first, max(first, last - 1), num).astype(np.int64)


class Growing:
    """An array of floats with room to grow: appending costs no copy of what is there (amortised)."""

    def __init__(self, values: Sequence[float] | Floats = ()) -> None:
        self._buffer: Floats = np.empty(_START_CAPACITY)
        self._size = 0
        self.extend(values)

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> Floats:
        """Everything appended so far; a view that stays true only until the next `extend`."""
        return self._buffer[: self._size]

    def extend(self, values: Sequence[float] | Floats) -> None:
        """Append `values`."""
        size = self._size + len(values)
        if size > len(self._buffer):
            grown = np.empty(max(size, 2 * len(self._buffer)))
            grown[: self._size] = self.values
            self._buffer = grown
        self._buffer[self._size : size] = values
        self._size = size


class MinMaxPyramid:
    """The least and the largest of every 4, 16, 64, ... points, so that any stretch is drawn from a few hundred.

    Values that are not finite are left out: a block holds NaN only where all of its points do.
    """

    def __init__(self) -> None:
        self.points = Growing()
        self._lows: list[Growing] = []
        self._highs: list[Growing] = []

    def extend(self, values: Sequence[float] | Floats) -> None:
        """Append `values` and complete the blocks that they fill."""
        fresh = np.asarray(values, dtype=np.float64)
        self.points.extend(np.where(np.isfinite(fresh), fresh, np.nan))
        lower, upper, level = self.points, self.points, 0
        while len(lower) >= BLOCK:
            if level == len(self._lows):
                self._lows.append(Growing())
                self._highs.append(Growing())
            done = len(self._lows[level])
            whole = len(lower) // BLOCK
            if whole > done:
                span = slice(done * BLOCK, whole * BLOCK)
                self._lows[level].extend(np.fmin.reduce(lower.values[span].reshape(-1, BLOCK), axis=1))
                self._highs[level].extend(np.fmax.reduce(upper.values[span].reshape(-1, BLOCK), axis=1))
            lower, upper, level = self._lows[level], self._highs[level], level + 1

    def outline(self, first: int, last: int, max_points: int) -> tuple[Indices, Floats]:
        """Indices and values of at most about `max_points` points that look like points `first` to `last` (exclusive).

        Where the stretch has more, each block gives its least and its largest value at the block's index.
        """
        first, last = max(0, first), min(last, len(self.points))
        if last - first <= max_points:
            indices = np.arange(first, last)
            return indices, self.points.values[first:last]
        level, size = -1, 1
        while (last - first) / size * 2 > max_points and level + 1 < len(self._lows):
            level, size = level + 1, size * BLOCK
        lows, highs = self._lows[level].values, self._highs[level].values
        begin, end = first // size, min(-(-last // size), len(lows))
        indices = np.repeat(np.arange(begin, end) * size, 2)
        values = np.empty(2 * (end - begin))
        values[0::4], values[1::4] = highs[begin:end:2], lows[begin:end:2]
        values[2::4], values[3::4] = lows[begin + 1 : end : 2], highs[begin + 1 : end : 2]
        tail = np.arange(end * size, last)  # the newest points fill no block yet
        return np.concatenate([indices, tail]), np.concatenate([values, self.points.values[tail]])


def decayed_sums(values: Floats, weight: float, carry: float = 0.0) -> Floats:
    """s_i = weight · s_(i−1) + (1 − weight) · values_i with s_(−1) = carry, for a million points in some 20 ms.

    Inside a block, s is a running sum of values divided by falling powers of the weight; a block is short enough for
    these powers to keep the sum's digits. What flows from block to block is the same recurrence, only shorter.
    """
    if len(values) == 0:
        return values.copy()
    if weight <= _SMALL_WEIGHT:
        return _nearly_plain((1.0 - weight) * values, weight, carry)
    block = min(_LONGEST_BLOCK, len(values), max(1, int(_LOG_RANGE / -math.log(weight))))
    rows = -(-len(values) // block)
    padded = np.zeros(rows * block)
    padded[: len(values)] = values
    powers = weight ** np.arange(1, block + 1)
    inside: Floats = padded.reshape(rows, block) * ((1.0 - weight) / powers)
    np.cumsum(inside, axis=1, out=inside)
    entering = np.full(rows, carry)
    if rows > 1:
        through = float(powers[-1])
        ends = through * inside[:-1, -1]
        entering[1:] = decayed_sums(ends / (1.0 - through), through, carry)
    inside += entering[:, None]
    inside *= powers
    return inside.reshape(-1)[: len(values)]


def _nearly_plain(weighted: Floats, weight: float, carry: float) -> Floats:
    """The same for a weight so small that what is more than a few points back has no digits left."""
    sums = weighted.copy()
    for _ in range(_FEW):
        sums[1:] = weighted[1:] + weight * sums[:-1]
        sums[0] = weighted[0] + weight * carry
    return sums


class Smoothed:
    """The exponential mean of a growing series, its start corrected for bias; points that are not finite are skipped.

    Dividing by the same mean of ones is the correction of Kingma and Ba 2015 (section 3), and it also spans gaps.
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight
        self.points = Growing()
        self._sum = 0.0
        self._mass = 0.0

    def extend(self, values: Sequence[float] | Floats) -> None:
        """Append the smoothed points of `values`."""
        fresh = np.asarray(values, dtype=np.float64)
        if not len(fresh):
            return
        known = np.isfinite(fresh)
        sums = decayed_sums(np.where(known, fresh, 0.0), self.weight, self._sum)
        masses = decayed_sums(known.astype(np.float64), self.weight, self._mass)
        self._sum, self._mass = float(sums[-1]), float(masses[-1])
        smooth = np.full(len(fresh), np.nan)
        np.divide(sums, masses, out=smooth, where=masses > 0)
        self.points.extend(smooth)
