"""The picture of a network: a summary and a view's size become a `DiagramScene`, without Qt.

The geometry is the design's: heights by the root of the map, absolute widths, one axis, labels on one baseline, and a
walk through the fit table until everything is inside the view. `diagram_svg` and the window draw the same scene.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from explorer.analysis.summary import NetworkSummary, PartSummary
from explorer.arch.graph import HEAD_PART, INPUT_PART, block_part
from explorer.export.diagram_blocks import Picture, Scale, draw_input, part_picture
from explorer.export.diagram_labels import LABELS_HEIGHT, Slot, badge, caption, hint, label_part
from explorer.export.diagram_scene import (
    DiagramScene,
    FieldGlyph,
    Handle,
    Kind,
    Label,
    LegendEntry,
    Line,
    Measure,
    PartBox,
    Rect,
    State,
    Volume,
)
from explorer.export.diagram_text import approximate_width, spoken

FIT = (
    (172.0, 1.0),
    (166.0, 0.95),
    (160.0, 0.9),
    (156.0, 0.86),
    (152.0, 0.82),
    (148.0, 0.78),
    (142.0, 0.74),
    (136.0, 0.7),
    (128.0, 0.66),
    (120.0, 0.62),
    (110.0, 0.58),
    (100.0, 0.54),
)
FULL_HEIGHT = FIT[0][0]
SMALLEST_FIT = 0.45
ZOOM_RANGE = (0.25, 4.0)
LEGEND_HEIGHT = 44.0
MARGIN = 42.0
TALLNESS = 1.17
MAX_SLACK = 44.0
GAP = 46.0
ARROW_ROOM = 4.0
PLATE_BESIDE, PLATE_ABOVE, PLATE_BELOW, MIN_PLATE = 9.0, 12.0, 9.0, 112.0
HANDLE_SIZE = 17.0
OVERVIEW_HEIGHT, OVERVIEW_MARGIN = 24.0, 8.0
EMPTY_HINT = "Add a block"
LEGEND: tuple[LegendEntry, ...] = (
    LegendEntry("conv", "Convolution"),
    LegendEntry("norm", "Normalisation"),
    LegendEntry("pool", "Pooling"),
    LegendEntry("dense", "Fully connected"),
    LegendEntry("classes", "Classes"),
)


def layout_diagram(
    summary: NetworkSummary,
    width: float,
    height: float,
    *,
    zoom: float | None = None,
    measure: Measure | None = None,
    folded: Collection[int] = (),
    unfolded: Collection[int] = (),
    legend_height: float = LEGEND_HEIGHT,
) -> DiagramScene:
    """The scene of `summary` for a view of `width` × `height` px.

    `zoom` None fits the view, else 1.0 is 100 %. `folded` and `unfolded` name stages of equal blocks (by their first
    block, from 0) that are to be folded or never; the others fold when Fit would go below 45 %.
    """
    layout = _Layout(summary, max(width, 1.0), max(height, 1.0), measure or approximate_width, legend_height)
    return layout.scene(zoom, frozenset(folded), frozenset(unfolded))


def stages(summary: NetworkSummary) -> tuple[tuple[int, ...], ...]:
    """The blocks (from 0) in runs of equal ones: what folds to one volume."""
    runs: list[list[int]] = []
    blocks = summary.spec.blocks
    for index, block in enumerate(blocks):
        if runs and blocks[runs[-1][0]] == block:
            runs[-1].append(index)
        else:
            runs.append([index])
    return tuple(tuple(run) for run in runs)


@dataclass(frozen=True, slots=True)
class _Item:
    """One place in the row: a part and the blocks that it stands for."""

    part: PartSummary
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """The pictures at one scale and the gaps between them."""

    scale: Scale
    pictures: tuple[Picture, ...]
    gaps: tuple[float, ...]

    @property
    def total(self) -> float:
        """The width without slack."""
        return sum(picture.width for picture in self.pictures) + sum(self.gaps)


class _Layout:
    """One layout: what is asked for, and the steps from items to scene."""

    def __init__(
        self, summary: NetworkSummary, width: float, height: float, measure: Measure, legend_height: float
    ) -> None:
        self._summary = summary
        self._width = width
        self._height = height
        self._measure = measure
        self._legend = legend_height
        self._rows: dict[tuple[int, tuple[float, float, float]], _Row] = {}
        self._side = max(summary.spec.input.height, summary.spec.input.width)

    def scene(self, zoom: float | None, folded: frozenset[int], unfolded: frozenset[int]) -> DiagramScene:
        """The scene at `zoom`, or fit."""
        items = self._items(lambda run: run[0] in folded)
        row = self._fit(items, self._height)
        if row.scale.height < SMALLEST_FIT * FULL_HEIGHT * 0.999 or row.total > self._room:
            items = self._items(lambda run: run[0] in folded or run[0] not in unfolded)
            row = self._fit(items, self._height)
        if zoom is not None:
            row = self._row(items, _zoomed(zoom))
        strip = row.total > self._width
        if strip and zoom is None:
            row = self._fit(items, self._height - OVERVIEW_HEIGHT - OVERVIEW_MARGIN)
        return self._place(items, row, strip=strip)

    @property
    def _room(self) -> float:
        return max(1.0, self._width - 2 * MARGIN)

    def _items(self, folds: Callable[[tuple[int, ...]], bool]) -> tuple[_Item, ...]:
        summary = self._summary
        items = [_Item(summary.by_part[INPUT_PART], ())]
        for run in stages(summary):
            groups = (run,) if len(run) > 1 and folds(run) else tuple((index,) for index in run)
            items += [_Item(summary.by_part[block_part(group[0])], group) for group in groups]
        return (*items, _Item(summary.by_part[HEAD_PART], ()))

    def _fit(self, items: tuple[_Item, ...], height: float) -> _Row:
        """The first row of the table that fits, or the last one scaled evenly, down to 45 %."""
        tallest = (height - LABELS_HEIGHT - self._legend) / TALLNESS
        candidates = [entry for entry in FIT if entry[0] <= tallest] or [FIT[-1]]
        low, high = 0, len(candidates) - 1
        while low < high:  # totals fall along the table, so the first that fits is found by halving
            middle = (low + high) // 2
            if self._row(items, _scale_of(*candidates[middle])).total <= self._room:
                high = middle
            else:
                low = middle + 1
        row = self._row(items, _scale_of(*candidates[low]))
        if row.total <= self._room and row.scale.height <= tallest:
            return row
        return self._even(items, row, tallest)

    def _even(self, items: tuple[_Item, ...], row: _Row, tallest: float) -> _Row:
        """The last row of the table, made smaller evenly until it fits, never below 45 %."""
        floor = SMALLEST_FIT * FULL_HEIGHT / FIT[-1][0]
        low, high = min(floor, tallest / FIT[-1][0]), min(1.0, tallest / FIT[-1][0])
        low, high = max(0.05, low), max(0.05, high)
        if self._row(items, _even_scale(high)).total <= self._room:
            return self._row(items, _even_scale(high))
        smallest = self._row(items, _even_scale(low))
        if smallest.total > self._room:  # nothing in between fits either
            return smallest
        for _ in range(12):
            middle = (low + high) / 2
            row = self._row(items, _even_scale(middle))
            low, high = (middle, high) if row.total <= self._room else (low, middle)
        return self._row(items, _even_scale(low))

    def _row(self, items: tuple[_Item, ...], size: tuple[float, float, float]) -> _Row:
        key = (len(items), size)  # folding is all that changes the items, and it makes them fewer
        if key not in self._rows:
            self._rows[key] = self._new_row(items, size)
        return self._rows[key]

    def _new_row(self, items: tuple[_Item, ...], size: tuple[float, float, float]) -> _Row:
        scale = Scale(*size, self._side)
        pictures = tuple(self._picture(item, scale) for item in items)
        between = GAP * scale.kx + ARROW_ROOM
        if len(items) == 2:  # no block yet: room for the words below the handle
            between += MIN_PLATE
        return _Row(scale, pictures, (between,) * (len(items) - 1))

    def _picture(self, item: _Item, scale: Scale) -> Picture:
        if item.part.part == INPUT_PART:
            return draw_input(item.part, self._summary, scale)
        block = self._summary.spec.blocks[item.members[0]] if item.members else None
        return part_picture(item.part, self._summary, scale, block)

    def _place(self, items: Sequence[_Item], row: _Row, *, strip: bool) -> DiagramScene:
        lower = OVERVIEW_HEIGHT + OVERVIEW_MARGIN if strip else 0.0
        band = LABELS_HEIGHT + lower
        tall = max((picture.half_height for picture in row.pictures), default=0.0) * 2
        height = max(self._height, self._legend + tall + band)
        axis = (self._legend + height - band) / 2
        labels_top = height - band
        slack = min(MAX_SLACK, max(0.0, self._room - row.total) / len(row.gaps))
        total = row.total + slack * len(row.gaps)
        width = max(self._width, total + 2 * MARGIN)
        x = (width - total) / 2
        starts, ends = [], []
        for picture, gap in zip(row.pictures, (*row.gaps, 0.0), strict=True):
            starts.append(round(x) + 0.5)
            ends.append(starts[-1] + picture.width)
            x += picture.width + gap + slack
        scene = _Scene(self._summary, items, row, starts, ends, axis, labels_top, width, self._measure)
        scene.build()
        return DiagramScene(
            width=width,
            height=height,
            view_width=self._width,
            view_height=self._height,
            zoom=row.scale.height / FULL_HEIGHT,
            fit=(row.scale.height, row.scale.kx),
            axis=axis,
            band=band,
            title=self._summary.spec.name,
            boxes=tuple(scene.boxes),
            lines=tuple(scene.lines),
            volumes=tuple(scene.volumes),
            labels=tuple(scene.labels),
            glyphs=tuple(scene.glyphs),
            handles=tuple(scene.handles),
            legend=self._legend_entries(scene.volumes),
            overview=self._strip(height) if strip else None,
        )

    def _strip(self, height: float) -> Rect:
        y = height - OVERVIEW_HEIGHT - OVERVIEW_MARGIN / 2
        return Rect(MARGIN / 2, y, max(1.0, self._width - MARGIN), OVERVIEW_HEIGHT)

    def _legend_entries(self, volumes: Sequence[Volume]) -> tuple[LegendEntry, ...]:
        present: set[Kind] = {volume.kind for volume in volumes}
        if any(volume.capped for volume in volumes):
            present.add("norm")
        return tuple(entry for entry in LEGEND if entry.kind in present)


class _Scene:
    """Fills the display list, part by part."""

    def __init__(
        self,
        summary: NetworkSummary,
        items: Sequence[_Item],
        row: _Row,
        starts: Sequence[float],
        ends: Sequence[float],
        axis: float,
        labels_top: float,
        width: float,
        measure: Measure,
    ) -> None:
        self._summary, self._items, self._row = summary, items, row
        self._starts, self._ends = starts, ends
        self._axis, self._labels_top, self._width = axis, labels_top, width
        self._measure = measure
        self.boxes: list[PartBox] = []
        self.lines: list[Line] = []
        self.volumes: list[Volume] = []
        self.labels: list[Label] = []
        self.glyphs: list[FieldGlyph] = []
        self.handles: list[Handle] = []

    def build(self) -> None:
        """Place everything."""
        middles = [self._handle_x(index) for index in range(len(self._items) - 1)]
        states = [self._state(item) for item in self._items]
        for index, item in enumerate(self._items):
            left = middles[index - 1] if index else 0.0
            right = middles[index] if index < len(middles) else self._width
            self._add_part(index, item, states[index], left, right)
            if index:
                self._add_line(index, states[index - 1], states[index])
        self._add_handles(middles, states)
        if len(self._items) == 2 and self.handles:
            self.labels.append(hint(EMPTY_HINT, self.handles[0].x, self.handles[0].y, self._measure))
        label = caption(self.boxes, self.glyphs, self._labels_top, self._measure)
        if label is not None:
            self.labels.append(label)

    def _handle_x(self, index: int) -> float:
        return round((self._ends[index] + self._starts[index + 1] - 2 * ARROW_ROOM) / 2) + 0.5

    def _state(self, item: _Item) -> State:
        if item.part.complete and (not item.members or self._end(item).complete):
            return "whole"
        return "unreached" if item.part.shape_in is None and item.part.part != INPUT_PART else "failed"

    def _end(self, item: _Item) -> PartSummary:
        return self._summary.by_part[block_part(item.members[-1])]

    def _border(self, index: int) -> float:
        """Where the room of part `index` ends and the next one's begins: midway between them, inside the gap."""
        pictures, starts, ends = self._row.pictures, self._starts, self._ends
        here, there = ends[index] - pictures[index].width / 2, starts[index + 1] + pictures[index + 1].width / 2
        return min(max((here + there) / 2, ends[index] + 2), starts[index + 1] - 2)

    def _add_part(self, index: int, item: _Item, state: State, left: float, right: float) -> None:
        picture, x, axis = self._row.pictures[index], self._starts[index], self._axis
        last = index == len(self._items) - 1
        self.volumes += [volume.moved(x, axis) for volume in picture.volumes]
        bounds = Rect(x, axis - picture.half_height, picture.width, 2 * picture.half_height)
        slot = Slot(
            0.0 if index == 0 else self._border(index - 1), self._width if last else self._border(index), bounds
        )
        labels, glyph, level = label_part(
            item.part, self._summary, item.members, slot, self._labels_top, state, self._measure
        )
        self.labels += labels
        if glyph is not None:
            self.glyphs.append(glyph)
        clear = HANDLE_SIZE / 2 + 1.5
        plate = _plate(slot, labels, left + clear if index else 4.0, self._width - 4.0 if last else right - clear)
        plate = Rect(plate.x, plate.y, plate.width, self._labels_top + LABELS_HEIGHT - PLATE_BELOW - plate.y)
        if len(item.members) > 1:
            self.labels.append(badge(item.part.part, len(item.members), plate, self._measure))
        members = tuple(block_part(member) for member in item.members) or (item.part.part,)
        words = spoken(item.part, self._summary, item.members)
        self.boxes.append(PartBox(item.part.part, members, plate, bounds, level, state, words))

    def _add_line(self, index: int, before: State, after: State) -> None:
        state: State = "whole" if before == "whole" else "failed" if before == "failed" else "unreached"
        if before == "whole" and after == "unreached":
            state = "unreached"
        points = (self._ends[index - 1], self._axis), (self._starts[index] - ARROW_ROOM + 1, self._axis)
        self.lines.append(Line(points, state))

    def _add_handles(self, middles: Sequence[float], states: Sequence[State]) -> None:
        for index, x in enumerate(middles):
            room = self._starts[index + 1] - self._ends[index]
            if room < HANDLE_SIZE + 2 or states[index] != "whole":
                continue
            members = self._items[index].members
            self.handles.append(Handle(members[-1] + 1 if members else 0, x, round(self._axis) + 0.5))


