"""The strip below a picture that is longer than the view: the whole network, and a window to drag over it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from explorer.export.diagram_scene import DiagramScene
from explorer.gui.panels.diagram.paints import Paints
from explorer.gui.panels.diagram.viewport import Viewport


def paint_overview(painter: QPainter, scene: DiagramScene, viewport: Viewport, paints: Paints) -> None:
    """Paint the strip, in the widget's coordinates."""
    strip = strip_rect(scene)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(QRectF(0, strip.y() - 2, scene.view_width, strip.height() + 12), paints.colors["canvas"])
    painter.setPen(paints.pen("line", 1.0))
    painter.setBrush(paints.colors["panel"])
    painter.drawRoundedRect(strip, 5, 5)
    scale = strip.width() / scene.width
    tallest = max((box.bounds.height for box in scene.boxes), default=1.0)
    tall = (strip.height() - 6) / max(tallest, 1.0)
    middle = strip.center().y()
    painter.setPen(Qt.PenStyle.NoPen)
    for volume in scene.volumes:
        height = max(5.0, volume.height * tall)
        width = max(1.0, (volume.width + volume.dx) * scale)
        solid = volume.state == "whole"
        painter.setBrush(paints.kinds[volume.kind].front if solid else paints.colors["line"])
        painter.drawRect(QRectF(strip.x() + volume.x * scale, middle - height / 2, width, height))
    painter.setPen(paints.pen("accent", 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(window_rect(scene, viewport), 4, 4)


def strip_rect(scene: DiagramScene) -> QRectF:
    """Where the strip lies in the widget, whatever the scroll."""
    assert scene.overview is not None
    rect = scene.overview
    return QRectF(rect.x, rect.y - (scene.height - scene.view_height), rect.width, rect.height)


def window_rect(scene: DiagramScene, viewport: Viewport) -> QRectF:
    """The part of the strip that is seen above."""
    strip = strip_rect(scene)
    scale = strip.width() / scene.width
    return QRectF(strip.x() + viewport.x * scale, strip.y(), scene.view_width * scale, strip.height())


def scrolled_to(scene: DiagramScene, point: QPointF, grip: float) -> float:
    """The scroll for a pointer on the strip that holds the window `grip` px from its left edge."""
    strip = strip_rect(scene)
    return (point.x() - grip - strip.x()) * scene.width / strip.width()
