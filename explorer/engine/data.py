"""A data set as tensors that fit a network: `load` finds, reads, checks and matches; pictures stay bytes."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from explorer import units
from explorer.arch.spec import InputShape, NetworkSpec
from explorer.engine.devices import memory_of
from explorer.engine.picture_files import read_class_pictures
from explorer.errors import DataError
from explorer.runs import cifar, idx
from explorer.runs.class_folders import list_class_folders
from explorer.runs.config import DataConfig
from explorer.runs.datasets import DataFiles, locate
from explorer.runs.pictures import PictureSet, check_labels
from explorer.runs.shapes import draw_shapes
from explorer.runs.sides import own_side, scaled_size

LIMIT_SEED = 20_17
"""Limits keep the first pictures of this one shuffle, so that two runs with a limit see the same pictures."""
_SYNTHETIC_SEEDS = (1, 2)
_LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in a grey picture. Source: ITU-R BT.601, as Pillow converts."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """Pictures as unsigned bytes, N × C × H × W, with their labels (int64), on the CPU.

    Their side may differ from the network's input, and one channel may face three: `Batches` matches both on the
    device. `mean` and `deviation` are those of the training pictures, per channel, in bytes (0 to 255). `fingerprint`
    is the SHA-256 of all pictures and labels.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    num_classes: int
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    fingerprint: str

    @property
    def num_train(self) -> int:
        """How many pictures there are to learn from."""
        return len(self.train_labels)

    @property
    def num_test(self) -> int:
        """How many pictures there are to test on."""
        return len(self.test_labels)

    @property
    def picture_size(self) -> tuple[int, int]:
        """(height, width) of every picture."""
        height, width = self.train_images.shape[2:]
        return height, width

    @property
    def num_bytes(self) -> int:
        """Bytes of all pictures and labels."""
        parts = (self.train_images, self.train_labels, self.test_images, self.test_labels)
        return sum(part.numel() * part.element_size() for part in parts)


@dataclass(frozen=True, slots=True)
class _Parts:
    train: PictureSet
    test: PictureSet
    classes: tuple[str, ...]


def load(config: DataConfig, spec: NetworkSpec, *, side: int = 0) -> DataSet:
    """The data set of `config`, checked and matched to the input and the classes of `spec`.

    Pictures of a folder are opened at the input's size, or larger where `side` asks for a larger shorter side.
    Raises DataError that names the file or the figures at fault and says what to do.
    """
    files = locate(config.name, config.folder)
    if files.info.num_classes:
        _check_fit(files.info.title, files.info.channels, files.info.num_classes, spec)
    parts = _READERS[files.layout](files, replace(spec, input=_enlarged(spec.input, side)))
    num_classes = len(parts.classes) or files.info.num_classes
    _check_fit(files.info.title, parts.train.channels, num_classes, spec)
    for part, role in ((parts.train, "train"), (parts.test, "test")):
        check_labels(part.labels, num_classes, _label_file(files, role))
    if (parts.train.height, parts.train.width) != (parts.test.height, parts.test.width):
        raise DataError(f"{files.info.title}: training and test pictures differ in size; choose another folder.")
    return _as_tensors(files, parts, num_classes, config, spec.input)


def _enlarged(shape: InputShape, side: int) -> InputShape:
    """`shape` with its proportions, its shorter side at least `side`."""
    if side <= own_side(shape):
        return shape
    height, width = scaled_size((shape.height, shape.width), side)
    return replace(shape, height=height, width=width)


def _check_fit(title: str, channels: int, num_classes: int, spec: NetworkSpec) -> None:
    if num_classes != spec.num_classes:
        raise DataError(
            f"{title} has {num_classes:,} classes, and the network ends in {spec.num_classes:,}. "
            f"Set the network's classes to {num_classes:,}."
        )
    if channels != spec.input.channels and {channels, spec.input.channels} != {1, 3}:
        raise DataError(
            f"{title} has {channels} channel{'s' if channels != 1 else ''}, and the network takes "
            f"{spec.input.channels}. Set the input's channels to {channels}."
        )


def _label_file(files: DataFiles, role: str) -> str:
    path = files.paths.get(f"{role} labels") or files.paths.get(role) or files.paths.get(f"{role} 1")
    return path.name if path else files.info.title


