"""The data sets that a run can learn from: what they are, where their files lie, how they are found."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from platformdirs import user_cache_path

from explorer.errors import DataError
from explorer.resources import resource_path

Layout = Literal["idx", "cifar-python", "cifar-binary", "folders", "generated"]
FOLDER_VARIABLE = "CONV_ARCH_EXPLORER_DATA"
"""Environment variable that names one more folder in which data sets are looked for, before all others."""

SMALL_SET = "fashion-mnist-small"
_CLOTHES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
_CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_SHAPES = ("disc", "square", "triangle", "ring", "cross", "bars", "diamond", "checks")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")


class DataSetInfo(NamedTuple):
    """What is known of a data set before any file is read.

    A count, a side or a channel count of 0 is known only once the files are there (class folders). `classes` may be
    empty for the same reason, or because the names lie beside the pictures (CIFAR-100).
    """

    name: str
    title: str
    channels: int
    side: int
    num_train: int
    num_test: int
    num_classes: int
    classes: tuple[str, ...] = ()
    licence: str = ""
    source: str = ""
    can_download: bool = False
    needs_folder: bool = False

    @property
    def counts(self) -> str:
        """`60,000 + 10,000`, or nothing where the counts are not known."""
        return f"{self.num_train:,} + {self.num_test:,}" if self.num_train else ""


_FASHION_SOURCE = "Xiao, Rasul, Vollgraf 2017, Fashion-MNIST, Zalando Research"
DATA_SETS: Mapping[str, DataSetInfo] = {
    info.name: info
    for info in (
        DataSetInfo(SMALL_SET, "Fashion-MNIST, small", 1, 28, 10_000, 2_000, 10, _CLOTHES, "MIT", _FASHION_SOURCE),
        DataSetInfo(
            "fashion-mnist", "Fashion-MNIST", 1, 28, 60_000, 10_000, 10, _CLOTHES, "MIT", _FASHION_SOURCE,
            can_download=True,
        ),
        DataSetInfo(
            "mnist", "MNIST", 1, 28, 60_000, 10_000, 10, tuple("0123456789"), "CC BY-SA 3.0",
            "LeCun, Cortes, Burges 1998, the MNIST database of handwritten digits", can_download=True,
        ),
        DataSetInfo(
            "cifar10", "CIFAR-10", 3, 32, 50_000, 10_000, 10, _CIFAR10, "none stated",
            "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images", can_download=True,
        ),
        DataSetInfo(
            "cifar100", "CIFAR-100", 3, 32, 50_000, 10_000, 100, (), "none stated",
            "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images", can_download=True,
        ),
        DataSetInfo("folder", "A folder of pictures", 0, 0, 0, 0, 0, needs_folder=True),
        DataSetInfo(
            "synthetic", "Drawn shapes, RGB", 3, 32, 8_000, 2_000, len(_SHAPES), _SHAPES, "", "drawn from a seed"
        ),
    )
}  # fmt: skip
"""Every data set by the name that `DataConfig` uses, in the order in which they are offered."""


class DataFiles(NamedTuple):
    """Where a data set was found: its folder, its layout, and each file's path by role.

    IDX: `train images`, `train labels`, `test images`, `test labels`. CIFAR: `train 1` ..., `test`, and `names` where
    present. Class folders: `train` and, where the test pictures lie apart, `test` (folders). Generated: nothing.
    """

    info: DataSetInfo
    folder: Path
    layout: Layout
    paths: Mapping[str, Path]


def info_of(name: str) -> DataSetInfo:
    """The catalogue's entry for `name`. Raises DataError that lists the names."""
    if name not in DATA_SETS:
        raise DataError(f"There is no data set called {name!r}; the names are {', '.join(DATA_SETS)}.")
    return DATA_SETS[name]


