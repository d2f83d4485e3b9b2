"""The inspector's form for VGG blocks: one, or several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from explorer.analysis.summary import NetworkSummary, PartSummary
from explorer.arch.blocks.vgg import VGGBlock
from explorer.arch.edits import Edit, add_conv, double, halve, remove_conv, set_channels, set_convs, step_channels
from explorer.arch.graph import block_part
from explorer.arch.limits import MAX_CHANNELS, MAX_CONVS, MAX_POOL
from explorer.errors import SpecError
from explorer.gui.models.layer_rows import ACTIVATION_WORDS
from explorer.gui.panels.inspector_form import (
    ACTIVATION_CHOICES,
    ROW_GAP,
    Disclosure,
    Figure,
    FigureFoot,
    InspectorForm,
    field_change,
    field_note,
    share_note,
)
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Combo, FormRow, Hairline, Label, Segmented, Stepper
from explorer.units import NONE, exact, shape, si

KERNELS = tuple((size, str(size)) for size in (1, 3, 5, 7))
PADDINGS = (("none", "None"), ("same", "Same"))
NORMS = (("none", "None"), ("batch", "Batch"), ("lrn", "LRN"))
POOLS = (("none", "None"), ("max", "Max"), ("average", "Avg"))
ROUNDINGS = ((False, "Down"), (True, "Up"))
_WORDS = {
    "norm": {"none": "no norm", "batch": "batch norm", "lrn": "LRN"},
    "padding": {"none": "no padding", "same": "same padding"},
    "pool": {"none": "no pool", "max": "max pool", "average": "average pool"},
}
POOL_BREAKS_BELOW = 304
_Value = TypeVar("_Value")


class BlockForm(InspectorForm):
    """Every setting of the selected blocks. Where they differ the control shows "mixed"; a choice sets all."""

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._blocks: tuple[int, ...] = ()
        self._kernel_boxes: list[FormRow] = []
        self._make_controls(theme)
        self.more = Disclosure(theme, self)
        self.rounding = Segmented(ROUNDINGS, self, theme=theme, name="Rounding of the pooled size")
        self.rounding.edited.connect(self._wish_rounding)
        self.more.rows.addWidget(FormRow("Round", self.rounding, self, theme=theme))
        self.foot = FigureFoot(theme, self)
        rows = (
            ("Convolutions", self.convs),
            ("Channels", self.channels),
            ("Kernel", self.kernel),
            ("Padding", self.padding),
            ("Normalise", self.norm),
            ("Activation", self.activation),
            ("Pooling", self.pooling),
        )
        self.rows = {label: self.add_row(label, control) for label, control in rows}
        for widget in (self.pool, self.more, Hairline(theme=theme, parent=self), self.foot):
            self.column.addWidget(widget)

    def set_blocks(self, summary: NetworkSummary, blocks: Sequence[int]) -> None:
        """Show the blocks at these indices without reporting an edit."""
        self.set_spec(summary.spec)
        if tuple(blocks) != self._blocks:
            self._blocks = tuple(blocks)
            for row in self.rows.values():
                row.set_error("")
        chosen = [summary.spec.blocks[index] for index in blocks]
        self.convs.set_value(_common(block.num_convs for block in chosen))
        self.channels.set_value(_common(block.out_channels for block in chosen))
        self.kernel.set_value(_common(_kernel(block) for block in chosen))
        self.padding.set_value(_common(block.padding for block in chosen))
        self.norm.set_value(_common(block.norm for block in chosen))
        self.activation.set_value(_common(block.activation for block in chosen))
        self.pooling.set_value(_common(block.pool.kind for block in chosen))
        self.pool.size_box.set_value(_common(block.pool.kernel for block in chosen))
        self.pool.step_box.set_value(_common(block.pool.stride for block in chosen))
        self.rounding.set_value(_common(block.pool.ceil_mode for block in chosen))
        pools = any(block.pool.kind != "none" for block in chosen)
        self.pool.setEnabled(pools)
        self.pool.setToolTip("" if pools else "The block has no pool")
        self.rounding.setEnabled(pools)
        self._show_kernels(chosen)
        self._show_figures(summary)

    def _make_controls(self, theme: ThemeSource) -> None:
        self.convs = Stepper(self, theme=theme, name="Convolutions", minimum=1, maximum=MAX_CONVS)
        self.channels = Stepper(
            self, theme=theme, name="Channels", minimum=1, maximum=MAX_CHANNELS, step=8, halving=True
        )
        self.kernel = Segmented(KERNELS, self, theme=theme, name="Kernel")
        self.padding = Segmented(PADDINGS, self, theme=theme, name="Padding")
        self.norm = Segmented(NORMS, self, theme=theme, name="Normalise")
        self.activation = Combo(ACTIVATION_CHOICES, self, theme=theme, name="Activation")
        self.pooling = Segmented(POOLS, self, theme=theme, name="Pooling")
        self.pool = PoolRow(theme, self)
        self.convs.edited.connect(lambda count: self._wish(lambda: set_convs(self.spec, self._blocks, count)))
        self.channels.edited.connect(lambda count: self._wish(lambda: set_channels(self.spec, self._blocks, count)))
        self.convs.mixed_stepped.connect(self._step_convs)
        self.channels.mixed_stepped.connect(
            lambda step: self._wish(lambda: step_channels(self.spec, self._blocks, step))
        )
        self.channels.mixed_scaled.connect(self._scale_channels)
        self.convs.let_mixed_step()
        self.channels.let_mixed_step()
        self.kernel.edited.connect(
            lambda size: self._wish_field("kernel", f"kernel {size} × {size}", kernel=size, kernels=())
        )
        self.padding.edited.connect(lambda value: self._wish_field("padding", _WORDS["padding"][value], padding=value))
        self.norm.edited.connect(lambda value: self._wish_field("norm", _WORDS["norm"][value], norm=value))
        self.activation.edited.connect(
            lambda value: self._wish_field("activation", ACTIVATION_WORDS[value], activation=value)
        )
        self.pooling.edited.connect(lambda value: self._wish_pool("kind", _WORDS["pool"][value], kind=value))
        self.pool.size_box.edited.connect(lambda size: self._wish_pool("kernel", f"pool size {size}", kernel=size))
        self.pool.step_box.edited.connect(lambda step: self._wish_pool("stride", f"pool step {step}", stride=step))

    def _show_kernels(self, chosen: Sequence[VGGBlock]) -> None:
        """The kernel of each convolution, where one block is selected."""
        sizes = chosen[0].conv_kernels if len(chosen) == 1 else ()
        while len(self._kernel_boxes) < len(sizes):
            number = len(self._kernel_boxes)
            box = Segmented(KERNELS, self, theme=self._theme, name=f"Kernel of convolution {number + 1}")
            box.edited.connect(lambda size, number=number: self._wish_kernel(number, size))
            row = FormRow("", box, self, theme=self._theme)
            self._kernel_boxes.append(row)
            self.more.rows.addWidget(row)
        for number, row in enumerate(self._kernel_boxes):
            row.setVisible(number < len(sizes))
            if number < len(sizes):
                row.set_label(f"conv{self._blocks[0] + 1}_{number + 1}")
                assert isinstance(row.control, Segmented)
                row.control.set_value(sizes[number])
        rounds = _common(block.pool.ceil_mode for block in chosen)
        rounding = "rounding mixed" if rounds is None else f"rounds {'up' if rounds else 'down'}"
        listed = ", ".join(map(str, sizes[:6])) + (", …" if len(sizes) > 6 else "")
        self.more.set_summary_text(f"Kernels {listed} · {rounding}" if sizes else rounding.capitalize())

    def _show_figures(self, summary: NetworkSummary) -> None:
        parts = [part for index in self._blocks if (part := summary.by_part.get(block_part(index))) is not None]
        self.foot.set_figures(block_figures(summary, parts))

    def _step_convs(self, step: int) -> None:
        change = add_conv if step > 0 else remove_conv
        self._wish(lambda: change(self.spec, self._blocks))

    def _scale_channels(self, numerator: int, denominator: int) -> None:
        change = double if numerator > denominator else halve
        self._wish(lambda: change(self.spec, self._blocks))

    def _wish(self, make: Callable[[], Edit]) -> None:
        try:
            edit = make()
        except SpecError as error:
            label = "Convolutions" if "num_convs" in error.path else "Channels"
            self.rows[label].set_error(str(error))
            return
        for label in ("Convolutions", "Channels"):
            self.rows[label].set_error("")
        self.wish(edit.spec, edit.text, edit.merge_key)

    def _wish_field(self, field: str, words: str, **values: Any) -> None:
        self._wish_blocks(field, words, lambda block: replace(block, **values))

    def _wish_pool(self, field: str, words: str, **values: Any) -> None:
        self._wish_blocks(f"pool.{field}", words, lambda block: replace(block, pool=replace(block.pool, **values)))

    def _wish_rounding(self, up: object) -> None:
        self._wish_pool("ceil_mode", f"round {'up' if up else 'down'}", ceil_mode=bool(up))

    def _wish_kernel(self, number: int, size: int) -> None:
        def changed(block: VGGBlock) -> VGGBlock:
            sizes = tuple(size if each == number else old for each, old in enumerate(block.conv_kernels))
            return replace(block, kernel=sizes[0], kernels=() if len(set(sizes)) == 1 else sizes)

        name = f"conv{self._blocks[0] + 1}_{number + 1}"
        self._wish_blocks(f"kernels.{number}", f"{name} kernel {size} × {size}", changed)

    def _wish_blocks(self, field: str, words: str, change: Callable[[VGGBlock], VGGBlock]) -> None:
        spec = self.spec
        blocks = tuple(change(block) if i in self._blocks else block for i, block in enumerate(spec.blocks))
        key = "+".join(block_part(index) for index in self._blocks)
        self.wish(replace(spec, blocks=blocks), f"{blocks_title(self._blocks)}: {words}", f"{key}.{field}")


class PoolRow(QWidget):
    """Size and step of the pool: in one row, or in two where the panel is narrow."""

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.size_box = Stepper(self, theme=theme, name="Pool size", minimum=1, maximum=MAX_POOL, compact=True)
        self.step_box = Stepper(self, theme=theme, name="Pool step", minimum=1, maximum=MAX_POOL, compact=True)
        self._labels = [Label("", self, theme=theme, ink="muted") for _ in range(3)]
        self._error = Label("", self, theme=theme, size_px=12, ink="err", wrap=True)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(ROW_GAP)
        self._is_broken: bool | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        for box in (self.size_box, self.step_box):
            box.error_changed.connect(self._show_error)
        self._error.hide()
        self._place(is_broken=True)

    def is_broken(self) -> bool:
        """Whether size and step stand in two rows."""
        return bool(self._is_broken)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break or join the row."""
        super().resizeEvent(event)
        self._place(is_broken=self.width() < POOL_BREAKS_BELOW)

    def _place(self, *, is_broken: bool) -> None:
        if is_broken == self._is_broken:
            return
        self._is_broken = is_broken
        first, second, third = self._labels
        for widget in (first, second, third, self.size_box, self.step_box, self._error):
            self._grid.removeWidget(widget)
        first.setFixedWidth(92)
        first.setText("Pool size" if is_broken else "Pool")
        second.setText("" if is_broken else "size")
        third.setText("Pool step" if is_broken else "step")
        second.setVisible(not is_broken)
        self._grid.addWidget(first, 0, 0)
        columns = 2 if is_broken else 5
        if is_broken:
            self._grid.addWidget(self.size_box, 0, 1)
            self._grid.addWidget(third, 1, 0)
            self._grid.addWidget(self.step_box, 1, 1)
        else:
            self._grid.addWidget(second, 0, 1)
            self._grid.addWidget(self.size_box, 0, 2)
            self._grid.addWidget(third, 0, 3)
            self._grid.addWidget(self.step_box, 0, 4)
        self._grid.addWidget(self._error, 2, 1, 1, columns - 1)
        for column in range(5):
            self._grid.setColumnStretch(column, int(column in ({1} if is_broken else {2, 4})))
        self.updateGeometry()

    def _show_error(self) -> None:
        sentence = self.size_box.error() or self.step_box.error()
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))


