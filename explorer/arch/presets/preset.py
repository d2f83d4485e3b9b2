"""What a preset is, and the groups of a menu."""

from __future__ import annotations

from typing import NamedTuple

from explorer.arch.spec import NetworkSpec

STARTER = "vgg7-32-bn"
"""The name of the network that a new user sees first."""

VGG_PAPER = "VGG paper"
CLASSICS = "Other classics"
D2L = "Dive into Deep Learning"
SMALL = "Small pictures"
GROUPS: tuple[str, ...] = (SMALL, D2L, VGG_PAPER, CLASSICS)
"""The groups of presets, in the order of a menu."""


class Preset(NamedTuple):
    """A known network. `title` is how a menu names it, `source` the line under its name, `group` one of `GROUPS`."""

    name: str
    title: str
    source: str
    group: str
    spec: NetworkSpec
