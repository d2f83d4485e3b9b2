"""Which stages of equal blocks the user folded or unfolded: a matter of the view, not of the network."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.analysis.summary import NetworkSummary
from explorer.arch import edits
from explorer.arch.graph import block_part
from explorer.export.diagram import stages
from explorer.export.diagram_scene import PartBox
from explorer.gui.panels.diagram.canvas import DiagramCanvas


class Folding:
    """Folds stages of one canvas; a stage is named by its first block (from 0)."""

    def __init__(self, canvas: DiagramCanvas) -> None:
        self._canvas = canvas

    def stage(self, blocks: Sequence[int]) -> tuple[int, ...] | None:
        """The run of equal blocks around the last of `blocks`, where there is more than one."""
        summary = self._canvas.summary
        if summary is None or not blocks:
            return None
        run = next((run for run in stages(summary) if blocks[-1] in run), ())
        return run if len(run) > 1 else None

    def toggle(self, run: tuple[int, ...]) -> None:
        """Fold the stage `run`, or unfold it."""
        box = self._canvas.scene.by_part[block_part(run[0])]
        self._set(run[0], fold=len(box.members) == 1)

    def unfold(self, box: PartBox) -> None:
        """Show every block that `box` stands for."""
        first = edits.block_index(box.members[0])
        if first is not None and len(box.members) > 1:
            self._set(first, fold=False)

    def keep(self, summary: NetworkSummary) -> None:
        """Forget the stages that `summary` has no more."""
        starts = {run[0] for run in stages(summary) if len(run) > 1}
        folded, unfolded = self._canvas.folds
        if not (folded <= starts and unfolded <= starts):
            self._canvas.set_folds(folded & starts, unfolded & starts)

    def _set(self, first: int, *, fold: bool) -> None:
        folded, unfolded = self._canvas.folds
        folded, unfolded = folded - {first}, unfolded - {first}
        self._canvas.set_folds(folded | {first} if fold else folded, unfolded if fold else unfolded | {first})
