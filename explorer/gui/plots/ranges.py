"""Which stretch of y a plot shows, and where its ticks stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from explorer.gui.plots.board import PlotBoard, ShownRun
from explorer.gui.plots.curves import Across
from explorer.gui.plots.painting import Frame
from explorer.gui.plots.scale import (
    Range,
    clock_ticks,
    linear_ticks,
    log_label,
    log_range,
    log_ticks,
    loss_range,
    percent_range,
    tick_label,
)
from explorer.gui.plots.series import spread
from explorer.units import clock

Plotted = Literal["loss", "accuracy"]
Ticks = list[tuple[float, str]]
_STEEP_PART = 0.07  # of the x axis: what a run does there may stand outside, so that the rest is not flattened
_MAX_LOOKED_AT = 256
_RAW_QUANTILES = (0.02, 0.98)


def is_logarithmic(board: PlotBoard, quantity: Plotted) -> bool:
    """Whether `quantity` stands on a logarithmic axis: accuracies never do."""
    return board.is_log and quantity == "loss"


def wanted_y(board: PlotBoard, quantity: Plotted, *, still: Sequence[float] | None = None) -> Range:
    """The range that shows every validation value and the smoothed curves behind their first steep part.

    `still` is what `calm_values` found for the runs that do not grow; with it, only the live one is looked at.
    """
    known = calm_values(board, quantity, live=False) if still is None else still
    calm = [*known, *calm_values(board, quantity, live=True)]
    if is_logarithmic(board, quantity):
        return log_range(calm)
    return loss_range(calm) if quantity == "loss" else percent_range(calm)


def calm_values(board: PlotBoard, quantity: Plotted, *, live: bool) -> list[float]:
    """The values that the range must hold because of the runs that grow, or of those that do not."""
    calm: list[float] = []
    is_log = is_logarithmic(board, quantity)
    for run in (run for run in board.runs if run.is_live == live):
        with_raw = board.shows_raw(run)
        calm += _calm_values(run, quantity, board.across, board.x_range(), is_log=is_log, with_raw=with_raw)
    return calm


def _calm_values(
    run: ShownRun, quantity: Plotted, across: Across, x: Range, *, is_log: bool, with_raw: bool
) -> list[float]:
    curves = run.curves
    first, last = curves.span_of(across, *x)
    values: list[float] = []
    if last > first:
        indices = spread(first, last, _MAX_LOOKED_AT)
        calm = indices[curves.x_at(across, indices) > x[0] + _STEEP_PART * (x[1] - x[0])]
        if len(calm) and not is_log and x[0] <= 0:
            indices = calm
        smooth = curves.smooth[quantity].points.values[indices]
        smooth = smooth[np.isfinite(smooth) & ((smooth > 0) | (not is_log))]
        if len(smooth):
            values = [float(smooth.min()), float(smooth.max())]
        if with_raw and not is_log and len(smooth):
            raw = curves.raw[quantity].points.values[indices]
            raw = np.sort(raw[np.isfinite(raw)])
            values += [float(raw[round(part * (len(raw) - 1))]) for part in _RAW_QUANTILES if len(raw)]
    places, found = curves.evaluations(across, quantity)
    values += [float(v) for p, v in zip(places, found, strict=True) if x[0] <= p <= x[1] and math.isfinite(v)]
    return values


def x_ticks(frame: Frame, across: Across) -> Ticks:
    """Ticks of the x axis and their labels."""
    if across == "time":
        return [(value, clock(value)) for value in clock_ticks(*frame.x)]
    whole = across == "steps" or frame.x[1] - frame.x[0] >= 3
    ticks = linear_ticks(*frame.x, whole=whole)
    return [(value, tick_label(value, ticks)) for value in ticks]


def y_ticks(frame: Frame) -> Ticks:
    """Ticks of the y axis and their labels."""
    if frame.is_log:
        return [(value, log_label(value)) for value in log_ticks(*frame.y)]
    ticks = linear_ticks(*frame.y)
    return [(value, tick_label(value, ticks)) for value in ticks]
