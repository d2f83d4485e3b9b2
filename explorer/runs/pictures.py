"""Pictures and labels as plain bytes, before any array library sees them."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import NamedTuple

from explorer.errors import DataError

MAX_BYTES = 8 << 30
"""No file of pictures unpacks to more than this; a header that says otherwise is not believed."""


class Picture(NamedTuple):
    """One picture: `channels` × `height` × `width` bytes, plane after plane, and its label (−1 unknown)."""

    channels: int
    height: int
    width: int
    pixels: bytes
    label: int = -1


@dataclass(frozen=True, slots=True)
class PictureSet:
    """`count` pictures of one shape, as bytes in the order N × C × H × W, and one label each (signed 64-bit)."""

    count: int
    channels: int
    height: int
    width: int
    pixels: bytes | bytearray | memoryview
    labels: array[int]

    @property
    def picture_bytes(self) -> int:
        """Bytes of one picture."""
        return self.channels * self.height * self.width

    def picture(self, index: int) -> Picture:
        """The picture at `index`."""
        size = self.picture_bytes
        pixels = bytes(self.pixels[index * size : (index + 1) * size])
        return Picture(self.channels, self.height, self.width, pixels, self.labels[index])


def check_labels(labels: array[int], num_classes: int, file: str) -> None:
    """Raise DataError that names the file and the place of the first label outside 0 to `num_classes` − 1."""
    if not labels or (min(labels) >= 0 and max(labels) < num_classes):
        return
    place = next(index for index, label in enumerate(labels) if not 0 <= label < num_classes)
    raise DataError(
        f"{file}: picture {place + 1:,} has label {labels[place]}, and labels go from 0 to {num_classes - 1}. "
        "The file is damaged or belongs to another data set."
    )


def megabytes(size: float) -> str:
    """`4.4 MB`: a size in units of 10^6 bytes, as file managers show it; small ones in bytes."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size:,.0f} bytes"


def part_of(size: int, whole: int) -> str:
    """`3.1 of 4.4 MB`: how much of something is there; exact where rounding would hide what is missing."""
    if whole >= 1e5 and f"{size / 1e6:.1f}" != f"{whole / 1e6:.1f}":
        return f"{size / 1e6:.1f} of {whole / 1e6:.1f} MB"
    return f"{size:,} of {whole:,} bytes"
