"""The menus: one popup behind the program's sign that holds them all, and the recent files inside it."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QMainWindow, QMenu

from explorer.gui.actions import MENUS, Actions
from explorer.gui.files import DocumentFiles


class Menus:
    """Builds the menus once; on macOS they stand in the system's bar as well."""

    def __init__(self, window: QMainWindow, actions: Actions, files: DocumentFiles, export_menu: QMenu) -> None:
        self._files = files
        self.export = export_menu
        self.all = QMenu("Menu", window)
        self.all.setAccessibleName("Menu")
        for key, _title in MENUS:
            menu = actions.menu(key, window)
            if key == "file":
                self._add_recent(menu, actions)
                self._replace_export(menu, actions, export_menu)
            self.all.addMenu(menu)
            if sys.platform == "darwin":
                window.menuBar().addMenu(menu)

    def _add_recent(self, menu: QMenu, actions: Actions) -> None:
        self.recent = QMenu("Open recent", menu)
        self.recent.aboutToShow.connect(self._fill_recent)
        menu.insertMenu(actions["save"], self.recent)
        menu.aboutToShow.connect(lambda: self.recent.setEnabled(bool(self._files.recent())))

    def _replace_export(self, menu: QMenu, actions: Actions, export_menu: QMenu) -> None:
        menu.insertMenu(actions["export"], export_menu)
        menu.removeAction(actions["export"])

    def _fill_recent(self) -> None:
        self.recent.clear()
        for path in self._files.recent():
            action = self.recent.addAction(path.name)
            action.setToolTip(str(path))
            action.triggered.connect(lambda _checked=False, path=path: self._files.open_path(path))
