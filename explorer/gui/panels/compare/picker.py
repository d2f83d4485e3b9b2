"""SourcePicker: a field that opens a searched list of everything that can be compared."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.models.compare_sources import SECTIONS, CompareSources, Source
from explorer.gui.panels.popup import Popup
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Field
from explorer.gui.widgets.figure_table import FigureCell, FigureColumn, FigureRow, FigureTable
from explorer.gui.widgets.painting import FIELD_HEIGHT, RADIUS_FIELD, field_border, follow, rounded

_WIDTH, _HEIGHT = 560, 460
_MOVES = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}


class SourcePicker(QAbstractButton):
    """Shows what is chosen for one side; a click, Enter or ↓ opens the list. `wished` tells the key."""

    wished = Signal(str)

    def __init__(
        self, sources: CompareSources, caption: str, parent: QWidget | None = None, *, theme: ThemeSource
    ) -> None:
        super().__init__(parent)
        self._sources = sources
        self._theme = theme
        self._caption = caption
        self._title = ""
        self._popup: SourcePopup | None = None
        self.setFixedHeight(FIELD_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("ownFocus", "yes")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_title("")
        self.clicked.connect(self.open)
        follow(self, theme)

    def set_title(self, title: str) -> None:
        """Show what is chosen; empty asks to choose."""
        self._title = title
        self.setAccessibleName(f"{self._caption}: {title or 'nothing chosen'}")
        self.setToolTip(title)
        self.update()

    @property
    def popup(self) -> SourcePopup:
        """The list; made when it is first opened."""
        if self._popup is None:
            self._popup = SourcePopup(self._sources, theme=self._theme, parent=self)
            self._popup.chosen.connect(self.wished)
        return self._popup

    def open(self) -> None:
        """Open the list."""
        self.popup.open_under(self)

    def sizeHint(self) -> QSize:
        """A field of middle width."""
        return QSize(230, FIELD_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Some letters and the chevron."""
        return QSize(120, FIELD_HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """↓ and Enter open the list."""
        if event.key() in {Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.open()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Repaint with focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Repaint without focus."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, what is chosen, and the chevron."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        border, width = field_border(theme, focused=self.hasFocus(), failed=False)
        ground = theme.color("hover" if self.underMouse() else "field")
        rounded(painter, QRectF(self.rect()), RADIUS_FIELD, fill=ground, border=border, width=width)
        font = ui_font(13, 500)
        painter.setFont(font)
        painter.setPen(theme.color("text" if self._title else "muted"))
        text = self._title or "Choose a network or a run"
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, self.width() - 40)
        painter.drawText(QRectF(11, 0, self.width() - 36, self.height()), Qt.AlignmentFlag.AlignVCenter, shown)
        draw(painter, "chevron-down", theme.color("muted"), QRectF(self.width() - 25, (self.height() - 14) / 2, 14, 14))


class SourcePopup(Popup):
    """A search over sections of sources. Type to filter, ↑ ↓ to choose, Enter or a click takes."""

    chosen = Signal(str)

    def __init__(self, sources: CompareSources, *, theme: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent, theme=theme)
        self.setAccessibleName("What to compare")
        self._sources = sources
        self._search = Field(
            theme=theme, name="Search networks and runs", placeholder="Search networks and runs", icon="search"
        )
        self._search.edited.connect(self.set_query)
        self._search.line.installEventFilter(self)
        columns = (FigureColumn("Name", 200, stretches=True), FigureColumn("Detail", 318))
        self.table = FigureTable(columns, theme=theme, name="What to compare")
        self.table.horizontalHeader().hide()
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.clicked.connect(self._take)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self._search)
        column.addWidget(self.table, 1)
        self.setFixedSize(_WIDTH, _HEIGHT)

    def open_under(self, anchor: QWidget) -> None:
        """Open below `anchor` with an empty search."""
        self._search.set_text("")
        self.set_query("")
        self.show_under(anchor)
        self.table.scrollToTop()
        self._search.setFocus(Qt.FocusReason.PopupFocusReason)

    def set_query(self, query: str) -> None:
        """Show the sources that hold all words of `query`."""
        self.table.set_rows(_rows(self._sources.sources(query)))
        first = next((row.key for row in self.table.rows if _is_source(row)), None)
        if first is not None:
            self.table.choose(first)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys move in the list while the caret stays in the search; Enter takes."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in _MOVES:
                self._move(_MOVES[Qt.Key(event.key())])
                return True
            if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                self._take(self.table.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _move(self, step: int) -> None:
        keys = [row.key for row in self.table.rows if _is_source(row)]
        if keys:
            at = keys.index(self.table.current) if self.table.current in keys else 0
            self.table.choose(keys[min(max(at + step, 0), len(keys) - 1)])
            self.table.scrollTo(self.table.currentIndex())

    def _take(self, index: QModelIndex) -> None:
        rows = self.table.rows
        if index.isValid() and _is_source(rows[index.row()]):
            self.close()
            self.chosen.emit(str(rows[index.row()].key))


def _is_source(row: FigureRow) -> bool:
    return not str(row.key).startswith("section ")


def _rows(sources: tuple[Source, ...]) -> list[FigureRow]:
    rows: list[FigureRow] = []
    for section in SECTIONS:
        found = [source for source in sources if source.section == section]
        if found:
            rows.append(FigureRow(f"section {section}", (FigureCell(section, "muted", 600), FigureCell())))
        rows += [
            FigureRow(source.key, (FigureCell(source.title, weight=500), FigureCell(source.detail, "muted")))
            for source in found
        ]
    return rows
