"""Ranges that move in steps and the ticks that stand on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from explorer.units import MINUS, si

MAX_TICKS = 6
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)

Range = tuple[float, float]


def nice_step(span: float, max_ticks: int = MAX_TICKS) -> float:
    """The least of 1, 2, 2.5, 5 · 10^n that puts at most `max_ticks` ticks on `span`."""
    if not span > 0 or not math.isfinite(span):
        return 1.0
    rough = span / max(1, max_ticks - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _STEPS if step * power >= rough * (1 - 1e-9))


def linear_ticks(low: float, high: float, *, max_ticks: int = MAX_TICKS, whole: bool = False) -> list[float]:
    """At most `max_ticks` round values in [low, high]; with `whole`, only whole numbers."""
    step = nice_step(high - low, max_ticks)
    if whole:
        step = max(1.0, math.ceil(step - 1e-9))
    return _multiples(low, high, step)


def clock_ticks(low: float, high: float, *, max_ticks: int = MAX_TICKS) -> list[float]:
    """Ticks in seconds that read well as minutes and hours."""
    rough = (high - low) / max(1, max_ticks - 1)
    step = next((step for step in _CLOCK_STEPS if step >= rough), None)
    return _multiples(low, high, float(step or nice_step(high - low, max_ticks)))


def log_ticks(low: float, high: float, *, max_ticks: int = MAX_TICKS) -> list[float]:
    """Powers of ten in [low, high], with 2 and 5 between them where there is room; fewer decades where there is not."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for factors in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        found = [f * 10.0**power for power in range(first, last + 1) for f in factors]
        inside = [value for value in found if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
        if len(inside) <= max_ticks:
            return inside
    every = -(-len(inside) // max_ticks)
    return inside[::every]


def _multiples(low: float, high: float, step: float) -> list[float]:
    first = math.ceil(low / step - 1e-6)
    last = math.floor(high / step + 1e-6)
    return [index * step for index in range(first, last + 1)]


def tick_label(value: float, ticks: Sequence[float]) -> str:
    """`0.25`, `1.0`, `10 k`: as many decimals as its neighbours need, a plain 0 for zero."""
    if abs(value) < 1e-12:
        return "0"
    if abs(value) >= 10_000:
        return si(value, significant=3)
    gaps = [abs(b - a) for a, b in pairwise(ticks)]
    gap = min(gaps) if gaps else abs(value)
    decimals = 0
    while decimals < 8 and abs(round(gap, decimals) - gap) > gap * 1e-3:
        decimals += 1
    return f"{value:.{decimals}f}".replace("-", MINUS)


def log_label(value: float) -> str:
    """`0.02`, `1`, `10`, `1e-05`: a tick of a logarithmic axis."""
    return f"{value:g}" if 1e-4 <= abs(value) < 1e5 else f"{value:.0e}"


def stepped_top(value: float, *, floor: float) -> float:
    """The least of `floor`, 2 · `floor`, 4 · `floor`, ... that holds `value`."""
    top = floor
    while top < value:
        top *= 2
    return top


def loss_range(values: Sequence[float]) -> Range:
    """From 0 to a round figure over the largest of `values`."""
    top = max((value for value in values if math.isfinite(value)), default=0.0)
    if top <= 0:
        return 0.0, 2.5
    step = nice_step(top * 1.05)
    return 0.0, step * math.ceil(top * 1.02 / step)


def percent_range(values: Sequence[float]) -> Range:
    """Round figures around accuracies in percent, within 0 and 100."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return 0.0, 100.0
    low, high = min(finite), max(finite)
    span = max(high - low, 4.0)
    step = nice_step(span * 1.2)
    bottom = max(0.0, step * math.floor((low - 0.04 * span) / step))
    top = min(100.0, step * math.ceil((high + 0.04 * span) / step))
    return bottom, top


def log_range(values: Sequence[float]) -> Range:
    """A range that holds every positive one of `values`, ended at 1, 2 or 5 · 10^n."""
    positive = [value for value in values if value > 0 and math.isfinite(value)]
    if not positive:
        return 0.01, 10.0
    low, high = _round_down_125(min(positive)), _round_up_125(max(positive))
    return (low, high) if high > low else (low / 2, high * 2)


def _round_down_125(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return max(f * power for f in (1, 2, 5) if f * power <= value * (1 + 1e-9))


def _round_up_125(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return min(f * power for f in (1, 2, 5, 10) if f * power >= value * (1 - 1e-9))


def holds(current: Range, wanted: Range, *, slack: float = 0.4) -> bool:
    """Whether `current` still shows `wanted`: nothing is outside, and at least `slack` of the height is used."""
    low, high = current
    if wanted[0] < low - 1e-9 or wanted[1] > high + 1e-9:
        return False
    return (wanted[1] - wanted[0]) >= slack * (high - low)
