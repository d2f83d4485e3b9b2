"""The sides of scale jitter: S of the training pictures, fixed or drawn from a range, and Q of the test pictures."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Label, Segmented, Stepper
from explorer.runs.config import MAX_SIDE

_CROP, _LOW, _HIGH = 224, 256, 512
"""The paper's crop and its range of S. Source: Simonyan & Zisserman 2015, section 3.1."""


class TrainSide(QWidget):
    """S: pictures fitted to the input, one fixed side, or a range. `edited` tells a pair or None."""

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._input_side = 32
        self.kind = Segmented(
            [("fit", "Fit"), ("fixed", "Fixed"), ("range", "Range")], theme=theme, name="Training side"
        )
        self.kind.setToolTip(
            "Fit: pictures are stretched to the input. Fixed and Range: the shorter side becomes S, "
            "and the input is cut out at random"
        )
        self.kind.edited.connect(self._choose)
        self.low = Stepper(theme=theme, name="Smallest training side", minimum=1, maximum=MAX_SIDE, compact=True)
        self.high = Stepper(theme=theme, name="Largest training side", minimum=1, maximum=MAX_SIDE, compact=True)
        self._to = Label("to", theme=theme, size_px=12, ink="muted")
        for stepper in (self.low, self.high):
            stepper.edited.connect(lambda _side: self._tell())
        self._figures = QWidget()
        row = QHBoxLayout(self._figures)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.low, 1)
        row.addWidget(self._to)
        row.addWidget(self.high, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.kind)
        column.addWidget(self._figures)
        self.setFocusProxy(self.kind)
        self.set_value(None)

    def set_input_side(self, side: int) -> None:
        """Know the network's input: what is offered stands to it as the paper's 256 and 512 stand to 224."""
        self._input_side = side

    def set_value(self, value: tuple[int, int] | None) -> None:
        """Show `value` without reporting an edit."""
        is_range = value is not None and value[0] != value[1]
        self.kind.set_value("fit" if value is None else "range" if is_range else "fixed")
        self._figures.setVisible(value is not None)
        self._to.setVisible(is_range)
        self.high.setVisible(is_range)
        if value is not None:
            self.low.set_value(value[0])
            self.high.set_value(value[1])

    def _choose(self, kind: object) -> None:
        low, high = (round(self._input_side * side / _CROP) for side in (_LOW, _HIGH))
        wanted = {"fit": None, "fixed": (low, low), "range": (low, high)}[str(kind)]
        self.set_value(wanted)
        self.edited.emit(wanted)

    def _tell(self) -> None:
        low, high = self.low.value() or 1, self.high.value() or 1
        self.edited.emit((low, high) if self.kind.value() == "range" else (low, low))


class TestSide(QWidget):
    """Q: as the training pictures, or a side of its own. `edited` tells a number or None."""

    __test__ = False  # no test of pytest's

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._input_side = 32
        self.kind = Segmented([("same", "As S"), ("own", "Own")], theme=theme, name="Test side")
        self.kind.setToolTip("As S: the side of the training pictures, the middle of their range; Own: another side")
        self.kind.edited.connect(self._choose)
        self.side = Stepper(theme=theme, name="Test side", minimum=1, maximum=MAX_SIDE)
        self.side.edited.connect(self.edited.emit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.kind)
        column.addWidget(self.side)
        self.setFocusProxy(self.kind)
        self.set_value(None)

    def set_input_side(self, side: int) -> None:
        """Know the network's input."""
        self._input_side = side

    def set_value(self, value: int | None) -> None:
        """Show `value` without reporting an edit."""
        self.kind.set_value("same" if value is None else "own")
        self.side.setVisible(value is not None)
        if value is not None:
            self.side.set_value(value)

    def _choose(self, kind: object) -> None:
        wanted = None if kind == "same" else round(self._input_side * _LOW / _CROP)
        self.set_value(wanted)
        self.edited.emit(wanted)
