"""A whole number with − and + beside it, and ÷2 and ×2 where halving makes sense."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.painting import FIELD_HEIGHT, RADIUS_FIELD, field_border, follow, ground, rounded
from explorer.gui.widgets.words import draw_in_middle, words

MIXED = "mixed"


class Stepper(QWidget):
    """− value +: typed, stepped with the buttons, the arrow keys or the wheel (while focused).

    `edited` tells the number that is wanted; nothing has changed yet. A typed text that is no number in the range turns
    the border red, and `error_changed` says why; leaving the field brings the last good number back. `set_value(None)`
    shows "mixed": the selected things differ, and typing sets them all.
    """

    edited = Signal(int)
    error_changed = Signal(str)
    mixed_stepped = Signal(int)  # steps up or down from different numbers, after `let_mixed_step`
    mixed_scaled = Signal(int, int)  # numerator, denominator, likewise

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        name: str,
        minimum: int = 0,
        maximum: int = 1_000_000,
        step: int = 1,
        halving: bool = False,
        compact: bool = False,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._minimum, self._maximum, self._step = minimum, maximum, step
        self._value: int | None = minimum
        self._error = ""
        self._mixed_steps = False
        self._is_muted = False
        self.setAccessibleName(name)
        self.setProperty("ownFocus", "yes")
        self.setFixedHeight(FIELD_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._field = self._make_field(name)
        self.setFocusProxy(self._field)
        self._lay_out(halving=halving, compact=compact)
        follow(self, theme)
        self.retheme(theme.current)
        self._show()

    def value(self) -> int | None:
        """The number shown; None while "mixed"."""
        return self._value

    def error(self) -> str:
        """Why the typed text cannot be used; empty when it can."""
        return self._error

    def set_value(self, value: int | None) -> None:
        """Show `value` without reporting an edit; what is being typed is not disturbed when it says the same."""
        same_text = self._field.hasFocus() and self._parsed(self._field.text()) == value and value is not None
        self._value = value
        if not same_text:
            self._show()
        self._refresh_buttons()

    def set_range(self, minimum: int, maximum: int) -> None:
        """Allow the numbers from `minimum` to `maximum`."""
        self._minimum, self._maximum = minimum, maximum
        self._refresh_buttons()

    def let_mixed_step(self) -> None:
        """Keep the buttons at work while "mixed": `mixed_stepped` and `mixed_scaled` tell what is wanted of each."""
        self._mixed_steps = True
        self._refresh_buttons()

    def set_error(self, sentence: str) -> None:
        """Mark the field as failing with `sentence`; empty takes the mark away."""
        if sentence != self._error:
            self._error = sentence
            self.setToolTip(sentence)
            self._field.setAccessibleDescription(sentence)
            self.error_changed.emit(sentence)
            self.update()

    def refuse(self, sentence: str, value: int | None) -> None:
        """Say why the wished number cannot be. What was typed stays to be mended; leaving the field shows `value`."""
        self._value = value
        self.set_error(sentence)
        self._refresh_buttons()

    def step_by(self, steps: int) -> None:
        """Go `steps` steps up or down, as the buttons do."""
        if self._value is not None:
            self._wish(self._value + steps * self._step)
        elif self._mixed_steps:
            self.mixed_stepped.emit(steps * self._step)

    def scale(self, numerator: int, denominator: int) -> None:
        """Multiply by `numerator / denominator`, as ×2 and ÷2 do."""
        if self._value is not None:
            self._wish(self._value * numerator // denominator)
        elif self._mixed_steps:
            self.mixed_scaled.emit(numerator, denominator)

    def retheme(self, theme: Theme) -> None:
        """Take over the colours of `theme`."""
        self._is_muted = self._value is None
        palette = self._field.palette()
        palette.setColor(palette.ColorRole.Text, theme.color("muted" if self._is_muted else "text"))
        palette.setColor(palette.ColorRole.Base, Qt.GlobalColor.transparent)
        self._field.setPalette(palette)
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys, Esc and the wheel of the field; focus repaints the border."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._handle_key(event)
        if event.type() == QEvent.Type.Wheel and isinstance(event, QWheelEvent):
            return self._handle_wheel(event)
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            self.update()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field's ground and border."""
        theme = self._theme.current
        border, width = field_border(
            theme, focused=self._field.hasFocus(), failed=bool(self._error), enabled=self.isEnabled()
        )
        ground(self, event, RADIUS_FIELD, fill=theme.color("field"), border=border, width=width)

    def sizeHint(self) -> QSize:
        """Room for buttons and four digits."""
        return QSize(self._layout_width, FIELD_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Room for buttons and two digits."""
        return QSize(min(self._layout_width, 52), FIELD_HEIGHT)

    def _make_field(self, name: str) -> QLineEdit:
        field = QLineEdit(self)
        field.setProperty("role", "bare")
        field.setFrame(False)
        field.setFont(ui_font(13, 600))
        field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        field.setAccessibleName(name)
        field.setMinimumWidth(18)
        field.textEdited.connect(self._take_text)
        field.editingFinished.connect(self._settle)
        field.installEventFilter(self)
        return field

    def _lay_out(self, *, halving: bool, compact: bool) -> None:
        zone = 16 if compact else 28
        row = QHBoxLayout(self)
        row.setContentsMargins(3 if compact else 2, 2, 3 if compact else 2, 2)
        row.setSpacing(0)
        self._down = Zone("minus", f"{self._name}: one less", zone, self, theme=self._theme)
        self._up = Zone("plus", f"{self._name}: one more", zone, self, theme=self._theme)
        self._down.clicked.connect(lambda: self.step_by(-1))
        self._up.clicked.connect(lambda: self.step_by(1))
        self._half: Zone | None = None
        self._double: Zone | None = None
        if halving:
            self._half = Zone("÷2", f"{self._name}: half", 30, self, theme=self._theme)
            self._double = Zone("×2", f"{self._name}: double", 30, self, theme=self._theme)
            self._half.clicked.connect(lambda: self.scale(1, 2))
            self._double.clicked.connect(lambda: self.scale(2, 1))
        for widget in (self._half, self._down, self._field, self._up, self._double):
            if widget is not None:
                row.addWidget(widget, 1 if widget is self._field else 0)
        self._layout_width = 2 * zone + 40 + (60 if halving else 0)

    def _parsed(self, text: str) -> int | None:
        plain = text.replace(",", "").replace("\u2009", "").strip()
        return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 12 else None

    def _take_text(self, text: str) -> None:
        number = self._parsed(text)
        if number is None or not self._minimum <= number <= self._maximum:
            self.set_error(f"{self._name}: a whole number from {self._minimum:,} to {self._maximum:,}.")
            return
        self.set_error("")
        self._report(number)

    def _settle(self) -> None:
        self.set_error("")
        self._show()

    def _wish(self, number: int) -> None:
        self.set_error("")
        self._report(min(max(number, self._minimum), self._maximum))
        self._show()

    def _report(self, number: int) -> None:
        if number != self._value:
            self._value = number
            self._refresh_buttons()
            self.edited.emit(number)

    def _show(self) -> None:
        text = MIXED if self._value is None else str(self._value)
        if text != self._field.text():
            self._field.setText(text)
        if self._is_muted != (self._value is None):
            self.retheme(self._theme.current)
        self._refresh_buttons()

    def _refresh_buttons(self) -> None:
        low = self._mixed_steps if self._value is None else self._value > self._minimum
        high = self._mixed_steps if self._value is None else self._value < self._maximum
        for zone, enabled in ((self._half, low), (self._down, low), (self._up, high), (self._double, high)):
            if zone is not None:
                zone.setEnabled(enabled)

    def _handle_key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
        if event.key() == Qt.Key.Key_Escape and (self._error or self._field.isModified()):
            self._settle()
            self._field.selectAll()
            return True
        if event.key() in steps:
            self.step_by(steps[Qt.Key(event.key())])
            return True
        return False

    def _handle_wheel(self, event: QWheelEvent) -> bool:
        if not self._field.hasFocus():
            event.ignore()
            return False
        self.step_by(1 if event.angleDelta().y() > 0 else -1)
        return True


class Zone(QAbstractButton):
    """A borderless part of the stepper that repeats while it is held."""

    def __init__(self, sign: str, tooltip: str, width: int, parent: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._sign = sign
        self._theme = theme
        self.setFixedWidth(width)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAutoRepeat(True)
        self.setAutoRepeatDelay(400)
        self.setAutoRepeatInterval(60)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFont(ui_font(12, 400))
        self.setToolTip(tooltip)
        self.setAccessibleName(tooltip)
        follow(self, theme)

    def sizeHint(self) -> QSize:
        """The fixed width."""
        return QSize(self.width(), FIELD_HEIGHT - 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the sign; a ground while hovered or held."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        if self.isEnabled() and (self.underMouse() or self.isDown()):
            token = "soft" if self.isDown() else "hover"
            rounded(painter, QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, fill=theme.color(token))
        color = theme.color("muted" if self.isEnabled() else "faint")
        if self._sign in {"plus", "minus"}:
            place = QRectF(0, 0, 12, 12)
            place.moveCenter(QRectF(self.rect()).center())
            draw(painter, self._sign, color, place)
            return
        draw_in_middle(painter, words(self._sign, 12), color, QRectF(self.rect()))


def digits_width(num_digits: int) -> int:
    """The width of `num_digits` digits as a stepper shows them."""
    return QFontMetrics(ui_font(13, 600)).horizontalAdvance("0" * num_digits)
