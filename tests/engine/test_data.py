"""Loading data sets as tensors: matching to the network, limits, fingerprints, and what bad data are told."""

from __future__ import annotations

import gzip
import pickle
import struct
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from explorer.errors import DataError
from explorer.runs.config import DataConfig

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from PIL import Image  # noqa: E402

from explorer.arch.spec import InputShape, NetworkSpec  # noqa: E402
from explorer.engine import data as data_module  # noqa: E402
from explorer.engine.data import download, load, statistics  # noqa: E402
from explorer.engine.picture_files import decode_thumbnail, open_picture  # noqa: E402


def spec_of(channels: int = 1, side: int = 8, classes: int = 10) -> NetworkSpec:
    return NetworkSpec(InputShape(channels, side, side), (), num_classes=classes)


def write_idx(folder: Path, *, labels: bytes = bytes([0, 1, 2, 9, 9, 9])) -> Path:
    count = len(labels)
    for stem in ("train", "t10k"):
        pixels = bytes(index % 251 for index in range(count * 64))
        images = struct.pack(">4I", 0x803, count, 8, 8) + pixels
        (folder / f"{stem}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (folder / f"{stem}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(struct.pack(">2I", 0x801, count) + labels))
    return folder


def write_pictures(root: Path, *, mode: str = "RGB", suffix: str = "png") -> Path:
    for label, name in enumerate(("cats", "dogs")):
        (root / name).mkdir(parents=True)
        for index in range(5):
            colour: Any = 40 * label + index if mode in {"L", "I;16"} else (200 * label, 10 * index, 7)
            Image.new(mode, (9 + index, 12), colour).save(root / name / f"{index}.{suffix}")
    return root


def test_the_built_in_set_loads_with_the_statistics_of_its_pixels() -> None:
    data = load(DataConfig(), spec_of(side=28))
    assert data.train_images.shape == (10_000, 1, 28, 28)
    assert data.train_images.dtype == torch.uint8
    pixels = data.train_images.double()
    assert data.mean[0] == pytest.approx(pixels.mean().item())
    assert data.deviation[0] == pytest.approx(pixels.std(correction=0).item())
    assert data.classes[9] == "Ankle boot"


def test_the_fingerprint_follows_the_pictures_and_not_the_folder(tmp_path: Path) -> None:
    prints = []
    for name, labels in (("a", b"\0\1\2\3"), ("b", b"\0\1\2\3"), ("c", b"\0\1\2\4")):
        (tmp_path / name).mkdir()
        write_idx(tmp_path / name, labels=labels)
        prints.append(load(DataConfig("mnist", str(tmp_path / name)), spec_of()).fingerprint)
    assert prints[0] == prints[1] != prints[2]


def test_limits_keep_the_same_pictures_of_every_run() -> None:
    few = load(DataConfig(train_limit=100, test_limit=30), spec_of())
    more = load(DataConfig(train_limit=200, test_limit=30), spec_of())
    assert (few.num_train, few.num_test) == (100, 30)
    assert torch.equal(few.train_images, more.train_images[:100])
    assert len(set(few.train_labels.tolist())) == 10


def test_colour_pictures_become_grey_by_brightness_for_a_network_of_one_channel() -> None:
    grey = load(DataConfig("synthetic", test_limit=8, train_limit=64), spec_of(1, 32, 8)).train_images
    colour = load(DataConfig("synthetic", test_limit=8, train_limit=64), spec_of(3, 32, 8)).train_images
    expected = torch.stack(
        [
            torch.frombuffer(
                bytearray(Image.fromarray(x.permute(1, 2, 0).numpy()).convert("L").tobytes()), dtype=torch.uint8
            )
            for x in colour
        ]
    ).view(-1, 1, 32, 32)
    assert (grey.int() - expected.int()).abs().max() <= 1


@pytest.mark.parametrize(
    ("name", "spec", "says"),
    [
        ("synthetic", spec_of(3, 32, 10), "Drawn shapes, RGB has 8 classes, and the network ends in 10"),
        ("fashion-mnist-small", spec_of(1, 28, 100), "has 10 classes, and the network ends in 100"),
        ("fashion-mnist-small", spec_of(4, 28), "has 1 channel, and the network takes 4"),
        ("synthetic", spec_of(2, 32, 8), "has 3 channels, and the network takes 2"),
    ],
)
def test_data_that_do_not_fit_the_network_are_told_with_both_figures(name: str, spec: NetworkSpec, says: str) -> None:
    with pytest.raises(DataError, match=says):
        load(DataConfig(name), spec)


def write_cifar(folder: Path, *, binary: bool) -> None:
    numpy = pytest.importorskip("numpy")
    names = [*(f"data_batch_{index}" for index in range(1, 6)), "test_batch"]
    for number, name in enumerate(names):
        pixels = numpy.full((4, 3072), number, dtype=numpy.uint8)
        labels = [(number + index) % 10 for index in range(4)]
        if binary:
            rows = (bytes([label]) + row.tobytes() for label, row in zip(labels, pixels, strict=True))
            (folder / f"{name}.bin").write_bytes(b"".join(rows))
        else:
            (folder / name).write_bytes(pickle.dumps({b"data": pixels, b"labels": labels}, protocol=2))