def download_folder() -> Path:
    """Where downloads are kept, and looked for first: the user's cache folder, or what the variable names."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else user_cache_path("conv-arch-explorer", appauthor=False) / "data"


def usual_places(name: str) -> tuple[Path, ...]:
    """The folders where `name` is looked for when the user names none, most likely first; they need not exist."""
    if name == SMALL_SET:
        return (resource_path("data", SMALL_SET),)
    home = Path.home()
    roots = [download_folder(), Path("data"), Path("../data"), home / "data", home / "datasets", home / ".cache"]
    packaged = [Path("/usr/share/datasets"), Path("/usr/local/share/datasets"), home / ".keras/datasets"]
    return tuple(dict.fromkeys([*(root for root in packaged), *roots]))


def locate(name: str, folder: str | Path = "") -> DataFiles:
    """The files of data set `name`, in `folder` or else in the usual places.

    Raises DataError that says what is missing and how to get it.
    """
    info = info_of(name)
    if name == "synthetic":
        return DataFiles(info, Path(), "generated", {})
    if name == "folder":
        return _locate_class_folders(info, folder)
    named = str(folder).strip()
    places = (Path(named).expanduser(),) if named and name != SMALL_SET else usual_places(name)
    if named and name != SMALL_SET and not places[0].is_dir():
        raise DataError(f"There is no folder {places[0]}; choose the one that holds {info.title}.")
    finders = _FINDERS[name]
    missing: list[str] = []
    for place in places:
        for candidate in _candidates(place, name):
            for layout, find in finders:
                paths, absent = find(candidate, name)
                if not absent:
                    return DataFiles(info, candidate, layout, paths)
                if paths:
                    missing.append(f"{candidate} lacks {' and '.join(absent)}")
    raise DataError(_not_found(info, named, missing))


def is_available(name: str, folder: str | Path = "") -> bool:
    """Whether the files of `name` are there; nothing is read."""
    try:
        locate(name, folder)
    except DataError:
        return False
    return True


def _not_found(info: DataSetInfo, folder: str, missing: list[str]) -> str:
    if missing:
        return f"{info.title} is incomplete: {missing[0]}. Choose another folder, or download it again."
    if folder:
        return f"{folder} does not hold {info.title}: {_LOOKED_FOR[info.name]} is not there. Choose another folder."
    return (
        f"{info.title} is not on this computer: {_LOOKED_FOR[info.name]} is in none of the usual places. "
        "Choose its folder, download it, or use the built-in set."
    )


_SUBFOLDERS: Mapping[str, tuple[str, ...]] = {
    SMALL_SET: ("",),
    "fashion-mnist": ("", "FashionMNIST/raw", "fashion-mnist", "raw", "FashionMNIST", "fashion_mnist", "Fashion-MNIST"),
    "mnist": ("", "MNIST/raw", "mnist", "raw", "MNIST"),
    "cifar10": (
        "",
        "cifar-10-batches-py",
        "cifar-10-batches-bin",
        "cifar10/cifar-10-batches-py",
        "cifar10",
        "cifar-10",
    ),
    "cifar100": ("", "cifar-100-python", "cifar-100-binary", "cifar100/cifar-100-python", "cifar100", "cifar-100"),
}
_LOOKED_FOR: Mapping[str, str] = {
    SMALL_SET: "train-images-idx3-ubyte.gz",
    "fashion-mnist": "train-images-idx3-ubyte(.gz)",
    "mnist": "train-images-idx3-ubyte(.gz)",
    "cifar10": "data_batch_1 (or data_batch_1.bin)",
    "cifar100": "the file train (or train.bin)",
}


def _candidates(place: Path, name: str) -> Iterator[Path]:
    # The digits and the clothes have files of the same names: a shared root counts only through its own subfolder.
    shared = place in set(usual_places("mnist")) and name in {"fashion-mnist", "mnist"}
    for part in _SUBFOLDERS[name]:
        if part not in {"", "raw"} or not shared:
            yield place / part


_Found = tuple[dict[str, Path], list[str]]


def _find_idx(folder: Path, name: str) -> _Found:
    del name
    found: dict[str, Path] = {}
    absent: list[str] = []
    for role, stem in (("train", "train"), ("test", "t10k")):
        for what, code in (("images", "idx3"), ("labels", "idx1")):
            names = [f"{stem}-{what}{dot}{code}-ubyte{end}" for end in ("", ".gz") for dot in ("-", ".")]
            path = next((folder / file for file in names if (folder / file).is_file()), None)
            if path is None:
                absent.append(f"{stem}-{what}-{code}-ubyte.gz")
            else:
                found[f"{role} {what}"] = path
    return found, absent


def _find_cifar(folder: Path, name: str, end: str) -> _Found:
    if name == "cifar10":
        wanted = {f"train {i}": f"data_batch_{i}{end}" for i in range(1, 6)} | {"test": f"test_batch{end}"}
    else:
        wanted = {"train 1": f"train{end}", "test": f"test{end}"}
    found = {role: folder / file for role, file in wanted.items() if (folder / file).is_file()}
    absent = [file for role, file in wanted.items() if role not in found]
    if found and name == "cifar100" and not (folder / f"train{end}").is_file():
        found = {}  # any folder may have a file called "test"
    names = next((folder / file for file in _NAME_FILES[name, end] if (folder / file).is_file()), None)
    return (found | {"names": names} if found and names else found), absent


_NAME_FILES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("cifar10", ""): (),
    ("cifar10", ".bin"): (),
    ("cifar100", ""): ("meta",),
    ("cifar100", ".bin"): ("fine_label_names.txt",),
}


def _find_cifar_python(folder: Path, name: str) -> _Found:
    return _find_cifar(folder, name, "")


def _find_cifar_binary(folder: Path, name: str) -> _Found:
    return _find_cifar(folder, name, ".bin")


_Find = Callable[[Path, str], _Found]
_CIFAR_FINDERS: tuple[tuple[Layout, _Find], ...] = (
    ("cifar-python", _find_cifar_python),
    ("cifar-binary", _find_cifar_binary),
)
_FINDERS: Mapping[str, tuple[tuple[Layout, _Find], ...]] = {
    SMALL_SET: (("idx", _find_idx),),
    "fashion-mnist": (("idx", _find_idx),),
    "mnist": (("idx", _find_idx),),
    "cifar10": _CIFAR_FINDERS,
    "cifar100": _CIFAR_FINDERS,
}


def _locate_class_folders(info: DataSetInfo, folder: str | Path) -> DataFiles:
    if not str(folder).strip():
        raise DataError("No folder is chosen; choose one with a subfolder of pictures for each class.")
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise DataError(f"There is no folder {root}; choose one with a subfolder of pictures for each class.")
    train = next((root / name for name in ("train", "training") if (root / name).is_dir()), root)
    test = next((root / name for name in ("test", "val", "valid", "validation") if (root / name).is_dir()), None)
    paths = {"train": train}
    if train != root and test is not None:
        paths["test"] = test
    return DataFiles(info, root, "folders", paths)
