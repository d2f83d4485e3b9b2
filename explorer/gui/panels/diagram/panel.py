"""DiagramPanel: the network as a row of volumes that are edited where they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint, QPointF, QRect, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QImage, QResizeEvent
from PySide6.QtWidgets import QWidget

from explorer.analysis.summary import NetworkSummary
from explorer.arch import edits
from explorer.arch.blocks.defaults import new_block
from explorer.arch.edits import Edit
from explorer.arch.graph import INPUT_PART
from explorer.arch.spec import NetworkSpec
from explorer.errors import SpecError
from explorer.export.diagram_scene import PartBox
from explorer.gui.panels.diagram import picking
from explorer.gui.panels.diagram.bar import BlockBar
from explorer.gui.panels.diagram.canvas import DiagramCanvas
from explorer.gui.panels.diagram.commands import BLOCK_COMMANDS, counted_by
from explorer.gui.panels.diagram.costs import cost_of
from explorer.gui.panels.diagram.drag import Reorder
from explorer.gui.panels.diagram.folding import FOLD_WORDS, NOTHING_TO_FOLD, Folding
from explorer.gui.panels.diagram.gestures import Gestures
from explorer.gui.panels.diagram.keys import Keys
from explorer.gui.panels.diagram.menu import block_menu, canvas_menu, gap_menu
from explorer.gui.panels.diagram.overlays import StalePill, ZoomBox
from explorer.gui.panels.diagram.steps import Steps
from explorer.gui.theme import ThemeSource

MARGIN = 10


class DiagramPanel(QWidget):
    """The picture, with everything that floats over it.

    It tells wishes and keeps no truth but zoom, scroll and folds. `set_summary` and `set_selection` emit nothing.
    """

    edited = Signal(object, str, str)  # NetworkSpec wanted, words for undo, merge key
    selected = Signal(tuple)  # tuple[str, ...]: parts or layers
    preview = Signal(object)  # NetworkSummary after the drop while a block is dragged, else None
    refused = Signal(str)  # why an edit cannot be done
    hovered = Signal(str)  # the part under the pointer, or ""

    def __init__(self, theme: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.canvas = DiagramCanvas(theme, self)
        self.bar = BlockBar(theme, self._cost, self.canvas)
        self.zoom_box = ZoomBox(theme, self.canvas)
        self.pill = StalePill(theme, self.canvas)
        self._reorder = Reorder(self.canvas, theme)
        self._gestures = Gestures(self.canvas, self._reorder)
        self._folding = Folding(self.canvas)
        self._keys = Keys(self.canvas, self._gestures)
        self._steps = Steps(self.canvas, self.selected.emit)
        self._commands = self._table()
        self._unseen = False
        self.setFocusProxy(self.canvas)
        self.setMinimumSize(self.canvas.minimumSizeHint())
        self._connect()

    def set_summary(self, summary: NetworkSummary) -> None:
        """Show another network."""
        if self._reorder.is_active:
            self._reorder.cancel()
        self._folding.keep(summary)
        with QSignalBlocker(self.canvas):  # what floats is put in its place once, below
            self.canvas.set_summary(summary)
            if self._unseen:  # selected before its network was shown, as after an insertion
                self._unseen = not self._reveal()
        self._show_figures()
        self._follow_view()

    def set_selection(self, names: tuple[str, ...]) -> None:
        """Light up these parts (`block3`) and layers (`conv3_1`)."""
        self.canvas.set_selection(tuple(names))
        self._unseen = not self._reveal()
        self._fill_bar()

    def set_hovered(self, part: str) -> None:
        """Outline `part`, which the pointer is on in another view; "" for none."""
        self.canvas.set_look(hovered=self.canvas.part_of(part) or "" if part else "")

    def set_sample(self, sample: QImage | None) -> None:
        """Let the input wear a picture of the data set."""
        self.canvas.set_sample(sample)

    def set_stale(self, stale: bool) -> None:
        """Say that this is the last text that could be read."""
        self.pill.setVisible(stale)
        self._float()

    def set_legend_shown(self, shown: bool | None) -> None:
        """Show legend and zoom box or not; None leaves it to the height."""
        self.canvas.set_legend_shown(shown)
        self._float()

    def zoom_in(self) -> None:
        """Draw the network larger."""
        self.canvas.zoom_by(1.0)

    def zoom_out(self) -> None:
        """Draw the network smaller."""
        self.canvas.zoom_by(-1.0)

    def fit(self) -> None:
        """Show the whole network."""
        self.canvas.set_zoom(None)

    def fit_selection(self) -> None:
        """Fill the view with what is selected; with nothing selected, with everything."""
        self.canvas.fit_parts(self.canvas.look.selected)

    @property
    def zoom(self) -> float | None:
        """The zoom chosen (1.0 = 100 %), None while fitting: what the window remembers."""
        return self.canvas.viewport.zoom

    def set_zoom(self, zoom: float | None) -> None:
        """Zoom to a remembered scale, or fit."""
        self.canvas.set_zoom(zoom)

    def run_command(self, name: str) -> None:
        """Do what a key or a line of the menu says."""
        if self.canvas.summary is not None and not self._reorder.is_active:
            self._commands[name]()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show every action for what is under the pointer, or for the selection when a key asked."""
        if self.canvas.summary is None or self._reorder.is_active:
            return
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        point = QPointF(event.pos()) if not by_key else self._menu_point()
        x, y = self.canvas.to_scene(point)
        handle = self.canvas.scene.handle_at(x, y)
        box = self.canvas.current_box() if by_key else self.canvas.scene.box_at(x, y)
        place = self.canvas.mapToGlobal(point.toPoint())
        if handle is not None and not by_key:
            self._ask_kind(handle.gap, point)
        elif box is not None and box.is_block:
            if not set(box.members) & self._selected_parts():
                self.selected.emit(box.members)
            noun = counted_by([self._spec().blocks[index] for index in self._blocks()])
            block_menu(self, self._theme.current, self.run_command, self._allowed, noun).popup(place)
        else:
            canvas_menu(self, self._theme.current, self.run_command).popup(place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the canvas all the room."""
        super().resizeEvent(event)
        self.canvas.setGeometry(self.rect())
        self._float()

    def _connect(self) -> None:
        gestures, bar = self._gestures, self.bar
        gestures.picked.connect(self._steps.pick)
        gestures.pill_picked.connect(self._open)
        gestures.gap_picked.connect(self._insert)
        gestures.gap_asked.connect(self._ask_kind)
        gestures.emptied.connect(lambda: self.selected.emit(()))
        gestures.refit.connect(self.fit)
        gestures.opened.connect(self._open)
        gestures.lifted.connect(self._lift)
        gestures.hovered.connect(self.hovered)
        self._reorder.dropped.connect(lambda blocks, gap: self._wish(lambda spec: edits.move(spec, blocks, gap)))
        self._reorder.preview.connect(self.preview)
        self._reorder.ended.connect(self._fill_bar)
        self._keys.commanded.connect(self.run_command)
        self._keys.cancelled.connect(self._reorder.cancel)
        bar.commanded.connect(self.run_command)
        bar.convs_wished.connect(lambda n: self._wish_blocks(lambda spec, chosen: edits.set_convs(spec, chosen, n)))
        bar.channels_wished.connect(
            lambda n: self._wish_blocks(lambda spec, chosen: edits.set_channels(spec, chosen, n))
        )
        bar.convs_stepped.connect(lambda steps: self.run_command("add_conv" if steps > 0 else "remove_conv"))
        bar.channels_stepped.connect(
            lambda step: self._wish_blocks(lambda spec, chosen: edits.step_channels(spec, chosen, step))
        )
        bar.grip_pressed.connect(self._grip)
        bar.left.connect(lambda: self.canvas.setFocus(Qt.FocusReason.OtherFocusReason))
        self.refused.connect(self._say_refused)
        self.zoom_box.zoomed.connect(self.canvas.zoom_by)
        self.zoom_box.fitted.connect(self.fit)
        self.zoom_box.reset.connect(lambda: self.canvas.set_zoom(1.0))
        self.canvas.view_changed.connect(self._follow_view)

    def _table(self) -> dict[str, Callable[[], None]]:
        """What each command does."""
        steps = self._steps
        edited = {name: partial(self._wish_blocks, command.apply) for name, command in BLOCK_COMMANDS.items()}
        return {
            **edited,
            "previous": lambda: steps.beside(-1),
            "next": lambda: steps.beside(1),
            "extend_previous": lambda: steps.beside(-1, extend=True),
            "extend_next": lambda: steps.beside(1, extend=True),
            "first": lambda: steps.end(last=False),
            "last": lambda: steps.end(last=True),
            "into": steps.into,
            "out": steps.out,
            "clear": lambda: self.selected.emit(()),
            "select_all": self._select_all,
            "type_channels": self._type_channels,
            "insert": self._insert_after,
            "fold": self._fold,
            "fit": self.fit,
            "fit_selection": self.fit_selection,
            "zoom_in": self.zoom_in,
            "zoom_out": self.zoom_out,
        }

    # What is wished

    def _spec(self) -> NetworkSpec:
        summary = self.canvas.summary
        assert summary is not None
        return summary.spec

    def _blocks(self) -> tuple[int, ...]:
        summary = self.canvas.summary
        return picking.blocks_of(summary, self.canvas.selection) if summary is not None else ()

    def _wish(self, make: Callable[[NetworkSpec], Edit]) -> None:
        try:
            edit = make(self._spec())
        except SpecError as error:
            self.refused.emit(str(error))
            return
        if edit.spec == self._spec():
            return
        self.edited.emit(edit.spec, edit.text, edit.merge_key)
        self.selected.emit(edit.selection)

    def _wish_blocks(self, make: Callable[[NetworkSpec, Sequence[int]], Edit]) -> None:
        self._wish(lambda spec: make(spec, self._blocks()))

    def _insert(self, gap: int) -> None:
        self._wish(lambda spec: edits.insert_copy(spec, gap))

    def _insert_kind(self, gap: int, kind: str) -> None:
        """A new block of `kind` in `gap`; "" for a copy."""
        if not kind:
            self._insert(gap)
            return
        self._wish(lambda spec: edits.insert_block(spec, gap, new_block(kind, spec.blocks, gap)))

    def _ask_kind(self, gap: int, point: QPointF) -> None:
        """Offer every kind of block for `gap`."""
        copies = bool(self._spec().blocks)
        menu = gap_menu(self, self._theme.current, gap, partial(self._insert_kind, gap), copies=copies)
        menu.popup(self.canvas.mapToGlobal(point.toPoint()))

    def _insert_after(self) -> None:
        blocks = self._blocks()
        at_input = self.canvas.selection[-1:] == (INPUT_PART,)
        self._insert(blocks[-1] + 1 if blocks else 0 if at_input else len(self._spec().blocks))

    def _allowed(self, name: str) -> bool:
        """Whether the command would do something to the blocks selected."""
        if name == "fold":
            return self._folding.can_fold(self._blocks())
        if name not in BLOCK_COMMANDS:
            return bool(self._blocks())
        try:
            BLOCK_COMMANDS[name].apply(self._spec(), self._blocks())
        except SpecError:
            return False
        return True

    def _cost(self, name: str) -> tuple[str, bool]:
        """The cost line of a button."""
        summary = self.canvas.summary
        if summary is None or not self._blocks():
            return "", True
        if name == "fold":
            return FOLD_WORDS[self._folding.state(self._blocks())], True
        return cost_of(name, summary, self._blocks())

    def _say_refused(self, sentence: str) -> None:
        if self.bar.isVisible():
            self.bar.say(sentence)

    # What is selected

    def _selected_parts(self) -> frozenset[str]:
        return frozenset(f"block{index + 1}" for index in self._blocks())

    def _select_all(self) -> None:
        self.selected.emit(tuple(f"block{index + 1}" for index in range(len(self._spec().blocks))))

    def _type_channels(self) -> None:
        if self._blocks():
            self._fill_bar()
            self.bar.channels.open()

    def _fold(self) -> None:
        if not self._folding.toggle(self._blocks()):
            self.refused.emit(NOTHING_TO_FOLD)
            return
        self._reveal()
        self._fill_bar()

    def _open(self, box: PartBox) -> None:
        """A double click on something folded, or a click on its pill, unfolds it."""
        if len(box.members) > 1 or box.branches == "closed":
            self.selected.emit(box.members)
            self._folding.unfold(box)
            self._reveal()
            self._fill_bar()

    # Dragging

    def _lift(self, box: PartBox, point: QPointF) -> None:
        chosen = self._blocks()
        own = tuple(index for index in map(edits.block_index, box.members) if index is not None)
        if not set(own) & set(chosen):
            chosen = own
            self.selected.emit(box.members)
        self._reorder.start(box, chosen, point)
        self._float()

    def _grip(self, place: QPoint) -> None:
        """A press on the bar's grip begins a drag as a press on the block does."""
        box = self.canvas.current_box()
        if box is not None and box.is_block:
            point = QPointF(self.canvas.mapFromGlobal(place))
            self._lift(box, QPointF(point.x(), self.canvas.in_view(box.plate).top() + 12))
            self.canvas.grabMouse()
            self._gestures.hold()

    # What floats

    def _reveal(self) -> bool:
        """Scroll the current part into view; whether there was nothing left to show."""
        selection = self.canvas.selection
        if not selection:
            return True
        part = self.canvas.part_of(selection[-1])
        if part is not None:
            self.canvas.reveal(part)
        return part is not None

    def _fill_bar(self) -> None:
        """Show the bar with the selected blocks' figures, or hide it."""
        self._show_figures()
        self._float()

    def _show_figures(self) -> None:
        summary, blocks = self.canvas.summary, self._blocks()
        if summary is not None and blocks and not self._reorder.is_active:
            self.bar.set_blocks([summary.spec.blocks[index] for index in blocks], self._folding.state(blocks))

    def _float(self) -> None:
        """Put bar, zoom box and pill where they belong."""
        box = self.canvas.current_box() if self.canvas.summary is not None else None
        self.zoom_box.move(self.canvas.width() - self.zoom_box.width() - MARGIN - 4, MARGIN)
        self.zoom_box.setVisible(self.canvas.legend_shown)
        clear = self.zoom_box.geometry() if self.zoom_box.isVisibleTo(self.canvas) else QRect()
        shown = box is not None and box.is_block and bool(self._blocks()) and not self._reorder.is_active
        if shown and box is not None:
            plate = self.canvas.in_view(box.plate)
            # The disc of a failure stands on the plate's upper edge.
            plate = plate.adjusted(0, -8, 0, 0) if box.state == "failed" else plate
            self.bar.place(plate, clear, self.canvas.in_view(box.bounds).top())
        self.bar.setVisible(shown)
        self.bar.raise_()
        self.pill.move(self._pill_x(self.bar.frame if shown else QRect(), clear), MARGIN + 4)
        self.canvas.covered = tuple(
            widget.geometry() if widget is self.pill else self.bar.frame
            for widget in (self.pill, self.bar)
            if widget.isVisibleTo(self.canvas)
        )
        self.canvas.redraw()

    def _pill_x(self, bar: QRect, clear: QRect) -> int:
        """In the middle, or beside `bar` where that would cover it and there is room up to `clear`, the zoom box."""
        width = self.pill.width()
        middle = QRect((self.canvas.width() - width) // 2, MARGIN + 4, width, self.pill.height())
        if not bar.intersects(middle):
            return middle.left()
        end = clear.left() if not clear.isEmpty() else self.canvas.width()
        if bar.right() + MARGIN + width + MARGIN <= end:
            return bar.right() + MARGIN
        before = bar.left() - MARGIN - width
        return before if before >= MARGIN else middle.left()

    def _follow_view(self) -> None:
        self.zoom_box.set_zoom(self.canvas.zoom)
        self._float()

    def _menu_point(self) -> QPointF:
        box = self.canvas.current_box()
        return self.canvas.in_view(box.plate).center() if box is not None else QPointF(self.rect().center())
