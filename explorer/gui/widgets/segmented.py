"""Two to five choices side by side, one of them chosen."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.painting import FIELD_HEIGHT, RADIUS_FIELD, RADIUS_SEGMENT, follow, rounded


class Segmented(QWidget):
    """Choices as one track; click, or ←/→ while focused. `edited` tells the value that is wanted.

    `set_value(None)` shows none as chosen: the selected things differ. A choice can be disabled with a reason.
    """

    edited = Signal(object)

    def __init__(
        self,
        choices: Sequence[tuple[Hashable, str]],
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        name: str,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._choices = tuple(choices)
        self._value: Hashable | None = None
        self._hovered = -1
        self._reasons: dict[Hashable, str] = {}
        self.setFont(ui_font(13, 400))
        self.setFixedHeight(FIELD_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self._speak()
        follow(self, theme)

    def value(self) -> object | None:
        """The chosen value; None while the selected things differ."""
        return self._value

    def set_value(self, value: Hashable | None) -> None:
        """Show `value` as chosen without reporting an edit."""
        if value != self._value:
            self._value = value
            self._speak()
            self.update()

    def set_choices(self, choices: Sequence[tuple[Hashable, str]]) -> None:
        """Offer other choices; the chosen value stays if it is among them."""
        self._choices = tuple(choices)
        self._speak()
        self.updateGeometry()
        self.update()

    def set_reason(self, value: Hashable, reason: str) -> None:
        """Disable the choice `value` and say why on hover; an empty reason enables it again."""
        self._reasons.pop(value, None)
        if reason:
            self._reasons[value] = reason
        self.update()

    def choose(self, index: int) -> None:
        """Choose as a click on the choice at `index` does."""
        value = self._choices[index][0]
        if value not in self._reasons and value != self._value:
            self.set_value(value)
            self.edited.emit(value)

    def sizeHint(self) -> QSize:
        """Equal segments, each as wide as the longest label and its padding."""
        metrics = QFontMetrics(ui_font(13, 600))
        widest = max((metrics.horizontalAdvance(label) for _, label in self._choices), default=20)
        return QSize((widest + 24) * max(1, len(self._choices)) + 4, FIELD_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Segments with little padding."""
        return QSize(34 * max(1, len(self._choices)), FIELD_HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """←/→ go to the next choice that is enabled, Home and End to the first and last."""
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in moves:
            self._move(moves[Qt.Key(event.key())])
        elif event.key() in {Qt.Key.Key_Home, Qt.Key.Key_End}:
            self.choose(0 if event.key() == Qt.Key.Key_Home else len(self._choices) - 1)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what is under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and self.isEnabled():
            self.choose(self._index_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show the hover."""
        index = self._index_at(event.position().x())
        if index != self._hovered:
            self._hovered = index
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the hover back."""
        super().leaveEvent(event)
        self._hovered = -1
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Repaint with focus."""
        super().focusInEvent(event)
        self.update()

    def event(self, event: QEvent) -> bool:
        """Say on hover why a choice is disabled."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._choices:
            value = self._choices[self._index_at(event.pos().x())][0]
            reason = self._reasons.get(value) or self.toolTip()
            if reason:
                QToolTip.showText(event.globalPos(), reason, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the track and the segments."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        rounded(painter, QRectF(self.rect()), RADIUS_FIELD, fill=theme.color("window"), border=theme.color("line"))
        for index, (value, label) in enumerate(self._choices):
            place = self._place(index)
            chosen = value == self._value
            enabled = self.isEnabled() and value not in self._reasons
            if chosen:
                ground = theme.color("hover" if theme.is_dark else "panel")
                border = theme.color("line2" if enabled else "line")
                rounded(painter, place, RADIUS_SEGMENT, fill=ground, border=border)
            painter.setFont(ui_font(13, 600 if chosen else 400))
            hovered = index == self._hovered and enabled
            token = "faint" if not enabled else "text" if chosen or hovered else "muted"
            painter.setPen(theme.color(token))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, label)

    def _place(self, index: int) -> QRectF:
        width = (self.width() - 4) / max(1, len(self._choices))
        return QRectF(2 + index * width, 2, width, self.height() - 4)

    def _index_at(self, x: float) -> int:
        width = (self.width() - 4) / max(1, len(self._choices))
        return min(max(int((x - 2) / width), 0), len(self._choices) - 1)

    def _move(self, step: int) -> None:
        values = [value for value, _ in self._choices]
        start = values.index(self._value) if self._value in values else -1 if step > 0 else len(values)
        index = start + step
        while 0 <= index < len(values):
            if values[index] not in self._reasons:
                self.choose(index)
                return
            index += step

    def _speak(self) -> None:
        label = dict(self._choices).get(self._value, "mixed") if self._value is not None else "mixed"
        self.setAccessibleName(f"{self._name}: {label}")
