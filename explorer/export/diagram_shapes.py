"""What the picture of a network is made of: slabs, lines, words and marks in logical pixels, and their textures.

x grows to the right, y downwards. Colours are tokens of `explorer.palette`; text has the baseline at `y`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

Point = tuple[float, float]
Polygon = tuple[Point, ...]
Measure = Callable[[str, float, int], float]
"""(text, size in px, weight) to the width in px."""

Kind = Literal["input", "conv", "pool", "norm", "dense", "classes"]
State = Literal["whole", "failed", "unreached"]
Anchor = Literal["start", "middle", "end"]
Level = Literal["full", "short", "number"]
Role = Literal["name", "detail", "field", "caption", "badge", "hint", "pill", "lane", "arc"]
Texture = Literal["plain", "hatched", "dotted"]
Branches = Literal["", "open", "closed"]
Mark = Kind | Literal["add", "joined"]


class Rect(NamedTuple):
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


class Band(NamedTuple):
    """A path's share of a joined volume, from `start` to `end` (0 to 1); `node` is the path's last layer."""

    start: float
    end: float
    path: int
    node: str


class Volume(NamedTuple):
    """One layer as a slab in cavalier projection: front face at (x, y), depth going right and up by (dx, dy).

    `bands` cut the front of a volume that joins paths.
    """

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
    bands: tuple[Band, ...] = ()

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

    def band_front(self, band: Band) -> Polygon:
        """The piece of the front face that is `band`'s."""
        left, right, bottom = self.x + band.start * self.width, self.x + band.end * self.width, self.y + self.height
        return (left, self.y), (right, self.y), (right, bottom), (left, bottom)

    def band_top(self, band: Band) -> Polygon:
        """The piece of the upper face that is `band`'s."""
        left, right = self.x + band.start * self.width, self.x + band.end * self.width
        far = self.y - self.dy
        return (left, self.y), (left + self.dx, far), (right + self.dx, far), (right, self.y)

    def band_at(self, x: float, y: float) -> Band | None:
        """The band whose front or top holds the point; the last one's is the right face, too."""
        if not self.bands:
            return None
        up = min(max((self.y - y) / self.dy, 0.0), 1.0) if self.dy else 0.0
        share = (x - self.x - up * self.dx) / self.width
        return next((band for band in self.bands if share <= band.end), self.bands[-1])

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
            self.bands,
        )


class Line(NamedTuple):
    """A flow line, with an arrow head at its end.

    Straight from point to point; `curved`, the points after the first are Béziers: two controls and an end each. Lines
    inside a block have its `part` and, in a lane, the number of its `path`; an `arc` is a shortcut, drawn in ink, and
    `node` the layer that it belongs to.
    """

    points: Polygon
    state: State = "whole"
    arrow: bool = True
    part: str = ""
    path: int = 0
    node: str = ""
    curved: bool = False
    arc: bool = False

    def moved(self, x: float, y: float) -> Line:
        """The same line shifted by (x, y)."""
        points = tuple([(px + x, py + y) for px, py in self.points])
        return Line(points, self.state, self.arrow, self.part, self.path, self.node, self.curved, self.arc)

    @property
    def heading(self) -> Point:
        """The direction in which it ends: one step to the right, up or down, or in between."""
        (x0, y0), (x1, y1) = self.points[-2:]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        return (x1 - x0) / length, (y1 - y0) / length

    def head(self, length: float, half: float) -> Polygon:
        """The arrow head's triangle."""
        (x, y), (dx, dy) = self.points[-1], self.heading
        back_x, back_y = x - length * dx, y - length * dy
        return (back_x - half * dy, back_y + half * dx), (x, y), (back_x + half * dy, back_y - half * dx)

    def shaft(self, length: float) -> Polygon:
        """The points of the line itself, `length` shorter where an arrow head ends it."""
        if not self.arrow:
            return self.points
        (x, y), (dx, dy) = self.points[-1], self.heading
        return (*self.points[:-1], (x - length * dx, y - length * dy))


class Joint(NamedTuple):
    """A place on the flow line: a dot where paths part, or a solid disc with a plus where two are added (`node`)."""

    part: str
    x: float
    y: float
    radius: float
    node: str = ""
    state: State = "whole"

    def moved(self, x: float, y: float) -> Joint:
        """The same place shifted by (x, y)."""
        return Joint(self.part, self.x + x, self.y + y, self.radius, self.node, self.state)


class Label(NamedTuple):
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
    node: str = ""

    def moved(self, x: float, y: float) -> Label:
        """The same text shifted by (x, y)."""
        return Label(
            self.text,
            self.x + x,
            self.y + y,
            self.size,
            self.weight,
            self.token,
            self.part,
            self.role,
            self.width,
            self.anchor,
            self.node,
        )

    @property
    def left(self) -> float:
        """The x where the text begins."""
        return self.x - _BEFORE[self.anchor] * self.width

    @property
    def box(self) -> Rect:
        """Where the text stands."""
        return Rect(self.left, self.y - self.size * 0.78, self.width, self.size)


_BEFORE: Mapping[Anchor, float] = {"start": 0.0, "middle": 0.5, "end": 1.0}
"""How much of a text stands before its x."""


class FieldGlyph(NamedTuple):
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


PLUS_ARM = 0.5
"""How far the plus of a sum's disc reaches, in radii."""


def legend_sign(mark: Mark, x: float, y: float) -> Volume | Joint:
    """What stands before a word of the legend, from `x` on and around `y`."""
    if mark == "add":
        return Joint("", x + 7, y, 7.0, "add")
    if mark == "joined":
        bands = tuple([Band(index / 4, (index + 1) / 4, index + 1, "") for index in range(4)])
        return Volume("", "", "conv", x, y - 5, 20, 10, 0.0, 0.0, bands=bands)
    kind: Kind = "conv" if mark == "norm" else mark
    return Volume("", "", kind, x, y - 5, 6, 10, 5, 3, capped=mark == "norm")


def legend_width(mark: Mark) -> float:
    """Where the word begins, from the sign's `x`."""
    return {"add": 21.0, "joined": 27.0}.get(mark, 17.0)


def pill_box(label: Label) -> Rect:
    """The pill around a label."""
    box = label.box
    return Rect(box.x - 7, box.y - 4, box.width + 14, box.height + 8)


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


def is_inside(polygon: Polygon, x: float, y: float) -> bool:
    """Whether the point lies in the polygon (even-odd rule)."""
    inside = False
    for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside
