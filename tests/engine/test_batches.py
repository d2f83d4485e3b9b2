"""Batches: order, augmentation, size, channels and normalisation, as a plain reference computes them."""

from __future__ import annotations

import pytest

from explorer.runs.config import DataConfig

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402
from torch.nn import functional  # noqa: E402

from explorer.arch.spec import InputShape  # noqa: E402
from explorer.engine import batches as batches_module  # noqa: E402
from explorer.engine.batches import Batches, num_batches  # noqa: E402
from explorer.engine.data import DataSet, statistics  # noqa: E402

CPU = torch.device("cpu")
PLAIN = DataConfig("synthetic")


def data_of(images: Tensor) -> DataSet:
    labels = torch.arange(len(images))
    mean, deviation = statistics(images)
    return DataSet("synthetic", "Pictures", (), len(images), images, labels, images, labels, mean, deviation, "")


def random_images(count: int = 11, channels: int = 3, side: int = 8) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    images: Tensor = torch.randint(0, 256, (count, channels, side, side), generator=generator, dtype=torch.uint8)
    return images


def make(images: Tensor, shape: InputShape) -> Batches:
    data = data_of(images)
    return Batches(data.train_images, data.train_labels, data, shape, CPU)


def test_pictures_come_normalised_to_mean_0_and_deviation_1() -> None:
    found = torch.cat([x.clone() for x, _ in make(random_images(), InputShape(3, 8, 8)).in_order(4)])
    images = random_images().double()
    expected = (images - images.mean((0, 2, 3), keepdim=True)) / images.std((0, 2, 3), keepdim=True, correction=0)
    assert torch.allclose(found.double(), expected, atol=1e-5)
    assert found.mean().abs() < 1e-5


def test_batches_are_channels_last() -> None:
    x, _ = next(make(random_images(), InputShape(3, 8, 8)).in_order(4))
    assert x.is_contiguous(memory_format=torch.channels_last)


def test_an_epoch_serves_each_picture_once_in_an_order_of_its_own() -> None:
    batches = make(random_images(), InputShape(3, 8, 8))
    orders = [
        torch.cat([labels for _, labels in batches.shuffled(4, PLAIN, seed=seed, epoch=epoch)]).tolist()
        for seed, epoch in ((1, 0), (1, 1), (2, 0), (1, 0))
    ]
    assert all(sorted(order) == list(range(11)) for order in orders)
    assert orders[0] == orders[3]
    assert len({tuple(order) for order in orders}) == 3


def test_an_epoch_taken_up_in_the_middle_goes_on_with_the_very_same_batches() -> None:
    batches = make(random_images(), InputShape(3, 8, 8))
    config = DataConfig("synthetic", flip=True, crop_padding=2)
    whole = [(x.clone(), y) for x, y in batches.shuffled(4, config, seed=3, epoch=5)]
    rest = [(x.clone(), y) for x, y in batches.shuffled(4, config, seed=3, epoch=5, start=1)]
    assert len(rest) == len(whole) - 1
    assert all(torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b in zip(whole[1:], rest, strict=True))


def test_a_last_batch_of_one_picture_is_left_out_and_one_of_two_is_not() -> None:
    assert [num_batches(count, 4) for count in (8, 9, 10, 1)] == [2, 2, 3, 1]
    assert num_batches(5, 1) == 5
    batches = make(random_images(9), InputShape(3, 8, 8))
    assert [len(y) for _, y in batches.shuffled(4, PLAIN, seed=0, epoch=0)] == [4, 4]


def test_one_channel_is_repeated_for_a_network_that_takes_three() -> None:
    x, _ = next(make(random_images(channels=1), InputShape(3, 8, 8)).in_order(4))
    assert x.shape == (4, 3, 8, 8)
    assert torch.equal(x[:, 0], x[:, 1])
    assert torch.equal(x[:, 0], x[:, 2])


@pytest.mark.parametrize("once", [True, False])
def test_pictures_are_stretched_as_torch_stretches_them_whether_once_or_batch_by_batch(
    monkeypatch: pytest.MonkeyPatch, once: bool
) -> None:
    monkeypatch.setattr(batches_module, "RESIZE_ONCE_BYTES", 1 << 30 if once else 0)
    images = random_images()
    data = data_of(images)
    x, _ = next(make(images, InputShape(3, 12, 6)).in_order(11))
    resized = functional.interpolate(images.float(), (12, 6), mode="bilinear", antialias=True)
    mean, scale = (torch.tensor(values).view(1, 3, 1, 1) for values in (data.mean, data.deviation))
    # Kept as bytes, a value is rounded: half a step of 256 at most.
    assert (x * scale + mean - resized).abs().max() <= (0.501 if once else 1e-3)


def test_flips_mirror_about_half_of_the_pictures_and_change_nothing_else() -> None:
    images = random_images(200)
    batches = make(images, InputShape(3, 8, 8))
    x, labels = next(batches.shuffled(200, DataConfig("synthetic", flip=True), seed=0, epoch=0))
    plain, _ = next(make(images, InputShape(3, 8, 8)).in_order(200))
    plain = plain[labels]
    mirrored = (x == plain.flip(3)).all(dim=(1, 2, 3))
    same = (x == plain).all(dim=(1, 2, 3))
    assert bool((mirrored | same).all())
    assert 60 < int(mirrored.sum()) < 140


def test_crops_move_a_picture_and_fill_with_black() -> None:
    images = random_images(64)
    data = data_of(images)
    batches = Batches(images, data.train_labels, data, InputShape(3, 8, 8), CPU)
    x, labels = next(batches.shuffled(64, DataConfig("synthetic", crop_padding=2), seed=1, epoch=0))
    mean, scale = (torch.tensor(values).view(1, 3, 1, 1) for values in (data.mean, data.deviation))
    moved = (x * scale + mean).round().to(torch.uint8)
    padded = functional.pad(images, (2, 2, 2, 2))
    shifts = set()
    for picture, label in zip(moved, labels, strict=True):
        places = [
            (r, c) for r in range(5) for c in range(5) if torch.equal(padded[label, :, r : r + 8, c : c + 8], picture)
        ]
        assert len(places) == 1
        shifts.update(places)
    assert len(shifts) > 15
