"""What stands beside VGG in the courses: LeNet, AlexNet, ZFNet, GoogLeNet and ResNet.

Where torchvision has the network, layout and weight names are torchvision's, so that its state dicts load: AlexNet is
its one column (its adaptive 6×6 pool changes nothing at 224 × 224 and is left out), GoogLeNet is the main branch with
batch norm, whose "5×5" path is a 3×3. `googlenet-paper` is the paper's graph: 5×5 paths, no batch norm; its local
response normalisation and auxiliary heads are left out, which changes neither field nor the main branch's parameters.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from explorer.arch.blocks import Block, ConvBlock, InceptionBlock, Pool, ResidualStage
from explorer.arch.presets.preset import CLASSICS, D2L, Preset
from explorer.arch.spec import Head, InputShape, NetworkSpec

_IMAGENET = InputShape(3, 224, 224)
_OVERLAPPING = Pool("max", 3, 2)
_ROUNDED_UP = Pool("max", 3, 2, ceil_mode=True)
_PADDED = Pool("max", 3, 2, padding=1)
_AVERAGED = Head(hidden=(), dropout=0.0, pool="global_average")

_INCEPTIONS: tuple[tuple[tuple[int, tuple[int, int], tuple[int, int], int], ...], ...] = (
    ((64, (96, 128), (16, 32), 32), (128, (128, 192), (32, 96), 64)),
    (
        (192, (96, 208), (16, 48), 64),
        (160, (112, 224), (24, 64), 64),
        (128, (128, 256), (24, 64), 64),
        (112, (144, 288), (32, 64), 64),
        (256, (160, 320), (32, 128), 128),
    ),
    ((256, (160, 320), (32, 128), 128), (384, (192, 384), (48, 128), 128)),
)
"""Stages 3, 4 and 5. Source: Szegedy et al. 2015, table 1."""


def classic_presets() -> list[Preset]:
    """The networks as torchvision or their papers have them, for ImageNet."""
    return [
        _preset("alexnet", "AlexNet", "AlexNet in one column, as torchvision has it", _alexnet()),
        _preset("zfnet", "ZFNet", "ZFNet in one column, its first kernel 7 × 7", _zfnet()),
        _preset("googlenet", "GoogLeNet", "GoogLeNet with batch norm, as torchvision has it", _googlenet()),
        _preset(
            "googlenet-paper",
            "GoogLeNet of the paper",
            "GoogLeNet with 5 × 5 paths, without batch norm",
            _googlenet_paper(),
        ),
        _preset("resnet18", "ResNet-18", "ResNet with 18 layers, as torchvision has it", _resnet((2, 2, 2, 2))),
        _preset("resnet34", "ResNet-34", "ResNet with 34 layers, as torchvision has it", _resnet((3, 4, 6, 3))),
        _preset(
            "resnet50",
            "ResNet-50",
            "ResNet with bottlenecks, as torchvision has it",
            _resnet((3, 4, 6, 3), unit="bottleneck"),
        ),
    ]


def d2l_classics() -> list[Preset]:
    """The networks as d2l has them, for Fashion-MNIST."""
    googlenet = _googlenet_d2l()
    large = replace(googlenet, input=InputShape(1, 224, 224))
    return [
        _preset("lenet5", "LeNet-5", "LeNet of d2l, for Fashion-MNIST at 28 × 28", _lenet(), D2L),
        _preset("alexnet-d2l", "d2l AlexNet", "AlexNet of d2l, for Fashion-MNIST at 224 × 224", _alexnet_d2l(), D2L),
        _preset("googlenet-d2l", "d2l GoogLeNet", "GoogLeNet of d2l, for Fashion-MNIST at 96 × 96", googlenet, D2L),
        _preset("googlenet-d2l-224", "d2l GoogLeNet, 224", "GoogLeNet of d2l at 224 × 224", large, D2L),
        _preset("resnet18-d2l", "d2l ResNet-18", "ResNet-18 of d2l, for Fashion-MNIST at 96 × 96", _resnet_d2l(), D2L),
    ]


def _preset(name: str, title: str, source: str, spec: NetworkSpec, group: str = CLASSICS) -> Preset:
    return Preset(name, title, f"Preset · {source}", group, replace(spec, name=name))


def _lenet() -> NetworkSpec:
    """Source: LeCun et al. 1998 in d2l's form: chapter "Convolutional Neural Networks (LeNet)"."""
    pool = Pool("average")
    blocks = (
        ConvBlock(6, 5, padding=2, activation="sigmoid", pool=pool),
        ConvBlock(16, 5, padding=0, activation="sigmoid", pool=pool),
    )
    head = Head(hidden=(120, 84), dropout=0.0, activation="sigmoid")
    return NetworkSpec(InputShape(1, 28, 28), blocks, head=head, num_classes=10)


