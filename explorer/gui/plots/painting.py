"""Painting axes and curves with any QPainter: a widget's, a picture's, an SVG's or a PDF's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shiboken6
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from explorer.gui.plots.board import ShownRun
from explorer.gui.plots.curves import Across, CurveMark, Quantity
from explorer.gui.plots.scale import Range
from explorer.gui.plots.series import Floats, spread
from explorer.gui.theme import Theme

MAX_SMOOTHED_POINTS = 512
RAW_ALPHA = 70
NUM_RUN_COLORS = 6
_DOT_RADIUS = 3.5
_memory = cast("Any", shiboken6.VoidPtr)  # its stub knows neither the size nor that it can be written
_WRITABLE = True
_FAR = 16_000.0  # Qt's raster engine clips beyond this; coordinates are kept inside


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a plot lies and what it shows: a rectangle in pixels and the ranges along both axes."""

    area: QRectF
    x: Range
    y: Range
    is_log: bool = False

    def to_px_x(self, values: Floats) -> Floats:
        """Pixels of `values` on the x axis."""
        low, high = self.x
        return self.area.left() + (values - low) * (self.area.width() / ((high - low) or 1.0))

    def to_px_y(self, values: Floats) -> Floats:
        """Pixels of `values` on the y axis; NaN for what a logarithmic axis cannot show."""
        low, high = self.y
        if self.is_log:
            low, high = math.log10(low), math.log10(high)
            values = np.log10(np.where(values > 0, values, np.nan))
        return self.area.bottom() - (values - low) * (self.area.height() / ((high - low) or 1.0))

    def px_x(self, value: float) -> float:
        """The pixel of one value on the x axis."""
        return float(self.to_px_x(np.array([value]))[0])

    def px_y(self, value: float) -> float:
        """The pixel of one value on the y axis."""
        return float(self.to_px_y(np.array([value]))[0])

    def x_of(self, px: float) -> float:
        """The value under a pixel on the x axis."""
        low, high = self.x
        return low + (px - self.area.left()) / self.area.width() * (high - low)

    def y_of(self, px: float) -> float:
        """The value under a pixel on the y axis."""
        low, high = self.y
        part = (self.area.bottom() - px) / self.area.height()
        if self.is_log:
            return float(10.0 ** (math.log10(low) + part * (math.log10(high) - math.log10(low))))
        return low + part * (high - low)


def polygon(xs: Floats, ys: Floats) -> QPolygonF:
    """The points as Qt wants them, written in one go; points that are not finite are left out."""
    known = np.isfinite(ys) & np.isfinite(xs)
    if not known.all():
        xs, ys = xs[known], ys[known]
    points = QPolygonF()
    points.resize(len(xs))
    if len(xs):
        # The only way to fill a QPolygonF without a Python call a point: its own memory, seen as an array.
        memory = np.frombuffer(_memory(points.data(), len(xs) * 16, _WRITABLE), np.float64).reshape(-1, 2)
        memory[:, 0] = np.clip(xs, -_FAR, _FAR)
        memory[:, 1] = np.clip(ys, -_FAR, _FAR)
    return points


def run_pen(color: QColor, color_index: int, width: float) -> QPen:
    """The solid pen of a run; from the seventh run on, when colours repeat, dash-dot."""
    style = Qt.PenStyle.SolidLine if color_index < NUM_RUN_COLORS else Qt.PenStyle.DashDotLine
    return QPen(color, width, style, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.BevelJoin)


def raw_points(run: ShownRun, quantity: Quantity, across: Across, frame: Frame) -> tuple[Floats, Floats]:
    """Pixels of the raw training curve: at most about two points a pixel column, spikes kept."""
    curves = run.curves
    first, last = curves.span_of(across, *frame.x)
    indices, values = curves.raw[quantity].outline(first, last, 2 * max(16, int(frame.area.width())))
    return frame.to_px_x(curves.x_at(across, indices)), frame.to_px_y(values)


def smooth_points(run: ShownRun, quantity: Quantity, across: Across, frame: Frame) -> tuple[Floats, Floats]:
    """Pixels of the smoothed training curve, at most 512 of its points."""
    curves = run.curves
    first, last = curves.span_of(across, *frame.x)
    if last <= first:
        return np.empty(0), np.empty(0)
    indices = spread(first, last, MAX_SMOOTHED_POINTS)
    values = curves.smooth[quantity].points.values[indices]
    return frame.to_px_x(curves.x_at(across, indices)), frame.to_px_y(values)


def paint_run(
    painter: QPainter,
    run: ShownRun,
    quantity: Quantity,
    across: Across,
    frame: Frame,
    theme: Theme,
    *,
    with_raw: bool,
    smoothing: float,
    width: float,
) -> None:
    """Paint one run's training and validation curves inside `frame`."""
    color = theme.run_color(run.color_index)
    if with_raw and smoothing > 0:
        faint = QColor(color)
        faint.setAlpha(RAW_ALPHA)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(QPen(faint, 0))
        painter.drawPolyline(polygon(*raw_points(run, quantity, across, frame)))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    painter.setPen(run_pen(color, run.color_index, width))
    points = smooth_points if smoothing > 0 else raw_points
    painter.drawPolyline(polygon(*points(run, quantity, across, frame)))
    _paint_validation(painter, run, quantity, across, frame, theme)


