"""Slabs and plates side by side: how a layer becomes a volume, around the axis y = 0 and beginning at x = 0.

Sizes follow the design: height by the root of the map's size relative to the input, width by channels, absolutely.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.analysis.summary import LayerRow, NetworkSummary, PartSummary, Shape
from explorer.arch.ops import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Op,
)
from explorer.export.diagram_pictures import Picture
from explorer.export.diagram_shapes import Band, Kind, State, Texture, Volume

MIN_HEIGHT = 13.0
MIN_WIDTH, MAX_WIDTH = 5.0, 72.0
DEPTH_X, DEPTH_Y = 0.30, 0.17
POOL_WIDTH = 5.0
DENSE_HEIGHT, DENSE_DX, DENSE_DY = 14.0, 5.0, 4.0


@dataclass(frozen=True, slots=True)
class Scale:
    """The measures of one picture: `height` of the input's map, `kx` for widths, `unit` for fixed sizes.

    `room` is the height for lanes between legend and labels. `known` keeps what was worked out of a part for another
    scale of the same network.
    """

    height: float
    kx: float
    unit: float
    input_side: int
    room: float = math.inf
    known: dict[str, Any] = field(default_factory=dict, compare=False)

    def volume_height(self, rows: float) -> float:
        """`Hm·√(m/H₀)`, between 13 px and the input's height."""
        height = self.height * math.sqrt(rows / self.input_side)
        return min(max(height, MIN_HEIGHT * self.unit), self.height)

    def volume_width(self, channels: int) -> float:
        """`2.6·C^0.42` between 5 and 72, times `kx`."""
        return min(max(2.6 * math.pow(channels, 0.42), MIN_WIDTH), MAX_WIDTH) * self.kx


class Pen:
    """Puts volumes side by side, each leaning on the one before."""

    def __init__(self, scale: Scale, part: str, start: Shape, *, x: float = 0.0) -> None:
        self.scale = scale
        self.map = start
        self._part = part
        self._volumes: list[Volume] = []
        self._x = x
        self._front = x  # right edge of the last front face
        self._last: Kind | None = None

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """Everything put so far, in paint order."""
        return tuple(self._volumes)

    def draw(self, row: LayerRow, state: State) -> None:
        """Put what is seen of a layer, if anything is."""
        draw = _DRAW.get(type(row.node.op))
        if draw is not None:
            draw(self, row, state)

    def skip(self, x: float) -> None:
        """Go on at `x`, leaning on nothing."""
        self._x = self._front = x
        self._last = None

    def slab(
        self,
        node: str,
        kind: Kind,
        channels: int,
        rows: int,
        columns: int,
        state: State,
        bands: tuple[Band, ...] = (),
    ) -> None:
        """A volume of `channels` on a `rows` × `columns` map, cut into `bands` where it joins paths."""
        dx = DEPTH_X * self.scale.volume_height(columns)
        gap = max(4.0 * self.scale.unit, 0.16 * dx)
        self._put(node, kind, gap, self.scale.volume_width(channels), rows, columns, state, "plain", bands)

    def plate(self, node: str, texture: Texture, rows: float, columns: float, state: State) -> None:
        """A pool's thin plate at the size of its output, leaning on the slab before it."""
        dx = DEPTH_X * self.scale.volume_height(self.map[2])
        gap = max(5.0 * self.scale.unit, 0.34 * dx)
        self._put(node, "pool", gap, POOL_WIDTH * self.scale.unit, rows, columns, state, texture)

    def bar(self, node: str, kind: Kind, units: int, state: State) -> None:
        """A 1 × 1 × `units` volume: a long low bar."""
        unit = self.scale.unit
        height, dy = DENSE_HEIGHT * unit, DENSE_DY * unit
        gap = 12.0 * self.scale.kx
        if self._last == "pool":  # a plate reaches further right than a bar
            gap = max(gap, self._volumes[-1].dx + 4 * unit)
        x = self._front + gap if self._last else self._x
        width = self.scale.volume_width(units)
        self._add(Volume(node, self._part, kind, x, (dy - height) / 2, width, height, DENSE_DX * unit, dy, state))

    def cap(self) -> None:
        """A norm: a cap on the right edge of the slab before it."""
        if self._last == "conv":
            self._volumes[-1] = self._volumes[-1]._replace(capped=True)

    def picture(self) -> Picture:
        """Everything put so far."""
        return Picture(tuple(self._volumes), self.right, self.half_height, self.half_height)

    @property
    def right(self) -> float:
        """The x of the last edge."""
        return max([volume.x + volume.width + volume.dx for volume in self._volumes], default=0.0)

    @property
    def half_height(self) -> float:
        """How far the tallest volume reaches above the axis, and as far below it."""
        return max([(volume.height + volume.dy) / 2 for volume in self._volumes], default=0.0)

    def _put(
        self,
        node: str,
        kind: Kind,
        gap: float,
        width: float,
        rows: float,
        columns: float,
        state: State,
        texture: Texture,
        bands: tuple[Band, ...] = (),
    ) -> None:
        height, across = self.scale.volume_height(rows), self.scale.volume_height(columns)
        dx, dy = DEPTH_X * across, DEPTH_Y * across
        x = self._front + gap if self._last else self._x
        y = (dy - height) / 2
        self._add(Volume(node, self._part, kind, x, y, width, height, dx, dy, state, texture, bands=bands))

    def _add(self, volume: Volume) -> None:
        self._volumes.append(volume)
        self._front = volume.x + volume.width
        self._last = volume.kind


