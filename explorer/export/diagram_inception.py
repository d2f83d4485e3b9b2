"""How an Inception block looks: paths side by side, one lane each, joined into one volume that shows their shares.

Open: a dot where the map parts, a lane per path with small slabs and their kernels over their channels, and curves into
the joined volume. Closed: the joined volume alone, with a pill that says how many paths there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from explorer.analysis.summary import LayerRow, NetworkSummary, PartSummary
from explorer.arch.ops import AvgPool2d, Conv2d, MaxPool2d
from explorer.export.diagram_pen import DEPTH_X, DEPTH_Y, POOL_WIDTH, Pen, Scale, last_map, state_of
from explorer.export.diagram_pictures import Picture
from explorer.export.diagram_shapes import Band, Joint, Kind, Label, Line, Point, Polygon, State, Texture, Volume
from explorer.export.diagram_text import DETAIL_SIZE, DETAIL_WEIGHT, NAME_WEIGHT, approximate_width
from explorer.units import TIMES

LANE_PITCH, MIN_PITCH = 54.0, 20.0
TWO_LINES = 36.0
"""Lanes nearer than this say kernel and channels in one line."""
LANE_SLAB, MIN_SLAB = 30.0, 22.0
WORDS_REACH = 14.0
DOT_RADIUS = 3.0
SPLIT, JOIN = 32.0, 30.0
INSET = 8.0
"""Between the plate's sides and the dot, or the joined volume."""
WORD_GAP, ARROW = 4.0, 22.0
SMALLEST_WITH_WORDS = 0.77
CHEVRON = "\u203a"
PILL_ABOVE = 14.0
PILL_HEIGHT = 24.0

Paths = dict[int, list[LayerRow]]


def draw_inception(part: PartSummary, summary: NetworkSummary, scale: Scale, is_open: bool) -> Picture:
    """The block with its lanes, or folded to the joined volume."""
    if part.part not in scale.known:
        scale.known[part.part] = split_paths(part)
    parted: Parted = scale.known[part.part]
    joined = parted.joined
    start = 0.0
    lanes: _Lanes | None = None
    if is_open:
        lanes = _Lanes(part.part, summary, scale, parted.paths)
        start = lanes.join_x
    pen = Pen(scale, part.part, last_map(part, summary), x=start)
    channels, rows, columns = joined_map(joined, parted.paths, pen.map)
    pen.slab(joined.node.name, "conv", channels, rows, columns, state_of(joined, summary), parted.bands)
    pen.map = (channels, rows, columns)
    for row in parted.rest:
        pen.draw(row, state_of(row, summary))
    picture = pen.picture()
    if lanes is not None:
        return lanes.around(picture)
    volume = picture.volumes[0]
    top = volume.y - volume.dy
    number = len(parted.paths)
    words = (f"{number} paths {CHEVRON}" if number != 1 else f"1 path {CHEVRON}", f"{number} {CHEVRON}")
    return Picture(
        picture.volumes,
        picture.width,
        picture.above + PILL_ABOVE + PILL_HEIGHT / 2,
        picture.below,
        branches="closed",
        pill=words,
        pill_at=(volume.x + (volume.width + volume.dx) / 2, top - PILL_ABOVE),
    )


class Parted(NamedTuple):
    """A block's layers by path; the merge with the paths' shares of it; and what follows."""

    paths: Paths
    joined: LayerRow
    bands: tuple[Band, ...]
    rest: tuple[LayerRow, ...]


def split_paths(part: PartSummary) -> Parted:
    """The block's layers, sorted."""
    paths: Paths = {}
    trunk = []
    for row in part.rows:
        if row.node.path:
            paths.setdefault(row.node.path, []).append(row)
        else:
            trunk.append(row)
    return Parted(paths, trunk[0], bands_of(paths), tuple(trunk[1:]))


def joined_map(joined: LayerRow, paths: Paths, before: Sequence[int]) -> tuple[int, int, int]:
    """The joined map, as it is or, where it was never computed, as the paths' channels say."""
    if joined.shape is not None:
        channels, rows, columns = joined.shape
        return channels, rows, columns
    return max(1, sum(path_channels(rows) for rows in paths.values())), before[1], before[2]


def path_channels(rows: Sequence[LayerRow]) -> int:
    """The channels that a path gives."""
    shape = rows[-1].shape
    if shape is not None:
        return shape[0]
    return next((row.node.op.out_channels for row in reversed(rows) if isinstance(row.node.op, Conv2d)), 1)


