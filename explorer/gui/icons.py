"""The program's own line icons: 24-grid strokes kept as SVG files, drawn in the colour that is asked for."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from explorer.resources import resource_path


@lru_cache(maxsize=1)
def _folder() -> Path:
    return resource_path("icons")


def icon_names() -> tuple[str, ...]:
    """Every name that `icon` knows."""
    return tuple(sorted(path.stem for path in _folder().glob("*.svg")))


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    path = _folder() / f"{name}.svg"
    if not path.is_file():
        raise KeyError(name)
    return path.read_text(encoding="utf-8")


@lru_cache(maxsize=1024)
def _drawn(name: str, rgba: int, size_px: int, ratio: float) -> QPixmap:
    color = QColor.fromRgba(rgba)
    source = _source(name).replace("currentColor", color.name())
    side = max(1, round(size_px * ratio))
    drawn = QPixmap(side, side)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setOpacity(color.alphaF())
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    return drawn


def pixmap(name: str, color: QColor, size_px: int = 18, ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of `size_px` logical pixels at device pixel `ratio`. Raises KeyError for another name."""
    return _drawn(name, color.rgba(), size_px, ratio)


def draw(painter: QPainter, name: str, color: QColor, rect: QRectF) -> None:
    """Draw the icon into `rect`, sharp at the painter's device pixel ratio."""
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    picture = pixmap(name, color, round(rect.width()), ratio)
    painter.drawPixmap(QPoint(round(rect.x()), round(rect.y())), picture)


def icon(name: str, color: QColor, size_px: int = 18) -> QIcon:
    """The icon called `name` for a button or a menu. Raises KeyError for another name."""
    _source(name)
    drawn = QIcon()
    for ratio in (1.0, 2.0):
        drawn.addPixmap(pixmap(name, color, size_px, ratio))
        faint = QColor(color)
        faint.setAlphaF(0.4 * color.alphaF())
        drawn.addPixmap(pixmap(name, faint, size_px, ratio), QIcon.Mode.Disabled)
    return drawn


def app_icon() -> QIcon:
    """The program's own sign, three volumes, for the window and the task bar."""
    sign = QIcon()
    for size_px in (16, 32, 48, 128, 256):
        path = _folder() / f"app-{size_px}.png"
        if path.is_file():
            sign.addFile(str(path), QSize(size_px, size_px))
    return sign
