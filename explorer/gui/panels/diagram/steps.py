"""Which part or layer is selected next: by click, by arrow key, by double click."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt

from explorer.export.diagram_scene import PartBox
from explorer.gui.panels.diagram import picking
from explorer.gui.panels.diagram.canvas import DiagramCanvas

_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Steps:
    """Turns clicks and arrow keys on one canvas into names, which `select` is told."""

    def __init__(self, canvas: DiagramCanvas, select: Callable[[tuple[str, ...]], None]) -> None:
        self._canvas, self._select = canvas, select

    def pick(self, box: PartBox, node: str, modifiers: Qt.KeyboardModifier) -> None:
        """A click on `box`, with `node` under the pointer."""
        scene, selection = self._canvas.scene, self._canvas.selection
        if modifiers & _CTRL and box.is_block:
            self._select(picking.toggled(scene, selection, box))
        elif modifiers & _SHIFT and box.is_block:
            self._select(picking.ranged(scene, selection, box))
        else:
            self._select(picking.clicked(scene, selection, box, node))

    def end(self, *, last: bool) -> None:
        """The first block or the last."""
        self._to(picking.end_block(self._canvas.scene, last=last))

    def beside(self, step: int, *, extend: bool = False) -> None:
        """The part to the left or right; with `extend`, everything up to it."""
        scene, current = self._canvas.scene, self._canvas.current_box()
        box = picking.neighbour(scene, current.part if current is not None else None, step)
        if extend and current is not None and box.is_block:
            self._canvas.set_keyboard(on=True)
            self._select(picking.ranged(scene, self._canvas.selection, box))
        else:
            self._to(box)

    def into(self) -> None:
        """The first layer of the block, or the next one."""
        box, summary = self._canvas.current_box(), self._canvas.summary
        if box is None or summary is None:
            self.end(last=False)
            return
        layer = picking.layer_below(self._canvas.scene, summary, box, self._canvas.selection[-1])
        if layer is not None:
            self._canvas.set_keyboard(on=True)
            self._select((layer,))

    def out(self) -> None:
        """From a layer to its block, from a block to nothing."""
        box = self._canvas.current_box()
        if box is None or self._canvas.selection[-1] in box.members:
            self._select(())
        else:
            self._to(box)

    def _to(self, box: PartBox) -> None:
        self._canvas.set_keyboard(on=True)
        self._select(box.members)
