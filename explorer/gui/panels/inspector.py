"""The inspector: a title and one form for what is selected: blocks, the input, the head, or the network itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QSizePolicy, QVBoxLayout, QWidget

from explorer.analysis.summary import NetworkSummary
from explorer.arch.blocks import Block, ConvBlock, InceptionBlock, ResidualStage, VGGBlock
from explorer.arch.conversions import conversions
from explorer.arch.edits import block_index
from explorer.arch.graph import HEAD_PART, INPUT_PART, block_part
from explorer.gui.panels.inspector_block import BlockForm
from explorer.gui.panels.inspector_conv import ConvForm
from explorer.gui.panels.inspector_ends import HeadForm, InputForm
from explorer.gui.panels.inspector_form import InspectorForm, UndoPasser
from explorer.gui.panels.inspector_inception import InceptionForm
from explorer.gui.panels.inspector_network import NetworkForm
from explorer.gui.panels.inspector_residual import ResidualForm
from explorer.gui.panels.inspector_settings import BlocksForm, blocks_title
from explorer.gui.panels.inspector_shared import SharedForm
from explorer.gui.panels.inspector_title import InspectorTitle
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Ground
from explorer.units import shape

FORMS: Mapping[type[Block], type[BlocksForm]] = {
    VGGBlock: BlockForm,
    ConvBlock: ConvForm,
    InceptionBlock: InceptionForm,
    ResidualStage: ResidualForm,
}
"""The form of each kind of block; several kinds at once have `SharedForm`."""


class Inspector(Ground):
    """Shows and edits the selection. No dialog, no tabs: one column of rows."""

    edited = Signal(object, str, str)  # NetworkSpec, undo text, merge key
    selected = Signal(tuple)  # tuple[str, ...]
    duplicate_wished = Signal()
    delete_wished = Signal()

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent, theme=theme)
        self._summary: NetworkSummary | None = None
        self._selection: tuple[str, ...] = ()
        self._head = InspectorTitle(theme, self)
        self.title, self.place = self._head.title, self._head.place
        self.convert_button = self._head.convert_button
        self.duplicate_button, self.delete_button = self._head.duplicate_button, self._head.delete_button
        self._forms: dict[type[InspectorForm], InspectorForm] = {}
        self._undo_passer = UndoPasser(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 12, 0, 12)
        self._column.setSpacing(0)
        self._column.addWidget(self._head)
        self._column.addSpacing(8)
        self.network_form.show()
        self.convert_button.clicked.connect(self._open_conversions)
        self.duplicate_button.clicked.connect(self.duplicate_wished)
        self.delete_button.clicked.connect(self.delete_wished)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setAccessibleName("Inspector")

    def set_summary(self, summary: NetworkSummary) -> None:
        """Show the selection of `summary` without reporting an edit."""
        self._summary = summary
        self._refresh()

    def set_selection(self, names: tuple[str, ...]) -> None:
        """Show what is called `names`: blocks (or layers of them), `input`, `head`; nothing is the network itself."""
        if tuple(names) != self._selection:
            self._selection = tuple(names)
            self._refresh()

    @property
    def form(self) -> InspectorForm:
        """The form that is shown."""
        return next(form for form in self._forms.values() if not form.isHidden())

    def form_of(self, kind: type[InspectorForm]) -> InspectorForm:
        """The form of a class; made when it is first wanted."""
        if kind not in self._forms:
            form = kind(self._theme, self)
            form.edited.connect(self.edited)
            form.selected.connect(self.selected)
            form.hide()
            form.grown.connect(lambda: self._undo_passer.watch(form))
            self._undo_passer.watch(form)
            self._column.addWidget(form)
            self._forms[kind] = form
        return self._forms[kind]

    @property
    def block_form(self) -> BlockForm:
        """The form of VGG blocks."""
        return cast("BlockForm", self.form_of(BlockForm))

    @property
    def conv_form(self) -> ConvForm:
        """The form of plain convolutions."""
        return cast("ConvForm", self.form_of(ConvForm))

    @property
    def inception_form(self) -> InceptionForm:
        """The form of an Inception block."""
        return cast("InceptionForm", self.form_of(InceptionForm))

    @property
    def residual_form(self) -> ResidualForm:
        """The form of residual stages."""
        return cast("ResidualForm", self.form_of(ResidualForm))

    @property
    def shared_form(self) -> SharedForm:
        """The form of blocks of several kinds."""
        return cast("SharedForm", self.form_of(SharedForm))

    @property
    def input_form(self) -> InputForm:
        """The form of the input."""
        return cast("InputForm", self.form_of(InputForm))

    @property
    def head_form(self) -> HeadForm:
        """The form of the head."""
        return cast("HeadForm", self.form_of(HeadForm))

    @property
    def network_form(self) -> NetworkForm:
        """The form of the network itself."""
        return cast("NetworkForm", self.form_of(NetworkForm))

    def selected_blocks(self) -> tuple[int, ...]:
        """The indices of the blocks that the form edits."""
        parts = self._parts()
        if not parts or block_index(parts[-1]) is None:
            return ()
        indices = {index for part in parts if (index := block_index(part)) is not None}
        count = len(self._summary.spec.blocks) if self._summary else 0
        return tuple(sorted(index for index in indices if index < count))

    def conversions_menu(self) -> QMenu:
        """The other kinds that the selected block can be turned into."""
        menu = QMenu(self)
        summary, blocks = self._summary, self.selected_blocks()
        if summary is None or len(blocks) != 1:
            return menu
        spec, index = summary.spec, blocks[0]
        for made in conversions(spec.blocks[index]):
            entry = menu.addAction(f"Turn into: {made.title}")
            wanted, words = spec.with_block(index, made), f"{blocks_title(blocks)} becomes {made.title}"
            entry.triggered.connect(lambda _=False, wanted=wanted, words=words: self.edited.emit(wanted, words, ""))
        return menu

    def _open_conversions(self) -> None:
        button = self.convert_button
        menu = self.conversions_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(button.mapToGlobal(QPoint(button.width() - menu.sizeHint().width(), button.height() + 2)))

    def _parts(self) -> list[str]:
        """The parts that the selected names belong to."""
        if self._summary is None:
            return []
        rows = self._summary.by_node
        return [name if name not in rows or name == INPUT_PART else rows[name].node.part for name in self._selection]

    def _refresh(self) -> None:
        summary = self._summary
        if summary is None:
            return
        parts, blocks = self._parts(), self.selected_blocks()
        if blocks:
            form = self._form_for([summary.spec.blocks[index] for index in blocks])
            form.set_blocks(summary, blocks, self._selected_node())
            self._show(form, *_block_words(summary, blocks, form))
        elif parts and parts[-1] == INPUT_PART:
            self._show(self.input_form, "Input", "What every picture is brought to")
            self.input_form.set_summary(summary)
        elif parts and parts[-1] == HEAD_PART:
            part = summary.by_part.get(HEAD_PART)
            came = f" · {shape(part.shape_in)} in" if part is not None and part.shape_in is not None else ""
            self._show(self.head_form, "Head", f"Classifier{came}")
            self.head_form.set_summary(summary)
        else:
            self._show(self.network_form, "Network", "Nothing selected: the network itself")
            self.network_form.set_summary(summary)

    def _form_for(self, blocks: Sequence[Block]) -> BlocksForm:
        kinds = {type(block) for block in blocks}
        form = FORMS[kinds.pop()] if len(kinds) == 1 else SharedForm
        return cast("BlocksForm", self.form_of(form if form.takes_several or len(blocks) == 1 else SharedForm))

    def _selected_node(self) -> str:
        """The layer that is selected, where it is one."""
        known = self._summary.by_node if self._summary is not None else {}
        name = self._selection[-1] if self._selection else ""
        return name if name in known else ""

    def _show(self, shown: InspectorForm, title: str, place: str) -> None:
        self._head.show_words(title, place)
        blocks = self.selected_blocks()
        single = self._summary.spec.blocks[blocks[0]] if self._summary is not None and len(blocks) == 1 else None
        converts = single is not None and bool(conversions(single))
        self._head.show_buttons(edits=isinstance(shown, BlocksForm), converts=converts)
        if shown.isHidden():
            for form in self._forms.values():
                form.setVisible(form is shown)


def _block_words(summary: NetworkSummary, blocks: tuple[int, ...], form: BlocksForm) -> tuple[str, str]:
    """The title and the line below it."""
    count = len(summary.spec.blocks)
    if len(blocks) > 1:
        return blocks_title(blocks), f"{len(blocks)} of {count} blocks · a change sets all of them"
    part = summary.by_part.get(block_part(blocks[0]))
    came = f" · {shape(part.shape_in)} in" if part is not None and part.shape_in is not None else ""
    inside = form.place_words()
    return blocks_title(blocks), f"{form.kind} · {blocks[0] + 1} of {count}{f' · {inside}' if inside else came}"
