"""What the page Inspect needs, made late: the session behind it and the page itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from explorer.gui.theme import ThemeSource
from explorer.gui.training_home import TrainingHome

if TYPE_CHECKING:
    from explorer.gui.panels.inspect.page import InspectPage


class InspectHome(QObject):
    """Makes the page when it is first wanted, over the store and the loader of the training."""

    page_made = Signal(QWidget)  # it wants a place in the window
    train_wished = Signal()

    def __init__(self, training: TrainingHome, theme: ThemeSource, parent: QObject) -> None:
        super().__init__(parent)
        self._training = training
        self._theme = theme
        self._page: InspectPage | None = None

    @property
    def page(self) -> InspectPage:
        """The page Inspect, made at the first call."""
        if self._page is None:
            from explorer.gui.inspecting import InspectSession
            from explorer.gui.panels.inspect.page import InspectPage

            training = self._training.session
            session = InspectSession(training.store, training.loader, self)
            self._page = InspectPage(self._theme, session)
            self._page.train_wished.connect(self.train_wished)
            training.state_changed.connect(self._follow)
            self.page_made.emit(self._page)
        return self._page

    def close(self) -> None:
        """End whatever goes on."""
        if self._page is not None:
            self._page.shut_down()

    def _follow(self, state: str) -> None:
        """A run that has just ended can be inspected."""
        if self._page is not None and self._page.isVisible() and state in {"ended", "failed"}:
            self._page.reload()