def bands_of(paths: Paths) -> tuple[Band, ...]:
    """The paths' shares of the joined volume, in order."""
    widths = {path: path_channels(rows) for path, rows in paths.items()}
    total = max(1, sum(widths.values()))
    bands, start = [], 0
    for path, width in widths.items():
        drawn = [row.node.name for row in paths[path] if _is_drawn(row)]
        bands.append(Band(start / total, (start + width) / total, path, drawn[-1]))
        start += width
    return tuple(bands)


def _is_drawn(row: LayerRow) -> bool:
    return isinstance(row.node.op, Conv2d | MaxPool2d | AvgPool2d)


class _Lanes:
    """The lanes of one open block: slabs at even heights around the axis, in columns."""

    def __init__(self, part: str, summary: NetworkSummary, scale: Scale, paths: Paths) -> None:
        self._part, self._summary, self._scale = part, summary, scale
        # Words do not scale, so lanes shrink only where a zoom hides the words.
        self._unit = max(1.0, scale.unit) if scale.unit >= SMALLEST_WITH_WORDS else scale.unit
        self._worded = scale.unit >= SMALLEST_WITH_WORDS
        self._pitch, self._slab = self._sizes(len(paths))
        self._steps = {path: [row for row in rows if _is_drawn(row)] for path, rows in paths.items()}
        self._capped = {row.node.name for rows in paths.values() for row in _normed(rows)}
        first = -(len(paths) - 1) / 2 * self._pitch
        self._heights = {path: first + index * self._pitch for index, path in enumerate(paths)}
        self._columns = self._place_columns()
        self._volumes: list[Volume] = []
        self._lines: list[Line] = []
        self._labels: list[Label] = []

    @property
    def join_x(self) -> float:
        """Where the joined volume begins."""
        return self._columns[-1] + JOIN * self._unit

    def around(self, joined: Picture) -> Picture:
        """The lanes, and behind them the joined volume as it was drawn from `join_x` on."""
        for path, steps in self._steps.items():
            self._draw_lane(path, steps)
        half = self._slab * (1 + DEPTH_Y) / 2
        reach = max(map(abs, self._heights.values())) + max(half, WORDS_REACH if self._worded else 0.0)
        above = max(reach, joined.above)
        first = state_of(next(iter(self._steps.values()))[0], self._summary)
        dot = Joint(self._part, INSET, 0.0, DOT_RADIUS * min(1.0, self._unit), state=_met(first))
        entry = Line(((0.0, 0.0), (INSET, 0.0)), arrow=False, part=self._part)
        way_out = Line(((joined.width, 0.0), (joined.width + INSET, 0.0)), arrow=False, part=self._part)
        return Picture(
            (*self._volumes, *joined.volumes),
            joined.width + INSET,
            above,
            above,
            (entry, *self._lines, way_out),
            (dot,),
            tuple(self._labels),
            arrow=False,
            rigid=True,
            branches="open",
        )

    def _sizes(self, count: int) -> tuple[float, float]:
        """Pitch and slab height: the design's, or smaller where the view is low."""
        room = self._scale.room / self._unit
        pitch = (room - LANE_SLAB * (1 + DEPTH_Y)) / max(1, count - 1)
        pitch = min(max(pitch, MIN_PITCH), LANE_PITCH)
        slab = min(LANE_SLAB, max(MIN_SLAB, pitch - 12)) if pitch >= TWO_LINES else pitch - 7
        return pitch * self._unit, slab * self._unit

    def _place_columns(self) -> list[float]:
        """The x of each column of slabs, and where the curves into the joined volume begin."""
        xs = [INSET + SPLIT * self._unit]
        for column in range(max(map(len, self._steps.values()))):
            widths = [self._width(steps[column]) for steps in self._steps.values() if column < len(steps)]
            xs.append(xs[-1] + max(widths) + ARROW * self._unit)
        xs[-1] -= (ARROW - WORD_GAP) * self._unit
        return xs

    def _width(self, row: LayerRow) -> float:
        """A slab with its words."""
        widths = [approximate_width(text, DETAIL_SIZE, weight) for text, _, weight, _ in self._words(row)]
        words = WORD_GAP + max(widths) if self._worded else 0.0
        return self._front(row) + DEPTH_X * self._slab + words

    def _front(self, row: LayerRow) -> float:
        op = row.node.op
        if isinstance(op, Conv2d):
            return self._scale.volume_width(op.out_channels)
        return POOL_WIDTH * self._unit

    def _draw_lane(self, path: int, steps: Sequence[LayerRow]) -> None:
        y = self._heights[path]
        at: Point = (INSET, 0.0)
        for column, row in enumerate(steps):
            state = state_of(row, self._summary)
            volume = self._volume(row, self._columns[column], y, state)
            points: Polygon = (at, (volume.x, y))
            if column == 0:
                points = _curve(at, (volume.x, y))
            self._line(points, path, row, state, arrow=column > 0, curved=column == 0)
            self._volumes.append(volume)
            if self._worded:
                self._write(row, volume, y)
            at = (volume.right, y)
        end, join = (self._columns[-1], y), (self.join_x, 0.0)
        way = (at, _between(at, end, 1 / 3), _between(at, end, 2 / 3), *_curve(end, join))
        self._line(way, path, steps[-1], state_of(steps[-1], self._summary), arrow=False, curved=True)

    def _line(self, points: Polygon, path: int, row: LayerRow, state: State, *, arrow: bool, curved: bool) -> None:
        self._lines.append(Line(points, state, arrow, self._part, path, row.node.name, curved))

    def _volume(self, row: LayerRow, x: float, y: float, state: State) -> Volume:
        height, dx, dy = self._slab, DEPTH_X * self._slab, DEPTH_Y * self._slab
        op = row.node.op
        texture: Texture = "plain"
        if not isinstance(op, Conv2d):
            texture = "hatched" if isinstance(op, MaxPool2d) else "dotted"
        capped = row.node.name in self._capped
        kind: Kind = "conv" if isinstance(op, Conv2d) else "pool"
        top = y + (dy - height) / 2
        return Volume(row.node.name, self._part, kind, x, top, self._front(row), height, dx, dy, state, texture, capped)

    def _words(self, row: LayerRow) -> tuple[tuple[str, float, int, str], ...]:
        """(text, how far below the lane, weight, colour): the kernel above the lane's line, the channels below it."""
        kernel, channels = lane_words(row)
        if self._pitch < TWO_LINES * self._unit:
            text = f"{kernel} · {channels}" if channels else kernel
            return ((text, -3.5, DETAIL_WEIGHT, "text"),)
        lines = ((kernel, -4.5, NAME_WEIGHT, "text"), (channels, 12.5, DETAIL_WEIGHT, "muted"))
        return tuple(line for line in lines if line[0])

    def _write(self, row: LayerRow, volume: Volume, y: float) -> None:
        """The words of a slab, at its right."""
        x, node = volume.right + WORD_GAP, row.node.name
        for text, down, weight, token in self._words(row):
            width = approximate_width(text, DETAIL_SIZE, weight)
            self._labels.append(
                Label(text, x, y + down, DETAIL_SIZE, weight, token, self._part, "lane", width, "start", node)
            )


