"""Shapes kept as pixels look as if they were painted again."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from explorer.gui.panels.diagram import shapes
from explorer.gui.panels.diagram.shapes import KeptShapes

pytestmark = pytest.mark.gui
RECT = QRectF(0, 0, 20, 10)


class Brush:
    """Paints a slanted line, and counts how often."""

    def __init__(self) -> None:
        self.strokes = 0

    def __call__(self, painter: QPainter) -> None:
        self.strokes += 1
        painter.setPen(QColor("black"))
        painter.drawLine(2, 2, 17, 7)


def drawn(kept: KeptShapes | None, brush: Brush, x: float, ratio: float = 1.0) -> QImage:
    image = QImage(100, 60, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(x, 3.5)
    (kept or shapes.Shapes()).put(painter, RECT, "line", brush)
    painter.end()
    return image


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("x", [0.0, 4.0, 7.25])
def test_what_is_kept_looks_as_if_painted_at_once(qapp: object, x: float, ratio: float) -> None:
    kept, brush = KeptShapes(), Brush()
    drawn(kept, brush, x, ratio)
    again, fresh = drawn(kept, brush, x, ratio), drawn(None, Brush(), x, ratio)
    assert brush.strokes == 1
    differences = [
        abs(again.pixelColor(i, j).red() - fresh.pixelColor(i, j).red()) for i in range(100) for j in range(60)
    ]
    assert max(differences) <= 2


def test_a_shape_at_another_place_of_a_pixel_is_painted_anew(qapp: object) -> None:
    kept, brush = KeptShapes(), Brush()
    for x in (0.0, 5.0, 0.5, 9.5):
        drawn(kept, brush, x)
    assert brush.strokes == 2


def test_what_was_used_least_lately_is_forgotten_first(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "MOST_PIXELS", 2 * 21 * 11)
    kept, brush = KeptShapes(), Brush()
    for x in (0.0, 0.25, 0.0, 0.5):  # 0.25 gives way to 0.5
        drawn(kept, brush, x)
    assert brush.strokes == 3
    drawn(kept, brush, 0.0)
    assert brush.strokes == 3
    drawn(kept, brush, 0.25)
    assert brush.strokes == 4
