"""Rescaled pictures and the pieces cut out of them: the training side S and the test side Q."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.arch.spec import InputShape
from explorer.errors import ConfigError
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.sides import check_sides, scaled_size, smallest_side

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402
from torch.nn import functional  # noqa: E402

from explorer.engine.batches import Batches  # noqa: E402
from explorer.engine.data import DataSet  # noqa: E402
from explorer.engine.rescale import cut, middle, middle_at_side, rescaled  # noqa: E402

SHAPE = InputShape(1, 12, 12)


def data(count: int = 40, height: int = 14, width: int = 14) -> DataSet:
    images = torch.randint(0, 256, (count, 1, height, width), dtype=torch.uint8, generator=torch.manual_seed(3))
    labels = torch.arange(count) % 2
    return DataSet("made", "Made", (), 2, images, labels, images, labels, (127.0,), (64.0,), "")


@settings(max_examples=30, deadline=None)
@given(
    source=st.tuples(st.integers(5, 20), st.integers(5, 20)),
    scaled=st.tuples(st.integers(6, 30), st.integers(6, 30)),
    seed=st.integers(0, 99),
)
def test_a_cut_piece_is_that_of_the_stretched_picture(
    source: tuple[int, int], scaled: tuple[int, int], seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand((2, 3, *source), generator=generator) * 255
    size = (6, 6)
    corners = torch.stack([torch.randint(side - 5, (2,), generator=generator) for side in scaled], 1)
    pieces = cut(images, torch.tensor([scaled, scaled]), corners, size)
    whole = functional.interpolate(images, scaled, mode="bilinear", align_corners=False, antialias=True)
    for piece, picture, (top, left) in zip(pieces, whole, corners.tolist(), strict=True):
        torch.testing.assert_close(piece, picture[:, top : top + 6, left : left + 6], atol=2e-3, rtol=0)


def test_a_picture_keeps_its_proportions_and_its_shorter_side_becomes_the_side() -> None:
    assert scaled_size((30, 20), 40) == (60, 40)
    assert scaled_size((20, 30), 40) == (40, 60)
    assert scaled_size((28, 28), 36) == (36, 36)


@given(
    picture=st.tuples(st.integers(1, 80), st.integers(1, 80)), shape=st.tuples(st.integers(1, 64), st.integers(1, 64))
)
def test_the_smallest_side_fits_the_input_and_one_less_does_not(
    picture: tuple[int, int], shape: tuple[int, int]
) -> None:
    side = smallest_side(picture, InputShape(1, *shape))
    assert all(have >= want for have, want in zip(scaled_size(picture, side), shape, strict=True))
    if side > 1:
        assert any(have < want for have, want in zip(scaled_size(picture, side - 1), shape, strict=True))


def test_the_drawn_sides_cover_the_range_and_pieces_differ_between_epochs_only() -> None:
    batches = Batches(data().train_images, data().train_labels, data(), SHAPE, torch.device("cpu"), train_side=(12, 18))

    def epoch(number: int) -> list[Tensor]:
        return [images.clone() for images, _ in batches.shuffled(8, DataConfig(), seed=1, epoch=number)]

    first, again, second = epoch(0), epoch(0), epoch(1)
    assert all(images.shape == (8, 1, 12, 12) for images in first)
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not any(torch.equal(one, two) for one, two in zip(first, second, strict=True))
    scaled, _ = batches._pieces(torch.Generator().manual_seed(0))
    assert scaled is not None
    assert set(scaled[:, 0].tolist()) == set(range(12, 19))


def test_batches_from_the_middle_of_an_epoch_are_those_that_a_whole_epoch_has() -> None:
    batches = Batches(data().train_images, data().train_labels, data(), SHAPE, torch.device("cpu"), train_side=(12, 18))
    whole = [images.clone() for images, _ in batches.shuffled(8, DataConfig(flip=True), seed=1, epoch=2)]
    rest = [images.clone() for images, _ in batches.shuffled(8, DataConfig(flip=True), seed=1, epoch=2, start=3)]
    assert all(torch.equal(one, two) for one, two in zip(whole[3:], rest, strict=True))


def test_without_sides_the_order_flips_and_shifts_of_an_epoch_are_as_ever() -> None:
    plain = Batches(data().train_images, data().train_labels, data(), SHAPE, torch.device("cpu"))
    sided = Batches(data().train_images, data().train_labels, data(), SHAPE, torch.device("cpu"), train_side=(12, 18))
    config = DataConfig(flip=True, crop_padding=2)
    orders = [[labels for _, labels in batches.shuffled(8, config, seed=1, epoch=2)] for batches in (plain, sided)]
    assert all(torch.equal(one, two) for one, two in zip(*orders, strict=True))


def test_a_test_picture_is_the_middle_of_the_picture_at_the_test_side() -> None:
    images = data().test_images
    expected = middle(rescaled(images, (16, 16)), (12, 12))
    assert torch.equal(middle_at_side(images, 16, (12, 12)), expected)
    batches = Batches(images, data().test_labels, data(), SHAPE, torch.device("cpu"), test_side=16)
    served = torch.cat([batch.clone() for batch, _ in batches.in_order(16)])
    torch.testing.assert_close(served, (expected.float() - 127) / 64)


def test_the_evaluation_side_is_the_fixed_side_or_the_middle_of_the_range() -> None:
    assert TrainConfig(train_side=(36, 48)).evaluation_side == 42
    assert TrainConfig(train_side=(36, 36)).evaluation_side == 36
    assert TrainConfig(train_side=(36, 48), test_side=40).evaluation_side == 40
    assert TrainConfig().evaluation_side is None


@pytest.mark.parametrize(
    ("sides", "path"), [({"train_side": (20, 40)}, "train_side"), ({"test_side": 30}, "test_side")]
)
def test_a_side_too_small_for_the_input_is_refused_with_the_smallest_that_fits(
    sides: dict[str, object], path: str
) -> None:
    with pytest.raises(ConfigError, match="at least 32") as caught:
        check_sides(TrainConfig(**sides), InputShape(1, 32, 32), (28, 28))  # type: ignore[arg-type]
    assert caught.value.path == path
