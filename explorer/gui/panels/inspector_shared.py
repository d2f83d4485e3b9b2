"""The inspector's form for several blocks of different kinds: what all of them have."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from explorer.analysis.summary import NetworkSummary
from explorer.arch.blocks import Block, ConvBlock, VGGBlock
from explorer.gui.panels.inspector_form import Disclosure
from explorer.gui.panels.inspector_settings import BlocksForm, rounding_words
from explorer.gui.theme import ThemeSource

_WITH_LRN = (VGGBlock, ConvBlock)
_NO_LRN = "Inception blocks and residual stages have batch norm or none"


class SharedForm(BlocksForm):
    """Channels, norm, activation and pool of any blocks."""

    kind = "Blocks of several kinds"

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.channels = self.add_channels()
        self.norm = self.add_norm()
        self.activation = self.add_activation()
        self.add_pool(Disclosure(theme, self))
        self.column.addWidget(self.more)
        self.finish()

    def _show_more(self, summary: NetworkSummary, chosen: Sequence[Block]) -> None:
        del summary
        self.norm.set_reason("lrn", "" if all(isinstance(block, _WITH_LRN) for block in chosen) else _NO_LRN)
        self.more.set_summary_text(rounding_words([block.pool for block in chosen]).capitalize())
