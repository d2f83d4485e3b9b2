"""Plots as files: the numbers of the shown runs as CSV, the plots as PNG, SVG or PDF."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSize, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from explorer.atomic import write_atomically
from explorer.errors import FileError
from explorer.gui.fonts import ui_font
from explorer.gui.plots.board import PlotBoard, ShownRun
from explorer.gui.plots.curve_plot import CurvePlot
from explorer.gui.theme import Theme, ThemeSource

_PLOT_WIDTH, _PLOT_HEIGHT, _GAP, _LEGEND_ROW = 620, 400, 16, 24
_PNG_RATIO = 2.0
_PDF_DPI = 96
CSV_HEAD = (
    "run", "name", "step", "epoch", "time_s", "train_loss", "train_loss_smoothed", "train_accuracy",
    "train_accuracy_smoothed", "learning_rate", "validation_loss", "validation_accuracy",
)  # fmt: skip
PICTURE_FILTER = "PNG picture (*.png);;SVG drawing (*.svg);;PDF document (*.pdf)"
CSV_FILTER = "Comma-separated values (*.csv)"


def csv_text(runs: tuple[ShownRun, ...]) -> str:
    """One line a step and run: raw and smoothed, accuracies as fractions, validation where it was measured."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_HEAD)
    for run in runs:
        _write_run(writer.writerow, run)
    return out.getvalue()


def _write_run(write: Callable[[list[object]], object], run: ShownRun) -> None:
    curves = run.curves
    measured = {
        step: (loss, accuracy)
        for step, loss, accuracy in zip(
            curves.validation.steps, curves.validation.losses, curves.validation.accuracies, strict=True
        )
    }
    columns = (
        curves.steps.values, curves.times_s.values,
        curves.raw["loss"].points.values, curves.smooth["loss"].points.values,
        curves.raw["accuracy"].points.values, curves.smooth["accuracy"].points.values, curves.rate.points.values,
    )  # fmt: skip
    for step, time_s, loss, loss_s, accuracy, accuracy_s, rate in zip(*(c.tolist() for c in columns), strict=True):
        found = measured.pop(int(step), None)
        write([
            run.run_id, run.name, int(step), _figure(step / curves.steps_per_epoch), _figure(time_s), _figure(loss),
            _figure(loss_s), _figure(accuracy / 100), _figure(accuracy_s / 100), _figure(rate),
            _figure(found[0]) if found else "", _figure(found[1] / 100) if found else "",
        ])  # fmt: skip
    for step, (loss, accuracy) in measured.items():
        epoch = _figure(step / curves.steps_per_epoch)
        write([run.run_id, run.name, step, epoch, "", "", "", "", "", "", _figure(loss), _figure(accuracy / 100)])


def _figure(value: float) -> str:
    return f"{value:.7g}" if math.isfinite(value) else ""


def save_csv(path: Path, runs: tuple[ShownRun, ...]) -> None:
    """Write the numbers of `runs` to `path`. Raises FileError."""
    write_atomically(path, csv_text(runs).encode())


def save_picture(path: Path, board: PlotBoard, theme: Theme) -> None:
    """Paint both plots and a legend to `path`: PNG, SVG or PDF by its ending. Raises FileError."""
    writers: Mapping[str, Callable[[PlotPicture], bytes]] = {".png": _png, ".svg": _svg, ".pdf": _pdf}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise FileError(f"{path.name}: a picture of the plots ends in .png, .svg or .pdf.")
    write_atomically(path, writer(PlotPicture(board, theme)))


class PlotPicture:
    """Both plots side by side over a legend, painted by any painter."""

    def __init__(self, board: PlotBoard, theme: Theme) -> None:
        self._board = board
        self._theme = theme
        source = ThemeSource(theme)
        self._plots = [CurvePlot(board, "loss", theme=source), CurvePlot(board, "accuracy", theme=source)]
        for plot in self._plots:
            plot.resize(_PLOT_WIDTH, _PLOT_HEIGHT)
            plot.redraw()
        self._sources = source

    @property
    def size(self) -> QSize:
        """Width and height in logical pixels."""
        rows = -(-len(self._board.runs) // 2)
        return QSize(2 * _PLOT_WIDTH + 3 * _GAP, _PLOT_HEIGHT + 2 * _GAP + rows * _LEGEND_ROW + _GAP // 2)

    def paint(self, painter: QPainter) -> None:
        """Paint everything from (0, 0)."""
        painter.fillRect(QRectF(0, 0, self.size.width(), self.size.height()), self._theme.color("window"))
        for number, plot in enumerate(self._plots):
            painter.save()
            painter.translate(_GAP + number * (_PLOT_WIDTH + _GAP), _GAP)
            plot.paint_still(painter)
            plot.paint_runs(painter, plot.frame(), live=True)
            painter.restore()
        self._paint_legend(painter)

    def _paint_legend(self, painter: QPainter) -> None:
        painter.setFont(ui_font(12, 500))
        for number, run in enumerate(self._board.runs):
            left = _GAP + 8 + (number % 2) * (_PLOT_WIDTH + _GAP)
            top = _PLOT_HEIGHT + 2 * _GAP + (number // 2) * _LEGEND_ROW
            painter.fillRect(QRectF(left, top + 5, 11, 11), self._theme.run_color(run.color_index))
            painter.setPen(self._theme.color("text"))
            painter.drawText(QRectF(left + 19, top, _PLOT_WIDTH - 40, 20), run.name)


def _png(picture: PlotPicture) -> bytes:
    image = QImage(picture.size * _PNG_RATIO, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_PNG_RATIO)
    _painted(image, picture)
    return _buffered(lambda buffer: image.save(buffer, "PNG"))  # type: ignore[call-overload]


def _svg(picture: PlotPicture) -> bytes:
    def write(buffer: QBuffer) -> None:
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(picture.size)
        generator.setViewBox(QRectF(0, 0, picture.size.width(), picture.size.height()))
        generator.setTitle("Loss and accuracy")
        _painted(generator, picture)

    return _buffered(write)


def _pdf(picture: PlotPicture) -> bytes:
    def write(buffer: QBuffer) -> None:
        writer = QPdfWriter(buffer)
        writer.setResolution(_PDF_DPI)
        writer.setTitle("Loss and accuracy")
        points = QSizeF(picture.size) * (72.0 / _PDF_DPI)
        page = QPageSize(points, QPageSize.Unit.Point, "plots", QPageSize.SizeMatchPolicy.ExactMatch)
        writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
        _painted(writer, picture)

    return _buffered(write)


def _painted(device: QImage | QSvgGenerator | QPdfWriter, picture: PlotPicture) -> None:
    painter = QPainter(device)
    picture.paint(painter)
    painter.end()


def _buffered(write: Callable[[QBuffer], object]) -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    write(buffer)
    buffer.close()
    return bytes(content.data())
