"""Paste code or an error: the text at the left, what is made of it at the right, line by line, before it is taken."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from explorer.arch.spec import NetworkSpec
from explorer.gui.panels.finding_card import FixRow
from explorer.gui.panels.popup import Popup
from explorer.gui.panels.source_edit import SourceEdit
from explorer.gui.pasting import Reading, read_pasted
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Card, Hairline, Label, TextButton
from explorer.importing.result import Note

_WIDTH, _HEIGHT, _SIDE = 1020, 580, 380
_READ_AFTER_MS = 250
_MOST_CARDS = 60


class PastePopup(Popup):
    """Emits `taken` with the text that the user wants read, and `fix_wished` with a fix of one of its notes."""

    taken = Signal(str)
    fix_wished = Signal(object)  # Fix

    def __init__(self, theme: ThemeSource, parent: QWidget, *, spec: Callable[[], NetworkSpec]) -> None:
        super().__init__(parent, theme=theme)
        self.setAccessibleName("Paste code or an error")
        self._spec = spec
        self.reading = Reading("")
        self.cards: list[NoteCard] = []
        self.edit = SourceEdit(theme)
        self.edit.line_clicked.connect(self.choose_line)
        self.verdict = Label("", theme=theme, size_px=13, weight=600, wrap=True)
        self.take_button = TextButton("Use this network", "primary", theme=theme, tooltip="Ctrl+Enter")
        self.take_button.clicked.connect(self._take)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_READ_AFTER_MS)
        self._soon.timeout.connect(self.read_now)
        self._lay_out(theme)
        self.edit.textChanged.connect(self._soon.start)

    def open_with(self, text: str, anchor: QWidget, *, reading: Reading | None = None) -> None:
        """Open in the middle of `anchor` with `text`; `reading` is what has been made of it already."""
        self.edit.setPlainText(text)
        self._soon.stop()
        if reading is None:
            self.read_now()
        else:
            self._show(reading, is_taken=True)
        middle = anchor.mapToGlobal(anchor.rect().center())
        self._open_at(middle - self.rect().center(), anchor)
        if self.cards:
            self.choose_line(self.cards[0].note.line)

    def read_now(self) -> None:
        """Read the text as it stands."""
        self._soon.stop()
        self._show(read_pasted(self.edit.toPlainText(), self._spec()))

    def choose_line(self, line: int) -> None:
        """Bring `line` and what is said of it into view."""
        self._mark(line)
        self.edit.show_line(line)
        chosen = [card for card in self.cards if card.note.line == line]
        for card in self.cards:
            card.set_kind("soft" if card in chosen else "plain")
        if chosen:
            self._scroll.ensureWidgetVisible(chosen[0], 0, 20)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter takes the network."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.take_button.isEnabled():
            self._take()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Put the caret into the text."""
        super().showEvent(event)
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def _lay_out(self, theme: ThemeSource) -> None:
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 6, 0)
        self._column.setSpacing(8)
        inner = QWidget()
        inner.setLayout(self._column)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        inner.setAutoFillBackground(False)
        self._scroll.viewport().setAutoFillBackground(False)
        title = Label("Paste code or an error", theme=theme, size_px=15, weight=600)
        hint = Label(
            "PyTorch or Keras code, a cfg list, print(model), a shape error. Nothing of it is executed.",
            theme=theme, size_px=12, ink="muted", wrap=True,
        )  # fmt: skip
        self.close_button = TextButton("Close", "plain", theme=theme)
        self.close_button.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.take_button)
        side = QVBoxLayout()
        side.setContentsMargins(18, 16, 12, 14)
        side.setSpacing(8)
        side.addWidget(title)
        side.addWidget(hint)
        side.addWidget(Hairline(theme=theme))
        side.addWidget(self.verdict)
        side.addWidget(self._scroll, 1)
        side.addLayout(buttons)
        holder = QWidget()
        holder.setLayout(side)
        holder.setFixedWidth(_SIDE)
        row = QHBoxLayout(self)
        row.setContentsMargins(1, 1, 1, 1)
        row.setSpacing(0)
        row.addWidget(self.edit, 1)
        row.addWidget(Hairline(Qt.Orientation.Vertical, theme=theme))
        row.addWidget(holder)
        self.setFixedSize(_WIDTH, _HEIGHT)

    def _show(self, reading: Reading, *, is_taken: bool = False) -> None:
        self.reading = reading
        usable = reading.spec is not None or reading.explanation is not None
        self.verdict.setText(reading.sentence)
        self.verdict.set_ink("text" if usable else "err" if reading.line else "muted")
        self.take_button.setEnabled(usable and not is_taken)
        self.take_button.set_text("Show the layer" if reading.explanation is not None else "Use this network")
        for card in self.cards:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = []
        while self._column.count():
            self._column.takeAt(0)
        notes = reading.notes if reading.imported is not None else ()
        for note in notes[:_MOST_CARDS]:
            card = NoteCard(note, self._theme)
            card.chosen.connect(self.choose_line)
            card.fix_wished.connect(self._wish_fix)
            self.cards.append(card)
            self._column.addWidget(card)
        self._column.addStretch(1)
        self._mark(0)

    def _mark(self, current: int) -> None:
        token = "errSoft" if self.reading.spec is None else "warnSoft"
        self.edit.set_marks(dict.fromkeys((note.line for note in self.reading.notes), token), current)

    def _wish_fix(self, fix: object) -> None:
        self.close()
        self.fix_wished.emit(fix)

    def _take(self) -> None:
        self.read_now()
        if self.take_button.isEnabled():
            self.close()
            self.taken.emit(self.edit.toPlainText())


class NoteCard(Card):
    """One note: its line, its sentence and what would mend it. A click shows the line."""

    chosen = Signal(int)
    fix_wished = Signal(object)  # Fix

    def __init__(self, note: Note, theme: ThemeSource) -> None:
        super().__init__(theme=theme)
        self.note = note
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 9, 12, 10)
        column.setSpacing(3)
        line = TextButton(f"Line {note.line:,}", "link", theme=theme, tooltip="Show this line")
        line.clicked.connect(lambda: self.chosen.emit(note.line))
        column.addWidget(line)
        column.addWidget(Label(note.sentence, theme=theme, size_px=12, wrap=True))
        if note.fixes:
            fixes = FixRow(theme)
            fixes.set_fixes(note.fixes)
            fixes.fix_wished.connect(self.fix_wished)
            column.addWidget(fixes)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the line."""
        super().mousePressEvent(event)
        self.chosen.emit(self.note.line)
