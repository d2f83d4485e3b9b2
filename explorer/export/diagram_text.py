"""The words of the picture: what stands under each part, how a part is spoken, and how wide text is without Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from explorer.analysis.summary import LayerRow, NetworkSummary, PartSummary, ReceptiveField, Shape
from explorer.arch.blocks import Block, ConvBlock, InceptionBlock, ResidualStage, VGGBlock
from explorer.arch.graph import HEAD_PART, INPUT_PART, block_part
from explorer.arch.ops import AdaptiveAvgPool2d, Add, AvgPool2d, Concat, Conv2d, Linear, MaxPool2d, Op
from explorer.export.diagram_shapes import Branches
from explorer.units import TIMES, px, side

NAME_SIZE, NAME_WEIGHT = 12.0, 600
DETAIL_SIZE, DETAIL_WEIGHT = 11.0, 500
ARROW = "\u2192"
UNREACHED = "not reached"


class PartText(NamedTuple):
    """Under a part: its name, its number alone, the long and the short second line, and the third.

    `whole` is a longer second line still, for a block that shows its branches.
    """

    name: str
    number: str
    detail: str
    short: str
    maps: str
    maps_failed: bool = False
    whole: str = ""


def part_text(
    part: PartSummary, summary: NetworkSummary, members: tuple[int, ...], branches: Branches = ""
) -> PartText:
    """The words for `part`; `members` are the blocks (from 0) that it stands for, empty for input and head."""
    if part.part == INPUT_PART:
        return _input_text(summary)
    if part.part == HEAD_PART:
        return _head_text(part, summary)
    return _block_text(part, summary, members, branches)


def part_field(part: PartSummary, summary: NetworkSummary, members: tuple[int, ...]) -> ReceptiveField | None:
    """The field shown under `part`: after its blocks' last computed layer, of the head's first linear layer."""
    if part.part == HEAD_PART:
        return next((row.field for row in part.rows if isinstance(row.node.op, Linear) and row.reached), None)
    rows = [row for member in members for row in summary.by_part[block_part(member)].rows]
    return next((row.field for row in reversed(rows) if row.reached), None)


def spoken(part: PartSummary, summary: NetworkSummary, members: tuple[int, ...], branches: Branches = "") -> str:
    """`Block 4, 2 convolutions, 64 channels, 4 by 4 to 2 by 2, field 70`: the part as a screen reader says it."""
    if part.part == INPUT_PART:
        shape = summary.spec.input
        return f"Input, {_counted(shape.channels, 'channel')}, {shape.height} by {shape.width}"
    if part.part == HEAD_PART:
        head = summary.spec.head
        hidden = ", ".join(f"{width} units" for width in head.hidden) or "no hidden layer"
        words = [f"Head, {hidden}, {_counted(summary.spec.num_classes, 'class', 'classes')}"]
    else:
        words = _spoken_block(part, summary, members)
        words += ["folded"] if branches == "closed" else []
    field = part_field(part, summary, members)
    if not _started(part):
        words.append(UNREACHED)
    elif field is not None:
        height, width = field.size
        words.append(f"field {height}" if height == width else f"field {height} by {width}")
    return ", ".join(words)


def spoken_layer(row: LayerRow) -> str:
    """`path 2, 3 by 3 convolution, 128 channels`: a layer as a screen reader says it."""
    op, path = row.node.op, [f"path {row.node.path}"] if row.node.path else []
    size = [f"{op.kernel[0]} by {op.kernel[1]}"] if isinstance(op, Conv2d | MaxPool2d | AvgPool2d) else []
    words = [" ".join([*size, _LAYERS.get(type(op), row.node.name)])]
    if row.shape is not None:
        words.append(_counted(row.shape[0], "channel" if len(row.shape) == 3 else "unit"))
    return ", ".join([*path, *words])


_LAYERS: Mapping[type[Op], str] = {
    Conv2d: "convolution",
    MaxPool2d: "max pool",
    AvgPool2d: "average pool",
    AdaptiveAvgPool2d: "average pool",
    Linear: "fully connected layer",
    Add: "sum",
    Concat: "joined paths",
}


@lru_cache(maxsize=4096)
def approximate_width(text: str, size: float, weight: int) -> float:
    """The width of `text` in Inter, from a table of its advance widths: enough to place it without a font."""
    table = _ADVANCE_BOLD if weight >= 550 else _ADVANCE
    return size * sum(table.get(char, 0.62 if ord(char) < 0x1100 else 1.0) for char in text)


def shortened(text: str, room: float, measure: float) -> str:
    """`text` cut with an ellipsis to about `room` px, given that it measures `measure`."""
    if measure <= room or len(text) < 2:
        return text
    keep = max(1, int(len(text) * room / measure) - 1)
    return f"{text[:keep]}…"


def _input_text(summary: NetworkSummary) -> PartText:
    shape = summary.spec.input
    size = f"{shape.height:,} {TIMES} {shape.width:,}"
    return PartText("Input", "Input", f"{shape.channels:,} ch", f"{shape.channels:,} ch", size)


def _head_text(part: PartSummary, summary: NetworkSummary) -> PartText:
    head, classes = summary.spec.head, f"{summary.spec.num_classes:,}"
    if not _started(part):
        return PartText("Head", "Head", UNREACHED, UNREACHED, "")
    features = next((row.shape[0] for row in part.rows if row.shape is not None and len(row.shape) == 1), 0)
    hidden = [f"{width:,}" for width in head.hidden]
    if len(hidden) > 3:
        hidden = [hidden[0], "…", hidden[-1]]
    before = {"global_average": ["average"], "adaptive": [], "none": []}[head.pool] + hidden
    detail = f"{' · '.join(before)} {ARROW} {classes}" if before else f"{features:,} {ARROW} {classes}"
    maps = {
        "global_average": _counted(features, "feature"),
        "adaptive": f"7² · flatten {features:,}",
        "none": f"flatten {features:,}",
    }[head.pool]
    return PartText("Head", "Head", detail, f"{ARROW} {classes}", maps)


def _block_text(part: PartSummary, summary: NetworkSummary, members: tuple[int, ...], branches: Branches) -> PartText:
    block = summary.spec.blocks[members[0]]
    first, last = members[0] + 1, members[-1] + 1
    name = f"Block {first}" if first == last else f"Blocks {first}–{last}"
    number = str(first) if first == last else f"{first}–{last}"
    if not _started(part):
        return PartText(name, number, UNREACHED, "", "")
    end = summary.by_part[block_part(members[-1])]
    detail, short = block_words(block)
    maps = map_change(part.shape_in, end.shape_out if end.complete else None)
    whole = ""
    if isinstance(block, InceptionBlock):
        shares = path_shares(part)
        detail, short = f"Inception · {sum(shares):,}", f"{sum(shares):,}"
        if branches == "open":
            whole = f"Inception · {' + '.join(f'{share:,}' for share in shares)} = {sum(shares):,}"
    return PartText(name, number, detail, short, maps, not end.complete, whole)


def path_shares(part: PartSummary) -> tuple[int, ...]:
    """The channels that each path of an Inception block gives, in order; 0 for a path that was never reached."""
    last = {row.node.path: row for row in part.rows if row.node.path}
    return tuple(row.shape[0] if row.shape is not None else 0 for row in last.values())


def block_words(block: Block) -> tuple[str, str]:
    """`2 × conv3-64` and `2×64`, `conv7-64, step 2` and `7×7/2`: a block in its papers' words, long and short."""
    return _WORDS[type(block)](block)


