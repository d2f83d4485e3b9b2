"""Strip: a low plot of one quantity with its last value at the left: learning rate, images per second."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.plots.board import PlotBoard, ShownRun
from explorer.gui.plots.painting import Frame, clipped, polygon, run_pen
from explorer.gui.plots.readout import paint_crosshair
from explorer.gui.plots.scale import Range, log_range, nice_step
from explorer.gui.plots.series import Floats, spread
from explorer.gui.theme import ThemeSource
from explorer.units import NONE, exact, rate

STRIP_HEIGHT = 54
_LEFT, _TOP, _RIGHT, _BOTTOM = 150.0, 11.0, 18.0, 11.0
_MAX_SPEEDS = 600
Quantity = Literal["rate", "speed"]
_TITLES = {"rate": "Learning rate", "speed": "Images per second"}


class Strip(QWidget):
    """One quantity of the live run, or of the selected one, along the same x axis as the plots.

    The speed's figure is that of the last few seconds, as in the run bar; at the crosshair, that of the report there.
    """

    def __init__(
        self, board: PlotBoard, quantity: Quantity, parent: QWidget | None = None, *, theme: ThemeSource
    ) -> None:
        super().__init__(parent)
        self._board = board
        self._quantity: Quantity = quantity
        self._theme = theme
        self.setFixedHeight(STRIP_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(_TITLES[quantity])
        board.changed.connect(self.update)
        board.live_changed.connect(self.update)
        board.cursor_moved.connect(self.update)
        theme.changed.connect(lambda _theme: self.update())

    def sizeHint(self) -> QSize:
        """The fixed height."""
        return QSize(400, STRIP_HEIGHT)

    def run(self) -> ShownRun | None:
        """The run in view: the live one, else the selected, else the first."""
        runs = self._board.runs
        chosen = [run for run in runs if run.run_id == self._board.selected]
        return self._board.live_run or next(iter(chosen), None) or next(iter(runs), None)

    def value_text(self) -> str:
        """The value at the crosshair, or else the last."""
        run = self.run()
        if run is None:
            return NONE
        across = self._board.across
        at = self._board.cursor_x
        if self._quantity == "rate":
            index = run.curves.index_at(across, at) if at is not None else None
            values = run.curves.rate.points.values
        else:
            places, values = run.curves.speeds(across)
            index = min(int(np.searchsorted(places, at)), len(places) - 1) if at is not None and len(places) else None
        if not len(values):
            return NONE
        if self._quantity == "speed" and index is None:
            now = run.curves.speed_now()
            return exact(now) if now is not None else NONE
        value = float(values[-1 if index is None else index])
        return rate(value) if self._quantity == "rate" else exact(round(value))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint card, title, value and curve."""
        del event
        theme = self._theme.current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setFont(ui_font(12, 400))
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(13, 7, 140, 20), Qt.AlignmentFlag.AlignVCenter, _TITLES[self._quantity])
        painter.setFont(ui_font(13, 600))
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(13, 26, 140, 20), Qt.AlignmentFlag.AlignVCenter, self.value_text())
        area = self._area()
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(QPointF(area.left(), area.bottom() + 0.5), QPointF(area.right(), area.bottom() + 0.5))
        run = self.run()
        if run is not None:
            self._paint_curve(painter, run, area)
        at, x = self._board.cursor_x, self._board.x_range()
        if at is not None and x[0] <= at <= x[1]:
            paint_crosshair(painter, Frame(area, x, (0.0, 1.0)).px_x(at), area.adjusted(0, -4, 0, 0), theme)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the crosshair of all plots."""
        area = self._area()
        inside = area.left() <= event.position().x() <= area.right()
        frame = Frame(area, self._board.x_range(), (0.0, 1.0))
        self._board.set_cursor(frame.x_of(event.position().x()) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Take the crosshair away."""
        super().leaveEvent(event)
        self._board.set_cursor(None)

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)

    def _paint_curve(self, painter: QPainter, run: ShownRun, area: QRectF) -> None:
        xs, values, y, is_log = self._points(run, area)
        if not len(xs):
            return
        frame = Frame(area, self._board.x_range(), y, is_log)
        points = polygon(frame.to_px_x(xs), frame.to_px_y(values))

        def paint() -> None:
            painter.setPen(run_pen(self._theme.current.run_color(run.color_index), run.color_index, 1.5))
            painter.drawPolyline(points)

        clipped(painter, area.adjusted(0, -2, 2, 2), paint)

    def _points(self, run: ShownRun, area: QRectF) -> tuple[Floats, Floats, Range, bool]:
        across = self._board.across
        x = self._board.x_range()
        if self._quantity == "rate":
            first, last = run.curves.span_of(across, *x)
            indices = spread(first, last, max(16, int(area.width())))
            values = run.curves.rate.points.values[indices]
            is_log = self._board.is_log
            y = log_range([float(v) for v in values]) if is_log else _from_zero(values)
            return run.curves.x_at(across, indices), values, y, is_log
        places, speeds = run.curves.speeds(across)
        inside = np.flatnonzero((places >= x[0]) & (places <= x[1]))
        if len(inside) > _MAX_SPEEDS:
            inside = inside[np.linspace(0, len(inside) - 1, _MAX_SPEEDS).astype(np.int64)]
        return places[inside], speeds[inside], _from_zero(speeds[inside]), False


def _from_zero(values: Floats) -> Range:
    """From 0 to a round figure, so that a small wobble does not look like a collapse."""
    known = values[np.isfinite(values)]
    top = float(known.max()) if len(known) else 1.0
    step = nice_step(top or 1.0, 12)
    return 0.0, step * np.ceil((top or 1.0) / step)
