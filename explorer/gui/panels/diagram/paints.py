"""The colours of one theme as Qt's pens and brushes, the widths of texts, and points as Qt wants them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPen, QPolygonF, QStaticText, QTransform

from explorer.export.diagram_scene import Polygon, Rect
from explorer.gui.fonts import ui_font
from explorer.gui.panels.diagram.shapes import Shapes
from explorer.gui.theme import Theme
from explorer.palette import Faces, band_faces, faces

_DASH = [4.0, 3.0]
NUM_BANDS = 4


class KindPaints(NamedTuple):
    """Brushes and pen of one kind of layer."""

    front: QBrush
    top: QBrush
    side: QBrush
    ground: QBrush
    outline: QPen
    stroke: QColor


class Paints:
    """The colours of one theme as Qt's objects, made once, and the shapes painted in them."""

    def __init__(self, theme: Theme, shapes: Shapes | None = None) -> None:
        self.theme = theme
        self.shapes = shapes or Shapes()
        self.colors = {token: QColor(value) for token, value in (*theme.tokens.items(), *theme.kinds.items())}
        self.kinds = {kind: _kind(faces(theme, kind)) for kind in theme.kinds}
        self._pens: dict[tuple[str, float, bool], QPen] = {}
        self.bands = tuple([_kind(band_faces(theme, path)) for path in range(1, NUM_BANDS + 1)])

    def pen(self, token: str, width: float, *, dashed: bool = False) -> QPen:
        """A pen in the colour of `token`, made once."""
        pen = self._pens.get((token, width, dashed))
        if pen is None:
            pen = self._pens[token, width, dashed] = QPen(self.colors[token], width)
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


@lru_cache(maxsize=2048)
def static_text(text: str, size: float, weight: int) -> tuple[QStaticText, float]:
    """`text` laid out once, and how far its baseline is below its upper edge."""
    words = QStaticText(text)
    words.setTextFormat(Qt.TextFormat.PlainText)
    words.prepare(QTransform(), ui_font(round(size), weight))
    return words, _metrics(size, weight).ascent()


def polygon(points: Polygon) -> QPolygonF:
    """`points` as Qt's polygon."""
    return QPolygonF([QPointF(x, y) for x, y in points])


def rectangle(rect: Rect) -> QRectF:
    """`rect` as Qt's rectangle."""
    return QRectF(rect.x, rect.y, rect.width, rect.height)


def _kind(shades: Faces) -> KindPaints:
    pen = QPen(QColor(shades.outline), 0.9)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    front, top, side, ground = (QBrush(QColor(c)) for c in (shades.front, shades.top, shades.side, shades.ground))
    return KindPaints(front, top, side, ground, pen, QColor(shades.stroke))
