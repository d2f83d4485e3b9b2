"""PlotsPanel: tools, the two plots and the two strips of the Train page."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from explorer.gui.plots.board import MAX_SMOOTHING, PlotBoard
from explorer.gui.plots.curve_plot import CurvePlot
from explorer.gui.plots.strip import Strip
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Ground, IconButton, Label, Segmented

TOOLS_HEIGHT = 48
NARROW = 1180  # of the window; below, the two plots share one card
_SLIDER_STEPS = 1000
_WIDE_SLIDER, _NARROW_SLIDER = 120, 84
_LEAST_SEGMENTS = (152, 174, 116)
_HINT_WIDTH = 930
_DECADES = -math.log10(1 - MAX_SMOOTHING)


def weight_at(place: int) -> float:
    """The smoothing weight at a place of the slider: 0 at its left, 0.999 at its right, even in the points averaged."""
    return round(1 - 10 ** (-_DECADES * place / _SLIDER_STEPS), 4) if place > 0 else 0.0


def place_of(weight: float) -> int:
    """The place of the slider for a weight."""
    return round(-math.log10(1 - min(weight, MAX_SMOOTHING)) / _DECADES * _SLIDER_STEPS)


class PlotsPanel(Ground):
    """Everything between the run bar and the table of runs."""

    fit_wished = Signal()

    def __init__(self, board: PlotBoard, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("window", parent, theme=theme)
        self._theme = theme
        self.board = board
        self.loss = CurvePlot(board, "loss", theme=theme)
        self.accuracy = CurvePlot(board, "accuracy", theme=theme)
        self.rate = Strip(board, "rate", theme=theme)
        self.speed = Strip(board, "speed", theme=theme)
        self._is_narrow = False
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 0, 16, 14)
        column.setSpacing(0)
        column.addWidget(self._make_tools())
        grid = QGridLayout()
        grid.setContentsMargins(0, 2, 0, 0)
        grid.setHorizontalSpacing(13)
        grid.setVerticalSpacing(12)
        grid.addWidget(self.loss, 0, 0)
        grid.addWidget(self.accuracy, 0, 1)
        grid.addWidget(self.rate, 1, 0)
        grid.addWidget(self.speed, 1, 1)
        grid.setRowStretch(0, 1)
        for number in (0, 1):
            grid.setColumnStretch(number, 1)
        self._grid = grid
        column.addLayout(grid, 1)
        board.changed.connect(self._refresh)
        self._refresh()

    def set_narrow(self, narrow: bool) -> None:
        """Show one plot with a switch, or both."""
        self._is_narrow = narrow
        self.switch.setVisible(narrow)
        for caption in self._captions:
            caption.setVisible(not narrow)
        self.slider.setFixedWidth(_NARROW_SLIDER if narrow else _WIDE_SLIDER)
        for tool, least in zip((self.switch, self.across, self.scale), _LEAST_SEGMENTS, strict=True):
            tool.setMaximumWidth(least if narrow else tool.sizeHint().width())
        self._show_plots()

    def _show_plots(self) -> None:
        chosen = self.switch.value()
        self.loss.setVisible(not self._is_narrow or chosen == "loss")
        self.accuracy.setVisible(not self._is_narrow or chosen == "accuracy")
        place = self._grid.indexOf(self.accuracy)
        if place >= 0:
            self._grid.removeWidget(self.accuracy)
            self._grid.removeWidget(self.loss)
        span = 2 if self._is_narrow else 1
        self._grid.addWidget(self.loss, 0, 0, 1, span)
        self._grid.addWidget(self.accuracy, 0, 0 if self._is_narrow else 1, 1, span)

    def _make_tools(self) -> QWidget:
        theme = self._theme
        bar = QWidget()
        bar.setFixedHeight(TOOLS_HEIGHT)
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.switch = Segmented([("loss", "Loss"), ("accuracy", "Accuracy")], theme=theme, name="Plot")
        self.switch.set_value("loss")
        self.switch.edited.connect(lambda _value: self._show_plots())
        self.switch.hide()
        row.addWidget(self.switch)
        self._captions = [Label(text, theme=theme, size_px=13, ink="muted") for text in ("Smoothing", "Across")]
        row.addWidget(self._captions[0])
        self.slider = SmoothingSlider(theme=theme)
        self.slider.setValue(place_of(self.board.smoothing))
        self.slider.valueChanged.connect(lambda place: self.board.set_smoothing(weight_at(place)))
        row.addWidget(self.slider)
        self._weight = Label("", theme=theme, size_px=13, weight=600)
        self._weight.setFixedWidth(42)
        row.addWidget(self._weight)
        row.addSpacing(6)
        row.addWidget(self._captions[1])
        self.across = Segmented(
            [("steps", "Steps"), ("epochs", "Epochs"), ("time", "Time")], theme=theme, name="Across"
        )
        self.across.edited.connect(self.board.set_across)
        self.scale = Segmented([(False, "Linear"), (True, "Log")], theme=theme, name="Scale")
        self.scale.setToolTip("Loss and learning rate on a linear or a logarithmic axis (L over a plot)")
        self.scale.edited.connect(lambda value: self.board.set_log(bool(value)))
        for tool, least in zip((self.switch, self.across, self.scale), _LEAST_SEGMENTS, strict=True):
            tool.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            tool.setMinimumWidth(least)
            tool.setMaximumWidth(tool.sizeHint().width())
        row.addWidget(self.across)
        row.addSpacing(8)
        row.addWidget(self.scale)
        row.addStretch(1)
        self._hint = Label("Drag to zoom · double-click to fit", theme=theme, size_px=12, ink="muted")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._hint.setMinimumWidth(1)  # it goes before anything else has to
        row.addWidget(self._hint, 100)
        self.fit_button = IconButton("fit", "Show everything (F over a plot)", theme=theme)
        self.fit_button.clicked.connect(self.fit)
        row.addWidget(self.fit_button)
        return bar

    def fit(self) -> None:
        """Show everything in all plots."""
        self.loss.fit()
        self.accuracy.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the hint go where it has no room."""
        super().resizeEvent(event)
        self._hint.setVisible(not self._is_narrow and self.width() >= _HINT_WIDTH)

    def _refresh(self) -> None:
        board = self.board
        self.across.set_value(board.across)
        self.scale.set_value(board.is_log)
        self._weight.setText(f"{board.smoothing:.3f}")
        if abs(weight_at(self.slider.value()) - board.smoothing) > 1e-4:
            with QSignalBlocker(self.slider):
                self.slider.setValue(place_of(board.smoothing))
            self.slider.update()


