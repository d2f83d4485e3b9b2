"""CompareBar: what stands left and right, which of several is shown, and the export."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from explorer.gui.models.compare_sources import CompareSources
from explorer.gui.panels.compare.picker import SourcePicker
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Combo, Ground, IconButton, Label, TextButton

HEIGHT = 56
EXPORTS = (("html", "Comparison as web page (.html)…"), ("markdown", "Comparison as Markdown (.md)…"))


class CompareBar(Ground):
    """Wishes only: `left_wished`, `right_wished` and `added` tell a source's key, `shown` the place of a right side."""

    left_wished = Signal(str)
    right_wished = Signal(str)
    added = Signal(str)
    removed = Signal()
    shown = Signal(int)
    swapped = Signal()
    export_wished = Signal(str)

    def __init__(self, sources: CompareSources, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("panel", parent, theme=theme)
        self.setFixedHeight(HEIGHT)
        self.left = SourcePicker(sources, "Left", theme=theme)
        self.right = SourcePicker(sources, "Right", theme=theme)
        self.swap = IconButton("refresh", "Swap left and right", theme=theme)
        self.add = IconButton("plus", "Compare one more with the left side", theme=theme)
        self.remove = IconButton("close", "Take this one out again", theme=theme, size_px=14)
        self.several = Combo(theme=theme, name="Which of the right sides is shown")
        self.several.setMaximumWidth(210)
        self.export = TextButton("Export", "plain", "export", theme=theme)
        self.export.setToolTip("Comparison as web page or Markdown")
        self._add = SourcePicker(sources, "One more", self, theme=theme)
        self._add.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(Label("Compare", theme=theme, size_px=13, weight=600))
        row.addWidget(self.left, 3)
        row.addWidget(self.swap)
        row.addWidget(Label("with", theme=theme, size_px=13, ink="muted"))
        row.addWidget(self.right, 3)
        row.addWidget(self.several, 2)
        row.addWidget(self.remove)
        row.addWidget(self.add)
        row.addSpacing(8)
        row.addWidget(self.export)
        self.left.wished.connect(self.left_wished)
        self.right.wished.connect(self.right_wished)
        self._add.wished.connect(self.added)
        self.swap.clicked.connect(self.swapped)
        self.add.clicked.connect(lambda: self._add.popup.open_under(self.add))
        self.remove.clicked.connect(self.removed)
        self.several.edited.connect(self._tell)
        self.export.clicked.connect(self._open_exports)

    def set_chosen(self, left: str, rights: Sequence[str], at: int) -> None:
        """Show what is chosen: the left title, those on the right, and which of them is shown."""
        self.left.set_title(left)
        self.right.set_title(rights[at] if rights else "")
        several = len(rights) > 1
        self.several.set_choices([(index, f"{index + 1} of {len(rights)}", name) for index, name in enumerate(rights)])
        self.several.set_value(at if rights else None)
        self.several.setVisible(several)
        self.remove.setVisible(several)
        for button in (self.add, self.swap, self.export):
            button.setEnabled(bool(rights))

    def _tell(self, value: object) -> None:
        if isinstance(value, int):
            self.shown.emit(value)

    def _open_exports(self) -> None:
        menu = QMenu(self)
        for key, words in EXPORTS:
            menu.addAction(words).triggered.connect(lambda _checked=False, key=key: self.export_wished.emit(key))
        corner = QPoint(self.export.width() - menu.sizeHint().width(), self.export.height() + 6)
        menu.exec(self.export.mapToGlobal(corner))
        menu.deleteLater()
