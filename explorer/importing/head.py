"""The steps after the last map to a head, and whether the first linear layer fits the map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from explorer.arch import ops
from explorer.arch.spec import Head, HeadPool
from explorer.importing.result import Note
from explorer.importing.steps import FlatNorm, Foreign, Silent, Step
from explorer.importing.units import Map
from explorer.units import TIMES, exact


@dataclass(frozen=True, slots=True)
class HeadRead:
    """A head, its number of classes (None without a linear layer), its lines, and what its first layer takes."""

    head: Head
    num_classes: int | None
    lines: tuple[int, ...]
    notes: tuple[Note, ...]
    first: Step | None = None
    flat: int | None = None


def read_head(steps: Sequence[Step], last_map: Map | None, *, said_flat: bool) -> HeadRead:
    """The head that `steps` are; `said_flat` asks for a flatten to be written before the first linear layer."""
    notes: list[Note] = []
    pool = _pool(steps, last_map, notes)
    linears = [(index, step) for index, step in enumerate(steps) if isinstance(step.op, ops.Linear)]
    lines = tuple(step.line for step in steps)
    if not linears:
        return HeadRead(Head(hidden=(), dropout=0.0, pool=pool), None, lines, tuple(notes))
    first_index, first = linears[0]
    flattened = any(isinstance(step.op, ops.Flatten) for step in steps[:first_index])
    if said_flat and not flattened and pool != "global_average":
        notes.append(Note(first.line, f"There is no Flatten before {first.name}; the map is flattened here."))
    flat = _flat(pool, last_map)
    activation = _activation(steps, linears, notes)
    dropout, dropout_first = _dropout(steps, linears, notes)
    _check_the_rest(steps, linears, notes)
    widths = [_linear(step).out_features for _, step in linears]
    head = Head(tuple(widths[:-1]), dropout, pool, activation, dropout_first)
    return HeadRead(head, widths[-1], lines, tuple(notes), first, flat)


def _linear(step: Step) -> ops.Linear:
    assert isinstance(step.op, ops.Linear)
    return step.op


def _pool(steps: Sequence[Step], last_map: Map | None, notes: list[Note]) -> HeadPool:
    for step in steps:
        if not isinstance(step.op, ops.AdaptiveAvgPool2d):
            continue
        size = step.op.output_size
        if size == (1, 1):
            return "global_average"
        if size == (7, 7):
            return "adaptive"
        if last_map is None or size != last_map[1:]:
            sides = f"{size[0]} {TIMES} {size[1]}"
            here = f"{last_map[1]} {TIMES} {last_map[2]}" if last_map is not None else "as it is"
            notes.append(
                Note(step.line, f"{step.name} averages to {sides}; heads know 7 {TIMES} 7 and 1 {TIMES} 1, so the map "
                     f"is flattened {here}.")
            )  # fmt: skip
        return "none"
    return "none"


def _flat(pool: HeadPool, last_map: Map | None) -> int | None:
    if last_map is None:
        return None
    sides = {"none": last_map[1:], "adaptive": (7, 7), "global_average": (1, 1)}[pool]
    return last_map[0] * sides[0] * sides[1]


def _activation(steps: Sequence[Step], linears: Sequence[tuple[int, Step]], notes: list[Note]) -> ops.ActivationName:
    found: list[tuple[ops.ActivationName, Step]] = []
    for (start, linear), (end, _) in pairwise(linears):
        own = [step for step in steps[start:end] if isinstance(step.op, ops.Activation)]
        if not own:
            notes.append(Note(linear.line, f"No activation follows {linear.name}, and heads have one after each."))
        found += [(step.op.function, step) for step in own[:1] if isinstance(step.op, ops.Activation)]
    for name, step in found[1:]:
        if name != found[0][0]:
            notes.append(Note(step.line, f"A head has one activation; {found[0][0]} is used here too."))
            break
    after = [step for step in steps[linears[-1][0] :] if isinstance(step.op, ops.Activation)]
    if after:
        notes.append(Note(after[0].line, "The activation after the last layer is left out: it gives class scores."))
    return found[0][0] if found else "relu"


def _dropout(steps: Sequence[Step], linears: Sequence[tuple[int, Step]], notes: list[Note]) -> tuple[float, bool]:
    """The rate, and whether dropout stands before the layers instead of after them."""
    rates: dict[int, tuple[float, int]] = {}
    starts = [index for index, _ in linears]
    for index, step in enumerate(steps[: starts[-1]]):
        if isinstance(step.op, ops.Dropout):
            rates[sum(start < index for start in starts)] = (step.op.p, step.line)
    if not rates:
        return 0.0, False
    hidden = len(linears) - 1
    rate, line = next(iter(rates.values()))
    if not 0 <= rate < 1:
        notes.append(Note(line, f"A dropout of {rate:g} cannot be; heads take 0 up to but not 1. It is left out."))
        return 0.0, False
    if len({one for one, _ in rates.values()}) > 1:
        listed = " and ".join(f"{one:g}" for one in dict.fromkeys(one for one, _ in rates.values()))
        notes.append(Note(line, f"The dropouts differ ({listed}), and a head has one rate: {rate:g} is used."))
    places = set(rates)
    after, before = set(range(1, hidden + 1)), set(range(max(hidden, 1)))
    if places not in (after, before):
        notes.append(
            Note(line, f"A head has dropout at each of its {hidden} hidden layers; here {len(places)} have it.")
        )
    return rate, places == before or (0 in places and hidden not in places)


def _check_the_rest(steps: Sequence[Step], linears: Sequence[tuple[int, Step]], notes: list[Note]) -> None:
    for (_, before), (_, step) in pairwise(linears):
        comes = _linear(before).out_features
        if step.takes is not None and step.takes != comes:
            sentence = (
                f"{step.name} takes {exact(step.takes)} numbers, and {exact(comes)} come in; imported with those."
            )
            notes.append(Note(step.line, sentence))
    lost = sum(_linear(step).out_features for _, step in linears if not _linear(step).bias)
    if lost:
        line = next(step.line for _, step in linears if not _linear(step).bias)
        notes.append(Note(line, f"Linear layers here have a bias; that is {exact(lost)} parameters more than written."))
    for index, step in enumerate(steps):
        if isinstance(step.op, FlatNorm | ops.BatchNorm2d):
            width = next((_linear(one).out_features for at, one in reversed(linears) if at < index), None)
            count = f"its {exact(2 * width)} parameters are" if width else "it is"
            notes.append(Note(step.line, f"Heads have no batch norm; {count} left out."))
        elif isinstance(step.op, Foreign) and step.op.sentence:
            notes.append(Note(step.line, step.op.sentence))
        elif not isinstance(step.op, _KNOWN):
            notes.append(Note(step.line, f"{step.name} has no place in a head; it is left out."))


_KNOWN = (ops.Linear, ops.Flatten, ops.AdaptiveAvgPool2d, ops.Activation, ops.Dropout, Silent, Foreign)


def as_map(numbers: int, channels: int) -> str:
    """`6,272 = 128 × 7 × 7` where the numbers are a square map of so many channels, else the number alone."""
    side = math.isqrt(numbers // channels) if channels and numbers % channels == 0 else 0
    if side and side * side * channels == numbers:
        return f"{exact(numbers)} = {exact(channels)} {TIMES} {side} {TIMES} {side}"
    return exact(numbers)
