"""Paints what a network is made of: slabs with their textures and bands, sums, flow lines, and the legend of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen, QTransform, qRgb

from explorer.export.diagram_scene import (
    PLUS_ARM,
    Joint,
    LegendEntry,
    Line,
    Mark,
    Volume,
    dots,
    hatching,
    legend_sign,
    legend_width,
)
from explorer.gui.fonts import ui_font
from explorer.gui.panels.diagram.paints import NUM_BANDS, KindPaints, Paints, measure, polygon, static_text
from explorer.gui.theme import Theme

ARROW_LENGTH, ARROW_HALF = 6.0, 3.6
LEGEND_X, LEGEND_MIDDLE, LEGEND_STEP = 20.0, 22.0, 19.0


def paint_legend(
    painter: QPainter, entries: Iterable[LegendEntry], paints: Paints, *, covered: Iterable[QRect] = ()
) -> float:
    """Paint the key of layer kinds at the left upper corner, but for what is `covered`; give the x where it ends."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    x = LEGEND_X
    for entry in entries:
        indent = legend_width(entry.kind)
        width = indent + measure(entry.word, 11, 500)
        place = QRect(round(x), round(LEGEND_MIDDLE) - 9, round(width), 18)
        if not any(place.intersects(other) for other in covered):
            reach = QRectF(x - 2, LEGEND_MIDDLE - 10, indent + 4, 20)
            paint = partial(_paint_sign, entry.kind, x + 0.5, paints)
            paints.shapes.put(painter, reach, ("legend", entry.kind), paint)
            glyphs, ascent = static_text(entry.word, 11, 500)
            painter.setFont(ui_font(11, 500))
            painter.setPen(paints.colors["muted"])
            painter.drawStaticText(QPointF(x + indent, LEGEND_MIDDLE + 4 - ascent), glyphs)
        x += width + LEGEND_STEP
    return x


def _paint_sign(mark: Mark, x: float, paints: Paints, painter: QPainter) -> None:
    """Paint what stands before a word of the legend."""
    sign = legend_sign(mark, x, LEGEND_MIDDLE + 0.5)
    if isinstance(sign, Joint):
        paint_joint(painter, sign, paints)
    else:
        paint_volume(painter, sign, paints)


def paint_volume(painter: QPainter, volume: Volume, paints: Paints, *, sample: QImage | None = None) -> None:
    """Paint one layer: front, top and right face, its texture, its norm cap."""
    kind = paints.kinds[volume.kind]
    if volume.state != "whole":
        painter.setPen(paints.pen("err" if volume.state == "failed" else "faint", 1.1, dashed=True))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for face in (volume.front, volume.top, volume.side):
            painter.drawPolygon(polygon(face))
        return
    if volume.bands:
        kind = _paint_bands(painter, volume, paints)
    else:
        painter.setPen(kind.outline)
        painter.setBrush(kind.front)
        painter.drawPolygon(polygon(volume.front))
        painter.setBrush(kind.top)
        painter.drawPolygon(polygon(volume.top))
    painter.setBrush(kind.side if volume.texture == "plain" else kind.ground)
    painter.drawPolygon(polygon(volume.side))
    if volume.texture != "plain":
        _paint_texture(painter, volume, kind)
    if volume.kind == "input" and sample is not None and not sample.isNull():
        _paint_sample(painter, volume, sample, kind)
    if volume.capped:
        norm = paints.kinds["norm"]
        painter.setPen(norm.outline)
        painter.setBrush(norm.front)
        painter.drawPolygon(polygon(volume.cap))


def _paint_bands(painter: QPainter, volume: Volume, paints: Paints) -> KindPaints:
    """Cut the front and the top into the paths' bands; give the colours of the last, whose right face is seen."""
    kind = paints.kinds[volume.kind]
    painter.setPen(Qt.PenStyle.NoPen)
    for band in volume.bands:
        kind = paints.bands[(band.path - 1) % NUM_BANDS]
        painter.setBrush(kind.front)
        painter.drawPolygon(polygon(volume.band_front(band)))
        painter.setBrush(kind.top)
        painter.drawPolygon(polygon(volume.band_top(band)))
    painter.setPen(kind.outline)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolygon(polygon(volume.front))
    painter.drawPolygon(polygon(volume.top))
    return kind


def paint_joint(painter: QPainter, joint: Joint, paints: Paints, *, lit: bool = False) -> None:
    """Paint the dot where paths part, or the disc where two are added: red where they disagree."""
    token = {"whole": "text", "failed": "err", "unreached": "faint"}[joint.state]
    middle = QPointF(joint.x, joint.y)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paints.colors["accent" if lit else token])
    painter.drawEllipse(middle, joint.radius, joint.radius)
    if joint.node:
        painter.setPen(QPen(paints.colors["panel"], 2.0, c=Qt.PenCapStyle.RoundCap))
        x, y, arm = joint.x, joint.y, joint.radius * PLUS_ARM
        painter.drawLines([QLineF(x - arm, y, x + arm, y), QLineF(x, y - arm, x, y + arm)])


def _paint_texture(painter: QPainter, volume: Volume, kind: KindPaints) -> None:
    """Strokes on a max pool's face, dots on an average pool's: vectors, so sharp at any ratio."""
    (x, y), (dx, dy, height) = volume.side[0], (volume.dx, volume.dy, volume.height)
    face = (
        (0.0, 0.0),
        (dx, -dy),
        (dx, height - dy),
        (0.0, height),
    )  # equal faces have equal strokes, wherever they are
    painter.translate(x, y)
    if volume.texture == "hatched":
        painter.setPen(QPen(kind.stroke, 1.5, c=Qt.PenCapStyle.FlatCap))
        painter.drawLines([QLineF(*segment) for segment in hatching(face)])
    else:
        painter.setPen(QPen(kind.stroke, 1.8, c=Qt.PenCapStyle.RoundCap))
        painter.drawPoints([QPointF(*dot) for dot in dots(face)])
    painter.translate(-x, -y)
    painter.setPen(kind.outline)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolygon(polygon(volume.side))


def _paint_sample(painter: QPainter, volume: Volume, sample: QImage, kind: KindPaints) -> None:
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
    painter.drawPolygon(polygon(volume.side))


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


def paint_line(painter: QPainter, line: Line, paints: Paints, *, lit: bool = False) -> None:
    """Paint a flow line, or a shortcut's arc, with its arrow head."""
    ink = "text" if line.arc and line.state == "whole" else "line2"
    token = "errLine" if line.state == "failed" else "accent" if lit else ink
    color = paints.colors[token]
    pen = QPen(color, 2.0 if line.arc or lit else 1.4)
    if line.state != "whole":
        pen.setDashPattern([3.0, 2.2])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    points = [QPointF(x, y) for x, y in line.shaft(ARROW_LENGTH)]
    if line.curved:
        path = QPainterPath(points[0])
        for at in range(1, len(points), 3):
            path.cubicTo(*points[at : at + 3])
        painter.drawPath(path)
    else:
        painter.drawPolyline(points)
    if line.arrow:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        half = ARROW_HALF + (0.8 if line.arc else 0.0)
        painter.drawPolygon(polygon(line.head(ARROW_LENGTH, half)))
