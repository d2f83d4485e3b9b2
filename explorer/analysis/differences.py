"""How far two blocks, or two layers, are from each other, and what makes the difference in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from explorer.arch.blocks import Block, Path, Pool, VGGBlock
from explorer.arch.ops import Op
from explorer.arch.spec import Head
from explorer.units import TIMES

OTHER_KIND = 1.3
"""The cost of a pair of different kinds; with another width or another map it is dearer than taking one out."""
SETTING, WIDTH, MOST_WIDTH, OTHER_MAP = 0.2, 0.2, 0.6, 0.35
_MOST_SETTINGS = 0.7
HEAD_POOL_WORDS: Mapping[str, str] = {
    "none": "flatten",
    "adaptive": "average to 7 × 7",
    "global_average": "global average",
}
"""What a head does with the map before its layers, in words."""
_NORMS = {"none": "no norm", "batch": "batch norm", "lrn": "local response norm"}


def block_cost(left: Block, right: Block, *, same_map: bool) -> float:
    """The cost of pairing two blocks: 0 for equal ones, above 2 for those that are better left apart."""
    apart = 0.0 if same_map else OTHER_MAP
    width: float = min(MOST_WIDTH, WIDTH * abs(math.log2(left.out_channels / right.out_channels)))
    if type(left) is not type(right):
        return OTHER_KIND + apart + width + (0.1 if width else 0.0)
    others = sum(bool(a != b) for name, a, b in _settings(left, right) if name != "out_channels")
    return min(_MOST_SETTINGS, SETTING * others) + width + apart


def layer_cost(left: Op, right: Op, *, same_shape: bool, same_path: bool) -> float:
    """The cost of pairing two layers; different kinds of operation are never paired."""
    if type(left) is not type(right):
        return 3.0
    others = sum(bool(a != b) for _name, a, b in _settings(left, right))
    return min(0.9, 0.3 * others) + (0.0 if same_shape else 0.25) + (0.0 if same_path else 0.4)


def block_changes(left: Block, right: Block) -> tuple[str, ...]:
    """Each setting that differs, in words: `2 → 4 convolutions`, `64 → 128 channels`."""
    if type(left) is not type(right):
        kinds = f"{left.title} → {right.title}"
        return kinds, *_width_change(left.out_channels, right.out_channels)
    return _changes(left, right)


def head_changes(left: Head, right: Head) -> tuple[str, ...]:
    """Each setting of the head that differs, in words."""
    return _changes(left, right)


def _changes(left: Any, right: Any) -> tuple[str, ...]:
    words = [_WORDS.get(name, _plain)(name, a, b) for name, a, b in _settings(left, right) if a != b]
    return tuple(word for word in words if word)


def _settings(left: Any, right: Any) -> list[tuple[str, Any, Any]]:
    """Name and both values of each field; the kernels of a VGG block once, as each convolution has them."""
    pairs = [(field.name, getattr(left, field.name), getattr(right, field.name)) for field in fields(left)]
    if isinstance(left, VGGBlock):
        kept = [pair for pair in pairs if pair[0] not in {"kernel", "kernels"}]
        return [*kept, ("conv_kernels", left.conv_kernels, right.conv_kernels)]
    return pairs


def _width_change(left: int, right: int) -> tuple[str, ...]:
    return () if left == right else (f"{left:,} → {right:,} channels",)


def _plain(name: str, left: object, right: object) -> str:
    return f"{name.replace('_', ' ')} {_value(left)} → {_value(right)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)


def _counted(noun: str) -> Callable[[str, Any, Any], str]:
    return lambda _name, left, right: f"{left:,} → {right:,} {noun}"


def _kernels(_name: str, left: tuple[int, ...], right: tuple[int, ...]) -> str:
    """Nothing where only their number differs, which is said already."""
    if set(left) == set(right) and len(set(left)) == 1:
        return ""
    return f"kernels {_kernel_list(left)} → {_kernel_list(right)}"


def _kernel_list(kernels: tuple[int, ...]) -> str:
    if len(set(kernels)) == 1:
        return f"{kernels[0]}{TIMES}{kernels[0]}"
    return " ".join(str(kernel) for kernel in kernels)


def _pool(_name: str, left: Pool, right: Pool) -> str:
    return f"{_pool_words(left)} → {_pool_words(right)}"


def _pool_words(pool: Pool) -> str:
    if pool.kind == "none":
        return "no pool"
    step = f", step {pool.stride}" if pool.stride != pool.kernel else ""
    rounded = ", rounded up" if pool.ceil_mode else ""
    return f"{pool.kind} pool {pool.kernel}{TIMES}{pool.kernel}{step}{rounded}"


def _paths(_name: str, left: tuple[Path, ...], right: tuple[Path, ...]) -> str:
    if len(left) != len(right):
        return f"{len(left)} → {len(right)} paths"
    widths = [f"{a.out_channels} → {b.out_channels}" if a != b else "" for a, b in zip(left, right, strict=True)]
    return "; ".join(f"path {index} {words}" for index, words in enumerate(widths, start=1) if words)


def _hidden(_name: str, left: tuple[int, ...], right: tuple[int, ...]) -> str:
    return f"hidden {_hidden_words(left)} → {_hidden_words(right)}"


def _hidden_words(hidden: tuple[int, ...]) -> str:
    return ", ".join(f"{width:,}" for width in hidden) if hidden else "none"


_WORDS: Mapping[str, Callable[[str, Any, Any], str]] = {
    "num_convs": _counted("convolutions"),
    "num_units": _counted("residual units"),
    "out_channels": _counted("channels"),
    "conv_kernels": _kernels,
    "kernel": lambda _name, a, b: f"kernel {a}{TIMES}{a} → {b}{TIMES}{b}",
    "norm": lambda _name, a, b: f"{_NORMS[a]} → {_NORMS[b]}",
    "stride": lambda _name, a, b: f"step {a} → {b}",
    "pool": lambda name, a, b: (
        _pool(name, a, b) if isinstance(a, Pool) else f"{HEAD_POOL_WORDS[a]} → {HEAD_POOL_WORDS[b]}"
    ),
    "paths": _paths,
    "hidden": _hidden,
    "norm_eps": lambda _name, a, b: f"norm's epsilon {a:g} → {b:g}",
    "unit": lambda _name, a, b: f"{a} → {b} units",
}
"""Settings with words of their own; the others are named as in files."""