class SmoothingSlider(QSlider):
    """A slider in the look of the design: 4 px groove, accent up to the handle."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self.setRange(0, _SLIDER_STEPS)
        self.setPageStep(50)
        self.setSingleStep(10)
        self.setFixedSize(_WIDE_SLIDER, 24)
        self.setAccessibleName("Smoothing")
        self.setToolTip("How much of the past counts in the smoothed training curves; the raw curve stays")
        theme.changed.connect(lambda _theme: self.update())

    def sizeHint(self) -> QSize:
        """The fixed size."""
        return QSize(self.width(), 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint groove and handle."""
        del event
        theme = self._theme.current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        room, middle = self.width() - 16.0, self.height() / 2
        x = 8 + room * self.value() / _SLIDER_STEPS
        painter.setBrush(theme.color("line2"))
        painter.drawRoundedRect(QRectF(0, middle - 2, self.width(), 4), 2, 2)
        painter.setBrush(theme.color("accent"))
        painter.drawRoundedRect(QRectF(0, middle - 2, x, 4), 2, 2)
        pen = painter.pen()
        pen.setStyle(Qt.PenStyle.SolidLine)
        pen.setColor(theme.color("accent"))
        pen.setWidthF(2.5 if self.hasFocus() else 2.0)
        painter.setPen(pen)
        painter.setBrush(theme.color("raised"))
        painter.drawEllipse(QRectF(x - 7, middle - 7, 14, 14))
