"""Reads CIFAR-10 and CIFAR-100, python and binary layout, without running what a pickle asks for.

The python layout is a pickle, and a pickle can name any function to call. Here only six names are known, all of numpy's
array reconstruction, and each is answered with a stand-in that keeps the raw bytes: no numpy object is built and
nothing outside this file is called. Any other name ends the reading.
Source: Krizhevsky 2009, "The CIFAR-10 dataset", sections on the two layouts.
"""

from __future__ import annotations

import io
import pickle
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from explorer.errors import DataError
from explorer.runs.pictures import PictureSet, megabytes, part_of

CHANNELS, SIDE = 3, 32
PICTURE_BYTES = CHANNELS * SIDE * SIDE
MAX_FILE_BYTES = 1 << 30
_LABEL_KEYS = {10: "labels", 100: "fine_labels"}


def read_python(path: Path, num_classes: int) -> PictureSet:
    """The pictures of one pickled batch. Raises DataError that names the file and what is wrong in it."""
    content = _unpickled(path)
    data, labels = content.get("data"), content.get(_LABEL_KEYS[num_classes])
    if not isinstance(data, RawArray):
        raise DataError(f'{path.name} has no array called "data"; it is not a CIFAR batch.')
    if not isinstance(labels, list) or not all(isinstance(label, int) for label in labels):
        raise DataError(f'{path.name} has no list called "{_LABEL_KEYS[num_classes]}"; it is another data set.')
    if len(data.shape) != 2 or data.shape[1] != PICTURE_BYTES or data.item != "u1":
        raise DataError(f"{path.name} holds an array of {data.described}, and {PICTURE_BYTES:,} bytes a row are asked.")
    if len(labels) != data.shape[0]:
        raise DataError(f"{path.name} has {data.shape[0]:,} pictures and {len(labels):,} labels; it is damaged.")
    try:
        numbers = array("q", labels)
    except OverflowError:
        raise DataError(f"{path.name} has a label of more than 18 digits; it is damaged.") from None
    return PictureSet(data.shape[0], CHANNELS, SIDE, SIDE, data.in_rows(path), numbers)


def read_binary(path: Path, num_classes: int, *, limit: int | None = None) -> PictureSet:
    """The pictures of one file of records: label bytes (coarse and fine for 100 classes), then 3 × 32 × 32 bytes."""
    num_labels = 1 if num_classes == 10 else 2
    record = num_labels + PICTURE_BYTES
    content = _content(path) if limit is None else _content(path)[: limit * record]
    if not content or len(content) % record:
        raise DataError(
            f"{path.name} has {len(content):,} bytes, which is not a whole number of records of {record:,}; "
            "it is cut off or another data set. Download it again."
        )
    count = len(content) // record
    labels = array("q", list(content[num_labels - 1 :: record]))
    pixels = b"".join(content[i * record + num_labels : (i + 1) * record] for i in range(count))
    return PictureSet(count, CHANNELS, SIDE, SIDE, pixels, labels)


def read_class_names(path: Path) -> tuple[str, ...]:
    """The names in CIFAR-100's `meta` pickle, or the lines of its text file."""
    if path.suffix == ".txt":
        return tuple(line.strip() for line in path.read_text("utf-8", "replace").splitlines() if line.strip())
    names = _unpickled(path).get("fine_label_names")
    if not isinstance(names, list):
        return ()
    return tuple(name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name) for name in names)


class RawArray:
    """What a pickled numpy array says of itself: shape, item type, order and bytes."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()
        self.item = ""
        self.fortran = False
        self.content = b""

    def __setstate__(self, state: Any) -> None:
        _version, shape, dtype, fortran, content = state
        self.shape = tuple(int(size) for size in shape)
        self.item = dtype.item if isinstance(dtype, RawType) else ""
        self.fortran = bool(fortran)
        self.content = content if isinstance(content, bytes) else b""

    @property
    def described(self) -> str:
        """`10000 × 3072 (u1)`."""
        return f"{' × '.join(map(str, self.shape)) or 'no size'} ({self.item or 'unknown type'})"

    def in_rows(self, path: Path) -> bytes:
        """The bytes row after row. Raises DataError when there are not as many as the shape says."""
        rows, columns = self.shape
        if len(self.content) != rows * columns:
            part = part_of(len(self.content), rows * columns)
            raise DataError(f"{path.name} holds {part} of pictures; it is damaged. Download it again.")
        return b"".join(self.content[row::rows] for row in range(rows)) if self.fortran else self.content


class RawType:
    """What a pickled numpy dtype says of itself: its code."""

    def __init__(self, code: Any = "", *_: Any) -> None:
        self.item = code.decode("ascii", "replace") if isinstance(code, bytes) else str(code)

    def __setstate__(self, state: Any) -> None:
        """Byte order and alignment: of no interest for single bytes."""


def _reconstruct(*_: Any) -> RawArray:
    return RawArray()


def _from_buffer(content: Any, dtype: Any, shape: Any, order: Any) -> RawArray:
    raw = RawArray()
    raw.__setstate__((1, shape, dtype, order == "F", bytes(content)))
    return raw


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in {"latin1", "latin-1"}:
        raise pickle.UnpicklingError("only latin1 text stands for bytes")
    return text.encode("latin1")


_KNOWN: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): RawArray,
    ("numpy", "dtype"): RawType,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.numeric", "_frombuffer"): _from_buffer,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("_codecs", "encode"): _encode,
}


class _RefusedError(Exception):
    """The pickle names something that is not part of an array."""


class _ArrayUnpickler(pickle.Unpickler):
    """Knows the names of an array and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """The stand-in for a known name. Raises for any other, before it is imported."""
        known = _KNOWN.get((module, name))
        if known is None:
            raise _RefusedError(f"{module}.{name}")
        return known


def _unpickled(path: Path) -> dict[str, Any]:
    """The dictionary in a pickle, its keys as text."""
    content = _content(path)
    try:
        found = _ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
    except _RefusedError as error:
        raise DataError(
            f"{path.name} asks to load {error}, which no CIFAR file does. It was not opened; download it again."
        ) from None
    except EOFError:
        raise DataError(f"{path.name} ends after {megabytes(len(content))}, too early. Download it again.") from None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  a damaged pickle can raise anything
        if "truncated" in str(error):
            size = megabytes(len(content))
            raise DataError(f"{path.name} ends after {size}, too early. Download it again.") from None
        raise DataError(f"{path.name} is not a CIFAR batch, or it is damaged. Download it again.") from None
    if not isinstance(found, dict):
        raise DataError(f"{path.name} is not a CIFAR batch: it holds no dictionary.")
    return {key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key): found[key] for key in found}


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise DataError(f"{path.name} has {megabytes(size)}, more than any CIFAR file.")
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"There is no file {path}. Choose another folder.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
