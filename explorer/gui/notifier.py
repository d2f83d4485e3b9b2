"""Messages in the window: one line each under the header, with at most two buttons, gone when dealt with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.banner import Banner, BannerKind

MAX_BANNERS = 3
SHOWN_MS = 8000


class Notifier(QWidget):
    """The place of the messages; empty it has no height. A message of the same `key` replaces the older one."""

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._banners: dict[str, Banner] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.setAccessibleName("Messages")
        self.hide()

    def notify(
        self,
        message: str,
        kind: BannerKind = "info",
        buttons: Sequence[tuple[str, Callable[[], object]]] = (),
        *,
        key: str = "",
    ) -> None:
        """Show `message`. Without buttons, an `info` or `ok` goes by itself after some seconds."""
        key = key or message
        self.dismiss(key)
        while len(self._banners) >= MAX_BANNERS:
            self.dismiss(next(iter(self._banners)))
        banner = Banner(message, kind, buttons, self, theme=self._theme)
        self._banners[key] = banner
        self._column.addWidget(banner)
        banner.dismissed.connect(lambda: self._remove(key, banner))
        self.show()
        if kind in {"info", "ok"} and not buttons:
            timer = QTimer(banner)
            timer.setSingleShot(True)
            timer.timeout.connect(banner.dismiss)
            timer.start(SHOWN_MS)

    def dismiss(self, key: str) -> None:
        """Take the message of `key` away, if it is shown."""
        banner = self._banners.get(key)
        if banner is not None:
            self._remove(key, banner)

    def messages(self) -> list[str]:
        """The sentences shown now."""
        return [banner.message for banner in self._banners.values()]

    def _remove(self, key: str, banner: Banner) -> None:
        if self._banners.get(key) is banner:
            del self._banners[key]
        banner.hide()
        banner.setParent(None)
        banner.deleteLater()
        self.setVisible(bool(self._banners))
