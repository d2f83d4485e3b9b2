"""Rescaled pictures, and pieces cut out of them: the paper's training side S and test side Q.

Source: Simonyan & Zisserman 2015, sections 3.1 and 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from explorer.runs.sides import Size, scaled_size

_PART_VALUES = 1 << 26
"""So many float values are rescaled together."""


def resized(images_NCHW: Tensor, size: Size) -> Tensor:
    """Float pictures stretched to `size`, bilinear, smoothed where they shrink."""
    return functional.interpolate(images_NCHW, size, mode="bilinear", align_corners=False, antialias=True)


def rescaled(images_NCHW: Tensor, size: Size) -> Tensor:
    """Pictures stretched to `size` as bytes again; themselves where they have it."""
    if images_NCHW.shape[2:] == size:
        return images_NCHW
    count, channels = images_NCHW.shape[:2]
    target = torch.empty((count, channels, *size), dtype=torch.uint8, device=images_NCHW.device)
    for part in _parts(count, channels * size[0] * size[1]):
        target[part] = resized(images_NCHW[part].float(), size).round_().clamp_(0, 255)
    return target


def middle(images_NCHW: Tensor, size: Size) -> Tensor:
    """The middle of each picture, of `size`; an odd rest is left out below and on the right."""
    top, left = ((have - want) // 2 for have, want in zip(images_NCHW.shape[2:], size, strict=True))
    return images_NCHW[:, :, top : top + size[0], left : left + size[1]]


def middle_at_side(images_NCHW: Tensor, side: int, size: Size) -> Tensor:
    """The middle, of `size`, of each picture rescaled to the test side `side`; bytes."""
    height, width = images_NCHW.shape[2:]
    scaled = scaled_size((height, width), side)
    count, channels = images_NCHW.shape[:2]
    if scaled == (height, width):
        return middle(images_NCHW, size).contiguous()
    target = torch.empty((count, channels, *size), dtype=torch.uint8, device=images_NCHW.device)
    for part in _parts(count, channels * scaled[0] * scaled[1]):
        target[part] = middle(rescaled(images_NCHW[part], scaled), size)
    return target


def cut(images_NCHW: Tensor, scaled_N2: Tensor, corners_N2: Tensor, size: Size) -> Tensor:
    """A piece of `size` of each float picture, as if it were first stretched to its own `scaled` size.

    `corners` are the (row, column) of each piece's first pixel in its stretched picture. Both steps are linear, so they
    are one pair of small matrices for each picture: pictures of different sizes are served in one go, and the result is
    that of `resized` (smoothed where a picture shrinks), whatever the device.
    """
    rows_NOH = _weights(images_NCHW.shape[2], scaled_N2[:, 0], corners_N2[:, 0], size[0])
    columns_NOW = _weights(images_NCHW.shape[3], scaled_N2[:, 1], corners_N2[:, 1], size[1])
    return rows_NOH[:, None] @ images_NCHW @ columns_NOW.transpose(1, 2)[:, None]


def _weights(length: int, scaled_N: Tensor, corner_N: Tensor, out: int) -> Tensor:
    """For each picture, how much of each of `length` source pixels is in each of `out` pixels from `corner` on.

    A triangle around the pixel's place in the source, as wide as the picture shrinks; at least one pixel each side.
    """
    device = scaled_N.device
    ratio_N11 = (length / scaled_N.float())[:, None, None]
    place_N = corner_N[:, None].float() + torch.arange(out, device=device) + 0.5
    centre_NO1 = place_N[:, :, None] * ratio_N11
    source = torch.arange(length, device=device) + 0.5
    weights_NOL = (1 - (source - centre_NO1).abs() / ratio_N11.clamp_min(1)).clamp_min_(0)
    return weights_NOL / weights_NOL.sum(2, keepdim=True)


def _parts(count: int, values: int) -> Iterator[slice]:
    step = max(1, _PART_VALUES // max(values, 1))
    return (slice(start, start + step) for start in range(0, count, step))
