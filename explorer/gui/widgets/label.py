"""Labels in a size, a weight and a colour of the design: plain, elided, and one that is edited in place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QLineEdit, QSizePolicy, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.painting import follow
from explorer.gui.widgets.words import draw_words, elided_words, words

_LEAST_FIELD, _FIELD_PADDING, _FIELD_INSET = 180, 24, 6


class Label(QLabel):
    """A plain text whose colour is a token and follows the theme; never rich text."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        size_px: int = 13,
        weight: int = 400,
        ink: str = "text",
        wrap: bool = False,
    ) -> None:
        super().__init__(text, parent)
        self._theme = theme
        self._ink = ink
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(ui_font(size_px, weight))
        self.setWordWrap(wrap)
        self.retheme(theme.current)
        theme.changed.connect(self.retheme)

    def set_ink(self, ink: str) -> None:
        """Show the text in the colour of another token."""
        if ink != self._ink:
            self._ink = ink
            self.retheme(self._theme.current)

    def retheme(self, theme: Theme) -> None:
        """Take over the colour of `theme`."""
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, theme.color(self._ink))
        self.setPalette(palette)


class Paragraph(QWidget):
    """A wrapped text that can be selected. It asks for a new layout only when it needs another height.

    It can be selected from when the pointer is over it: a text that can be is much slower to lay out.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None, *, theme: ThemeSource, size_px: int = 13) -> None:
        super().__init__(parent)
        self._label = Label(text, self, theme=theme, size_px=size_px, wrap=True)
        self._fit = (-1, 0)  # a width and the height that the text needs at it
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def text(self) -> str:
        """The text as it stands."""
        return self._label.text()

    def set_text(self, text: str) -> None:
        """Show `text`."""
        if text != self._label.text():
            self._label.setText(text)
            self._let_select(selectable=self.underMouse())
            self._fit = (-1, 0)
            if self.heightForWidth(self.width()) != self.height():
                self.updateGeometry()

    def heightForWidth(self, width: int) -> int:
        """The height of the text when it is wrapped at `width`."""
        if self._fit[0] != width:
            self._fit = (width, self._label.heightForWidth(width))
        return self._fit[1]

    def sizeHint(self) -> QSize:
        """The height at the present width."""
        return QSize(200, self.heightForWidth(max(self.width(), 120)))

    def minimumSizeHint(self) -> QSize:
        """Some words; what the text needs in height is asked for each width."""
        return QSize(60, self._label.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap the text anew."""
        super().resizeEvent(event)
        self._label.setGeometry(self.rect())

    def enterEvent(self, event: QEnterEvent) -> None:
        """Let the text be selected."""
        super().enterEvent(event)
        self._let_select(selectable=True)

    def _let_select(self, *, selectable: bool) -> None:
        flags = Qt.TextInteractionFlag
        wanted = flags.TextSelectableByMouse if selectable else flags.NoTextInteraction
        if wanted != self._label.textInteractionFlags():
            self._label.setTextInteractionFlags(wanted)


