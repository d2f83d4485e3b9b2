"""The two colour tables of the design: windows, pictures and reports take every colour from here."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol


class Palette(NamedTuple):
    """One table of colours by token name: grounds and words, layer kinds, and the runs' colours in order of use."""

    name: str
    tokens: Mapping[str, str]
    kinds: Mapping[str, str]
    runs: tuple[str, ...]
    is_dark: bool

    def hex(self, token: str) -> str:
        """The colour of `token` (`accent`, `err`, ...) or of a layer kind (`conv`, ...) as `#RRGGBB`."""
        return self.tokens.get(token) or self.kinds[token]


LIGHT_PALETTE = Palette(
    "light",
    {
        "window": "#F4F2EE",
        "rail": "#ECE9E3",
        "canvas": "#FAF9F6",
        "panel": "#FFFFFF",
        "raised": "#FFFFFF",
        "field": "#FFFFFF",
        "hover": "#F1EFEA",
        "text": "#1D1E24",
        "muted": "#5C5E67",
        "faint": "#8B8D96",
        "line": "#E3DFD7",
        "line2": "#8F8A7F",
        "accent": "#4A43C6",
        "accentFill": "#4A43C6",
        "onAccent": "#FFFFFF",
        "soft": "#ECEBFA",
        "ok": "#1A7347",
        "okSoft": "#E2F2E9",
        "warn": "#8A5600",
        "warnSoft": "#FBF0DA",
        "warnLine": "#D9A23A",
        "err": "#B3231B",
        "errSoft": "#FBE9E7",
        "errLine": "#D9574E",
        "info": "#2B5D8C",
        "infoSoft": "#E6EFF7",
    },
    {
        "conv": "#3A85B9",
        "pool": "#E8A13C",
        "norm": "#1F8A63",
        "dense": "#9C3F7A",
        "input": "#CFC9BD",
        "classes": "#3F424C",
    },
    ("#2F7FB5", "#C66F14", "#1E8F6B", "#A84A86", "#8A6D1B", "#5B5FC7"),
    is_dark=False,
)

DARK_PALETTE = Palette(
    "dark",
    {
        "window": "#14161B",
        "rail": "#101216",
        "canvas": "#111318",
        "panel": "#1A1D23",
        "raised": "#22262E",
        "field": "#14161B",
        "hover": "#262A33",
        "text": "#E9EAEE",
        "muted": "#A6AAB6",
        "faint": "#787D8B",
        "line": "#2B2F38",
        "line2": "#6F7584",
        "accent": "#ABA4FF",
        "accentFill": "#6258DE",
        "onAccent": "#FFFFFF",
        "soft": "#25244A",
        "ok": "#63D297",
        "okSoft": "#16301F",
        "warn": "#F0B74C",
        "warnSoft": "#352A12",
        "warnLine": "#A67A26",
        "err": "#FF8D84",
        "errSoft": "#3A1E1D",
        "errLine": "#C4574F",
        "info": "#83B9E8",
        "infoSoft": "#182A3B",
    },
    {
        "conv": "#4A94C8",
        "pool": "#F0B255",
        "norm": "#4CC79A",
        "dense": "#DB8FC2",
        "input": "#565B68",
        "classes": "#DDE0E7",
    },
    ("#5AAEE6", "#EE8A3C", "#3FBF90", "#E58FC6", "#F1E08C", "#8C84F0"),
    is_dark=True,
)


def lighter(color: str, percent: int) -> str:
    """`color` (`#RRGGBB`) with its value raised to `percent`; what goes beyond white takes from the saturation."""
    hue, saturation, value = _hsv(color)
    value *= percent / 100
    if value > 1:
        saturation, value = max(0.0, saturation - (value - 1)), 1.0
    return _hex(hue, saturation, value)


def darker(color: str, percent: int) -> str:
    """`color` (`#RRGGBB`) with its value divided by `percent` / 100."""
    hue, saturation, value = _hsv(color)
    return _hex(hue, saturation, min(1.0, value * 100 / percent))


def blended(first: str, second: str, part: float) -> str:
    """`first` with `part` (0 to 1) of `second` mixed in."""
    mixed = (a * (1 - part) + b * part for a, b in zip(_rgb(first), _rgb(second), strict=True))
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in mixed)


class Colors(Protocol):
    """A table of colours: `Palette` here, or the window's theme."""

    @property
    def is_dark(self) -> bool:
        """Whether it is light on dark."""

    def hex(self, token: str) -> str:
        """The colour of a token as `#RRGGBB`."""


class Faces(NamedTuple):
    """The colours of one volume: its three faces and outline, and the ground and strokes of a textured right face."""

    front: str
    top: str
    side: str
    outline: str
    ground: str
    stroke: str


def faces(colors: Colors, kind: str) -> Faces:
    """The faces of a layer of `kind`, as the design shades them in the light and in the dark."""
    color = colors.hex(kind)
    if colors.is_dark:
        outline = colors.hex("line2") if kind == "input" else darker(color, 190)
        side = darker(color, 140)
        return Faces(color, lighter(color, 120), side, outline, side, darker(color, 250))
    side = darker(color, 117)
    ground = darker(blended(color, "#FFFFFF", 0.36), 105)
    return Faces(color, lighter(color, 128), side, darker(color, 150), ground, side)


def band_faces(colors: Colors, path: int) -> Faces:
    """The faces of the band of path number `path` (from 1) in a joined volume: convolution's, darker or lighter.

    The right face is that of the last band, so each has its own.
    """
    shade = _BANDS[(path - 1) % len(_BANDS)](colors.hex("conv"))
    whole = faces(colors, "conv")
    top, side = (
        (lighter(shade, 120), darker(shade, 140)) if colors.is_dark else (lighter(shade, 118), darker(shade, 117))
    )
    return Faces(shade, top, side, whole.outline, side, side)


_BANDS: tuple[Callable[[str], str], ...] = (
    lambda color: darker(color, 135),
    lambda color: color,
    lambda color: lighter(color, 125),
    lambda color: lighter(color, 155),
)


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hsv(color: str) -> tuple[float, float, float]:
    return colorsys.rgb_to_hsv(*_rgb(color))


def _hex(hue: float, saturation: float, value: float) -> str:
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in colorsys.hsv_to_rgb(hue, saturation, value))
