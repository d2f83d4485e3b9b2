"""The field of the conv_arch bar: plain mono text with faint brackets, a soft tuple and a marked error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from PySide6.QtCore import QEvent, QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QTextEdit, QWidget

from explorer.gui.fonts import mono_font
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.painting import follow

LINE_HEIGHT = 18
MAX_LINES = 5
_NO_BREAK = "\u00a0"
_PARAGRAPH = "\u2029"
PLACEHOLDER = "((1, 64), (1, 128), …)"
_SIGNS = r"()\[\]{}（）［］【】｛｝,，、"
_FAINT = re.compile(f"[{_SIGNS}][{_SIGNS}\\s]*")  # with the blanks between them: fewer runs to lay out
_COMMENT = re.compile(r"#.*$")


class ArchTextEdit(QPlainTextEdit):
    """The text of a network. It marks what it is told to mark and undoes nothing by itself."""

    undo_wished = Signal()
    redo_wished = Signal()
    revert_wished = Signal()
    left = Signal()
    caret_moved = Signal(int)  # the caret's offset, when the user moved it
    lines_changed = Signal(int)  # visual lines, at least 1

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._spans: tuple[tuple[int, int], ...] = ()
        self._error: tuple[int, int] | None = None
        self._whole: tuple[tuple[int, int], ...] = ()
        self._shown = ""
        self._num_lines = 1
        self._is_filling = False
        self._faint = _FaintSigns(self.document())
        self.setFont(mono_font(13))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setPlaceholderText(PLACEHOLDER)
        self.setAccessibleName("conv_arch, the network as text")
        self.setProperty("role", "bare")
        self.document().setDocumentMargin(3)
        self.document().documentLayout().documentSizeChanged.connect(self._measure)
        self.cursorPositionChanged.connect(self._report_caret)
        self.retheme(theme.current)
        follow(self, theme)

    def fill(self, text: str, blocks: Sequence[tuple[int, int]] = ()) -> None:
        """Show `text` in place of all; the caret stays where it was as far as the text reaches.

        Lines break between `blocks`, given by their offsets, and inside one only where it is longer than a line.
        """
        self._whole = tuple(blocks)
        self._fill(_unbroken(text, self._whole, self._line_length()), text)

    def _fill(self, shown: str, text: str) -> None:
        held, before = self.document().toRawText().replace(_PARAGRAPH, "\n"), self._shown
        self._shown = shown
        if held == shown:
            return
        cursor = self.textCursor()
        caret = min(cursor.position(), len(text))
        self._is_filling = True
        if held == before:
            self._replace_changed(held, shown)
        else:
            self.setPlainText(shown)
            cursor = self.textCursor()
        if cursor.position() != caret or cursor.hasSelection():
            cursor.setPosition(caret)
            self.setTextCursor(cursor)
        self._is_filling = False

    def _replace_changed(self, held: str, shown: str) -> None:
        """Bring the text from `held` to `shown`; what both begin and end with is left alone."""
        start = _num_alike(held, shown)
        end = _num_alike(held[start:][::-1], shown[start:][::-1])
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(len(held) - end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(shown[start : len(shown) - end])

    def replace_all(self, text: str) -> None:
        """Put `text` in place of all as the user's own edit, the caret at its end."""
        cursor = self.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        self.setTextCursor(cursor)

    def is_filling(self) -> bool:
        """Whether the text changes because it is being shown, not typed."""
        return self._is_filling

    def set_spans(self, spans: Sequence[tuple[int, int]]) -> None:
        """Put the selection's ground behind these (start, end) offsets."""
        if tuple(spans) != self._spans:
            self._spans = tuple(spans)
            self.viewport().update()
            if self._spans and not self.hasFocus():
                self._scroll_to(self._spans[0][0])

    def set_error(self, error: tuple[int, int] | None) -> None:
        """Underline these offsets as the place of the error; None for none."""
        if error == self._error:
            return
        self._error = error
        self._mark_error()

    def go_to(self, offset: int) -> None:
        """Put the caret at `offset` and take the focus."""
        cursor = self.textCursor()
        cursor.setPosition(min(offset, len(self.toPlainText())))
        self.setTextCursor(cursor)
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def num_lines(self) -> int:
        """Visual lines, at least 1; what is more than the bar shows is not counted to the end."""
        return self._num_lines

    def retheme(self, theme: Theme) -> None:
        """Take over the colours of `theme`."""
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
        palette.setColor(QPalette.ColorRole.Text, theme.color("text"))
        palette.setColor(QPalette.ColorRole.PlaceholderText, theme.color("faint"))
        palette.setColor(QPalette.ColorRole.Highlight, theme.color("accentFill"))
        palette.setColor(QPalette.ColorRole.HighlightedText, theme.color("onAccent"))
        self.setPalette(palette)
        self.viewport().setAutoFillBackground(False)
        self._faint.set_colors(theme.color("faint"), theme.color("muted"))
        self._mark_error()
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(320, LINE_HEIGHT + 6)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break and count the lines anew."""
        super().resizeEvent(event)
        text = self.toPlainText()
        if self._whole and text == self._shown.replace(_NO_BREAK, " "):  # not while it is being edited
            self._fill(_unbroken(text, self._whole, self._line_length()), text)
        self._measure()

    def event(self, event: QEvent) -> bool:
        """Keep undo and redo for the document: they would otherwise be taken by nobody."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_undo(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Undo and redo are the document's; Esc brings the network's own text back."""
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_wished.emit()
        elif _is_undo(event):
            self.redo_wished.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.revert_wished.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Say that the user has left."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.left.emit()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste text without what surrounds it."""
        if source.hasText():
            self.textCursor().insertText(source.text().strip("\r\n"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the grounds of selection and error, then the text."""
        theme = self._theme.current
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("soft"))
        for start, end in self._spans:
            for rect in self._rects(start, end):
                painter.drawRoundedRect(rect.adjusted(-3, 0, 3, 0), 4, 4)
        if self._error is not None:
            painter.setBrush(theme.color("errSoft"))
            for rect in self._rects(*self._error):
                painter.drawRoundedRect(rect.adjusted(-2, 0, 2, 0), 3, 3)
        painter.end()
        super().paintEvent(event)

    def _scroll_to(self, offset: int) -> None:
        """Bring the line of `offset` into sight, where the text has more lines than are shown."""
        block, before = self.document().findBlock(offset), self.document().firstBlock()
        while before.isValid() and before.position() <= block.position():
            self.blockBoundingRect(before)  # what was never shown has no lines to count yet
            before = before.next()
        line = block.layout().lineForTextPosition(offset - block.position())
        if line.isValid():
            bar, number = self.verticalScrollBar(), block.firstLineNumber() + line.lineNumber()
            shown = max(1, self.viewport().height() // LINE_HEIGHT)
            if not bar.value() <= number <= bar.value() + shown - 2:
                bar.setValue(max(0, number - 1))

    def height_of(self, lines: int) -> int:
        """The height that shows so many lines of a longer text, and nothing of the next one."""
        return int(self.document().documentMargin()) + lines * LINE_HEIGHT

    def _line_length(self) -> int:
        """How many characters a line holds."""
        return int((self.viewport().width() - 2 * self.document().documentMargin()) / text_width("0"))

    def _rects(self, start: int, end: int) -> Iterator[QRectF]:
        """The places of the characters from `start` to `end`, one for each visual line."""
        block = self.document().findBlock(start)
        while block.isValid() and block.position() < end:
            origin = self.blockBoundingGeometry(block).translated(self.contentOffset()).topLeft()
            layout = block.layout()
            for number in range(layout.lineCount()):
                line = layout.lineAt(number)
                first = max(start - block.position(), line.textStart())
                last = min(end - block.position(), line.textStart() + line.textLength())
                if first < last:
                    left, right = _x(line.cursorToX(first)), _x(line.cursorToX(last))
                    yield QRectF(origin.x() + left, origin.y() + line.y(), right - left, line.height())
            block = block.next()

    def _mark_error(self) -> None:
        marks = []
        if self._error is not None:
            mark = QTextEdit.ExtraSelection()
            cursor = self.textCursor()
            end = len(self.toPlainText())
            cursor.setPosition(min(self._error[0], end))
            cursor.setPosition(min(self._error[1], end), QTextCursor.MoveMode.KeepAnchor)
            look = QTextCharFormat()
            color = self._theme.current.color("err")
            look.setForeground(color)
            look.setUnderlineColor(color)
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            mark.cursor = cursor
            mark.format = look
            marks.append(mark)
        self.setExtraSelections(marks)

    def _measure(self) -> None:
        lines, block = 0, self.document().firstBlock()
        while block.isValid() and lines <= MAX_LINES:
            self.blockBoundingRect(block)  # lays the block out for the present width
            lines += max(1, block.layout().lineCount())
            block = block.next()
        if lines != self._num_lines:
            self._num_lines = lines
            self.lines_changed.emit(lines)

    def _report_caret(self) -> None:
        if not self._is_filling and self.hasFocus():
            self.caret_moved.emit(self.textCursor().position())


class _FaintSigns(QSyntaxHighlighter):
    """Brackets and commas in faint, comments in muted."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._faint = QTextCharFormat()
        self._muted = QTextCharFormat()

    def set_colors(self, faint: QColor, muted: QColor) -> None:
        """Paint the signs in these colours."""
        self._faint.setForeground(faint)
        self._muted.setForeground(muted)
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Colour one line."""
        for match in _FAINT.finditer(text):
            self.setFormat(match.start(), match.end() - match.start(), self._faint)
        comment = _COMMENT.search(text)
        if comment:
            self.setFormat(comment.start(), comment.end() - comment.start(), self._muted)


def _unbroken(text: str, blocks: Sequence[tuple[int, int]], line_length: int) -> str:
    """`text` with spaces that do not break inside each of `blocks` that fits a line; Qt gives them back as spaces."""
    pieces, at = [], 0
    for start, end in blocks:
        inside = text[start:end]
        fits = end - start < line_length
        pieces += [text[at:start], inside.replace(" ", _NO_BREAK) if fits else inside]
        at = end
    return "".join([*pieces, text[at:]])


def _num_alike(first: str, second: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(first), len(second)))


@lru_cache(maxsize=16)
def text_width(text: str) -> float:
    """The width of `text` in the field's typeface."""
    return QFontMetricsF(mono_font(13)).horizontalAdvance(text)


def _is_undo(event: QKeyEvent) -> bool:
    """Whether the key means undo or redo; Ctrl+Y redoes everywhere, not only where the system says so."""
    redo_key = QKeySequence("Ctrl+Y")
    keys = QKeySequence(event.keyCombination())
    matches = event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
    return matches or keys == redo_key


def _x(place: object) -> float:
    """PySide gives (x, position) or x alone, by version."""
    return float(place[0] if isinstance(place, tuple) else place)  # type: ignore[arg-type]