def state_of(row: LayerRow, summary: NetworkSummary) -> State:
    """How a layer is drawn: whole, at fault, or never reached."""
    if row.reached:
        return "whole"
    return "failed" if summary.failure is not None and summary.failure.node == row.node.name else "unreached"


def last_map(part: PartSummary, summary: NetworkSummary) -> Shape:
    """The map that flows into `part`; where it was never computed, the last one that was."""
    if part.shape_in is not None and len(part.shape_in) == 3:
        return part.shape_in
    known = [row.shape for row in summary.rows if row.shape is not None and len(row.shape) == 3]
    return known[-1] if known else (1, 1, 1)


def _draw_conv(pen: Pen, row: LayerRow, state: State) -> None:
    op = row.node.op
    assert isinstance(op, Conv2d)
    channels, rows, columns = _map_of(row, (op.out_channels, *pen.map[1:]))
    pen.slab(row.node.name, "conv", channels, rows, columns, state)
    pen.map = (channels, rows, columns)


def _draw_pool(pen: Pen, row: LayerRow, state: State) -> None:
    channels, height, width = pen.map
    channels, rows, columns = _map_of(row, (channels, max(1, height // 2), max(1, width // 2)))
    # What was never computed is drawn as if it halved the map, so that its outline stays smaller than the slab's.
    size = (float(rows), float(columns)) if row.reached else (height / 2, width / 2)
    texture: Texture = "hatched" if isinstance(row.node.op, MaxPool2d) else "dotted"
    if isinstance(row.node.op, AdaptiveAvgPool2d) and rows == columns == 1:
        pen.bar(row.node.name, "pool", channels, state)
    else:
        pen.plate(row.node.name, texture, size[0], size[1], state)
    pen.map = (channels, rows, columns)


def _draw_linear(pen: Pen, row: LayerRow, state: State) -> None:
    op = row.node.op
    assert isinstance(op, Linear)
    pen.bar(row.node.name, "classes" if row.node.name == "classes" else "dense", op.out_features, state)


def _draw_norm(pen: Pen, row: LayerRow, state: State) -> None:
    if row.reached and state == "whole":
        pen.cap()


def _map_of(row: LayerRow, otherwise: tuple[int, ...]) -> tuple[int, int, int]:
    channels, rows, columns = row.shape if row.shape is not None and len(row.shape) == 3 else otherwise
    return channels, rows, columns


_DRAW: Mapping[type[Op], Callable[[Pen, LayerRow, State], None]] = {
    Conv2d: _draw_conv,
    MaxPool2d: _draw_pool,
    AvgPool2d: _draw_pool,
    AdaptiveAvgPool2d: _draw_pool,
    BatchNorm2d: _draw_norm,
    LocalResponseNorm: _draw_norm,
    Linear: _draw_linear,
}
"""Ops that are seen; the others change neither size nor place of anything."""
