"""Reads IDX files, the format of MNIST and Fashion-MNIST, plain or gzip-compressed, and believes nothing unchecked.

Source: "The IDX file format" on the MNIST page by LeCun, Cortes and Burges: two zero bytes, a type code (8 = unsigned
byte), the number of dimensions, each dimension as a big-endian 32-bit number, then the values, last dimension fastest.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from array import array
from pathlib import Path
from typing import BinaryIO, cast

from explorer.errors import DataError
from explorer.runs.pictures import MAX_BYTES, PictureSet, part_of

_UNSIGNED_BYTE = 8
_WHAT = {1: "labels", 3: "pictures"}


def read_pictures(images: Path, labels: Path, *, limit: int | None = None) -> PictureSet:
    """The first `limit` pictures (all by default) with their labels; only what is asked for is unpacked.

    Raises DataError that names the file: missing, not IDX, ending early, too long, or of another length than its pair.
    """
    shape, pixels = _read(images, 3, limit)
    (num_labels,), values = _read(labels, 1, limit)
    count, height, width = shape
    if num_labels != count:
        raise DataError(
            f"{images.name} has {count:,} pictures, and {labels.name} has {num_labels:,} labels. "
            "They do not belong together; choose another folder."
        )
    kept = count if limit is None else min(count, limit)
    return PictureSet(kept, 1, height, width, pixels, array("q", list(values)))


def _read(path: Path, dimensions: int, limit: int | None) -> tuple[tuple[int, ...], bytearray]:
    """The shape in the header and the values of the first `limit` entries."""
    try:
        with _opened(path) as file:
            shape = _header(file, path, dimensions)
            entry = 1
            for size in shape[1:]:
                entry *= size
            total = shape[0] * entry
            if total > MAX_BYTES:
                raise DataError(f"{path.name} says it holds {total:,} bytes of {_WHAT[dimensions]}; that is too much.")
            wanted = total if limit is None else min(shape[0], limit) * entry
            values = _exactly(file, wanted, path)
            if limit is None and file.read(1):
                raise DataError(f"{path.name} goes on after its {shape[0]:,} {_WHAT[dimensions]}; the file is damaged.")
            return shape, values
    except FileNotFoundError:
        raise DataError(f"There is no file {path}. Choose another folder.") from None
    except (gzip.BadGzipFile, zlib.error):
        raise DataError(f"{path.name} is damaged: it cannot be unpacked. Download it again.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None


def _opened(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


def _header(file: BinaryIO, path: Path, dimensions: int) -> tuple[int, ...]:
    length = 4 + 4 * dimensions
    head = _up_to(file, length)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] != _UNSIGNED_BYTE or head[3] != dimensions:
        raise DataError(
            f"{path.name} is not an IDX file of {_WHAT[dimensions]}: it begins with {head[:4].hex(' ') or 'nothing'}, "
            f"and 00 00 08 0{dimensions} is expected."
        )
    if len(head) < length:
        raise DataError(f"{path.name} ends inside its first {length} bytes. Download it again.")
    shape = struct.unpack(f">{dimensions}I", head[4:])
    if 0 in shape:
        raise DataError(f"{path.name} holds no {_WHAT[dimensions]}. Choose another folder.")
    return shape


def _exactly(file: BinaryIO, wanted: int, path: Path) -> bytearray:
    values = _up_to(file, wanted)
    if len(values) < wanted:
        unpacked = ", unpacked" if path.suffix == ".gz" else ""
        raise DataError(
            f"{path.name} ends after {part_of(len(values), wanted)}{unpacked}. "
            "Download it again, choose another folder, or use the built-in set."
        )
    return values


def _up_to(file: BinaryIO, wanted: int) -> bytearray:
    """At most `wanted` bytes; fewer where the stream breaks off, which gzip reports as EOFError."""
    pieces: list[bytes] = []
    missing = wanted
    while missing:
        try:
            piece = file.read(min(missing, 1 << 20))
        except EOFError:
            break
        if not piece:
            break
        pieces.append(piece)
        missing -= len(piece)
    return bytearray().join(pieces)
