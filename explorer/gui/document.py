"""ArchDocument: the network being edited, its undo stack, its numbers, the selection. The sole source of "changed"."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack
from shiboken6 import isValid

from explorer.analysis.summarize import summarize
from explorer.analysis.summary import Conditions, NetworkSummary
from explorer.arch.spec import NetworkSpec
from explorer.gui.commands import ReplaceSpec


class ArchDocument(QObject):
    """One network and everything known about it.

    Views wish edits with `edit`; all of them hear `summary_changed` once per turn of the event loop, however many edits
    that turn brought. The selection is a tuple of node names (`conv3_1`) or part names (`block3`, `input`, `head`);
    empty means the network itself. The last name is the current one.
    """

    network_changed = Signal(object)  # NetworkSpec; its numbers follow, under conditions that may be set meanwhile
    summary_changed = Signal(object)  # NetworkSummary
    selection_changed = Signal(tuple)  # tuple[str, ...]

    def __init__(self, spec: NetworkSpec, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spec = self._announced = spec
        self._conditions = Conditions()
        self._summary = summarize(spec, self._conditions)
        self._selection: tuple[str, ...] = ()
        self.undo_stack = QUndoStack(self)
        self._announce = QTimer(self)
        self._announce.setSingleShot(True)
        self._announce.setInterval(0)
        self._announce.timeout.connect(self.flush)

    def __del__(self) -> None:
        """Free the commands while the stack is whole; the collector of cycles would take them from under it."""
        if isValid(self.undo_stack):
            self.undo_stack.clear()

    @property
    def spec(self) -> NetworkSpec:
        """The network as it stands."""
        return self._spec

    @property
    def summary(self) -> NetworkSummary:
        """The numbers of `spec`, up to date even before they are announced."""
        if self._summary.spec is not self._spec or self._summary.conditions != self._conditions:
            self._summary = summarize(self._spec, self._conditions)
        return self._summary

    @property
    def conditions(self) -> Conditions:
        """What the forecast is made for."""
        return self._conditions

    @property
    def selection(self) -> tuple[str, ...]:
        """The selected names; the last is the current one."""
        return self._selection

    def edit(self, spec: NetworkSpec, text: str, *, merge_key: str = "") -> None:
        """Replace the network as one undoable step called `text`; bursts with one `merge_key` are one step."""
        if spec != self._spec:
            command = ReplaceSpec(self._show, before=self._spec, after=spec, text=text, merge_key=merge_key)
            self.undo_stack.push(command)

    def reset(self, spec: NetworkSpec) -> None:
        """Start afresh with `spec`: no undo, nothing selected."""
        self.undo_stack.clear()
        self._show(spec)
        self.select()

    def show(self, spec: NetworkSpec) -> None:
        """Take `spec` over without an undo step of its own; for commands that open another network."""
        self._show(spec)

    def set_conditions(self, conditions: Conditions) -> None:
        """Ask for the numbers under other training conditions; not an edit."""
        if conditions != self._conditions:
            self._conditions = conditions
            self._announce.start()

    def select(self, *names: str) -> None:
        """Select nodes or parts by name; no name selects the network itself. Unknown names are dropped."""
        known = tuple(name for name in dict.fromkeys(names) if self._exists(name))
        if known != self._selection:
            self._selection = known
            self.selection_changed.emit(known)

    def flush(self) -> None:
        """Announce pending changes now."""
        if self._announced is not self._spec:
            self._announced = self._spec
            self.network_changed.emit(self._spec)
        self._announce.stop()
        self.summary_changed.emit(self.summary)
        self.select(*self._selection)

    def _exists(self, name: str) -> bool:
        return name in self.summary.by_node or name in self.summary.by_part

    def _show(self, spec: NetworkSpec) -> None:
        self._spec = spec
        self._announce.start()
