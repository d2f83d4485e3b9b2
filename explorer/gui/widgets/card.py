"""Grounds and lines: a card with a radius, a hairline, a row of label and control."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.button import TextButton
from explorer.gui.widgets.label import Label
from explorer.gui.widgets.painting import FIELD_HEIGHT, RADIUS_CARD, follow, ground

CardKind = Literal["plain", "err", "soft"]
_GROUNDS = {"plain": ("panel", "line"), "err": ("errSoft", "errLine"), "soft": ("soft", "soft")}


class Card(QFrame):
    """A bordered ground of radius 8; `err` is the only kind with a red ground."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource, kind: CardKind = "plain") -> None:
        super().__init__(parent)
        self._theme = theme
        self._kind = kind
        follow(self, theme)

    def set_kind(self, kind: CardKind) -> None:
        """Take another ground."""
        if kind != self._kind:
            self._kind = kind
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground and border."""
        fill, line = _GROUNDS[self._kind]
        theme = self._theme.current
        ground(self, event, RADIUS_CARD, fill=theme.color(fill), border=theme.color(line))


class Ground(QWidget):
    """A plain area in the colour of a token: panel, canvas, rail, ..."""

    def __init__(self, ink: str, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ink = ink
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # nothing behind it need be painted
        follow(self, theme)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the area."""
        QPainter(self).fillRect(event.rect(), self._theme.current.color(self._ink))


class Hairline(QWidget):
    """A line of one pixel between two areas."""

    def __init__(
        self,
        orientation: Qt.Orientation = Qt.Orientation.Horizontal,
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        ink: str = "line",
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ink = ink
        if orientation == Qt.Orientation.Horizontal:
            self.setFixedHeight(1)
        else:
            self.setFixedWidth(1)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        follow(self, theme)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the line."""
        del event
        QPainter(self).fillRect(self.rect(), self._theme.current.color(self._ink))


class ErrorLine(QWidget):
    """A sentence below a control on why its text cannot be used, and a link where there is an obvious repair."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._sentence = Label(theme=theme, size_px=12, ink="err", wrap=True)
        self._link: TextButton | None = None
        self._repair: Callable[[], object] | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._sentence)
        self.hide()

    def text(self) -> str:
        """The sentence; empty where all is well."""
        return self._sentence.text()

    @property
    def link(self) -> TextButton | None:
        """The link to the repair, where one is offered."""
        return self._link if self._repair is not None else None

    def set_error(self, sentence: str) -> None:
        """Say `sentence`; empty hides it with its repair."""
        if not sentence and self.isHidden():
            return
        self._sentence.setText(sentence)
        self._repair = None
        if self._link is not None:
            self._link.hide()
        self.setVisible(bool(sentence))

    def set_repair(self, label: str, repair: Callable[[], object]) -> None:
        """Offer a repair beside the sentence."""
        if self._link is None:
            self._link = TextButton("", "link", None, self, theme=self._theme)
            # A click must not take the focus: leaving the field would take the sentence away first.
            self._link.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._link.clicked.connect(self._apply)
            self._column.addWidget(self._link, 0, Qt.AlignmentFlag.AlignLeft)
        self._link.set_text(label)
        self._link.show()
        self._repair = repair

    def _apply(self) -> None:
        repair, self._repair = self._repair, None
        self.set_error("")
        if repair is not None:
            repair()


class FormRow(QWidget):
    """A label of fixed width and its control; the control's error sentence appears below it."""

    def __init__(
        self,
        label: str,
        control: QWidget,
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        label_width: int = 92,
    ) -> None:
        super().__init__(parent)
        self.control = control
        self.label = Label(label, theme=theme, size_px=13, ink="muted")
        self.label.setFixedWidth(label_width)
        self.label.setFixedHeight(FIELD_HEIGHT)
        self.label.setBuddy(control)
        self.error = ErrorLine(theme=theme)
        side = QVBoxLayout()
        side.setSpacing(3)
        side.addWidget(control)
        side.addWidget(self.error)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.label, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(side, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        if not control.accessibleName():
            control.setAccessibleName(label)
        changed = getattr(control, "error_changed", None)
        if changed is not None:
            changed.connect(self.set_error)

    def set_error(self, sentence: str) -> None:
        """Say below the control why its text cannot be used; empty hides the sentence."""
        self.error.set_error(sentence)

    def set_label(self, text: str) -> None:
        """Show another label."""
        self.label.setText(text)


class Spacer(QWidget):
    """An empty area of fixed size, for places that a layout's spacing does not reach."""

    def __init__(self, width: int, height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(width, height))


__all__ = ["Card", "CardKind", "ErrorLine", "FormRow", "Ground", "Hairline", "Spacer"]
