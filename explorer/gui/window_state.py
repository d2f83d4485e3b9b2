"""Where the window was and how its areas were parted, kept between starts."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRect, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from explorer.settings import SettingsStore

DEFAULT_SIZE = QSize(1440, 900)


def restore_geometry(window: QMainWindow, settings: SettingsStore) -> None:
    """Put `window` where it was, on a screen that is there; else its default size, or what the screen has."""
    saved = settings.current.geometry
    try:
        data = QByteArray(bytes.fromhex(saved))
    except ValueError:
        data = QByteArray()
    if data.size() and window.restoreGeometry(data) and _is_seen(window.frameGeometry()):
        return
    screen = QGuiApplication.primaryScreen()
    room = screen.availableGeometry() if screen is not None else QRect(0, 0, 1440, 900)
    size = DEFAULT_SIZE.boundedTo(room.size()).expandedTo(window.minimumSize())
    window.resize(size)
    window.move(room.center() - QRect(0, 0, size.width(), size.height()).center())


def save_geometry(window: QMainWindow, settings: SettingsStore) -> None:
    """Remember where `window` is."""
    settings.update(geometry=bytes(window.saveGeometry().data()).hex())


def _is_seen(frame: QRect) -> bool:
    return any(screen.availableGeometry().intersects(frame) for screen in QGuiApplication.screens())
