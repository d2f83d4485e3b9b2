"""The picture of a network as data: a frozen display list in logical pixels, drawn alike by the window and by files.

x grows to the right, y downwards. Colours are tokens of `explorer.palette`; text has the baseline at `y`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

Point = tuple[float, float]
Polygon = tuple[Point, ...]
Measure = Callable[[str, float, int], float]
"""(text, size in px, weight) to the width in px."""

Kind = Literal["input", "conv", "pool", "norm", "dense", "classes"]
State = Literal["whole", "failed", "unreached"]
Anchor = Literal["start", "middle", "end"]
Level = Literal["full", "short", "number"]
Role = Literal["name", "detail", "field", "caption", "badge", "hint"]
Texture = Literal["plain", "hatched", "dotted"]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle by its left upper corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower edge."""
        return self.y + self.height

    @property
    def centre(self) -> Point:
        """The middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def polygon(self) -> Polygon:
        """The four corners, clockwise from the left upper one."""
        return (self.x, self.y), (self.right, self.y), (self.right, self.bottom), (self.x, self.bottom)

    def contains(self, x: float, y: float) -> bool:
        """Whether the point lies inside or on the edge."""
        return self.x <= x <= self.right and self.y <= y <= self.bottom


@dataclass(frozen=True, slots=True)
class Volume:
    """One layer as a slab in cavalier projection: front face at (x, y), depth going right and up by (dx, dy)."""

    node: str
    part: str
    kind: Kind
    x: float
    y: float
    width: float
    height: float
    dx: float
    dy: float
    state: State = "whole"
    texture: Texture = "plain"
    capped: bool = False

    @property
    def front(self) -> Polygon:
        """The face towards the viewer."""
        x, y, right, bottom = self.x, self.y, self.x + self.width, self.y + self.height
        return (x, y), (right, y), (right, bottom), (x, bottom)

    @property
    def top(self) -> Polygon:
        """The upper face."""
        x, y, right = self.x, self.y, self.x + self.width
        return (x, y), (x + self.dx, y - self.dy), (right + self.dx, y - self.dy), (right, y)

    @property
    def side(self) -> Polygon:
        """The right face; the input wears its sample here."""
        right, bottom, far = self.x + self.width, self.y + self.height, self.x + self.width + self.dx
        return (right, self.y), (far, self.y - self.dy), (far, bottom - self.dy), (right, bottom)

    @property
    def cap(self) -> Polygon:
        """The 3 px cap of a norm on the right edge of the front."""
        right, bottom = self.x + self.width, self.y + self.height
        left = right - min(3.0, self.width / 2)
        return (left, self.y), (right, self.y), (right, bottom), (left, bottom)

    @property
    def outline(self) -> Polygon:
        """The silhouette, for hits and dashed outlines."""
        x, y, right, bottom = self.x, self.y, self.x + self.width, self.y + self.height
        far = right + self.dx
        return (
            (x, y),
            (x + self.dx, y - self.dy),
            (far, y - self.dy),
            (far, bottom - self.dy),
            (right, bottom),
            (x, bottom),
        )

    @property
    def right(self) -> float:
        """The x of the last edge."""
        return self.x + self.width + self.dx

    def moved(self, x: float, y: float) -> Volume:
        """The same volume shifted by (x, y)."""
        return Volume(
            self.node,
            self.part,
            self.kind,
            self.x + x,
            self.y + y,
            self.width,
            self.height,
            self.dx,
            self.dy,
            self.state,
            self.texture,
            self.capped,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A flow line with an arrow head at its end."""

    points: Polygon
    state: State = "whole"
    arrow: bool = True


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text that belongs to `part`."""

    text: str
    x: float
    y: float
    size: float
    weight: int
    token: str
    part: str
    role: Role
    width: float
    anchor: Anchor = "middle"

    @property
    def left(self) -> float:
        """The x where the text begins."""
        return self.x - {"start": 0.0, "middle": self.width / 2, "end": self.width}[self.anchor]

    @property
    def box(self) -> Rect:
        """Where the text stands."""
        return Rect(self.left, self.y - self.size * 0.78, self.width, self.size)


@dataclass(frozen=True, slots=True)
class FieldGlyph:
    """A square that is the input with the receptive field in it at true scale; `over` once it is larger."""

    part: str
    box: Rect
    share_x: float
    share_y: float
    over: bool

    @property
    def inner(self) -> Rect:
        """The field's square, in the middle."""
        width, height = self.box.width * min(1.0, self.share_x), self.box.height * min(1.0, self.share_y)
        x, y = self.box.centre
        return Rect(x - width / 2, y - height / 2, width, height)


