"""The scales of the picture: a table that Fit walks through, and evenly beyond its ends."""

from __future__ import annotations

from itertools import pairwise

FIT = (
    (172.0, 1.0),
    (166.0, 0.95),
    (160.0, 0.9),
    (156.0, 0.86),
    (152.0, 0.82),
    (148.0, 0.78),
    (142.0, 0.74),
    (136.0, 0.7),
    (128.0, 0.66),
    (120.0, 0.62),
    (110.0, 0.58),
    (100.0, 0.54),
)
FULL_HEIGHT = FIT[0][0]
SMALLEST_FIT = 0.45
ZOOM_RANGE = (0.25, 4.0)

Size = tuple[float, float, float]
"""The height of the input's map, the factor of widths, and that of fixed sizes."""


def scale_of(height: float, kx: float) -> Size:
    """The size of an entry of the table."""
    return height, kx, 1.0


def even_scale(factor: float) -> Size:
    """The table's last entry, made smaller evenly."""
    height, kx = FIT[-1]
    return height * factor, kx * factor, factor


def zoomed(zoom: float) -> Size:
    """The size of `zoom` (1.0 = 172 px): between the entries of the table, beyond its ends evenly."""
    height = FULL_HEIGHT * min(max(zoom, ZOOM_RANGE[0]), ZOOM_RANGE[1])
    if height >= FULL_HEIGHT:
        return height, height / FULL_HEIGHT, height / FULL_HEIGHT
    if height <= FIT[-1][0]:
        return even_scale(height / FIT[-1][0])
    for (high, wide), (low, narrow) in pairwise(FIT):
        if height >= low:
            return height, narrow + (wide - narrow) * (height - low) / (high - low), 1.0
    return scale_of(*FIT[-1])