def _plate(slot: Slot, labels: Sequence[Label], left: float, right: float) -> Rect:
    """The plate's sides and top: 9 px beside the volumes, around the labels, and 112 wide where handles leave room."""
    bounds = slot.bounds
    middle = bounds.x + bounds.width / 2
    x = max(min(middle - MIN_PLATE / 2, bounds.x - PLATE_BESIDE), left)
    end = min(max(middle + MIN_PLATE / 2, bounds.right + PLATE_BESIDE), right)
    x = min(x, bounds.x - 2, *(label.left - 4 for label in labels))
    end = max(end, bounds.right + 2, *(label.left + label.width + 4 for label in labels))
    x, end = math.floor(max(x, slot.left + 1)) + 0.5, math.ceil(min(end, slot.right - 1)) - 0.5
    return Rect(x, math.floor(bounds.y - PLATE_ABOVE) + 0.5, max(1.0, end - x), bounds.height)


def _scale_of(height: float, kx: float) -> tuple[float, float, float]:
    return height, kx, 1.0


def _even_scale(factor: float) -> tuple[float, float, float]:
    height, kx = FIT[-1]
    return height * factor, kx * factor, factor


def _zoomed(zoom: float) -> tuple[float, float, float]:
    """The scale of `zoom` (1.0 = 172 px): between the rows of the fit table, beyond its ends evenly."""
    height = FULL_HEIGHT * min(max(zoom, ZOOM_RANGE[0]), ZOOM_RANGE[1])
    if height >= FULL_HEIGHT:
        return height, height / FULL_HEIGHT, height / FULL_HEIGHT
    if height <= FIT[-1][0]:
        return _even_scale(height / FIT[-1][0])
    for (high, wide), (low, narrow) in pairwise(FIT):
        if height >= low:
            return height, narrow + (wide - narrow) * (height - low) / (high - low), 1.0
    return _scale_of(*FIT[-1])
