"""The parts of the block bar: flat buttons, the grip, and figures that are typed in place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.panels.diagram.paints import measure, static_text
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.painting import rounded
from explorer.gui.widgets.words import draw_in_middle, words
from explorer.units import NONE

BAR_HEIGHT = 36
_ICON = 16


class BarButton(QAbstractButton):
    """A flat button with an icon or a short word; its ground turns soft under the pointer or with the focus."""

    entered = Signal()
    unfocused = Signal()
    escaped = Signal()

    def __init__(self, icon: str, text: str, theme: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon, self._theme = icon, theme
        self._focused_by_key = False
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setProperty("ownFocus", "yes")

    def set_icon(self, icon: str) -> None:
        """Show another icon."""
        self._icon = icon
        self.update()

    def sizeHint(self) -> QSize:
        """At least 28 px wide."""
        return QSize(28 if self._icon else 32, BAR_HEIGHT - 8)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Tell that the pointer is here."""
        super().enterEvent(event)
        self.entered.emit()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Lose the soft ground."""
        super().leaveEvent(event)
        self.unfocused.emit()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell it like a hover: the cost is shown for keys as well."""
        super().focusInEvent(event)
        self.entered.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell that another has the focus."""
        super().focusOutEvent(event)
        self.unfocused.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses as Space does; Esc goes back to the canvas."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, icon or word, and the ring of the focus."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        lit = self.isEnabled() and (self.underMouse() or self.hasFocus())
        if lit:
            border = theme.color("accent") if self.hasFocus() else None
            rounded(painter, QRectF(self.rect()), 6, fill=theme.color("soft"), border=border, width=2.0)
        ink = theme.color("accent" if lit else "muted" if self.isEnabled() else "faint")
        if self._icon:
            place = QRectF(0, 0, _ICON, _ICON)
            place.moveCenter(QRectF(self.rect()).center())
            draw(painter, self._icon, ink, place)
            return
        draw_in_middle(painter, words(self.text(), 13, 500), ink, QRectF(self.rect()))


class Grip(QWidget):
    """Six dots: press and drag to move the block."""

    pressed_at = Signal(QPoint)

    def __init__(self, theme: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip("Drag to move the block")

    def sizeHint(self) -> QSize:
        """Narrow, but as high as the bar."""
        return QSize(20, BAR_HEIGHT - 8)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Hand the press on: the canvas drags."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed_at.emit(event.globalPosition().toPoint())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the dots."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.current.color("faint"), 2.0, c=Qt.PenCapStyle.RoundCap))
        middle = QRectF(self.rect()).center()
        painter.drawPoints([QPointF(middle.x() + x, middle.y() + y) for x in (-2.5, 2.5) for y in (-4.5, 0.0, 4.5)])


class Words(QWidget):
    """A few words that say what kind of block this is."""

    def __init__(self, theme: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._text = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    def set_text(self, text: str) -> None:
        """Say something else; nothing hides it."""
        if text == self._text:
            return
        self._text = text
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as the words."""
        return QSize(round(measure(self._text, 13, 400)) + 12, BAR_HEIGHT - 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the words."""
        del event
        painter = QPainter(self)
        painter.setFont(ui_font(13))
        painter.setPen(self._theme.current.color("muted"))
        painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self._text)


class Figure(QWidget):
    """A number with its unit. Click, type, Enter applies, Esc reverts; the wheel and the arrow keys step."""

    typed = Signal(int)
    unreadable = Signal(str)
    stepped = Signal(int)
    entered = Signal()
    escaped = Signal()
    resized = Signal()
    considered = Signal(int)  # the number in the field while it is typed, 0 for none

    def __init__(self, unit: str, single: str, name: str, theme: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent)
        self._unit, self._single, self._name, self._theme = unit, single, name, theme
        self._value: int | None = 1
        self._wheel = 0
        self._field = QLineEdit(self)
        self._field.setFont(ui_font(13, 600))
        self._field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._field.setProperty("role", "inplace")
        self._field.setMaxLength(9)
        self._field.setAccessibleName(name)
        self._field.hide()
        self._field.installEventFilter(self)
        self._field.textEdited.connect(self._consider)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setProperty("ownFocus", "yes")
        self.setToolTip(f"{name}: click to type, the wheel steps")

    def set_words(self, single: str, unit: str, name: str) -> None:
        """Count something else from now on."""
        self._single, self._unit, self._name = single, unit, name
        self._field.setAccessibleName(name)
        self.setToolTip(f"{name}: click to type, the wheel steps")

    @property
    def value(self) -> int | None:
        """The number shown; None where the selected blocks differ."""
        return self._value

    @property
    def is_typing(self) -> bool:
        """Whether the field is open."""
        return self._field.isVisible()

    @property
    def field(self) -> QLineEdit:
        """The field that opens for typing."""
        return self._field

    def set_value(self, value: int | None) -> None:
        """Show another number; a field being typed in keeps its text."""
        if value == self._value:
            return
        before, self._value = self.sizeHint(), value
        self.setAccessibleName(f"{self._name} {self._text()}")
        if self.sizeHint() != before:
            self.updateGeometry()
        self.update()

    def open(self, text: str | None = None) -> None:
        """Open the field for typing, with the number selected, or with `text` as the first key typed."""
        self._field.setText(str(self._value or "") if text is None else text)
        self._field.setGeometry(self.rect().adjusted(1, 1, -1, -1))
        self._field.show()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        if text is None:
            self._field.selectAll()
        self.resized.emit()

    def close_field(self) -> None:
        """Close the field and keep the number."""
        if self._field.isVisible():
            self._field.hide()
            self.resized.emit()

    def sizeHint(self) -> QSize:
        """The number, a gap, the unit; room to type in while the field is open."""
        width = measure(self._text(), 13, 600) + 5 + measure(self._unit_text(), 13, 400) + 10
        return QSize(max(round(width), 78 if self._field.isVisible() else 0), BAR_HEIGHT - 8)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Enter applies what was typed, Esc and leaving revert, the arrow keys step."""
        if watched is not self._field:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.FocusOut:
            self.close_field()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._typed_key(event.key())
        if event.type() == QEvent.Type.Wheel and isinstance(event, QWheelEvent):
            self.wheelEvent(event)
            return True
        return False

    def resizeEvent(self, event: QEvent) -> None:
        """Keep the field over the number."""
        del event
        self._field.setGeometry(self.rect().adjusted(1, 1, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the field."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.open()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step once per notch."""
        self._wheel += event.angleDelta().y()
        steps, self._wheel = int(self._wheel / 120), self._wheel - 120 * int(self._wheel / 120)
        if steps:
            self.stepped.emit(steps)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the field, a digit opens it with that digit, the arrows step, Esc leaves the bar."""
        key = event.key()
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2}:
            self.open()
        elif event.text().isdecimal():
            self.open(event.text())
        elif key in _STEPS:
            self.stepped.emit(_STEPS[key])
        elif key == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Tell that the pointer is here."""
        super().enterEvent(event)
        self.entered.emit()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Lose the soft ground."""
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the number and its unit."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        if self.underMouse() or self.hasFocus():
            border = theme.color("accent") if self.hasFocus() else None
            rounded(painter, QRectF(self.rect()), 5, fill=theme.color("hover"), border=border, width=2.0)
        number, unit = self._text(), self._unit_text()
        left, baseline = 5.0, self.height() / 2 + 4.7
        for text, weight, token in ((number, 600, "text"), (unit, 400, "muted")):
            glyphs, ascent = static_text(text, 13, weight)
            painter.setFont(ui_font(13, weight))
            painter.setPen(theme.color(token))
            painter.drawStaticText(QPointF(left, baseline - ascent), glyphs)
            left += measure(text, 13, weight) + 5

    def _typed_key(self, key: int) -> bool:
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._apply(self._field.text().strip())
            return True
        if key == Qt.Key.Key_Escape:
            self.close_field()
            self.escaped.emit()
            return True
        if key in _STEPS and self._field.text().isdecimal():
            self._field.setText(str(max(1, int(self._field.text()) + _STEPS[key])))
            self._consider(self._field.text())
            return True
        return False

    def _consider(self, text: str) -> None:
        number = int(text) if text.isdecimal() else 0
        self.considered.emit(0 if number == self._value else number)

    def _apply(self, text: str) -> None:
        self.close_field()
        self.escaped.emit()
        digits = text.replace(",", "").replace(" ", "")
        if not digits.isdecimal():
            self.unreadable.emit(f"A number of {self._name.lower()} is a whole number, and this is {text!r}.")
        elif int(digits) != self._value:
            self.typed.emit(int(digits))

    def _text(self) -> str:
        return NONE if self._value is None else f"{self._value:,}"

    def _unit_text(self) -> str:
        return self._single if self._value == 1 else self._unit


_STEPS: dict[int, int] = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
