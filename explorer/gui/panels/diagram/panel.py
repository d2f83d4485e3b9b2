"""DiagramPanel: the network as a row of volumes that are edited where they stand."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QWidget

from explorer.analysis.summary import NetworkSummary
from explorer.gui.panels.diagram.canvas import DiagramCanvas
from explorer.gui.theme import ThemeSource


class DiagramPanel(QWidget):
    """The picture, with everything that floats over it.

    It tells wishes and keeps no truth but zoom, scroll and folds. `set_summary` and `set_selection` emit nothing.
    """

    edited = Signal(object, str, str)  # NetworkSpec wanted, words for undo, merge key
    selected = Signal(tuple)  # tuple[str, ...]: parts or layers
    preview = Signal(object)  # NetworkSummary after the drop while a block is dragged, else None
    refused = Signal(str)  # why an edit cannot be done

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = DiagramCanvas(theme, self)
        self.setFocusProxy(self.canvas)
        self.setMinimumSize(self.canvas.minimumSizeHint())

    def set_summary(self, summary: NetworkSummary) -> None:
        """Show another network."""
        self.canvas.set_summary(summary)

    def set_selection(self, names: tuple[str, ...]) -> None:
        """Light up these parts (`block3`) and layers (`conv3_1`)."""
        self.canvas.set_selection(names)

    def set_sample(self, sample: QImage | None) -> None:
        """Let the input wear a picture of the data set."""
        self.canvas.set_sample(sample)

    def set_stale(self, stale: bool) -> None:
        """Say that this is the last text that could be read."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the canvas all the room."""
        super().resizeEvent(event)
        self.canvas.setGeometry(self.rect())