@pytest.mark.parametrize("binary", [True, False])
def test_both_layouts_of_cifar_10_load_batch_after_batch(tmp_path: Path, binary: bool) -> None:
    write_cifar(tmp_path, binary=binary)
    data = load(DataConfig("cifar10", str(tmp_path)), spec_of(3, 32))
    assert data.train_images.shape == (20, 3, 32, 32)
    assert data.train_images[:, 0, 0, 0].tolist() == [number for number in range(5) for _ in range(4)]
    assert data.train_labels[:5].tolist() == [0, 1, 2, 3, 1]
    assert set(data.test_images.flatten().tolist()) == {5}
    assert data.classes[0] == "airplane"


def test_cifar_100_learns_its_fine_labels_and_their_names(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    for name in ("train", "test"):
        content = {"data": numpy.zeros((3, 3072), numpy.uint8), "fine_labels": [99, 0, 5], "coarse_labels": [1, 2, 3]}
        (tmp_path / name).write_bytes(pickle.dumps(content))
    (tmp_path / "meta").write_bytes(pickle.dumps({"fine_label_names": [f"class {index}" for index in range(100)]}))
    data = load(DataConfig("cifar100", str(tmp_path)), spec_of(3, 32, 100))
    assert data.train_labels.tolist() == [99, 0, 5]
    assert data.classes[99] == "class 99"
    with pytest.raises(DataError, match="CIFAR-100 has 100 classes, and the network ends in 10"):
        load(DataConfig("cifar100", str(tmp_path)), spec_of(3, 32, 10))


def test_a_label_out_of_range_is_told_with_its_file(tmp_path: Path) -> None:
    write_idx(tmp_path, labels=b"\0\1\x0c")
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte\.gz: picture 3 has label 12"):
        load(DataConfig("mnist", str(tmp_path)), spec_of())


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "CMYK"])
@pytest.mark.parametrize("channels", [1, 3])
def test_class_folders_load_whatever_the_mode_of_their_pictures(tmp_path: Path, mode: str, channels: int) -> None:
    root = tmp_path / "pictures"
    write_pictures(root)
    for path in root.rglob("*.png"):
        with Image.open(path) as opened:
            picture = opened.convert(mode)
        path.unlink()
        picture.save(path if mode != "CMYK" else path.with_suffix(".jpg"))
    data = load(DataConfig("folder", str(root)), spec_of(channels, 8, 2))
    assert data.train_images.shape[1:] == (channels, 8, 8)
    assert data.classes == ("cats", "dogs")
    assert sorted(data.test_labels.tolist()) == [0, 1]


def test_transparency_lies_over_white_and_16_bit_greys_keep_their_range(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.new("I;16", (4, 4), 32896).save(tmp_path / "grey.png")
    assert set(open_picture(tmp_path / "clear.png", channels=3, height=4, width=4)) == {255}
    assert set(open_picture(tmp_path / "grey.png", channels=1, height=4, width=4)) <= {127, 128}
    assert decode_thumbnail(tmp_path / "clear.png").channels == 3


def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    root = write_pictures(tmp_path / "pictures")
    bad = root / "dogs" / "3.png"
    for content in (b"no picture", bad.read_bytes()[:50], b""):
        bad.write_bytes(content)
        with pytest.raises(DataError, match=r"dogs.3\.png"):
            load(DataConfig("folder", str(root)), spec_of(3, 8, 2))


def test_a_picture_of_too_many_pixels_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.engine.picture_files.MAX_PIXELS", 99)
    root = write_pictures(tmp_path / "pictures")
    with pytest.raises(DataError, match="pixels; that is too many to open"):
        load(DataConfig("folder", str(root)), spec_of(3, 8, 2))


def test_a_folder_that_needs_more_memory_than_is_free_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_module, "memory_of", lambda device: (10_000, 1_000))
    root = write_pictures(tmp_path / "pictures")
    with pytest.raises(DataError, match=r"need .* at 32 × 32, and 1000\u2009B are free"):
        load(DataConfig("folder", str(root)), spec_of(3, 32, 2))


def test_a_download_without_a_network_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torchvision

    def unreachable(*_: Any, **__: Any) -> None:
        raise URLError("no route")

    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", unreachable)
    with pytest.raises(DataError, match=r"was not downloaded: the server was not reached \(no route\)"):
        download("fashion-mnist", tmp_path)
    with pytest.raises(DataError, match="cannot be downloaded; choose a folder"):
        download("folder", tmp_path)


def test_statistics_of_one_flat_colour_do_not_divide_by_zero() -> None:
    mean, deviation = statistics(torch.full((3, 1, 4, 4), 7, dtype=torch.uint8))
    assert (mean, deviation) == ((7.0,), (1.0,))