class ElidedLabel(QWidget):
    """One line that ends in an ellipsis where there is no room; its tooltip then has the whole text."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        size_px: int = 13,
        weight: int = 400,
        ink: str = "text",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ink = ink
        self._mode = mode
        self._face = (size_px, weight)
        self._text = ""
        self._tip = ""
        self.setFont(ui_font(size_px, weight))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_text(text)
        follow(self, theme)

    def text(self) -> str:
        """The whole text, elided or not."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show `text`."""
        if text == self._text:
            return
        before, self._text = self._natural_width(), text
        self.setAccessibleName(text)
        if self._natural_width() != before:  # a new layout reaches the whole window
            self.updateGeometry()
        self._refresh_tip()
        self.update()

    def set_tip(self, tip: str) -> None:
        """Show `tip` on hover; without one, the whole text where it is elided."""
        self._tip = tip
        self._refresh_tip()

    def set_ink(self, ink: str) -> None:
        """Show the text in the colour of another token."""
        if ink != self._ink:
            self._ink = ink
            self.update()

    def sizeHint(self) -> QSize:
        """The room for the whole text."""
        return QSize(self._natural_width() + 2, self._line_height())

    def minimumSizeHint(self) -> QSize:
        """The room for the first few characters."""
        return QSize(24, self._line_height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find out anew whether the whole text is seen."""
        super().resizeEvent(event)
        self._refresh_tip()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the text, elided where it must be."""
        del event
        color = self._theme.current.color(self._ink if self.isEnabled() else "faint")
        shown = elided_words(self._text, *self._face, self.width(), self._mode)
        draw_words(QPainter(self), shown, color, 0, 0, self.height())

    def _natural_width(self) -> int:
        return words(self._text, *self._face).width

    def _line_height(self) -> int:
        return round(self._face[0] * 1.45)

    def _refresh_tip(self) -> None:
        elided = self._natural_width() > self.width()
        self.setToolTip(self._tip or (self._text if elided else ""))


class InPlaceLabel(QWidget):
    """A text that a double-click or F2 turns into a field: Enter and leaving apply, Esc keeps the old text."""

    edited = Signal(str)

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        name: str,
        size_px: int = 15,
        weight: int = 600,
        max_length: int = 120,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._is_hovered = False
        self.setFixedHeight(26)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFont(ui_font(size_px, weight))
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setToolTip("Double-click or F2 to rename")
        self._field = QLineEdit(self)
        self._field.setProperty("role", "inplace")
        self._field.setFont(self.font())
        self._field.setMaxLength(max_length)
        self._field.setAccessibleName(name)
        self._field.hide()
        self._field.editingFinished.connect(self._apply)
        self._field.textEdited.connect(lambda _text: self._fit_field())
        self._field.installEventFilter(self)
        self._text = ""
        self.set_text(text)
        follow(self, theme)

    def text(self) -> str:
        """The text as it stands, without what is being typed."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show `text` without reporting an edit."""
        if text == self._text:
            return
        self._text = text
        self.setAccessibleName(f"{self._name}: {text}")
        self.updateGeometry()
        self.update()

    def begin_edit(self) -> None:
        """Open the field with everything selected. It lies over what stands beside the name, so that nothing moves."""
        host = self.parentWidget()
        if host is not None and self._field.parentWidget() is not host:
            self._field.setParent(host)
        self._field.setText(self._text)
        self._fit_field()
        self._field.show()
        self._field.raise_()
        self._field.selectAll()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def sizeHint(self) -> QSize:
        """The room for the whole text."""
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self._text) + 3, self.height())

    def minimumSizeHint(self) -> QSize:
        """The room for the first characters."""
        return QSize(40, self.height())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Begin to edit."""
        del event
        self.begin_edit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc in the field reverts."""
        is_key = watched is self._field and event.type() == QEvent.Type.KeyPress
        if is_key and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            self._field.setText(self._text)
            self._field.hide()
            self.setFocus()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 and Enter begin to edit."""
        if event.key() in {Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_Enter} and not self._field.isVisible():
            self.begin_edit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys work here."""
        super().focusInEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the text, elided where it must be."""
        del event
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self._theme.current.color("text"))
        text = QFontMetrics(self.font()).elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _fit_field(self) -> None:
        """Let the field be as wide as what is typed in it, where there is room."""
        host = self._field.parentWidget()
        place = self.rect() if host is self else self.geometry()
        room = max(60, host.width() - place.x()) if host is not None else 400
        needed = QFontMetrics(self.font()).horizontalAdvance(self._field.text()) + _FIELD_PADDING
        place.setLeft(max(place.left() - _FIELD_INSET, 0))
        place.setWidth(min(max(needed, _LEAST_FIELD), room))
        self._field.setGeometry(place)

    def _apply(self) -> None:
        if self._field.isHidden():
            return
        text = " ".join(self._field.text().split())
        self._field.hide()
        if text and text != self._text:
            self.set_text(text)
            self.edited.emit(text)
