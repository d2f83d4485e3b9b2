"""The canvas: shows one scene, scrolled and zoomed, with its selection, hover and focus; knows nothing of edits."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QFocusEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.analysis.summary import NetworkSummary
from explorer.arch.ops import Activation, BatchNorm2d, Dropout, Flatten, LocalResponseNorm
from explorer.export.diagram import LEGEND_FROM_HEIGHT, Folds, layout_diagram
from explorer.export.diagram_scene import DiagramScene, PartBox, Rect
from explorer.export.diagram_sketches import Sketchbook
from explorer.export.diagram_text import spoken_layer
from explorer.gui.panels.diagram.overview import paint_overview
from explorer.gui.panels.diagram.paint import Look, paint_diagram
from explorer.gui.panels.diagram.paints import Paints, measure
from explorer.gui.panels.diagram.shapes import KeptShapes
from explorer.gui.panels.diagram.spread import opened
from explorer.gui.panels.diagram.viewport import Viewport, place_of, stepped, x_at
from explorer.gui.panels.diagram.volumes import paint_legend, tinted
from explorer.gui.theme import Theme, ThemeSource

GHOST_OPACITY = 0.7
FOLDED_OPS = (Activation, BatchNorm2d, Dropout, Flatten, LocalResponseNorm)
"""Ops that are no volume of their own: they are shown by the layer before them."""


class DiagramCanvas(QWidget):
    """The picture of `summary`. Its owner feeds mouse and keys; it answers what lies where.

    It is not declared opaque: Qt paints opaque widgets in a pass of their own, and would paint this one once more under
    what floats over it.
    """

    view_changed = Signal()  # scene, zoom or scroll are others now
    resized = Signal()

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._paints = Paints(theme.current, KeptShapes())
        self._summary: NetworkSummary | None = None
        self._scene: DiagramScene | None = None
        self._viewport = Viewport()
        self._folds = Folds()
        self._sketches = Sketchbook()
        self._sample: QImage | None = None
        self._selection: tuple[str, ...] = ()
        self._keyboard = False
        self._legend_shown: bool | None = None
        self.covered: tuple[QRect, ...] = ()
        self.ghost: QPixmap | None = None
        self.ghost_at = QPointF()
        self.spread: tuple[float, float] | None = None
        self.look = Look()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Network")
        self.setProperty("ownFocus", "yes")
        theme.changed.connect(self._retheme)

    @property
    def scene(self) -> DiagramScene:
        """What is shown. Asked for only once a summary is set."""
        assert self._scene is not None
        return self._scene

    @property
    def summary(self) -> NetworkSummary | None:
        """The network shown; None before the first."""
        return self._summary

    @property
    def selection(self) -> tuple[str, ...]:
        """The selected names, as they were set."""
        return self._selection

    @property
    def viewport(self) -> Viewport:
        """Zoom and scroll."""
        return self._viewport

    @property
    def origin(self) -> tuple[float, float]:
        """The scene's point in the widget's left upper corner."""
        return self._viewport.x, self._viewport.y

    @property
    def zoom(self) -> float:
        """The scale on screen; 1.0 is 100 %."""
        return self.scene.zoom if self._scene is not None else 1.0

    def sizeHint(self) -> QSize:
        """As in the design's window."""
        return QSize(1056, 372)

    def minimumSizeHint(self) -> QSize:
        """The picture is whole from here on."""
        return QSize(320, 264)

    def set_summary(self, summary: NetworkSummary) -> None:
        """Show another network, at the same zoom."""
        self._summary = summary
        self.relayout()
        self._look_again()

    def set_selection(self, names: tuple[str, ...]) -> None:
        """Light up these parts and layers."""
        self._selection = names
        self._look_again()

    def set_sample(self, sample: QImage | None) -> None:
        """Let the input wear a picture; None takes it off."""
        self._sample = sample
        self._wear()

    def set_keyboard(self, on: bool) -> None:
        """Show the second ring: the last step was made with a key."""
        if on != self._keyboard:
            self._keyboard = on
            self._look_again()

    def set_legend_shown(self, shown: bool | None) -> None:
        """Show the legend or not; None leaves it to the height."""
        self._legend_shown = shown
        self.redraw()

    @property
    def legend_shown(self) -> bool:
        """Whether the key of layer kinds is painted."""
        return self.height() >= LEGEND_FROM_HEIGHT if self._legend_shown is None else self._legend_shown

    def set_zoom(self, zoom: float | None, *, around: float | None = None) -> None:
        """Zoom; `around` is the x in the widget whose point stays in place (None: the middle)."""
        if self._scene is None:
            return
        x = self.width() / 2 if around is None else around
        place = place_of(self._scene, self._viewport.x + x)
        parts = len(self._scene.boxes)
        self._viewport.zoom = zoom
        self.relayout()
        if zoom is not None and len(self.scene.boxes) == parts:
            self._viewport.x = x_at(self.scene, place) - x
            self._viewport.y = self.scene.axis - (self.scene.view_height - self.scene.band) / 2
        self._viewport.clamp(self.scene)
        self._moved()

    def zoom_by(self, steps: float, *, around: float | None = None) -> None:
        """Zoom in (or out, where negative) by notches."""
        self.set_zoom(stepped(self.zoom, steps), around=around)

    def fit_parts(self, parts: frozenset[str]) -> None:
        """Zoom so that these parts fill the view."""
        boxes = [box for box in self.scene.boxes if parts & set(box.members)]
        if not boxes:
            self.set_zoom(None)
            return
        width = boxes[-1].plate.right - boxes[0].plate.x
        height = max(box.bounds.height for box in boxes)
        wide = (self.width() - 96) / max(1.0, width)
        tall = (self.height() - 96 - 56) / max(1.0, height)
        self.set_zoom(stepped(self.zoom * max(0.1, min(wide, tall)), 0))
        boxes = [box for box in self.scene.boxes if parts & set(box.members)]
        middle = (boxes[0].plate.x + boxes[-1].plate.right) / 2
        self._viewport.x = middle - self.width() / 2
        self._viewport.clamp(self.scene)
        self._moved()

    def pan(self, dx: float, dy: float) -> None:
        """Move the view over the scene."""
        if self._scene is not None and self._viewport.scroll(dx, dy, self._scene):
            self._moved()

    def reveal(self, part: str) -> None:
        """Scroll `part` into view."""
        box = self.scene.by_part.get(part)
        if box is not None and self._viewport.reveal(box.plate, self.scene):
            self._moved()

    def set_folds(self, folds: Folds, *, quietly: bool = False) -> None:
        """Fold and unfold runs of blocks and branches; `quietly` where another network follows at once."""
        self._folds = folds
        if not quietly:
            self.relayout()
            self._look_again()

    @property
    def folds(self) -> Folds:
        """What the user folded and unfolded."""
        return self._folds

    def to_scene(self, point: QPointF) -> tuple[float, float]:
        """A point of the widget in the scene."""
        scene = self.scene
        in_words = point.y() > scene.view_height - scene.band
        offset = scene.height - scene.view_height if in_words else self._viewport.y
        return point.x() + self._viewport.x, point.y() + offset

    def in_view(self, rect: Rect) -> QRectF:
        """A rectangle of the scene in the widget."""
        return QRectF(rect.x - self._viewport.x, rect.y - self._viewport.y, rect.width, rect.height)

    def part_of(self, name: str) -> str | None:
        """The drawn part that holds the part or layer `name`; None for what is not drawn."""
        if self._scene is None or self._summary is None:
            return None
        row = self._summary.by_node.get(name)
        part = row.node.part if row is not None else name
        box = self._scene.by_part.get(part)
        return box.part if box is not None else None

    def current_box(self) -> PartBox | None:
        """The part of the last selected name."""
        part = self.part_of(self._selection[-1]) if self._selection else None
        return self.scene.by_part.get(part) if part is not None else None

    def set_look(self, **changes: object) -> None:
        """Change hover, drag or caret; repaints only if something is different."""
        look = self.look._replace(**changes)  # type: ignore[arg-type]
        if look != self.look:
            self.look = look
            self.redraw()

    def relayout(self) -> None:
        """Lay the scene out for the size, zoom and folds as they are."""
        if self._summary is None:
            return
        self._scene = layout_diagram(
            self._summary,
            self.width(),
            self.height(),
            zoom=self._viewport.zoom,
            measure=measure,
            folded=self._folds.folded,
            unfolded=self._folds.unfolded,
            closed=self._folds.closed,
            opened=self._folds.opened,
            near=self._scene.fit if self._scene is not None else None,
            sketches=self._sketches,
        )
        if self._scene.height > self._scene.view_height and self._viewport.zoom is None:
            self._viewport.y = self._scene.axis - (self._scene.view_height - self._scene.band) / 2
        self._viewport.clamp(self._scene)
        self._moved()

    def announce(self) -> None:
        """Speak the current part."""
        box = self.current_box()
        row = self._summary.by_node.get(self._selection[-1]) if self._summary and self._selection else None
        layer = f"{spoken_layer(row)}, in " if row is not None else ""
        self.setAccessibleName(f"Network: {layer}{box.spoken}" if box is not None else "Network")
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.NameChanged))

    def redraw(self) -> None:
        """Ask for another picture: what is shown has changed."""
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the scene as scrolled, then what stays in place."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._paints.colors["canvas"])
        if self._scene is None:
            return
        scene = opened(self._scene, *self.spread) if self.spread is not None else self._scene
        self._paint_scene(painter, scene, event.rect())
        if self.legend_shown and self._scene.height <= self._scene.view_height:
            paint_legend(painter, self._scene.legend, self._paints, covered=self.covered)
        if self._scene.overview is not None:
            paint_overview(painter, self._scene, self._viewport, self._paints)
        if self.ghost is not None:
            painter.setOpacity(GHOST_OPACITY)
            painter.drawPixmap(self.ghost_at, self.ghost)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out for the new size."""
        super().resizeEvent(event)
        self.relayout()
        self.resized.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the second ring when the focus came by key."""
        super().focusInEvent(event)
        by_key = event.reason() in {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason}
        self._keyboard = by_key or self._keyboard
        self._look_again()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the second ring away."""
        super().focusOutEvent(event)
        self._keyboard = False
        self._look_again()

    def _paint_scene(self, painter: QPainter, scene: DiagramScene, dirty: QRect) -> None:
        """Paint what `dirty` shows of the scene as scrolled.

        Where it is higher than the view, the words stay at the lower edge.
        """
        x, y = self.origin
        visible = (x + dirty.left(), x + dirty.left() + dirty.width())
        hidden = scene.height - scene.view_height
        seam = scene.view_height - scene.band
        strips = ((0.0, seam, y), (seam, scene.band, hidden)) if hidden > 0.5 else ((0.0, scene.view_height, y),)
        for top, height, offset in strips:
            painter.save()
            if hidden > 0.5:
                painter.setClipRect(QRectF(0, top, scene.view_width, height))
            painter.translate(-x, -offset)
            paint_diagram(painter, scene, self._theme.current, self.look, paints=self._paints, visible=visible)
            painter.restore()

    def _moved(self) -> None:
        self.redraw()
        self.view_changed.emit()

    def _look_again(self) -> None:
        """Work out what is lit from the selection."""
        parts = frozenset(part for name in self._selection if (part := self.part_of(name)) is not None)
        layers = frozenset(layer for name in self._selection if (layer := self._drawn_layer(name)) is not None)
        rows = self._summary.by_node if self._summary is not None else {}
        nodes = [rows[name].node for name in self._selection if name in rows]
        paths = frozenset((node.part, node.path) for node in nodes if node.path)
        box = self.current_box() if self._scene is not None else None
        ringed = box.part if box is not None and self._keyboard and self.hasFocus() else ""
        self.set_look(selected=parts, layers=layers, paths=paths, ringed=ringed)
        self.announce()

    def _drawn_layer(self, name: str) -> str | None:
        """The drawn layer for a selected node: itself, or the one that a ReLU or a norm is folded into."""
        if self._summary is None or self._scene is None:
            return None
        rows = self._summary.by_node
        while name in rows and name not in self._scene.part_of:
            node = rows[name].node
            if not isinstance(node.op, FOLDED_OPS) or len(node.inputs) != 1:
                return None
            name = node.inputs[0]
        return name if name in rows else None

    def _retheme(self, theme: Theme) -> None:
        self._paints = Paints(theme, KeptShapes())
        self._wear()
        self.redraw()

    def _wear(self) -> None:
        self.set_look(sample=tinted(self._sample, self._theme.current) if self._sample is not None else None)
