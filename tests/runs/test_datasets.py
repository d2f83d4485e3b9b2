"""Data sets: the catalogue, finding files, reading them without any array library, and what bad files are told."""

import gzip
import pickle
import struct
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.errors import DataError
from explorer.runs import cifar, idx
from explorer.runs.class_folders import list_class_folders
from explorer.runs.datasets import DATA_SETS, FOLDER_VARIABLE, SMALL_SET, is_available, locate
from explorer.runs.pictures import PictureSet, check_labels, part_of
from explorer.runs.samples import sample_pictures
from explorer.runs.shapes import SHAPES, draw_shapes

COUNT, SIDE = 5, 4
PIXELS = bytes(range(COUNT * SIDE * SIDE))
LABELS = bytes([3, 0, 2, 2, 9])


def idx_bytes(shape: tuple[int, ...], values: bytes) -> bytes:
    return bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + values


def write_idx_set(folder: Path, *, compressed: bool = True, end: str = "-ubyte") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for stem in ("train", "t10k"):
        for name, content in (
            (f"{stem}-images-idx3{end}", idx_bytes((COUNT, SIDE, SIDE), PIXELS)),
            (f"{stem}-labels-idx1{end}", idx_bytes((COUNT,), LABELS)),
        ):
            if compressed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
    return folder


def read_train(folder: Path) -> PictureSet:
    files = locate("mnist", folder)
    return idx.read_pictures(files.paths["train images"], files.paths["train labels"])


def test_the_built_in_set_has_exactly_as_many_pictures_of_each_class_and_stays_under_6_mb() -> None:
    files = locate(SMALL_SET)
    train = idx.read_pictures(files.paths["train images"], files.paths["train labels"])
    test = idx.read_pictures(files.paths["test images"], files.paths["test labels"])
    info = DATA_SETS[SMALL_SET]
    assert (train.count, test.count) == (info.num_train, info.num_test)
    assert {train.labels.count(label) for label in range(10)} == {info.num_train // 10}
    assert {test.labels.count(label) for label in range(10)} == {info.num_test // 10}
    assert sum(path.stat().st_size for path in files.folder.iterdir()) <= 6_000_000
    assert "Zalando" in (files.folder / "LICENSE").read_text("utf-8")


@pytest.mark.parametrize("compressed", [True, False])
def test_idx_files_are_read_as_they_were_written(tmp_path: Path, compressed: bool) -> None:
    files = locate("mnist", write_idx_set(tmp_path, compressed=compressed))
    pictures = idx.read_pictures(files.paths["train images"], files.paths["train labels"])
    assert (pictures.count, pictures.channels, pictures.height, pictures.width) == (COUNT, 1, SIDE, SIDE)
    assert bytes(pictures.pixels) == PIXELS
    assert list(pictures.labels) == list(LABELS)


def test_only_as_many_pictures_are_unpacked_as_are_asked_for(tmp_path: Path) -> None:
    write_idx_set(tmp_path)
    images = tmp_path / "train-images-idx3-ubyte.gz"
    images.write_bytes(images.read_bytes()[:-12])  # the end is missing, and nobody needs it
    pictures = idx.read_pictures(images, tmp_path / "train-labels-idx1-ubyte.gz", limit=2)
    assert pictures.count == 2
    assert bytes(pictures.pixels) == PIXELS[: 2 * SIDE * SIDE]


@pytest.mark.parametrize("place", ["", "FashionMNIST/raw", "fashion-mnist"])
def test_fashion_mnist_is_found_in_the_layouts_of_debian_and_torchvision(tmp_path: Path, place: str) -> None:
    write_idx_set(tmp_path / place, compressed=place != "FashionMNIST/raw")
    assert locate("fashion-mnist", tmp_path).folder == tmp_path / place


def test_a_folder_named_by_the_environment_is_looked_in_but_digits_are_not_taken_for_clothes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    write_idx_set(tmp_path / "MNIST" / "raw")
    assert locate("mnist").folder == tmp_path / "MNIST" / "raw"
    write_idx_set(tmp_path)  # which of the two sets these are cannot be known
    assert locate("mnist").folder == tmp_path / "MNIST" / "raw"


def test_dots_in_the_names_are_understood(tmp_path: Path) -> None:
    for path in write_idx_set(tmp_path, compressed=False).iterdir():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert is_available("mnist", tmp_path)


def truncate(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-10]))


def cut_the_stream(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-12])


