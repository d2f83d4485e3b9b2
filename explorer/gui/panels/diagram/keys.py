"""Keys of the canvas. They come before the window's shortcuts while the canvas has the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

from explorer.gui.panels.diagram.canvas import DiagramCanvas
from explorer.gui.panels.diagram.commands import command_of
from explorer.gui.panels.diagram.gestures import Gestures


class Keys(QObject):
    """Turns key presses on the canvas into commands; Esc during a drag puts the block back."""

    commanded = Signal(str)
    cancelled = Signal()

    def __init__(self, canvas: DiagramCanvas, gestures: Gestures) -> None:
        super().__init__(canvas)
        self._gestures = gestures
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle the keys that mean something here."""
        del watched
        kind = event.type()
        if not isinstance(event, QKeyEvent):
            return False
        if kind == QEvent.Type.ShortcutOverride:
            known = event.key() == Qt.Key.Key_Space or command_of(event.modifiers(), event.key()) is not None
            event.setAccepted(known)
            return known
        if kind == QEvent.Type.KeyPress:
            return self._press(event)
        if kind == QEvent.Type.KeyRelease:
            return self._release(event)
        return False

    def _press(self, event: QKeyEvent) -> bool:
        if self._gestures.is_dragging:
            if event.key() == Qt.Key.Key_Escape:
                self.cancelled.emit()
            return True
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            if not event.isAutoRepeat():
                self._gestures.set_space(held=True)
            return True
        command = command_of(event.modifiers(), event.key())
        if command is not None:
            self.commanded.emit(command)
        return command is not None

    def _release(self, event: QKeyEvent) -> bool:
        if event.key() != Qt.Key.Key_Space or event.isAutoRepeat() or not self._gestures.space_held:
            return False
        self._gestures.set_space(held=False)
        if not self._gestures.space_used:
            self.commanded.emit("fold")
        return True
