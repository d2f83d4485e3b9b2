"""What the user folded or unfolded: runs of equal blocks, and branches inside blocks. A matter of the view alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from explorer.analysis.summary import NetworkSummary
from explorer.arch import edits
from explorer.arch.blocks import Block
from explorer.arch.graph import block_part
from explorer.export.diagram import Folds, stages
from explorer.export.diagram_scene import Branches, PartBox
from explorer.gui.panels.diagram.canvas import DiagramCanvas

NOTHING_TO_FOLD = "A block folds its branches, or folds together with equal neighbours, and this one has none."
FOLD_WORDS: Mapping[Branches, str] = {
    "closed": "Show the branches: paths side by side, or every unit",
    "open": "Fold the branches into one volume",
    "": "Fold equal blocks into one volume, or show them again",
}
"""What folding does to a block, by its state."""


class Folding:
    """Folds runs and branches on one canvas. A run is named by its first block (from 0), branches by their block."""

    def __init__(self, canvas: DiagramCanvas) -> None:
        self._canvas = canvas

    def can_fold(self, blocks: Sequence[int]) -> bool:
        """Whether `toggle` would do something."""
        box = self._box(blocks)
        return box is not None and (bool(box.branches) or len(box.members) > 1 or self._run(blocks[-1]) is not None)

    def state(self, blocks: Sequence[int]) -> Branches:
        """Whether the last of `blocks` shows its branches; "" where it has none or stands in a folded run."""
        box = self._box(blocks)
        return box.branches if box is not None and len(box.members) == 1 else ""

    def toggle(self, blocks: Sequence[int]) -> bool:
        """Fold or unfold what is selected, branches before runs; whether there was something to fold."""
        box = self._box(blocks)
        if box is None:
            return False
        if len(box.members) > 1:
            self.unfold(box)
        elif box.branches:
            self._set_branches(blocks, close=box.branches == "open")
        else:
            run = self._run(blocks[-1])
            if run is None:
                return False
            self._fold_run(run[0], fold=True)
        return True

    def unfold(self, box: PartBox) -> bool:
        """Show every block that `box` stands for, or its branches; whether anything was folded."""
        first = edits.block_index(box.members[0])
        if first is not None and len(box.members) > 1:
            self._fold_run(first, fold=False)
        elif first is not None and box.branches == "closed":
            self._set_branches((first,), close=False)
        else:
            return False
        return True

    def keep(self, summary: NetworkSummary) -> None:
        """Carry the folds over to `summary`, which is shown next: blocks that moved keep theirs."""
        before, folds = self._canvas.summary, self._canvas.folds
        if before is None or folds == Folds():
            return
        place = _places(before.spec.blocks, summary.spec.blocks)
        starts = {run[0] for run in stages(summary) if len(run) > 1}

        def moved(indices: frozenset[int]) -> frozenset[int]:
            return frozenset(to for index in indices if (to := place(index)) is not None)

        kept = Folds(
            moved(folds.folded) & starts, moved(folds.unfolded) & starts, *map(moved, (folds.closed, folds.opened))
        )
        if kept != folds:
            self._canvas.set_folds(kept, quietly=True)

    def _box(self, blocks: Sequence[int]) -> PartBox | None:
        return self._canvas.scene.by_part.get(block_part(blocks[-1])) if blocks else None

    def _run(self, block: int) -> tuple[int, ...] | None:
        """The run of equal blocks around `block`, where there is more than one."""
        summary = self._canvas.summary
        if summary is None:
            return None
        run = next((run for run in stages(summary) if block in run), ())
        return run if len(run) > 1 else None

    def _set_branches(self, blocks: Sequence[int], *, close: bool) -> None:
        shown = [(index, self._canvas.scene.by_part.get(block_part(index))) for index in blocks]
        chosen = {index for index, box in shown if box is not None and box.branches and len(box.members) == 1}
        folds = self._canvas.folds
        closed, opened = folds.closed - chosen, folds.opened - chosen
        if close:
            closed |= chosen
        else:
            opened |= chosen
        self._canvas.set_folds(folds._replace(closed=closed, opened=opened))

    def _fold_run(self, first: int, *, fold: bool) -> None:
        folds = self._canvas.folds
        folded, unfolded = folds.folded - {first}, folds.unfolded - {first}
        if fold:
            folded |= {first}
        else:
            unfolded |= {first}
        self._canvas.set_folds(folds._replace(folded=folded, unfolded=unfolded))


def _places(before: Sequence[Block], after: Sequence[Block]) -> Callable[[int], int | None]:
    """From a block's place to its place in the network after an edit: what is equal at both ends moves along."""
    shorter = min(len(before), len(after))
    start = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    rest = shorter - start
    end = next((at for at in range(rest) if before[-1 - at] != after[-1 - at]), rest)

    def place(index: int) -> int | None:
        if index < start:
            return index
        if index >= len(before) - end:
            return index + len(after) - len(before)
        return index if index < len(after) - end else None

    return place
