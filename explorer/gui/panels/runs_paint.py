"""RunsDelegate: paints the cells of the runs table and edits the name in place."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.models.runs_model import RUN_ROLE, STATUS_LOOKS, Column, RunRow, origin_tip
from explorer.gui.theme import ThemeSource

ROW_HEIGHT = 30
_Index = QModelIndex | QPersistentModelIndex
RIGHT_ALIGNED = {Column.BEST, Column.LOSS, Column.PARAMS, Column.EPOCHS, Column.TIME}
_TEXT_FLAGS = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine


class RunsDelegate(QStyledItemDelegate):
    """One row: soft ground and a bar when selected, a hairline below, icons and swatches from the theme."""

    def __init__(self, parent: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """The fixed height of a row."""
        del option, index
        return QSize(40, ROW_HEIGHT)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        """A field for the name."""
        del option, index
        field = QLineEdit(parent)
        field.setFont(ui_font(13, 600))
        field.setMaxLength(200)
        field.setAccessibleName("Name of the run")
        return field

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _Index) -> None:
        """Fill the cell."""
        del index
        editor.setGeometry(option.rect.adjusted(-4, 1, -8, -1))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint one cell."""
        row: RunRow = index.data(RUN_ROLE)
        rect = QRectF(option.rect)
        theme = self._theme.current
        state = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.color("soft"))
            if index.column() == 0:
                painter.fillRect(QRectF(rect.left(), rect.top(), 3, rect.height()), theme.color("accent"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.color("hover"))
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), theme.color("line"))
        column = Column(index.column())
        if column == Column.EYE:
            ink = theme.color("text" if row.is_shown else "faint")
            draw(
                painter,
                "eye" if row.is_shown else "eye-off",
                ink,
                QRectF(rect.left() + 20, rect.center().y() - 8, 16, 16),
            )
        elif column == Column.COLOR:
            self._paint_swatch(painter, rect, row)
        elif column == Column.RUN:
            self._paint_name(painter, rect, row, is_current=bool(state & QStyle.StateFlag.State_Selected))
        elif column == Column.STATUS:
            self._paint_status(painter, rect, row)
        else:
            self._paint_text(painter, rect, row, column, str(index.data()))
        painter.restore()

    def _paint_swatch(self, painter: QPainter, rect: QRectF, row: RunRow) -> None:
        color = self._theme.current.run_color(row.record.color_index)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(0, 0, 12, 12)
        box.moveCenter(QPointF(rect.left() + 11, rect.center().y()))
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(color if row.is_shown else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0.75, 0.75, -0.75, -0.75), 3, 3)

    def _paint_name(self, painter: QPainter, rect: QRectF, row: RunRow, *, is_current: bool) -> None:
        theme = self._theme.current
        font = ui_font(13, 600 if is_current else 500)
        seed = " · ".join(part for part in (f"seed {row.record.seed}", _origin(row), row.record.note) if part)
        room = rect.width() - 12
        metrics = QFontMetricsF(font)
        name = metrics.elidedText(row.record.name, Qt.TextElideMode.ElideRight, max(40.0, room - 62))
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        painter.drawText(rect, _TEXT_FLAGS, name)
        left = metrics.horizontalAdvance(name) + 9
        painter.setFont(ui_font(12, 400))
        painter.setPen(theme.color("muted"))
        text = QFontMetricsF(painter.font()).elidedText(
            seed.replace("\n", " "), Qt.TextElideMode.ElideRight, max(0.0, room - left)
        )
        painter.drawText(rect.adjusted(left, 0, 0, 0), _TEXT_FLAGS, text)

    def _paint_status(self, painter: QPainter, rect: QRectF, row: RunRow) -> None:
        look = STATUS_LOOKS[row.status]
        color = self._theme.current.color(look.ink)
        draw(painter, look.icon, color, QRectF(rect.left(), rect.center().y() - 7, 14, 14))
        painter.setFont(ui_font(12, 500))
        painter.setPen(color)
        painter.drawText(rect.adjusted(18, 0, 0, 0), _TEXT_FLAGS, look.word)

    def _paint_text(self, painter: QPainter, rect: QRectF, row: RunRow, column: Column, text: str) -> None:
        theme = self._theme.current
        color = QColor(theme.color("text"))
        if column == Column.BEST and row.status == "stuck":
            color = theme.color("err")
        painter.setFont(ui_font(13, 600 if column == Column.BEST else 400))
        painter.setPen(color)
        right = column in RIGHT_ALIGNED
        align = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        room = rect.adjusted(0, 0, -14 if right else -8, 0)
        text = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(_TEXT_FLAGS) | int(align), text)


def _origin(row: RunRow) -> str:
    """`grown` or `continues`; the tooltip and the plots name the other run."""
    return origin_tip(row).split(" ", maxsplit=1)[0].lower()
