"""Batches made on the training device: gather bytes, augment, bring to the network's input, normalise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.arch.spec import InputShape
from explorer.engine.data import DataSet
from explorer.engine.rescale import cut, middle_at_side, rescaled, resized
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.sides import check_sides, scaled_size

RESIZE_ONCE_BYTES = 1 << 30
"""Resized pictures are kept when all of them fit into this; larger ones are resized batch by batch."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What an epoch does to each picture, drawn before it begins: mirrored (N), moved by rows and columns (N × 2).

    With a training side, also each picture's size after rescaling and the corner of the piece cut out (both N × 2).
    """

    flips: Tensor | None
    shifts: Tensor | None
    scaled: Tensor | None = None
    corners: Tensor | None = None


class Batches:
    """One part of a data set on the training device, served in batches of float32, N × C × H × W, channels last.

    Pictures are stretched to the input's size (bilinear, anti-aliased when shrinking), once where that fits memory,
    else in each batch. The batch tensor is reused: it is the next batch's after the next step.

    With a `train_side` (S_min, S_max) shuffled pictures are rescaled to a side drawn from it, and a piece is cut out at
    a place that is drawn; with a `test_side` the middle is cut out of pictures rescaled to that.
    """

    def __init__(
        self,
        images_NCHW: Tensor,
        labels_N: Tensor,
        data: DataSet,
        shape: InputShape,
        device: torch.device,
        *,
        train_side: tuple[int, int] | None = None,
        test_side: int | None = None,
    ) -> None:
        self._size = (shape.height, shape.width)
        self._channels = shape.channels
        self._device = device
        self._train_side, self._test_side = train_side, test_side
        self._is_sized = False
        self._images_NCHW = self._sized_once(images_NCHW).to(device)
        self._labels_N = labels_N.to(device)
        view = (1, len(data.mean), 1, 1)
        self._mean = torch.tensor(data.mean, dtype=torch.float32, device=device).view(view)
        self._scale = torch.tensor([1 / d for d in data.deviation], dtype=torch.float32, device=device).view(view)
        self._buffer: Tensor | None = None

    def __len__(self) -> int:
        return len(self._labels_N)

    def in_order(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Every picture once, in the order of the files, with its label."""
        for start in range(0, len(self), batch_size):
            part = slice(start, start + batch_size)
            yield self._prepared(self._sized(self._images_NCHW[part])), self._labels_N[part]

    def shuffled(
        self, batch_size: int, config: DataConfig, *, seed: int, epoch: int, start: int = 0
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of `epoch` from the `start`-th on (from 0): the order depends on `seed` and `epoch` alone.

        A last batch of a single picture is left out: batch norm cannot use it, and the next epoch shuffles anew.
        """
        generator = torch.Generator().manual_seed(_mixed(seed, epoch))
        order_N = torch.randperm(len(self), generator=generator)
        augmentation = self._drawn(config, generator)
        order_N = order_N.to(self._device)
        for step in range(start, num_batches(len(self), batch_size)):
            index_N = order_N[step * batch_size : (step + 1) * batch_size]
            images_NCHW = self._images_NCHW.index_select(0, index_N)
            part = slice(step * batch_size, (step + 1) * batch_size)
            images_NCHW = self._placed(_augmented(images_NCHW, augmentation, part), augmentation, part)
            yield self._prepared(images_NCHW), self._labels_N.index_select(0, index_N)

    def _drawn(self, config: DataConfig, generator: torch.Generator) -> Augmentation:
        flips = torch.rand(len(self), generator=generator) < 0.5 if config.flip else None
        high = 2 * config.crop_padding + 1
        shifts = torch.randint(high, (len(self), 2), generator=generator) if config.crop_padding else None
        padding = config.crop_padding
        scaled, corners = self._pieces(generator)
        return Augmentation(
            None if flips is None else flips.to(self._device),
            None if shifts is None else (shifts - padding).to(self._device),
            scaled,
            corners,
        )

    def _pieces(self, generator: torch.Generator) -> tuple[Tensor | None, Tensor | None]:
        """The size of each rescaled picture and the corner of the piece cut out of it, drawn evenly."""
        if self._train_side is None:
            return None, None
        low, high = self._train_side
        height, width = self._images_NCHW.shape[2:]
        size_of = torch.tensor([scaled_size((height, width), side) for side in range(low, high + 1)])
        scaled_N2 = size_of[torch.randint(high - low + 1, (len(self),), generator=generator)]
        room_N2 = scaled_N2 - torch.tensor(self._size) + 1
        corners_N2 = (torch.rand((len(self), 2), generator=generator) * room_N2).long()
        return scaled_N2.to(self._device), corners_N2.to(self._device)

    def _placed(self, images_NCHW: Tensor, augmentation: Augmentation, part: slice) -> Tensor:
        """The piece of each picture that was drawn, where pieces are drawn; else the picture at the input's size."""
        if augmentation.scaled is None or augmentation.corners is None:
            return self._sized(images_NCHW)
        return cut(images_NCHW.float(), augmentation.scaled[part], augmentation.corners[part], self._size)

    def _sized(self, images_NCHW: Tensor) -> Tensor:
        """Pictures at the network's size: stretched, or the middle at the test side."""
        if self._is_sized:
            return images_NCHW
        if self._test_side is not None:
            return middle_at_side(images_NCHW, self._test_side, self._size)
        return resized(images_NCHW.float(), self._size) if images_NCHW.shape[2:] != self._size else images_NCHW

    def _sized_once(self, images_NCHW: Tensor) -> Tensor:
        count, channels = images_NCHW.shape[:2]
        if self._train_side is not None or count * channels * self._size[0] * self._size[1] > RESIZE_ONCE_BYTES:
            return images_NCHW
        self._is_sized = True
        if self._test_side is not None:
            return middle_at_side(images_NCHW, self._test_side, self._size)
        return rescaled(images_NCHW, self._size)

    def _prepared(self, images_NCHW: Tensor) -> Tensor:
        """Pictures of the network's size as it takes them: its channels, mean 0 and deviation 1."""
        shape = (len(images_NCHW), self._channels, *self._size)
        if self._buffer is None or self._buffer.shape != shape:
            self._buffer = torch.empty(shape, device=self._device, memory_format=torch.channels_last)
        if images_NCHW.shape[1] == self._channels:
            torch.sub(images_NCHW, self._mean, out=self._buffer)
            return self._buffer.mul_(self._scale)
        return self._buffer.copy_((images_NCHW - self._mean).mul_(self._scale).expand(shape))


def training_batches(
    data: DataSet, shape: InputShape, config: TrainConfig, device: torch.device
) -> tuple[Batches, Batches]:
    """The pictures to learn from and those to test on, at the sides that `config` asks for.

    Raises ConfigError where the input cannot be cut out of the pictures at these sides.
    """
    check_sides(config, shape, data.picture_size)
    train = Batches(data.train_images, data.train_labels, data, shape, device, train_side=config.train_side)
    test = Batches(data.test_images, data.test_labels, data, shape, device, test_side=config.evaluation_side)
    return train, test


def num_batches(num_pictures: int, batch_size: int) -> int:
    """Batches in an epoch: all pictures, but no last batch of a single one unless every batch is."""
    whole, rest = divmod(num_pictures, batch_size)
    return whole + (rest > 1 or whole == 0)


def _augmented(images_NCHW: Tensor, augmentation: Augmentation, part: slice) -> Tensor:
    if augmentation.flips is not None:
        flips = augmentation.flips[part].view(-1, 1, 1, 1)
        images_NCHW = torch.where(flips, images_NCHW.flip(3), images_NCHW)
    if augmentation.shifts is not None:
        images_NCHW = _shifted(images_NCHW, augmentation.shifts[part])
    return images_NCHW


def _shifted(images_NCHW: Tensor, shifts_N2: Tensor) -> Tensor:
    """Each picture moved by its shift; what comes in from outside is black (0)."""
    count, _, height, width = images_NCHW.shape
    rows_NH = torch.arange(height, device=images_NCHW.device) + shifts_N2[:, :1]
    columns_NW = torch.arange(width, device=images_NCHW.device) + shifts_N2[:, 1:]
    inside = ((rows_NH >= 0) & (rows_NH < height))[:, None, :, None] & ((columns_NW >= 0) & (columns_NW < width))[
        :, None, None, :
    ]
    numbers = torch.arange(count, device=images_NCHW.device)[:, None, None]
    moved = images_NCHW.permute(0, 2, 3, 1)[
        numbers, rows_NH.clamp(0, height - 1)[:, :, None], columns_NW.clamp(0, width - 1)[:, None, :]
    ]
    return moved.permute(0, 3, 1, 2) * inside


def _mixed(seed: int, epoch: int) -> int:
    """One seed from two numbers; neighbouring runs and epochs share no order."""
    return (seed * 0x9E3779B97F4A7C15 + epoch * 0xD1B54A32D192ED03) % (1 << 63)
