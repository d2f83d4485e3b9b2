"""The page Design: text, picture and table in the main column, inspector over findings at the side."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.analysis.summary import NetworkSummary
from explorer.gui.panels.conv_arch_bar import ConvArchBar
from explorer.gui.panels.diagram import DiagramPanel
from explorer.gui.panels.findings import FindingsPanel
from explorer.gui.panels.inspector import Inspector
from explorer.gui.panels.layer_table import LayerTablePanel
from explorer.gui.splitter import Splitter
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Ground, Hairline, ScrollColumn

SIDE_WIDTH, SIDE_MIN, SIDE_MAX = 320, 300, 420
DIAGRAM_MIN, TABLE_MIN = 264, 120
DIAGRAM_SHARE = 0.47


class DesignPage(QWidget):
    """The four views of one network; `layout_changed` says that a splitter was moved."""

    edited = Signal(object, str, str)  # NetworkSpec, undo text, merge key
    selected = Signal(tuple)  # tuple[str, ...]
    layout_changed = Signal()

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._diagram_height = 0
        self.arch_bar = ConvArchBar(theme)
        self.diagram = DiagramPanel(theme)
        self.table = LayerTablePanel(theme)
        self.inspector = Inspector(theme)
        self.findings = FindingsPanel(theme)
        self._panels = (self.arch_bar, self.diagram, self.inspector, self.findings, self.table)
        for panel in self._panels:
            panel.edited.connect(self.edited)
            panel.selected.connect(self.selected)
        self.diagram.hovered.connect(self.table.set_hovered)
        self.table.hovered.connect(self.diagram.set_hovered)
        self.side = self._make_side()
        self._rows = self._make_rows()
        self._columns = Splitter(Qt.Orientation.Horizontal, theme=theme, name="Line between network and inspector")
        self._columns.addWidget(self._make_main())
        self._columns.addWidget(self.side)
        self._columns.setStretchFactor(0, 1)
        self._columns.setStretchFactor(1, 0)
        self._rows.resized.connect(self._part_rows)
        for splitter in (self._rows, self._columns):
            splitter.splitterMoved.connect(self._take_sizes)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._columns)

    def set_summary(self, summary: NetworkSummary) -> None:
        """Show `summary` in every view."""
        for panel in self._panels:
            panel.set_summary(summary)

    def set_selection(self, names: tuple[str, ...]) -> None:
        """Light up `names` in every view."""
        for panel in self._panels:
            panel.set_selection(names)

    def set_sizes(self, side_width: int, diagram_height: int) -> None:
        """Part the areas as they were; a height of 0 is the design's share."""
        self._diagram_height = diagram_height
        side = min(max(side_width, SIDE_MIN), SIDE_MAX)
        self._columns.setSizes([max(1, self.width() - side - 1), side])
        self._part_rows()

    def side_width(self) -> int:
        """The width of the side, shown or hidden."""
        return self.side.width()

    def diagram_height(self) -> int:
        """The height that the user gave the diagram; 0 while it has the design's share."""
        return self._diagram_height

    def minimumSizeHint(self) -> QSize:
        """What the smallest window leaves."""
        return QSize(700, 500)

    def _make_side(self) -> ScrollColumn:
        content = Ground("panel", theme=self._theme)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.inspector)
        column.addWidget(Hairline(theme=self._theme))
        column.addWidget(self.findings)
        column.addStretch(1)
        side = ScrollColumn(content)
        side.setMinimumWidth(SIDE_MIN)
        side.setMaximumWidth(SIDE_MAX)
        side.setAccessibleName("Inspector and findings")
        return side

    def _make_rows(self) -> Splitter:
        rows = Splitter(Qt.Orientation.Vertical, theme=self._theme, name="Line between diagram and table")
        self.diagram.setMinimumHeight(DIAGRAM_MIN)
        self.table.setMinimumHeight(TABLE_MIN)
        rows.addWidget(self.diagram)
        rows.addWidget(self.table)
        rows.setStretchFactor(0, 0)
        rows.setStretchFactor(1, 1)
        return rows

    def _make_main(self) -> QWidget:
        main = Ground("panel", theme=self._theme)
        column = QVBoxLayout(main)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.arch_bar)
        column.addWidget(Hairline(theme=self._theme))
        column.addWidget(self._rows, 1)
        return main

    def _part_rows(self) -> None:
        room = self._rows.height() - 1
        wanted = self._diagram_height or round(room * DIAGRAM_SHARE)
        height = min(max(wanted, DIAGRAM_MIN), max(DIAGRAM_MIN, room - TABLE_MIN))
        if room > 0 and self._rows.sizes()[0] != height:
            self._rows.setSizes([height, max(1, room - height)])

    def _take_sizes(self) -> None:
        if self.sender() is self._rows:
            self._diagram_height = self._rows.sizes()[0]
        self.layout_changed.emit()