@dataclass(frozen=True, slots=True)
class PartBox:
    """One block (or input, or head) as an object: its plate is what is hit, focused and dragged.

    `members` are the parts it stands for, more than one when a stage of equal blocks is folded.
    """

    part: str
    members: tuple[str, ...]
    plate: Rect
    bounds: Rect
    level: Level
    state: State
    spoken: str

    @property
    def is_block(self) -> bool:
        """Whether this is a block, neither input nor head."""
        return self.part.startswith("block")


@dataclass(frozen=True, slots=True)
class Handle:
    """Where a block can be inserted: into `gap`, counted as by `edits.insert_copy`; the middle of the button."""

    gap: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One kind of layer and the word for it."""

    kind: Kind
    word: str


@dataclass(frozen=True)
class DiagramScene:
    """Everything that is drawn, in paint order. `zoom` 1.0 is (172, 1) of the fit table; `view` is the room given.

    `band` is the height at the lower edge that holds only words; a view that shows less than the whole height keeps it.
    """

    width: float
    height: float
    view_width: float
    view_height: float
    zoom: float
    fit: tuple[float, float]
    axis: float
    band: float
    title: str
    boxes: tuple[PartBox, ...]
    lines: tuple[Line, ...]
    volumes: tuple[Volume, ...]
    labels: tuple[Label, ...]
    glyphs: tuple[FieldGlyph, ...]
    handles: tuple[Handle, ...]
    legend: tuple[LegendEntry, ...]
    overview: Rect | None = None

    @cached_property
    def by_part(self) -> Mapping[str, PartBox]:
        """Each box under every part that it stands for."""
        return {member: box for box in self.boxes for member in box.members}

    @cached_property
    def part_of(self) -> Mapping[str, str]:
        """The part of each drawn node."""
        return {volume.node: volume.part for volume in self.volumes}

    def box_at(self, x: float, y: float) -> PartBox | None:
        """The part whose plate holds the point."""
        return next((box for box in self.boxes if box.plate.contains(x, y)), None)

    def volume_at(self, x: float, y: float) -> Volume | None:
        """The uppermost volume under the point."""
        return next((volume for volume in reversed(self.volumes) if _inside(volume.outline, x, y)), None)

    def handle_at(self, x: float, y: float, reach: float = 12.0) -> Handle | None:
        """The insert handle within `reach` of the point (never below 24 px across), or whose words are hit."""
        if any(label.role == "hint" and label.box.contains(x, y) for label in self.labels):
            return self.handles[0] if self.handles else None
        return next((h for h in self.handles if abs(h.x - x) <= reach and abs(h.y - y) <= reach), None)


HATCH_STEP, HATCH_SLOPE = 4.2, 1.5
DOT_STEP = 4.0
GLYPH_HATCH_STEP = 5.0
Segment = tuple[float, float, float, float]


@lru_cache(maxsize=1024)
def hatching(polygon: Polygon, step: float = HATCH_STEP, slope: float = HATCH_SLOPE) -> tuple[Segment, ...]:
    """Parallel strokes (x0, y0, x1, y1) that rise by `slope` inside a convex polygon, `step` apart sideways."""
    offsets = [x + y / slope for x, y in polygon]
    edges = tuple(zip(polygon, polygon[1:] + polygon[:1], strict=True))
    first, last = math.floor(min(offsets) / step) + 1, math.ceil(max(offsets) / step)
    found: list[Segment] = []
    for number in range(first, last):
        ends = [end for edge in edges if (end := _crossing(edge, number * step, slope)) is not None]
        if len(ends) >= 2:
            low, high = min(ends), max(ends)
            if high[0] - low[0] > 0.3:
                found.append((*low, *high))
    return tuple(found)


@lru_cache(maxsize=1024)
def dots(polygon: Polygon, step: float = DOT_STEP) -> tuple[Point, ...]:
    """Dots on a grid that is sheared with the right face `polygon` (front upper corner first, then around)."""
    (x, y), (far, far_y), _, (_, bottom) = polygon
    across, down = max(1, round((far - x) / step)), max(1, round((bottom - y) / step))
    rise = far_y - y
    return tuple(
        (x + (far - x) * (i + 0.5) / across, y + rise * (i + 0.5) / across + (bottom - y) * (j + 0.5) / down)
        for i in range(across)
        for j in range(down)
    )


def _crossing(edge: tuple[Point, Point], offset: float, slope: float) -> Point | None:
    """Where the line x + y / slope = offset crosses an edge."""
    (x0, y0), (x1, y1) = edge
    before, after = x0 + y0 / slope - offset, x1 + y1 / slope - offset
    if (before < 0) == (after < 0):
        return None
    part = before / (before - after)
    return x0 + (x1 - x0) * part, y0 + (y1 - y0) * part


def _inside(polygon: Polygon, x: float, y: float) -> bool:
    """Whether the point lies in the polygon (even-odd rule)."""
    inside = False
    for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside
