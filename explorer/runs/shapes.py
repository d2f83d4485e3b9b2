"""A data set that needs no files: eight shapes in random colours, places and sizes on noisy grounds, 3 × 32 × 32.

Drawn from a seed in plain Python, so that the same seed gives the same bytes on every machine.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import cache
from random import Random

from explorer.runs.pictures import PictureSet

SIDE = 32
PLANE = SIDE * SIDE
_Inside = Callable[[float, float], bool]
SHAPES: dict[str, _Inside] = {
    "disc": lambda u, v: u * u + v * v <= 1,
    "square": lambda u, v: max(abs(u), abs(v)) <= 0.85,
    "triangle": lambda u, v: -0.8 <= v <= 0.8 and abs(u) <= (v + 0.8) / 1.6,
    "ring": lambda u, v: 0.4 <= u * u + v * v <= 1,
    "cross": lambda u, v: max(abs(u), abs(v)) <= 1 and min(abs(u), abs(v)) <= 0.3,
    "bars": lambda u, v: max(abs(u), abs(v)) <= 0.9 and int((v + 1) * 2.5) % 2 == 0,
    "diamond": lambda u, v: abs(u) + abs(v) <= 1,
    "checks": lambda u, v: max(abs(u), abs(v)) <= 0.9 and (int((u + 1) * 2) + int((v + 1) * 2)) % 2 == 0,
}
"""Each class: whether a point is inside, in coordinates where the shape spans −1 to 1."""
_RADII = tuple(7 + step / 2 for step in range(13))


def draw_shapes(count: int, seed: int) -> PictureSet:
    """`count` pictures with labels 0 to 7 in turn; the same seed always draws the same."""
    random = Random(seed)  # noqa: S311  no secret
    masks = {(label, radius): _mask(rule, radius) for label, rule in enumerate(SHAPES.values()) for radius in _RADII}
    pixels = bytearray()
    labels = array("q", [index % len(SHAPES) for index in range(count)])
    for label in labels:
        radius = random.choice(_RADII)
        row, column = (random.randint(0, int(SIDE - 2 * radius)) for _ in range(2))
        _paint(pixels, masks[label, radius] << 8 * (SIDE * row + column), random)
    return PictureSet(count, 3, SIDE, SIDE, pixels, labels)


def _mask(inside: _Inside, radius: float) -> int:
    """The shape in the upper left corner as one long number: a byte of ones for each pixel inside."""
    places = [(index + 0.5) / radius - 1 for index in range(SIDE)]
    bits = bytes(255 * (u <= 1 and v <= 1 and inside(u, v)) for v in places for u in places)
    return int.from_bytes(bits, "little")


def _paint(pixels: bytearray, mask: int, random: Random) -> None:
    """Append three planes: noise around the ink's level inside the mask, around the ground's level outside."""
    outside = mask ^ ((1 << 8 * PLANE) - 1)
    for _ in range(3):
        ground = random.randrange(40, 216)
        ink = (ground + random.choice((-1, 1)) * random.randrange(40, 110)) % 256
        noise = random.randbytes(PLANE)
        inner = int.from_bytes(noise.translate(_levels(ink)), "little") & mask
        outer = int.from_bytes(noise.translate(_levels(ground)), "little") & outside
        pixels += (inner | outer).to_bytes(PLANE, "little")


@cache
def _levels(middle: int) -> bytes:
    """What each noise byte becomes: `middle` ± 16, kept within a byte."""
    return bytes(min(255, max(0, middle + (noise >> 3) - 16)) for noise in range(256))
