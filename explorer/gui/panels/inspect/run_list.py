"""RunList: the runs that can be tested, two lines each: name and accuracy over data set and seed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QModelIndex,
    QPointF,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from explorer import units
from explorer.gui.fonts import ui_font
from explorer.gui.models.item_list import ITEM_ROLE, Index, ItemList
from explorer.gui.models.runs_model import RunRow
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.painting import ground_panel
from explorer.runs.record import RunRecord

ROW_HEIGHT = 46


class RunList(QListView):
    """One run is chosen; ↑ ↓ and clicks choose."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model: ItemList[RunRecord] = ItemList(
            self,
            texts={
                Qt.ItemDataRole.DisplayRole: lambda run: run.name,
                Qt.ItemDataRole.AccessibleTextRole: _spoken,
                Qt.ItemDataRole.ToolTipRole: lambda run: run.note or None,
            },
        )
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self, theme=theme))
        self.setAccessibleName("Runs to inspect")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.selectionModel().currentChanged.connect(self._tell)
        theme.changed.connect(self.retheme)
        self.retheme(theme.current)

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """What is listed."""
        return self._model.items

    @property
    def current(self) -> RunRecord | None:
        """The chosen run."""
        row = self.currentIndex().row()
        return self.runs[row] if 0 <= row < len(self.runs) else None

    def set_runs(self, runs: Sequence[RunRecord]) -> None:
        """List `runs`; the chosen one stays chosen where it is still there, else the first is."""
        current = self.current
        with QSignalBlocker(self.selectionModel()):
            self._model.set_items(runs)
        ids = [run.id for run in runs]
        if ids:
            self.choose(current.id if current is not None and current.id in ids else ids[0])
        self.viewport().update()

    def choose(self, run_id: int) -> None:
        """Choose a run without reporting it."""
        for row, run in enumerate(self.runs):
            if run.id == run_id:
                with QSignalBlocker(self.selectionModel()):
                    self.setCurrentIndex(self._model.index(row, 0))
                self.viewport().update()

    def retheme(self, theme: Theme) -> None:
        """Take over the ground of `theme`."""
        ground_panel(self, theme)
        self.viewport().update()

    def _tell(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.runs[index.row()].id)


def _spoken(run: RunRecord) -> str:
    return f"{run.name}, best accuracy {units.percent(run.best_accuracy)}, {second_line(run)}"


class _Painter(QStyledItemDelegate):
    def __init__(self, parent: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del index
        return QSize(option.rect.width(), ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        run: RunRecord = index.data(ITEM_ROLE)
        theme, rect = self._theme.current, QRectF(option.rect)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        if chosen:
            painter.fillRect(rect, theme.color("soft"))
            painter.fillRect(QRectF(rect.left(), rect.top(), 3, rect.height()), theme.color("accent"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.color("hover"))
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), theme.color("line"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = theme.run_color(run.color_index)
        box = QRectF(0, 0, 12, 12)
        box.moveCenter(QPointF(rect.left() + 26, rect.top() + 15.5))
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(color)
        painter.drawRoundedRect(box.adjusted(0.75, 0.75, -0.75, -0.75), 3, 3)
        upper = QRectF(rect.left() + 40, rect.top() + 6, rect.width() - 54, 19)
        lower = QRectF(upper.left(), rect.top() + 24, upper.width(), 16)
        accuracy = units.percent(run.best_accuracy)
        painter.setFont(ui_font(13, 600))
        painter.setPen(theme.color("text"))
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, accuracy)
        room = upper.width() - QFontMetricsF(painter.font()).horizontalAdvance(accuracy) - 10
        painter.setFont(ui_font(13, 600 if chosen else 500))
        name = QFontMetricsF(painter.font()).elidedText(run.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(ui_font(11, 500))
        painter.setPen(theme.color("muted"))
        line = QFontMetricsF(painter.font()).elidedText(second_line(run), Qt.TextElideMode.ElideRight, lower.width())
        painter.drawText(lower, Qt.AlignmentFlag.AlignVCenter, line)
        painter.restore()


def second_line(run: RunRecord) -> str:
    """`Fashion-MNIST, small, 32 px · seed 0`."""
    return f"{RunRow(run, is_shown=False).data_text} · seed {run.seed}"
