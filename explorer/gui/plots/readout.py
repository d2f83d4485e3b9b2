"""The read-out card beside the crosshair: what each shown run says there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from explorer.gui.fonts import ui_font
from explorer.gui.plots.board import PlotBoard, ShownRun
from explorer.gui.plots.curves import Across, Quantity
from explorer.gui.theme import Theme
from explorer.units import NONE, clock, loss

MAX_ROWS = 8
_ROW_HEIGHT = 17.0
_PADDING = 10.0
_MAX_NAME_WIDTH = 170.0
_LEAST_NAME_WIDTH = 50.0
_GAP = 14.0
_DISTANCE = 11.0
_OVERHANG = 12.0  # the card may reach over the plot's right margin
_PART = " · "


@dataclass(frozen=True, slots=True)
class ReadoutRow:
    """One run at the crosshair: its smoothed and raw training value and its newest validation value."""

    name: str
    color_index: int
    smooth: str
    raw: str
    validation: str


@dataclass(frozen=True, slots=True)
class Readout:
    """Everything the card says; `num_hidden` runs found no room."""

    title: str
    rows: tuple[ReadoutRow, ...]
    num_hidden: int
    has_raw: bool


def shortened_names(names: Sequence[str]) -> list[str]:
    """Each name without the parts (between middle dots) that it needs not to be told from the others."""
    if len(names) < 2:
        return list(names)
    parts = [name.split(_PART) for name in names]
    for place in (-1, 0):
        short = [words[place] for words in parts]
        if len(set(short)) == len(short):
            return short
    return list(names)


def readout(board: PlotBoard, quantity: Quantity) -> Readout | None:
    """What stands at the crosshair; None where no shown run has come that far."""
    if board.cursor_x is None:
        return None
    found: list[tuple[ShownRun, int]] = []
    for run in board.runs:
        index = run.curves.index_at(board.across, board.cursor_x)
        if index is not None:
            found.append((run, index))
    if not found:
        return None
    names = shortened_names([run.name for run, _ in found])
    has_raw = board.smoothing > 0
    rows = [_row(run, index, name, quantity) for (run, index), name in zip(found[:MAX_ROWS], names, strict=False)]
    return Readout(_title(*found[0], board.across), tuple(rows), len(found) - len(rows), has_raw)


def _title(run: ShownRun, index: int, across: Across) -> str:
    step = int(run.curves.steps.values[index])
    where = f"Epoch {run.curves.epoch_at(index):.1f}"
    if across == "time":
        where = clock(float(run.curves.times_s.values[index]))
    return f"{where} · step {step:,}"


def _row(run: ShownRun, index: int, name: str, quantity: Quantity) -> ReadoutRow:
    shown = loss if quantity == "loss" else _percent
    step = float(run.curves.steps.values[index])
    return ReadoutRow(
        name,
        run.color_index,
        shown(_number(run.curves.smooth[quantity].points.values[index])),
        shown(_number(run.curves.raw[quantity].points.values[index])),
        shown(run.curves.evaluation_at(step, quantity)),
    )


def _number(value: float) -> float | None:
    return None if value != value else float(value)


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.1f}"


def paint_readout(
    painter: QPainter, shown: Readout, theme: Theme, *, area: QRectF, cursor_px: float, at_top: bool, with_raw: bool
) -> None:
    """Paint the card in `area` beside the crosshair, on the side that has room."""
    title, body, caption = ui_font(12, 600), ui_font(12, 400), ui_font(11, 400)
    bold, small = QFontMetricsF(title), QFontMetricsF(caption)
    natural = max(QFontMetricsF(body).horizontalAdvance(row.name) for row in shown.rows)
    heads = ["train", "raw", "val."] if with_raw else ["train", "val."]
    figures = [
        [row.smooth, row.raw, row.validation] if with_raw else [row.smooth, row.validation] for row in shown.rows
    ]
    widths = [
        max([small.horizontalAdvance(head), *(bold.horizontalAdvance(line[column]) for line in figures)])
        for column, head in enumerate(heads)
    ]
    beside = max(area.right() + _OVERHANG - cursor_px, cursor_px - area.left()) - _DISTANCE
    figures_width = 2 * _PADDING + sum(widths) + _GAP * len(widths)
    name_width = min(natural, _MAX_NAME_WIDTH, max(_LEAST_NAME_WIDTH, beside - figures_width - 18))
    if with_raw and name_width < min(natural, _MAX_NAME_WIDTH):  # a whole name is worth more than the raw value
        paint_readout(painter, shown, theme, area=area, cursor_px=cursor_px, at_top=at_top, with_raw=False)
        return
    left_width = max(18 + name_width, bold.horizontalAdvance(shown.title))
    width = figures_width + left_width
    num_lines = 1 + len(shown.rows) + bool(shown.num_hidden)
    card = QRectF(0, 0, width, 2 * _PADDING - 2 + num_lines * _ROW_HEIGHT)
    card.moveLeft(cursor_px + _DISTANCE)
    if card.right() > area.right() + _OVERHANG:
        card.moveRight(cursor_px - _DISTANCE)
    if card.left() < area.left():
        if with_raw:  # no side has room for all columns
            paint_readout(painter, shown, theme, area=area, cursor_px=cursor_px, at_top=at_top, with_raw=False)
            return
        right = cursor_px - area.left() < area.right() - cursor_px
        card.moveLeft(min(cursor_px + _DISTANCE, area.right() + _OVERHANG - width) if right else area.left())
    card.moveTop(area.top() + 8 if at_top else area.bottom() - card.height() - 14)
    _paint_card(painter, card, theme)
    line = QRectF(card.left() + _PADDING, card.top() + _PADDING - 1, width - 2 * _PADDING, _ROW_HEIGHT)
    painter.setPen(theme.color("text"))
    painter.setFont(title)
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown.title)
    painter.setFont(caption)
    _paint_columns(painter, line, widths, heads, theme, tokens=["muted"] * len(heads))
    for row, texts in zip(shown.rows, figures, strict=True):
        line.translate(0, _ROW_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.run_color(row.color_index))
        painter.drawRoundedRect(QRectF(line.left(), line.center().y() - 4.5, 9, 9), 2, 2)
        painter.setFont(body)
        painter.setPen(theme.color("text"))
        name = QFontMetricsF(body).elidedText(row.name, Qt.TextElideMode.ElideRight, name_width)
        painter.drawText(line.adjusted(18, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.setFont(title)
        tokens = ["text", "muted", "text"] if with_raw else ["text", "text"]
        _paint_columns(painter, line, widths, texts, theme, tokens=tokens)
    if shown.num_hidden:
        line.translate(0, _ROW_HEIGHT)
        painter.setFont(caption)
        painter.setPen(theme.color("muted"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, f"and {shown.num_hidden} more")


def _paint_columns(
    painter: QPainter, line: QRectF, widths: Sequence[float], texts: Sequence[str], theme: Theme, *, tokens: list[str]
) -> None:
    right = line.right()
    for width, text, ink in reversed(list(zip(widths, texts, tokens, strict=True))):
        painter.setFont(ui_font(11, 400) if ink == "muted" else ui_font(12, 600))
        painter.setPen(theme.color(ink))
        box = QRectF(right - width, line.top(), width + 0.5, line.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        right -= width + _GAP


def _paint_card(painter: QPainter, card: QRectF, theme: Theme) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    painter.setPen(Qt.PenStyle.NoPen)
    for spread in range(9, 0, -1):  # a soft shadow, 18 px wide and 4 px down, as all floating things have
        painter.setBrush(QColor(0, 0, 0, 5 if theme.is_dark else 3))
        painter.drawRoundedRect(card.adjusted(-spread, 4 - spread, spread, 4 + spread), 6 + spread, 6 + spread)
    painter.setBrush(theme.color("raised"))
    painter.setPen(QPen(theme.color("line2"), 1))
    painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


def paint_crosshair(painter: QPainter, x: float, area: QRectF, theme: Theme) -> None:
    """Paint the dotted line of the crosshair."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    pen = QPen(theme.color("text"), 1)
    pen.setDashPattern([1.0, 2.0])
    painter.setPen(pen)
    column = round(x)
    painter.drawLine(QPointF(column, area.top()), QPointF(column, area.bottom()))
