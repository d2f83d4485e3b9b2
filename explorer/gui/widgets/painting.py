"""What every self-painted control shares: rounded grounds, the fixed heights, and following the theme."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from explorer.gui.theme import Theme, ThemeSource

FIELD_HEIGHT = 32
FIX_HEIGHT = 26
ICON_BUTTON = 28
RADIUS_FIELD = 6.0
RADIUS_SEGMENT = 5.0
RADIUS_CARD = 8.0
RADIUS_CHIP = 11.0


def follow(widget: QWidget, theme: ThemeSource) -> None:
    """Have `widget` told when the theme changes: its `retheme(theme)` where it has one, else a repaint."""
    theme.changed.connect(getattr(widget, "retheme", None) or widget.update)


def rounded(
    painter: QPainter,
    rect: QRectF,
    radius: float,
    *,
    fill: QColor | None = None,
    border: QColor | None = None,
    width: float = 1.0,
) -> None:
    """Paint a rounded ground whose border lies wholly inside `rect`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inset = width / 2 if border is not None else 0.0
    painter.setPen(QPen(border, width) if border is not None else Qt.PenStyle.NoPen)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), radius - inset, radius - inset)


def ground(
    widget: QWidget, event: QPaintEvent, radius: float, *, fill: QColor, border: QColor, width: float = 1.0
) -> None:
    """Paint the rounded ground of all of `widget`; where only its inside is to be painted, that is a mere fill."""
    painter = QPainter(widget)
    inset = math.ceil(radius)
    if widget.rect().adjusted(inset, inset, -inset, -inset).contains(event.rect()):
        painter.fillRect(event.rect(), fill)
    else:
        rounded(painter, QRectF(widget.rect()), radius, fill=fill, border=border, width=width)


def blend(first: QColor, second: QColor, part: float) -> QColor:
    """`first` with `part` (0 to 1) of `second` mixed in."""
    keep = 1.0 - part
    return QColor.fromRgbF(
        first.redF() * keep + second.redF() * part,
        first.greenF() * keep + second.greenF() * part,
        first.blueF() * keep + second.blueF() * part,
    )


def field_border(theme: Theme, *, focused: bool, failed: bool, enabled: bool = True) -> tuple[QColor, float]:
    """The colour and the width of a field's border in its state."""
    if failed:
        return theme.color("err"), 2.0 if focused else 1.0
    if focused:
        return theme.color("accent"), 2.0
    return theme.color("line2" if enabled else "line"), 1.0


def ground_panel(view: QWidget, theme: Theme) -> None:
    """Give a list or table the ground of a panel of `theme`."""
    palette = view.palette()
    for role in (palette.ColorRole.Base, palette.ColorRole.Window):
        palette.setColor(role, theme.color("panel"))
    view.setPalette(palette)
