"""BandPlot: groups of runs as mean curves with a band of one standard deviation over the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.plots.painting import Frame, paint_axes, polygon
from explorer.gui.plots.ranges import Ticks, y_ticks
from explorer.gui.plots.scale import linear_ticks, percent_range, tick_label
from explorer.gui.plots.series import Floats
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.painting import follow

_LEFT, _TOP, _RIGHT, _BOTTOM = 34.0, 34.0, 12.0, 44.0
HEIGHT = 216
_BAND_ALPHA = 52
_KEY_GAP, _KEY_HEIGHT = 10, 20


@dataclass(frozen=True)
class Band:
    """Validation accuracies of one group: epochs, mean and standard deviation in percent; `count` runs were joined."""

    label: str
    color_index: int
    epochs: Floats
    mean: Floats
    deviation: Floats
    count: int


def band_of(label: str, color_index: int, curves: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Band | None:
    """The band of runs, each (epochs, accuracies 0 to 1); only epochs that all runs have. None without any."""
    known = [dict(zip(epochs, values, strict=True)) for epochs, values in curves if len(epochs)]
    common = sorted(set.intersection(*(set(curve) for curve in known))) if known else []
    if not common:
        return None
    table = 100 * np.array([[curve[epoch] for epoch in common] for curve in known])
    deviation = table.std(axis=0, ddof=1) if len(known) > 1 else np.zeros(len(common))
    return Band(label, color_index, np.array(common, dtype=np.float64), table.mean(axis=0), deviation, len(known))


def epoch_ticks(frame: Frame) -> Ticks:
    """Where the x axis has its figures: at whole epochs, for between two of them nothing was measured."""
    ticks = linear_ticks(*frame.x, whole=True)
    return [(tick, tick_label(tick, ticks)) for tick in ticks]


def paint_band(painter: QPainter, band: Band, frame: Frame, theme: Theme) -> None:
    """Paint the band, its mean, and a dot per epoch; the band's edges are lines, so that it is seen without colour."""
    color = theme.run_color(band.color_index)
    ground = QColor(color)
    ground.setAlpha(_BAND_ALPHA)
    xs = frame.to_px_x(band.epochs)
    upper, lower = frame.to_px_y(band.mean + band.deviation), frame.to_px_y(band.mean - band.deviation)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if band.count > 1:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawPolygon(polygon(np.concatenate([xs, xs[::-1]]), np.concatenate([upper, lower[::-1]])))
        edge = QColor(color)
        edge.setAlpha(150)
        pen = QPen(edge, 1)
        if band.color_index % 2:
            pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(polygon(xs, upper))
        painter.drawPolyline(polygon(xs, lower))
    mean = frame.to_px_y(band.mean)
    painter.setPen(QPen(color, 2))
    painter.drawPolyline(polygon(xs, mean))
    painter.setPen(QPen(theme.color("panel"), 1.5))
    painter.setBrush(color)
    for x, y in zip(xs, mean, strict=True):
        painter.drawEllipse(QPointF(float(x), float(y)), 3.5, 3.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)


class BandPlot(QWidget):
    """Accuracy over epochs of some groups, each as a band."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bands: tuple[Band, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Accuracy over epochs: mean and standard deviation over seeds")
        follow(self, theme)

    @property
    def bands(self) -> tuple[Band, ...]:
        """What is drawn."""
        return self._bands

    def set_bands(self, bands: Sequence[Band]) -> None:
        """Draw `bands`."""
        self._bands = tuple(bands)
        self.update()

    def frame(self) -> Frame:
        """The plotting area and the ranges in view."""
        area = QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        values: list[float] = []
        for band in self._bands:
            calm = slice(len(band.mean) // 3, None)  # the steep beginning would flatten the rest
            values += [*(band.mean - band.deviation)[calm], *(band.mean + band.deviation)[calm]]
        top = max((float(band.epochs[-1]) for band in self._bands), default=1.0)
        low = min((float(band.epochs[0]) for band in self._bands), default=0.0)
        return Frame(area, (min(low, top - 1), top), percent_range(values))

    def sizeHint(self) -> QSize:
        """The width of the side."""
        return QSize(280, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint title, axes and bands."""
        del event
        painter = QPainter(self)
        theme, frame = self._theme.current, self.frame()
        painter.setFont(ui_font(12, 600))
        painter.setPen(theme.color("text"))
        title = "Accuracy"
        painter.drawText(QRectF(0, 2, 120, 20), Qt.AlignmentFlag.AlignVCenter, title)
        left = QFontMetricsF(painter.font()).horizontalAdvance(title) + 6
        painter.setFont(ui_font(11, 500))
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(left, 2, 240, 20), Qt.AlignmentFlag.AlignVCenter, "% per epoch · mean ± sd over seeds")
        paint_axes(painter, frame, theme, ui_font(11, 400), x_ticks=epoch_ticks(frame), y_ticks=y_ticks(frame))
        painter.setClipRect(frame.area.adjusted(-4, -4, 4, 1))
        for band in self._bands:
            paint_band(painter, band, frame, theme)
        painter.setClipping(False)
        self._paint_key(painter, theme)

    def _paint_key(self, painter: QPainter, theme: Theme) -> None:
        """Which colour is whose, below the axis."""
        painter.setFont(ui_font(11, 500))
        metrics = QFontMetricsF(painter.font())
        room = self.width() / max(1, len(self._bands))
        for index, band in enumerate(self._bands):
            place = QRectF(index * room, self.height() - _KEY_HEIGHT, room - _KEY_GAP, _KEY_HEIGHT)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.run_color(band.color_index))
            painter.drawRoundedRect(QRectF(place.left(), place.center().y() - 5, 10, 10), 3, 3)
            painter.setPen(theme.color("text"))
            name = metrics.elidedText(band.label, Qt.TextElideMode.ElideMiddle, place.width() - 16)
            painter.drawText(place.adjusted(16, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
