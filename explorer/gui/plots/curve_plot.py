"""CurvePlot: loss or accuracy of the shown runs, live, with crosshair, zoom box and pan."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.plots.board import PlotBoard, ShownRun
from explorer.gui.plots.painting import Frame, clipped, paint_axes, paint_marks, paint_run, smooth_points
from explorer.gui.plots.ranges import Plotted, calm_values, wanted_y, x_ticks, y_ticks
from explorer.gui.plots.readout import paint_crosshair, paint_readout, readout
from explorer.gui.plots.scale import Range, holds
from explorer.gui.plots.series import Floats
from explorer.gui.theme import ThemeSource

EMPTY_TEXT = "Press Start: curves appear here within seconds"
WAITING_TEXT = "Curves appear here once a run can start"
_TITLES = {"loss": ("Loss", "cross-entropy"), "accuracy": ("Accuracy", "%")}
_LOOK_EVERY = 5  # updates of the live curve, half a second
_LEFT, _TOP, _RIGHT, _BOTTOM = 52.0, 40.0, 18.0, 37.0
_CLICK_PX = 7.0
LIVE_WIDTH, STILL_WIDTH = 1.0, 2.0
MIN_PLOT_HEIGHT = 240


class CurvePlot(QWidget):
    """One plot of the board. Runs that stand still are kept as a picture; only a live one is painted each time."""

    def __init__(
        self, board: PlotBoard, quantity: Plotted, parent: QWidget | None = None, *, theme: ThemeSource
    ) -> None:
        super().__init__(parent)
        self._board = board
        self._quantity: Plotted = quantity
        self._theme = theme
        self._still: QPixmap | None = None
        self._calm_still: list[float] = []
        self._y: Range = (0.0, 2.5) if quantity == "loss" else (0.0, 100.0)
        self._y_zoom: Range | None = None
        self._updates_since = 0  # the last look at the range
        self._evaluations = 0
        self._press: QPointF | None = None
        self._box: QRectF | None = None
        self._panned_from: tuple[Range, Range] | None = None
        self.title_visible = True
        self.setMinimumHeight(MIN_PLOT_HEIGHT - 40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(f"{_TITLES[quantity][0]} over {board.across}")
        board.changed.connect(self.redraw)
        board.live_changed.connect(self._grow)
        board.cursor_moved.connect(self.update)
        theme.changed.connect(self.redraw)

    @property
    def quantity(self) -> Plotted:
        """What is plotted."""
        return self._quantity

    def frame(self) -> Frame:
        """The plotting area and the ranges in view."""
        area = QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        return Frame(area, self._board.x_range(), self._y_zoom or self._y, self._is_log)

    def fit(self) -> None:
        """Show everything again."""
        self._y_zoom = None
        self._y = wanted_y(self._board, self._quantity)
        self._board.set_zoom(None)
        self.redraw()

    def redraw(self) -> None:
        """Paint everything anew at the next chance."""
        if self._board.zoom is None:
            self._y_zoom = None
        self._calm_still = calm_values(self._board, self._quantity, live=False)
        self._adopt_range()
        self._still = None
        self.update()

    def paint_still(self, painter: QPainter) -> None:
        """Paint card, axes and the runs that do not grow."""
        theme = self._theme.current
        painter.fillRect(self.rect(), theme.color("window"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.title_visible:
            self._paint_title(painter)
        frame = self.frame()
        paint_axes(
            painter, frame, theme, ui_font(12, 400), x_ticks=x_ticks(frame, self._board.across), y_ticks=y_ticks(frame)
        )
        self.paint_runs(painter, frame, live=False)
        paint_marks(painter, self._board.runs, self._board.across, frame, theme, ui_font(11, 500))
        self._paint_notes(painter, frame)

    def paint_runs(self, painter: QPainter, frame: Frame, *, live: bool) -> None:
        """Paint the runs that grow, or those that do not; the selected one last, so that it lies on top."""
        board = self._board
        runs = sorted((run for run in board.runs if run.is_live == live), key=lambda run: run.run_id == board.selected)

        def paint() -> None:
            for run in runs:
                with_raw = board.shows_raw(run)
                width = LIVE_WIDTH if run.is_live else STILL_WIDTH if board.live_run is None else 1.5
                paint_run(
                    painter,
                    run,
                    self._quantity,
                    board.across,
                    frame,
                    self._theme.current,
                    with_raw=with_raw,
                    smoothing=board.smoothing,
                    width=width,
                )

        clipped(painter, frame.area.adjusted(0, -4, 4, 4), paint)

    def sizeHint(self) -> QSize:
        """The size in the middle of the page."""
        return QSize(500, 360)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Put the kept picture down, then what is live, then crosshair and zoom box."""
        ratio = self.devicePixelRatioF()
        if self._still is None or self._still.devicePixelRatio() != ratio:
            still = QPixmap(self.size() * ratio)
            still.setDevicePixelRatio(ratio)
            painter = QPainter(still)
            self.paint_still(painter)
            painter.end()
            self._still = still
        painter = QPainter(self)
        place = event.rect()
        source = QRectF(place.x() * ratio, place.y() * ratio, place.width() * ratio, place.height() * ratio)
        painter.drawPixmap(QRectF(place), self._still, source)
        frame = self.frame()
        self.paint_runs(painter, frame, live=True)
        self._paint_cursor(painter, frame)
        if self._box is not None:
            accent = self._theme.current.color("accent")
            painter.setPen(QPen(accent, 1))
            ground = QColor(accent)
            ground.setAlpha(30)
            painter.fillRect(self._box, ground)
            painter.drawRect(self._box)
        if self.hasFocus() and self.property("keyboardFocus"):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
            painter.setPen(QPen(self._theme.current.color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Drop the kept picture."""
        super().resizeEvent(event)
        self._still = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a zoom box, or with Shift a pan."""
        frame = self.frame()
        if event.button() == Qt.MouseButton.LeftButton and frame.area.contains(event.position()):
            self._press = event.position()
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._panned_from = (frame.x, frame.y)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the crosshair, draw the box, or pan."""
        frame, place = self.frame(), event.position()
        if self._press is not None and self._panned_from is not None:
            self._pan(frame, place)
        elif self._press is not None and self._dragged(place):
            self._box = QRectF(self._press, place).normalized() & frame.area
            self.update()
        elif frame.area.contains(place):
            self._board.set_cursor(frame.x_of(place.x()))
        else:
            self._board.set_cursor(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Zoom to the box, or choose the run whose curve was clicked."""
        if event.button() != Qt.MouseButton.LeftButton or self._press is None:
            return
        box, panned, place = self._box, self._panned_from, event.position()
        self._press = self._box = self._panned_from = None
        if box is not None and box.width() > 4 and box.height() > 4:
            frame = self.frame()
            self._y_zoom = (frame.y_of(box.bottom()), frame.y_of(box.top()))
            self._board.set_zoom((frame.x_of(box.left()), frame.x_of(box.right())))
            self.redraw()
        elif panned is None and box is None:
            run = self.run_at(place)
            if run is not None:
                self._board.run_clicked.emit(run.run_id)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything again."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._press = None
            self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the crosshair away."""
        super().leaveEvent(event)
        if self._press is None:
            self._board.set_cursor(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """L = log, F = fit, ←/→ move the crosshair, Esc takes crosshair and zoom away."""
        moves = {Qt.Key.Key_Left: -0.01, Qt.Key.Key_Right: 0.01, Qt.Key.Key_Home: -2.0, Qt.Key.Key_End: 2.0}
        if event.key() == Qt.Key.Key_L:
            self._board.set_log(not self._board.is_log)
        elif event.key() == Qt.Key.Key_F:
            self.fit()
        elif event.key() in moves:
            low, high = self._board.x_range()
            at = self._board.cursor_x if self._board.cursor_x is not None else (low + high) / 2
            self._board.set_cursor(min(high, max(low, at + moves[Qt.Key(event.key())] * (high - low))))
        elif event.key() == Qt.Key.Key_Escape and (self._board.cursor_x is not None or self._board.zoom is not None):
            self._board.set_cursor(None)
            self.fit()
        else:
            super().keyPressEvent(event)

    def run_at(self, place: QPointF) -> ShownRun | None:
        """The run whose curve passes within a few pixels of `place`."""
        frame, best, found = self.frame(), _CLICK_PX, None
        for run in self._board.runs:
            outline = smooth_points(run, self._quantity, self._board.across, frame)
            xs, values = run.curves.evaluations(self._board.across, self._quantity)
            dots = (frame.to_px_x(xs), frame.to_px_y(values))
            for xs_px, ys_px in (outline, dots):
                away = _distance(place, xs_px, ys_px)
                if away < best:
                    best, found = away, run
        return found

    @property
    def _is_log(self) -> bool:
        return self._board.is_log and self._quantity == "loss"

    def _dragged(self, place: QPointF) -> bool:
        assert self._press is not None
        return (place - self._press).manhattanLength() >= QApplication.startDragDistance()

    def _pan(self, frame: Frame, place: QPointF) -> None:
        assert self._press is not None
        assert self._panned_from is not None
        begun = Frame(frame.area, *self._panned_from, is_log=frame.is_log)
        by_px = place - self._press
        left, right = begun.area.left() - by_px.x(), begun.area.right() - by_px.x()
        top, bottom = begun.area.top() - by_px.y(), begun.area.bottom() - by_px.y()
        self._y_zoom = (begun.y_of(bottom), begun.y_of(top))
        self._board.set_zoom((begun.x_of(left), begun.x_of(right)))
        self.redraw()

    def _grow(self) -> None:
        if self._is_range_due() and self._adopt_range():
            self._still = None
            self.update()
        else:
            self.update(self.frame().area.toAlignedRect().adjusted(-5, -5, 5, 5))  # all that can have changed

    def _is_range_due(self) -> bool:
        """Whether the range may have to change: looking costs more than drawing, and most new points change nothing."""
        self._updates_since += 1
        live = self._board.live_run
        if live is not None and self._updates_since < _LOOK_EVERY:
            newest, evaluations = live.curves.newest(self._quantity), len(live.curves.validation.steps)
            if newest is not None and self._y[0] <= newest <= self._y[1] and evaluations == self._evaluations:
                return False
        self._updates_since = 0
        self._evaluations = len(live.curves.validation.steps) if live is not None else 0
        return True

    def _adopt_range(self) -> bool:
        """Step to another range where the one in force no longer holds what is shown; whether it did."""
        wanted = wanted_y(self._board, self._quantity, still=self._calm_still)
        if self._is_log:
            unchanged = wanted == self._y
        else:
            unchanged = holds(self._y, wanted) if self._board.live_run is not None else wanted == self._y
        if not unchanged:
            self._y = wanted
        return not unchanged

    def _paint_title(self, painter: QPainter) -> None:
        theme = self._theme.current
        title, unit = _TITLES[self._quantity]
        painter.setFont(ui_font(13, 600))
        painter.setPen(theme.color("text"))
        line = QRectF(14, 8, self.width() - 28, 22)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, title)
        offset = QFontMetricsF(ui_font(13, 600)).horizontalAdvance(title) + 6
        painter.setFont(ui_font(12, 400))
        painter.setPen(theme.color("muted"))
        painter.drawText(line.adjusted(offset, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, unit)
        paint_key(painter, line.right(), line.center().y(), theme.color("muted"), theme.color("muted"))

    def note(self) -> str:
        """The sentence in the plot: how to get curves, or how many zeros a logarithmic axis leaves out."""
        if not any(len(run.curves.steps) for run in self._board.runs) and self._board.live_run is None:
            return EMPTY_TEXT if self._board.can_start else WAITING_TEXT
        zeros = sum(run.curves.num_zeros for run in self._board.runs) if self._is_log else 0
        if not zeros:
            return ""
        what = "1 loss of 0 is" if zeros == 1 else f"{zeros:,} losses of 0 are"
        return f"{what} not on a logarithmic axis"

    def _paint_notes(self, painter: QPainter, frame: Frame) -> None:
        note = self.note()
        painter.setPen(self._theme.current.color("muted"))
        is_empty = note in (EMPTY_TEXT, WAITING_TEXT)
        painter.setFont(ui_font(13 if is_empty else 11, 400))
        center = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        corner = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight
        painter.drawText(frame.area.adjusted(6, 4, -6, 0), center if is_empty else corner, note)

    def _paint_cursor(self, painter: QPainter, frame: Frame) -> None:
        at = self._board.cursor_x
        if at is None or not frame.x[0] <= at <= frame.x[1]:
            return
        x = frame.px_x(at)
        paint_crosshair(painter, x, frame.area, self._theme.current)
        shown = readout(self._board, self._quantity)
        if shown is not None:
            at_top = self._quantity == "loss"
            theme, with_raw = self._theme.current, shown.has_raw
            paint_readout(painter, shown, theme, area=frame.area, cursor_px=x, at_top=at_top, with_raw=with_raw)


def paint_key(painter: QPainter, right: float, y: float, line: QColor, words: QColor) -> None:
    """Paint the key for train and validation, ending at `right`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    font = ui_font(12, 400)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    for text, dotted in (("validation", True), ("train", False)):
        width = metrics.horizontalAdvance(text)
        painter.setPen(words)
        painter.drawText(
            QRectF(right - width, y - 10, width + 1, 20),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            text,
        )
        stroke_right = right - width - 6
        pen = QPen(line, 1.5)
        if dotted:
            pen.setDashPattern([3.0, 2.0])
        painter.setPen(pen)
        painter.drawLine(QPointF(stroke_right - 26, y), QPointF(stroke_right, y))
        if dotted:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(line)
            painter.drawEllipse(QPointF(stroke_right - 13, y), 3.5, 3.5)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        right = stroke_right - 26 - 14


def _distance(place: QPointF, xs: Floats, ys: Floats) -> float:
    """Pixels from `place` to the polyline through the points."""
    known = np.isfinite(xs) & np.isfinite(ys)
    xs, ys = xs[known], ys[known]
    if not len(xs):
        return math.inf
    if len(xs) == 1:
        return math.hypot(float(xs[0]) - place.x(), float(ys[0]) - place.y())
    ax, ay, bx, by = xs[:-1], ys[:-1], xs[1:], ys[1:]
    dx, dy = bx - ax, by - ay
    length = np.maximum(dx * dx + dy * dy, 1e-12)
    part = np.clip(((place.x() - ax) * dx + (place.y() - ay) * dy) / length, 0.0, 1.0)
    return float(np.min(np.hypot(ax + part * dx - place.x(), ay + part * dy - place.y())))
