"""From pictures in a row to the display list: parts, their words, flow lines and insert handles in their places."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from explorer.analysis.summary import NetworkSummary, PartSummary
from explorer.arch.graph import INPUT_PART, block_part
from explorer.export.diagram_labels import (
    LABELS_HEIGHT,
    SPARE,
    PartWords,
    Slot,
    badge,
    caption,
    hint,
    label_part,
    pill,
    pill_width,
)
from explorer.export.diagram_pen import Scale
from explorer.export.diagram_pictures import Picture
from explorer.export.diagram_scene import (
    FieldGlyph,
    Handle,
    Label,
    Line,
    Measure,
    PartBox,
    Placed,
    Rect,
    State,
)

ARROW_ROOM = 4.0
PLATE_BESIDE, PLATE_ABOVE, PLATE_BELOW, MIN_PLATE = 9.0, 12.0, 9.0, 112.0
HANDLE_SIZE = 17.0
EMPTY_HINT = "Add a block"


class Item(NamedTuple):
    """One place in the row: a part, the blocks that it stands for, and whether it shows its branches."""

    part: PartSummary
    members: tuple[int, ...]
    is_open: bool = False


class Row(NamedTuple):
    """The pictures at one scale and the gaps between them."""

    scale: Scale
    pictures: tuple[Picture, ...]
    gaps: tuple[float, ...]

    @property
    def total(self) -> float:
        """The width without slack."""
        return sum([picture.width for picture in self.pictures]) + sum(self.gaps)

    @property
    def tall(self) -> float:
        """The height without lanes, which do not shrink with the rest."""
        shrinking = [picture for picture in self.pictures if not picture.rigid]
        return max([picture.above for picture in shrinking]) + max([picture.below for picture in shrinking])

    @property
    def above(self) -> float:
        """How far the highest picture reaches above the axis."""
        return max([picture.above for picture in self.pictures])

    @property
    def below(self) -> float:
        """How far the lowest picture reaches below the axis."""
        return max([picture.below for picture in self.pictures])


class Composer:
    """Fills the display list, part by part."""

    def __init__(
        self,
        summary: NetworkSummary,
        items: Sequence[Item],
        row: Row,
        starts: Sequence[float],
        ends: Sequence[float],
        axis: float,
        labels_top: float,
        width: float,
        words: Sequence[PartWords],
        measure: Measure,
    ) -> None:
        self._summary, self._items, self._row = summary, items, row
        self._starts, self._ends = starts, ends
        self._axis, self._labels_top, self._width = axis, labels_top, width
        self._measure = measure
        self._words = words
        self.boxes: list[PartBox] = []
        self.flow: list[Line] = []
        self.pictures: list[Placed] = []
        self.labels: list[Label] = []
        self.glyphs: list[FieldGlyph] = []
        self.handles: list[Handle] = []

    def build(self) -> None:
        """Place everything."""
        middles = [self._handle_x(index) for index in range(len(self._items) - 1)]
        states = [self._state(item) for item in self._items]
        slots = self._slots()
        brevity = self._brevity(slots)
        for index, item in enumerate(self._items):
            left = middles[index - 1] if index else 0.0
            right = middles[index] if index < len(middles) else self._width
            self._add_part(index, item, states[index], slots[index], left, right)
            self._add_badge(item, self._row.pictures[index], slots[index], brevity)
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

    def _state(self, item: Item) -> State:
        if item.part.complete and (not item.members or self._end(item).complete):
            return "whole"
        return "unreached" if item.part.shape_in is None and item.part.part != INPUT_PART else "failed"

    def _end(self, item: Item) -> PartSummary:
        return self._summary.by_part[block_part(item.members[-1])]

    def _slots(self) -> list[Slot]:
        """Each part's own room, from border to border."""
        borders = [0.0, *map(self._border, range(len(self._items) - 1)), self._width]
        axis, slots = self._axis, []
        for index, picture in enumerate(self._row.pictures):
            bounds = Rect(self._starts[index], axis - picture.above, picture.width, picture.above + picture.below)
            slots.append(Slot(borders[index], borders[index + 1], bounds))
        return slots

    def _border(self, index: int) -> float:
        """Where the room of part `index` ends and the next one's begins: inside the gap, midway between the two.

        It gives way to the words of one side as far as those of the other do not need the room.
        """
        pictures, starts, ends, words = self._row.pictures, self._starts, self._ends, self._words
        here, there = ends[index] - pictures[index].width / 2, starts[index + 1] + pictures[index + 1].width / 2
        border = (here + there) / 2
        least, most = here + words[index].full / 2 + SPARE, there - words[index + 1].full / 2 - SPARE
        if least <= most:
            border = min(max(border, least), most)
        return min(max(border, ends[index] + 2), starts[index + 1] - 2)

    def _brevity(self, slots: Sequence[Slot]) -> int:
        """Which of its texts every pill shows, so that all speak alike: the longest with room; -1 for none."""
        pills = [(picture.pill, slot) for picture, slot in zip(self._row.pictures, slots, strict=True) if picture.pill]
        for index in range(max((len(texts) for texts, _ in pills), default=0)):
            words = ((texts[min(index, len(texts) - 1)], slot.right - slot.left) for texts, slot in pills)
            if all(pill_width(text, self._measure) <= room for text, room in words):
                return index
        return -1

    def _add_part(self, index: int, item: Item, state: State, slot: Slot, left: float, right: float) -> None:
        picture, x = self._row.pictures[index], self._starts[index]
        last = index == len(self._items) - 1
        self.pictures.append(Placed(item.part.part, picture, x, self._axis))
        self.labels += [label.moved(x, self._axis) for label in picture.labels]
        labels, glyph, level = label_part(
            item.part.part, self._words[index], slot, self._labels_top, state, self._measure
        )
        self.labels += labels
        if glyph is not None:
            self.glyphs.append(glyph)
        clear = HANDLE_SIZE / 2 + 1.5
        plate = _plate(slot, labels, left + clear if index else 4.0, self._width - 4.0 if last else right - clear)
        plate = Rect(plate.x, plate.y, plate.width, self._labels_top + LABELS_HEIGHT - PLATE_BELOW - plate.y)
        members = tuple(block_part(member) for member in item.members) or (item.part.part,)
        words = self._words[index].spoken
        self.boxes.append(PartBox(item.part.part, members, plate, slot.bounds, level, state, words, picture.branches))

    def _add_badge(self, item: Item, picture: Picture, slot: Slot, brevity: int) -> None:
        """`× 6` for a folded run of blocks, and the pill of folded paths or units."""
        if len(item.members) > 1:
            self.labels.append(badge(item.part.part, len(item.members), self.boxes[-1].plate, self._measure))
        if picture.pill and brevity >= 0:
            x, y = slot.bounds.x + picture.pill_at[0], self._axis + picture.pill_at[1]
            text = picture.pill[min(brevity, len(picture.pill) - 1)]
            self.labels.append(pill(item.part.part, text, x, y, slot, self._measure))

    def _add_line(self, index: int, before: State, after: State) -> None:
        state: State = "whole" if before == "whole" else "failed" if before == "failed" else "unreached"
        if before == "whole" and after == "unreached":
            state = "unreached"
        arrow = self._row.pictures[index].arrow
        end = self._starts[index] - (ARROW_ROOM - 1 if arrow else 0.0)
        self.flow.append(Line(((self._ends[index - 1], self._axis), (end, self._axis)), state, arrow))

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