def _paint_validation(
    painter: QPainter, run: ShownRun, quantity: Quantity, across: Across, frame: Frame, theme: Theme
) -> None:
    xs, values = run.curves.evaluations(across, quantity)
    if not len(xs):
        return
    color = theme.run_color(run.color_index)
    points = polygon(frame.to_px_x(xs), frame.to_px_y(values))
    pen = QPen(color, 1.0)
    pen.setDashPattern([4.0, 3.0])
    painter.setPen(pen)
    painter.drawPolyline(points)
    painter.setPen(QPen(theme.color("panel"), 1.5))
    painter.setBrush(QBrush(color))
    near = frame.area.adjusted(-_DOT_RADIUS, -_DOT_RADIUS, _DOT_RADIUS, _DOT_RADIUS)
    spacing = frame.area.width() / max(1, len(xs))
    radius = _DOT_RADIUS if spacing >= 10 else 2.0
    for index in range(points.size()):
        point = points.at(index)
        if near.contains(point):
            painter.drawEllipse(point, radius + 0.75, radius + 0.75)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_marks(
    painter: QPainter, runs: Sequence[ShownRun], across: Across, frame: Frame, theme: Theme, font: QFont
) -> None:
    """Hairlines with a few words where a network was edited, and at the left whom a run grew from."""
    painter.save()
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    y = frame.area.top() + 2
    for run in runs:
        color = theme.run_color(run.color_index)
        for mark in run.curves.marks:
            x = frame.px_x(run.curves.x_of_step(across, mark.step))
            if not frame.area.left() - 1 <= x <= frame.area.right() + 1:
                continue
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
            pen = QPen(color, 1)
            pen.setDashPattern([2.0, 3.0])
            painter.setPen(pen)
            if not mark.is_link:
                painter.drawLine(QPointF(x, frame.area.top()), QPointF(x, frame.area.bottom()))
            _paint_mark_label(painter, mark, x, y, frame, color, metrics, theme)
            y += metrics.height() + 5
    painter.restore()


def _paint_mark_label(
    painter: QPainter,
    mark: CurveMark,
    x: float,
    y: float,
    frame: Frame,
    color: QColor,
    metrics: QFontMetricsF,
    theme: Theme,
) -> None:
    """The words on a plate of the plot's ground, right of the line, or left where there is no room."""
    text = metrics.elidedText(mark.label, Qt.TextElideMode.ElideRight, frame.area.width() * 0.6)
    room = 12.0 if mark.is_link else 0.0
    width, height = metrics.horizontalAdvance(text) + 10 + room, metrics.height() + 3
    left = x + 4 if x + 4 + width <= frame.area.right() else x - 4 - width
    plate = QRectF(left, y, width, height)
    ground = theme.color("panel")
    ground.setAlpha(225)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(plate, 4, 4)
    if mark.is_link:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 1.4))
        middle = plate.center().y()
        for shift in (0.0, 4.5):
            painter.drawRoundedRect(QRectF(plate.left() + 2.5 + shift, middle - 2.5, 7, 5), 2.5, 2.5)
    painter.setPen(theme.color("text"))
    painter.drawText(plate.adjusted(5 + room, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)


def paint_axes(
    painter: QPainter,
    frame: Frame,
    theme: Theme,
    font: QFont,
    *,
    x_ticks: Sequence[tuple[float, str]],
    y_ticks: Sequence[tuple[float, str]],
) -> None:
    """Hairlines at the y ticks, tick marks below, labels at both sides."""
    area = frame.area
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    hairline, mark, label = QPen(theme.color("line"), 1), QPen(theme.color("line2"), 1), QPen(theme.color("muted"))
    for value, text in y_ticks:
        y = frame.px_y(value)
        painter.setPen(mark if y > area.bottom() - 1 else hairline)
        painter.drawLine(QPointF(area.left() - 4, y), QPointF(area.right(), y))
        painter.setPen(label)
        box = QRectF(area.left() - 60, y - metrics.height() / 2, 60 - 9, metrics.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
    for value, text in x_ticks:
        x = frame.px_x(value)
        painter.setPen(mark)
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 4))
        painter.setPen(label)
        box = QRectF(x - 50, area.bottom() + 7, 100, metrics.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)
    painter.setPen(mark)
    painter.drawLine(area.bottomLeft(), area.bottomRight())
    painter.restore()


def clipped(painter: QPainter, area: QRectF, paint: Callable[[], None]) -> None:
    """Run `paint` with everything outside `area` cut off."""
    painter.save()
    painter.setClipRect(area)
    paint()
    painter.restore()
