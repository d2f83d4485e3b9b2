"""Which views of a window were painted since a moment: what the benches of the window wait for."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget


class PaintWatch(QObject):
    """Hears every paint event of some views and of what lies in them."""

    def __init__(self, views: Sequence[QWidget]) -> None:
        super().__init__()
        families = [[view, *view.findChildren(QWidget)] for view in views]
        for family in families:
            for child in family:
                child.installEventFilter(self)
        self._ids = [{id(child) for child in family} for family in families]
        self._painted: set[int] = set()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        """Note what is painted."""
        if event.type() == QEvent.Type.Paint:
            self._painted.add(id(watched))
        return False

    def forget(self) -> None:
        """Count only what is painted from now on."""
        self._painted.clear()

    def wait(self, *, at_most_s: float = 5.0) -> None:
        """Run the event loop until something of every view was painted. Raises RuntimeError where that takes long."""
        deadline = time.perf_counter() + at_most_s
        while True:
            QApplication.processEvents()
            if all(self._painted & family for family in self._ids):
                return
            if time.perf_counter() > deadline:
                raise RuntimeError("not every view was painted")
