"""Paints a `DiagramScene`: in the window, and into pictures, PDF and print alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from explorer.arch.graph import INPUT_PART
from explorer.export.diagram_scene import (
    GLYPH_HATCH_STEP,
    DiagramScene,
    FieldGlyph,
    Handle,
    Label,
    Line,
    PartBox,
    Picture,
    Rect,
    hatching,
    pill_box,
)
from explorer.gui.fonts import ui_font
from explorer.gui.panels.diagram.paints import Paints, polygon, rectangle, static_text
from explorer.gui.panels.diagram.volumes import paint_joint, paint_legend, paint_line, paint_volume
from explorer.gui.theme import Theme

PLATE_RADIUS = 10.0
HANDLE_HALF, HANDLE_RADIUS = 8.5, 4.5
DRAGGED_OPACITY = 0.25
DISC_RADIUS = 9.0
OUTLINE = 4.0
"""More than any outline reaches beyond its shape."""


class Look(NamedTuple):
    """What the scene does not know: selection, hover, drag, and the sample that the input wears.

    `paths` are those of Inception blocks, by part and number: lane and band light up together.
    """

    selected: frozenset[str] = frozenset()
    layers: frozenset[str] = frozenset()
    paths: frozenset[tuple[str, int]] = frozenset()
    hovered: str = ""
    hovered_gap: int | None = None
    hovered_pill: str = ""
    ringed: str = ""
    dimmed: frozenset[str] = frozenset()
    caret: tuple[float, float, float] | None = None
    sample: QImage | None = None
    handles: bool = True
    legend: bool = False


PLAIN = Look(handles=False, legend=True)
"""A scene as it stands in a report: nothing selected, nothing to click."""


def paint_diagram(
    painter: QPainter,
    scene: DiagramScene,
    theme: Theme,
    look: Look = PLAIN,
    *,
    paints: Paints | None = None,
    visible: tuple[float, float] | None = None,
) -> None:
    """Paint `scene` at the painter's origin; the ground is the caller's. Only what lies in `visible` (from x, to x)."""
    paints = paints or Paints(theme)
    if visible is not None and visible[1] - visible[0] < scene.width:
        scene = _seen(scene, *visible)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for box in scene.boxes:
        _paint_plate(painter, box, look, paints)
    _paint_network(painter, scene, look, paints)
    for glyph in scene.glyphs:
        painter.setOpacity(DRAGGED_OPACITY if glyph.part in look.dimmed else 1.0)
        _put_glyph(painter, glyph, paints)
    _paint_labels(painter, scene.labels, look, paints)
    painter.setOpacity(1.0)
    for box in scene.boxes:
        _paint_marks(painter, box, look, paints)
    if look.handles:
        _paint_handles(painter, scene, look, paints)
    if look.caret is not None:
        x, top, bottom = look.caret
        painter.setPen(paints.pen("accent", 2.0))
        painter.drawLine(QPointF(x, top), QPointF(x, bottom))
    if look.legend:
        paint_legend(painter, scene.legend, paints)


def _paint_network(painter: QPainter, scene: DiagramScene, look: Look, paints: Paints) -> None:
    """Paint the flow and each part's picture, with what is selected in the accent colour."""
    for line in scene.flow:
        paint_line(painter, line, paints)
    for placed in scene.pictures:
        picture, dimmed = placed.picture, placed.part in look.dimmed
        lit = bool(look.layers or look.paths) and _has_lit(picture, look)
        sample = look.sample if placed.part == INPUT_PART else None
        key = (id(picture), (look.layers, look.paths) if lit else None, sample.cacheKey() if sample else 0, dimmed)
        painter.translate(placed.x, placed.y)
        paints.shapes.put(
            painter, _reach(picture), key, partial(_paint_picture, picture, look, paints, dimmed), owner=picture
        )
        painter.translate(-placed.x, -placed.y)


def _reach(picture: Picture) -> QRectF:
    """Where a picture's shapes lie, their outlines included."""
    width, height = picture.width + 2 * OUTLINE, picture.above + picture.below + 2 * OUTLINE
    return QRectF(-OUTLINE, -picture.above - OUTLINE, width, height)


def _has_lit(picture: Picture, look: Look) -> bool:
    """Whether anything of it is in the accent colour."""
    nodes = {shape.node for shapes in (picture.volumes, picture.lines, picture.joints) for shape in shapes}
    parts = {volume.part for volume in picture.volumes}
    return bool(nodes & look.layers) or any(part in parts for part, _ in look.paths)


