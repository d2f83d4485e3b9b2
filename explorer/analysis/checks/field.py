"""Do the layers see more than there is to see, and do merging paths look at the same place?"""

from __future__ import annotations

from collections.abc import Iterator

from explorer.analysis.checks.facts import Facts
from explorer.analysis.summary import Finding, Fix, LayerRow
from explorer.arch.blocks import VGGBlock
from explorer.arch.graph import HEAD_PART
from explorer.arch.ops import Conv2d
from explorer.units import TIMES, px


def field_exceeds_input(facts: Facts) -> Iterator[Finding]:
    """The first layer from which on every unit sees more than the whole picture; with branches that does no harm."""
    picture = facts.spec.input
    exceeding = [row for row in facts.windows if _exceeds(row, picture.height, picture.width)]
    first = exceeding[0] if exceeding else None
    if first is None or first.field is None:
        return
    seen = px(*first.field.size)
    whole = px(picture.height, picture.width)
    alone = len(exceeding) == 1
    title = first.node.name if alone else f"{first.node.name} and after"
    if facts.merges:
        message = (
            f"Along {'its' if alone else 'their'} longest path {'this layer sees' if alone else 'these layers see'}"
            f" {seen} px{'' if alone else ' or more'} of a {whole} px picture."
            " Shorter paths beside it see parts of it, so this does no harm."
        )
        yield Finding("field_exceeds_input", "hint", first.node.name, title, message)
        return
    subject = "This layer sees" if alone else "These layers see"
    message = f"{subject} {seen} px or more of a {whole} px picture and {'adds' if alone else 'add'} no new context."
    if alone:
        message = message.replace(" or more", "")
    yield Finding("field_exceeds_input", "warning", first.node.name, title, message, tuple(_shorter(facts)))


def _exceeds(row: LayerRow, height: int, width: int) -> bool:
    """Whether `row`, a window before the head, sees more than the whole picture."""
    if row.field is None or row.node.part == HEAD_PART:
        return False
    return row.field.vertical.size > height and row.field.horizontal.size > width


def _shorter(facts: Facts) -> Iterator[Fix]:
    """Without the last block where all of it sees too much, else without its convolutions that do."""
    spec, number = facts.spec, len(facts.spec.blocks)
    last = facts.parts[-2]
    convs = [row for row in last.rows if isinstance(row.node.op, Conv2d)]
    kept = sum(not _exceeds(row, spec.input.height, spec.input.width) for row in convs if row.reached)
    if kept == 0 and number > 1:
        yield facts.fix_to(f"Remove block {number}", spec.without_block(number - 1))
    elif 0 < kept < len(convs) and isinstance(spec.blocks[-1], VGGBlock):
        fewer = spec.blocks[-1].with_convs(kept)
        word = "convolution" if kept == 1 else "convolutions"
        yield facts.fix_to(f"Use {kept} {word} in block {number}", spec.with_block(number - 1, fewer))


def shifted_paths(facts: Facts) -> Iterator[Finding]:
    """Merges whose paths look at places that do not lie on top of each other."""
    for row in facts.merges:
        if row.shape is None or len(row.shape) != 3:
            continue
        fields = [facts.by_name[source].field for source in row.node.inputs]
        known = [field for field in fields if field is not None]
        if len(known) < 2 or known.count(known[0]) == len(known):
            continue
        rows = [field.vertical.centre() for field in known]
        columns = [field.horizontal.centre() for field in known]
        down, across = max(rows) - min(rows), max(columns) - min(columns)
        if down or across:
            apart = f"{down:g}" if down == across else f"{down:g} {TIMES} {across:g}"
            message = f"The paths that meet here look at places {apart} px apart in the picture."
            yield Finding("shifted_paths", "hint", row.node.name, row.node.name, message)
