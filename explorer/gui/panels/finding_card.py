"""One finding as a card: where, what, and the buttons that mend it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from explorer.analysis.summary import Finding, Fix
from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Card, Label, Paragraph, TextButton
from explorer.gui.widgets.painting import FIX_HEIGHT, RADIUS_CARD, follow, rounded
from explorer.units import THIN, delta, exact_delta

SEVERITY_ICONS = {"error": "cross-circle", "warning": "warning", "hint": "info"}
SEVERITY_INKS = {"error": "err", "warning": "warn", "hint": "info"}
SEVERITY_WORDS = {"error": "Error", "warning": "Warning", "hint": "Hint"}
MAX_FIXES = 2
NARROW_NO_BREAK = "\u202f"  # a figure and its unit stay on one line
_GAP = 8


class NodeLink(QAbstractButton):
    """The severity's icon and the place's name; a click selects the place."""

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._severity = "hint"
        self.setFont(ui_font(12, 600))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        follow(self, theme)

    def show_place(self, severity: str, title: str) -> None:
        """Name the place `title` with the icon of `severity`."""
        self._severity = severity
        self.setText(title)
        self.setAccessibleName(f"{SEVERITY_WORDS[severity]} at {title}: select it")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Icon, gap and words."""
        return QSize(22 + QFontMetrics(self.font()).horizontalAdvance(self.text()) + 2, 18)

    def minimumSizeHint(self) -> QSize:
        """Icon and a few characters."""
        return QSize(60, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint icon and words; underlined while hovered."""
        del event
        painter = QPainter(self)
        color = self._theme.current.color(SEVERITY_INKS[self._severity])
        draw(painter, SEVERITY_ICONS[self._severity], color, QRectF(0, 1, 16, 16))
        font = self.font()
        font.setUnderline(self.underMouse())
        painter.setFont(font)
        painter.setPen(color)
        text = QFontMetrics(font).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() - 22)
        place = self.rect().adjusted(22, 0, 0, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


class FixRow(QWidget):
    """At most two fix buttons, and what the fix costs at the right; what does not fit goes into the next line."""

    fix_wished = Signal(object)  # Fix

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fixes: tuple[Fix, ...] = ()
        self._heights: dict[int, int] = {}  # by width: layouts ask for the same one many times
        self.buttons = [TextButton("", "fix", None, self, theme=theme) for _ in range(MAX_FIXES)]
        self.cost = Label("", self, theme=theme, size_px=11, weight=500, ink="muted")
        for number, button in enumerate(self.buttons):
            button.clicked.connect(lambda _=False, number=number: self.fix_wished.emit(self._fixes[number]))
            button.installEventFilter(self)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def set_fixes(self, fixes: Sequence[Fix]) -> None:
        """Offer `fixes`; the first is what Alt+Enter applies."""
        before = (self.sizeHint(), self.isHidden())
        last, self._fixes = self._fixes, tuple(fixes[:MAX_FIXES])
        if _words(last) == _words(self._fixes):
            return
        self._heights.clear()
        for number, button in enumerate(self.buttons):
            shown = number < len(self._fixes)
            button.setVisible(shown)
            if shown:
                button.set_text(self._fixes[number].label)
                button.setToolTip(_cost_tip(self._fixes[number]))
        self._show_cost(self._fixes[0] if len(self._fixes) == 1 else None)
        self.setVisible(bool(self._fixes))
        if before != (self.sizeHint(), self.isHidden()):  # a new layout reaches the whole window
            self.updateGeometry()
        self._place(self.width())

    def heightForWidth(self, width: int) -> int:
        """The lines that the buttons need."""
        if width not in self._heights:
            self._heights[width] = self._place(width, move=False)
        return self._heights[width]

    def sizeHint(self) -> QSize:
        """The height at the present width."""
        return QSize(200, self.heightForWidth(max(self.width(), 120)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the buttons anew."""
        super().resizeEvent(event)
        self._place(self.width())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """With two fixes the cost is that of the button under the pointer or the keyboard."""
        if len(self._fixes) > 1 and watched in self.buttons:
            if event.type() in {QEvent.Type.Enter, QEvent.Type.FocusIn}:
                self._show_cost(self._fixes[self.buttons.index(watched)])
            elif event.type() in {QEvent.Type.Leave, QEvent.Type.FocusOut}:
                self._show_cost(None)
        return super().eventFilter(watched, event)

    def _show_cost(self, fix: Fix | None) -> None:
        text = delta(fix.params_delta) if fix is not None and fix.params_delta is not None else ""
        self.cost.setText(text)
        self.cost.setToolTip(_cost_tip(fix) if fix is not None else "")
        self._place(self.width())

    def _place(self, width: int, *, move: bool = True) -> int:
        x = y = 0
        for button in self.buttons[: len(self._fixes)]:
            size = button.sizeHint().boundedTo(QSize(max(width, 1), FIX_HEIGHT))
            if x and x + size.width() > width:
                x, y = 0, y + FIX_HEIGHT + 6
            if move:
                button.setGeometry(x, y, size.width(), FIX_HEIGHT)
            x += size.width() + _GAP
        cost = self.cost.sizeHint().width() if self.cost.text() else 0
        if len(self._fixes) == 1 and cost and x + cost > width:
            x, y = 0, y + FIX_HEIGHT
        if move:
            fits = x + cost <= width
            self.cost.setVisible(bool(cost) and fits)
            self.cost.setGeometry(width - cost, y, cost, FIX_HEIGHT)
        return y + FIX_HEIGHT if self._fixes else 0


class FindingCard(Card):
    """A finding; `set_finding` shows another one in the same widgets."""

    selected = Signal(tuple)
    fix_wished = Signal(object)  # Fix
    more_wished = Signal(str)  # the node whose other findings are to be shown or hidden

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent, theme=theme)
        self._finding: Finding | None = None
        self._is_current = False
        self._link = NodeLink(theme, self)
        self._message = Paragraph("", self, theme=theme, size_px=12)
        self._fixes = FixRow(theme, self)
        self._more = TextButton("", "link", None, self, theme=theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(3)
        column.addWidget(self._link)
        column.addWidget(self._message)
        column.addSpacing(3)
        column.addWidget(self._fixes)
        column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        self._more.hide()
        self._link.clicked.connect(self._select)
        self._fixes.fix_wished.connect(self.fix_wished)
        self._more.clicked.connect(lambda: self.more_wished.emit(self._finding.node if self._finding else ""))

    @property
    def finding(self) -> Finding | None:
        """What the card says now."""
        return self._finding

    @property
    def fix_buttons(self) -> list[TextButton]:
        """The buttons that are shown."""
        return [button for button in self._fixes.buttons if not button.isHidden()]

    @property
    def link(self) -> NodeLink:
        """The place's name."""
        return self._link

    def set_finding(self, finding: Finding) -> None:
        """Show `finding`; nothing moves if it is the same."""
        if finding == self._finding:
            return
        before, self._finding = self._finding, finding
        if before is None or (before.severity, before.title) != (finding.severity, finding.title):
            self._link.show_place(finding.severity, finding.title)
            self.set_kind("err" if finding.severity == "error" else "plain")
        self._message.set_text(finding.message.replace(THIN, NARROW_NO_BREAK))
        self._fixes.set_fixes(finding.fixes)
        self.setAccessibleName(f"{SEVERITY_WORDS[finding.severity]}, {finding.title}: {finding.message}")

    def set_more(self, words: str) -> None:
        """Offer to show or hide the other findings of this place in these words; none offers nothing."""
        self._more.set_text(words)
        self._more.setVisible(bool(words))

    def set_current(self, is_current: bool) -> None:
        """Border the card as the one that keys act on, or whose place is selected."""
        if is_current != self._is_current:
            self._is_current = is_current
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground and border; accent where current."""
        super().paintEvent(event)
        if self._is_current:
            color = self._theme.current.color("accent")
            rounded(QPainter(self), QRectF(self.rect()), RADIUS_CARD, border=color, width=1.5)

    def _select(self) -> None:
        if self._finding is not None:
            self.selected.emit((self._finding.node,))


def _words(fixes: Sequence[Fix]) -> list[tuple[str, int | None]]:
    """What is said of `fixes`; what they do may differ all the same."""
    return [(fix.label, fix.params_delta) for fix in fixes]


def _cost_tip(fix: Fix) -> str:
    if fix.params_delta is None:
        return ""
    return f"{exact_delta(fix.params_delta)} parameters"
