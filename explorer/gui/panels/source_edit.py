"""A text of many lines with their numbers beside them, some of them marked: what an import was read from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QTextCursor,
    QTextFormat,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QWidget

from explorer.gui.fonts import mono_font
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.painting import follow

_GAP = 8


class SourceEdit(QPlainTextEdit):
    """Plain mono text. `set_marks` gives lines (from 1) a ground; a click on a line's number emits `line_clicked`."""

    line_clicked = Signal(int)

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._marks: dict[int, str] = {}
        self._current = 0
        self._numbers = _Numbers(self)
        self.setFont(mono_font(12))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setAccessibleName("Code, printed network or error message")
        self.setPlaceholderText("Paste code, print(model) or an error message")
        self.setProperty("role", "bare")
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._follow_text)
        self._make_room()
        self.retheme(theme.current)
        follow(self, theme)

    def set_marks(self, marks: Mapping[int, str], current: int = 0) -> None:
        """Give lines a ground: line -> colour token, as in {7: "warnSoft"}; `current` is drawn stronger."""
        self._marks = dict(marks)
        self._current = current
        self.setExtraSelections(list(self._selections()))
        self._numbers.update()

    def show_line(self, line: int) -> None:
        """Bring `line` to the middle of the view."""
        block = self.document().findBlockByNumber(line - 1)
        if block.isValid():
            self.setTextCursor(QTextCursor(block))
            self.centerCursor()

    def retheme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Base, theme.color("field"))
        palette.setColor(QPalette.ColorRole.Text, theme.color("text"))
        palette.setColor(QPalette.ColorRole.PlaceholderText, theme.color("faint"))
        self.setPalette(palette)
        self.set_marks(self._marks, self._current)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the numbers at the left edge."""
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._numbers.setGeometry(QRect(inside.left(), inside.top(), self.numbers_width(), inside.height()))

    def numbers_width(self) -> int:
        """The width of the line numbers."""
        digits = len(str(max(self.blockCount(), 99)))
        return 2 * _GAP + QFontMetrics(self.font()).horizontalAdvance("0") * digits

    def paint_numbers(self, event: QPaintEvent) -> None:
        """Paint the numbers of the lines in view."""
        painter = QPainter(self._numbers)
        theme = self._theme.current
        painter.fillRect(event.rect(), theme.color("canvas"))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= event.rect().bottom():
            height = self.blockBoundingRect(block).height()
            number = block.blockNumber() + 1
            place = QRectF(0, top, self._numbers.width(), height)
            if number in self._marks:
                painter.fillRect(place, theme.color(self._marks[number]))
            painter.setPen(theme.color("text" if number in self._marks else "faint"))
            painter.drawText(place.adjusted(0, 0, -_GAP, 0), Qt.AlignmentFlag.AlignRight, str(number))
            top += height
            block = block.next()

    def line_at(self, y: float) -> int:
        """The line at `y` of the view, 0 below the last."""
        block = self.cursorForPosition(QRect(0, int(y), 1, 1).topLeft()).block()
        return block.blockNumber() + 1 if block.isValid() else 0

    def _selections(self) -> Iterable[QTextEdit.ExtraSelection]:
        for line, token in self._marks.items():
            block = self.document().findBlockByNumber(line - 1)
            if not block.isValid():
                continue
            selection = QTextEdit.ExtraSelection()
            ground = QColor(self._theme.current.color(token))
            if line == self._current:
                ground = ground.lighter(160) if self._theme.current.is_dark else ground.darker(108)
            selection.format.setBackground(ground)
            selection.format.setProperty(QTextFormat.Property.FullWidthSelection.value, True)  # noqa: FBT003
            selection.cursor = QTextCursor(block)
            yield selection

    def _make_room(self) -> None:
        self.setViewportMargins(self.numbers_width() + 4, 0, 0, 0)

    def _follow_text(self, rect: QRect, dy: int) -> None:
        if dy:
            self._numbers.scroll(0, dy)
        else:
            self._numbers.update(0, rect.y(), self._numbers.width(), rect.height())


class _Numbers(QWidget):
    """The strip of line numbers."""

    def __init__(self, edit: SourceEdit) -> None:
        super().__init__(edit)
        self._edit = edit
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """As wide as the longest number."""
        return QSize(self._edit.numbers_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the numbers."""
        self._edit.paint_numbers(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which line is meant."""
        self._edit.line_clicked.emit(self._edit.line_at(event.position().y()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the text."""
        self._edit.verticalScrollBar().event(event)
