"""The row of the pool's size and step, which breaks in two where the inspector is narrow."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from explorer.arch.limits import MAX_POOL
from explorer.gui.panels.inspector_form import ROW_GAP
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import ErrorLine, Label, Stepper

POOL_BREAKS_BELOW = 304


class PoolRow(QWidget):
    """Size and step of the pool: in one row, or in two where the panel is narrow."""

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.size_box = Stepper(self, theme=theme, name="Pool size", minimum=1, maximum=MAX_POOL, compact=True)
        self.step_box = Stepper(self, theme=theme, name="Pool step", minimum=1, maximum=MAX_POOL, compact=True)
        self._labels = [Label("", self, theme=theme, ink="muted") for _ in range(3)]
        self._error = ErrorLine(self, theme=theme)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(ROW_GAP)
        self._is_broken: bool | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        for box in (self.size_box, self.step_box):
            box.error_changed.connect(self._show_error)
        self._place(is_broken=True)

    def is_broken(self) -> bool:
        """Whether size and step stand in two rows."""
        return bool(self._is_broken)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break or join the row."""
        super().resizeEvent(event)
        self._place(is_broken=self.width() < POOL_BREAKS_BELOW)

    def _place(self, *, is_broken: bool) -> None:
        if is_broken == self._is_broken:
            return
        self._is_broken = is_broken
        first, second, third = self._labels
        for widget in (first, second, third, self.size_box, self.step_box, self._error):
            self._grid.removeWidget(widget)
        first.setFixedWidth(92)
        first.setText("Pool size" if is_broken else "Pool")
        second.setText("" if is_broken else "size")
        third.setText("Pool step" if is_broken else "step")
        second.setVisible(not is_broken)
        self._grid.addWidget(first, 0, 0)
        columns = 2 if is_broken else 5
        if is_broken:
            self._grid.addWidget(self.size_box, 0, 1)
            self._grid.addWidget(third, 1, 0)
            self._grid.addWidget(self.step_box, 1, 1)
        else:
            self._grid.addWidget(second, 0, 1)
            self._grid.addWidget(self.size_box, 0, 2)
            self._grid.addWidget(third, 0, 3)
            self._grid.addWidget(self.step_box, 0, 4)
        self._grid.addWidget(self._error, 2, 1, 1, columns - 1)
        for column in range(5):
            self._grid.setColumnStretch(column, int(column in ({1} if is_broken else {2, 4})))
        self.updateGeometry()

    def _show_error(self) -> None:
        sentence = self.size_box.error() or self.step_box.error()
        self._error.set_error(sentence)
