"""The inspector's forms for the two ends of the network: the picture that comes in, the head that decides."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.analysis.differences import HEAD_POOL_WORDS
from explorer.analysis.summary import NetworkSummary
from explorer.arch.graph import HEAD_PART
from explorer.arch.limits import MAX_CHANNELS, MAX_CLASSES, MAX_HIDDEN, MAX_HIDDEN_LAYERS, MAX_SIDE
from explorer.arch.ops import Flatten
from explorer.arch.spec import Head, NetworkSpec
from explorer.gui.models.layer_words import ACTIVATION_WORDS
from explorer.gui.panels.inspector_form import (
    ACTIVATION_CHOICES,
    ROW_GAP,
    Figure,
    FigureFoot,
    InspectorForm,
    field_note,
    share_note,
)
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Combo, FormRow, Hairline, IconButton, NumberField, Segmented, Stepper, TextButton
from explorer.units import NONE, exact, num_bytes, px, shape, si

QUICK_SIZES = (28, 32, 64, 96, 224)
HEAD_POOLS = (("none", "None"), ("adaptive", "7 × 7"), ("global_average", "1 × 1"))
_POOL_TIPS = "What averages the last map before the head: nothing, to 7 × 7 as torchvision does, or to one number each"
DROPOUT_PLACES = ((False, "After"), (True, "Before"))
_DROPOUT_TIPS = (
    "After each hidden layer, as in VGG; or before each, as in AlexNet, and before the last layer where there is none "
    "hidden, as in GoogLeNet"
)
_POOL_WORDS = {**HEAD_POOL_WORDS, "none": "no pooling"}


class InputForm(InspectorForm):
    """Channels, height and width of the picture, usual sizes, and the number of classes."""

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.channels = Stepper(self, theme=theme, name="Channels", minimum=1, maximum=MAX_CHANNELS)
        self.height_box = Stepper(self, theme=theme, name="Height", minimum=1, maximum=MAX_SIDE)
        self.width_box = Stepper(self, theme=theme, name="Width", minimum=1, maximum=MAX_SIDE)
        self.sizes = Segmented(tuple((size, str(size)) for size in QUICK_SIZES), self, theme=theme, name="Square size")
        self.classes = Stepper(self, theme=theme, name="Classes", minimum=1, maximum=MAX_CLASSES)
        for label, control in (
            ("Channels", self.channels),
            ("Height", self.height_box),
            ("Width", self.width_box),
            ("Square", self.sizes),
            ("Classes", self.classes),
        ):
            self.add_row(label, control)
        self.foot = FigureFoot(theme, self)
        self.column.addWidget(Hairline(theme=theme, parent=self))
        self.column.addWidget(self.foot)
        self.channels.edited.connect(lambda value: self._wish_input("channels", f"{value} channels", channels=value))
        self.height_box.edited.connect(lambda value: self._wish_input("height", f"height {value}", height=value))
        self.width_box.edited.connect(lambda value: self._wish_input("width", f"width {value}", width=value))
        self.sizes.edited.connect(
            lambda size: self._wish_input("size", f"{size} × {size}", height=int(size), width=int(size))
        )
        self.classes.edited.connect(lambda count: wish_classes(self, count))

    def set_summary(self, summary: NetworkSummary) -> None:
        """Show the input of `summary` without reporting an edit."""
        self.set_spec(summary.spec)
        picture = summary.spec.input
        self.channels.set_value(picture.channels)
        self.height_box.set_value(picture.height)
        self.width_box.set_value(picture.width)
        self.sizes.set_value(picture.height if picture.height == picture.width else None)
        self.classes.set_value(summary.spec.num_classes)
        values = picture.channels * picture.height * picture.width
        self.foot.set_figures(
            [
                Figure("Output", shape((picture.channels, picture.height, picture.width))),
                Figure("Values", exact(values), "per image"),
                Figure("Memory", num_bytes(4 * values), "in float32"),
            ]
        )

    def _wish_input(self, field: str, words: str, **values: int) -> None:
        spec = self.spec
        self.wish(replace(spec, input=replace(spec.input, **values)), f"Input: {words}", f"input.{field}")


class HeadForm(InspectorForm):
    """The pooling before the head, its hidden layers, dropout, activation and classes."""

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.pool = Segmented(HEAD_POOLS, self, theme=theme, name="Average before the head")
        self.pool.setToolTip(_POOL_TIPS)
        self.add_row("Average to", self.pool)
        self.hidden_rows: list[HiddenRow] = []
        self._hidden = QVBoxLayout()
        self._hidden.setSpacing(ROW_GAP)
        self.column.addLayout(self._hidden)
        self.add_button = TextButton("Add a hidden layer", "link", "plus", self, theme=theme)
        self.add_button.clicked.connect(self._add)
        self.column.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.activation = Combo(ACTIVATION_CHOICES, self, theme=theme, name="Activation of the hidden layers")
        self.dropout = NumberField(
            self, theme=theme, name="Dropout", minimum=0.0, maximum=0.99, step=lambda value, steps: value + 0.1 * steps
        )
        self.dropout_place = Segmented(DROPOUT_PLACES, self, theme=theme, name="Where dropout stands")
        self.dropout_place.setToolTip(_DROPOUT_TIPS)
        self.classes = Stepper(self, theme=theme, name="Classes", minimum=1, maximum=MAX_CLASSES)
        for label, control in (
            ("Activation", self.activation),
            ("Dropout", self.dropout),
            ("Placed", self.dropout_place),
            ("Classes", self.classes),
        ):
            self.add_row(label, control)
        self.foot = FigureFoot(theme, self)
        self.column.addWidget(Hairline(theme=theme, parent=self))
        self.column.addWidget(self.foot)
        self.pool.edited.connect(lambda value: self._wish_head("pool", _POOL_WORDS[value], pool=value))
        self.activation.edited.connect(
            lambda value: self._wish_head("activation", ACTIVATION_WORDS[value], activation=value)
        )
        self.dropout.edited.connect(lambda value: self._wish_head("dropout", f"dropout {value:g}", dropout=value))
        self.dropout_place.edited.connect(
            lambda first: self._wish_head(
                "dropout_first", f"dropout {'before' if first else 'after'} hidden layers", dropout_first=first
            )
        )
        self.classes.edited.connect(lambda count: wish_classes(self, count))

    def set_summary(self, summary: NetworkSummary) -> None:
        """Show the head of `summary` without reporting an edit."""
        self.set_spec(summary.spec)
        head = summary.spec.head
        self.pool.set_value(head.pool)
        self.activation.set_value(head.activation)
        self.dropout.set_value(head.dropout)
        self.dropout_place.set_value(head.dropout_first)
        self.classes.set_value(summary.spec.num_classes)
        self._show_hidden(head.hidden)
        self.activation.setEnabled(bool(head.hidden))
        self.dropout.setEnabled(bool(head.hidden) or head.dropout_first)
        self.foot.set_figures(head_figures(summary))

    def _show_hidden(self, hidden: tuple[int, ...]) -> None:
        while len(self.hidden_rows) < len(hidden):
            row = HiddenRow(self._theme, len(self.hidden_rows), self)
            row.width_box.edited.connect(lambda width, row=row: self._set_width(row.number, width))
            row.remove_button.clicked.connect(lambda _=False, row=row: self._remove(row.number))
            self.hidden_rows.append(row)
            self._hidden.addWidget(row)
        for number, row in enumerate(self.hidden_rows):
            row.setVisible(number < len(hidden))
            if number < len(hidden):
                row.width_box.set_value(hidden[number])
        self.add_button.setEnabled(len(hidden) < MAX_HIDDEN_LAYERS)

    def _set_width(self, number: int, width: int) -> None:
        hidden = self.spec.head.hidden
        changed = (*hidden[:number], width, *hidden[number + 1 :])
        self._wish_head(f"hidden.{number}", f"hidden layer {number + 1} to {width:,}", hidden=changed)

    def _add(self) -> None:
        hidden = self.spec.head.hidden
        width = hidden[-1] if hidden else 512
        self._wish_head("", f"hidden layer {len(hidden) + 1} of {width:,}", hidden=(*hidden, width))

    def _remove(self, number: int) -> None:
        hidden = self.spec.head.hidden
        self._wish_head("", f"without hidden layer {number + 1}", hidden=hidden[:number] + hidden[number + 1 :])

    def _wish_head(self, field: str, words: str, **values: object) -> None:
        head: Head = replace(self.spec.head, **values)  # type: ignore[arg-type]
        self.wish(replace(self.spec, head=head), f"Head: {words}", f"head.{field}" if field else "")


class HiddenRow(QWidget):
    """One hidden layer: its width and a button that takes it away."""

    def __init__(self, theme: ThemeSource, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = number
        name = f"Hidden {number + 1}"
        self.width_box = Stepper(
            self, theme=theme, name=name, minimum=1, maximum=MAX_HIDDEN, step=64, halving=True, compact=True
        )
        self.remove_button = IconButton("cross", f"Remove hidden layer {number + 1}", self, theme=theme, size_px=14)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(FormRow(name, self.width_box, self, theme=theme), 1)
        row.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignTop)


def wish_classes(form: InspectorForm, count: int) -> None:
    """Have `form` wish `count` classes."""
    words = f"{count:,} class" if count == 1 else f"{count:,} classes"
    form.wish(replace(form.spec, num_classes=count), f"Network to {words}", "num_classes")


def head_figures(summary: NetworkSummary) -> list[Figure]:
    """What flows in, parameters, MACs and the field of the head."""
    part = summary.by_part.get(HEAD_PART)
    if part is None or part.params is None or part.macs is None:
        return [Figure(label, NONE) for label in ("Features in", "Parameters", "MACs", "Receptive field")]
    flat = next((row.shape for row in part.rows if isinstance(row.node.op, Flatten)), None)
    params = part.params.total
    field = part.field_out
    return [
        Figure("Features in", exact(flat[0]) if flat else NONE, shape(part.shape_in)),
        Figure("Parameters", exact(params), share_note(params, summary, "params")),
        Figure(
            "MACs",
            si(part.macs, significant=3),
            share_note(part.macs, summary, "macs"),
            tip=f"{exact(part.macs)} MACs = {exact(2 * part.macs)} FLOPs per image",
        ),
        Figure("Receptive field", f"{px(*field.size)} px" if field else NONE, field_note(summary, field)),
    ]


def input_place(spec: NetworkSpec) -> str:
    """`1 × 32 × 32, 10 classes`."""
    picture = spec.input
    return f"{shape((picture.channels, picture.height, picture.width))} · {spec.num_classes:,} classes"
