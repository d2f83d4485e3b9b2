"""What stands under each part, at the level of detail that its width allows. Text never scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from explorer.analysis.summary import NetworkSummary, PartSummary
from explorer.arch.graph import INPUT_PART
from explorer.export.diagram_scene import Branches, FieldGlyph, Label, Level, Measure, PartBox, Rect, Role, State
from explorer.export.diagram_text import (
    DETAIL_SIZE,
    DETAIL_WEIGHT,
    NAME_SIZE,
    NAME_WEIGHT,
    UNREACHED,
    PartText,
    field_words,
    part_field,
    part_text,
    spoken,
)
from explorer.units import TIMES

LABELS_HEIGHT = 96.0
NAME_Y, DETAIL_Y, MAPS_Y, GLYPH_Y, FIELD_Y = 12.5, 29.5, 44.5, 55.0, 71.0
GLYPH_SIZE, GLYPH_GAP = 24.0, 7.0
SPARE = 5.0
PILL_BESIDE = 7.0
CAPTION = "Receptive field"


class Slot(NamedTuple):
    """The room that is a part's own, from one border to the other, and where its volumes stand."""

    left: float
    right: float
    bounds: Rect

    @property
    def room(self) -> float:
        """The width that text may take."""
        return self.right - self.left - 2 * SPARE

    def centred(self, width: float) -> float:
        """The middle for something `width` wide: below the volumes, moved only as far as the slot demands."""
        middle = self.bounds.x + self.bounds.width / 2
        low, high = self.left + SPARE + width / 2, self.right - SPARE - width / 2
        return min(max(middle, low), high) if low <= high else (low + high) / 2


class _Field(NamedTuple):
    """The receptive field as it is shown: its words, and its share of the input."""

    words: str
    share_x: float
    share_y: float
    over: bool


class PartWords(NamedTuple):
    """What is to be said under a part, how wide that is in full, and the part as a screen reader says it."""

    text: PartText
    field: _Field | None
    full: float
    spoken: str


def words_of(
    part: PartSummary, summary: NetworkSummary, members: tuple[int, ...], branches: Branches, measure: Measure
) -> PartWords:
    """The words and the field of `part`, measured."""
    text = part_text(part, summary, members, branches)
    field = _field(part, summary, members)
    lines = [measure(line, DETAIL_SIZE, DETAIL_WEIGHT) for line in (text.detail, text.maps) if line]
    full = max([measure(text.name, NAME_SIZE, NAME_WEIGHT), _field_width(field, measure), *lines])
    return PartWords(text, field, full, spoken(part, summary, members, branches))


def label_part(
    part: str, words: PartWords, slot: Slot, top: float, state: State, measure: Measure
) -> tuple[list[Label], FieldGlyph | None, Level]:
    """The labels and the field glyph of `part`, and the level they show."""
    field = words.field
    pen = _Labels(part, slot, top, state, measure)
    level = pen.level(words)
    pen.write(words.text, level)
    glyph = pen.field(field, level) if field is not None and level != "number" else None
    return pen.labels, glyph, level


def pill_width(text: str, measure: Measure) -> float:
    """The room that a pill takes."""
    return measure(text, DETAIL_SIZE, NAME_WEIGHT) + 2 * PILL_BESIDE + 2


def pill(part: str, text: str, x: float, y: float, slot: Slot, measure: Measure) -> Label:
    """`4 paths` in a pill at (x, y), moved only as far as the slot demands."""
    half = pill_width(text, measure) / 2
    x = min(max(x, slot.left + half), slot.right - half)
    width = measure(text, DETAIL_SIZE, NAME_WEIGHT)
    return Label(text, x, y, DETAIL_SIZE, NAME_WEIGHT, "text", part, "pill", width)


def badge(part: str, count: int, plate: Rect, measure: Measure) -> Label:
    """`× 6`: how many equal blocks a folded volume stands for, at the plate's right shoulder."""
    text = f"{TIMES} {count}"
    width = measure(text, DETAIL_SIZE, NAME_WEIGHT)
    return Label(
        text,
        plate.right - width / 2 - 10,
        plate.y + 4,
        DETAIL_SIZE,
        NAME_WEIGHT,
        "text",
        part,
        "badge",
        width,
    )


def hint(text: str, x: float, y: float, measure: Measure) -> Label:
    """Words below the handle of a network without blocks."""
    width = measure(text, NAME_SIZE, NAME_WEIGHT)
    return Label(text, x, y + 28, NAME_SIZE, NAME_WEIGHT, "accent", INPUT_PART, "hint", width)


