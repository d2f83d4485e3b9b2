"""Every network that is known by name: VGG in `vgg`, what stands beside it in the courses in `classics`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from explorer.arch.presets.classics import classic_presets, d2l_classics
from explorer.arch.presets.preset import CLASSICS, D2L, GROUPS, SMALL, STARTER, VGG_PAPER, Preset
from explorer.arch.presets.vgg import d2l_presets, paper_presets, small_presets
from explorer.errors import ExplorerError

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        preset.name: preset
        for preset in [*small_presets(), *d2l_presets(), *d2l_classics(), *paper_presets(), *classic_presets()]
    }
)
"""Each preset under its name, in the order of a menu."""


def find_preset(name: str) -> Preset:
    """The preset called `name`, upper or lower case. Raises ExplorerError that names the nearest ones."""
    key = _key(name)
    if key in PRESETS:
        return PRESETS[key]
    near = get_close_matches(key, list(PRESETS), 3, 0.5)
    hint = f"the nearest names are {', '.join(near)}" if near else "`presets` lists those there are"
    shown = name if len(name) <= 40 else f"{name[:37]}..."
    raise ExplorerError(f"There is no preset called {shown}; {hint}.")


def is_preset(name: str) -> bool:
    """Whether `find_preset` knows `name`."""
    return _key(name) in PRESETS


def starter() -> Preset:
    """The network that a new user sees first."""
    return PRESETS[STARTER]


def _key(name: str) -> str:
    """`VGG-16`, `ResNet 18` and `LeNet_5` as the names here: no dash before the depth."""
    key = name.strip().lower().replace("_", "-").replace(" ", "-")
    return re.sub(r"(vgg|resnet|lenet)-(?=\d)", r"\1", key)


__all__ = [
    "CLASSICS",
    "D2L",
    "GROUPS",
    "PRESETS",
    "SMALL",
    "STARTER",
    "VGG_PAPER",
    "Preset",
    "find_preset",
    "is_preset",
    "starter",
]
