"""The canvas's menus: every action, its icon and its key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from explorer.arch.blocks import BLOCKS
from explorer.arch.blocks.defaults import DEFAULT_BLOCKS
from explorer.gui.icons import icon
from explorer.gui.panels.diagram.commands import BLOCK_COMMANDS, MENU, key_text
from explorer.gui.theme import Theme

_OTHER = {
    "type_channels": ("Type the channels…", "edit"),
    "fold": ("Fold or unfold branches, or equal blocks", "collapse"),
    "insert": ("Insert a copy after it", "plus"),
    "fit": ("Fit the network", "fit"),
    "fit_selection": ("Fit the selection", "zoom"),
    "zoom_in": ("Zoom in", "plus"),
    "zoom_out": ("Zoom out", "minus"),
    "select_all": ("Select all blocks", "design"),
}
_CANVAS: Sequence[str] = ("insert", "select_all", "", "fit", "fit_selection", "zoom_in", "zoom_out")


def block_menu(
    parent: QWidget, theme: Theme, run: Callable[[str], None], allowed: Callable[[str], bool], noun: str
) -> QMenu:
    """The menu of the selected blocks, which are counted by `noun`; what cannot be done is disabled."""
    menu = _menu(parent)
    for name in MENU:
        command = BLOCK_COMMANDS.get(name)
        text = command.text.replace("convolution", noun) if command is not None and noun else ""
        _add(menu, theme, name, run, text=text, enabled=not name or allowed(name))
    return menu


def canvas_menu(parent: QWidget, theme: Theme, run: Callable[[str], None]) -> QMenu:
    """The menu of the empty canvas."""
    menu = _menu(parent)
    for name in _CANVAS:
        text = "Add a block" if name == "insert" else ""
        _add(menu, theme, name, run, text=text)
    return menu


def gap_menu(parent: QWidget, theme: Theme, gap: int, insert: Callable[[str], None], *, copies: bool) -> QMenu:
    """The menu of an insert handle: a copy of the block beside it, if there is one, or a new block of any kind.

    `insert` gets the kind's name in `BLOCKS`, or "" for a copy.
    """
    menu = _menu(parent)
    plus = icon("plus", theme.color("text"))
    if copies:
        words = f"Copy of block {gap}" if gap else "Copy of block 1"
        menu.addAction(plus, words).triggered.connect(lambda: insert(""))
        menu.addSeparator()
    for kind in DEFAULT_BLOCKS:
        action = menu.addAction(plus, BLOCKS[kind].title)
        action.triggered.connect(partial(_insert_kind, insert, kind))
    return menu


def _insert_kind(insert: Callable[[str], None], kind: str, _checked: bool = False) -> None:
    insert(kind)


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
