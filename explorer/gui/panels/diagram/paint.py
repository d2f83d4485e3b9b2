"""Paints a `DiagramScene`: in the window, and into pictures, PDF and print alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF, QTransform, qRgb

from explorer.export.diagram_scene import (
    GLYPH_HATCH_STEP,
    DiagramScene,
    FieldGlyph,
    Handle,
    Label,
    LegendEntry,
    Line,
    PartBox,
    Polygon,
    Rect,
    Volume,
    dots,
    hatching,
)
from explorer.gui.fonts import ui_font
from explorer.gui.theme import Theme
from explorer.palette import faces

ARROW_LENGTH, ARROW_HALF = 6.0, 3.6
PLATE_RADIUS = 10.0
HANDLE_HALF, HANDLE_RADIUS = 8.5, 4.5
DRAGGED_OPACITY = 0.25
DISC_RADIUS = 9.0
LEGEND_X, LEGEND_MIDDLE, LEGEND_STEP = 20.0, 22.0, 19.0
_DASH = [4.0, 3.0]
_LEFT = Qt.AlignmentFlag.AlignLeft


@dataclass(frozen=True, slots=True)
class Look:
    """What the scene does not know: selection, hover, drag, and the sample that the input wears."""

    selected: frozenset[str] = frozenset()
    layers: frozenset[str] = frozenset()
    hovered: str = ""
    hovered_gap: int | None = None
    ringed: str = ""
    dimmed: frozenset[str] = frozenset()
    caret: tuple[float, float, float] | None = None
    sample: QImage | None = None
    handles: bool = True
    legend: bool = False


PLAIN = Look(handles=False, legend=True)
"""A scene as it stands in a report: nothing selected, nothing to click."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """Brushes and pen of one kind of layer."""

    front: QBrush
    top: QBrush
    side: QBrush
    ground: QBrush
    outline: QPen
    stroke: QColor


class Paints:
    """The colours of one theme as Qt's objects, made once."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.colors = {token: QColor(value) for token, value in (*theme.tokens.items(), *theme.kinds.items())}
        self.kinds = {kind: _kind(theme, kind) for kind in theme.kinds}

    def pen(self, token: str, width: float, *, dashed: bool = False) -> QPen:
        """A pen in the colour of `token`."""
        pen = QPen(self.colors[token], width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        if dashed:
            pen.setDashPattern([part / width for part in _DASH])
        return pen


def measure(text: str, size: float, weight: int) -> float:
    """The width of `text` in the window's typeface: what `layout_diagram` measures with."""
    return _advance(text, size, weight)


@lru_cache(maxsize=8192)
def _advance(text: str, size: float, weight: int) -> float:
    return _metrics(size, weight).horizontalAdvance(text)


@lru_cache(maxsize=16)
def _metrics(size: float, weight: int) -> QFontMetricsF:
    return QFontMetricsF(ui_font(round(size), weight))


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
    for line in scene.lines:
        _paint_line(painter, line, paints)
    for volume in scene.volumes:
        painter.setOpacity(DRAGGED_OPACITY if volume.part in look.dimmed else 1.0)
        paint_volume(painter, volume, paints, sample=look.sample)
    for volume in scene.volumes:
        if volume.node in look.layers:
            painter.setPen(paints.pen("accent", 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolygon(_polygon(volume.outline))
    for glyph in scene.glyphs:
        painter.setOpacity(DRAGGED_OPACITY if glyph.part in look.dimmed else 1.0)
        _paint_glyph(painter, glyph, paints)
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


def paint_legend(
    painter: QPainter, entries: Iterable[LegendEntry], paints: Paints, *, covered: Iterable[QRect] = ()
) -> float:
    """Paint the key of layer kinds at the left upper corner, but for what is `covered`; give the x where it ends."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(ui_font(11, 500))
    x = LEGEND_X
    for entry in entries:
        kind = "conv" if entry.kind == "norm" else entry.kind
        width = 17 + measure(entry.word, 11, 500)
        place = QRect(round(x), round(LEGEND_MIDDLE) - 9, round(width), 18)
        x += width + LEGEND_STEP
        if any(place.intersects(other) for other in covered):
            continue
        x -= width + LEGEND_STEP
        volume = Volume("", "", kind, x + 0.5, LEGEND_MIDDLE - 4.5, 6, 10, 5, 3, capped=entry.kind == "norm")
        paint_volume(painter, volume, paints)
        painter.setPen(paints.colors["muted"])
        painter.drawText(QPointF(x + 17, LEGEND_MIDDLE + 4), entry.word)
        x += width + LEGEND_STEP
    return x


def paint_volume(painter: QPainter, volume: Volume, paints: Paints, *, sample: QImage | None = None) -> None:
    """Paint one layer: front, top and right face, its texture, its norm cap."""
    kind = paints.kinds[volume.kind]
    if volume.state != "whole":
        painter.setPen(paints.pen("err" if volume.state == "failed" else "faint", 1.1, dashed=True))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for face in (volume.front, volume.top, volume.side):
            painter.drawPolygon(_polygon(face))
        return
    painter.setPen(kind.outline)
    painter.setBrush(kind.front)
    painter.drawPolygon(_polygon(volume.front))
    painter.setBrush(kind.top)
    painter.drawPolygon(_polygon(volume.top))
    painter.setBrush(kind.side if volume.texture == "plain" else kind.ground)
    painter.drawPolygon(_polygon(volume.side))
    if volume.texture != "plain":
        _paint_texture(painter, volume, kind)
    if volume.kind == "input" and sample is not None and not sample.isNull():
        _paint_sample(painter, volume, sample, kind)
    if volume.capped:
        norm = paints.kinds["norm"]
        painter.setPen(norm.outline)
        painter.setBrush(norm.front)
        painter.drawPolygon(_polygon(volume.cap))


def _paint_texture(painter: QPainter, volume: Volume, kind: _Kind) -> None:
    """Strokes on a max pool's face, dots on an average pool's: vectors, so sharp at any ratio."""
    if volume.texture == "hatched":
        painter.setPen(QPen(kind.stroke, 1.5, c=Qt.PenCapStyle.FlatCap))
        painter.drawLines([QLineF(*segment) for segment in hatching(volume.side)])
    else:
        painter.setPen(QPen(kind.stroke, 1.8, c=Qt.PenCapStyle.RoundCap))
        painter.drawPoints([QPointF(x, y) for x, y in dots(volume.side)])
    painter.setPen(kind.outline)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolygon(_polygon(volume.side))


def _paint_sample(painter: QPainter, volume: Volume, sample: QImage, kind: _Kind) -> None:
    """The data set's picture on the right face, sheared; nearest neighbour, because its pixels are the point."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
    place = QTransform(
        volume.dx / sample.width(),
        -volume.dy / sample.width(),
        0.0,
        volume.height / sample.height(),
        volume.x + volume.width,
        volume.y,
    )
    painter.setTransform(place, combine=True)
    painter.drawImage(QPointF(0, 0), sample)
    painter.restore()
    painter.setPen(kind.outline)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolygon(_polygon(volume.side))


def tinted(sample: QImage, theme: Theme) -> QImage:
    """A grey `sample` between the colours of panel and text; a coloured one as it is."""
    if not sample.allGray():
        return sample
    grey = sample.convertToFormat(QImage.Format.Format_Grayscale8)
    tinted = QImage(grey.constBits(), grey.width(), grey.height(), grey.bytesPerLine(), QImage.Format.Format_Indexed8)
    low, high = theme.color("panel"), theme.color("text")
    steps = [(value / 255, 1 - value / 255) for value in range(256)]
    tinted.setColorTable(
        [
            qRgb(
                round(low.red() * rest + high.red() * part),
                round(low.green() * rest + high.green() * part),
                round(low.blue() * rest + high.blue() * part),
            )
            for part, rest in steps
        ]
    )
    return tinted.convertToFormat(QImage.Format.Format_RGB32)


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
    painter.drawRoundedRect(_rect(box.plate), PLATE_RADIUS, PLATE_RADIUS)
    painter.setOpacity(1.0)


def _paint_marks(painter: QPainter, box: PartBox, look: Look, paints: Paints) -> None:
    """What lies over the plate: hover outline and grip, the focus ring, the disc of a failure."""
    plate = _rect(box.plate)
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


def _paint_line(painter: QPainter, line: Line, paints: Paints) -> None:
    color = paints.colors["errLine" if line.state == "failed" else "line2"]
    pen = QPen(color, 1.4)
    if line.state != "whole":
        pen.setDashPattern([3.0, 2.2])
    (x, y), (end, end_y) = line.points[0], line.points[-1]
    painter.setPen(pen)
    painter.drawLine(QPointF(x, y), QPointF(end - ARROW_LENGTH, end_y))
    if line.arrow:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        head = ((end - ARROW_LENGTH, end_y - ARROW_HALF), (end, end_y), (end - ARROW_LENGTH, end_y + ARROW_HALF))
        painter.drawPolygon(_polygon(head))


def _paint_glyph(painter: QPainter, glyph: FieldGlyph, paints: Paints) -> None:
    ground = QColor(paints.colors["warnLine"] if glyph.over else paints.colors["panel"])
    ground.setAlphaF(0.32 if glyph.over else 0.5)
    color = paints.colors["warn" if glyph.over else "line2"]
    box = _rect(glyph.box)
    painter.setPen(QPen(color, 1.2))
    painter.setBrush(ground)
    painter.drawRect(box)
    if glyph.over:
        painter.setPen(QPen(color, 1.0))
        segments = hatching(glyph.box.polygon, GLYPH_HATCH_STEP, 1.0)
        painter.drawLines([QLineF(*segment) for segment in segments])
    else:
        painter.fillRect(_rect(glyph.inner).intersected(box.adjusted(0.6, 0.6, -0.6, -0.6)), paints.colors["conv"])


def _paint_labels(painter: QPainter, labels: Iterable[Label], look: Look, paints: Paints) -> None:
    font = (0.0, 0)
    for label in labels:
        if (label.size, label.weight) != font:
            font = (label.size, label.weight)
            painter.setFont(ui_font(round(label.size), label.weight))
        painter.setOpacity(DRAGGED_OPACITY if label.part in look.dimmed else 1.0)
        if label.role == "badge":
            _paint_badge(painter, label, paints)
            continue
        accent = label.role == "name" and label.part in look.selected
        painter.setPen(paints.colors["accent" if accent else label.token])
        painter.drawText(QPointF(label.left, label.y), label.text)


def _paint_badge(painter: QPainter, label: Label, paints: Paints) -> None:
    """The number of blocks that a folded volume stands for, on a raised pill."""
    box = _rect(label.box).adjusted(-7, -4, 7, 4)
    painter.setPen(paints.pen("line2", 1.0))
    painter.setBrush(paints.colors["raised"])
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    painter.setPen(paints.colors[label.token])
    painter.drawText(QPointF(label.left, label.y), label.text)


def _paint_handles(painter: QPainter, scene: DiagramScene, look: Look, paints: Paints) -> None:
    beside = {scene.by_part[part].members for part in look.selected if part in scene.by_part}
    gaps = {gap for members in beside for gap in _gaps_beside(members)}
    if len(scene.handles) == 1 and len(scene.boxes) == 2:  # no block yet: the only thing to do
        gaps = {0}
    for handle in scene.handles:
        _paint_handle(painter, handle, paints, accent=handle.gap in gaps, full=handle.gap == look.hovered_gap)


def _gaps_beside(members: tuple[str, ...]) -> tuple[int, ...]:
    numbers = [int(part.removeprefix("block")) for part in members if part.startswith("block")]
    return (numbers[0] - 1, numbers[-1]) if numbers else ()


def _paint_handle(painter: QPainter, handle: Handle, paints: Paints, *, accent: bool, full: bool) -> None:
    box = QRectF(handle.x - HANDLE_HALF, handle.y - HANDLE_HALF, 2 * HANDLE_HALF, 2 * HANDLE_HALF)
    painter.setPen(paints.pen("accentFill" if full else "accent" if accent else "line2", 1.4))
    painter.setBrush(paints.colors["accentFill" if full else "panel"])
    painter.drawRoundedRect(box, HANDLE_RADIUS, HANDLE_RADIUS)
    cross = "onAccent" if full else "accent" if accent else "muted"
    painter.setPen(QPen(paints.colors[cross], 1.5, c=Qt.PenCapStyle.RoundCap))
    x, y, arm = handle.x, handle.y, 4.2
    painter.drawLines([QLineF(x - arm, y, x + arm, y), QLineF(x, y - arm, x, y + arm)])


def _kind(theme: Theme, kind: str) -> _Kind:
    shades = faces(theme, kind)
    pen = QPen(QColor(shades.outline), 0.9)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    front, top, side, ground = (QBrush(QColor(c)) for c in (shades.front, shades.top, shades.side, shades.ground))
    return _Kind(front, top, side, ground, pen, QColor(shades.stroke))


def _seen(scene: DiagramScene, left: float, right: float) -> DiagramScene:
    """`scene` without what lies outside of `left` to `right`: a long network costs no more than what is shown of it."""
    boxes = tuple(box for box in scene.boxes if box.plate.right >= left - 8 and box.plate.x <= right + 8)
    parts = {box.part for box in boxes}
    return replace(
        scene,
        boxes=boxes,
        volumes=tuple(volume for volume in scene.volumes if volume.part in parts),
        labels=tuple(label for label in scene.labels if label.part in parts),
        glyphs=tuple(glyph for glyph in scene.glyphs if glyph.part in parts),
        handles=tuple(handle for handle in scene.handles if left - 16 <= handle.x <= right + 16),
        lines=tuple(line for line in scene.lines if line.points[-1][0] >= left and line.points[0][0] <= right),
    )


def _polygon(points: Polygon) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points])


def _rect(rect: Rect) -> QRectF:
    return QRectF(rect.x, rect.y, rect.width, rect.height)
