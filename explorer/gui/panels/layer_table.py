"""The layer table: a title row with actions, captions, the rows, and the totals pinned to the bottom."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QHelpEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QToolTip, QVBoxLayout, QWidget

from explorer.analysis.summary import NetworkSummary
from explorer.gui.models.layer_book import LayerBook
from explorer.gui.models.layer_model import MACS, MEMORY, PARAMETERS, LayerModel
from explorer.gui.models.layer_rows import CONVENTIONS, LayerTotals, layer_totals, table_text
from explorer.gui.panels.layer_paint import COMPACT_BELOW, Columns, LayerPainter, columns_for
from explorer.gui.panels.layer_tree import LayerTree
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import ElidedLabel, Ground, Label, TextButton
from explorer.units import exact

TITLE_HEIGHT, HEAD_HEIGHT, ROW_HEIGHT, CJK_ROW_HEIGHT, TOTALS_HEIGHT = 40, 26, 25, 27, 32
CAPTION = "per image · 1 MAC = 1 multiply-add · activations in float32, kept for backward"
SHORT_CAPTION = "per image · 1 MAC = 1 multiply-add · float32, kept for backward"
ICON_ONLY_BELOW = 640


class LayerTablePanel(Ground):
    """Every layer of the network with its figures; a click wishes a selection."""

    selected = Signal(tuple)  # tuple[str, ...]
    edited = Signal(object, str, str)  # never emitted here: the table only shows
    hovered = Signal(str)  # the part under the pointer, or ""
    csv_wished = Signal()
    insert_wished = Signal()
    copied = Signal()

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent, theme=theme)
        self._summary: NetworkSummary | None = None
        self._folded: set[str] = set()
        self._book = LayerBook()
        self._model = LayerModel(self)
        self.tree = LayerTree(theme, row_height=self._row_height(), parent=self)
        self.tree.setModel(self._model)
        self.tree.selected.connect(self.selected)
        self.tree.hovered.connect(self.hovered)
        self.tree.expanded.connect(self._remember_folds)
        self.tree.collapsed.connect(self._remember_folds)
        self._head = _Strip(theme, HEAD_HEIGHT, self._paint_head, self._head_tip, line_at_top=False)
        self._totals_strip = _Strip(theme, TOTALS_HEIGHT, self._paint_totals, self._totals_tip, line_at_top=True)
        self._totals = LayerTotals("0 layers", "")
        self._painter = LayerPainter(theme.current)
        self.tree.columns_changed.connect(self._take_columns)
        self._stack = QStackedWidget(self)
        self._lay_out()
        theme.changed.connect(self._take_theme)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        copy.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        copy.activated.connect(self.copy_text)
        self.setMinimumHeight(TITLE_HEIGHT + HEAD_HEIGHT + TOTALS_HEIGHT + 2 * ROW_HEIGHT)

    def set_summary(self, summary: NetworkSummary) -> None:
        """Show the figures of `summary`; the same layers change in place."""
        failed_before = self._failing
        self._summary = summary
        self._stack.setCurrentIndex(0 if summary.spec.blocks else 1)
        for button in (self._blocks_only, self._copy, self._csv):
            button.setEnabled(bool(summary.spec.blocks))
        groups = self._book.groups(summary)
        same_parts = self._model.set_groups(groups)
        if not same_parts:
            self._restore_folds()
        self.tree.settle()
        selected = not same_parts and self.tree.return_to_selection()
        if self._failing != failed_before and not selected:
            self.tree.bring_into_sight(self._failing)
        totals = layer_totals(summary, groups)
        if totals != self._totals:
            self._totals = totals
            self._totals_strip.setAccessibleName(self._spoken_totals())
            self._totals_strip.update()

    def set_selection(self, names: tuple[str, ...]) -> None:
        """Light up the rows of `names`."""
        self.tree.set_selection(names)

    def set_hovered(self, part: str) -> None:
        """Tint the rows of the part that the pointer is on elsewhere; empty for none."""
        self.tree.set_hovered(part)

    def text(self) -> str:
        """All rows as tab-separated text with a heading, whatever is folded."""
        return table_text(self._summary) if self._summary is not None else ""

    def copy_text(self) -> None:
        """Put `text()` on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())
        self.copied.emit()

    def folded_parts(self) -> tuple[str, ...]:
        """The parts whose layers are hidden, to be remembered with the window."""
        return tuple(sorted(self._folded))

    def set_folded_parts(self, parts: tuple[str, ...]) -> None:
        """Hide the layers of `parts`."""
        self._folded = set(parts)
        self._restore_folds()

    def set_blocks_only(self, blocks_only: bool) -> None:
        """Hide all layers, or show them all."""
        parts = {group.head.key for group in self._model.groups if group.lines}
        self._folded = parts if blocks_only else set()
        self._restore_folds()

    def sizeHint(self) -> QSize:
        """Room for about eight rows."""
        return QSize(800, TITLE_HEIGHT + HEAD_HEIGHT + TOTALS_HEIGHT + 8 * ROW_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let words give way to icons where the panel is narrow."""
        for button in (self._blocks_only, self._copy, self._csv):
            button.set_icon_only(self.width() < ICON_ONLY_BELOW)
        self._caption.set_text(SHORT_CAPTION if self.width() < COMPACT_BELOW else CAPTION)
        super().resizeEvent(event)

    @property
    def _failing(self) -> str:
        """The node at which the network ends; empty where it is whole."""
        failure = self._summary.failure if self._summary is not None else None
        return failure.node if failure is not None else ""

    def _row_height(self) -> int:
        cjk = {self.locale().Language.Chinese, self.locale().Language.Japanese, self.locale().Language.Korean}
        return CJK_ROW_HEIGHT if self.locale().language() in cjk else ROW_HEIGHT

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_title())
        rows = QWidget(self)
        inside = QVBoxLayout(rows)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self._head)
        inside.addWidget(self.tree, 1)
        inside.addWidget(self._totals_strip)
        self._stack.addWidget(rows)
        self._stack.addWidget(self._make_empty())
        column.addWidget(self._stack, 1)

    def _make_title(self) -> QWidget:
        title = QWidget(self)
        title.setFixedHeight(TITLE_HEIGHT)
        row = QHBoxLayout(title)
        row.setContentsMargins(20, 0, 12, 0)
        row.setSpacing(4)
        row.addWidget(Label("Layers", theme=self._theme, weight=600))
        row.addSpacing(10)
        self._caption = ElidedLabel(CAPTION, theme=self._theme, size_px=11, weight=500, ink="muted")
        self._caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row.addWidget(self._caption, 1)
        self._blocks_only = self._button("Blocks only", "collapse", "Hide the layers of all blocks, or show them again")
        self._blocks_only.clicked.connect(lambda: self.set_blocks_only(not self._all_folded()))
        self._copy = self._button("Copy", "copy", "Copy the table as text (Ctrl+C)")
        self._copy.clicked.connect(self.copy_text)
        self._csv = self._button("CSV", "export", "Save the table as a CSV file")
        self._csv.clicked.connect(self.csv_wished)
        for button in (self._blocks_only, self._copy, self._csv):
            row.addWidget(button)
        return title

    def _button(self, text: str, icon: str, tooltip: str) -> TextButton:
        return TextButton(text, "quiet", icon, self, theme=self._theme, tooltip=tooltip)

    def _make_empty(self) -> QWidget:
        empty = QWidget(self)
        column = QVBoxLayout(empty)
        column.addStretch(1)
        words = Label("Add a block to see its layers", theme=self._theme, ink="muted")
        column.addWidget(words, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        self.add_button = TextButton("Add a block", "plain", "plus", self, theme=self._theme)
        self.add_button.clicked.connect(self.insert_wished)
        column.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return empty

    def _all_folded(self) -> bool:
        return all(group.head.key in self._folded for group in self._model.groups if group.lines)

    def _remember_folds(self) -> None:
        self._folded = self.tree.folded_parts()
        self._show_fold_state()

    def _restore_folds(self) -> None:
        wanted = set(self._folded)
        self.tree.expanded.disconnect(self._remember_folds)
        self.tree.collapsed.disconnect(self._remember_folds)
        self.tree.fold(wanted)
        self.tree.expanded.connect(self._remember_folds)
        self.tree.collapsed.connect(self._remember_folds)
        self._show_fold_state()

    def _show_fold_state(self) -> None:
        all_folded = self._all_folded() and bool(self._folded)
        self._blocks_only.set_text("All layers" if all_folded else "Blocks only")
        self._blocks_only.set_icon("expand" if all_folded else "collapse")

    def _take_columns(self, columns: Columns) -> None:
        del columns
        self._head.update()
        self._totals_strip.update()

    def _take_theme(self) -> None:
        self._painter = LayerPainter(self._theme.current)
        self.update()

    def _paint_head(self, painter: QPainter, rect: QRect) -> None:
        self._painter.paint_head(painter, rect, self._columns())

    def _paint_totals(self, painter: QPainter, rect: QRect) -> None:
        self._painter.paint_totals(painter, rect, self._totals, self._columns())

    def _columns(self) -> Columns:
        return self.tree.columns if self.tree.columns.width else columns_for(self.width())

    def _head_tip(self, x: int) -> str:
        return CONVENTIONS[self._columns().at(x)]

    def _totals_tip(self, x: int) -> str:
        totals = self._totals
        if totals.note or totals.macs is None:
            return totals.note
        return {
            PARAMETERS: f"{exact(totals.params)} parameters",
            MACS: f"{exact(totals.macs)} MACs = {exact(2 * totals.macs)} FLOPs per image",
            MEMORY: f"{exact(totals.saved_bytes)} bytes kept for the backward pass, per image",
        }.get(self._columns().at(x), "")

    def _spoken_totals(self) -> str:
        totals = self._totals
        if totals.note:
            return f"{totals.count}. {totals.note}"
        return f"{totals.count}, {exact(totals.params)} parameters, {exact(totals.macs)} MACs"


class _Strip(QWidget):
    """A painted row of the table outside the scrolled part: the captions, the totals."""

    def __init__(
        self,
        theme: ThemeSource,
        height: int,
        paint: Callable[[QPainter, QRect], None],
        tip: Callable[[int], str],
        *,
        line_at_top: bool,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._paint = paint
        self._tip = tip
        self._line_at_top = line_at_top
        self.setFixedHeight(height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells and the line that parts them from the rows."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme.current
        self._paint(painter, self.rect())
        if self._line_at_top:
            painter.fillRect(0, 0, self.width(), 1, theme.color("line2"))
        else:
            painter.fillRect(0, 0, self.width(), 1, theme.color("line"))
            painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color("line"))

    def event(self, event: QEvent) -> bool:
        """Tell the convention or the exact figure under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(event.pos().x()), self)
            return True
        return super().event(event)
