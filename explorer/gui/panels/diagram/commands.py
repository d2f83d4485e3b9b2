"""Everything that can be done to the picture's selection: one table for menu, keys and bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from explorer.arch import edits
from explorer.arch.blocks import Block
from explorer.arch.edits import Edit
from explorer.arch.spec import NetworkSpec

_CTRL = Qt.KeyboardModifier.ControlModifier
_ALT = Qt.KeyboardModifier.AltModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_NONE = Qt.KeyboardModifier.NoModifier
_Key = Qt.Key


class BlockCommand(NamedTuple):
    """An edit of the selected blocks: its words, its icon, and what it does."""

    text: str
    icon: str
    apply: Callable[[NetworkSpec, Sequence[int]], Edit]


BLOCK_COMMANDS: Mapping[str, BlockCommand] = {
    "add_conv": BlockCommand("Add a convolution", "plus", edits.add_conv),
    "remove_conv": BlockCommand("Remove a convolution", "minus", edits.remove_conv),
    "double": BlockCommand("Double the channels", "double", edits.double),
    "halve": BlockCommand("Halve the channels", "half", edits.halve),
    "insert": BlockCommand(
        "Insert a copy after it", "plus", lambda spec, blocks: edits.insert_copy(spec, max(blocks, default=-1) + 1)
    ),
    "duplicate": BlockCommand("Duplicate", "duplicate", edits.duplicate),
    "move_left": BlockCommand("Move left", "arrow-left", edits.move_left),
    "move_right": BlockCommand("Move right", "arrow-right", edits.move_right),
    "delete": BlockCommand("Delete", "trash", edits.delete),
}


class Counted(NamedTuple):
    """How the bar calls what blocks have a number of: one, several, and as a title."""

    one: str
    many: str
    title: str


COUNTED: Mapping[str, Counted] = {
    "convolution": Counted("conv", "convs", "Convolutions"),
    "residual unit": Counted("unit", "units", "Residual units"),
}
"""Per `count_noun` of a block, its short words."""


def counted_by(blocks: Sequence[Block]) -> str:
    """The noun that all `blocks` are counted by; "" where they differ or nothing is counted."""
    nouns = {block.count_noun for block in blocks}
    return nouns.pop() if len(nouns) == 1 else ""


KEYS: Mapping[tuple[Qt.KeyboardModifier, int], str] = {
    (_NONE, _Key.Key_Left): "previous",
    (_NONE, _Key.Key_Right): "next",
    (_SHIFT, _Key.Key_Left): "extend_previous",
    (_SHIFT, _Key.Key_Right): "extend_next",
    (_NONE, _Key.Key_Home): "first",
    (_NONE, _Key.Key_End): "last",
    (_NONE, _Key.Key_Down): "into",
    (_NONE, _Key.Key_Up): "out",
    (_NONE, _Key.Key_Escape): "clear",
    (_NONE, _Key.Key_Plus): "add_conv",
    (_NONE, _Key.Key_Equal): "add_conv",
    (_NONE, _Key.Key_Minus): "remove_conv",
    (_NONE, _Key.Key_BracketRight): "double",
    (_NONE, _Key.Key_BracketLeft): "halve",
    (_NONE, _Key.Key_Return): "type_channels",
    (_NONE, _Key.Key_Enter): "type_channels",
    (_NONE, _Key.Key_Insert): "insert",
    (_CTRL, _Key.Key_D): "duplicate",
    (_NONE, _Key.Key_Delete): "delete",
    (_NONE, _Key.Key_Backspace): "delete",
    (_ALT, _Key.Key_Left): "move_left",
    (_ALT, _Key.Key_Right): "move_right",
    (_NONE, _Key.Key_F): "fit",
    (_SHIFT, _Key.Key_F): "fit_selection",
    (_CTRL, _Key.Key_A): "select_all",
    (_CTRL, _Key.Key_Plus): "zoom_in",
    (_CTRL, _Key.Key_Equal): "zoom_in",
    (_CTRL, _Key.Key_Minus): "zoom_out",
    (_CTRL, _Key.Key_0): "fit",
}
"""Keys of the canvas. Space folds when it is released without a drag, so it is not in the table."""

MENU: Sequence[str] = (
    "type_channels",
    "add_conv",
    "remove_conv",
    "double",
    "halve",
    "",
    "insert",
    "duplicate",
    "move_left",
    "move_right",
    "fold",
    "",
    "delete",
)
"""The block's menu; an empty name is a line between groups."""

SHOWN_KEYS: Mapping[str, str] = {
    "type_channels": "Return",
    "add_conv": "+",
    "remove_conv": "-",
    "double": "]",
    "halve": "[",
    "insert": "Ins",
    "duplicate": "Ctrl+D",
    "move_left": "Alt+Left",
    "move_right": "Alt+Right",
    "fold": "Space",
    "delete": "Del",
    "fit": "F",
    "fit_selection": "Shift+F",
    "zoom_in": "Ctrl++",
    "zoom_out": "Ctrl+-",
    "clear": "Esc",
    "into": "Down",
    "out": "Up",
    "select_all": "Ctrl+A",
}
"""The key that menus and tooltips name for each command."""


def command_of(modifiers: Qt.KeyboardModifier, key: int) -> str | None:
    """The command of a key press; the keypad and the Shift that + needs make no difference."""
    plain = modifiers & ~Qt.KeyboardModifier.KeypadModifier
    found = KEYS.get((plain, key))
    if found is None and key in {_Key.Key_Plus, _Key.Key_BracketLeft, _Key.Key_BracketRight}:
        found = KEYS.get((plain & ~_SHIFT, key))
    return found


def key_text(name: str) -> str:
    """The key of a command as this system writes it; empty where it has none."""
    shown = SHOWN_KEYS.get(name, "")
    return QKeySequence(shown).toString(QKeySequence.SequenceFormat.NativeText) if shown else ""
