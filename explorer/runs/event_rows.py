"""Events as rows: the steps packed as numbers, the rest as JSON. Nothing is rounded on the way.

A row of steps is a small header and three columns (losses, accuracies, learning rates). A column is one value if all
are alike, 4-byte floats if these say the same, else 8-byte floats: about 12 bytes a step in practice.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, get_args

from explorer.runs.events import RunEvent, StepsDone

EVENT_CLASSES: Mapping[str, type[Any]] = {kind.__name__: kind for kind in get_args(RunEvent)}
"""Each event class under the name that a row carries."""

_HEADER = struct.Struct("<BqqIdd")  # layout, first step, epoch, number of steps, images per second, elapsed seconds
_LAYOUT = 1


def encode(event: RunEvent) -> tuple[str, str | bytes]:
    """The kind and the payload of the row that keeps `event`."""
    if isinstance(event, StepsDone):
        return "StepsDone", _pack(event)
    return type(event).__name__, json.dumps(asdict(event), ensure_ascii=False, separators=(",", ":"))


def decode(kind: str, payload: str | bytes) -> RunEvent:
    """The event of a row. Raises ValueError when the row is not one that `encode` made."""
    try:
        if kind == "StepsDone" and isinstance(payload, bytes):
            return _unpack(payload)
        event: RunEvent = EVENT_CLASSES[kind](**json.loads(payload))
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise ValueError(f"a row of kind {kind!r} cannot be read: {error}") from None
    return event


def event_to_json(event: RunEvent) -> dict[str, Any]:
    """`event` as one JSON object for other programs: its kind under "event"; what is no number becomes null."""
    return {"event": type(event).__name__} | {field.name: _plain(getattr(event, field.name)) for field in fields(event)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _pack(event: StepsDone) -> bytes:
    head = _HEADER.pack(_LAYOUT, event.first_step, event.epoch, len(event.losses), event.images_per_s, event.elapsed_s)
    return head + b"".join(_pack_column(column) for column in (event.losses, event.accuracies, event.learning_rates))


def _pack_column(values: Sequence[float]) -> bytes:
    exact = array("d", values)
    raw = exact.tobytes()
    if len(values) > 1 and raw == raw[:8] * len(values):
        return b"c" + _little(exact[:1])
    short = _shortened(values)
    # Bytes are compared, not values: a NaN equals nothing, and 0.0 equals −0.0.
    if short is not None and array("d", short).tobytes() == raw:
        return b"f" + _little(short)
    return b"d" + _little(exact)


def _shortened(values: Sequence[float]) -> array[float] | None:
    try:
        return array("f", values)
    except OverflowError:
        return None


def _little(column: array[float]) -> bytes:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def _unpack(payload: bytes) -> StepsDone:
    layout, first_step, epoch, count, images_per_s, elapsed_s = _HEADER.unpack_from(payload)
    if layout != _LAYOUT:
        raise ValueError(f"layout {layout} is not known")
    columns, offset = [], _HEADER.size
    for _ in range(3):
        column, offset = _unpack_column(payload, offset, count)
        columns.append(column)
    if offset != len(payload):
        raise ValueError(f"{len(payload) - offset} bytes are left over")
    return StepsDone(first_step, epoch, columns[0], columns[1], columns[2], images_per_s, elapsed_s)


def _unpack_column(payload: bytes, offset: int, count: int) -> tuple[tuple[float, ...], int]:
    code = payload[offset : offset + 1]
    if code not in (b"c", b"f", b"d"):
        raise ValueError("a column has no known type")
    column = array("f" if code == b"f" else "d")
    size = column.itemsize * (1 if code == b"c" else count)
    raw = payload[offset + 1 : offset + 1 + size]
    if len(raw) != size:
        raise ValueError("a column ends early")
    column.frombytes(raw)
    if sys.byteorder == "big":
        column.byteswap()
    values = tuple(column) * count if code == b"c" else tuple(column)
    return values, offset + 1 + size
