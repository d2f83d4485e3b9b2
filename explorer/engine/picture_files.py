"""Opens picture files of the common formats as bytes of one shape. No torch here."""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from explorer.errors import DataError
from explorer.runs.pictures import Picture, PictureSet

MAX_PIXELS = 100_000_000
_MODES = {1: "L", 3: "RGB"}
THUMBNAIL_SIDE = 128


def open_picture(path: Path, *, channels: int, height: int, width: int) -> bytes:
    """The picture in `path` as `channels` × `height` × `width` bytes: middle part of the asked proportions, scaled.

    Grey, palette and transparent pictures are converted; transparency is laid over white, a camera's rotation applied.
    Raises DataError that names the file.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the number of pixels is checked here, metadata do not matter
            with Image.open(path) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise DataError(
                        f"{path} has {opened.width:,} × {opened.height:,} pixels; that is too many to open."
                    )
                opened.draft(_MODES[channels], (2 * width, 2 * height))
                picture = _plain(ImageOps.exif_transpose(opened) or opened, _MODES[channels])
                fitted = ImageOps.fit(picture, (width, height), Image.Resampling.BILINEAR)
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise DataError(f"{path} is not a picture that can be opened. Remove it or choose another folder.") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise DataError(f"{path} cannot be read as a picture ({error}). Remove it or choose another folder.") from None
    planes = fitted.split()
    return b"".join(plane.tobytes() for plane in planes)


def decode_thumbnail(path: Path) -> Picture:
    """The picture in `path` in colour, as a square thumbnail; for `runs.samples`."""
    side = THUMBNAIL_SIDE
    return Picture(3, side, side, open_picture(path, channels=3, height=side, width=side))


def read_class_pictures(files: Sequence[tuple[Path, int]], *, channels: int, height: int, width: int) -> PictureSet:
    """All of `files` in one shape, with their labels. Memory: one picture more than the result."""
    size = channels * height * width
    pixels = bytearray(size * len(files))
    for index, (path, _) in enumerate(files):
        pixels[index * size : (index + 1) * size] = open_picture(path, channels=channels, height=height, width=width)
    return PictureSet(len(files), channels, height, width, pixels, array("q", [label for _, label in files]))


def _plain(picture: Image.Image, mode: str) -> Image.Image:
    if picture.mode.startswith("I") or picture.mode == "F":
        return _from_16_bits(picture).convert(mode)
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        ground = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(ground, seen).convert(mode)
    return picture.convert(mode)


def _from_16_bits(picture: Image.Image) -> Image.Image:
    """A grey picture of more than 8 bits, brought to 8 by its format's full range."""
    return picture.convert("F").point(lambda value: value * (255 / 65535)).convert("L")
