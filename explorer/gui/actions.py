"""Every action of the window in one table: its words, keys, icon and menu. What it does is connected elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from explorer.gui.icons import icon
from explorer.gui.theme import ThemeSource

Scope = Literal["window", "canvas", "none"]
MENUS: tuple[tuple[str, str], ...] = (
    ("file", "File"),
    ("edit", "Edit"),
    ("block", "Block"),
    ("view", "View"),
    ("run", "Run"),
    ("help", "Help"),
)


SUBMENUS: Mapping[str, tuple[str, str]] = {"insert_kind": ("insert", "Insert another kind")}
"""Menus inside others: under their key, the action that they stand after, and their title."""


class ActionRow(NamedTuple):
    """One action. `scope` says where its keys work: in the whole window, on the canvas, or only in the menu."""

    name: str
    text: str
    menu: str
    keys: tuple[str, ...] = ()
    icon: str | None = None
    tooltip: str = ""
    scope: Scope = "window"
    checkable: bool = False
    starts_group: bool = False


ROWS: tuple[ActionRow, ...] = (
    ActionRow("new", "New network", "file", ("Ctrl+N",), "file-plus", "Start with an empty network"),
    ActionRow("presets", "Presets…", "file", ("Ctrl+P",), "folder", "Start from a network known by name"),
    ActionRow("open", "Open…", "file", ("Ctrl+O",), "folder", "Open an .arch.json file or code", starts_group=True),
    ActionRow("save", "Save", "file", ("Ctrl+S",), "save", "Save the network", starts_group=True),
    ActionRow("save_as", "Save as…", "file", ("Ctrl+Shift+S",), None, "Save the network in another file"),
    ActionRow("export", "Export…", "file", ("Ctrl+E",), "export", "Reports, tables, pictures and code"),
    ActionRow("quit", "Quit", "file", ("Ctrl+Q",), None, "Close the window", starts_group=True),
    ActionRow("undo", "Undo", "edit", ("Ctrl+Z",), "undo", "Undo"),
    ActionRow("redo", "Redo", "edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "Redo"),
    ActionRow("paste_arch", "Paste conv_arch", "edit", (), "file", "Take the network from the text on the clipboard",
              starts_group=True),
    ActionRow("paste_code", "Paste code or error…", "edit", ("Ctrl+Shift+V",), "code",
              "Read a network from code, print(model) or a shape error"),
    ActionRow("rename", "Rename network", "edit", (), "edit", "Give the network another name"),
    ActionRow("edit_text", "Edit conv_arch", "edit", ("Ctrl+L",), "code", "Put the caret into the conv_arch text"),
    ActionRow("next_finding", "Next finding", "edit", ("F8",), "warning", "Select the next finding's place",
              starts_group=True),
    ActionRow("previous_finding", "Previous finding", "edit", ("Shift+F8",), None, "Select the finding before"),
    ActionRow("apply_fix", "Apply its fix", "edit", ("Alt+Return",), "check", "Apply the finding's first fix"),
    ActionRow("insert", "Insert block after", "block", ("Ins",), "plus", "Insert a copy after the selected block",
              "canvas"),
    ActionRow("insert_vgg", "VGG block", "insert_kind", (), None, "Insert a VGG block after the selected block"),
    ActionRow("insert_conv", "Convolution", "insert_kind", (), None, "Insert a convolution with its own step"),
    ActionRow("insert_inception", "Inception block", "insert_kind", (), None, "Insert paths side by side"),
    ActionRow("insert_residual", "Residual stage", "insert_kind", (), None, "Insert two residual units"),
    ActionRow("duplicate", "Duplicate", "block", ("Ctrl+D",), "duplicate", "Duplicate the selected block"),
    ActionRow("delete", "Delete", "block", ("Del",), "trash", "Delete the selected block", "canvas"),
    ActionRow("move_left", "Move left", "block", ("Alt+Left",), "arrow-left", "Move the block towards the input",
              "canvas", starts_group=True),
    ActionRow("move_right", "Move right", "block", ("Alt+Right",), "arrow-right", "Move the block towards the head",
              "canvas"),
    ActionRow("more_convs", "One convolution or unit more", "block", ("+", "="), "plus",
              "One convolution more, or one residual unit", "canvas",
              starts_group=True),
    ActionRow("fewer_convs", "One convolution or unit less", "block", ("-",), "minus",
              "One convolution less, or one residual unit", "canvas"),
    ActionRow("double_channels", "Channels × 2", "block", ("]",), "double", "Twice the channels", "canvas"),
    ActionRow("halve_channels", "Channels ÷ 2", "block", ("[",), "half", "Half the channels", "canvas"),
    ActionRow("next_block", "Next block", "block", ("Right",), None, "Select the next block", "canvas",
              starts_group=True),
    ActionRow("previous_block", "Previous block", "block", ("Left",), None, "Select the block before", "canvas"),
    ActionRow("first_block", "First block", "block", ("Home",), None, "Select the first block", "canvas"),
    ActionRow("last_block", "Last block", "block", ("End",), None, "Select the last block", "canvas"),
    ActionRow("into_layers", "Into its layers", "block", ("Down",), None, "Select its layers in turn", "canvas"),
    ActionRow("out_of_layers", "Out of its layers", "block", ("Up",), None, "From a layer back to its block", "canvas"),
    ActionRow("clear_selection", "Select the network", "block", ("Esc",), None, "Select nothing but the network",
              "canvas"),
    ActionRow("page_design", "Design", "view", ("Ctrl+1",), "design", "Show the page Design", checkable=True),
    ActionRow("page_train", "Train", "view", ("Ctrl+2",), "train", "Show the page Train", checkable=True),
    ActionRow("page_inspect", "Inspect", "view", ("Ctrl+3",), "inspect", "Show the page Inspect", checkable=True),
    ActionRow("page_compare", "Compare", "view", ("Ctrl+4",), "compare", "Show the page Compare", checkable=True),
    ActionRow("zoom_in", "Zoom in", "view", ("Ctrl++", "Ctrl+="), "plus", "Draw the network larger",
              starts_group=True),
    ActionRow("zoom_out", "Zoom out", "view", ("Ctrl+-",), "minus", "Draw the network smaller"),
    ActionRow("zoom_fit", "Fit the network", "view", ("F",), "fit", "Show the whole network", "canvas"),
    ActionRow("zoom_selection", "Fit the selection", "view", ("Shift+F",), None, "Show the selected block whole",
              "canvas"),
    ActionRow("show_side", "Inspector and findings", "view", ("Ctrl+\\",), "sidebar", "Show or hide the side",
              checkable=True, starts_group=True),
    ActionRow("full_screen", "Full screen", "view", ("F11",), "expand", "Fill the screen", checkable=True),
    ActionRow("run_start", "Start or continue", "run", ("F5",), "play", "Start training, or continue it"),
    ActionRow("run_pause", "Pause", "run", ("F6",), "pause", "Pause training"),
    ActionRow("run_stop", "Stop and keep", "run", ("Shift+F5",), "stop", "Stop training and keep the result"),
    ActionRow("settings", "Settings…", "help", ("Ctrl+,",), "settings", "Theme, data folder"),
    ActionRow("shortcuts", "Keyboard shortcuts", "help", ("F1",), "keyboard", "Every key in one list"),
    ActionRow("about", "About Conv-Arch Explorer", "help", (), "info", "Versions and licences"),
    ActionRow("menu", "Menu", "", ("F10",), "menu", "All actions by menu"),
)  # fmt: skip


class Actions(QObject):
    """The actions by name; their icons follow the theme, their tooltips name the keys."""

    def __init__(self, window: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self._rows = {row.name: row for row in ROWS}
        self._actions = {row.name: self._make(row) for row in ROWS}
        window.addActions([self._actions[row.name] for row in ROWS if row.scope == "window"])
        theme.changed.connect(self._forget_icons)
        self._has_icons = False

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._actions)

    def row(self, name: str) -> ActionRow:
        """The line of the table."""
        return self._rows[name]

    def set_text(self, name: str, text: str, tooltip: str) -> None:
        """Give an action other words, as undo names its step."""
        action = self._actions[name]
        action.setText(text)
        action.setToolTip(with_keys(tooltip, action))

    def menu(self, key: str, parent: QWidget) -> QMenu:
        """The menu `key` (of `MENUS` or `SUBMENUS`) with its actions."""
        title = SUBMENUS[key][1] if key in SUBMENUS else dict(MENUS)[key]
        menu = QMenu(title, parent)
        menu.aboutToShow.connect(self.show_icons)
        for row in ROWS:
            if row.menu == key:
                if row.starts_group:
                    menu.addSeparator()
                menu.addAction(self._actions[row.name])
                for inner, (after, _title) in SUBMENUS.items():
                    if after == row.name:
                        menu.addMenu(self.menu(inner, menu))
        return menu

    def _make(self, row: ActionRow) -> QAction:
        action = QAction(row.text, self._window)
        action.setObjectName(row.name)
        action.setShortcuts([QKeySequence(keys) for keys in row.keys])
        action.setCheckable(row.checkable)
        action.setToolTip(with_keys(row.tooltip or row.text, action))
        if row.scope == "canvas":
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return action

    def show_icons(self) -> None:
        """Draw the icons in the colours of the theme; wanted only where a menu opens, so not before the first paint."""
        if self._has_icons:
            return
        self._has_icons = True
        for name, action in self._actions.items():
            stem = self._rows[name].icon
            if stem:
                action.setIcon(icon(stem, self._theme.current.color("muted"), 16))

    def _forget_icons(self) -> None:
        self._has_icons = False


def with_keys(text: str, action: QAction) -> str:
    """`Undo (Ctrl+Z)`: a tooltip that names the keys."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{text} ({keys})" if keys else text
