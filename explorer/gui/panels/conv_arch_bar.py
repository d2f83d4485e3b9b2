"""The conv_arch bar: the network as text, in sync both ways while it is typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.analysis.summary import LayerRow, NetworkSummary
from explorer.arch.blocks import Block
from explorer.arch.conv_arch import (
    NOTATIONS,
    Notation,
    ParsedArch,
    has_short_notation,
    parse_blocks,
    what_is_lost,
    written_arch,
)
from explorer.arch.edits import block_indices
from explorer.arch.graph import block_part
from explorer.arch.spec import NetworkSpec
from explorer.errors import ArchTextError, SpecError, TextFix
from explorer.gui.fonts import mono_font
from explorer.gui.panels.arch_text_edit import LINE_HEIGHT, MAX_LINES, ArchTextEdit
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Chip, Combo, ElidedLabel, Ground, Label, TextButton

BAR_HEIGHT, SENTENCE_HEIGHT = 48, 24
LONG_PAIR = 60
"""Two neighbours in a block list with more signs than this stand on lines of their own."""
EMPTY_SENTENCE = "Type a network or pick a preset"


class ConvArchBar(Ground):
    """The field, its state and its notation.

    A text that can be read becomes a wish; one that cannot is marked, and the network stays as it was. The text is
    rewritten only when the network changed from elsewhere and the text no longer says it.
    """

    edited = Signal(object, str, str)  # NetworkSpec, undo text, merge key
    selected = Signal(tuple)  # tuple[str, ...]
    text_state_changed = Signal(bool)  # whether the text can be read and is what is shown elsewhere
    notation_changed = Signal(str)
    undo_wished = Signal()
    redo_wished = Signal()

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent, theme=theme)
        self._spec: NetworkSpec | None = None
        self._notation: Notation = "pairs"
        self._parsed: ParsedArch | None = None
        self._wanted: NetworkSpec | None = None
        self._selection: tuple[str, ...] = ()
        self._rows: Mapping[str, LayerRow] = {}
        self._fitted = (0, False)
        self._is_short = True
        self._fix: TextFix | None = None
        self._is_readable = True
        self._error_offset = 0
        self._has_error = False
        self._tells_lost = False
        self.field = ArchTextEdit(theme, self)
        self.chip = Chip("ok", "In sync", theme=theme, parent=self)
        self.notation_box = Combo(tuple(NOTATIONS.items()), self, theme=theme, name="Notation of the text")
        self.notation_box.setToolTip("How the text is written; the network stays the same")
        self.sentence = ElidedLabel("", self, theme=theme, size_px=12)
        self.fix_link = TextButton("", "link", None, self, theme=theme)
        self._lay_out()
        self._connect()
        self._show_notation()
        self._fit_height()

    def set_summary(self, summary: NetworkSummary) -> None:
        """Show the network of `summary`; a text that says it already is left alone, caret and all."""
        before, self._spec = self._spec, summary.spec
        self._rows = summary.by_node
        if before is not None and _said(before) == _said(summary.spec):
            return
        if self._wanted is None or _said(self._wanted) != _said(summary.spec):
            if self._still_says(summary.spec):
                self._wanted = summary.spec
            else:
                self._rewrite()
                return
        self._show_notation()
        self._show_state()
        self._show_selection()

    def set_selection(self, names: tuple[str, ...]) -> None:
        """Put the selection's ground behind the tuples of the blocks in `names` (or of the layers' blocks)."""
        self._selection = tuple(names)
        self._show_selection()

    def notation(self) -> Notation:
        """The notation of the text: the chosen one, or the block list where only that knows all blocks."""
        return self._notation if self._is_short else "blocks"

    def set_notation(self, notation: str) -> None:
        """Write the text in `notation`; the network stays."""
        for known in NOTATIONS:
            if known == notation and known != self._notation:
                self._notation = known
                self._rewrite()

    def is_readable(self) -> bool:
        """Whether the text can be read."""
        return self._is_readable

    def text(self) -> str:
        """The text as it stands."""
        return self.field.toPlainText()

    def focus_field(self) -> None:
        """Put the keyboard into the field."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _lay_out(self) -> None:
        name = Label("conv_arch", self, theme=self._theme)
        name.setFont(mono_font(13, 500))
        name.setBuddy(self.field)
        name.setFixedHeight(LINE_HEIGHT + 6)
        right = QHBoxLayout()
        right.setSpacing(10)
        right.addWidget(self.chip)
        self.notation_box.setFixedWidth(128)
        right.addWidget(self.notation_box)
        text = QHBoxLayout()
        text.setContentsMargins(0, 4, 0, 0)
        text.setSpacing(0)
        text.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        text.addSpacing(14)
        text.addWidget(self.field, 1, Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout()
        row.setContentsMargins(20, 8, 16, 0)
        row.setSpacing(12)
        row.addLayout(text, 1)
        row.addLayout(right)
        row.setAlignment(right, Qt.AlignmentFlag.AlignTop)
        self._below = QWidget(self)
        self._below.setFixedHeight(SENTENCE_HEIGHT)
        below = QHBoxLayout(self._below)
        below.setContentsMargins(20 + name.sizeHint().width() + 17, 0, 16, 6)
        below.setSpacing(8)
        self.fix_link.setFixedHeight(18)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        below.addWidget(self.sentence)
        below.addWidget(self.fix_link)
        below.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._below)
        column.addStretch(1)

    def _connect(self) -> None:
        self.field.textChanged.connect(self._take_text)
        self.field.caret_moved.connect(self._select_at)
        # Queued: the field tells it while the layout is at work, which would drop the new height.
        self.field.lines_changed.connect(self._fit_height, Qt.ConnectionType.QueuedConnection)
        self.field.left.connect(self._leave)
        self.field.revert_wished.connect(self._rewrite)
        self.field.undo_wished.connect(self.undo_wished)
        self.field.redo_wished.connect(self.redo_wished)
        self.notation_box.edited.connect(self._switch_notation)
        self.fix_link.clicked.connect(self._apply_fix)
        self.chip.clicked.connect(self._take_chip)

    def _take_text(self) -> None:
        """Read what was typed: a wish, or a marked error."""
        if self.field.is_filling() or self._spec is None:
            return
        text = self.text()
        self._parsed, self._wanted = None, None
        if not text.strip():
            self._show_state()
            self._set_readable(readable=not self._spec.blocks)
            return
        try:
            parsed = parse_blocks(text, previous=self._spec.blocks, notation=self.notation())
            channels = parsed.input_channels or self._spec.input.channels
            picture = replace(self._spec.input, channels=channels)
            wanted = replace(self._spec, blocks=parsed.blocks, input=picture)
        except ArchTextError as error:
            self._show_error(error)
            return
        except SpecError as error:
            self._show_error(ArchTextError(str(error), line=1, column=1, length=len(text)))
            return
        self._parsed, self._wanted = parsed, wanted
        # A network that only the block list can write does not change which notation is preferred for the others.
        if parsed.notation != self._notation and self._is_short and has_short_notation(wanted.blocks):
            self._notation = parsed.notation
            self.notation_changed.emit(parsed.notation)
        self._show_notation()
        self._show_state()
        if wanted != self._spec:
            self.edited.emit(wanted, _undo_text(self._spec, wanted), "conv_arch")
        self._show_selection()
        if self.field.hasFocus():
            self._select_at(self.field.textCursor().position())

    def _still_says(self, spec: NetworkSpec) -> bool:
        """Whether the text, read again, gives `spec`: then its line breaks and comments are kept."""
        if self._parsed is None:
            return False
        if self._parsed.notation == "blocks":  # it leaves nothing to what stood before, so it need not be read again
            return self._parsed.blocks == spec.blocks
        if _figures(self._parsed.blocks) != _figures(spec.blocks):
            return False
        try:
            parsed = parse_blocks(self.text(), previous=spec.blocks, notation=self.notation())
        except ArchTextError:
            return False
        channels = parsed.input_channels or spec.input.channels
        if parsed.blocks != spec.blocks or channels != spec.input.channels:
            return False
        self._parsed = parsed
        return True

    def _rewrite(self) -> None:
        """Write the network into the field."""
        if self._spec is None:
            return
        self._wanted = self._spec
        self._show_notation()
        channels = self._spec.input.channels
        text, self._parsed = written_arch(self._spec.blocks, self.notation(), input_channels=channels)
        if self._parsed is not None and self.notation() == "blocks":
            text = _in_lines(text, self._parsed.spans)
        self.field.set_error(None)
        self.field.fill(text, self._parsed.spans if self._parsed is not None else ())
        self._show_state()
        self._show_selection()

    def _show_error(self, error: ArchTextError) -> None:
        start = _offset(self.text(), error.line, error.column)
        self._error_offset, self._has_error = start, True
        self.field.set_error((start, start + error.length))
        self.field.set_spans(())
        self.field.setAccessibleDescription(str(error))
        self.chip.set_state("err", f"Line {error.line}, column {error.column}")
        self.chip.set_clickable(True)
        self.chip.setToolTip("Go to this place in the text")
        self._say(str(error), "err", error.fix)
        self._set_readable(readable=False)

    def _show_state(self) -> None:
        """Show that the text can be read, or that there is none."""
        assert self._spec is not None
        self._has_error = False
        self.field.set_error(None)
        self.field.setAccessibleDescription("")
        self.chip.set_clickable(False)
        self.chip.setToolTip("")
        is_empty = not self.text().strip()
        if is_empty:
            self.chip.set_state("muted", "Empty")
            self._say(EMPTY_SENTENCE, "muted", None)
        else:
            shown = self._wanted or self._spec
            self._show_lost(what_is_lost(shown.blocks, self.notation()))
        self._set_readable(readable=not is_empty or not self._spec.blocks)

    def _show_lost(self, lost: str) -> None:
        """Say that the text is right, and what the notation leaves out: in full only when it was asked for."""
        self._tells_lost = self._tells_lost and bool(lost)
        self.chip.set_state("info" if lost else "ok", "In sync, in part" if lost else "In sync")
        self.chip.set_clickable(bool(lost))
        self.chip.setToolTip(lost)
        told = lost if self._tells_lost else ""
        self._say(told, "muted", None, link="Show as block list" if told else "")

    def _take_chip(self) -> None:
        """Go to the error, or tell what the notation leaves out, or stop telling it."""
        if self._has_error:
            self.field.go_to(self._error_offset)
        else:
            self._tells_lost = not self._tells_lost
            self._show_state()

    def _say(self, sentence: str, token: str, fix: TextFix | None, *, link: str = "") -> None:
        self._fix = fix
        self.sentence.set_text(sentence)
        self.sentence.set_ink(token)
        label = fix.label if fix is not None else link
        self.fix_link.set_text(label)
        self.fix_link.setVisible(bool(label))
        self._below.setVisible(bool(sentence))
        self._fit_height()

    def _set_readable(self, *, readable: bool) -> None:
        if readable != self._is_readable:
            self._is_readable = readable
            self.text_state_changed.emit(readable)

    def _apply_fix(self) -> None:
        if self._fix is None:
            self._switch_notation("blocks")
            return
        self.field.replace_all(self._fix.text)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _switch_notation(self, notation: object) -> None:
        self._tells_lost = True
        self.set_notation(str(notation))
        self.notation_changed.emit(self._notation)

    def _show_notation(self) -> None:
        """Show the notation; the short ones rest, with the reason, where they cannot write the network."""
        blocks = (self._wanted or self._spec).blocks if self._spec is not None else ()
        self._is_short = has_short_notation(blocks)
        for notation in NOTATIONS:
            self.notation_box.set_reason(notation, "" if self._is_short else what_is_lost(blocks, notation))
        self.notation_box.set_value(self.notation())

    def _select_at(self, offset: int) -> None:
        index = self._parsed.block_at(offset) if self._parsed is not None else None
        if index is None:
            return
        part = block_part(index)
        if (self._selection[-1:] != (part,) and len(self._selected_blocks()) <= 1) or not self._selection:
            self.selected.emit((part,))

    def _selected_blocks(self) -> tuple[int, ...]:
        rows = self._rows
        return block_indices([rows[name].node.part if name in rows else name for name in self._selection])

    def _show_selection(self) -> None:
        if self._parsed is None:
            self.field.set_spans(())
            return
        spans = self._parsed.spans
        self.field.set_spans([spans[index] for index in self._selected_blocks() if index < len(spans)])

    def _leave(self) -> None:
        """An emptied field gets its text back: nothing was wished yet."""
        if not self.text().strip() and self._spec is not None and self._spec.blocks:
            self._rewrite()

    def _fit_height(self) -> None:
        fitted = (self.field.num_lines(), self._below.isHidden())
        if fitted == self._fitted:
            return
        self._fitted = fitted
        lines = min(self.field.num_lines(), MAX_LINES)
        many = self.field.num_lines() > MAX_LINES
        self.field.setFixedHeight(self.field.height_of(lines) if many else lines * LINE_HEIGHT + 6)
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if many else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.field.setVerticalScrollBarPolicy(policy)
        below = SENTENCE_HEIGHT if not self._below.isHidden() else 0
        self.setFixedHeight(BAR_HEIGHT + (lines - 1) * LINE_HEIGHT + below)


