"""Rows of the layer table that are painted already: a row that looks as it did is copied, not painted again."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPixmap

from explorer.gui.panels.layer_paint import Columns, LayerPainter, RowLook, ShownRow

SPARE_ROWS = 4  # beyond those in view


class RowSheet:
    """One pixmap with a place for each row in view and a few more; the row that was shown longest ago gives way."""

    def __init__(self, row_height: int) -> None:
        self._row_height = row_height
        self._pixmap = QPixmap()
        self._made_for: tuple[object, ...] = ()
        self._free: list[int] = []
        self._places: dict[RowLook, int] = {}  # the least recently shown first

    def paint(
        self,
        painter: QPainter,
        rows: Sequence[ShownRow],
        *,
        top: int,
        view: QSize,
        columns: Columns,
        row_painter: LayerPainter,
    ) -> None:
        """Show `rows`, one below the other from `top`, in a view of the size `view`."""
        ratio = painter.device().devicePixelRatio()
        if not ratio.is_integer():  # rows begin between two pixels there, and each looks different
            for index, row in enumerate(rows):
                rect = QRect(0, top + index * self._row_height, view.width(), self._row_height)
                row_painter.paint_row(painter, rect, row.line, columns, row.state)
            return
        self._prepare(view, ratio, columns, row_painter)
        places = self._fill(rows, view.width(), columns, row_painter)
        width, height = self._pixmap.width(), round(self._row_height * ratio)
        for index, place in enumerate(places):
            painter.drawPixmap(0, top + index * self._row_height, self._pixmap, 0, place * height, width, height)

    def _prepare(self, view: QSize, ratio: float, columns: Columns, row_painter: LayerPainter) -> None:
        """Begin a new sheet where another view, screen, theme or width of columns makes every row look different."""
        count = view.height() // self._row_height + 2 + SPARE_ROWS
        wanted = (view.width(), count, ratio, columns, row_painter)
        if wanted == self._made_for:
            return
        self._made_for = wanted
        self._pixmap = QPixmap(QSize(view.width(), count * self._row_height) * ratio)
        self._pixmap.setDevicePixelRatio(ratio)
        self._free = list(range(count))
        self._places = {}

    def _fill(self, rows: Sequence[ShownRow], width: int, columns: Columns, row_painter: LayerPainter) -> list[int]:
        """Where each of `rows` stands; those that are not on the sheet are painted."""
        found, missing = [], []
        for row in rows:
            look = row.look()
            place = self._places.pop(look, None)
            if place is None:
                place = self._free.pop() if self._free else self._places.pop(next(iter(self._places)))
                missing.append((place, row))
            self._places[look] = place
            found.append(place)
        if missing:
            painter = QPainter(self._pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place, row in missing:
                rect = QRect(0, place * self._row_height, width, self._row_height)
                row_painter.clear(painter, rect)
                row_painter.paint_row(painter, rect, row.line, columns, row.state)
            painter.end()
        return found
