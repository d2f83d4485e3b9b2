"""Dragging blocks to another place: the copy under the pointer, the gap that opens, the caret, auto-scroll."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEasingCurve, QObject, QPointF, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QPainter, QPixmap

from explorer.analysis.summarize import summarize
from explorer.arch import edits
from explorer.export.diagram_scene import PartBox
from explorer.gui.panels.diagram.canvas import DiagramCanvas
from explorer.gui.panels.diagram.paint import Look, paint_diagram
from explorer.gui.panels.diagram.spread import OPENING, gap_at, only
from explorer.gui.theme import ThemeSource

OPEN_MS = 120
EDGE = 32
SCROLL_STEP = 14.0
GHOST_MARGIN = 12


class Reorder(QObject):
    """One drag at a time. `dropped` tells the gap; `preview` the network after the drop, None when it is over."""

    dropped = Signal(tuple, int)  # block indices, gap
    preview = Signal(object)
    ended = Signal()

    def __init__(self, canvas: DiagramCanvas, theme: ThemeSource) -> None:
        super().__init__(canvas)
        self._canvas, self._theme = canvas, theme
        self._blocks: tuple[int, ...] = ()
        self._box: PartBox | None = None
        self._pointer = QPointF()
        self._grab = QPointF()
        self._gap: int | None = None
        self._opening = QVariantAnimation(self)
        self._opening.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._opening.valueChanged.connect(self._open)
        self._scrolling = QTimer(self)
        self._scrolling.setInterval(16)
        self._scrolling.timeout.connect(self._auto_scroll)

    @property
    def is_active(self) -> bool:
        """Whether a block hangs on the pointer."""
        return self._box is not None

    @property
    def gap(self) -> int | None:
        """Where the block would drop; None where that is its own place."""
        return self._gap

    def start(self, box: PartBox, blocks: Sequence[int], point: QPointF) -> None:
        """Take `blocks` up, with `box` shown on the pointer at `point` (in the canvas)."""
        self._box, self._blocks = box, tuple(blocks)
        place = self._canvas.in_view(box.plate)
        self._grab = point - place.topLeft()
        members = {f"block{index + 1}" for index in blocks}
        dimmed = frozenset(other.part for other in self._canvas.scene.boxes if members & set(other.members))
        self._canvas.ghost = self._picture(box)
        self._canvas.set_look(dimmed=dimmed, hovered="", hovered_gap=None, handles=False)
        self._canvas.setFocus(Qt.FocusReason.MouseFocusReason)
        self._scrolling.start()
        self.move(point)

    def move(self, point: QPointF) -> None:
        """Follow the pointer."""
        if self._box is None:
            return
        self._pointer = point
        self._canvas.ghost_at = point - self._grab - QPointF(GHOST_MARGIN, GHOST_MARGIN)
        middle = point.x() - self._grab.x() + self._box.plate.width / 2
        gap, x = gap_at(self._canvas.scene, middle + self._canvas.viewport.x)
        inside = self._blocks[0] <= gap <= self._blocks[-1] + 1 and self._is_run()
        self._set_gap(None if inside else gap, x)
        self._canvas.redraw()

    def drop(self) -> None:
        """Let go: tell the new place, if it is one."""
        blocks, gap = self._blocks, self._gap
        self.cancel()
        if gap is not None:
            self.dropped.emit(blocks, gap)

    def cancel(self) -> None:
        """Put the block back."""
        if self._box is None:
            return
        self._box, self._gap = None, None
        self._scrolling.stop()
        self._opening.stop()
        self._canvas.ghost = None
        self._canvas.spread = None
        self._canvas.set_look(dimmed=frozenset(), caret=None, handles=True)
        self._canvas.redraw()
        self.preview.emit(None)
        self.ended.emit()

    def _is_run(self) -> bool:
        return self._blocks == tuple(range(self._blocks[0], self._blocks[-1] + 1))

    def _set_gap(self, gap: int | None, x: float) -> None:
        if gap == self._gap:
            return
        self._gap = gap
        self._opening.stop()
        if gap is None:
            self._canvas.spread = None
            self._canvas.set_look(caret=None)
            self.preview.emit(None)
            return
        box = self._canvas.scene.boxes[0].plate
        top = min(other.plate.y for other in self._canvas.scene.boxes)
        self._canvas.set_look(caret=(x, top, box.bottom))
        self._opening.setStartValue(0.0)
        self._opening.setEndValue(OPENING)
        self._opening.setDuration(OPEN_MS)
        self._canvas.spread = (x, 0.0)
        self._opening.start()
        self._tell(gap)

    def _tell(self, gap: int) -> None:
        summary = self._canvas.summary
        if summary is not None:
            after = edits.move(summary.spec, self._blocks, gap).spec
            self.preview.emit(summarize(after, summary.conditions))

    def _open(self, amount: float) -> None:
        if self._canvas.spread is not None:
            self._canvas.spread = (self._canvas.spread[0], amount)
            self._canvas.redraw()

    def _auto_scroll(self) -> None:
        """Scroll while the pointer is near an edge, faster the nearer."""
        x = self._pointer.x()
        near = EDGE - x if x < EDGE else (self._canvas.width() - EDGE) - x if x > self._canvas.width() - EDGE else 0.0
        if near:
            step = -SCROLL_STEP * min(1.0, abs(near) / EDGE) * (1 if near > 0 else -1)
            before = self._canvas.viewport.x
            self._canvas.pan(step, 0.0)
            if self._canvas.viewport.x != before:
                self.move(self._pointer)

    def _picture(self, box: PartBox) -> QPixmap:
        ratio = self._canvas.devicePixelRatioF()
        width, height = box.plate.width + 2 * GHOST_MARGIN, box.plate.height + 2 * GHOST_MARGIN
        picture = QPixmap(round(width * ratio), round(height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill("transparent")
        painter = QPainter(picture)
        painter.translate(GHOST_MARGIN - box.plate.x, GHOST_MARGIN - box.plate.y)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme.current
        painter.setPen(theme.color("accent"))
        painter.setBrush(theme.color("soft"))
        painter.drawRoundedRect(self._canvas.in_view(box.plate).translated(*self._canvas.origin), 10, 10)
        paint_diagram(painter, only(self._canvas.scene, box.part), theme, Look(handles=False))
        painter.end()
        return picture
