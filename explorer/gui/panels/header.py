"""The header: the network's name and state, its totals, and what is done with the whole network."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.analysis.summary import NetworkSummary
from explorer.gui.models.header_totals import Total, header_totals
from explorer.gui.panels.header_total import TotalView
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Chip, ElidedLabel, IconButton, InPlaceLabel, TextButton
from explorer.gui.widgets.painting import follow

HEADER_HEIGHT = 60
NAME_WIDTH = 318
RAIL_WIDTH = 64
# Below these widths of the window something goes; the order is the design's.
NO_WEIGHTS, ICONS_ONLY, NO_MEMORY, NO_SOURCE = 1380, 1300, 1200, 1140


class Header(QWidget):
    """Emits `renamed`, `findings_wished`, `presets_wished`, `export_wished` and `train_wished`."""

    renamed = Signal(str)
    findings_wished = Signal()
    presets_wished = Signal()
    export_wished = Signal()
    train_wished = Signal()

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._totals: tuple[Total, ...] = ()
        self._findings_tip = ""
        self.setFixedHeight(HEADER_HEIGHT)
        self.setAccessibleName("Network")
        self._room: tuple[int, ...] = ()
        self._make_name()
        self._views = [TotalView(self, theme=theme) for _ in range(5)]
        self._make_buttons()
        self._lay_out()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        follow(self, theme)

    def set_summary(self, summary: NetworkSummary) -> None:
        """Show the state and the totals of `summary`."""
        self.name.set_text(summary.spec.name)
        self._show_state(summary)
        self._totals = header_totals(summary)
        for view, total in zip(self._views, self._totals, strict=True):
            view.set_total(total)
        self._show_weights()
        self._refresh_hidden()
        failure = summary.failure
        self.train.setEnabled(failure is None)
        self.train.setToolTip(failure.message if failure is not None else "Train this network (Ctrl+2, F5 starts)")

    def preview(self, summary: NetworkSummary | None) -> None:
        """Show the totals that a drop would bring; None brings those of the network back."""
        totals = header_totals(summary) if summary is not None else self._totals
        for view, total in zip(self._views, totals, strict=False):
            view.set_total(total)

    def set_source(self, line: str) -> None:
        """Say under the name where the network comes from and whether it is saved."""
        if line != self.source.text():
            self.source.set_text(line)
            self._refresh_hidden()

    def set_waiting(self, sentence: str) -> None:
        """Say on the Train button what its click waits for; empty when it waits for nothing."""
        if self.train.isEnabled():
            self.train.setToolTip(sentence or "Train this network (Ctrl+2, F5 starts)")

    def set_page(self, key: str) -> None:
        """On the page Train the run bar holds the controls, and the button is absent."""
        self.train.setVisible(key != "train")

    def bind(self, undo: QAction, redo: QAction) -> None:
        """Let the two arrows follow their actions."""
        for button, action in ((self.undo, undo), (self.redo, redo)):
            button.clicked.connect(action.trigger)
            action.changed.connect(lambda button=button, action=action: _mirror(button, action))
            _mirror(button, action)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give way in the order of the design."""
        super().resizeEvent(event)
        width = self.width() + RAIL_WIDTH
        self._views[3].setVisible(width >= NO_MEMORY)
        self.source.setVisible(width >= NO_SOURCE)
        for button in (self.presets, self.export):
            button.set_icon_only(width < ICONS_ONLY)
        self._name_area.setFixedWidth(NAME_WIDTH)
        self._show_weights()
        self._refresh_hidden()

    def minimumSizeHint(self) -> QSize:
        """What is left when everything has given way."""
        return QSize(700, HEADER_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground and the line below."""
        painter = QPainter(self)
        theme = self._theme.current
        painter.fillRect(event.rect(), theme.color("panel"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("line"))

    def _make_name(self) -> None:
        theme = self._theme
        self._name_area = QWidget(self)
        self.name = InPlaceLabel("", theme=theme, name="Network name")
        self.name.edited.connect(self.renamed)
        self.validity = Chip("ok", "Valid", theme=theme)
        self.findings = Chip("warn", "0", theme=theme)
        self.findings.set_clickable(True)
        self.findings.clicked.connect(self.findings_wished)
        self.source = ElidedLabel("", theme=theme, size_px=11, weight=500, ink="muted")
        first = QHBoxLayout()
        first.setContentsMargins(0, 0, 0, 0)
        first.setSpacing(8)
        first.addWidget(self.name)
        first.addWidget(self.validity)
        first.addWidget(self.findings)
        first.addStretch(1)
        self.name.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self._name_area)
        column.setContentsMargins(0, 8, 8, 8)
        column.setSpacing(1)
        column.addStretch(1)
        column.addLayout(first)
        column.addWidget(self.source)
        column.addStretch(1)

    def _make_buttons(self) -> None:
        theme = self._theme
        self.undo = IconButton("undo", "Undo", theme=theme, size_px=18)
        self.redo = IconButton("redo", "Redo", theme=theme, size_px=18)
        self.presets = TextButton("Presets", "plain", "folder", theme=theme, tooltip="Networks known by name (Ctrl+P)")
        self.export = TextButton(
            "Export", "plain", "export", theme=theme, tooltip="Reports, tables, pictures and code (Ctrl+E)"
        )
        self.train = TextButton("Train", "primary", "play", theme=theme)
        self.presets.clicked.connect(self.presets_wished)
        self.export.clicked.connect(self.export_wished)
        self.train.clicked.connect(self.train_wished)

    def _lay_out(self) -> None:
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 16, 1)
        row.setSpacing(8)
        row.addWidget(self._name_area)
        totals = self._totals_row = QHBoxLayout()
        totals.setSpacing(0)
        for view in self._views:
            totals.addWidget(view)
        row.addLayout(totals)
        row.addStretch(1)
        row.addWidget(self.undo)
        row.addWidget(self.redo)
        row.addSpacing(4)
        for button in (self.presets, self.export, self.train):
            row.addWidget(button)

    def _show_state(self, summary: NetworkSummary) -> None:
        self.validity.set_state("ok" if summary.is_valid else "err", "Valid" if summary.is_valid else "Cannot run")
        remarks = [finding for finding in summary.findings if finding.severity != "error"]
        serious = any(finding.severity == "warning" for finding in remarks)
        self.findings.setVisible(bool(remarks))
        self.findings.set_state("warn" if serious else "info", str(len(remarks)))
        titles = "\n".join(f"{finding.title}: {finding.message}" for finding in remarks[:4])
        self.findings.setToolTip(f"{titles}\n(F8 goes to the next)" if titles else "")
        self.findings.setAccessibleName(f"{len(remarks)} remarks, opens the findings")
        self._findings_tip = summary.failure.message if summary.failure is not None else "The network can be computed."

    def _show_weights(self) -> None:
        """Show the last total where it takes no room from the others, whose figures may be long."""
        key = (self.width(), self.train.isHidden(), *(view.sizeHint().width() for view in self._views))
        if key == self._room:
            return
        self._room = key
        weights, row = self._views[4], self._row
        self._totals_row.invalidate()  # a figure that has just grown is else counted with its width of before
        row.invalidate()
        needed = row.minimumSize().width() + (weights.sizeHint().width() if weights.isHidden() else 0)
        weights.setVisible(self.width() + RAIL_WIDTH >= NO_WEIGHTS and needed <= self.width())

    def _refresh_hidden(self) -> None:
        lines = [self._findings_tip]
        if self.source.isHidden():
            lines.append(self.source.text())
        hidden = [total for view, total in zip(self._views, self._totals, strict=False) if view.isHidden()]
        lines += [f"{total.caption}: {total.value} {total.note}".strip() for total in hidden]
        self.validity.setToolTip("\n".join(line for line in lines if line))


def _mirror(button: IconButton, action: QAction) -> None:
    button.setEnabled(action.isEnabled())
    button.set_tooltip(action.toolTip())