def _vgg_words(block: VGGBlock) -> tuple[str, str]:
    kernels = "/".join(str(kernel) for kernel in dict.fromkeys(block.conv_kernels))  # mixed kernels as `conv3/1`
    long = f"{block.num_convs} {TIMES} conv{kernels}-{block.out_channels}"
    return long, f"{block.num_convs}{TIMES}{block.out_channels}"


def _conv_words(block: ConvBlock) -> tuple[str, str]:
    step, short_step = (f", step {block.stride}", f"/{block.stride}") if block.stride > 1 else ("", "")
    return (
        f"conv{block.kernel}-{block.out_channels}{step}",
        f"{block.kernel}{TIMES}{block.kernel}{short_step}",
    )


def _inception_words(block: InceptionBlock) -> tuple[str, str]:
    return f"Inception · {block.out_channels:,}", f"{block.out_channels:,}"


def _residual_words(block: ResidualStage) -> tuple[str, str]:
    noun = {"basic": "residual unit", "bottleneck": "bottleneck"}[block.unit]
    return (
        f"{_counted(block.num_units, noun)} · {block.out_channels:,}",
        f"{block.num_units}{TIMES}{block.out_channels}",
    )


_WORDS: Mapping[type[Block], Callable[[Any], tuple[str, str]]] = {
    VGGBlock: _vgg_words,
    ConvBlock: _conv_words,
    InceptionBlock: _inception_words,
    ResidualStage: _residual_words,
}
"""Per block class, its words, long and short."""


