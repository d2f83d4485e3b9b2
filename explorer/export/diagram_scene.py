"""The picture of a network as data: a frozen display list in logical pixels, drawn alike by the window and by files.

`diagram_shapes` has what it is made of.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from explorer.export.diagram_pictures import Picture, Placed
from explorer.export.diagram_shapes import (
    DOT_STEP,
    GLYPH_HATCH_STEP,
    HATCH_SLOPE,
    HATCH_STEP,
    PLUS_ARM,
    Anchor,
    Band,
    Branches,
    FieldGlyph,
    Joint,
    Kind,
    Label,
    Level,
    Line,
    Mark,
    Measure,
    Point,
    Polygon,
    Rect,
    Role,
    Segment,
    State,
    Texture,
    Volume,
    dots,
    hatching,
    is_inside,
    legend_sign,
    legend_width,
    pill_box,
)

__all__ = [
    "DOT_STEP",
    "GLYPH_HATCH_STEP",
    "HATCH_SLOPE",
    "HATCH_STEP",
    "PLUS_ARM",
    "Anchor",
    "Band",
    "Branches",
    "DiagramScene",
    "FieldGlyph",
    "Handle",
    "Joint",
    "Kind",
    "Label",
    "LegendEntry",
    "Level",
    "Line",
    "Mark",
    "Measure",
    "PartBox",
    "Picture",
    "Placed",
    "Point",
    "Polygon",
    "Rect",
    "Role",
    "Segment",
    "State",
    "Texture",
    "Volume",
    "dots",
    "hatching",
    "legend_sign",
    "legend_width",
    "pill_box",
]


class PartBox(NamedTuple):
    """One block (or input, or head) as an object: its plate is what is hit, focused and dragged.

    `members` are the parts it stands for, more than one when a stage of equal blocks is folded. `branches` says of a
    block with branches (several paths or residual units) whether they are shown: "open" or "closed"; else it is "".
    """

    part: str
    members: tuple[str, ...]
    plate: Rect
    bounds: Rect
    level: Level
    state: State
    spoken: str
    branches: Branches = ""

    @property
    def is_block(self) -> bool:
        """Whether this is a block, neither input nor head."""
        return self.part.startswith("block")


class Handle(NamedTuple):
    """Where a block can be inserted: into `gap`, counted as by `edits.insert_copy`; the middle of the button."""

    gap: int
    x: float
    y: float


class LegendEntry(NamedTuple):
    """One kind of layer, or of merge, and the word for it."""

    kind: Mark
    word: str


@dataclass(frozen=True)
class DiagramScene:
    """Everything that is drawn; the `flow` from part to part lies below their `pictures`.

    `zoom` 1.0 is (172, 1) of the fit table; `view` is the room given. `band` is the height at the lower edge that holds
    only words; a view that shows less than the whole height keeps it.
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
    flow: tuple[Line, ...]
    pictures: tuple[Placed, ...]
    labels: tuple[Label, ...]
    glyphs: tuple[FieldGlyph, ...]
    handles: tuple[Handle, ...]
    legend: tuple[LegendEntry, ...]
    overview: Rect | None = None

    @cached_property
    def volumes(self) -> tuple[Volume, ...]:
        """The volumes of all parts."""
        return tuple([volume for placed in self.pictures for volume in placed.volumes])

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines inside the parts, and the flow from part to part."""
        return (*[line for placed in self.pictures for line in placed.lines], *self.flow)

    @cached_property
    def joints(self) -> tuple[Joint, ...]:
        """The joints of all parts."""
        return tuple([joint for placed in self.pictures for joint in placed.joints])

    @cached_property
    def by_part(self) -> Mapping[str, PartBox]:
        """Each box under every part that it stands for."""
        return {member: box for box in self.boxes for member in box.members}

    @cached_property
    def part_of(self) -> Mapping[str, str]:
        """The part of each node that is drawn: as a volume, a disc, or a band of what its path is joined to."""
        drawn = {volume.node: volume.part for volume in self.volumes}
        drawn.update({joint.node: joint.part for joint in self.joints if joint.node})
        for volume in self.volumes:
            for band in volume.bands:
                drawn.setdefault(band.node, volume.part)
        return drawn

    def box_at(self, x: float, y: float) -> PartBox | None:
        """The part whose plate holds the point."""
        return next((box for box in self.boxes if box.plate.contains(x, y)), None)

    def volume_at(self, x: float, y: float) -> Volume | None:
        """The uppermost volume under the point."""
        return next((volume for volume in reversed(self.volumes) if is_inside(volume.outline, x, y)), None)

    def node_at(self, x: float, y: float) -> str:
        """The layer under the point: its volume, disc, words in its lane, or the path of a band; "" for none."""
        for joint in self.joints:
            if joint.node and math.hypot(joint.x - x, joint.y - y) <= joint.radius + 1:
                return joint.node
        volume = self.volume_at(x, y)
        if volume is not None:
            band = volume.band_at(x, y)
            return band.node if band is not None else volume.node
        words = (label for label in self.labels if label.node and label.box.contains(x, y))
        return next((label.node for label in words), "")

    def pill_at(self, x: float, y: float) -> PartBox | None:
        """The part whose pill (`4 paths`, `× 3`) is under the point."""
        for label in self.labels:
            if label.role in {"pill", "badge"} and pill_box(label).contains(x, y):
                return self.by_part.get(label.part)
        return None

    def handle_at(self, x: float, y: float, reach: float = 12.0) -> Handle | None:
        """The insert handle within `reach` of the point (never below 24 px across), or whose words are hit."""
        if any(label.role == "hint" and label.box.contains(x, y) for label in self.labels):
            return self.handles[0] if self.handles else None
        return next((h for h in self.handles if abs(h.x - x) <= reach and abs(h.y - y) <= reach), None)
