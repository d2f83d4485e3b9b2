"""What the settings show of a data set: counts, classes, pictures, or why it cannot be used. No widgets in here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from explorer.arch.spec import NetworkSpec
from explorer.errors import DataError
from explorer.runs.class_folders import list_class_folders
from explorer.runs.datasets import DataSetInfo, info_of, locate
from explorer.runs.pictures import Picture
from explorer.runs.samples import sample_pictures

_THUMBNAIL = 64


@dataclass(frozen=True, slots=True)
class DataFacts:
    """A data set as it was found; `problem` says why it cannot be used, and is empty when it can."""

    info: DataSetInfo
    folder: str
    num_train: int = 0
    num_test: int = 0
    num_classes: int = 0
    channels: int = 0
    classes: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    problem: str = ""

    @property
    def counts(self) -> str:
        """`60,000 + 10,000`: pictures to learn from and to test on."""
        return f"{self.num_train:,} + {self.num_test:,}" if self.num_train else self.info.counts


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a data set fits a network: a sentence, and where it does not, the network that would and its button."""

    sentence: str
    fix_label: str = ""
    fixed: NetworkSpec | None = None
    ok: bool = False


def inspect_data(name: str, folder: str = "") -> DataFacts:
    """Everything about the data set that can be told without reading it whole."""
    info = info_of(name)
    facts = DataFacts(info, folder, info.num_train, info.num_test, info.num_classes, info.channels, info.classes)
    try:
        if info.needs_folder:
            listed = list_class_folders(locate(name, folder))
            facts = replace(
                facts,
                num_train=len(listed.train),
                num_test=len(listed.test),
                num_classes=len(listed.classes),
                channels=3,
                classes=tuple(listed.classes),
            )
        return replace(facts, pictures=sample_pictures(name, folder, decode=decode_picture))
    except DataError as error:
        return replace(facts, problem=str(error))


def fit_of(facts: DataFacts, spec: NetworkSpec) -> Fit:
    """Whether the data set can be learned by `spec`; one channel and three are matched on the way."""
    if facts.problem:
        return Fit(facts.problem)
    channels, classes = facts.channels, facts.num_classes
    if classes != spec.num_classes:
        sentence = f"{classes:,} classes, and the network ends in {spec.num_classes:,}."
        return Fit(sentence, f"Use {classes:,} classes", _fitted(spec, channels, classes))
    if not channels_match(channels, spec.input.channels):
        sentence = f"{_channels(channels)}, and the network takes {spec.input.channels:,}."
        return Fit(sentence, f"Use {_channels(channels)}", _fitted(spec, channels, classes))
    if channels != spec.input.channels:
        how = "grey pictures are repeated in three channels" if channels == 1 else "colours are turned to grey"
        return Fit(f"{classes:,} classes fit; {how}", ok=True)
    return Fit(f"{_channels(channels)}, {classes:,} classes: fits the network", ok=True)


def channels_match(given: int, taken: int) -> bool:
    """Whether pictures of `given` channels can be had in `taken`: grey and colour are turned into one another."""
    return given == taken or {given, taken} == {1, 3}


def _fitted(spec: NetworkSpec, channels: int, classes: int) -> NetworkSpec:
    """`spec` with the channels and the classes of the data."""
    shape = spec.input
    if not channels_match(channels, shape.channels):
        shape = replace(shape, channels=channels)
    return replace(spec, input=shape, num_classes=classes)


def _channels(count: int) -> str:
    return f"{count:,} channel{'' if count == 1 else 's'}"


def decode_picture(path: Path) -> Picture:
    """The picture in `path` in colour, 64 × 64. Raises DataError that names the file."""
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    image = reader.read()
    if image.isNull():
        raise DataError(f"{path} cannot be read as a picture ({reader.errorString()}). Remove it from the folder.")
    size = QSize(_THUMBNAIL, _THUMBNAIL)
    scaled = image.scaled(
        size, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    left, top = (scaled.width() - _THUMBNAIL) // 2, (scaled.height() - _THUMBNAIL) // 2
    square = scaled.copy(left, top, _THUMBNAIL, _THUMBNAIL).convertToFormat(QImage.Format.Format_RGB888)
    pixels = bytes(cast("memoryview", square.constBits()))  # 3 × 64 bytes a row: no padding
    return Picture(3, _THUMBNAIL, _THUMBNAIL, pixels[0::3] + pixels[1::3] + pixels[2::3])
