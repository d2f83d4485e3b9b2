"""Which calls a block list knows: one constructor and one writer for each kind of block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from explorer.arch.blocks import Block, ConvBlock, InceptionBlock, Path, Pool, ResidualStage, VGGBlock
from explorer.arch.blocks.inception import PATH_KINDS
from explorer.arch.blocks.parts import NORMS
from explorer.arch.blocks.residual import ORDERS, SHORTCUTS, UNIT_KINDS
from explorer.arch.blocks.vgg import PADDINGS
from explorer.arch.limits import MAX_CHANNELS, MAX_CONVS, MAX_DILATION, MAX_KERNEL, MAX_STRIDE, MAX_UNITS
from explorer.arch.ops import ACTIVATIONS, LocalResponseNorm
from explorer.arch.text.calls import (
    Constructor,
    Reader,
    choice,
    decimal,
    lrn,
    number,
    odd_kernel,
    odd_kernels,
    optional,
    pool,
    truth,
)
from explorer.arch.text.short import CHANNELS, CONVS
from explorer.arch.text.tokens import fault
from explorer.arch.text.tree import Group, Item
from explorer.arch.text.values import word_at

_PLAIN_NORMS = ("none", "batch")
_ENDING: Mapping[str, Reader] = {
    "activation": choice(ACTIVATIONS, "An activation"),
    "pool": optional(pool),
}
_CHANNELS = number(1, MAX_CHANNELS, CHANNELS)


def _padding(text: str, item: Item) -> Any:
    return "same" if (word_at(item) or "").lower() == "same" else number(0, MAX_KERNEL, "Padding")(text, item)


def _pair(text: str, item: Item) -> tuple[int, int]:
    """(reduce, out) of one path; a bare number has no reduction."""
    if not isinstance(item, Group) or item.name is not None:
        return 0, _CHANNELS(text, item)
    if len(item.items) != 2:
        raise fault(
            text, item.start, item.end, "A path with a reduction is written (reduced, channels), as in (96, 128)."
        )
    first, second = item.items
    return number(0, MAX_CHANNELS, "A reduction")(text, first), _CHANNELS(text, second)


def _path(text: str, item: Item) -> Path:
    if not isinstance(item, Group) or item.name is not None or not 2 <= len(item.items) <= 4:
        raise fault(
            text,
            item.start,
            item.end,
            'A path is written (kind, channels, kernel, reduced), as in ("conv", 128, 3, 96).',
        )
    readers: list[Reader] = [
        choice(PATH_KINDS, "A path"),
        number(0, MAX_CHANNELS, CHANNELS),
        odd_kernel,
        number(0, MAX_CHANNELS, "A reduction"),
    ]
    return Path(*(read(text, value) for read, value in zip(readers, item.items, strict=False)))


def _paths(text: str, item: Item) -> tuple[Path, ...]:
    if not isinstance(item, Group) or item.name is not None:
        raise fault(text, item.start, item.end, 'Paths are a list, as in paths=(("conv", 64, 1), ("max", 32)).')
    return tuple(_path(text, path) for path in item.items)


def _vgg(num_convs: int, channels: int, **settings: Any) -> VGGBlock:
    return VGGBlock(num_convs, channels, **settings)


def _conv(channels: int, **settings: Any) -> ConvBlock:
    return ConvBlock(channels, **settings)


def _residual(num_units: int, channels: int, **settings: Any) -> ResidualStage:
    return ResidualStage(num_units, channels, **settings)


def _inception(
    one: int = 0,
    three: tuple[int, int] = (0, 0),
    five: tuple[int, int] = (0, 0),
    pooled: int = 0,
    *,
    five_kernel: int = 5,
    paths: tuple[Path, ...] = (),
    **settings: Any,
) -> InceptionBlock:
    ways = paths or _four(one, three, five, pooled, five_kernel)
    return InceptionBlock(ways, **settings)


def _four(one: int, three: tuple[int, int], five: tuple[int, int], pooled: int, five_kernel: int) -> tuple[Path, ...]:
    """The paper's paths; those without channels are left out."""
    ways = (
        Path("conv", one, 1),
        Path("conv", three[1], 3, three[0]),
        Path("conv", five[1], five_kernel, five[0]),
        Path("max", pooled, 3),
    )
    return tuple(way for way in ways if way.out_channels)


