"""VGG networks: the paper's configurations, d2l's, and small ones.

The paper's configurations flatten the last map as the paper, Keras and d2l do (`head.pool` is "none"), so a change of
the input is seen in the head. torchvision averages to 7×7 first; at 224 × 224 that changes nothing, and as that pool
has no weights, torchvision's state dicts load into these networks. For its behaviour at other sizes, set the head's
pool to "adaptive".

The `-bn` variants put batch norm after every convolution. A-LRN normalises once, after its first convolution; in
`vgg11-lrn-bn` that convolution keeps its local response normalisation and all others get batch norm.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from explorer.arch.blocks.vgg import Norm, VGGBlock
from explorer.arch.presets.preset import D2L, SMALL, STARTER, VGG_PAPER, Preset
from explorer.arch.spec import Head, InputShape, NetworkSpec, scale_width

_WIDTHS = (64, 128, 256, 512, 512)
_IMAGENET = InputShape(3, 224, 224)
_FASHION_224 = InputShape(1, 224, 224)
_FASHION_32 = InputShape(1, 32, 32)


class _Configuration(NamedTuple):
    """A column of Table 1 of Simonyan & Zisserman 2015."""

    name: str
    title: str
    letter: str
    num_convs: tuple[int, ...]
    last_is_1x1: bool = False  # the last convolution of blocks 3 to 5
    lrn: bool = False  # after the first convolution


_CONFIGURATIONS = (
    _Configuration("vgg11", "VGG-11", "A", (1, 1, 2, 2, 2)),
    _Configuration("vgg11-lrn", "VGG-11 with LRN", "A-LRN", (1, 1, 2, 2, 2), lrn=True),
    _Configuration("vgg13", "VGG-13", "B", (2, 2, 2, 2, 2)),
    _Configuration("vgg16-c", "VGG-16 with 1×1", "C", (2, 2, 3, 3, 3), last_is_1x1=True),
    _Configuration("vgg16", "VGG-16", "D", (2, 2, 3, 3, 3)),
    _Configuration("vgg19", "VGG-19", "E", (2, 2, 4, 4, 4)),
)


def _blocks(configuration: _Configuration, norm: Norm) -> tuple[VGGBlock, ...]:
    blocks = []
    for index, (num_convs, width) in enumerate(zip(configuration.num_convs, _WIDTHS, strict=True)):
        kernels = (3,) * (num_convs - 1) + (1,) if configuration.last_is_1x1 and num_convs > 2 else ()
        own: Norm = "lrn" if configuration.lrn and index == 0 else norm
        blocks.append(VGGBlock(num_convs, width, kernels=kernels, norm=own))
    return tuple(blocks)


def paper_presets() -> list[Preset]:
    """Table 1 of the paper, each configuration plain and with batch norm."""
    found = []
    for configuration in _CONFIGURATIONS:
        source = f"configuration {configuration.letter} of the VGG paper"
        spec = NetworkSpec(_IMAGENET, _blocks(configuration, "none"), name=configuration.name)
        found.append(Preset(configuration.name, configuration.title, f"Preset · {source}", VGG_PAPER, spec))
    for plain, configuration in zip(tuple(found), _CONFIGURATIONS, strict=True):
        name = f"{plain.name}-bn"
        spec = replace(plain.spec, blocks=_blocks(configuration, "batch"), name=name)
        found.append(Preset(name, f"{plain.title}, batch norm", f"{plain.source}, batch norm", VGG_PAPER, spec))
    return found


def d2l_presets() -> list[Preset]:
    """d2l's VGG-11, whole and made narrow by a ratio."""
    full = NetworkSpec(_FASHION_224, _blocks(_CONFIGURATIONS[0], "none"), num_classes=10, name="d2l-vgg11")
    small = replace(scale_width(full, 4), name="d2l-vgg11-small")
    tiny = scale_width(full, 8)
    tiny = replace(tiny, head=replace(tiny.head, hidden=(512, 512)), name="d2l-vgg11-tiny")
    return [
        Preset(full.name, "d2l VGG-11", "Preset · VGG-11 of d2l, for Fashion-MNIST at 224 × 224", D2L, full),
        Preset(small.name, "d2l VGG-11 ÷ 4", "Preset · VGG-11 of d2l, ratio 4: what its text trains", D2L, small),
        Preset(tiny.name, "d2l VGG-11 ÷ 8", "Preset · VGG-11 of d2l, ratio 8, hidden layers of 512", D2L, tiny),
    ]


def small_presets() -> list[Preset]:
    """Networks for 32 × 32 pictures: one chosen by experiment, and d2l's VGG-11 at ratio 8, whose pools just fit.

    The first has its width where it pays: on Fashion-MNIST five epochs bring it to 92.6 %, the other to 91.7 %.
    """
    starter = NetworkSpec(
        _FASHION_32,
        tuple(VGGBlock(num_convs, width, norm="batch") for num_convs, width in ((1, 16), (1, 32), (2, 64), (2, 64))),
        head=Head(hidden=(), dropout=0.0, pool="global_average"),
        num_classes=10,
        name=STARTER,
    )
    arch = ((1, 8), (1, 16), (2, 32), (2, 64), (2, 64))
    plain = NetworkSpec(
        _FASHION_32,
        tuple(VGGBlock(num_convs, width) for num_convs, width in arch),
        head=Head(hidden=(512, 512)),
        num_classes=10,
        name="vgg11-tiny-32",
    )
    normed = replace(
        plain,
        blocks=tuple(replace(block, norm="batch") for block in plain.blocks),
        head=replace(plain.head, dropout=0.1),
        name="vgg11-tiny-32-bn",
    )
    source = "Preset · VGG-11 ÷ 8 for 32 × 32 pictures"
    starter_source = "Preset · VGG-7 for 32 × 32 pictures, with batch norm"
    return [
        Preset(starter.name, "Small VGG-7, batch norm", starter_source, SMALL, starter),
        Preset(normed.name, "Tiny VGG-11, batch norm", f"{source}, with batch norm", SMALL, normed),
        Preset(plain.name, "Tiny VGG-11", f"{source}, trains in seconds", SMALL, plain),
    ]
