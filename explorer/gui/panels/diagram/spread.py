"""A scene with a gap opened in it, and the gaps that a dragged block can drop into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from explorer.export.diagram_scene import DiagramScene, Line, PartBox, Rect

OPENING = 14.0


def opened(scene: DiagramScene, x: float, amount: float) -> DiagramScene:
    """`scene` with everything left of `x` moved left by `amount`, and the rest to the right."""
    if amount <= 0:
        return scene

    def shift(at: float) -> float:
        return amount if at >= x else -amount

    moved = {box.part: shift(box.bounds.x) for box in scene.boxes}
    return replace(
        scene,
        boxes=tuple(_moved_box(box, moved[box.part]) for box in scene.boxes),
        pictures=tuple(placed.moved(moved[placed.part]) for placed in scene.pictures),
        labels=tuple(label._replace(x=label.x + moved[label.part]) for label in scene.labels),
        glyphs=tuple(glyph._replace(box=_moved(glyph.box, moved[glyph.part])) for glyph in scene.glyphs),
        flow=tuple(_moved_line(line, x, amount) for line in scene.flow),
        handles=(),
    )


def only(scene: DiagramScene, part: str) -> DiagramScene:
    """`scene` with one part and nothing else: what hangs on the pointer."""
    return replace(
        scene,
        boxes=(),
        flow=(),
        pictures=tuple(placed for placed in scene.pictures if placed.part == part),
        labels=tuple(label for label in scene.labels if label.part == part and label.role != "caption"),
        glyphs=tuple(glyph for glyph in scene.glyphs if glyph.part == part),
        handles=(),
        legend=(),
    )


def gap_at(scene: DiagramScene, x: float) -> tuple[int, float]:
    """The gap between blocks nearest to `x` (counted as by `edits.move`), and where its caret stands."""
    blocks = [box for box in scene.boxes if box.is_block]
    gaps = [(int(box.members[0].removeprefix("block")) - 1, _before(scene.boxes, box)) for box in blocks]
    last = blocks[-1]
    gaps.append((int(last.members[-1].removeprefix("block")), _after(scene.boxes, last)))
    return min(gaps, key=lambda gap: abs(gap[1] - x))


def _before(boxes: Sequence[PartBox], box: PartBox) -> float:
    left = boxes[boxes.index(box) - 1]
    return (left.bounds.right + box.bounds.x) / 2


def _after(boxes: Sequence[PartBox], box: PartBox) -> float:
    right = boxes[boxes.index(box) + 1]
    return (box.bounds.right + right.bounds.x) / 2


def _moved(rect: Rect, dx: float) -> Rect:
    return Rect(rect.x + dx, rect.y, rect.width, rect.height)


def _moved_box(box: PartBox, dx: float) -> PartBox:
    return box._replace(plate=_moved(box.plate, dx), bounds=_moved(box.bounds, dx))


def _moved_line(line: Line, x: float, amount: float) -> Line:
    return line._replace(points=tuple((px + (amount if px >= x else -amount), py) for px, py in line.points))
