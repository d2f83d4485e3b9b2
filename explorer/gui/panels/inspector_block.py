"""The inspector's form for VGG blocks: one, or several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from explorer.analysis.summary import NetworkSummary
from explorer.arch.blocks.vgg import VGGBlock
from explorer.arch.limits import MAX_CONVS
from explorer.gui.panels.inspector_form import Disclosure
from explorer.gui.panels.inspector_settings import BlocksForm, common, rounding_words
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import FormRow, Segmented

KERNELS = tuple((size, str(size)) for size in (1, 3, 5, 7))
PADDINGS = (("none", "None"), ("same", "Same"))
_PADDING_WORDS = {"none": "no padding", "same": "same padding"}


class BlockForm(BlocksForm):
    """Every setting of the selected VGG blocks."""

    kind = VGGBlock.title

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._kernel_boxes: list[FormRow] = []
        self.convs = self.add_counts("Convolutions", MAX_CONVS)
        self.channels = self.add_channels()
        self.kernel = Segmented(KERNELS, self, theme=theme, name="Kernel")
        self.bind("kernel", self.kernel, lambda block: common(block.conv_kernels))
        self.place("Kernel", "kernel", self.kernel)
        self.kernel.edited.connect(self._wish_kernels)
        self.padding = Segmented(PADDINGS, self, theme=theme, name="Padding")
        self.add_setting("Padding", "padding", self.padding, _PADDING_WORDS.__getitem__)
        self.norm = self.add_norm()
        self.activation = self.add_activation()
        self.add_pool(Disclosure(theme, self))
        self.column.addWidget(self.more)
        self.finish()

    def _show_more(self, summary: NetworkSummary, chosen: Sequence[VGGBlock]) -> None:
        """The kernel of each convolution, where one block is selected."""
        del summary
        sizes = chosen[0].conv_kernels if len(chosen) == 1 else ()
        while len(self._kernel_boxes) < len(sizes):
            self._add_kernel_box()
        for number, row in enumerate(self._kernel_boxes):
            row.setVisible(number < len(sizes))
            if number < len(sizes):
                row.set_label(f"conv{self._blocks[0] + 1}_{number + 1}")
                assert isinstance(row.control, Segmented)
                row.control.set_value(sizes[number])
        rounding = rounding_words([block.pool for block in chosen])
        listed = ", ".join(map(str, sizes[:6])) + (", …" if len(sizes) > 6 else "")
        self.more.set_summary_text(f"Kernels {listed} · {rounding}" if sizes else rounding.capitalize())

    def _add_kernel_box(self) -> None:
        number = len(self._kernel_boxes)
        box = Segmented(KERNELS, self, theme=self._theme, name=f"Kernel of convolution {number + 1}")
        box.edited.connect(lambda size: self._wish_kernel(number, size))
        row = FormRow("", box, self, theme=self._theme)
        self._kernel_boxes.append(row)
        self.more.rows.addWidget(row)

    def _wish_kernels(self, size: int) -> None:
        self.wish_blocks("kernel", f"kernel {size} × {size}", lambda block: replace(block, kernel=size, kernels=()))

    def _wish_kernel(self, number: int, size: int) -> None:
        def changed(block: VGGBlock) -> VGGBlock:
            sizes = tuple(size if each == number else old for each, old in enumerate(block.conv_kernels))
            return replace(block, kernel=sizes[0], kernels=() if len(set(sizes)) == 1 else sizes)

        name = f"conv{self._blocks[0] + 1}_{number + 1}"
        self.wish_blocks(f"kernels.{number}", f"{name} kernel {size} × {size}", changed)
