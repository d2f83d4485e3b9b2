"""The settings: theme and data folder, in a popup beside the rail."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from explorer.gui.panels.popup import Popup
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import ElidedLabel, FormRow, Hairline, Label, Segmented, TextButton
from explorer.settings import Settings

_WIDTH = 392
_THEMES = (("system", "System"), ("light", "Light"), ("dark", "Dark"))
USUAL_PLACES = "The usual places"


class SettingsPopup(Popup):
    """Emits `theme_wished`, `data_folder_wished` (empty for the usual places) and `layout_reset_wished`."""

    theme_wished = Signal(str)
    data_folder_wished = Signal(str)
    layout_reset_wished = Signal()

    def __init__(self, theme: ThemeSource, parent: QWidget, *, config_folder: Path, data_folder: Path) -> None:
        super().__init__(parent, theme=theme)
        self._data_folder = ""
        self.setAccessibleName("Settings")
        self.setFixedWidth(_WIDTH)
        self._themes = Segmented(_THEMES, theme=theme, name="Theme")
        self._themes.edited.connect(lambda choice: self.theme_wished.emit(str(choice)))
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(10)
        column.addWidget(Label("Settings", theme=theme, weight=600))
        column.addWidget(FormRow("Theme", self._themes, theme=theme))
        column.addWidget(FormRow("Data folder", self._make_folder(), theme=theme))
        column.addWidget(Hairline(theme=theme))
        column.addLayout(self._make_links(config_folder, data_folder))

    def set_settings(self, settings: Settings) -> None:
        """Show `settings`."""
        self._themes.set_value(settings.theme)
        self._data_folder = settings.data_folder
        self._folder.set_text(settings.data_folder or USUAL_PLACES)
        self._usual.setVisible(bool(settings.data_folder))

    def _make_folder(self) -> QWidget:
        theme = self._theme
        self._folder = ElidedLabel(
            USUAL_PLACES, theme=theme, size_px=12, ink="muted", mode=Qt.TextElideMode.ElideMiddle
        )
        choose = TextButton("Choose…", "fix", theme=theme, tooltip="Where data sets lie on this computer")
        choose.clicked.connect(self._choose_folder)
        self._usual = TextButton("Reset", "link", theme=theme, tooltip=f"Back to: {USUAL_PLACES.lower()}")
        self._usual.clicked.connect(lambda: self.data_folder_wished.emit(""))
        area = QWidget()
        row = QHBoxLayout(area)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._folder, 1)
        row.addWidget(self._usual)
        row.addWidget(choose)
        area.setFixedHeight(32)
        area.setAccessibleName("Data folder")
        return area

    def _make_links(self, config_folder: Path, data_folder: Path) -> QHBoxLayout:
        theme = self._theme
        row = QHBoxLayout()
        row.setSpacing(2)
        layout = TextButton("Reset layout", "link", "reset", theme=theme, tooltip="Sizes of all areas as at first")
        layout.clicked.connect(self.layout_reset_wished)
        row.addWidget(layout)
        row.addStretch(1)
        folders = (("Settings folder", config_folder), ("Runs folder", data_folder))
        for text, folder in folders:
            link = TextButton(text, "link", "folder", theme=theme, tooltip=str(folder))
            link.clicked.connect(lambda _checked=False, folder=folder: _open_folder(folder))
            row.addWidget(link)
        return row

    def _choose_folder(self) -> None:
        start = self._data_folder or str(Path.home())
        self.close()
        folder = QFileDialog.getExistingDirectory(self.parentWidget(), "Folder with data sets", start)
        if folder:
            self.data_folder_wished.emit(folder)


def _open_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
