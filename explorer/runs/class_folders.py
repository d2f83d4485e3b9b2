"""Lists a folder of class-named folders of pictures; no picture is opened here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from random import Random

from explorer.errors import DataError
from explorer.runs.datasets import PICTURE_SUFFIXES, DataFiles

MAX_PICTURES = 2_000_000
TEST_SHARE = 0.2
_SPLIT_SEED = 20_17


@dataclass(frozen=True, slots=True)
class ClassFolders:
    """The classes, in the order of their names, and the files of each part with their class index."""

    classes: tuple[str, ...]
    train: tuple[tuple[Path, int], ...]
    test: tuple[tuple[Path, int], ...]


def list_class_folders(files: DataFiles) -> ClassFolders:
    """What lies in the folders of `files`. Without a test folder a fixed fifth of each class is kept for testing.

    Raises DataError for no class folders, a single one, an empty one, or a test class that training does not have.
    """
    train_root, test_root = files.paths["train"], files.paths.get("test")
    by_class = _scan(train_root)
    if not by_class:
        raise DataError(f"{train_root} has no subfolders; each class needs its own folder of pictures.")
    if len(by_class) == 1:
        only = next(iter(by_class))
        raise DataError(f"{train_root} has one class only ({only}); at least two are needed to tell apart.")
    for name, paths in by_class.items():
        if not paths:
            raise DataError(f"The folder {train_root / name} holds no pictures; add some or remove the folder.")
    classes = tuple(by_class)
    if test_root is None:
        return _split(by_class, classes)
    test_by_class = _scan(test_root)
    unknown = [name for name in test_by_class if name not in by_class]
    if unknown:
        raise DataError(f"{test_root} has a class {unknown[0]} that {train_root} does not have.")
    if not any(test_by_class.values()):
        raise DataError(f"{test_root} holds no pictures; add some, or remove it and a fifth of each class is kept.")
    index = {name: number for number, name in enumerate(classes)}
    return ClassFolders(classes, _pairs(by_class, index), _pairs(test_by_class, index))


def _scan(root: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    total = 0
    try:
        names = sorted(entry.name for entry in os.scandir(root) if entry.is_dir() and not entry.name.startswith("."))
        for name in names:
            paths = sorted(path for path in (root / name).rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES)
            found[name] = paths
            total += len(paths)
            if total > MAX_PICTURES:
                raise DataError(f"{root} holds more than {MAX_PICTURES:,} pictures; choose a part of it.")
    except OSError as error:
        raise DataError(f"{error.filename or root} cannot be read: {error.strerror or error}.") from None
    return found


def _split(by_class: dict[str, list[Path]], classes: tuple[str, ...]) -> ClassFolders:
    train: list[tuple[Path, int]] = []
    test: list[tuple[Path, int]] = []
    for number, name in enumerate(classes):
        paths = list(by_class[name])
        if len(paths) < 2:
            raise DataError(f"The class {name} has one picture only; one is needed to learn and one to test.")
        Random(_SPLIT_SEED).shuffle(paths)  # noqa: S311  no secret
        kept = max(1, round(TEST_SHARE * len(paths)))
        test += [(path, number) for path in sorted(paths[:kept])]
        train += [(path, number) for path in sorted(paths[kept:])]
    return ClassFolders(classes, tuple(train), tuple(test))


def _pairs(by_class: dict[str, list[Path]], index: dict[str, int]) -> tuple[tuple[Path, int], ...]:
    return tuple((path, index[name]) for name, paths in by_class.items() for path in paths)
