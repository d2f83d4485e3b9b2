"""The inspector's form for the network itself, shown while nothing is selected."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from explorer.analysis.differences import HEAD_POOL_WORDS
from explorer.analysis.summarize import summarize
from explorer.analysis.summary import NetworkSummary
from explorer.arch.limits import MAX_CLASSES
from explorer.arch.spec import scale_width
from explorer.errors import SpecError
from explorer.gui.models.layer_rows import macs_text
from explorer.gui.panels.inspector_ends import wish_classes
from explorer.gui.panels.inspector_form import Figure, FigureFoot, InspectorForm
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Field, Hairline, Label, Segmented, Stepper, TextButton
from explorer.units import NONE, exact, exact_delta, num_bytes, px, shape, si

RATIOS = (2, 4, 8)


class NetworkForm(InspectorForm):
    """Name, input, classes, head, and the width of the whole network."""

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._summary: NetworkSummary | None = None
        self.name_field = Field("", self, theme=theme, name="Name")
        self.name_row = self.add_row("Name", self.name_field)
        self.input_button = TextButton("", "plain", None, self, theme=theme, tooltip="Edit the input")
        self.add_row("Input", self.input_button)
        self.classes = Stepper(self, theme=theme, name="Classes", minimum=1, maximum=MAX_CLASSES)
        self.add_row("Classes", self.classes)
        self.head_button = TextButton("", "plain", None, self, theme=theme, tooltip="Edit the head")
        self.add_row("Head", self.head_button)
        self.reach = Segmented(((False, "Blocks"), (True, "And head")), self, theme=theme, name="What is narrowed")
        self.reach.set_value(False)
        self.reach.setToolTip("Whether the hidden layers of the head are narrowed too")
        self.add_row("Narrow", self.reach)
        self.ratio_buttons = {ratio: TextButton(f"÷{ratio}", "plain", None, self, theme=theme) for ratio in RATIOS}
        self.add_row("Width", self._make_ratios())
        self.preview = Label("", self, theme=theme, size_px=11, weight=500, ink="accent", wrap=True)
        self.preview.setMinimumHeight(16)
        self.column.addWidget(self.preview)
        self.foot = FigureFoot(theme, self)
        self.column.addWidget(Hairline(theme=theme, parent=self))
        self.column.addWidget(self.foot)
        for button in (self.input_button, self.head_button):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.name_field.edited.connect(self._rename)
        self.input_button.clicked.connect(lambda: self.selected.emit(("input",)))
        self.head_button.clicked.connect(lambda: self.selected.emit(("head",)))
        self.classes.edited.connect(lambda count: wish_classes(self, count))

    def set_summary(self, summary: NetworkSummary) -> None:
        """Show the network of `summary` without reporting an edit."""
        self.set_spec(summary.spec)
        self._summary = summary
        spec = summary.spec
        if self.name_field.text().strip() != spec.name:
            self.name_field.set_text(spec.name)
            self.name_field.set_error("")
        picture = spec.input
        self.input_button.set_text(shape((picture.channels, picture.height, picture.width)))
        self.classes.set_value(spec.num_classes)
        hidden = " · ".join(f"{width:,}" for width in spec.head.hidden) or "no hidden layer"
        self.head_button.set_text(hidden)
        self.head_button.setToolTip(f"Edit the head: {HEAD_POOL_WORDS[spec.head.pool]}, {hidden}")
        self.preview.setText("")
        for button in self.ratio_buttons.values():
            button.setEnabled(bool(spec.blocks))
        self.foot.set_figures(network_figures(summary))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Say what a ratio would bring while the pointer or the keyboard is on its button."""
        ratio = next((ratio for ratio, button in self.ratio_buttons.items() if button is watched), None)
        if ratio is not None and event.type() in {QEvent.Type.Enter, QEvent.Type.FocusIn}:
            self.preview.setText(self._preview(ratio))
        elif ratio is not None and event.type() in {QEvent.Type.Leave, QEvent.Type.FocusOut}:
            self.preview.setText("")
        return super().eventFilter(watched, event)

    def _make_ratios(self) -> QWidget:
        box = QWidget(self)
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for ratio, button in self.ratio_buttons.items():
            button.setMinimumWidth(40)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setAccessibleName(f"Divide all widths by {ratio}")
            button.clicked.connect(lambda _=False, ratio=ratio: self._narrow(ratio))
            button.installEventFilter(self)
            row.addWidget(button, 1)
        return box

    def _rename(self, text: str) -> None:
        try:
            wanted = replace(self.spec, name=" ".join(text.split()))
        except SpecError as error:
            self.name_field.set_error(str(error))
            return
        self.name_field.set_error("")
        self.wish(wanted, f"Rename to {wanted.name}", "name")

    def _narrow(self, ratio: int) -> None:
        hidden = bool(self.reach.value())
        text = f"Width ÷ {ratio}{', head too' if hidden else ''}"
        self.wish(scale_width(self.spec, ratio, hidden=hidden), text)

    def _preview(self, ratio: int) -> str:
        if self._summary is None:
            return ""
        wanted = scale_width(self.spec, ratio, hidden=bool(self.reach.value()))
        after = summarize(wanted, self._summary.conditions)
        if after.totals is None or self._summary.totals is None:
            return f"÷{ratio}: the network cannot run yet, so its totals are unknown."
        params = exact_delta(after.totals.params.total - self._summary.totals.params.total)
        return f"÷{ratio}: {params} parameters · {si(after.totals.macs, significant=3)} MACs left"


def network_figures(summary: NetworkSummary) -> list[Figure]:
    """Depth and totals of the whole network."""
    blocks = len(summary.spec.blocks)
    totals = summary.totals
    if totals is None:
        return [Figure("Blocks", str(blocks)), *(Figure(label, NONE) for label in ("Parameters", "MACs", "Weights"))]
    field = px(*totals.field.size) if totals.field else NONE
    return [
        Figure("Blocks", str(blocks)),
        Figure("Parameters", exact(totals.params.total)),
        Figure(
            "MACs",
            macs_text(totals.macs),
            "per image",
            tip=f"{exact(totals.macs)} MACs = {exact(2 * totals.macs)} FLOPs per image",
        ),
        Figure("Receptive field", f"{field} px", "before the head"),
        Figure("Weights", num_bytes(totals.weight_bytes), "in float32"),
    ]