def corrupt(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[12:40] = bytes(28)
    path.write_bytes(bytes(content))


def not_gzip(path: Path) -> None:
    path.write_bytes(b"<html>Not found</html>")


def write(content: bytes) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        path.write_bytes(gzip.compress(content))

    return spoil


IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
BAD_IDX = [
    (IMAGES, truncate, "ends after 70 of 80 bytes, unpacked"),
    (IMAGES, cut_the_stream, f"{IMAGES} ends "),
    (IMAGES, corrupt, "damaged|ends"),
    (IMAGES, not_gzip, f"{IMAGES} is damaged: it cannot be unpacked"),
    (IMAGES, write(b"\0\0\x0d\x03" + bytes(12)), "not an IDX file of pictures: it begins with 00 00 0d 03"),
    (IMAGES, write(idx_bytes((COUNT,), LABELS)), "not an IDX file of pictures"),
    (IMAGES, write(b"\0\0\x08\x03\0\0"), "ends inside its first 16 bytes"),
    (IMAGES, write(b""), "begins with nothing"),
    (IMAGES, write(idx_bytes((0, SIDE, SIDE), b"")), "holds no pictures"),
    (IMAGES, write(idx_bytes((2**32 - 1, 2**16, 2**16), b"")), "that is too much"),
    (IMAGES, write(idx_bytes((COUNT, SIDE, SIDE), PIXELS + b"more")), "goes on after its 5 pictures"),
    (TRAIN_LABELS, write(idx_bytes((4,), LABELS[:4])), "has 5 pictures, and train-labels.* has 4 labels"),
    (TRAIN_LABELS, write(idx_bytes((COUNT,), LABELS[:2])), "train-labels-idx1-ubyte.gz ends after 2 of 5 bytes"),
    (TRAIN_LABELS, Path.unlink, "incomplete: .* lacks train-labels-idx1-ubyte.gz"),
]


@pytest.mark.parametrize(("name", "spoil", "says"), BAD_IDX, ids=[row[2][:40] for row in BAD_IDX])
def test_a_bad_idx_file_is_named_with_what_is_wrong(
    tmp_path: Path, name: str, spoil: Callable[[Path], None], says: str
) -> None:
    write_idx_set(tmp_path)
    spoil(tmp_path / name)
    with pytest.raises(DataError, match=says):
        read_train(tmp_path)


def test_what_is_missing_of_a_large_file_is_told_in_megabytes() -> None:
    assert part_of(3_123_456, 4_422_102) == "3.1 of 4.4 MB"
    assert part_of(4_422_101, 4_422_102) == "4,422,101 of 4,422,102 bytes"


def test_a_label_out_of_range_is_named_with_its_place() -> None:
    with pytest.raises(DataError, match="picture 2 has label 10, and labels go from 0 to 9"):
        check_labels(array("q", [3, 10, 11]), 10, "train-labels")
    check_labels(array("q", [0, 9]), 10, "train-labels")


@pytest.mark.parametrize(
    ("name", "folder", "says"),
    [
        ("mnist", "nowhere", "There is no folder"),
        ("mnist", "", "does not hold MNIST: .* is not there"),
        ("cifar10", "", "does not hold CIFAR-10: data_batch_1"),
        ("folder", "nowhere", "There is no folder"),
        ("imagenet", "", "no data set called 'imagenet'; the names are fashion-mnist-small"),
    ],
)
def test_a_set_that_is_not_there_is_told_with_the_remedy(tmp_path: Path, name: str, folder: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        locate(name, tmp_path / folder)


def test_without_a_folder_class_folders_ask_for_one() -> None:
    with pytest.raises(DataError, match="No folder is chosen"):
        locate("folder")


RECORDS = 3
CIFAR_PIXELS = bytes(range(256)) * (RECORDS * cifar.PICTURE_BYTES // 256)


def test_cifar_batches_are_read_without_building_what_the_pickle_names(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    pixels = numpy.frombuffer(CIFAR_PIXELS, dtype=numpy.uint8).reshape(RECORDS, cifar.PICTURE_BYTES)
    for protocol in (2, 4, 5):
        for array_ in (pixels, numpy.asfortranarray(pixels)):
            path = tmp_path / "data_batch_1"
            path.write_bytes(pickle.dumps({"data": array_, "labels": [1, 0, 9]}, protocol=protocol))
            found = cifar.read_python(path, 10)
            assert bytes(found.pixels) == CIFAR_PIXELS
            assert list(found.labels) == [1, 0, 9]


class Bomb:
    """Unpickled in the usual way, this would run a command."""

    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        import os

        return os.system, (self._command,)


def test_a_pickle_that_names_a_command_is_refused_and_nothing_runs(tmp_path: Path) -> None:
    path, trace = tmp_path / "data_batch_1", tmp_path / "trace"
    path.write_bytes(pickle.dumps({"data": Bomb(f"touch {trace}"), "labels": [0]}))
    with pytest.raises(DataError, match=r"data_batch_1 asks to load .*system, which no CIFAR file does"):
        cifar.read_python(path, 10)
    assert not trace.exists()


BAD_BATCHES = [
    (pickle.dumps([1, 2]), "holds no dictionary"),
    (pickle.dumps({"labels": [1]}), 'no array called "data"'),
    (pickle.dumps({"data": [1], "labels": [1]}), 'no array called "data"'),
    (b"not a pickle at all", "not a CIFAR batch, or it is damaged"),
    (b"", "too early"),
    (pickle.dumps({"data": b"x" * 1000})[:500], "too early|damaged"),
]


@pytest.mark.parametrize(("content", "says"), BAD_BATCHES, ids=[row[1] for row in BAD_BATCHES])
def test_a_bad_cifar_batch_is_told_apart(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "data_batch_1"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says):
        cifar.read_python(path, 10)


@pytest.mark.parametrize(("num_classes", "prefix"), [(10, b""), (100, b"\x07")])
def test_binary_records_give_the_fine_label_and_the_pixels(tmp_path: Path, num_classes: int, prefix: bytes) -> None:
    path = tmp_path / "train.bin"
    size = cifar.PICTURE_BYTES
    rows = (prefix + bytes([label]) + CIFAR_PIXELS[i * size : (i + 1) * size] for i, label in enumerate((4, 0, 9)))
    path.write_bytes(b"".join(rows))
    found = cifar.read_binary(path, num_classes)
    assert list(found.labels) == [4, 0, 9]
    assert bytes(found.pixels) == CIFAR_PIXELS
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="not a whole number of records"):
        cifar.read_binary(path, num_classes)


def test_both_layouts_of_cifar_are_found(tmp_path: Path) -> None:
    for index in range(1, 6):
        (tmp_path / f"data_batch_{index}.bin").touch()
    with pytest.raises(DataError, match=r"incomplete: .* lacks test_batch.bin"):
        locate("cifar10", tmp_path)
    (tmp_path / "test_batch.bin").touch()
    assert locate("cifar10", tmp_path).layout == "cifar-binary"
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    for name in ("train", "test", "meta"):
        (folder / name).touch()
    assert locate("cifar100", tmp_path).paths["names"] == folder / "meta"


def class_folder(root: Path, counts: dict[str, int]) -> Path:
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for index in range(count):
            (root / name / f"{index}.png").touch()
    return root


def test_a_fifth_of_each_class_is_kept_for_testing_where_no_test_folder_is(tmp_path: Path) -> None:
    listed = list_class_folders(locate("folder", class_folder(tmp_path, {"cats": 10, "dogs": 5})))
    assert listed.classes == ("cats", "dogs")
    assert sorted(label for _, label in listed.test) == [0, 0, 1]
    assert len(listed.train) == 12
    assert not {path for path, _ in listed.train} & {path for path, _ in listed.test}
    assert listed == list_class_folders(locate("folder", tmp_path))


def test_train_and_test_folders_are_taken_as_they_are(tmp_path: Path) -> None:
    class_folder(tmp_path / "train", {"a": 2, "b": 2})
    class_folder(tmp_path / "val", {"b": 1})
    listed = list_class_folders(locate("folder", tmp_path))
    assert [label for _, label in listed.test] == [1]
    (tmp_path / "val" / "c").mkdir()
    with pytest.raises(DataError, match=r"has a class c that .* does not have"):
        list_class_folders(locate("folder", tmp_path))


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({}, "has no subfolders"),
        ({"only": 3}, r"one class only \(only\)"),
        ({"a": 2, "empty": 0}, "empty holds no pictures"),
        ({"a": 2, "single": 1}, "single has one picture only"),
    ],
)
def test_class_folders_that_cannot_teach_are_named(tmp_path: Path, counts: dict[str, int], says: str) -> None:
    class_folder(tmp_path, counts)
    with pytest.raises(DataError, match=says):
        list_class_folders(locate("folder", tmp_path))


def test_seven_thumbnails_show_seven_classes() -> None:
    for name in (SMALL_SET, "synthetic"):
        pictures = sample_pictures(name, count=7)
        assert len({picture.label for picture in pictures}) == 7
        info = DATA_SETS[name]
        assert all(len(picture.pixels) == info.channels * info.side**2 for picture in pictures)


def test_class_folders_are_sampled_through_the_decoder_that_is_given(tmp_path: Path) -> None:
    class_folder(tmp_path, {"a": 3, "b": 3})
    one = draw_shapes(1, seed=0).picture(0)
    pictures = sample_pictures("folder", tmp_path, 2, decode=lambda path: one)
    assert [picture.label for picture in pictures] == [0, 1]
    assert sample_pictures("folder", tmp_path, 2) == ()


def test_drawn_shapes_repeat_with_their_seed_and_differ_with_another() -> None:
    first, again, other = draw_shapes(16, seed=5), draw_shapes(16, seed=5), draw_shapes(16, seed=6)
    assert first.pixels == again.pixels
    assert first.pixels != other.pixels
    assert list(first.labels) == list(range(len(SHAPES))) * 2
    assert isinstance(first, PictureSet)
    assert len(first.pixels) == 16 * 3 * 32 * 32
