"""One undo command serves every edit, because specs are immutable."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from explorer.arch.spec import NetworkSpec

MERGE_WITHIN_S = 1.5


class ReplaceSpec(QUndoCommand):
    """Replaces `before` by `after`. Commands with the same `merge_key` in quick succession become one step."""

    def __init__(
        self,
        apply: Callable[[NetworkSpec], None],
        *,
        before: NetworkSpec,
        after: NetworkSpec,
        text: str,
        merge_key: str = "",
    ) -> None:
        super().__init__(text)
        self._apply = apply
        self._before = before
        self._after = after
        self._merge_key = merge_key
        self._time_s = time.monotonic()

    def id(self) -> int:
        """Commands that may merge share an id; -1 never merges."""
        return 1 if self._merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over a later command of the same burst."""
        if not isinstance(other, ReplaceSpec) or other._merge_key != self._merge_key:
            return False
        if other._time_s - self._time_s > MERGE_WITHIN_S:
            return False
        self._after = other._after
        self._time_s = other._time_s
        self.setObsolete(self._after == self._before)
        return True

    def undo(self) -> None:
        """Show the network as it was."""
        self._apply(self._before)

    def redo(self) -> None:
        """Show the network as it is wanted."""
        self._apply(self._after)