def caption(boxes: Sequence[PartBox], glyphs: Sequence[FieldGlyph], top: float, measure: Measure) -> Label | None:
    """The words "Receptive field" below the input, where it has room before the first glyph."""
    width = measure(CAPTION, DETAIL_SIZE, DETAIL_WEIGHT)
    first = min((glyph.box.x for glyph in glyphs), default=0.0)
    bounds = boxes[0].bounds
    middle = max(bounds.x + bounds.width / 2, SPARE + width / 2)
    if len(boxes) > 2:
        first = min(first, boxes[1].plate.x)
    middle = min(middle, first - 6 - width / 2)
    if middle - width / 2 < SPARE:
        return None
    return Label(CAPTION, middle, top + FIELD_Y, DETAIL_SIZE, DETAIL_WEIGHT, "muted", INPUT_PART, "caption", width)


class _Labels:
    """Writes the lines of one part."""

    def __init__(self, part: str, slot: Slot, top: float, state: State, measure: Measure) -> None:
        self.labels: list[Label] = []
        self._part, self._slot, self._top, self._state, self._measure = part, slot, top, state, measure

    def level(self, words: PartWords) -> Level:
        """The most detailed level whose every line has room: from about 96 px on all, from 56 the short ones."""
        text = words.text
        if words.full <= self._slot.room:
            return "full"
        short = [self._name(text.name), self._detail(text.short), GLYPH_SIZE]
        return "short" if max(short) <= self._slot.room else "number"

    def write(self, text: PartText, level: Level) -> None:
        """The name and, as `level` has it, the lines below."""
        faint = self._state == "unreached"
        name = text.number if level == "number" else text.name
        if self._name(name) <= self._slot.room:
            self._add(name, NAME_Y, NAME_SIZE, NAME_WEIGHT, "faint" if faint else "text", "name")
        if level == "full":
            fits = text.whole and self._detail(text.whole) + 2 * SPARE <= self._slot.room
            detail = text.whole if fits else text.detail
            self._add(detail, DETAIL_Y, DETAIL_SIZE, DETAIL_WEIGHT, "muted", "detail")
            self._add(text.maps, MAPS_Y, DETAIL_SIZE, DETAIL_WEIGHT, "err" if text.maps_failed else "muted", "detail")
        elif level == "short":
            short = text.short if text.detail != UNREACHED else ""
            self._add(short, DETAIL_Y, DETAIL_SIZE, DETAIL_WEIGHT, "muted", "detail")

    def field(self, field: _Field, level: Level) -> FieldGlyph:
        """The glyph and, with room, its number."""
        full = level == "full"
        width = _field_width(field, self._measure) if full else GLYPH_SIZE
        left = round(self._slot.centred(width) - width / 2) + 0.5
        y = round(self._top + GLYPH_Y) + 0.5
        if full:
            weight, token = (600, "warn") if field.over else (DETAIL_WEIGHT, "muted")
            x = left + GLYPH_SIZE + GLYPH_GAP
            measured = self._measure(field.words, DETAIL_SIZE, weight)
            y_text = self._top + FIELD_Y
            self.labels.append(
                Label(field.words, x, y_text, DETAIL_SIZE, weight, token, self._part, "field", measured, "start")
            )
        return FieldGlyph(
            self._part, Rect(left, y, GLYPH_SIZE - 1, GLYPH_SIZE - 1), field.share_x, field.share_y, field.over
        )

    def _name(self, text: str) -> float:
        return self._measure(text, NAME_SIZE, NAME_WEIGHT)

    def _detail(self, text: str) -> float:
        return self._measure(text, DETAIL_SIZE, DETAIL_WEIGHT) if text else 0.0

    def _add(self, text: str, y: float, size: float, weight: int, token: str, role: Role) -> None:
        if not text:
            return
        width = self._measure(text, size, weight)
        x = self._slot.centred(width)
        self.labels.append(Label(text, x, self._top + y, size, weight, token, self._part, role, width))


def _field_width(field: _Field | None, measure: Measure) -> float:
    if field is None:
        return 0.0
    return GLYPH_SIZE + GLYPH_GAP + measure(field.words, DETAIL_SIZE, 600 if field.over else DETAIL_WEIGHT)


def _field(part: PartSummary, summary: NetworkSummary, members: tuple[int, ...]) -> _Field | None:
    if part.part == INPUT_PART:
        return None
    field = part_field(part, summary, members)
    if field is None:
        return None
    height, width = field.size
    shape = summary.spec.input
    over = height > shape.height and width > shape.width
    return _Field(field_words(field), min(1.0, width / shape.width), min(1.0, height / shape.height), over)
