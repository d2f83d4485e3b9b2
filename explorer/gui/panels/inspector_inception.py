"""The inspector's form for an Inception block: its paths, and what all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from explorer.analysis.summary import NetworkSummary
from explorer.arch.blocks import InceptionBlock, Path
from explorer.arch.graph import block_part
from explorer.arch.limits import MAX_PATHS
from explorer.arch.ops import AvgPool2d, Concat, Conv2d, MaxPool2d
from explorer.gui.models.layer_words import ACTIVATION_WORDS
from explorer.gui.panels.inspector_form import Disclosure
from explorer.gui.panels.inspector_paths import PathRow, new_paths
from explorer.gui.panels.inspector_settings import NORM_WORDS, PLAIN_NORMS, BlocksForm, pool_words
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Label, TextButton


class InceptionForm(BlocksForm):
    """One row per path, then a disclosure with norm, bias, activation and the pool after."""

    kind = "Inception"
    takes_several = False

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.path_rows: list[PathRow] = []
        self._ends: dict[int, str] = {}
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        self._rows.setContentsMargins(-6, 0, 0, 0)  # a lit row's ground reaches beyond the labels
        self.column.addLayout(self._rows)
        self.add_button = TextButton("Add a path", "link", "plus", self, theme=theme)
        self.add_button.clicked.connect(self._open_menu)
        self.total = Label("", self, theme=theme, size_px=12, weight=600)
        line = QHBoxLayout()
        line.setContentsMargins(-4, 0, 0, 0)
        line.addWidget(self.add_button)
        line.addStretch(1)
        line.addWidget(self.total)
        self.column.addLayout(line)
        more = Disclosure(theme, self)
        self.norm = self.add_norm(PLAIN_NORMS, into=more.rows)
        self.bias = self.add_switch("Bias", "bias", "bias", into=more.rows)
        self.activation = self.add_activation(into=more.rows)
        self.add_pool(more, into=more.rows)
        self.column.addWidget(more)
        self.finish()

    @property
    def block(self) -> InceptionBlock:
        """The block that is shown, with what was wished since."""
        block = self.spec.blocks[self._blocks[0]]
        assert isinstance(block, InceptionBlock)
        return block

    def place_words(self) -> str:
        """`path 2` while a layer of it is selected."""
        return next((f"path {row.number}" for row in self.path_rows if row.is_lit and not row.isHidden()), "")

    def add_menu(self) -> QMenu:
        """The kinds of path that can be added."""
        menu = QMenu(self)
        for text, path in new_paths(self.block.paths):
            entry = menu.addAction(text)
            entry.triggered.connect(lambda _=False, path=path: self._add(path))
        return menu

    def _show_more(self, summary: NetworkSummary, chosen: Sequence[InceptionBlock]) -> None:
        block, part = chosen[0], summary.by_part[block_part(self._blocks[0])]
        while len(self.path_rows) < len(block.paths):
            self._add_row()
        layers = [row.node for row in part.rows if isinstance(row.node.op, (Conv2d, MaxPool2d, AvgPool2d))]
        self._ends = {node.path: node.name for node in layers if node.path}
        lit = next((row.node.path for row in part.rows if row.node.name == self._node), 0)
        for row in self.path_rows:
            row.setVisible(row.number <= len(block.paths))
            if row.number <= len(block.paths):
                row.set_path(block.paths[row.number - 1], num_paths=len(block.paths), is_lit=row.number == lit)
        self.add_button.setEnabled(len(block.paths) < MAX_PATHS)
        joined = next((row for row in part.rows if isinstance(row.node.op, Concat)), None)
        known = joined is not None and joined.shape is not None
        total = joined.shape[0] if known and joined is not None and joined.shape is not None else block.out_channels
        self.total.setText(f"{total:,} channels out")
        norm, bias = NORM_WORDS[block.norm], "bias" if block.bias else "no bias"
        text = f"{norm} · {bias} · {ACTIVATION_WORDS[block.activation]} · {pool_words(block.pool)}"
        self.more.set_summary_text(text[0].upper() + text[1:])

    def _add_row(self) -> None:
        row = PathRow(self._theme, len(self.path_rows) + 1, self)
        row.edited.connect(lambda path, field, words: self._wish_path(row.number, path, field, words))
        row.removed.connect(lambda: self._remove(row.number))
        row.chosen.connect(lambda: self._choose(row.number))
        self.path_rows.append(row)
        self._rows.addWidget(row)
        self.grown.emit()

    def _choose(self, number: int) -> None:
        if number in self._ends:
            self.selected.emit((self._ends[number],))

    def _wish_path(self, number: int, path: Path, field: str, words: str) -> None:
        # The row may not have been told yet of another wish of the same turn: only the one field is taken over.
        def changed(block: InceptionBlock) -> InceptionBlock:
            own = block.paths[number - 1]
            wanted = path if field == "kind" else replace(own, **{field: getattr(path, field)})
            return replace(block, paths=(*block.paths[: number - 1], wanted, *block.paths[number:]))

        self.wish_blocks(f"paths.{number}.{field}", f"path {number} {words}", changed)
        self.path_rows[number - 1].clear_error()

    def _add(self, path: Path) -> None:
        words = f"path {len(self.block.paths) + 1} more"
        self.wish_blocks("", words, lambda block: replace(block, paths=(*block.paths, path)))

    def _remove(self, number: int) -> None:
        def changed(block: InceptionBlock) -> InceptionBlock:
            return replace(block, paths=block.paths[: number - 1] + block.paths[number:])

        self.wish_blocks("", f"without path {number}", changed)

    def _open_menu(self) -> None:
        menu = self.add_menu()
        menu.popup(self.add_button.mapToGlobal(QPoint(0, self.add_button.height() + 2)))


__all__ = ["InceptionForm"]
