"""What menus, keys and bars do to the selected blocks; every step is one edit of the document."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from explorer.arch import edits
from explorer.arch.blocks.defaults import DEFAULT_BLOCKS, new_block
from explorer.arch.edits import Edit
from explorer.arch.limits import MAX_BLOCKS
from explorer.arch.spec import NetworkSpec
from explorer.errors import ExplorerError
from explorer.gui.document import ArchDocument

_INSERT = "insert_"
_BLOCK_EDITS: dict[str, Callable[[NetworkSpec, Sequence[int]], Edit]] = {
    "duplicate": edits.duplicate,
    "delete": edits.delete,
    "move_left": edits.move_left,
    "move_right": edits.move_right,
    "more_convs": edits.add_conv,
    "fewer_convs": edits.remove_conv,
    "double_channels": edits.double,
    "halve_channels": edits.halve,
}


class BlockActions(QObject):
    """Edits and navigation by name, on the document's selection."""

    refused = Signal(str)

    def __init__(self, document: ArchDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document

    @staticmethod
    def names() -> tuple[str, ...]:
        """Every edit that `do` knows; `insert_` and a kind of block is one of each kind."""
        return ("insert", *(f"{_INSERT}{kind}" for kind in DEFAULT_BLOCKS), *_BLOCK_EDITS)

    def selected_blocks(self) -> tuple[int, ...]:
        """The indices of the blocks selected, or holding a selected layer."""
        document = self._document
        parts = [self.part_of(name) for name in document.selection]
        return edits.block_indices([part for part in parts if part is not None])

    def selected_parts(self) -> tuple[str, ...]:
        """The parts selected, or holding a selected layer."""
        parts = (self.part_of(name) for name in self._document.selection)
        return tuple(dict.fromkeys(part for part in parts if part is not None))

    def can(self, name: str) -> bool:
        """Whether `do(name)` would change the network."""
        if name.startswith("insert"):
            return len(self._document.spec.blocks) < MAX_BLOCKS
        try:
            self._edit(name)
        except ExplorerError:
            return False
        return True

    def do(self, name: str) -> None:
        """Edit the selected blocks; what cannot be done is said through `refused`."""
        try:
            edit = self._edit(name)
        except ExplorerError as error:
            self.refused.emit(str(error))
            return
        self.apply(edit)

    def apply(self, edit: Edit) -> None:
        """Make `edit` and select what it selects."""
        self._document.edit(edit.spec, edit.text, merge_key=edit.merge_key)
        self._document.flush()
        self._document.select(*edit.selection)

    def go(self, step: int) -> None:
        """Select the part `step` places to the right (input, blocks, head); from nothing, the first or last block."""
        parts = [part.part for part in self._document.summary.parts]
        current = self._current_part()
        if current is None:
            self.go_to_end(last=step < 0)
            return
        index = min(max(parts.index(current) + step, 0), len(parts) - 1)
        self._document.select(parts[index])

    def go_to_end(self, *, last: bool) -> None:
        """Select the first block, or the last."""
        blocks = self._document.spec.blocks
        if blocks:
            self._document.select(f"block{len(blocks) if last else 1}")

    def go_in(self) -> None:
        """From a block to its first layer; from a layer to the next one of its block."""
        part = self._current_part()
        if part is None:
            return
        names = [row.node.name for row in self._document.summary.by_part[part].rows]
        current = self._document.selection[-1]
        index = names.index(current) + 1 if current in names else 0
        if names:
            self._document.select(names[min(index, len(names) - 1)])

    def go_out(self) -> None:
        """From a layer to its block; from a block to the network."""
        part = self._current_part()
        if part is not None and self._document.selection[-1] != part:
            self._document.select(part)
        else:
            self._document.select()

    def part_of(self, name: str) -> str | None:
        """The part that holds the node `name`, or `name` itself where it is a part."""
        summary = self._document.summary
        if name in summary.by_part:
            return name
        row = summary.by_node.get(name)
        return row.node.part if row is not None else None

    def _current_part(self) -> str | None:
        selection = self._document.selection
        return self.part_of(selection[-1]) if selection else None

    def _edit(self, name: str) -> Edit:
        spec = self._document.spec
        blocks = self.selected_blocks()
        if name == "insert":
            return edits.insert_copy(spec, self._gap(blocks))
        if name.startswith(_INSERT):
            gap = self._gap(blocks)
            return edits.insert_block(spec, gap, new_block(name.removeprefix(_INSERT), spec.blocks, gap))
        return _BLOCK_EDITS[name](spec, blocks)

    def _gap(self, blocks: tuple[int, ...]) -> int:
        if blocks:
            return blocks[-1] + 1
        return 0 if self._current_part() == "input" else len(self._document.spec.blocks)
