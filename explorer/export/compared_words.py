"""What the rows of a comparison say: names, signs, shapes and signed differences; alike in window and report."""

from __future__ import annotations

from collections.abc import Mapping

from explorer import units
from explorer.analysis.compare import ComparedRow, Comparison, Delta, Side, State
from explorer.export.layer_table import operation, part_title
from explorer.runs.statistics import RunGroup

ARROW = "→"
SIGNS: Mapping[State, tuple[str, str]] = {
    "equal": ("=", "equal"),
    "changed": ("≠", "changed"),
    "inserted": ("+", "inserted"),
    "removed": (units.MINUS, "removed"),
}
"""Each state's sign and word; neither stands without the other, nor without the colour."""
COLUMNS = ("Block", "Change", "Output", "Δ Parameters", "Δ MACs", "Δ Field", "Δ Memory")
CONVENTIONS = (
    "Differences are right minus left, for one picture. A block that stands on one side only counts with its whole "
    "figures, so the rows add up to the totals. 1 MAC = 1 multiply-add. Field: by how many input pixels the block "
    "widens the receptive field. Memory: float32 values kept for the backward pass."
)


def row_name(row: ComparedRow) -> str:
    """`Block 3`, `Block 3 → 4` where the numbers differ, `conv3_1`, `conv3_1 → conv4_1`."""
    names = [side.name for side in (row.left, row.right) if side is not None]
    if not row.layers:
        return names[0] if len(set(names)) == 1 else f" {ARROW} ".join(names)
    titles = [part_title(name) for name in names]
    if len(set(titles)) == 1:
        return titles[0]
    return f"{titles[0]} {ARROW} {titles[1].removeprefix('Block ')}"


def row_detail(row: ComparedRow) -> str:
    """What is set otherwise, or what a layer is; nothing for an equal block."""
    if row.layers:
        if row.changes or row.state != "changed":
            return ", ".join(row.changes)
        return "" if row.name == "input" else "set alike, other map or channels in"
    words = [operation(side.host.node.op) for side in (row.left, row.right) if side is not None]
    return words[0] if len(set(words)) == 1 else f" {ARROW} ".join(words)


def state_words(row: ComparedRow) -> str:
    """`≠ changed`."""
    return " ".join(SIGNS[row.state])


def shapes(row: ComparedRow) -> str:
    """`256 × 56 × 56`, or `256 × 56 × 56 → 512 × 28 × 28` where the sides differ."""
    found = [units.shape(side.shape) for side in (row.left, row.right) if side is not None]
    return found[0] if len(set(found)) == 1 else f" {ARROW} ".join(found)


def figures(delta: Delta) -> tuple[str, str, str, str]:
    """The signed differences as a table shows them: parameters, MACs, field in px, memory."""
    return (
        units.exact_delta(delta.params),
        units.delta(delta.macs, significant=4),
        signed_px(delta.field),
        signed_bytes(delta.memory),
    )


def signed_px(field: tuple[int, int] | None) -> str:
    """`+16`, `−4`, or `+16 × +8` where the axes differ."""
    if field is None:
        return units.NONE
    height, width = (units.exact_delta(size) for size in field)
    return height if height == width else f"{height} {units.TIMES} {width}"


def signed_bytes(size: int | None) -> str:
    """`+12.3 MiB`, `−64 KiB`, `0`."""
    if size is None or size == 0:
        return units.NONE if size is None else "0"
    return units.num_bytes(size) if size < 0 else f"+{units.num_bytes(size)}"


def both(left: Side | None, right: Side | None) -> str:
    """Both sides' own figures, for a tooltip."""
    lines = []
    for word, side in (("left", left), ("right", right)):
        if side is not None:
            counts = f"{units.exact(side.params)} parameters, {units.si(side.macs)} MACs"
            lines.append(f"{word}: {counts}, field {units.px(*(side.field or (None, None)))} px")
    return "\n".join(lines)


def counts_line(comparison: Comparison) -> str:
    """`blocks: 5 equal, 1 inserted; the head differs`: what became of the blocks and the ends, in words."""
    ends = (("the input", comparison.rows[0]), ("the head", comparison.rows[-1]))
    differing = [f"{end} differs" for end, row in ends if row.state != "equal"]
    return "; ".join([_blocks_line(comparison.counts), *differing])


def _blocks_line(counts: Mapping[State, int]) -> str:
    said = [f"{count} {SIGNS[state][1]}" for state, count in counts.items() if count]
    if not said:
        return "neither network has blocks"
    if counts["equal"] == sum(counts.values()):
        return "all blocks are equal"
    return "blocks: " + ", ".join(said)


def group_words(group: RunGroup) -> str:
    """`91.2 ± 0.3 %, 3 seeds`: mean and standard deviation of the best accuracy."""
    if group.mean is None:
        return units.NONE
    count = len(group.seeds)
    seeds = f"{count} seed{'' if count == 1 else 's'}"
    if group.deviation is None:
        return f"{units.percent(group.mean)}, {seeds}"
    return f"{100 * group.mean:.2f} ± {100 * group.deviation:.2f}{units.THIN}%, {seeds}"
