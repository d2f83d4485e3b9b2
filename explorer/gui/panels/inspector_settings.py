"""What the inspector's forms for blocks share: settings as rows, wishes for one or several blocks, errors in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, ClassVar, NamedTuple, TypeVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.analysis.summary import NetworkSummary, PartSummary
from explorer.arch.blocks import Block
from explorer.arch.blocks.parts import Pool, replaced
from explorer.arch.edits import Edit, add_conv, double, halve, remove_conv, set_channels, set_convs, step_channels
from explorer.arch.graph import block_part
from explorer.arch.limits import MAX_CHANNELS, MAX_KERNEL
from explorer.errors import SpecError
from explorer.gui.models.layer_rows import LayerLine, layer_line
from explorer.gui.models.layer_words import ACTIVATION_WORDS
from explorer.gui.panels.inspector_form import (
    ACTIVATION_CHOICES,
    Disclosure,
    Figure,
    FigureFoot,
    InspectorForm,
    field_change,
    field_note,
    share_note,
)
from explorer.gui.panels.inspector_pool import PoolRow
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Combo, FormRow, Hairline, NumberField, Segmented, Stepper
from explorer.units import NONE, exact, shape, si

Control = Stepper | Segmented | Combo | NumberField
Words = Callable[[Any], str]
NORMS = (("none", "None"), ("batch", "Batch"), ("lrn", "LRN"))
PLAIN_NORMS = NORMS[:2]
POOLS = (("none", "None"), ("max", "Max"), ("average", "Avg"))
SWITCH = ((True, "Yes"), (False, "No"))
_ROUNDINGS = ((False, "Down"), (True, "Up"))
NORM_WORDS = {"none": "no norm", "batch": "batch norm", "lrn": "LRN"}
POOL_WORDS = {"none": "no pool", "max": "max pool", "average": "average pool"}
_Value = TypeVar("_Value")


class Repair(NamedTuple):
    """What mends a value that a block cannot have: the words of the link and of the undo step, and the block after."""

    label: str
    words: str
    change: Callable[[Any], Block]


class BlocksForm(InspectorForm):
    """A form for blocks: where several differ a control shows "mixed", and a choice sets all.

    A setting is bound to its control once, by the field's name (`pool.kernel` for one of the pool): it is shown, wished
    and refused from there.
    """

    kind: ClassVar[str] = "Block"
    takes_several: ClassVar[bool] = True
    repairs: ClassVar[Mapping[str, Callable[[Any, Any], Repair]]] = {}

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._blocks: tuple[int, ...] = ()
        self._node = ""
        self._bound: dict[str, tuple[Control, Callable[[Any], Any]]] = {}
        self._by_field: dict[str, FormRow] = {}
        self.rows: dict[str, FormRow] = {}

    def set_blocks(self, summary: NetworkSummary, blocks: Sequence[int], node: str = "") -> None:
        """Show the blocks at these indices, and the figures of their layer `node`, without reporting an edit."""
        if tuple(blocks) != self._blocks or summary.spec != self._spec:
            self._blocks = tuple(blocks)
            self._clear_errors()
        self.set_spec(summary.spec)
        self._node = node if len(self._blocks) == 1 else ""
        chosen = [summary.spec.blocks[index] for index in blocks]
        for control, read in self._bound.values():
            control.set_value(common(read(block) for block in chosen))
        self._show_pool(chosen)
        self._show_more(summary, chosen)
        line = layer_line(summary, self._node) if self._node else None
        self.foot.set_figures(line_figures(summary, line) if line else block_figures(summary, self._parts(summary)))

    def place_words(self) -> str:
        """What of the block is selected, for the line below the title; empty for the block itself."""
        return ""

    def finish(self) -> None:
        """End the form with the figures; called once, after its rows."""
        self.foot = FigureFoot(self._theme, self)
        self.column.addWidget(Hairline(theme=self._theme, parent=self))
        self.column.addWidget(self.foot)

    def add_setting(
        self,
        label: str,
        field: str,
        control: Control,
        words: Words,
        *,
        into: QVBoxLayout | None = None,
    ) -> FormRow:
        """Append a row that shows and sets `field` of every block; `words` name the value in the undo step."""
        self.bind(field, control, attrgetter(field))
        control.edited.connect(lambda value: self.wish_field(field, words(value), value))
        return self.place(label, field, control, into=into)

    def bind(self, field: str, control: Control, read: Callable[[Any], Any]) -> None:
        """Show in `control` what `read` gives of each block."""
        self._bound[field] = (control, read)

    def place(self, label: str, field: str, control: Control, *, into: QVBoxLayout | None = None) -> FormRow:
        """Append a row for `control`; errors of `field` are said in it."""
        row = FormRow(label, control, self, theme=self._theme)
        (into or self.column).addWidget(row)
        self.rows[label] = self._by_field[field] = row
        return row

    def add_counts(self, noun: str, maximum: int) -> Stepper:
        """Append the row of what the blocks count: convolutions, or residual units."""
        box = Stepper(self, theme=self._theme, name=noun, minimum=1, maximum=maximum)
        self.bind("count", box, attrgetter("count"))
        self.place(noun, "count", box)
        box.edited.connect(lambda count: self.try_wish("count", lambda: set_convs(self.spec, self._blocks, count)))
        box.mixed_stepped.connect(self._step_counts)
        box.let_mixed_step()
        return box

    def add_channels(self) -> Stepper:
        """Append the row of the channels that the blocks give."""
        box = Stepper(self, theme=self._theme, name="Channels", minimum=1, maximum=MAX_CHANNELS, step=8, halving=True)
        field = "out_channels"
        self.bind(field, box, attrgetter(field))
        self.place("Channels", field, box)
        box.edited.connect(lambda count: self.try_wish(field, lambda: set_channels(self.spec, self._blocks, count)))
        box.mixed_stepped.connect(
            lambda step: self.try_wish(field, lambda: step_channels(self.spec, self._blocks, step))
        )
        box.mixed_scaled.connect(self._scale_channels)
        box.let_mixed_step()
        return box

    def add_norm(self, choices: Sequence[tuple[str, str]] = NORMS, *, into: QVBoxLayout | None = None) -> Segmented:
        """Append the row of the normalisation."""
        box = Segmented(choices, self, theme=self._theme, name="Normalise")
        self.add_setting("Normalise", "norm", box, NORM_WORDS.__getitem__, into=into)
        return box

    def add_activation(self, *, into: QVBoxLayout | None = None) -> Combo:
        """Append the row of the activation."""
        box = Combo(ACTIVATION_CHOICES, self, theme=self._theme, name="Activation")
        self.add_setting("Activation", "activation", box, ACTIVATION_WORDS.__getitem__, into=into)
        return box

    def add_switch(self, label: str, field: str, words: str, *, into: QVBoxLayout | None = None) -> Segmented:
        """Append a row of Yes and No; the undo step says `words`, or that they are not."""
        box = Segmented(SWITCH, self, theme=self._theme, name=label)
        self.add_setting(label, field, box, lambda on: words if on else f"no {words}", into=into)
        return box

    def add_pool(self, more: Disclosure, *, into: QVBoxLayout | None = None) -> None:
        """Append the rows of the pool: kind, size and step; rounding and padding go into `more`."""
        theme = self._theme
        self.more = more
        self.pooling = Segmented(POOLS, self, theme=theme, name="Pooling")
        self.add_setting("Pooling", "pool.kind", self.pooling, POOL_WORDS.__getitem__, into=into)
        self.pool = PoolRow(theme, self)
        (into or self.column).addWidget(self.pool)
        self.bind("pool.kernel", self.pool.size_box, attrgetter("pool.kernel"))
        self.bind("pool.stride", self.pool.step_box, attrgetter("pool.stride"))
        self.pool.size_box.edited.connect(self._wish_window)
        self.pool.step_box.edited.connect(lambda step: self.wish_field("pool.stride", f"pool step {step}", step))
        self.rounding = Segmented(_ROUNDINGS, self, theme=theme, name="Rounding of the pooled size")
        self.add_setting(
            "Round", "pool.ceil_mode", self.rounding, lambda up: f"round {'up' if up else 'down'}", into=more.rows
        )
        self.pool_padding = Stepper(self, theme=theme, name="Pool padding", minimum=0, maximum=MAX_KERNEL)
        self.add_setting("Pool padding", "pool.padding", self.pool_padding, lambda by: f"pool padding {by}",
                         into=more.rows)  # fmt: skip

    def wish_field(self, field: str, words: str, value: Any) -> None:
        """Wish `value` in `field` of every block."""
        self.wish_blocks(field, words, lambda block: with_field(block, field, value), value)

    def wish_blocks(self, field: str, words: str, change: Callable[[Any], Block], value: Any = None) -> None:
        """Wish every block changed; `words` name it in the undo step, `field` is where an error is said."""

        def make() -> Edit:
            spec = self.spec
            blocks = tuple(change(block) if i in self._blocks else block for i, block in enumerate(spec.blocks))
            parts = tuple(block_part(index) for index in self._blocks)
            key = f"{'+'.join(parts)}.{field}"
            return Edit(replace(spec, blocks=blocks), f"{blocks_title(self._blocks)}: {words}", parts, key)

        self.try_wish(field, make, value)

    def try_wish(self, field: str, make: Callable[[], Edit], value: Any = None) -> None:
        """Wish what `make` gives, or say beside `field` why it cannot be."""
        try:
            edit = make()
        except SpecError as error:
            self._refuse(field, str(error), value)
            return
        self._clear_errors()
        self.wish(edit.spec, edit.text, edit.merge_key)

    def _refuse(self, field: str, sentence: str, value: Any) -> None:
        control, read = self._bound.get(field, (None, None))
        row = self._by_field.get(field)
        wanted = value if value is not None else control.value() if control is not None else None
        if control is not None and read is not None:
            good = common(read(self.spec.blocks[index]) for index in self._blocks)
            if isinstance(control, Stepper):
                control.refuse(sentence, good)
            else:
                control.set_value(good)
        if row is None:
            return
        row.set_error(sentence)
        block = self.spec.blocks[self._blocks[0]]
        if field in self.repairs and wanted is not None:
            repair = self.repairs[field](block, wanted)
            row.error.set_repair(repair.label, lambda: self._mend(field, repair))

    def _mend(self, field: str, repair: Repair) -> None:
        """Wish what the link beside an error offers; the field shows it even where that is what already was."""
        self.wish_blocks(field, repair.words, repair.change)
        if field in self._bound:
            control, read = self._bound[field]
            control.set_value(common(read(self.spec.blocks[index]) for index in self._blocks))

    def _clear_errors(self) -> None:
        for control, _ in self._bound.values():
            if isinstance(control, Stepper | NumberField):
                control.set_error("")
        for row in self._by_field.values():
            row.set_error("")

    def _wish_window(self, size: int) -> None:
        def changed(block: Block) -> Block:
            return block.with_pool(replace(block.pool, kernel=size, padding=min(block.pool.padding, size // 2)))

        self.wish_blocks("pool.kernel", f"pool size {size}", changed)

    def _step_counts(self, step: int) -> None:
        change = add_conv if step > 0 else remove_conv
        self.try_wish("count", lambda: change(self.spec, self._blocks))

    def _scale_channels(self, numerator: int, denominator: int) -> None:
        change = double if numerator > denominator else halve
        self.try_wish("out_channels", lambda: change(self.spec, self._blocks))

    def _show_pool(self, chosen: Sequence[Block]) -> None:
        if "pool.kind" not in self._bound:
            return
        pools = any(block.pool.kind != "none" for block in chosen)
        for widget in (self.pool, self.rounding, self.pool_padding):
            widget.setEnabled(pools)
        self.pool.setToolTip("" if pools else "The block has no pool")

    def _show_more(self, summary: NetworkSummary, chosen: Sequence[Any]) -> None:
        """Show what is not bound to a field; the words on the disclosure."""

    def _parts(self, summary: NetworkSummary) -> list[PartSummary]:
        return [part for index in self._blocks if (part := summary.by_part.get(block_part(index))) is not None]


def with_field(block: Block, field: str, value: Any) -> Block:
    """`block` with `value` in `field`, or in one of its pool's or its norm's (`pool.kernel`, `lrn.size`)."""
    owner, _, name = field.rpartition(".")
    if owner == "pool":
        return block.with_pool(replaced(block.pool, **{name: value}))
    if owner:
        return replaced(block, **{owner: replaced(getattr(block, owner), **{name: value})})
    if field == "out_channels":
        return block.with_channels(value)
    return replaced(block, **{field: value})


def common(values: Iterable[_Value]) -> _Value | None:
    """The value that all have; None where they differ."""
    found = list(values)
    return found[0] if found and all(value == found[0] for value in found) else None


def rounding_words(pools: Sequence[Pool]) -> str:
    """`rounds down`, `rounds up, padding 1`: what the disclosure says of the pools."""
    ups, paddings = common(pool.ceil_mode for pool in pools), common(pool.padding for pool in pools)
    words = "rounding mixed" if ups is None else f"rounds {'up' if ups else 'down'}"
    return words if paddings == 0 else f"{words}, padding {paddings if paddings is not None else 'mixed'}"


def pool_words(pool: Pool) -> str:
    """`no pool`, `max pool 2`, `max 3, step 2`."""
    if pool.kind == "none" or pool.kernel == pool.stride:
        return POOL_WORDS[pool.kind] + ("" if pool.kind == "none" else f" {pool.kernel}")
    return f"{pool.kind} {pool.kernel}, step {pool.stride}"


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
        *_cost_figures(summary, params, macs),
        Figure("Receptive field", field_change(parts[0].field_in, after), note),
    ]


def line_figures(summary: NetworkSummary, line: LayerLine) -> list[Figure]:
    """The name, output, parameters, MACs and field of one layer."""
    layer = Figure("Layer", line.name, line.detail, tip=f"{line.key}: {line.detail}")
    if not line.reached:
        return [layer, *(Figure(label, NONE) for label in ("Output", "Parameters", "MACs", "Receptive field"))]
    return [
        layer,
        Figure("Output", line.shape_text, tip="Output: channels × height × width"),
        *_cost_figures(summary, line.params or 0, line.macs or 0),
        Figure("Receptive field", f"{line.field_text} px" if line.field else NONE, field_note(summary, line.field)),
    ]


def _cost_figures(summary: NetworkSummary, params: int, macs: int) -> list[Figure]:
    return [
        Figure("Parameters", exact(params), share_note(params, summary, "params")),
        Figure(
            "MACs",
            si(macs, significant=3),
            share_note(macs, summary, "macs"),
            tip=f"{exact(macs)} MACs = {exact(2 * macs)} FLOPs per image",
        ),
    ]


def blocks_title(blocks: Sequence[int]) -> str:
    """`Block 4`, `Blocks 2 and 3`, `Blocks 1, 2 and 5`."""
    numbers = [str(index + 1) for index in sorted(blocks)]
    if len(numbers) == 1:
        return f"Block {numbers[0]}"
    return f"Blocks {', '.join(numbers[:-1])} and {numbers[-1]}"
