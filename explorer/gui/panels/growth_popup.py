"""GrowthPopup: which tensor of the network comes from where: what is copied, what is made, what is left to chance."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer import units
from explorer.analysis.growth import TensorOrigin
from explorer.analysis.morph import MorphPlan
from explorer.gui.fonts import ui_font
from explorer.gui.panels.popup import Popup
from explorer.gui.panels.train_start import RULE_TIPS, Plan
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import ElidedLabel, Hairline, IconButton, Label
from explorer.gui.widgets.figure_table import FigureCell, FigureColumn, FigureRow, FigureTable
from explorer.gui.widgets.painting import follow, rounded
from explorer.runs.config import StartRule
from explorer.runs.record import RunRecord

_WIDTH, _HEIGHT = 720, 520
_COLUMNS = (
    FigureColumn("Layer", 104),
    FigureColumn("Tensor", 180),
    FigureColumn("Shape", 128, right=True),
    FigureColumn("Begins as", 220, stretches=True),
)


class GrowthPopup(Popup):
    """A title, the shares as one bar with a key, and a row a tensor."""

    def __init__(self, parent: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(parent, theme=theme)
        self.setAccessibleName("Where the weights come from")
        self._title = ElidedLabel(theme=theme, size_px=13, weight=600)
        self._rule = Label(theme=theme, size_px=12, ink="muted", wrap=True)
        self.shares = ShareBar(theme=theme)
        self.table = FigureTable(_COLUMNS, theme=theme, name="Tensors", empty="This network keeps no tensors.")
        close = IconButton("close", "Close (Esc)", theme=theme, size_px=14, ink="muted")
        close.clicked.connect(self.close)
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(close)
        head = QVBoxLayout()
        head.setContentsMargins(16, 10, 10, 10)
        head.setSpacing(6)
        head.addLayout(top)
        head.addWidget(self._rule)
        head.addWidget(self.shares)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(Hairline(theme=theme))
        column.addWidget(self.table, 1)
        self.setFixedSize(_WIDTH, _HEIGHT)

    def open_for(self, anchor: QWidget, plan: Plan, run: RunRecord, rule: StartRule, name: str) -> None:
        """Show what `name` takes over from `run`."""
        color = self._theme.current.run_color(run.color_index).name()
        self._title.set_text(f"{name} from “{run.name}”, seed {run.seed}")
        said = " ".join(plan.sentences) if isinstance(plan, MorphPlan) and plan.sentences else f"{RULE_TIPS[rule]}."
        self._rule.setText(said)
        made = plan.made if isinstance(plan, MorphPlan) else 0
        self.shares.set_shares(plan.copied, made, plan.random, color_index=run.color_index)
        is_morph = isinstance(plan, MorphPlan)
        self.table.set_rows([_cells(row, color, is_morph=is_morph) for row in plan.rows])
        self.table.scrollToTop()
        self.show_under(anchor)
        self.table.setFocus(Qt.FocusReason.PopupFocusReason)


class ShareBar(QWidget):
    """Copied, made and random numbers as one bar with a key: filled, hatched, hollow."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._parts = (0, 0, 0)
        self._color_index = 0
        self.setFixedHeight(34)
        follow(self, theme)

    def set_shares(self, copied: int, made: int, random: int, *, color_index: int) -> None:
        """Show how many numbers are copied, made so that the function is kept, and left to chance."""
        self._parts, self._color_index = (copied, made, random), color_index
        self.setAccessibleName(", ".join(self._words()))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar and the key."""
        del event
        painter = QPainter(self)
        theme, color = self._theme.current, self._theme.current.run_color(self._color_index)
        total = sum(self._parts) or 1
        track = QRectF(0, 2, self.width() - 6, 8)
        rounded(painter, track, 3, fill=theme.color("panel"), border=theme.color("line2"))
        left = track.left()
        for part, ink in zip(self._parts, (color, theme.color("ok"), None), strict=True):
            width = track.width() * part / total
            if ink is not None and part:
                rounded(painter, QRectF(left, track.top(), max(2.0, width), track.height()), 3, fill=ink)
            left += width
        x = 0.0
        for part, words, ink in zip(self._parts, self._words(), (color, theme.color("ok"), None), strict=True):
            if not part:
                continue
            box = QRectF(x, 19, 10, 10)
            rounded(painter, box, 2.5, fill=ink or theme.color("panel"), border=ink or theme.color("line2"))
            painter.setFont(ui_font(12))
            painter.setPen(theme.color("text"))
            place = QRectF(x + 15, 14, self.width(), 20)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)
            x += 15 + painter.fontMetrics().horizontalAdvance(words) + 18

    def _words(self) -> tuple[str, str, str]:
        copied, made, random = (units.exact(part) for part in self._parts)
        return f"{copied} copied", f"{made} made to hand on", f"{random} by chance"


def _cells(row: TensorOrigin, color: str, *, is_morph: bool) -> FigureRow:
    shape = units.shape(row.shape) if row.shape else "1"
    if row.source_tensor is not None:
        origin = FigureCell(row.source_tensor, swatch=color, detail=row.note, tip=row.note)
    elif is_morph:
        origin = FigureCell("made", "ok", icon="check", detail=row.note, tip=row.note)
    else:
        origin = FigureCell("by chance", "muted", icon="refresh", detail=row.note, tip=row.note)
    cells = (FigureCell(row.node, weight=500), FigureCell(row.target_tensor, "muted"), FigureCell(shape), origin)
    return FigureRow(row.target_tensor, cells, spoken=f"{row.target_tensor}, {origin.text}, {row.note}")
