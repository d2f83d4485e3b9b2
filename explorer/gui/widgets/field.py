"""One line of text, and a number with a decimal point; both with an error sentence."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.label import Label
from explorer.gui.widgets.painting import FIELD_HEIGHT, RADIUS_FIELD, field_border, follow, rounded
from explorer.gui.widgets.stepper import Zone
from explorer.units import tidy


class Field(QWidget):
    """A line edit with a border of the design and room for a sentence under it.

    `edited` tells every text that the user types, `accepted` the text on Enter.
    """

    edited = Signal(str)
    accepted = Signal(str)

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        name: str,
        placeholder: str = "",
        icon: str | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon_name = icon
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.line = QLineEdit(text, self)
        self.line.setProperty("role", "bare")
        self.line.setProperty("ownFocus", "yes")
        self.line.setFrame(False)
        self.line.setFont(ui_font(13, 400))
        self.line.setPlaceholderText(placeholder)
        self.line.setAccessibleName(name)
        self.line.installEventFilter(self)
        self.line.textEdited.connect(self.edited)
        self.line.returnPressed.connect(lambda: self.accepted.emit(self.line.text()))
        self.setFocusProxy(self.line)
        self._error = Label("", self, theme=theme, size_px=12, ink="err", wrap=True)
        self._error.hide()
        self.setFixedHeight(FIELD_HEIGHT)
        follow(self, theme)
        self.retheme(theme.current)

    def text(self) -> str:
        """The text in the field."""
        return self.line.text()

    def set_text(self, text: str) -> None:
        """Show `text` without reporting an edit."""
        if text != self.line.text():
            self.line.setText(text)

    def set_error(self, sentence: str) -> None:
        """Turn the border red and say why under the field; empty takes both away."""
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))
        self.line.setAccessibleDescription(sentence)
        self._place()
        self.update()

    def retheme(self, theme: Theme) -> None:
        """Take over the colours of `theme`."""
        palette = self.line.palette()
        palette.setColor(palette.ColorRole.Text, theme.color("text"))
        palette.setColor(palette.ColorRole.PlaceholderText, theme.color("muted"))
        palette.setColor(palette.ColorRole.Base, Qt.GlobalColor.transparent)
        self.line.setPalette(palette)
        self.update()

    def sizeHint(self) -> QSize:
        """A field of middle width."""
        return QSize(160, self.height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Focus repaints the border."""
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            self.update()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QEvent) -> None:
        """Place the line and the sentence."""
        del event
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, border and icon."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        failed = not self._error.isHidden()
        border, width = field_border(theme, focused=self.line.hasFocus(), failed=failed, enabled=self.isEnabled())
        place = QRectF(0, 0, self.width(), FIELD_HEIGHT)
        rounded(painter, place, RADIUS_FIELD, fill=theme.color("field"), border=border, width=width)
        if self._icon_name:
            draw(painter, self._icon_name, theme.color("muted"), QRectF(9, 8, 16, 16))

    def _place(self) -> None:
        left = 30 if self._icon_name else 9
        self.line.setGeometry(left, 2, self.width() - left - 9, FIELD_HEIGHT - 4)
        if self._error.isHidden():
            self.setFixedHeight(FIELD_HEIGHT)
            return
        height = self._error.heightForWidth(max(40, self.width()))
        self._error.setGeometry(0, FIELD_HEIGHT + 3, self.width(), height)
        self.setFixedHeight(FIELD_HEIGHT + 3 + height)


