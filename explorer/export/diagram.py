"""The picture of a network: a summary and a view's size become a `DiagramScene`, without Qt.

The geometry is the design's: heights by the root of the map, absolute widths, one axis, labels on one baseline, and a
walk through the fit table until everything is inside the view. `diagram_svg` and the window draw the same scene.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from explorer.analysis.summary import NetworkSummary
from explorer.arch.blocks import Block, InceptionBlock, ResidualStage
from explorer.arch.graph import HEAD_PART, INPUT_PART, block_part
from explorer.export.diagram_blocks import draw_input, part_picture
from explorer.export.diagram_compose import ARROW_ROOM, MIN_PLATE, PLATE_ABOVE, Composer, Item, Row
from explorer.export.diagram_labels import LABELS_HEIGHT, PartWords, words_of
from explorer.export.diagram_pen import Scale, last_map
from explorer.export.diagram_pictures import Picture
from explorer.export.diagram_scales import FIT, FULL_HEIGHT, SMALLEST_FIT, Size, even_scale, scale_of, zoomed
from explorer.export.diagram_scene import DiagramScene, LegendEntry, Mark, Measure, Rect
from explorer.export.diagram_sketches import Sketchbook
from explorer.export.diagram_text import approximate_width

LEGEND_HEIGHT = 44.0
MARGIN, LEAST_MARGIN = 42.0, 26.0
TALLNESS = 1.17
MAX_SLACK = 44.0
GAP = 46.0
OVERVIEW_HEIGHT, OVERVIEW_MARGIN = 24.0, 8.0
LEGEND_FROM_HEIGHT = 300
LOW_LEGEND = 6.0
LANES_BELOW = 4.0
LEAST_LANES = 130.0
MOST_PATHS = 6
LEGEND: tuple[LegendEntry, ...] = (
    LegendEntry("conv", "Convolution"),
    LegendEntry("norm", "Normalisation"),
    LegendEntry("pool", "Pooling"),
    LegendEntry("dense", "Fully connected"),
    LegendEntry("classes", "Classes"),
    LegendEntry("add", "Add"),
    LegendEntry("joined", "Joined paths, one band each"),
)


PATHS, UNITS, RUNS = "paths", "units", "runs"
_FOLDED: Mapping[str, frozenset[str]] = {
    "": frozenset(),
    PATHS: frozenset({PATHS}),
    UNITS: frozenset({PATHS, UNITS}),
    RUNS: frozenset({PATHS, UNITS, RUNS}),
}
"""What folds by itself at each level: paths before units, units before runs of equal blocks."""


class Folds(NamedTuple):
    """What the user folded and unfolded, by index (from 0): runs of equal blocks, and branches inside blocks."""

    folded: frozenset[int] = frozenset()
    unfolded: frozenset[int] = frozenset()
    closed: frozenset[int] = frozenset()
    opened: frozenset[int] = frozenset()


def layout_diagram(
    summary: NetworkSummary,
    width: float,
    height: float,
    *,
    zoom: float | None = None,
    measure: Measure | None = None,
    folded: Collection[int] = (),
    unfolded: Collection[int] = (),
    closed: Collection[int] = (),
    opened: Collection[int] = (),
    legend_height: float = LEGEND_HEIGHT,
    near: tuple[float, float] | None = None,
    sketches: Sketchbook | None = None,
) -> DiagramScene:
    """The scene of `summary` for a view of `width` × `height` px.

    `zoom` None fits the view, else 1.0 is 100 %. `folded` and `unfolded` name stages of equal blocks (by their first
    block, from 0) that are to be folded or never; the others fold when Fit would go below 45 %. `closed` and `opened`
    name blocks whose branches are to be folded or never; the others fold when there is no room for them. `near` is the
    `fit` of a scene that this one will resemble: it is tried first, which changes nothing but the time; nor do
    `sketches`, which keep the parts' pictures from one layout to the next.
    """
    folds = Folds(*map(frozenset, (folded, unfolded, closed, opened)))
    book = sketches if sketches is not None else Sketchbook()
    layout = _Layout(
        summary, max(width, 1.0), max(height, 1.0), measure or approximate_width, legend_height, folds, near, book
    )
    return layout.scene(zoom)


def branches_of(block: Block) -> str:
    """What folds inside a block: "paths", "units", or "" for nothing."""
    if isinstance(block, InceptionBlock):
        return PATHS
    return UNITS if isinstance(block, ResidualStage) and block.num_units > 1 else ""


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


class _Layout:
    """One layout: what is asked for, and the steps from items to scene."""

    def __init__(
        self,
        summary: NetworkSummary,
        width: float,
        height: float,
        measure: Measure,
        legend_height: float,
        folds: Folds,
        near: tuple[float, float] | None,
        sketches: Sketchbook,
    ) -> None:
        self._near = near
        self._sketches = sketches
        self._summary = summary
        self._width = width
        self._height = height
        self._measure = measure
        self._legend = legend_height
        self._folds = folds
        self._rows: dict[tuple[tuple[bool, ...], Size], Row] = {}
        self._side = max(summary.spec.input.height, summary.spec.input.width)
        self._known: dict[str, Any] = {}
        self._numbers: dict[str, int] = {}
        self._kinds = frozenset(map(branches_of, summary.spec.blocks))

    def scene(self, zoom: float | None) -> DiagramScene:
        """The scene at `zoom`, or fit."""
        items, row = self._folded_to_fit()
        if zoom is not None:
            row = self._row(items, zoomed(zoom))
        strip = row.total > self._width - 2 * LEAST_MARGIN
        if strip and zoom is None:
            row = self._fit(items, self._height - OVERVIEW_HEIGHT - OVERVIEW_MARGIN)
        return self._place(items, row, strip=strip)

    @property
    def _room(self) -> float:
        return max(1.0, self._width - 2 * MARGIN)

    @property
    def _low(self) -> bool:
        """Whether the view is so low that lanes take the legend's place."""
        return self._height < LEGEND_FROM_HEIGHT

    @property
    def _lane_room(self) -> float:
        """The height for lanes, between the plate's padding."""
        legend = LOW_LEGEND if self._low else self._legend
        return self._height - LABELS_HEIGHT - legend - PLATE_ABOVE - LANES_BELOW

    def _folded_to_fit(self) -> tuple[tuple[Item, ...], Row]:
        """As little folded as has room: first paths fold, then units of stages, then runs of equal blocks."""
        if UNITS not in self._kinds:
            items = self._items(PATHS)
            row = self._fit(items, self._height)
            if not self._is_small(row):
                return self._with_paths(items, row)
        else:
            items = self._items(PATHS)
            if self._fits(self._row(items, scale_of(*FIT[-1])), self._height):
                return self._with_paths(items, self._fit(items, self._height))
            items = self._items(UNITS)
            row = self._fit(items, self._height)
            if not self._is_small(row):
                return items, row
        items = self._items(RUNS)
        return items, self._fit(items, self._height)

    def _with_paths(self, items: tuple[Item, ...], row: Row) -> tuple[tuple[Item, ...], Row]:
        """The same with all paths shown, if that costs nothing of the scale."""
        more = sum(self._opens(item, "") and not item.is_open for item in items)
        if not more or row.total + more * LEAST_LANES > self._room:
            return items, row
        opened = self._items("")
        row_opened = self._row(opened, (row.scale.height, row.scale.kx, row.scale.unit))
        return (opened, row_opened) if row_opened.total <= self._room else (items, row)

    def _is_small(self, row: Row) -> bool:
        """Whether Fit would go below 45 %, or further than that."""
        return row.scale.height < SMALLEST_FIT * FULL_HEIGHT * 0.999 or row.total > self._room

    def _items(self, level: str) -> tuple[Item, ...]:
        """The parts in a row, folded as `level` and the user have it."""
        summary, folds = self._summary, self._folds
        items = [Item(summary.by_part[INPUT_PART], ())]
        for run in stages(summary):
            folds_run = run[0] in folds.folded or (RUNS in _FOLDED[level] and run[0] not in folds.unfolded)
            groups = (run,) if len(run) > 1 and folds_run else tuple((index,) for index in run)
            for group in groups:
                item = Item(summary.by_part[block_part(group[0])], group)
                items.append(Item(item.part, group, self._opens(item, level)))
        return (*items, Item(summary.by_part[HEAD_PART], ()))

    def _opens(self, item: Item, level: str) -> bool:
        """Whether a block shows its branches at a level of folding."""
        if len(item.members) != 1:
            return False
        index = item.members[0]
        block = self._summary.spec.blocks[index]
        kind = branches_of(block)
        if not kind or index in self._folds.closed:
            return False
        many = isinstance(block, InceptionBlock) and len(block.paths) > MOST_PATHS
        return index in self._folds.opened or (kind not in _FOLDED[level] and not many)

    def _fit(self, items: tuple[Item, ...], height: float) -> Row:
        """The first row of the table that fits, or the last one scaled evenly, down to 45 %."""
        tallest = (height - LABELS_HEIGHT - self._legend) / TALLNESS
        candidates = [entry for entry in FIT if entry[0] <= tallest] or [FIT[-1]]
        low, high = self._first_guess(items, candidates, height)
        while low < high:  # totals fall along the table, so the first that fits is found by halving
            middle = (low + high) // 2
            if self._fits(self._row(items, scale_of(*candidates[middle])), height):
                high = middle
            else:
                low = middle + 1
        row = self._row(items, scale_of(*candidates[low]))
        if self._fits(row, height) and row.scale.height <= tallest:
            return row
        return self._even(items, height)

    def _first_guess(
        self, items: tuple[Item, ...], candidates: list[tuple[float, float]], height: float
    ) -> tuple[int, int]:
        """The first and the last candidate that may be the one: where that is near the scene before, only that."""
        last = len(candidates) - 1
        if self._near not in candidates:
            return 0, last
        guess = candidates.index(self._near)

        def fits(index: int) -> bool:
            return self._fits(self._row(items, scale_of(*candidates[index])), height)

        if not fits(guess):
            after = min(guess + 1, last)
            return (after, after) if fits(after) else (min(after + 1, last), last)
        if guess == 0 or not fits(guess - 1):
            return guess, guess
        before = guess - 1
        return (0, before - 1) if before and fits(before - 1) else (before, before)

    def _fits(self, row: Row, height: float) -> bool:
        """Whether a row has room between the sides, and between legend and labels."""
        return row.total <= self._room and row.tall <= height - LABELS_HEIGHT - self._legend

    def _even(self, items: tuple[Item, ...], height: float) -> Row:
        """The last row of the table, made smaller evenly until it fits, never below 45 %."""
        floor = SMALLEST_FIT * FULL_HEIGHT / FIT[-1][0]
        tallest = (height - LABELS_HEIGHT - self._legend) / TALLNESS
        low, high = min(floor, tallest / FIT[-1][0]), min(1.0, tallest / FIT[-1][0])
        low, high = max(0.05, low), max(0.05, high)
        if self._fits(self._row(items, even_scale(high)), height):
            return self._row(items, even_scale(high))
        smallest = self._row(items, even_scale(low))
        if not self._fits(smallest, height):  # nothing in between fits either
            return smallest
        for _ in range(12):
            middle = (low + high) / 2
            row = self._row(items, even_scale(middle))
            low, high = (middle, high) if self._fits(row, height) else (low, middle)
        return self._row(items, even_scale(low))

    def _row(self, items: tuple[Item, ...], size: Size) -> Row:
        key = (tuple([item.is_open for item in items]), size)  # folded runs make it shorter
        if key not in self._rows:
            self._rows[key] = self._new_row(items, size)
        return self._rows[key]

    def _new_row(self, items: tuple[Item, ...], size: Size) -> Row:
        scale = Scale(*size, self._side, self._lane_room, self._known)
        pictures = tuple([self._picture(item, scale) for item in items])
        between = GAP * scale.kx + ARROW_ROOM
        if len(items) == 2:  # no block yet: room for the words below the handle
            between += MIN_PLATE
        return Row(scale, pictures, (between,) * (len(items) - 1))

    def _picture(self, item: Item, scale: Scale) -> Picture:
        part = item.part.part
        if part not in self._numbers:
            self._numbers[part] = self._sketches.number(part, self._origin(item), lambda: self._content(item))
        key = (self._numbers[part], scale, item.is_open)
        return self._sketches.picture(key, lambda: self._new_picture(item, scale))

    def _words(self, item: Item, picture: Picture) -> PartWords:
        origin = (self._origin(item), item.members, picture.branches, self._measure)
        return self._sketches.words(
            item.part.part,
            origin,
            lambda: words_of(item.part, self._summary, item.members, picture.branches, self._measure),
        )

    def _origin(self, item: Item) -> object:
        """All that a part's picture and words are made from; unchanged parts of successive networks are one object."""
        summary, spec = self._summary, self._summary.spec
        parts = [summary.by_part[block_part(member)] for member in item.members] or [item.part]
        pieces: list[object] = [spec.blocks[member] for member in item.members] or [spec.head]
        whole = summary.failure is None  # else a part after the failure shows what came before it
        return parts, pieces, spec.input, spec.num_classes, whole or summary

    def _content(self, item: Item) -> object:
        """Everything that a part's picture shows, whatever the scale."""
        summary, part = self._summary, item.part
        block = summary.spec.blocks[item.members[0]] if item.members else summary.spec.head
        failing = summary.failure.node if summary.failure is not None else ""
        rows = [(row.node.name, row.shape) for row in part.rows]
        start = last_map(part, summary)
        start = start[1:] if part.complete else start  # how many channels come in is seen only before a failure
        return block, summary.spec.input, summary.spec.num_classes, failing, start, rows

    def _new_picture(self, item: Item, scale: Scale) -> Picture:
        if item.part.part == INPUT_PART:
            return draw_input(item.part, self._summary, scale)
        block = self._summary.spec.blocks[item.members[0]] if item.members else None
        return part_picture(item.part, self._summary, scale, block, is_open=item.is_open)

    def _place(self, items: Sequence[Item], row: Row, *, strip: bool) -> DiagramScene:
        lower = OVERVIEW_HEIGHT + OVERVIEW_MARGIN if strip else 0.0
        band = LABELS_HEIGHT + lower
        height, axis = self._axis(row, band)
        slack = min(MAX_SLACK, max(0.0, self._room - row.total) / len(row.gaps))
        total = row.total + slack * len(row.gaps)
        width = max(self._width, total + 2 * (MARGIN if strip else LEAST_MARGIN))
        x = (width - total) / 2
        starts, ends = [], []
        for picture, gap in zip(row.pictures, (*row.gaps, 0.0), strict=True):
            starts.append(round(x) + 0.5)
            ends.append(starts[-1] + picture.width)
            x += picture.width + gap + slack
        words = [self._words(item, picture) for item, picture in zip(items, row.pictures, strict=True)]
        made = Composer(self._summary, items, row, starts, ends, axis, height - band, width, words, self._measure)
        made.build()
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
            boxes=tuple(made.boxes),
            flow=tuple(made.flow),
            pictures=tuple(made.pictures),
            labels=tuple(made.labels),
            glyphs=tuple(made.glyphs),
            handles=tuple(made.handles),
            legend=_legend_entries(row.pictures),
            overview=self._strip(height) if strip else None,
        )

    def _axis(self, row: Row, band: float) -> tuple[float, float]:
        """The scene's height and where its axis lies: everything between legend and labels, evenly if there is room."""
        is_rigid = any(picture.rigid for picture in row.pictures)
        above, below, legend = row.above, row.below, self._legend
        if is_rigid:
            above, below = above + PLATE_ABOVE, below + LANES_BELOW
            legend = LOW_LEGEND if self._low else legend
        height = max(self._height, legend + above + below + band)
        axis = (self._legend + height - band) / 2
        if above != below or is_rigid:
            axis = min(max(axis, legend + above), height - band - below)
        return height, axis

    def _strip(self, height: float) -> Rect:
        y = height - OVERVIEW_HEIGHT - OVERVIEW_MARGIN / 2
        return Rect(MARGIN / 2, y, max(1.0, self._width - MARGIN), OVERVIEW_HEIGHT)


def _legend_entries(pictures: Iterable[Picture]) -> tuple[LegendEntry, ...]:
    present: set[Mark] = set()
    for picture in pictures:
        for volume in picture.volumes:
            present.add(volume.kind)
            if volume.capped:
                present.add("norm")
            if volume.bands:
                present.add("joined")
        if any(joint.node for joint in picture.joints):
            present.add("add")
    return tuple([entry for entry in LEGEND if entry.kind in present])
