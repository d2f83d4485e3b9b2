"""From clicks and arrow keys to the names that are selected."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.analysis.summary import NetworkSummary
from explorer.arch.edits import block_index
from explorer.export.diagram_scene import DiagramScene, PartBox


def clicked(scene: DiagramScene, selection: Sequence[str], box: PartBox, node: str) -> tuple[str, ...]:
    """After a plain click: the block; on a layer of a block that is selected already, the layer."""
    is_lit = any(name in box.members or scene.part_of.get(name) == box.part for name in selection)
    if is_lit and node and scene.part_of.get(node) == box.part and node not in selection:
        return (node,)
    return box.members


def toggled(scene: DiagramScene, selection: Sequence[str], box: PartBox) -> tuple[str, ...]:
    """After a Ctrl-click: the block more, or less. Blocks only; layers leave the selection."""
    kept = [name for name in selection if name in scene.by_part and block_index(name) is not None]
    if set(box.members) <= set(kept):
        return tuple(name for name in kept if name not in box.members)
    return (*(name for name in kept if name not in box.members), *box.members)


def ranged(scene: DiagramScene, selection: Sequence[str], box: PartBox) -> tuple[str, ...]:
    """After a Shift-click: everything from the first block selected to this one, which becomes the current one."""
    parts = [other.part for other in scene.boxes]
    anchor = next((scene.by_part[name].part for name in selection if name in scene.by_part), box.part)
    low, high = sorted((parts.index(anchor), parts.index(box.part)))
    boxes = scene.boxes[low : high + 1]
    if parts.index(anchor) > parts.index(box.part):
        boxes = boxes[::-1]
    return tuple(member for other in boxes if other.is_block for member in other.members)


def neighbour(scene: DiagramScene, current: str | None, step: int) -> PartBox:
    """The part `step` places to the right of `current`; from nothing, the first or the last block."""
    parts = [box.part for box in scene.boxes]
    if current is None:
        return end_block(scene, last=step < 0)
    return scene.boxes[min(max(parts.index(current) + step, 0), len(parts) - 1)]


def end_block(scene: DiagramScene, *, last: bool) -> PartBox:
    """The first block or the last; without blocks, the input or the head."""
    blocks = [box for box in scene.boxes if box.is_block] or list(scene.boxes)
    return blocks[-1 if last else 0]


def layer_below(scene: DiagramScene, summary: NetworkSummary, box: PartBox, current: str) -> str | None:
    """The first drawn layer of `box`, or the one after `current`; None where nothing is drawn."""
    layers = [row.node.name for row in summary.by_part[box.part].rows if row.node.name in scene.part_of]
    if not layers:
        return None
    if current in layers:
        return layers[min(layers.index(current) + 1, len(layers) - 1)]
    return layers[0]


def blocks_of(summary: NetworkSummary, selection: Sequence[str]) -> tuple[int, ...]:
    """The indices of the blocks that are selected, or that hold a selected layer, in the network's order."""
    found = set()
    for name in selection:
        row = summary.by_node.get(name)
        index = block_index(row.node.part if row is not None else name)
        if index is not None and index < len(summary.spec.blocks):
            found.add(index)
    return tuple(sorted(found))
