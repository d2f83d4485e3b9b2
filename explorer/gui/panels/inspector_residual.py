"""The inspector's form for residual stages: their units, what a unit is, and the shortcut past it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.analysis.paths import UnitSummary, unit_summaries
from explorer.analysis.summary import NetworkSummary
from explorer.arch.blocks import ResidualStage
from explorer.arch.blocks.residual import NARROWING
from explorer.arch.graph import block_part
from explorer.arch.limits import MAX_STRIDE, MAX_UNITS
from explorer.gui.fonts import ui_font
from explorer.gui.panels.inspector_form import Disclosure
from explorer.gui.panels.inspector_settings import PLAIN_NORMS, BlocksForm, Repair, common, pool_words
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Segmented, Stepper
from explorer.gui.widgets.painting import follow, rounded
from explorer.units import TIMES

UNITS = (("basic", "Basic"), ("bottleneck", "Bottleneck"))
SHORTCUTS = (("auto", "If needed"), ("always", "Always"))
ORDERS = (("post", "After"), ("pre", "Before"))
_SHORTCUT_WORDS = {"auto": "shortcut convolution where needed", "always": "shortcut convolution always"}
_ORDER_WORDS = {"post": "activation after the sum", "pre": "activation before each convolution"}


class ResidualForm(BlocksForm):
    """Every setting of the selected residual stages, and for one stage a list of its units."""

    kind = "Residual"
    repairs: ClassVar[Mapping[str, Callable[[Any, Any], Repair]]] = {
        "out_channels": lambda _block, wanted: _use_channels(wanted),
        "unit": lambda block, _wanted: _as_bottlenecks(block),
    }

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.units = self.add_counts("Units", MAX_UNITS)
        self.unit_list = UnitList(theme, self)
        self.unit_list.chosen.connect(lambda node: self.selected.emit((node,)))
        self.column.addWidget(self.unit_list)
        self.channels = self.add_channels()
        self.unit = self._choice("Unit", "unit", UNITS, lambda unit: f"{unit} units")
        self.unit.setToolTip("Basic: 3×3, 3×3. Bottleneck: 1×1, 3×3, 1×1, four times narrower inside")
        self.stride = Stepper(self, theme=theme, name="Step", minimum=1, maximum=MAX_STRIDE)
        self.add_setting("Step", "stride", self.stride, "step {}".format)
        self.stride.setToolTip("The first unit's step: 2 halves the map")
        self.shortcut = self._choice("Project", "shortcut", SHORTCUTS, _SHORTCUT_WORDS.__getitem__)
        self.shortcut.setToolTip(
            "When the first unit's shortcut is a 1×1 convolution: where the shape changes, or always"
        )
        self.order = self._choice("Activate", "order", ORDERS, _ORDER_WORDS.__getitem__)
        self.order.setToolTip("Norm and activation after each convolution and the sum, or before each convolution")
        more = Disclosure(theme, self)
        self.norm = self.add_norm(PLAIN_NORMS)
        self.activation = self.add_activation()
        self.bias = self.add_switch("Bias", "bias", "bias", into=more.rows)
        self.shortcut_norm = self.add_switch("Norm on 1×1", "shortcut_norm", "norm on the shortcut", into=more.rows)
        self.add_pool(more, into=more.rows)
        self.column.addWidget(more)
        self.finish()

    def place_words(self) -> str:
        """`unit 2` while a layer of it is selected."""
        return f"unit {self.unit_list.lit}" if self.unit_list.lit else ""

    def _choice(self, label: str, field: str, choices: Sequence[tuple[str, str]], words: Any) -> Segmented:
        box = Segmented(choices, self, theme=self._theme, name=label)
        self.add_setting(label, field, box, words)
        return box

    def _show_more(self, summary: NetworkSummary, chosen: Sequence[ResidualStage]) -> None:
        one = len(chosen) == 1
        self.unit_list.setVisible(one)
        if one:
            self.unit_list.set_units(units_of(summary, block_part(self._blocks[0])), self._node)
        else:
            self.unit_list.set_units((), "")
        biases, norms = common(block.bias for block in chosen), common(block.shortcut_norm for block in chosen)
        pool = common(pool_words(block.pool) for block in chosen)
        bias = "Bias mixed" if biases is None else "Bias" if biases else "No bias"
        norm = "" if norms is not False else " · shortcut without norm"
        self.more.set_summary_text(f"{bias}{norm} · {pool or 'pools mixed'}")
        self.rows["Norm on 1×1"].setEnabled(any(block.norm != "none" for block in chosen))


class Unit(NamedTuple):
    """One residual unit: its number, what it does, and its nodes."""

    number: int
    words: str
    shortcut: str
    nodes: tuple[str, ...]


def units_of(summary: NetworkSummary, part: str) -> tuple[Unit, ...]:
    """The units of the stage `part`, in short words."""
    return tuple(_unit(unit) for unit in unit_summaries(summary, part))


def _unit(unit: UnitSummary) -> Unit:
    words, shortcut = (path.words.replace(f" {TIMES} ", TIMES) for path in unit.paths)
    return Unit(unit.number, words, shortcut, tuple(row.node.name for row in unit.rows))


class UnitList(QWidget):
    """The units of one stage, equal ones in one line; a click selects the unit's first layer."""

    LINE = 22
    chosen = Signal(str)

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lines: tuple[tuple[Unit, ...], ...] = ()
        self.lit = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Click to select a unit's first layer; click again for the next unit")
        follow(self, theme)

    @property
    def texts(self) -> tuple[str, ...]:
        """What the lines say."""
        return tuple(f"{_numbers(line)}: {line[0].words} + {line[0].shortcut}" for line in self._lines)

    def set_units(self, units: Sequence[Unit], node: str) -> None:
        """Show `units`; the one that holds `node` is lit up."""
        lines: list[list[Unit]] = []
        for unit in units:
            if lines and lines[-1][0][1:3] == unit[1:3]:
                lines[-1].append(unit)
            else:
                lines.append([unit])
        wanted = tuple(tuple(line) for line in lines)
        self.lit = next((unit.number for unit in units if node in unit.nodes), 0)
        if len(wanted) != len(self._lines):
            self._lines = wanted
            self.updateGeometry()
        self._lines = wanted
        self.setAccessibleName("Units. " + ". ".join(self.texts))
        self.update()

    def sizeHint(self) -> QSize:
        """One line for each kind of unit."""
        return QSize(240, self.LINE * len(self._lines))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the first layer of the unit; in a line of several, of the next one."""
        index = int(event.position().y() // self.LINE)
        if event.button() != Qt.MouseButton.LeftButton or not 0 <= index < len(self._lines):
            return
        line = self._lines[index]
        numbers = [unit.number for unit in line]
        after = (numbers.index(self.lit) + 1) % len(line) if self.lit in numbers else 0
        self.chosen.emit(line[after].nodes[0])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint number, convolutions and shortcut of each line; the lit one on soft."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        strong, plain = ui_font(12, 600), ui_font(12, 400)
        for index, line in enumerate(self._lines):
            place = QRect(0, index * self.LINE, self.width(), self.LINE)
            lit = any(unit.number == self.lit for unit in line)
            if lit:
                rounded(painter, QRectF(place).adjusted(-6, 1, 6, -1), 5, fill=theme.color("soft"))
            name = f"Unit {self.lit} of {line[0].number}–{line[-1].number}" if lit and len(line) > 1 else _numbers(line)
            painter.setFont(strong)
            painter.setPen(theme.color("accent" if lit else "text"))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
            left = max(100, QFontMetrics(strong).horizontalAdvance(name) + 10)
            painter.setFont(plain)
            painter.setPen(theme.color("muted"))
            words = QRect(left, place.top(), max(0, self.width() - left), self.LINE)
            text = f"{line[0].words} + {line[0].shortcut}"
            text = QFontMetrics(plain).elidedText(text, Qt.TextElideMode.ElideRight, words.width())
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


def _numbers(line: Sequence[Unit]) -> str:
    first, last = line[0].number, line[-1].number
    return f"Unit {first}" if first == last else f"Units {first}–{last}"


def _nearest(wanted: int) -> int:
    """The nearest number of channels that a bottleneck can have."""
    return max(NARROWING, round(wanted / NARROWING) * NARROWING)


def _use_channels(wanted: int) -> Repair:
    best = _nearest(wanted)
    return Repair(f"Use {best:,}", f"{best:,} channels", lambda block: replace(block, out_channels=best))


def _as_bottlenecks(block: ResidualStage) -> Repair:
    best = _nearest(block.out_channels)
    return Repair(
        f"Use {best:,} channels",
        f"bottleneck units of {best:,} channels",
        lambda block: replace(block, unit="bottleneck", out_channels=best),
    )
