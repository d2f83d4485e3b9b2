"""Steps, hints and a default picture to a network with its notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from explorer.analysis.shapes import ShapeError
from explorer.analysis.summarize import summarize
from explorer.analysis.summary import Fix
from explorer.arch import ops
from explorer.arch.blocks import Block
from explorer.arch.expand import expand
from explorer.arch.graph import HEAD_PART
from explorer.arch.limits import MAX_BLOCKS
from explorer.arch.presets import PRESETS, find_preset, is_preset
from explorer.arch.spec import InputShape, NetworkSpec
from explorer.errors import ImportTextError, SpecError
from explorer.importing.blocks import blocks_of
from explorer.importing.calls import PATHS_MEET
from explorer.importing.head import HeadRead, as_map, read_head
from explorer.importing.result import Imported, Note, SourceKind
from explorer.importing.steps import Step
from explorer.importing.units import Walk, counted, walk
from explorer.importing.values import ShapeHint
from explorer.units import TIMES, exact

USUAL_SIDES = (
    224,
    32,
    28,
    64,
    96,
    128,
    227,
    256,
    299,
    48,
    56,
    84,
    100,
    112,
    150,
    160,
    180,
    192,
    200,
    300,
    320,
    384,
    448,
)
"""Sides that tutorials' pictures come in, in the order in which they are tried."""
MAX_STEPS = 2_000
DEFAULT_CLASSES = 10


def assemble(
    steps: Sequence[Step],
    hints: Sequence[ShapeHint],
    notes: Sequence[Note],
    *,
    kind: SourceKind,
    text: str,
    name: str,
    default_input: InputShape,
) -> Imported:
    """The network that `steps` make. Raises ImportTextError where they make none."""
    if not any(isinstance(step.op, ops.Conv2d) for step in steps):
        line = next((step.line for step in steps), notes[0].line if notes else 1)
        linear = any(isinstance(step.op, ops.Linear) for step in steps)
        what = "linear layers only, and networks here begin with a convolution" if linear else "no layer"
        detail = f" {notes[0].sentence.removesuffix(' The line is left out.')}" if notes else ""
        raise ImportTextError(f"The text holds {what}.{detail}", line=line)
    if len(steps) > MAX_STEPS:
        raise ImportTextError(f"This text makes {len(steps):,} layers, and an import takes up to {MAX_STEPS:,}.")
    said_flat = kind != "printed"
    shape, input_notes = choose_input(steps, hints, default_input)
    found = walk(steps, shape)
    head = read_head(found.head, found.map, said_flat=said_flat)
    kept, block_notes = _blocks(found)
    every = [*notes, *input_notes, *found.notes, *block_notes, *head.notes]
    spec = _spec(shape, kept, head, name, every)
    every += _fit(spec, head, found)
    if head.num_classes is None:
        every.append(
            Note(_last_line(steps), f"No linear layer ends this network; one with {DEFAULT_CLASSES} classes is added.")
        )
    every = [_with_preset(note, name) for note in every]
    every.sort(key=lambda note: note.line)
    spec = as_preset(spec)
    return Imported(spec, tuple(dict.fromkeys(every)), kind, _spans(spec, found, head), text)


def _spans(spec: NetworkSpec, found: Walk, head: HeadRead) -> dict[str, tuple[int, int]]:
    """The first and last line of each part; each convolution of the network is one of the text."""
    lines: dict[str, list[int]] = {}
    convs = [node for node in expand(spec) if isinstance(node.op, ops.Conv2d)]
    for node, unit in zip(convs, found.units, strict=False):
        lines.setdefault(node.part, []).extend(unit.lines)
    if head.lines:
        lines[HEAD_PART] = list(head.lines)
    return {part: (min(own), max(own)) for part, own in lines.items()}


def choose_input(
    steps: Sequence[Step], hints: Sequence[ShapeHint], default: InputShape
) -> tuple[InputShape, list[Note]]:
    """The picture: what the text says, else the first convolution's channels and a side at which the head fits."""
    first = next(step for step in steps if isinstance(step.op, ops.Conv2d))
    whole = [hint for hint in hints if hint.channels and first.takes in (None, hint.channels)]
    hint = next((one for one in whole if one.height), None) or next((one for one in hints if one.height), None)
    shape = hint.over(default) if hint is not None else default
    notes: list[Note] = []
    if first.takes is not None:
        if hint is not None and hint.channels not in (None, first.takes):
            notes.append(Note(first.line, f"{first.name} takes {counted(first.takes)}, and the picture of line "
                              f"{hint.line} has {hint.channels}; imported with {first.takes}."))  # fmt: skip
        shape = replace(shape, channels=first.takes)
    if hint is not None:
        return shape, notes
    fitting = fitting_sides(steps, shape)
    if fitting and shape.height not in fitting:
        side = fitting[0]
        sentence = (
            f"The text names no picture size; at {side} {TIMES} {side} this layer fits the map, so that is taken."
        )
        line = next(step.line for step in steps if isinstance(step.op, ops.Linear))
        notes.append(Note(line, sentence))
        shape = replace(shape, height=side, width=side)
    return shape, notes


