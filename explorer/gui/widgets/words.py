"""Words that are painted again and again: their glyphs are chosen once and kept while they are in use."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter, QStaticText, QTransform

from explorer.gui.fonts import ui_font


class Words(NamedTuple):
    """A text in one font, ready to be painted; `width` is what layouts reckon with."""

    glyphs: QStaticText
    font: QFont
    width: int
    exact_width: float
    height: float


class _Face(NamedTuple):
    font: QFont
    metrics: QFontMetrics
    exact: QFontMetricsF


@lru_cache(maxsize=64)
def _face(size_px: int, weight: int) -> _Face:
    font = ui_font(size_px, weight)
    return _Face(font, QFontMetrics(font), QFontMetricsF(font))


@lru_cache(maxsize=1024)
def words(text: str, size_px: int, weight: int = 400) -> Words:
    """`text` in the window's typeface, laid out in one line."""
    face = _face(size_px, weight)
    glyphs = QStaticText(text)
    glyphs.setTextFormat(Qt.TextFormat.PlainText)
    glyphs.prepare(QTransform(), face.font)
    width, exact_width = face.metrics.horizontalAdvance(text), face.exact.horizontalAdvance(text)
    return Words(glyphs, face.font, width, exact_width, face.exact.height())


def elided_words(
    text: str, size_px: int, weight: int, width: int, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
) -> Words:
    """`text`, cut down to `width` with an ellipsis where it is longer."""
    whole = words(text, size_px, weight)
    return whole if whole.width <= width else _cut(text, size_px, weight, width, mode)


def draw_words(painter: QPainter, laid: Words, color: QColor, x: float, y: float, height: float) -> None:
    """Paint `laid` from `x` on, in the middle of a line from `y` down that is `height` high."""
    painter.setFont(laid.font)
    painter.setPen(color)
    painter.drawStaticText(QPointF(x, y + (height - laid.height) / 2), laid.glyphs)


def draw_in_middle(painter: QPainter, laid: Words, color: QColor, place: QRectF) -> None:
    """Paint `laid` in the middle of `place`."""
    x = place.x() + (place.width() - laid.exact_width) / 2
    draw_words(painter, laid, color, x, place.y(), place.height())


@lru_cache(maxsize=128)
def _cut(text: str, size_px: int, weight: int, width: int, mode: Qt.TextElideMode) -> Words:
    return words(_face(size_px, weight).metrics.elidedText(text, mode, width), size_px, weight)