VGG = Constructor(
    "VGG",
    {
        "num_convs": number(1, MAX_CONVS, CONVS),
        "channels": _CHANNELS,
        "kernel": odd_kernel,
        "kernels": odd_kernels,
        "padding": optional(choice(PADDINGS, "Padding")),
        "norm": optional(choice(NORMS, "Normalisation")),
        **_ENDING,
    },
    2,
    _vgg,
    "VGG(num_convs, channels)",
)
CONV = Constructor(
    "Conv",
    {
        "channels": _CHANNELS,
        "kernel": number(1, MAX_KERNEL, "A kernel size"),
        "stride": number(1, MAX_STRIDE, "A step"),
        "padding": _padding,
        "dilation": number(1, MAX_DILATION, "A dilation"),
        "groups": number(1, MAX_CHANNELS, "A number of groups"),
        "bias": truth("A bias"),
        "norm": optional(choice(NORMS, "Normalisation")),
        "norm_eps": decimal("The norm's epsilon"),
        **_ENDING,
        "lrn": lrn,
    },
    1,
    _conv,
    "Conv(channels, kernel, stride)",
)
INCEPTION = Constructor(
    "Inception",
    {
        "one": _CHANNELS,
        "three": _pair,
        "five": _pair,
        "pooled": _CHANNELS,
        "five_kernel": odd_kernel,
        "paths": _paths,
        "norm": optional(choice(_PLAIN_NORMS, "Normalisation")),
        "norm_eps": decimal("The norm's epsilon"),
        "bias": truth("A bias"),
        **_ENDING,
    },
    0,
    _inception,
    "Inception(64, (96, 128), (16, 32), 32)",
)
RESIDUAL = Constructor(
    "Residual",
    {
        "num_units": number(1, MAX_UNITS, "A number of residual units"),
        "channels": _CHANNELS,
        "unit": choice(UNIT_KINDS, "A residual unit"),
        "stride": number(1, MAX_STRIDE, "A step"),
        "shortcut": choice(SHORTCUTS, "A shortcut"),
        "shortcut_norm": truth("The shortcut's norm"),
        "order": choice(ORDERS, "The order"),
        "norm": optional(choice(_PLAIN_NORMS, "Normalisation")),
        "bias": truth("A bias"),
        **_ENDING,
    },
    2,
    _residual,
    "Residual(num_units, channels)",
)
CONSTRUCTORS: Mapping[str, Constructor] = {"vgg": VGG, "conv": CONV, "inception": INCEPTION, "residual": RESIDUAL}
"""Each block constructor under its name in lower case."""


def _write_vgg(block: VGGBlock) -> str:
    first = [str(block.num_convs), str(block.out_channels)]
    settings = _settings(block, VGGBlock(block.num_convs, block.out_channels))
    return f"VGG({', '.join([*first, *settings])})" if settings else f"({', '.join(first)})"


def _write_conv(block: ConvBlock) -> str:
    plain = ConvBlock(block.out_channels)
    first = [str(block.out_channels)]
    if block.kernel != plain.kernel or block.stride != plain.stride:
        first.append(str(block.kernel))
    if block.stride != plain.stride:
        first.append(str(block.stride))
    rest = _settings(block, ConvBlock(block.out_channels, block.kernel, block.stride))
    return f"Conv({', '.join([*first, *rest])})"


def _write_inception(block: InceptionBlock) -> str:
    rest = _settings(block, InceptionBlock(block.paths))
    return f"Inception({', '.join([*_written_paths(block.paths), *rest])})"


def _written_paths(paths: tuple[Path, ...]) -> list[str]:
    """The paper's four in short; any others one by one."""
    if len(paths) == 4:
        one, three, five, pooled = paths
        again = _four(one.out_channels, (three.reduce, three.out_channels), (five.reduce, five.out_channels),
                      pooled.out_channels, five.kernel)  # fmt: skip
        if paths == again:
            short = [str(one.out_channels), _written_pair(three), _written_pair(five), str(pooled.out_channels)]
            return short if five.kernel == 5 else [*short, f"five_kernel={five.kernel}"]
    ways = [f'("{way.kind}", {way.out_channels}, {way.kernel}, {way.reduce})' for way in paths]
    return [f"paths=({', '.join(ways)}{',' if len(ways) == 1 else ''})"]


def _written_pair(path: Path) -> str:
    return f"({path.reduce}, {path.out_channels})"


def _write_residual(block: ResidualStage) -> str:
    first = [str(block.num_units), str(block.out_channels)]
    return f"Residual({', '.join([*first, *_settings(block, ResidualStage(block.num_units, block.out_channels))])})"


def _settings(block: Block, plain: Block) -> list[str]:
    """`name=value` for every setting in which `block` differs from `plain`."""
    names = [field.name for field in fields(block)]
    return [
        f"{name}={_written(getattr(block, name))}" for name in names if getattr(block, name) != getattr(plain, name)
    ]


def _written(value: Any) -> str:
    if isinstance(value, Pool):
        return _write_pool(value)
    if isinstance(value, LocalResponseNorm):
        return f"Lrn({value.size}, {value.alpha}, {value.beta}, {value.k})"
    if isinstance(value, tuple):
        return f"({value[0]},)" if len(value) == 1 else f"({', '.join(map(str, value))})"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _write_pool(pool: Pool) -> str:
    plain = Pool(pool.kind)
    if pool == plain:
        return f'"{pool.kind}"'
    settings = [f"{name}={getattr(pool, name)}" for name in ("kernel", "stride", "ceil_mode", "padding")
                if getattr(pool, name) != getattr(plain, name)]  # fmt: skip
    return f'Pool("{pool.kind}", {", ".join(settings)})'


WRITERS: Mapping[type[Block], Callable[[Any], str]] = {
    VGGBlock: _write_vgg,
    ConvBlock: _write_conv,
    InceptionBlock: _write_inception,
    ResidualStage: _write_residual,
}
"""Block class -> how it is written; every field that is not the default is named."""
