"""What the inspector's forms share: rows of label and control, a disclosure, the figures at the foot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QSize, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from explorer.analysis.summary import NetworkSummary, ReceptiveField
from explorer.arch.ops import ACTIVATIONS
from explorer.arch.spec import NetworkSpec
from explorer.gui.models.layer_words import ACTIVATION_WORDS
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import FormRow, TextButton
from explorer.gui.widgets.painting import follow
from explorer.gui.widgets.words import draw_words, elided_words, words
from explorer.units import px, share

ROW_GAP = 6
LEAST_LINK = 120
ACTIVATION_CHOICES = tuple((name, ACTIVATION_WORDS[name]) for name in ACTIVATIONS)


class InspectorForm(QWidget):
    """A column of rows for one kind of selection. It wishes edits and shows what it is given."""

    edited = Signal(object, str, str)  # NetworkSpec, undo text, merge key
    selected = Signal(tuple)
    grown = Signal()  # a text field was added after the form was made

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._spec: NetworkSpec | None = None
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(20, 0, 20, 0)
        self.column.setSpacing(ROW_GAP)

    def set_spec(self, spec: NetworkSpec) -> None:
        """Take `spec` as what the next wish starts from."""
        self._spec = spec

    @property
    def spec(self) -> NetworkSpec:
        """What the next wish starts from."""
        assert self._spec is not None, "a form is filled before it is used"
        return self._spec

    def wish(self, spec: NetworkSpec, text: str, merge_key: str = "") -> None:
        """Tell that `spec` is wanted; the next wish of the same turn starts from it."""
        if spec != self._spec:
            self._spec = spec
            self.edited.emit(spec, text, merge_key)

    def add_row(self, label: str, control: QWidget) -> FormRow:
        """Append a row."""
        row = FormRow(label, control, self, theme=self._theme)
        self.column.addWidget(row)
        return row


class UndoPasser(QObject):
    """Lets Ctrl+Z and Ctrl+Shift+Z reach the document from the fields it watches: their own undo holds nothing."""

    def watch(self, form: QWidget) -> None:
        """Watch every text field in `form`."""
        for field in form.findChildren(QLineEdit):
            field.installEventFilter(self)  # installing twice is once

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave undo and redo to the shortcuts of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undo = event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
            if undo or QKeySequence(event.keyCombination()) == QKeySequence("Ctrl+Y"):
                event.ignore()
                return True
        return super().eventFilter(watched, event)


class Figure(NamedTuple):
    """One line at the foot: what it is, a note on it, the value."""

    label: str
    value: str
    note: str = ""
    tip: str = ""


class FigureFoot(QWidget):
    """Lines of label, note and value, painted at once."""

    LINE = 20

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._figures: tuple[Figure, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        follow(self, theme)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What is shown, from the top."""
        return self._figures

    def set_figures(self, figures: Sequence[Figure]) -> None:
        """Show `figures`."""
        wanted = tuple(figures)
        if wanted == self._figures:
            return
        resized = len(wanted) != len(self._figures)
        self._figures = wanted
        self.setAccessibleName(". ".join(f"{each.label} {each.value} {each.note}".strip() for each in wanted))
        self.setToolTip("\n".join(each.tip for each in wanted if each.tip))
        if resized:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """One line for each figure."""
        return QSize(240, self.LINE * len(self._figures))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines: labels left, values right, notes before them."""
        del event
        painter = QPainter(self)
        theme, width = self._theme.current, self.width()
        muted, text = theme.color("muted"), theme.color("text")
        labels = max((words(each.label, 12).width for each in self._figures), default=0)
        for number, figure in enumerate(self._figures):
            top = number * self.LINE
            draw_words(painter, words(figure.label, 12), muted, 0, top, self.LINE)
            value = words(figure.value, 12, 600)
            draw_words(painter, value, text, width - value.exact_width, top, self.LINE)
            if figure.note:
                right = min(width - 95, width - value.width - 10)
                note = elided_words(figure.note, 11, 400, max(0, right - labels - 8))
                draw_words(painter, note, muted, max(right, labels + 8) - note.exact_width, top, self.LINE)


class _LinkLine(QWidget):
    """Holds a link without a layout: other words on it leave the rows of the form where they are."""

    def __init__(self, theme: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent)
        self.link = TextButton("", "link", "chevron-right", self, theme=theme)
        self.link.let_elide(LEAST_LINK)
        self.setFixedHeight(self.link.height())
        self.setMinimumWidth(LEAST_LINK)

    def place(self) -> None:
        """Give the link the room of its words, as far as there is room."""
        width = min(max(self.link.sizeHint().width(), LEAST_LINK), self.width())
        self.link.setGeometry(0, 0, width, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the link anew."""
        super().resizeEvent(event)
        self.place()


class Disclosure(QWidget):
    """A link that shows and hides the rows below it; the link says what the rows hold."""

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._head = _LinkLine(theme, self)
        self.link = self._head.link
        self.body = QWidget(self)
        self.rows = QVBoxLayout(self.body)
        self.rows.setContentsMargins(0, 4, 0, 0)
        self.rows.setSpacing(ROW_GAP)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self.body)
        self.body.hide()
        self.link.clicked.connect(lambda: self.set_open(is_open=self.body.isHidden()))

    def set_summary_text(self, text: str) -> None:
        """Say on the link what the rows hold."""
        if text != self.link.text():
            self.link.set_text(text)
            self.link.setToolTip(text)
            self._head.place()

    def set_open(self, *, is_open: bool) -> None:
        """Show or hide the rows."""
        self.body.setVisible(is_open)
        self.link.set_icon("chevron-down" if is_open else "chevron-right")

    def is_open(self) -> bool:
        """Whether the rows are shown."""
        return not self.body.isHidden()


def share_note(part: int | None, summary: NetworkSummary, kind: str) -> str:
    """`12 % of net`; nothing where the network has no totals."""
    if part is None or summary.totals is None:
        return ""
    whole = summary.totals.params.total if kind == "params" else summary.totals.macs
    return f"{share(part / whole)} of net" if whole else ""


def field_note(summary: NetworkSummary, field: ReceptiveField | None) -> str:
    """`of 224`, or `all 32 px seen` once the field covers the picture."""
    picture = summary.spec.input
    if field is None:
        return ""
    covers = field.size[0] >= picture.height and field.size[1] >= picture.width
    size = px(picture.height, picture.width)
    return f"all {size} px seen" if covers else f"of {size}"


def field_change(before: ReceptiveField | None, after: ReceptiveField | None) -> str:
    """`30 → 70 px`."""
    if before is None or after is None:
        return f"{px(*after.size)} px" if after is not None else "–"
    return f"{px(*before.size)} → {px(*after.size)} px"
