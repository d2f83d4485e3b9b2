"""Mouse and wheel on the canvas: click, drag, pan, zoom, hover. What they mean is told by signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from explorer.export.diagram_scene import PartBox
from explorer.gui.panels.diagram.canvas import DiagramCanvas
from explorer.gui.panels.diagram.drag import Reorder
from explorer.gui.panels.diagram.overview import scrolled_to, strip_rect, window_rect

_LEFT, _MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
WHEEL_NOTCH = 120.0
WHEEL_PX = 60.0


class Gestures(QObject):
    """Watches the canvas. A press on a block is a click until it moves; then the block is dragged."""

    picked = Signal(object, str, object)  # PartBox, layer under the pointer or "", keyboard modifiers
    pill_picked = Signal(object)  # PartBox
    gap_picked = Signal(int)
    gap_asked = Signal(int, QPointF)  # Shift-click: which block shall it be
    emptied = Signal()  # click on empty canvas
    refit = Signal()  # double click on empty canvas
    opened = Signal(object)  # PartBox: double click
    lifted = Signal(object, QPointF)  # PartBox, point: a drag begins
    hovered = Signal(str)  # part under the pointer, or ""

    def __init__(self, canvas: DiagramCanvas, reorder: Reorder) -> None:
        super().__init__(canvas)
        self._canvas, self._reorder = canvas, reorder
        self._pressed: QPointF | None = None
        self._box: PartBox | None = None
        self._panning: QPointF | None = None
        self._strip_grip: float | None = None
        self._grabbed = False
        self.space_held = False
        self.space_used = False
        self._handlers: Mapping[QEvent.Type, Callable[..., bool]] = {
            QEvent.Type.MouseButtonPress: self._press,
            QEvent.Type.MouseMove: self._move,
            QEvent.Type.MouseButtonRelease: self._release,
            QEvent.Type.MouseButtonDblClick: self._double,
            QEvent.Type.Wheel: self._wheel,
            QEvent.Type.Leave: self._leave,
        }
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle what the pointer does on the canvas."""
        del watched
        handler = self._handlers.get(event.type())
        if handler is None or self._canvas.summary is None:
            return False
        return handler(event)

    @property
    def is_dragging(self) -> bool:
        """Whether a block hangs on the pointer."""
        return self._reorder.is_active

    def hold(self) -> None:
        """Take a drag over that began outside the canvas, on the bar's grip."""
        self._grabbed = True

    def set_space(self, held: bool) -> None:
        """Note the space bar: while it is held, dragging pans."""
        self.space_held = held
        if held:
            self.space_used = False
        self._show_cursor(None)

    def _press(self, event: QMouseEvent) -> bool:
        point = event.position()
        if event.button() == _MIDDLE or (event.button() == _LEFT and self.space_held):
            self._panning, self.space_used = point, True
            self._show_cursor(None)
            return True
        if event.button() != _LEFT:
            return False
        self._canvas.set_keyboard(on=False)
        self._canvas.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._press_strip(point):
            return True
        self._pressed = point
        x, y = self._canvas.to_scene(point)
        handle = self._canvas.scene.handle_at(x, y)
        scene = self._canvas.scene
        self._box = None if handle is not None else scene.pill_at(x, y) or scene.box_at(x, y)
        return True

    def _press_strip(self, point: QPointF) -> bool:
        """Take the window of the strip, or bring it under the pointer."""
        scene = self._canvas.scene
        if scene.overview is None or not strip_rect(scene).contains(point):
            return False
        window = window_rect(scene, self._canvas.viewport)
        self._strip_grip = point.x() - window.x() if window.contains(point) else window.width() / 2
        self._drag_strip(point)
        return True

    def _drag_strip(self, point: QPointF) -> None:
        if self._strip_grip is not None:
            x = scrolled_to(self._canvas.scene, point, self._strip_grip)
            self._canvas.pan(x - self._canvas.viewport.x, 0.0)

    def _move(self, event: QMouseEvent) -> bool:
        point = event.position()
        if self._panning is not None:
            shift = self._panning - point
            self._panning = point
            self._canvas.pan(shift.x(), shift.y())
        elif self._strip_grip is not None:
            self._drag_strip(point)
        elif self._reorder.is_active:
            self._reorder.move(point)
        elif self._pressed is not None and self._box is not None and self._box.is_block:
            if (point - self._pressed).manhattanLength() >= QApplication.startDragDistance():
                self.lifted.emit(self._box, self._pressed)
                self._reorder.move(point)
        else:
            self._hover(point)
        return True

    def _release(self, event: QMouseEvent) -> bool:
        if self._panning is not None and event.button() in {_MIDDLE, _LEFT}:
            self._panning = None
            self._show_cursor(None)
            return True
        if event.button() != _LEFT:
            return False
        pressed, self._pressed = self._pressed, None
        if self._grabbed:
            self._grabbed = False
            self._canvas.releaseMouse()
        if self._strip_grip is not None:
            self._strip_grip = None
        elif self._reorder.is_active:
            self._reorder.drop()
        elif pressed is not None and not self.space_held:
            self._click(event)
        return True

    def _click(self, event: QMouseEvent) -> None:
        x, y = self._canvas.to_scene(event.position())
        scene = self._canvas.scene
        handle = scene.handle_at(x, y)
        pill = scene.pill_at(x, y)
        if handle is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.gap_asked.emit(handle.gap, event.position())
        elif handle is not None:
            self.gap_picked.emit(handle.gap)
        elif pill is not None and pill == self._box and not event.modifiers():
            self.pill_picked.emit(pill)
        elif self._box is not None and scene.box_at(x, y) == self._box:
            self.picked.emit(self._box, scene.node_at(x, y), event.modifiers())
        elif self._box is None and scene.box_at(x, y) is None:
            self.emptied.emit()

    def _double(self, event: QMouseEvent) -> bool:
        x, y = self._canvas.to_scene(event.position())
        scene = self._canvas.scene
        if event.button() != _LEFT or scene.handle_at(x, y) is not None:
            return self._press(event)
        box = scene.box_at(x, y)
        if scene.pill_at(x, y) is not None:
            return self._press(event)
        if box is not None:
            self.opened.emit(box)
            return self._press(event)
        self.refit.emit()
        return True

    def _wheel(self, event: QWheelEvent) -> bool:
        angle = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._canvas.zoom_by(angle.y() / WHEEL_NOTCH, around=event.position().x())
            return True
        pixels = event.pixelDelta()
        if not pixels.isNull():
            dx, dy = float(pixels.x()), float(pixels.y())
        else:
            dx, dy = angle.x() / WHEEL_NOTCH * WHEEL_PX, angle.y() / WHEEL_NOTCH * WHEEL_PX
        scene = self._canvas.scene
        is_high, is_wide = scene.height > scene.view_height + 0.5, scene.width > scene.view_width + 0.5
        if is_high and (event.modifiers() & Qt.KeyboardModifier.ShiftModifier or not is_wide):
            self._canvas.pan(0.0, -(dy or dx))  # Shift makes some systems turn the wheel sideways
        else:
            self._canvas.pan(-(dx if abs(dx) > abs(dy) else dy), 0.0)
        return True

    def _leave(self, event: QEvent) -> bool:
        del event
        if not self._reorder.is_active:
            self._set_hover("", None)
        return False

    def _hover(self, point: QPointF) -> None:
        x, y = self._canvas.to_scene(point)
        scene = self._canvas.scene
        on_strip = scene.overview is not None and strip_rect(scene).contains(point)
        handle = None if on_strip else scene.handle_at(x, y)
        pill = None if handle is not None or on_strip else scene.pill_at(x, y)
        box = None if handle is not None or on_strip else pill or scene.box_at(x, y)
        gap = handle.gap if handle is not None else None
        self._set_hover(box.part if box is not None else "", gap, pill.part if pill is not None else "")
        self._show_cursor(Qt.CursorShape.PointingHandCursor if box is not None or handle is not None else None)

    def _set_hover(self, part: str, gap: int | None, pill: str = "") -> None:
        if part != self._canvas.look.hovered:
            self.hovered.emit(part)
        self._canvas.set_look(hovered=part, hovered_gap=gap, hovered_pill=pill)

    def _show_cursor(self, shape: Qt.CursorShape | None) -> None:
        if self._panning is not None:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self.space_held:
            shape = Qt.CursorShape.OpenHandCursor
        self._canvas.setCursor(shape if shape is not None else Qt.CursorShape.ArrowCursor)
