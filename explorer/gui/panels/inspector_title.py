"""The inspector's head: what is selected, where it stands, and what can be done with all of it."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import ElidedLabel, IconButton

_LEFT, _RIGHT, _GAP = 20, 16, 2


class InspectorTitle(QWidget):
    """Title and place, the buttons beside them.

    They are placed without a layout: a button that comes or goes concerns the words beside it, not the whole side.
    """

    def __init__(self, theme: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = ElidedLabel("", self, theme=theme, size_px=15, weight=600)
        self.place = ElidedLabel("", self, theme=theme, size_px=11, weight=400, ink="muted")
        self.convert_button = IconButton("more", "Turn into another kind of block", self, theme=theme)
        self.duplicate_button = IconButton("duplicate", "Duplicate (Ctrl+D)", self, theme=theme)
        self.delete_button = IconButton("trash", "Delete (Del)", self, theme=theme)
        self._place_top = self.title.sizeHint().height() + 1
        self.setFixedHeight(self._place_top + self.place.sizeHint().height())

    def show_words(self, title: str, place: str) -> None:
        """Say what is selected and where it stands."""
        self.title.set_text(title)
        self.place.set_text(place)

    def show_buttons(self, *, edits: bool, converts: bool) -> None:
        """Offer to duplicate and delete, and to turn into another kind."""
        wanted = {self.convert_button: converts, self.duplicate_button: edits, self.delete_button: edits}
        changed = [button for button, shown in wanted.items() if button.isHidden() == shown]
        for button in changed:
            button.setVisible(wanted[button])
        if changed:
            self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place everything anew."""
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        right = self.width() - _RIGHT
        for button in (self.delete_button, self.duplicate_button, self.convert_button):
            if not button.isHidden():
                button.move(right - button.width(), (self.height() - button.height()) // 2)
                right -= button.width() + _GAP
        width = max(0, right - _LEFT)
        self.title.setGeometry(_LEFT, 0, width, self.title.sizeHint().height())
        self.place.setGeometry(_LEFT, self._place_top, width, self.place.sizeHint().height())
