"""ComparedDiagrams: two networks one above the other, what belongs together linked, what differs marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.analysis.compare import ComparedRow, Comparison, State
from explorer.analysis.summary import NetworkSummary
from explorer.arch.graph import INPUT_PART
from explorer.export.compared_words import SIGNS, row_detail, row_name, state_words
from explorer.export.diagram import layout_diagram
from explorer.export.diagram_scene import DiagramScene, PartBox
from explorer.gui.fonts import ui_font
from explorer.gui.panels.diagram.paint import Look, paint_diagram
from explorer.gui.panels.diagram.paints import Paints, measure
from explorer.gui.panels.diagram.viewport import Viewport
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.painting import rounded

INKS: Mapping[State, tuple[str, str]] = {
    "equal": ("muted", "hover"),
    "changed": ("info", "panel"),
    "inserted": ("ok", "okSoft"),
    "removed": ("err", "errSoft"),
}
"""Per state the colour of its words and lines, and that of the ground behind them."""
TITLE_HEIGHT, LINKS_HEIGHT = 34.0, 30.0
LEAST_HEIGHT = 188
LEAST_TOTAL = 2 * LEAST_HEIGHT + int(LINKS_HEIGHT)
MOST_UNFOLDED = 8
"""Networks of so many blocks show each of them; longer ones may fold equal blocks."""
TAG_OVERHANG = 12.0
"""How much wider than its plate a tag may be; where that is too little it has its sign alone, and a tooltip."""
_TAG_HEIGHT = 18.0


@dataclass
class _Half:
    """One network in its half: the scene, how it is scrolled, and where it lies in the widget."""

    summary: NetworkSummary | None = None
    scene: DiagramScene | None = None
    viewport: Viewport = field(default_factory=Viewport)
    top: float = 0.0
    height: float = 0.0

    def box(self, part: str) -> PartBox | None:
        """The drawn box of `part`."""
        return self.scene.by_part.get(part) if self.scene is not None else None

    def span(self, box: PartBox) -> tuple[float, float]:
        """Left and right edge of a box in the widget."""
        return box.plate.x - self.viewport.x, box.plate.right - self.viewport.x


class ComparedDiagrams(QWidget):
    """Read-only: a click chooses a row of the comparison, ←/→ go to the next, the wheel scrolls a wide network."""

    chosen = Signal(int)  # the row of the comparison

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._paints = Paints(theme.current)
        self._comparison: Comparison | None = None
        self._halves = (_Half(), _Half())
        self._current: int | None = None
        self._hovered: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setProperty("ownFocus", "yes")
        self.setAccessibleName("Both networks")
        theme.changed.connect(self._retheme)

    @property
    def current(self) -> int | None:
        """The chosen row of the comparison."""
        return self._current

    def set_comparison(self, comparison: Comparison | None) -> None:
        """Show another pair; nothing is chosen in it."""
        self._comparison = comparison
        self._current = self._hovered = None
        summaries = (comparison.left, comparison.right) if comparison is not None else (None, None)
        for half, summary in zip(self._halves, summaries, strict=True):
            half.summary, half.viewport = summary, Viewport()
        self._relayout()

    def choose(self, row: int | None) -> None:
        """Light up a row of the comparison on both sides, without reporting it."""
        if row != self._current:
            self._current = row
            self._reveal()
            self._speak()
            self.update()

    def tags(self) -> list[tuple[QRectF, ComparedRow]]:
        """Where each difference is named, and the row it belongs to."""
        found = []
        for row in self._comparison.rows if self._comparison else ():
            if row.state == "equal":
                continue
            for half, side in zip(self._halves, (row.left, row.right), strict=True):
                box = half.box(side.part) if side is not None else None
                if box is not None:
                    found.append((self._tag_place(half, box, row), row))
        return found

    def row_at(self, point: QPointF) -> int | None:
        """The row of the comparison under a point."""
        if self._comparison is None:
            return None
        for half, name in zip(self._halves, ("left", "right"), strict=True):
            if half.scene is None or not half.top <= point.y() <= half.top + half.height:
                continue
            x = point.x() + half.viewport.x
            box = next((box for box in half.scene.boxes if box.plate.x <= x <= box.plate.right), None)
            if box is None:
                return None
            for index, row in enumerate(self._comparison.rows):
                side = getattr(row, name)
                if side is not None and side.part in {box.part, *box.members}:
                    return index
        return None

    def sizeHint(self) -> QSize:
        """Two diagrams as in the design, somewhat lower."""
        return QSize(1056, 460)

    def minimumSizeHint(self) -> QSize:
        """Both pictures are whole from here on."""
        return QSize(320, LEAST_TOTAL)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out for the new size."""
        super().resizeEvent(event)
        self._relayout()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up what the pointer is on."""
        row = self.row_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if row is not None else Qt.CursorShape.ArrowCursor)
        if row != self._hovered:
            self._hovered = row
            self.update()

    def event(self, event: QEvent) -> bool:
        """Say on hover what differs in a block."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.row_at(QPointF(event.pos()))
            text = self._words(index) if index is not None else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what is clicked; empty ground clears."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._tell(self.row_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the pointer."""
        del event
        self._hovered = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the network under the pointer sideways."""
        y = event.position().y()
        half = next((half for half in self._halves if half.top <= y <= half.top + half.height), None)
        delta = event.angleDelta().y() or event.angleDelta().x()
        if half is not None and half.scene is not None and half.viewport.scroll(-delta / 2, 0, half.scene):
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """←/→ choose the row before and after, Esc clears."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if self._comparison is not None and event.key() in steps:
            step, last = steps[Qt.Key(event.key())], len(self._comparison.rows) - 1
            start = -1 if self._current is None and step > 0 else last + 1 if self._current is None else self._current
            self._tell(min(max(start + step, 0), last))
        elif event.key() == Qt.Key.Key_Escape and self._current is not None:
            self._tell(None)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint both networks, the links between them, and the names of the differences."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), self._paints.colors["canvas"])
        if self._comparison is None:
            return
        self._paint_grounds(painter)
        for half in self._halves:
            self._paint_half(painter, half)
        self._paint_links(painter)
        self._paint_tags(painter)
        self._paint_titles(painter)
        if self.hasFocus() and self._current is None:
            painter.setPen(self._paints.pen("accent", 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 6, 6)

    def _relayout(self) -> None:
        height = max(60.0, (self.height() - LINKS_HEIGHT) / 2)
        for index, half in enumerate(self._halves):
            half.top, half.height = index * (height + LINKS_HEIGHT), height
            if half.summary is None:
                half.scene = None
                continue
            blocks = len(half.summary.spec.blocks)
            scene = layout_diagram(
                half.summary,
                self.width(),
                height,
                measure=measure,
                unfolded=range(blocks) if blocks <= MOST_UNFOLDED else (),
                legend_height=TITLE_HEIGHT + 10,
            )
            # A pill that folds would promise a click that this picture does not take.
            half.scene = replace(scene, labels=tuple(label for label in scene.labels if label.role != "pill"))
            half.viewport.clamp(half.scene)
        self.update()

    def _paint_half(self, painter: QPainter, half: _Half) -> None:
        if half.scene is None:
            return
        painter.save()
        painter.setClipRect(QRectF(0, half.top, self.width(), half.height))
        painter.translate(-half.viewport.x, half.top - half.viewport.y)
        visible = (half.viewport.x, half.viewport.x + half.scene.view_width)
        look = Look(handles=False, legend=False, hovered="")
        paint_diagram(painter, half.scene, self._theme.current, look, paints=self._paints, visible=visible)
        painter.restore()

    def _paint_grounds(self, painter: QPainter) -> None:
        assert self._comparison is not None
        for index, row in enumerate(self._comparison.rows):
            ink, soft = INKS[row.state]
            lit = index in {self._current, self._hovered}
            for half, side in zip(self._halves, (row.left, row.right), strict=True):
                box = half.box(side.part) if side is not None else None
                if box is None or (row.state == "equal" and not lit):
                    continue
                left, right = half.span(box)
                top = half.top + TITLE_HEIGHT
                place = QRectF(left, top, right - left, half.height - TITLE_HEIGHT - 4)
                chosen = index == self._current
                border = self._paints.colors["accent" if chosen else ink]
                fill = self._paints.colors["soft" if chosen else soft]
                rounded(painter, place, 10, fill=fill, border=border, width=2.0 if chosen else 1.0)

    def _paint_links(self, painter: QPainter) -> None:
        assert self._comparison is not None
        upper, lower = self._halves
        for index, row in enumerate(self._comparison.rows):
            if row.left is None or row.right is None or (row.state == "equal" and row.name == INPUT_PART):
                continue
            above, below = upper.box(row.left.part), lower.box(row.right.part)
            if above is None or below is None:
                continue
            lit = index in {self._current, self._hovered}
            self._paint_link(painter, sum(upper.span(above)) / 2, sum(lower.span(below)) / 2, row.state, lit=lit)

    def _paint_link(self, painter: QPainter, x_above: float, x_below: float, state: State, *, lit: bool) -> None:
        upper, lower = self._halves
        begin = QPointF(x_above, upper.top + upper.height - 3)
        end = QPointF(x_below, lower.top + TITLE_HEIGHT)
        middle = (begin.y() + end.y()) / 2
        path = QPainterPath(begin)
        path.cubicTo(QPointF(begin.x(), middle), QPointF(end.x(), middle), end)
        token = "accent" if lit else "line2" if state == "equal" else INKS[state][0]
        pen = QPen(self._paints.colors[token], 2.0 if lit else 1.4)
        if state == "changed":
            pen.setDashPattern([4.0, 3.0])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)

    def _paint_tags(self, painter: QPainter) -> None:
        painter.setFont(ui_font(11, 600))
        for place, row in self.tags():
            ink, _soft = INKS[row.state]
            rounded(painter, place, 9, fill=self._paints.colors["panel"], border=self._paints.colors[ink])
            painter.setPen(self._paints.colors[ink])
            text = state_words(row) if place.width() > 24 else SIGNS[row.state][0]
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _tag_place(self, half: _Half, box: PartBox, row: ComparedRow) -> QRectF:
        left, right = half.span(box)
        metrics = QFontMetricsF(ui_font(11, 600))
        words = metrics.horizontalAdvance(state_words(row)) + 16
        width = words if words <= right - left + TAG_OVERHANG else 20.0
        middle = (left + right) / 2
        return QRectF(middle - width / 2, half.top + TITLE_HEIGHT - _TAG_HEIGHT / 2, width, _TAG_HEIGHT)

    def _paint_titles(self, painter: QPainter) -> None:
        for half, side in zip(self._halves, ("left", "right"), strict=True):
            if half.summary is None:
                continue
            font = ui_font(13, 600)
            name = QFontMetricsF(font).elidedText(half.summary.spec.name, Qt.TextElideMode.ElideMiddle, 460)
            painter.setFont(font)
            painter.setPen(self._paints.colors["text"])
            painter.drawText(QRectF(20, half.top + 3, 480, 20), Qt.AlignmentFlag.AlignVCenter, name)
            offset = QFontMetricsF(font).horizontalAdvance(name) + 28
            painter.setFont(ui_font(12, 400))
            painter.setPen(self._paints.colors["muted"])
            painter.drawText(QRectF(offset, half.top + 3, 80, 20), Qt.AlignmentFlag.AlignVCenter, side)

    def _tell(self, row: int | None) -> None:
        self.choose(row)
        self.chosen.emit(-1 if row is None else row)

    def _reveal(self) -> None:
        if self._comparison is None or self._current is None:
            return
        row = self._comparison.rows[self._current]
        for half, side in zip(self._halves, (row.left, row.right), strict=True):
            box = half.box(side.part) if side is not None else None
            if box is not None and half.scene is not None:
                half.viewport.reveal(box.plate, half.scene)

    def _speak(self) -> None:
        if self._comparison is None or self._current is None:
            self.setAccessibleName("Both networks")
            return
        self.setAccessibleName(self._words(self._current))

    def _words(self, index: int) -> str:
        """`Block 3, changed: 2 → 3 convolutions`."""
        assert self._comparison is not None
        row = self._comparison.rows[index]
        return f"{row_name(row)}, {SIGNS[row.state][1]}: {row_detail(row)}".rstrip(": ")

    def _retheme(self, theme: Theme) -> None:
        self._paints = Paints(theme)
        self.update()