def block_figures(summary: NetworkSummary, parts: Sequence[PartSummary]) -> list[Figure]:
    """Output, parameters, MACs and field of these blocks, taken together."""
    if not parts:
        return []
    failure = summary.failure
    failed = failure is not None and any(row.node.name == failure.node for part in parts for row in part.rows)
    reached = any(row.reached for part in parts for row in part.rows) or failed
    if not reached:
        return [Figure(label, NONE) for label in ("Output", "Parameters", "MACs", "Receptive field")]
    params = sum(part.params.total for part in parts if part.params)
    macs = sum(part.macs or 0 for part in parts)
    fields = [row.field for part in parts for row in part.rows if row.field is not None]
    after = parts[-1].field_out or (fields[-1] if fields else None)
    note = f"before {failure.node}" if failed and failure is not None else field_note(summary, after)
    return [
        Figure("Output", "nothing" if failed else shape(parts[-1].shape_out), tip="Output: channels × height × width"),
        Figure("Parameters", exact(params), share_note(params, summary, "params")),
        Figure(
            "MACs",
            si(macs, significant=3),
            share_note(macs, summary, "macs"),
            tip=f"{exact(macs)} MACs = {exact(2 * macs)} FLOPs per image",
        ),
        Figure("Receptive field", field_change(parts[0].field_in, after), note),
    ]


def blocks_title(blocks: Sequence[int]) -> str:
    """`Block 4`, `Blocks 2 and 3`, `Blocks 1, 2 and 5`."""
    numbers = [str(index + 1) for index in sorted(blocks)]
    if len(numbers) == 1:
        return f"Block {numbers[0]}"
    return f"Blocks {', '.join(numbers[:-1])} and {numbers[-1]}"


def _kernel(block: VGGBlock) -> int | None:
    return _common(block.conv_kernels)


def _common(values: Iterable[_Value]) -> _Value | None:
    """The value that all have; None where they differ."""
    found = list(values)
    return found[0] if found and all(value == found[0] for value in found) else None