def _five_convs(first: ConvBlock, second: ConvBlock, widths: tuple[int, int, int]) -> tuple[Block, ...]:
    """AlexNet's row: two wide convolutions, three of 3×3, a pool after the first, second and last."""
    third, fourth, fifth = widths
    return first, second, ConvBlock(third, 3), ConvBlock(fourth, 3), ConvBlock(fifth, 3, pool=_OVERLAPPING)


def _alexnet() -> NetworkSpec:
    """Source: Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks"."""
    first = ConvBlock(64, 11, 4, padding=2, pool=_OVERLAPPING)
    blocks = _five_convs(first, ConvBlock(192, 5, pool=_OVERLAPPING), (384, 256, 256))
    return NetworkSpec(_IMAGENET, blocks, head=Head(dropout_first=True))


def _alexnet_d2l() -> NetworkSpec:
    """Source: d2l, chapter "Deep Convolutional Neural Networks (AlexNet)"."""
    first = ConvBlock(96, 11, 4, padding=1, pool=_OVERLAPPING)
    blocks = _five_convs(first, ConvBlock(256, 5, pool=_OVERLAPPING), (384, 384, 256))
    return NetworkSpec(InputShape(1, 224, 224), blocks, num_classes=10)


def _zfnet() -> NetworkSpec:
    """Source: Zeiler & Fergus 2014, figure 3."""
    first = ConvBlock(96, 7, 2, padding=1, pool=_ROUNDED_UP)
    second = ConvBlock(256, 5, 2, padding=0, pool=_ROUNDED_UP)
    return NetworkSpec(_IMAGENET, _five_convs(first, second, (384, 384, 256)))


def _inception_stages(pools: tuple[Pool, Pool], **settings: Any) -> tuple[Block, ...]:
    """Nine Inception blocks in three stages, with a pool after the first two."""
    blocks: list[Block] = []
    for stage, pool in zip(_INCEPTIONS, (*pools, None), strict=True):
        blocks += [InceptionBlock.of_four(*widths, **settings) for widths in stage]
        if pool is not None:
            blocks[-1] = blocks[-1].with_pool(pool)
    return tuple(blocks)


def _googlenet() -> NetworkSpec:
    """Source: torchvision.models.googlenet without auxiliary heads."""
    normed: dict[str, Any] = {"bias": False, "norm": "batch", "norm_eps": 1e-3}
    stem = (
        ConvBlock(64, 7, 2, padding=3, pool=_ROUNDED_UP, **normed),
        ConvBlock(64, 1, **normed),
        ConvBlock(192, 3, pool=_ROUNDED_UP, **normed),
    )
    last_pool = Pool("max", 2, 2, ceil_mode=True)
    blocks = (*stem, *_inception_stages((_ROUNDED_UP, last_pool), five_kernel=3, **normed))
    return NetworkSpec(_IMAGENET, blocks, head=replace(_AVERAGED, dropout=0.2, dropout_first=True))


def _plain_googlenet(pool: Pool) -> tuple[Block, ...]:
    stem = (ConvBlock(64, 7, 2, padding=3, pool=pool), ConvBlock(64, 1), ConvBlock(192, 3, pool=pool))
    return *stem, *_inception_stages((pool, pool))


def _googlenet_paper() -> NetworkSpec:
    """Source: Szegedy et al. 2015, table 1 and figure 3."""
    head = replace(_AVERAGED, dropout=0.4, dropout_first=True)
    return NetworkSpec(_IMAGENET, _plain_googlenet(_ROUNDED_UP), head=head)


def _googlenet_d2l() -> NetworkSpec:
    """Source: d2l, chapter "Multi-Branch Networks (GoogLeNet)"."""
    return NetworkSpec(InputShape(1, 96, 96), _plain_googlenet(_PADDED), head=_AVERAGED, num_classes=10)


def _stages(num_units: tuple[int, ...], **settings: Any) -> tuple[Block, ...]:
    """Four stages, each after the first with half the map and twice the channels."""
    widest = 4 if settings.get("unit") == "bottleneck" else 1
    return tuple(
        ResidualStage(units, widest * 64 * 2**index, stride=1 if index == 0 else 2, **settings)
        for index, units in enumerate(num_units)
    )


def _resnet(num_units: tuple[int, ...], *, unit: Literal["basic", "bottleneck"] = "basic") -> NetworkSpec:
    """Source: He et al. 2016, table 1; the step of a bottleneck is on its 3×3, as torchvision has it."""
    stem = ConvBlock(64, 7, 2, padding=3, bias=False, norm="batch", pool=_PADDED)
    return NetworkSpec(_IMAGENET, (stem, *_stages(num_units, unit=unit)), head=_AVERAGED)


def _resnet_d2l() -> NetworkSpec:
    """Source: d2l, chapter "Residual Networks (ResNet) and ResNeXt": biases kept, no norm on a projection."""
    stem = ConvBlock(64, 7, 2, padding=3, norm="batch", pool=_PADDED)
    blocks = (stem, *_stages((2, 2, 2, 2), bias=True, shortcut_norm=False))
    return NetworkSpec(InputShape(1, 96, 96), blocks, head=_AVERAGED, num_classes=10)