def fitting_sides(steps: Sequence[Step], shape: InputShape) -> list[int]:
    """The sides of square pictures at which the first linear layer takes what the map gives; none if it fits any."""
    first = next((step for step in steps if isinstance(step.op, ops.Linear)), None)
    if first is None or first.takes is None:
        return []
    sides = list(dict.fromkeys([shape.height, *USUAL_SIDES]))
    found = []
    for side in sides:
        walked = walk(steps, InputShape(shape.channels, side, side))
        if read_head(walked.head, walked.map, said_flat=False).flat == first.takes:
            found.append(side)
    return [] if len(found) == len(sides) else found


def _blocks(found: Walk) -> tuple[list[Block], list[Note]]:
    kept: list[Block] = []
    notes: list[Note] = []
    for block, span in blocks_of(found.units):
        try:
            block.check("block")
        except SpecError as error:
            notes.append(Note(span[0], f"This block is left out: {error}"))
            continue
        if len(kept) == MAX_BLOCKS:
            notes.append(Note(span[0], f"A network has at most {MAX_BLOCKS} blocks; what follows is left out."))
            break
        kept.append(block)
    return kept, notes


def _spec(shape: InputShape, blocks: Sequence[Block], head: HeadRead, name: str, notes: Sequence[Note]) -> NetworkSpec:
    try:
        return NetworkSpec(shape, tuple(blocks), head.head, head.num_classes or DEFAULT_CLASSES, name or "imported")
    except SpecError as error:
        line = head.lines[0] if error.path.startswith(("head", "num")) and head.lines else 1
        raise ImportTextError(str(error), line=notes[0].line if notes else line) from None


def _fit(spec: NetworkSpec, head: HeadRead, found: Walk) -> list[Note]:
    """A note where the head's first layer is written for another map, with both figures and what mends it."""
    summary = summarize(spec)
    if summary.failure is not None:
        line = found.units[-1].lines[-1] if found.units else 1
        sentence = f"At {spec.input.height} {TIMES} {spec.input.width} this network cannot be computed. "
        return [Note(line, sentence + summary.failure.message, summary.failure.node)]
    if head.first is None or head.first.takes is None or head.flat is None or head.first.takes == head.flat:
        return []
    assert found.map is not None
    written, real = as_map(head.first.takes, found.map[0]), as_map(head.flat, found.map[0])
    node = next(row.node.name for row in summary.rows if isinstance(row.node.op, ops.Linear))
    sentence = (
        f"{head.first.name} takes {written} numbers, and the map gives {real} at {spec.input.height} {TIMES} "
        f"{spec.input.width}. Imported with {exact(head.flat)}; in the code, write {exact(head.flat)} there."
    )
    fixes = head_fixes(spec, head.first.takes)
    return [Note(head.first.line, sentence, node, fixes)]


def head_fixes(spec: NetworkSpec, takes: int) -> tuple[Fix, ...]:
    """Networks near `spec` whose first linear layer takes `takes` numbers: another picture, or an average to 7 × 7."""
    found = []
    for side in USUAL_SIDES:
        other = replace(spec, input=replace(spec.input, height=side, width=side))
        if other != spec and flat_width(other) == takes:
            found.append(Fix(f"Use {side} {TIMES} {side} input", other))
            break
    pooled = replace(spec, head=replace(spec.head, pool="adaptive"))
    if pooled != spec and flat_width(pooled) == takes:
        found.append(Fix(f"Average to 7 {TIMES} 7", pooled))
    return tuple(found)


def flat_width(spec: NetworkSpec) -> int | None:
    """How many numbers the first linear layer of `spec` takes; None where the network cannot be computed."""
    try:
        rows = summarize(spec).rows
    except (SpecError, ShapeError):
        return None
    row = next((row for row in rows if isinstance(row.node.op, ops.Flatten)), None)
    return row.shape[0] if row is not None and row.shape is not None else None


def as_preset(spec: NetworkSpec) -> NetworkSpec:
    """The preset that does the same operations on the same picture, where there is one; else `spec`."""
    mine = [node.op for node in expand(spec)]
    for preset in PRESETS.values():
        other = preset.spec
        if (other.input, other.num_classes) == (spec.input, spec.num_classes) and [n.op for n in expand(other)] == mine:
            return other
    return spec


def _with_preset(note: Note, name: str) -> Note:
    """`note` on paths that meet, with the preset of the network's name as its remedy, where there is one."""
    if note.sentence != PATHS_MEET or not is_preset(name):
        return note
    preset = find_preset(name)
    return replace(note, fixes=(Fix(f"Open the preset {preset.name}", preset.spec),))


def _last_line(steps: Sequence[Step]) -> int:
    return max(step.line for step in steps)
