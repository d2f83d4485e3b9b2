"""The inspector's form for plain convolutions: what LeNet, AlexNet, ZFNet and stems are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from explorer.analysis.summary import NetworkSummary
from explorer.arch.blocks import ConvBlock
from explorer.arch.limits import MAX_CHANNELS, MAX_DILATION, MAX_KERNEL, MAX_LRN, MAX_STRIDE
from explorer.gui.panels.inspector_form import Disclosure
from explorer.gui.panels.inspector_settings import BlocksForm, Repair, common, rounding_words
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import NumberField, Segmented, Stepper
from explorer.units import tidy

PADDINGS = (("same", "Same"), ("pixels", "Pixels"))
_LRN_TIPS = {
    "size": "Neighbouring channels that each channel is divided by: n of Krizhevsky et al. 2012, section 3.3",
    "alpha": "torch's alpha, which is divided by the number of channels: the paper's 1e-4 with 5 channels is 5e-4 here",
    "beta": "The power to which the neighbours' sum is raised",
    "k": "What is added to the neighbours' sum",
}


def _use_groups(block: ConvBlock, wanted: int) -> Repair:
    """The next smaller number of groups that the channels divide by."""
    best = next(count for count in range(min(wanted, block.out_channels), 0, -1) if block.out_channels % count == 0)
    return Repair(f"Use {best:,}", f"{best:,} groups", lambda block: replace(block, groups=best))


def _use_channels(block: ConvBlock, wanted: int) -> Repair:
    """The nearest number of channels that divides into the block's groups."""
    best = max(1, round(wanted / block.groups)) * block.groups
    return Repair(f"Use {best:,}", f"{best:,} channels", lambda block: replace(block, out_channels=best))


def _pad(wished: ConvBlock) -> Repair:
    """Padding in pixels for an even kernel whose step is above 1."""
    by = wished.kernel // 2
    kernel, stride = wished.kernel, wished.stride
    return Repair(
        f"Pad {by} pixel{'s' if by > 1 else ''}",
        f"kernel {kernel} × {kernel}, step {stride}, padding {by}",
        lambda block: replace(block, kernel=kernel, stride=stride, padding=by),
    )


class ConvForm(BlocksForm):
    """Every setting of the selected convolutions."""

    kind = ConvBlock.title
    repairs: ClassVar[Mapping[str, Callable[[Any, Any], Repair]]] = {
        "out_channels": _use_channels,
        "groups": _use_groups,
        "kernel": lambda block, wanted: _pad(replace(block, kernel=wanted, padding=0)),
        "stride": lambda block, wanted: _pad(replace(block, stride=wanted, padding=0)),
        "padding": lambda block, _wanted: _pad(block),
    }

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.channels = self.add_channels()
        self.kernel = self._stepper("Kernel", "kernel", 1, MAX_KERNEL, "kernel {0} × {0}")
        self.stride = self._stepper("Step", "stride", 1, MAX_STRIDE, "step {0}")
        self.padding = Segmented(PADDINGS, self, theme=theme, name="Padding")
        self.bind("padding", self.padding, lambda block: "same" if block.padding == "same" else "pixels")
        self.place("Padding", "padding", self.padding)
        self.padding.edited.connect(self._wish_padding)
        self.pixels = Stepper(self, theme=theme, name="Padding in pixels", minimum=0, maximum=MAX_KERNEL)
        self.bind("pixels", self.pixels, _pixels)
        self.place("on each side", "pixels", self.pixels)
        self.pixels.edited.connect(self._wish_pixels)
        self.norm = self.add_norm()
        self.activation = self.add_activation()
        more = Disclosure(theme, self)
        self.add_pool(more)
        self.dilation = self._stepper("Dilation", "dilation", 1, MAX_DILATION, "dilation {0}", more)
        self._add_lrn(more)
        self.groups = self._stepper("Groups", "groups", 1, MAX_CHANNELS, "{0} groups", more)
        self.bias = self.add_switch("Bias", "bias", "bias", into=more.rows)
        self.column.addWidget(more)
        self.finish()

    def _stepper(
        self, label: str, field: str, low: int, high: int, words: str, more: Disclosure | None = None
    ) -> Stepper:
        box = Stepper(self, theme=self._theme, name=label, minimum=low, maximum=high)
        self.add_setting(label, field, box, words.format, into=more.rows if more else None)
        return box

    def _add_lrn(self, more: Disclosure) -> None:
        """The constants of local response normalisation, shown where a block has it."""
        theme = self._theme
        size = Stepper(self, theme=theme, name="LRN channels", minimum=1, maximum=MAX_LRN)
        self._lrn = [self.add_setting("LRN channels", "lrn.size", size, "LRN over {0} channels".format, into=more.rows)]
        for name in ("alpha", "beta", "k"):
            box = NumberField(self, theme=theme, name=f"LRN {name}", maximum=MAX_LRN, minimum_allowed=False)
            words = partial(_constant_words, name)
            self._lrn.append(self.add_setting(f"LRN {name}", f"lrn.{name}", box, words, into=more.rows))
        for row, tip in zip(self._lrn, _LRN_TIPS.values(), strict=True):
            row.label.setToolTip(tip)

    def _wish_padding(self, kind: str) -> None:
        if kind == "same":
            self.wish_blocks("padding", "same padding", lambda block: replace(block, padding="same"))
        else:
            self.wish_blocks("padding", "padding in pixels", lambda block: replace(block, padding=_pixels(block)))

    def _wish_pixels(self, by: int) -> None:
        self.wish_blocks("pixels", f"padding {by}", lambda block: replace(block, padding=by))

    def _show_more(self, summary: NetworkSummary, chosen: Sequence[ConvBlock]) -> None:
        del summary
        self.rows["on each side"].setVisible(any(block.padding != "same" for block in chosen))
        for row in self._lrn:
            row.setVisible(all(block.norm == "lrn" for block in chosen))
        groups = common(block.groups for block in chosen)
        dilation = common(block.dilation for block in chosen)
        biases = common(block.bias for block in chosen)
        words = [
            "dilation mixed" if dilation is None else f"dilation {dilation}",
            "groups mixed" if groups is None else f"{groups} group{'s' if groups > 1 else ''}",
            "bias mixed" if biases is None else "bias" if biases else "no bias",
        ]
        if all(block.norm == "lrn" for block in chosen):
            words.append("LRN's constants")
        if any(block.pool.kind != "none" for block in chosen):
            words.append(rounding_words([block.pool for block in chosen]))
        text = " · ".join(words)
        self.more.set_summary_text(text[0].upper() + text[1:])


def _constant_words(name: str, value: float) -> str:
    return f"LRN {name} {tidy(value)}"


def _pixels(block: ConvBlock) -> int:
    """The padding in pixels; for "same", what it comes to."""
    return block.padding if isinstance(block.padding, int) else block.dilation * (block.kernel // 2)