def _in_lines(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """`text` with line breaks for the spaces between long blocks: an edit then lays one line out, not all of them."""
    signs = list(text)
    for (start, end), (following, last) in pairwise(spans):
        if last - following + end - start > LONG_PAIR:
            signs[following - 1] = "\n"
    return "".join(signs)


def _figures(blocks: tuple[Block, ...]) -> list[tuple[int, int]]:
    """What every short notation writes of a block."""
    return [(block.count, block.out_channels) for block in blocks]


def _said(spec: NetworkSpec) -> tuple[tuple[Block, ...], int]:
    """What of `spec` a text can say."""
    return spec.blocks, spec.input.channels


def _offset(text: str, line: int, column: int) -> int:
    """The offset of the character at `line` and `column`, both from 1."""
    lines = text.split("\n")
    return sum(len(each) + 1 for each in lines[: line - 1]) + column - 1


def _undo_text(before: NetworkSpec, after: NetworkSpec) -> str:
    """What the edit is called: the block and its figure where only one changed."""
    changed = [index for index, pair in enumerate(zip(before.blocks, after.blocks, strict=False)) if pair[0] != pair[1]]
    if len(before.blocks) != len(after.blocks) or len(changed) != 1 or before.input != after.input:
        return "Edit conv_arch"
    number, old, new = changed[0] + 1, before.blocks[changed[0]], after.blocks[changed[0]]
    if type(old) is not type(new):
        return f"Block {number} becomes {new.title}"
    if old.with_channels(new.out_channels) == new:
        return f"Block {number} to {new.out_channels:,} channel{'s' if new.out_channels > 1 else ''}"
    if old.count != new.count and old.out_channels == new.out_channels:
        return f"Block {number} to {new.count} {new.count_noun}{'s' if new.count > 1 else ''}"
    return f"Edit block {number}"