class NumberField(QWidget):
    """A number such as `0.1` or `5e-4`; − and + where `step` says what they do.

    `edited` tells the number that is wanted; `error_changed` says why a text is none. Leaving the field brings the
    last good number back.
    """

    edited = Signal(float)
    error_changed = Signal(str)

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        name: str,
        minimum: float = 0.0,
        maximum: float = math.inf,
        minimum_allowed: bool = True,
        step: Callable[[float, int], float] | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._minimum, self._maximum, self._minimum_allowed = minimum, maximum, minimum_allowed
        self._step = step
        self._value: float | None = None
        self._error = ""
        self.setAccessibleName(name)
        self.setFixedHeight(FIELD_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._field = QLineEdit(self)
        self._field.setProperty("role", "bare")
        self._field.setProperty("ownFocus", "yes")
        self._field.setFrame(False)
        self._field.setFont(ui_font(13, 600))
        self._field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._field.setAccessibleName(name)
        self._field.textEdited.connect(self._take_text)
        self._field.editingFinished.connect(self._settle)
        self._field.installEventFilter(self)
        self.setFocusProxy(self._field)
        self._lay_out()
        follow(self, theme)
        self.retheme(theme.current)

    def value(self) -> float | None:
        """The number shown; None while "mixed"."""
        return self._value

    def error(self) -> str:
        """Why the typed text cannot be used; empty when it can."""
        return self._error

    def set_value(self, value: float | None) -> None:
        """Show `value` without reporting an edit; what is being typed is not disturbed when it says the same."""
        typing = self._field.hasFocus() and value is not None and _number(self._field.text()) == value
        self._value = value
        if not typing:
            self._show()

    def set_error(self, sentence: str) -> None:
        """Mark the field as failing with `sentence`; empty takes the mark away."""
        if sentence != self._error:
            self._error = sentence
            self.setToolTip(sentence)
            self._field.setAccessibleDescription(sentence)
            self.error_changed.emit(sentence)
            self.update()

    def retheme(self, theme: Theme) -> None:
        """Take over the colours of `theme`."""
        palette = self._field.palette()
        palette.setColor(palette.ColorRole.Text, theme.color("text"))
        palette.setColor(palette.ColorRole.Base, Qt.GlobalColor.transparent)
        self._field.setPalette(palette)
        self.update()

    def step_by(self, steps: int) -> None:
        """Go a step up or down, as the buttons and the arrow keys do."""
        if self._step is not None and self._value is not None:
            self.set_error("")
            wanted = self._step(self._value, steps)
            if self._allowed(wanted):
                self._report(wanted)
                self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys step, Esc reverts, focus repaints the border."""
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            self.update()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape and (self._error or self._field.isModified()):
                self._settle()
                return True
            if event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down} and self._step is not None:
                self.step_by(1 if event.key() == Qt.Key.Key_Up else -1)
                return True
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground and border."""
        del event
        theme = self._theme.current
        border, width = field_border(
            theme, focused=self._field.hasFocus(), failed=bool(self._error), enabled=self.isEnabled()
        )
        rounded(
            QPainter(self), QRectF(self.rect()), RADIUS_FIELD, fill=theme.color("field"), border=border, width=width
        )

    def sizeHint(self) -> QSize:
        """Buttons and six digits."""
        return QSize(120, FIELD_HEIGHT)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(0)
        if self._step is None:
            row.addWidget(self._field)
            return
        down = Zone("minus", f"{self._name}: lower", 28, self, theme=self._theme)
        up = Zone("plus", f"{self._name}: higher", 28, self, theme=self._theme)
        down.clicked.connect(lambda: self.step_by(-1))
        up.clicked.connect(lambda: self.step_by(1))
        row.addWidget(down)
        row.addWidget(self._field, 1)
        row.addWidget(up)

    def _allowed(self, number: float) -> bool:
        above = number >= self._minimum if self._minimum_allowed else number > self._minimum
        return above and number <= self._maximum

    def _take_text(self, text: str) -> None:
        number = _number(text)
        if number is None or not self._allowed(number):
            self.set_error(self._sentence(text))
            return
        self.set_error("")
        self._report(number)

    def _sentence(self, text: str) -> str:
        low = f"{'from' if self._minimum_allowed else 'above'} {self._minimum:g}"
        high = f" to {self._maximum:g}" if math.isfinite(self._maximum) else ""
        shown = text.strip() or "nothing"
        return f"{self._name}: a number {low}{high}, such as 0.1 or 5e-4, and this is {shown}."

    def _report(self, number: float) -> None:
        if number != self._value:
            self._value = number
            self.edited.emit(number)

    def _settle(self) -> None:
        self.set_error("")
        self._show()

    def _show(self) -> None:
        text = "mixed" if self._value is None else tidy(self._value)
        if text != self._field.text():
            self._field.setText(text)


def _number(text: str) -> float | None:
    plain = text.strip().replace("\u2212", "-")
    if not plain.isascii() or "_" in plain:
        return None
    try:
        number = float(plain)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
