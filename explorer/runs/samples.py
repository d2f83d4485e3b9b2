"""A few pictures of a data set, fast and without any array library: thumbnails, and the sample in the diagram."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from explorer.runs import cifar, idx
from explorer.runs.class_folders import list_class_folders
from explorer.runs.datasets import DataFiles, locate
from explorer.runs.pictures import Picture, PictureSet
from explorer.runs.shapes import draw_shapes

Decode = Callable[[Path], Picture]
"""Opens a picture file of any common format; label −1. The window has its own, `engine.picture_files` has another."""
_LOOK_AT = 60


def sample_pictures(
    name: str, folder: str | Path = "", count: int = 7, *, decode: Decode | None = None
) -> tuple[Picture, ...]:
    """Up to `count` training pictures, of different classes as far as the first few dozen show them.

    Pictures of a class folder need `decode`; without it there are none. Raises DataError as `locate` and the readers
    do.
    """
    files = locate(name, folder)
    if files.layout == "folders":
        return _from_folders(files, count, decode)
    found = _FIRST[files.layout](files, max(_LOOK_AT, count))
    return tuple(found.picture(index) for index in _of_many_classes(list(found.labels), count))


def _of_many_classes(labels: list[int], count: int) -> list[int]:
    """Indices of `count` entries: first one of each label in order of appearance, then whatever comes."""
    firsts = [index for index, label in enumerate(labels) if labels.index(label) == index]
    rest = [index for index in range(len(labels)) if index not in set(firsts)]
    return (firsts + rest)[:count]


def _from_folders(files: DataFiles, count: int, decode: Decode | None) -> tuple[Picture, ...]:
    if decode is None:
        return ()
    listed = list_class_folders(files).train
    chosen = [listed[index] for index in _of_many_classes([label for _, label in listed], count)]
    opened = ((decode(path), label) for path, label in chosen)
    return tuple(Picture(p.channels, p.height, p.width, p.pixels, label) for p, label in opened)


def _first_idx(files: DataFiles, count: int) -> PictureSet:
    return idx.read_pictures(files.paths["train images"], files.paths["train labels"], limit=count)


def _first_cifar_python(files: DataFiles, count: int) -> PictureSet:
    del count  # a pickle is read whole
    return cifar.read_python(files.paths["train 1"], files.info.num_classes)


def _first_cifar_binary(files: DataFiles, count: int) -> PictureSet:
    return cifar.read_binary(files.paths["train 1"], files.info.num_classes, limit=count)


def _first_shapes(files: DataFiles, count: int) -> PictureSet:
    del files
    return draw_shapes(count, seed=0)


_FIRST: dict[str, Callable[[DataFiles, int], PictureSet]] = {
    "idx": _first_idx,
    "cifar-python": _first_cifar_python,
    "cifar-binary": _first_cifar_binary,
    "generated": _first_shapes,
}