def _met(state: State) -> State:
    """How the place before a layer is drawn: it is reached where the layer is, even if that fails."""
    return "unreached" if state == "unreached" else "whole"


def lane_words(row: LayerRow) -> tuple[str, str]:
    """`1×1` and `64`; `max 3` and nothing for a pool."""
    op = row.node.op
    if isinstance(op, Conv2d):
        return f"{op.kernel[0]}{TIMES}{op.kernel[1]}", f"{op.out_channels:,}"
    assert isinstance(op, MaxPool2d | AvgPool2d)
    return f"{'max' if isinstance(op, MaxPool2d) else 'avg'} {op.kernel[0]}", ""


def _normed(rows: Sequence[LayerRow]) -> list[LayerRow]:
    """The convolutions that a norm follows."""
    found, last = [], None
    for row in rows:
        if isinstance(row.node.op, Conv2d):
            last = row
        elif row.node.op.kind in {"BatchNorm2d", "LocalResponseNorm"} and last is not None and row.reached:
            found.append(last)
    return found


def _curve(start: Point, end: Point) -> Polygon:
    """An S from `start` to `end` that leaves and arrives level."""
    middle = (start[0] + end[0]) / 2
    return start, (middle, start[1]), (middle, end[1]), end


def _between(start: Point, end: Point, part: float) -> Point:
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
