"""RunsTable: every run that is kept, with its actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from explorer.gui.fonts import ui_font
from explorer.gui.icons import icon
from explorer.gui.models.runs_model import HEADS, RUN_ROLE, Column, RunRow, RunsModel
from explorer.gui.panels.inspect.texts import can_be_tested
from explorer.gui.panels.runs_paint import RIGHT_ALIGNED, ROW_HEIGHT, RunsDelegate
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets import ElidedLabel, Field, Ground, Hairline, Label, TextButton
from explorer.gui.widgets.banner import Banner

TITLE_HEIGHT = 40
HEAD_HEIGHT = 26
EMPTY_TEXT = "No runs yet. They stay here, with everything needed to repeat them."
_Index = QModelIndex | QPersistentModelIndex
_WIDTHS = {
    Column.EYE: 46, Column.COLOR: 28, Column.DATA: 186, Column.BEST: 106, Column.LOSS: 76, Column.PARAMS: 90,
    Column.EPOCHS: 74, Column.TIME: 64, Column.STATUS: 100,
}  # fmt: skip
_LEAST_NAME = 210
_GIVES_WAY = (Column.PARAMS, Column.LOSS, Column.DATA)


@dataclass(frozen=True, slots=True)
class RunAction:
    """A line of the context menu: its words, icon, key, and when it can be chosen."""

    name: str
    text: str
    icon: str
    key: str = ""
    starts_group: bool = False
    only_if: Callable[[RunRow], bool] = lambda _row: True


ACTIONS: tuple[RunAction, ...] = (
    RunAction("open_in_design", "Open in Design", "arrow-left"),
    RunAction("inspect", "Test and inspect", "inspect", only_if=lambda row: can_be_tested(row.record)),
    RunAction("go_on", "Continue from here", "play", only_if=lambda row: row.can_go_on),
    RunAction("use_settings", "Use its settings for the next run", "duplicate"),
    RunAction("show_only", "Show only this one", "eye", "Alt+click", starts_group=True),
    RunAction("rename", "Rename", "edit", "F2", starts_group=True),
    RunAction("note", "Note…", "file"),
    RunAction("plot_data", "Plot data of this run…", "export", starts_group=True),
    RunAction("delete", "Delete", "trash", "Del", starts_group=True, only_if=lambda row: not row.is_live),
)


class RunsTable(Ground):
    """Title row with actions, heads, rows. `wished` names an action and the run it is meant for."""

    wished = Signal(str, int)
    selected = Signal(int)
    picture_wished = Signal()
    data_wished = Signal()
    compare_wished = Signal()
    color_wished = Signal(int, int)
    note_written = Signal(int, str)

    def __init__(self, model: RunsModel, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("panel", parent, theme=theme)
        self._theme = theme
        self.model = model
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_title())
        self.view = _RunsView(model, theme=theme)
        column.addWidget(Hairline(theme=theme))
        self._strip = QVBoxLayout()
        self._strip.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._strip)
        column.addWidget(self.view, 1)
        self.view.menu_wished.connect(self.open_menu)
        self.view.key_wished.connect(self._wish_for_current)
        self.view.eye_clicked.connect(self._toggle)
        self.view.swatch_clicked.connect(self._open_colors)
        self.view.doubleClicked.connect(self._activate)
        self.view.selectionModel().currentRowChanged.connect(self._tell_selection)
        model.modelReset.connect(self._refresh)
        model.shown_changed.connect(self._refresh)
        self._refresh()

    @property
    def current(self) -> RunRow | None:
        """The selected run."""
        index = self.view.currentIndex()
        return index.data(RUN_ROLE) if index.isValid() else None

    def select(self, run_id: int) -> None:
        """Select a run and show its row."""
        index = self.model.index_of(run_id)
        if index.isValid() and (self.current is None or self.current.id != run_id):
            self.view.setCurrentIndex(self.model.index(index.row(), Column.RUN))

    def rename(self, run_id: int) -> None:
        """Open the field for a run's name."""
        index = self.model.index_of(run_id)
        if index.isValid():
            self.view.edit(self.model.index(index.row(), Column.RUN))

    def ask(self, banner: Banner) -> None:
        """Show a question or a message above the rows; it replaces the one before."""
        self._clear_strip()
        self._strip.addWidget(banner)

    def edit_note(self, run_id: int) -> None:
        """Open a line for a run's note; Enter keeps it, Esc leaves it."""
        row = self.model.row_of(run_id)
        if row is None:
            return
        self._clear_strip()
        strip = _NoteStrip(row, theme=self._theme)
        strip.written.connect(lambda text: self.note_written.emit(run_id, text))
        strip.done.connect(self._clear_strip)
        self._strip.addWidget(strip)
        strip.field.line.setFocus()

    def open_menu(self, place: QPoint) -> None:
        """Open the menu of the selected run."""
        row = self.current
        if row is not None:
            menu = self.menu_of(row)
            menu.exec(place)
            menu.deleteLater()

    def menu_of(self, row: RunRow) -> QMenu:
        """Every action of a run."""
        menu = QMenu(self)
        for action in ACTIONS:
            if action.starts_group:
                menu.addSeparator()
            entry = QAction(icon(action.icon, self._theme.current.color("text"), 16), action.text, menu)
            if action.key:
                entry.setText(f"{action.text}\t{action.key}")
            entry.setEnabled(action.only_if(row))
            entry.triggered.connect(lambda _checked=False, name=action.name: self.wished.emit(name, row.id))
            menu.addAction(entry)
        return menu

    def _make_title(self) -> QWidget:
        theme = self._theme
        bar = QWidget()
        bar.setFixedHeight(TITLE_HEIGHT)
        row = QHBoxLayout(bar)
        row.setContentsMargins(20, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(Label("Runs", theme=theme, size_px=13, weight=600))
        self._count = ElidedLabel(theme=theme, size_px=12, ink="muted")
        row.addWidget(self._count, 1)
        self.design_button = TextButton("Open in Design", "quiet", "arrow-left", theme=theme)
        self.design_button.setToolTip("Bring the selected run's network back into Design, as one undoable step")
        self.design_button.clicked.connect(lambda: self._wish_for_current("open_in_design"))
        self.picture_button = TextButton("Picture", "quiet", "picture", theme=theme)
        self.picture_button.setToolTip("Save the plots as PNG, SVG or PDF")
        self.picture_button.clicked.connect(self.picture_wished)
        self.data_button = TextButton("Plot data", "quiet", "export", theme=theme)
        self.data_button.setToolTip("Save the numbers of the shown runs as CSV")
        self.data_button.clicked.connect(self.data_wished)
        self.compare_button = TextButton("Compare shown", "quiet", "compare", theme=theme)
        self.compare_button.setToolTip("Put the shown runs side by side on the page Compare")
        self.compare_button.clicked.connect(self.compare_wished)
        for button in (self.design_button, self.compare_button, self.picture_button, self.data_button):
            row.addWidget(button)
        return bar

    def _refresh(self) -> None:
        rows = self.model.rows
        shown = sum(row.is_shown for row in rows)
        self._count.set_text(f"{len(rows)} kept · {shown} shown in the plots" if rows else "")
        self.design_button.setEnabled(self.current is not None)
        self.compare_button.setEnabled(shown > 0)
        self.picture_button.setEnabled(shown > 0)
        self.data_button.setEnabled(shown > 0)
        self.view.viewport().update()

    def _tell_selection(self, index: QModelIndex) -> None:
        self.design_button.setEnabled(index.isValid())
        if index.isValid():
            self.selected.emit(index.data(RUN_ROLE).id)

    def _wish_for_current(self, name: str) -> None:
        row = self.current
        if row is not None:
            self.wished.emit(name, row.id)

    def _toggle(self, run_id: int, alone: bool) -> None:
        row = self.model.row_of(run_id)
        if alone:
            self.model.show_only(run_id)
        elif row is not None:
            self.model.set_shown(run_id, not row.is_shown)

    def _activate(self, index: QModelIndex) -> None:
        if index.column() not in {Column.EYE, Column.COLOR, Column.RUN}:
            self.wished.emit("open_in_design", index.data(RUN_ROLE).id)

    def _open_colors(self, run_id: int, place: QPoint) -> None:
        menu = QMenu(self)
        for number in range(len(self._theme.current.runs)):
            entry = QAction(icon("stop", self._theme.current.run_color(number), 16), f"Colour {number + 1}", menu)
            entry.triggered.connect(lambda _checked=False, n=number: self.color_wished.emit(run_id, n))
            menu.addAction(entry)
        menu.exec(place)
        menu.deleteLater()

    def _clear_strip(self) -> None:
        clear(self._strip)


def clear(layout: QVBoxLayout) -> None:
    """Take every widget out of `layout` and away."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()


class _NoteStrip(Ground):
    """A line in which the note of a run is written."""

    written = Signal(str)
    done = Signal()

    def __init__(self, run: RunRow, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("panel", parent, theme=theme)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 5, 12, 5)
        row.addWidget(Label(f"Note on “{run.record.name}”", theme=theme, size_px=13, ink="muted"))
        self.field = Field(run.record.note, theme=theme, name="Note", placeholder="What was tried, what was seen")
        row.addWidget(self.field, 1)
        keep = TextButton("Keep", "plain", theme=theme)
        row.addWidget(keep)
        keep.clicked.connect(self._keep)
        self.field.accepted.connect(lambda _text: self._keep())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves the note as it was."""
        if event.key() == Qt.Key.Key_Escape:
            self.done.emit()
        else:
            super().keyPressEvent(event)

    def _keep(self) -> None:
        self.written.emit(self.field.text().strip())
        self.done.emit()


class _RunsView(QTableView):
    """The rows; keys and clicks on eye and swatch become wishes."""

    menu_wished = Signal(QPoint)
    key_wished = Signal(str)
    eye_clicked = Signal(int, bool)
    swatch_clicked = Signal(int, QPoint)

    def __init__(self, model: RunsModel, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setModel(model)
        self.setItemDelegate(RunsDelegate(self, theme=theme))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setAccessibleName("Runs")
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda place: self.menu_wished.emit(self.viewport().mapToGlobal(place)))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = _Head(self, theme=theme)
        self.setHorizontalHeader(head)
        self.setMinimumHeight(HEAD_HEIGHT + ROW_HEIGHT)
        theme.changed.connect(self.retheme)
        self.retheme(theme.current)

    def retheme(self, theme: Theme) -> None:
        """Take over the ground of `theme`."""
        palette = self.palette()
        for role in (palette.ColorRole.Base, palette.ColorRole.Window):
            palette.setColor(role, theme.color("panel"))
        self.setPalette(palette)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Del deletes, Space shows or hides, Enter opens in Design, the menu key opens the menu."""
        keys = {Qt.Key.Key_Delete: "delete", Qt.Key.Key_Return: "open_in_design", Qt.Key.Key_Enter: "open_in_design"}
        index = self.currentIndex()
        if event.key() in keys and self.state() != QAbstractItemView.State.EditingState:
            self.key_wished.emit(keys[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_F2 and index.isValid():
            self.edit(self.model().index(index.row(), Column.RUN))
        elif event.key() == Qt.Key.Key_Space and index.isValid():
            alone = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            self.eye_clicked.emit(index.data(RUN_ROLE).id, alone)
        elif event.key() == Qt.Key.Key_Menu and index.isValid():
            self.menu_wished.emit(self.viewport().mapToGlobal(self.visualRect(index).bottomLeft()))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the eye or the swatch does not select."""
        place = event.position().toPoint()
        index = self.indexAt(place)
        is_left = event.button() == Qt.MouseButton.LeftButton
        if index.isValid() and is_left and index.column() == Column.EYE:
            alone = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            self.eye_clicked.emit(index.data(RUN_ROLE).id, alone)
        elif index.isValid() and is_left and index.column() == Column.COLOR:
            self.swatch_clicked.emit(index.data(RUN_ROLE).id, self.viewport().mapToGlobal(place))
        else:
            super().mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width: fixed columns, the name takes the rest; in a narrow window some columns give way."""
        super().resizeEvent(event)
        room = self.viewport().width()
        hidden: set[Column] = set()
        for column in _GIVES_WAY:
            fixed = sum(width for known, width in _WIDTHS.items() if known not in hidden)
            if room - fixed < _LEAST_NAME:
                hidden.add(column)
        for known, width in _WIDTHS.items():
            self.setColumnHidden(known, known in hidden)
            self.setColumnWidth(known, width)
        fixed = sum(width for known, width in _WIDTHS.items() if known not in hidden)
        self.setColumnWidth(Column.RUN, max(120, room - fixed))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, or the sentence of an empty table."""
        super().paintEvent(event)
        if self.model().rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setFont(ui_font(13, 400))
            painter.setPen(self._theme.current.color("muted"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, EMPTY_TEXT)


class _Head(QHeaderView):
    """The heads of the columns, painted as the rows are."""

    def __init__(self, parent: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self.setFixedHeight(HEAD_HEIGHT)
        self.setSectionsClickable(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(20)
        theme.changed.connect(lambda _theme: self.viewport().update())

    def paintSection(self, painter: QPainter, rect: QRect, logical_index: int) -> None:
        """Paint one head."""
        theme = self._theme.current
        painter.fillRect(rect, theme.color("panel"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme.color("line"))
        column = Column(logical_index)
        right = column in RIGHT_ALIGNED
        align = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.setFont(ui_font(12, 400))
        painter.setPen(theme.color("muted"))
        painter.drawText(
            rect.adjusted(0, 0, -14 if right else 0, 0), Qt.AlignmentFlag.AlignVCenter | align, HEADS[column]
        )