def kind_words(block: Block) -> str:
    """What kind of block it is, where that is more than its numbers: `7×7, step 2`; "" for a VGG block."""
    if isinstance(block, ConvBlock):
        step = f", step {block.stride}" if block.stride > 1 else ""
        return f"{block.kernel}{TIMES}{block.kernel}{step}"
    return ""


def map_change(before: Shape | None, after: Shape | None) -> str:
    """`4² → 2²`; `1² → nothing` where no map is left."""
    start = side(*before[-2:]) if before is not None and len(before) == 3 else "–"
    return f"{start} {ARROW} {side(*after[-2:]) if after is not None and len(after) == 3 else 'nothing'}"


def field_words(field: ReceptiveField | None) -> str:
    """`70 px`, or a dash where the units have no single place."""
    return f"{px(*field.size)} px" if field is not None else "–"


def _spoken_block(part: PartSummary, summary: NetworkSummary, members: tuple[int, ...]) -> list[str]:
    block = summary.spec.blocks[members[0]]
    first, last = members[0] + 1, members[-1] + 1
    words = [f"Block {first}" if first == last else f"Blocks {first} to {last}, folded"]
    words += [*_SPOKEN[type(block)](block), _counted(_channels(block, part), "channel")]
    end = summary.by_part[block_part(members[-1])]
    if part.shape_in is not None and len(part.shape_in) == 3 and _started(part):
        rows, columns = part.shape_in[1:]
        change = f"{rows} by {columns} to"
        if end.complete and end.shape_out is not None and len(end.shape_out) == 3:
            words.append(f"{change} {end.shape_out[1]} by {end.shape_out[2]}")
        else:
            words.append(f"{change} nothing")
    return words


def _channels(block: Block, part: PartSummary) -> int:
    joined = next((row.shape for row in part.rows if isinstance(row.node.op, Concat)), None)
    return joined[0] if joined is not None else block.out_channels


def _spoken_conv(block: ConvBlock) -> list[str]:
    step = [f"step {block.stride}"] if block.stride > 1 else []
    return [f"convolution {block.kernel} by {block.kernel}", *step]


_SPOKEN: Mapping[type[Block], Callable[[Any], list[str]]] = {
    VGGBlock: lambda block: [_counted(block.num_convs, "convolution")],
    ConvBlock: _spoken_conv,
    InceptionBlock: lambda block: ["Inception", _counted(len(block.paths), "path")],
    ResidualStage: lambda block: [_counted(block.num_units, block.count_noun)],
}
"""Per block class, how it is spoken, before its channels."""


def _started(part: PartSummary) -> bool:
    """Whether the computation got as far as this part (a block that fails has been reached)."""
    return part.complete or part.shape_in is not None


def _counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {plural or noun + 's'}"


def _advances(groups: Mapping[float, str]) -> Mapping[str, float]:
    return {char: width / 100 for width, chars in groups.items() for char in chars}


# Advance widths of Inter in hundredths of an em, tabular digits, at weights 500 and 600.
_ADVANCE = _advances(
    {
        17: "\u2009",
        26: " ijl'I",
        28: ",.:;·!",
        37: "ft/\\|r()[]{}›",
        42: '²"',
        47: "-_^`–*",
        54: "?sxzJ",
        56: "kLacvy",
        60: "euFhnoE",
        62: "gpqbd",
        65: "PRSZ#$BT&0123456789K",
        67: "X+<=>~×−÷Y",
        71: "AVD",
        75: "CHUGNOQ",
        82: "w%✕…",
        89: "mM",
        96: "→@W",
    }
)
_ADVANCE_BOLD = _advances(
    {
        17: "\u2009",
        26: " ijl'I",
        30: ",.:;·!",
        38: "ft/\\|r()[]{}›",
        42: '²"',
        48: "-_^`–*",
        55: "?sxzJ",
        57: "kLacvy",
        61: "euFhnoE",
        63: "gpqbd",
        66: "PRSZ#$BT&0123456789K",
        69: "X+<=>~×−÷Y",
        72: "AVD",
        75: "CHUGNOQ",
        84: "w%✕…",
        91: "mM",
        98: "→@W",
    }
)
