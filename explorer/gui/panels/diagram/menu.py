"""The canvas's menus: every action, its icon and its key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from explorer.gui.icons import icon
from explorer.gui.panels.diagram.commands import BLOCK_COMMANDS, MENU, key_text
from explorer.gui.theme import Theme

_OTHER = {
    "type_channels": ("Type the channels…", "edit"),
    "fold": ("Fold or unfold equal blocks", "collapse"),
    "insert": ("Insert a copy after it", "plus"),
    "fit": ("Fit the network", "fit"),
    "fit_selection": ("Fit the selection", "zoom"),
    "zoom_in": ("Zoom in", "plus"),
    "zoom_out": ("Zoom out", "minus"),
    "select_all": ("Select all blocks", "design"),
}
_CANVAS: Sequence[str] = ("insert", "select_all", "", "fit", "fit_selection", "zoom_in", "zoom_out")


def block_menu(parent: QWidget, theme: Theme, run: Callable[[str], None], allowed: Callable[[str], bool]) -> QMenu:
    """The menu of the selected blocks; what cannot be done is disabled."""
    menu = _menu(parent)
    for name in MENU:
        _add(menu, theme, name, run, enabled=not name or allowed(name))
    return menu


def canvas_menu(parent: QWidget, theme: Theme, run: Callable[[str], None]) -> QMenu:
    """The menu of the empty canvas."""
    menu = _menu(parent)
    for name in _CANVAS:
        text = "Add a block" if name == "insert" else ""
        _add(menu, theme, name, run, text=text)
    return menu


def gap_menu(parent: QWidget, theme: Theme, gap: int, insert: Callable[[int], None]) -> QMenu:
    """The menu of an insert handle."""
    menu = _menu(parent)
    words = f"Insert a copy of block {gap} here" if gap else "Insert a block here"
    action = menu.addAction(icon("plus", theme.color("text")), words)
    action.triggered.connect(lambda: insert(gap))
    return menu


def _menu(parent: QWidget) -> QMenu:
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return menu


def _add(
    menu: QMenu, theme: Theme, name: str, run: Callable[[str], None], *, text: str = "", enabled: bool = True
) -> None:
    if not name:
        menu.addSeparator()
        return
    words, picture = _OTHER.get(name) or (BLOCK_COMMANDS[name].text, BLOCK_COMMANDS[name].icon)
    action = menu.addAction(icon(picture, theme.color("text")), f"{text or words}\t{key_text(name)}")
    action.setEnabled(enabled)
    action.triggered.connect(lambda: run(name))
