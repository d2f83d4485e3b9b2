"""Shapes that look as they did in a picture before are not painted again: their pixels are."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

MOST_PIXELS = 6_000_000
"""All that is kept, 24 MB: some pictures of a network, so that a step and its way back are quick, too."""
LARGEST = 1_000_000
"""A shape larger than that, as in a close look at a wide part, is not kept."""


class _Stamp(NamedTuple):
    pixels: QPixmap
    owner: object


class Shapes:
    """Paints shapes at once: for files and paper, which want shapes and not pixels."""

    def put(
        self,
        painter: QPainter,
        rect: QRectF,
        key: Hashable,
        paint: Callable[[QPainter], None],
        *,
        owner: object = None,
    ) -> None:
        """Show what `paint` paints inside of `rect`."""
        del rect, key, owner
        paint(painter)


class KeptShapes(Shapes):
    """The shapes of one view as pixels; what was not used for the longest time is forgotten.

    Shapes only: on a transparent ground, words would lose the smoothing that a screen asks for.
    """

    def __init__(self) -> None:
        self._stamps: dict[Hashable, _Stamp] = {}  # the last one used comes last
        self._num_pixels = 0

    def put(
        self,
        painter: QPainter,
        rect: QRectF,
        key: Hashable,
        paint: Callable[[QPainter], None],
        *,
        owner: object = None,
    ) -> None:
        """Show what `paint` paints inside of `rect`: its pixels, where they are kept under `key`.

        `owner` lives on with them: a key may tell it by its identity.
        """
        device = painter.deviceTransform()
        ratio = device.m11()
        corner = device.map(rect.topLeft())
        x, y = math.floor(corner.x() + 1e-6), math.floor(corner.y() + 1e-6)
        shift = (round(corner.x() - x, 4), round(corner.y() - y, 4))
        wide, high = math.ceil(rect.width() * ratio) + 1, math.ceil(rect.height() * ratio) + 1
        if wide * high > LARGEST:
            paint(painter)
            return
        place = (key, shift, ratio)
        stamp = self._stamps.pop(place, None)
        if stamp is None:
            stamp = _Stamp(
                _pixels(wide, high, ratio, QPointF(shift[0] / ratio, shift[1] / ratio) - rect.topLeft(), paint), owner
            )
            self._make_room(wide * high)
        self._stamps[place] = stamp
        painter.drawPixmap(QPointF(rect.x() - shift[0] / ratio, rect.y() - shift[1] / ratio), stamp.pixels)

    def _make_room(self, num_pixels: int) -> None:
        """Forget what was used least lately until there is room for so many more."""
        self._num_pixels += num_pixels
        while self._num_pixels > MOST_PIXELS and self._stamps:
            pixels = self._stamps.pop(next(iter(self._stamps))).pixels
            self._num_pixels -= pixels.width() * pixels.height()


def _pixels(wide: int, high: int, ratio: float, start: QPointF, paint: Callable[[QPainter], None]) -> QPixmap:
    """What `paint` paints from `start` on, on a transparent ground."""
    pixels = QPixmap(wide, high)
    pixels.setDevicePixelRatio(ratio)
    pixels.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixels)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(start)
    paint(painter)
    painter.end()
    return pixels