def _paint_picture(picture: Picture, look: Look, paints: Paints, dimmed: bool, painter: QPainter) -> None:
    """Paint a part's lines, volumes and sums."""
    painter.setOpacity(DRAGGED_OPACITY if dimmed else 1.0)
    for line in picture.lines:
        paint_line(painter, line, paints, lit=_is_lit(line, look))
    for volume in picture.volumes:
        paint_volume(painter, volume, paints, sample=look.sample)
    for joint in picture.joints:
        paint_joint(painter, joint, paints, lit=bool(joint.node) and joint.node in look.layers)
    painter.setPen(paints.pen("accent", 2.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for volume in picture.volumes if look.layers or look.paths else ():
        if volume.node in look.layers:
            painter.drawPolygon(polygon(volume.outline))
        for band in volume.bands:
            if (volume.part, band.path) in look.paths:
                painter.drawPolygon(polygon(volume.band_front(band)))
                painter.drawPolygon(polygon(volume.band_top(band)))
    painter.setOpacity(1.0)


def _is_lit(line: Line, look: Look) -> bool:
    if line.path:
        return (line.part, line.path) in look.paths
    return line.arc and line.node in look.layers


def _paint_plate(painter: QPainter, box: PartBox, look: Look, paints: Paints) -> None:
    selected, failing = box.part in look.selected, box.state == "failed"
    if not (selected or failing):
        return
    if selected:
        painter.setPen(paints.pen("accent", 2.0))
    else:
        painter.setPen(paints.pen("errLine", 1.5))
    painter.setBrush(paints.colors["errSoft" if failing else "soft"])
    painter.setOpacity(DRAGGED_OPACITY if box.part in look.dimmed else 1.0)
    painter.drawRoundedRect(rectangle(box.plate), PLATE_RADIUS, PLATE_RADIUS)
    painter.setOpacity(1.0)


def _paint_marks(painter: QPainter, box: PartBox, look: Look, paints: Paints) -> None:
    """What lies over the plate: hover outline and grip, the focus ring, the disc of a failure."""
    plate = rectangle(box.plate)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if box.part == look.hovered and box.part not in look.selected:
        painter.setPen(paints.pen("line2", 1.0))
        painter.drawRoundedRect(plate, PLATE_RADIUS, PLATE_RADIUS)
    if box.part == look.hovered and box.is_block:
        painter.setPen(QPen(paints.colors["muted"], 1.8, c=Qt.PenCapStyle.RoundCap))
        x, y = plate.x() + 8, plate.y() + 9
        painter.drawPoints([QPointF(x + 4 * column, y + 4 * row) for column in range(2) for row in range(3)])
    if box.part == look.ringed:
        painter.setPen(paints.pen("accent", 2.0))
        painter.drawRoundedRect(plate.adjusted(-4, -4, 4, 4), PLATE_RADIUS + 4, PLATE_RADIUS + 4)
    if box.state == "failed":
        middle = QPointF(plate.right() - 28, plate.top() - 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(paints.theme.hex("err")))
        painter.drawEllipse(middle, DISC_RADIUS, DISC_RADIUS)
        painter.setPen(QPen(paints.colors["panel"], 2.0, c=Qt.PenCapStyle.RoundCap))
        x, y, arm = middle.x(), middle.y(), 3.2
        painter.drawLines([QLineF(x - arm, y - arm, x + arm, y + arm), QLineF(x - arm, y + arm, x + arm, y - arm)])


def _put_glyph(painter: QPainter, glyph: FieldGlyph, paints: Paints) -> None:
    """Show a field's square; equal ones are painted once."""
    box = glyph.box
    square = glyph._replace(part="", box=Rect(0.0, 0.0, box.width, box.height))
    painter.translate(box.x, box.y)
    place = rectangle(square.box).adjusted(-OUTLINE, -OUTLINE, OUTLINE, OUTLINE)
    paints.shapes.put(painter, place, square, partial(_paint_glyph, square, paints))
    painter.translate(-box.x, -box.y)


def _paint_glyph(glyph: FieldGlyph, paints: Paints, painter: QPainter) -> None:
    ground = QColor(paints.colors["warnLine"] if glyph.over else paints.colors["panel"])
    ground.setAlphaF(0.32 if glyph.over else 0.5)
    color = paints.colors["warn" if glyph.over else "line2"]
    box = rectangle(glyph.box)
    painter.setPen(QPen(color, 1.2))
    painter.setBrush(ground)
    painter.drawRect(box)
    if glyph.over:
        painter.setPen(QPen(color, 1.0))
        segments = hatching(glyph.box.polygon, GLYPH_HATCH_STEP, 1.0)
        painter.drawLines([QLineF(*segment) for segment in segments])
    else:
        painter.fillRect(rectangle(glyph.inner).intersected(box.adjusted(0.6, 0.6, -0.6, -0.6)), paints.colors["conv"])


def _paint_labels(painter: QPainter, labels: Iterable[Label], look: Look, paints: Paints) -> None:
    font = (0.0, 0)
    for label in labels:
        if (label.size, label.weight) != font:
            font = (label.size, label.weight)
            painter.setFont(ui_font(round(label.size), label.weight))
        painter.setOpacity(DRAGGED_OPACITY if label.part in look.dimmed else 1.0)
        if label.role in {"badge", "pill"}:
            _paint_pill(painter, label, paints, hovered=label.part == look.hovered_pill)
            continue
        accent = (label.role == "name" and label.part in look.selected) or (label.node and label.node in look.layers)
        painter.setPen(paints.colors["accent" if accent else label.token])
        _draw_words(painter, label)


def _draw_words(painter: QPainter, label: Label) -> None:
    """Draw a label in the font that is set; its glyphs are placed only once."""
    words, ascent = static_text(label.text, label.size, label.weight)
    painter.drawStaticText(QPointF(label.left, label.y - ascent), words)


def _paint_pill(painter: QPainter, label: Label, paints: Paints, *, hovered: bool) -> None:
    """What a folded volume stands for, on a raised pill."""
    box = rectangle(pill_box(label))
    painter.setPen(paints.pen("accent" if hovered else "line2", 1.0))
    painter.setBrush(paints.colors["soft" if hovered else "raised"])
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    painter.setPen(paints.colors["accent" if hovered else label.token])
    _draw_words(painter, label)


def _paint_handles(painter: QPainter, scene: DiagramScene, look: Look, paints: Paints) -> None:
    beside = {scene.by_part[part].members for part in look.selected if part in scene.by_part}
    gaps = {gap for members in beside for gap in _gaps_beside(members)}
    if len(scene.handles) == 1 and len(scene.boxes) == 2:  # no block yet: the only thing to do
        gaps = {0}
    for handle in scene.handles:
        accent, full = handle.gap in gaps, handle.gap == look.hovered_gap
        half = HANDLE_HALF + OUTLINE
        place = QRectF(handle.x - half, handle.y - half, 2 * half, 2 * half)
        paint = partial(_paint_handle, handle, paints, accent, full)
        paints.shapes.put(painter, place, ("handle", accent, full), paint)


def _gaps_beside(members: tuple[str, ...]) -> tuple[int, ...]:
    numbers = [int(part.removeprefix("block")) for part in members if part.startswith("block")]
    return (numbers[0] - 1, numbers[-1]) if numbers else ()


def _paint_handle(handle: Handle, paints: Paints, accent: bool, full: bool, painter: QPainter) -> None:
    box = QRectF(handle.x - HANDLE_HALF, handle.y - HANDLE_HALF, 2 * HANDLE_HALF, 2 * HANDLE_HALF)
    painter.setPen(paints.pen("accentFill" if full else "accent" if accent else "line2", 1.4))
    painter.setBrush(paints.colors["accentFill" if full else "panel"])
    painter.drawRoundedRect(box, HANDLE_RADIUS, HANDLE_RADIUS)
    cross = "onAccent" if full else "accent" if accent else "muted"
    painter.setPen(QPen(paints.colors[cross], 1.5, c=Qt.PenCapStyle.RoundCap))
    x, y, arm = handle.x, handle.y, 4.2
    painter.drawLines([QLineF(x - arm, y, x + arm, y), QLineF(x, y - arm, x, y + arm)])


def _seen(scene: DiagramScene, left: float, right: float) -> DiagramScene:
    """`scene` without what lies outside of `left` to `right`: a long network costs no more than what is shown of it."""
    boxes = tuple(box for box in scene.boxes if box.plate.right >= left - 8 and box.plate.x <= right + 8)
    parts = {box.part for box in boxes}
    return replace(
        scene,
        boxes=boxes,
        flow=tuple(line for line in scene.flow if line.points[-1][0] >= left and line.points[0][0] <= right),
        pictures=tuple(placed for placed in scene.pictures if placed.part in parts),
        labels=tuple(label for label in scene.labels if label.part in parts),
        glyphs=tuple(glyph for glyph in scene.glyphs if glyph.part in parts),
        handles=tuple(handle for handle in scene.handles if left - 16 <= handle.x <= right + 16),
    )
