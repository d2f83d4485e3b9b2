"""The findings panel: what is worth saying about the network, errors first, each with the buttons that mend it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from explorer.analysis.summary import Finding, Fix, NetworkSummary
from explorer.gui.panels.finding_card import FindingCard
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Ground, Label

FOLD_ABOVE = 3
_RANK = {"error": 0, "warning": 1, "hint": 2}


class FindingsPanel(Ground):
    """Cards in the order of their severity. A fix is wished, never applied here."""

    edited = Signal(object, str, str)  # NetworkSpec, undo text, merge key
    selected = Signal(tuple)  # tuple[str, ...]
    init_wished = Signal(str)
    batch_wished = Signal(int)

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent, theme=theme)
        self._findings: tuple[Finding, ...] = ()
        self._cards: list[FindingCard] = []
        self._unfolded: set[str] = set()
        self._selection: tuple[str, ...] = ()
        self._current = -1
        self._count = Label("", theme=theme, ink="muted")
        self._none = Label("Nothing to remark.", theme=theme, ink="muted")
        self._none.setContentsMargins(4, 2, 0, 6)
        title = QHBoxLayout()
        title.setContentsMargins(4, 0, 0, 0)
        title.setSpacing(9)
        title.addWidget(Label("Findings", theme=theme, weight=600))
        title.addWidget(self._count)
        title.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 11, 14, 16)
        self._column.setSpacing(9)
        self._column.addLayout(title)
        self._column.addWidget(self._none)
        self._column.addStretch(1)
        self.setAccessibleName("Findings")
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_summary(self, summary: NetworkSummary) -> None:
        """Show the findings of `summary`; cards that say the same stay untouched."""
        findings = tuple(sorted(summary.findings, key=lambda finding: _RANK[finding.severity]))
        if findings == self._findings:
            return
        before = self._current_finding()
        self._findings = findings
        known = [index for index, finding in enumerate(findings) if before and _same_place(finding, before)]
        self._current = known[0] if known else -1
        self._refresh()

    def set_selection(self, names: tuple[str, ...]) -> None:
        """Mark the cards whose place is among `names`."""
        self._selection = tuple(names)
        self._mark()

    @property
    def cards(self) -> list[FindingCard]:
        """The cards that are shown, from the top."""
        return [card for card in self._cards if not card.isHidden()]

    def next_finding(self) -> None:
        """Go to the next finding and select its place; after the last comes the first."""
        self._go(1)

    def previous_finding(self) -> None:
        """Go to the finding before and select its place."""
        self._go(-1)

    def apply_current_fix(self) -> None:
        """Wish the first fix of the current finding (or of the first one that has a fix)."""
        finding = self._current_finding()
        if finding is None or not finding.fixes:
            finding = next((each for each in self._findings if each.fixes), None)
        if finding is not None:
            self._wish(finding.fixes[0])

    def _go(self, step: int) -> None:
        if not self._findings:
            return
        start = self._current if self._current >= 0 else (-1 if step > 0 else 0)
        self._current = (start + step) % len(self._findings)
        finding = self._findings[self._current]
        if finding not in {card.finding for card in self.cards}:
            self._unfolded.add(finding.node)
            self._refresh()
        self._mark()
        self._reveal(finding)
        self.selected.emit((finding.node,))

    def _current_finding(self) -> Finding | None:
        return self._findings[self._current] if 0 <= self._current < len(self._findings) else None

    def _refresh(self) -> None:
        shown = _visible(self._findings, self._unfolded)
        while len(self._cards) < len(shown):
            self._add_card()
        for card, (finding, more) in zip(self._cards, shown, strict=False):
            card.set_finding(finding)
            card.set_more(more)
            card.show()
        for card in self._cards[len(shown) :]:
            card.hide()
        self._count.setText(str(len(self._findings)) if self._findings else "")
        self._none.setVisible(not self._findings)
        self._mark()

    def _add_card(self) -> None:
        card = FindingCard(self._theme, self)
        card.selected.connect(self.selected)
        card.fix_wished.connect(self._wish)
        card.more_wished.connect(self._toggle)
        self._cards.append(card)
        self._column.insertWidget(self._column.count() - 1, card)

    def _mark(self) -> None:
        current = self._current_finding()
        for card in self.cards:
            finding = card.finding
            card.set_current(finding is not None and (finding == current or finding.node in self._selection))

    def _toggle(self, node: str) -> None:
        self._unfolded ^= {node}
        self._refresh()

    def _wish(self, fix: Fix) -> None:
        if fix.init is not None:
            self.init_wished.emit(fix.init)
        if fix.batch_size is not None:
            self.batch_wished.emit(fix.batch_size)
        if fix.spec is not None:
            self.edited.emit(fix.spec, fix.label, "")

    def _reveal(self, finding: Finding) -> None:
        card = next((card for card in self.cards if card.finding == finding), None)
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if card is not None and isinstance(area, QScrollArea):
            area.ensureWidgetVisible(card, 0, 12)


def _visible(findings: Sequence[Finding], unfolded: set[str]) -> list[tuple[Finding, str]]:
    """The findings to show, each with the words that unfold or fold the others of its place."""
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.node] = counts.get(finding.node, 0) + 1
    shown: list[tuple[Finding, str]] = []
    seen: set[str] = set()
    for finding in findings:
        first, many = finding.node not in seen, counts[finding.node] > FOLD_ABOVE
        seen.add(finding.node)
        if many and first:
            rest = counts[finding.node] - 1
            shown.append((finding, "Show fewer" if finding.node in unfolded else f"{rest} more at this place"))
        elif not many or finding.node in unfolded:
            shown.append((finding, ""))
    return shown


def _same_place(first: Finding, second: Finding) -> bool:
    return (first.code, first.node) == (second.code, second.node)