def _as_tensors(files: DataFiles, parts: _Parts, num_classes: int, config: DataConfig, shape: InputShape) -> DataSet:
    fingerprint = hashlib.sha256()
    tensors: list[Tensor] = []
    for part, limit in ((parts.train, config.train_limit), (parts.test, config.test_limit)):
        fingerprint.update(part.pixels)
        fingerprint.update(part.labels.tobytes())
        # torch shares memory with a bytearray; a buffer that must not be written is copied once.
        pixels = part.pixels if isinstance(part.pixels, bytearray) else bytearray(part.pixels)
        images = torch.frombuffer(pixels, dtype=torch.uint8).view(part.count, part.channels, part.height, part.width)
        labels = torch.frombuffer(part.labels, dtype=torch.int64)
        if limit is not None and limit < part.count:
            kept = torch.randperm(part.count, generator=torch.Generator().manual_seed(LIMIT_SEED))[:limit]
            images, labels = images[kept], labels[kept]
        tensors += [_grey(images) if (part.channels, shape.channels) == (3, 1) else images, labels]
    mean, deviation = statistics(tensors[0])
    return DataSet(
        files.info.name, files.info.title, parts.classes, num_classes, tensors[0], tensors[1], tensors[2], tensors[3],
        mean, deviation, fingerprint.hexdigest(),
    )  # fmt: skip


def statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(mean, deviation) of each channel of N × C × H × W bytes, exact: from counts of the 256 values."""
    values = torch.arange(256, dtype=torch.float64)
    means: list[float] = []
    deviations: list[float] = []
    for channel in range(images.shape[1]):
        counts = torch.bincount(images[:, channel].flatten(), minlength=256).double()
        mean = float((counts * values).sum() / counts.sum())
        variance = float((counts * (values - mean) ** 2).sum() / counts.sum())
        means.append(mean)
        deviations.append(max(variance**0.5, 1.0))  # pictures of one flat colour are not divided by zero
    return tuple(means), tuple(deviations)


def _grey(images: Tensor) -> Tensor:
    """One channel of brightness, N × 1 × H × W bytes, a few thousand pictures at a time."""
    weights = torch.tensor(_LUMA).view(1, 3, 1, 1)
    pieces = [(piece * weights).sum(1, keepdim=True).round().to(torch.uint8) for piece in torch.split(images, 4096)]
    return torch.cat(pieces)


def _read_idx(files: DataFiles, spec: NetworkSpec) -> _Parts:
    del spec
    train, test = (
        idx.read_pictures(files.paths[f"{role} images"], files.paths[f"{role} labels"]) for role in ("train", "test")
    )
    return _Parts(train, test, files.info.classes)


def _read_cifar(files: DataFiles, spec: NetworkSpec) -> _Parts:
    del spec
    read = cifar.read_python if files.layout == "cifar-python" else cifar.read_binary
    roles = sorted(role for role in files.paths if role.startswith("train"))
    batches = [read(files.paths[role], files.info.num_classes) for role in roles]
    labels = array("q")
    for batch in batches:
        labels.extend(batch.labels)
    pixels = b"".join(batch.pixels for batch in batches)
    train = PictureSet(len(labels), cifar.CHANNELS, cifar.SIDE, cifar.SIDE, pixels, labels)
    named = cifar.read_class_names(files.paths["names"]) if "names" in files.paths else files.info.classes
    classes = named if len(named) == files.info.num_classes else ()
    return _Parts(train, read(files.paths["test"], files.info.num_classes), classes)


def _read_folders(files: DataFiles, spec: NetworkSpec) -> _Parts:
    listed = list_class_folders(files)
    shape = spec.input
    channels = shape.channels if shape.channels in {1, 3} else 3
    _check_fit(str(files.folder), channels, len(listed.classes), spec)
    needed = channels * shape.height * shape.width * (len(listed.train) + len(listed.test))
    free = memory_of(torch.device("cpu"))[1]
    if needed > free // 2:
        raise DataError(
            f"The pictures in {files.folder} need {units.num_bytes(needed)} at {shape.height} × {shape.width}, and "
            f"{units.num_bytes(free)} are free. Use a smaller input, or fewer pictures."
        )
    train, test = (
        read_class_pictures(part, channels=channels, height=shape.height, width=shape.width)
        for part in (listed.train, listed.test)
    )
    return _Parts(train, test, listed.classes)


def _draw(files: DataFiles, spec: NetworkSpec) -> _Parts:
    del spec
    train, test = (
        draw_shapes(count, seed)
        for count, seed in zip((files.info.num_train, files.info.num_test), _SYNTHETIC_SEEDS, strict=True)
    )
    return _Parts(train, test, files.info.classes)


_READERS: Mapping[str, Callable[[DataFiles, NetworkSpec], _Parts]] = {
    "idx": _read_idx,
    "cifar-python": _read_cifar,
    "cifar-binary": _read_cifar,
    "folders": _read_folders,
    "generated": _draw,
}


def download(name: str, folder: str | Path = "") -> DataFiles:
    """The files of `name`, fetched through torchvision into `folder` (the program's own by default).

    Only ever called because the user asked for it. Raises DataError when it cannot be had.
    """
    from explorer.engine.download import fetch

    return fetch(name, folder)
