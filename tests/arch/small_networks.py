"""Random networks of every kind of block, small enough for torch to run them."""

from __future__ import annotations

from typing import Literal

from hypothesis import strategies as st

from explorer.arch.blocks import Block, ConvBlock, InceptionBlock, Path, Pool, ResidualStage, VGGBlock
from explorer.arch.blocks.parts import NORMS, POOL_KINDS
from explorer.arch.blocks.residual import ORDERS, SHORTCUTS, UNIT_KINDS
from explorer.arch.blocks.vgg import PADDINGS
from explorer.arch.ops import ACTIVATIONS, LocalResponseNorm
from explorer.arch.spec import HEAD_POOLS, Head, InputShape, NetworkSpec

activations = st.sampled_from(ACTIVATIONS)
norms = st.sampled_from(NORMS)
PLAIN_NORMS: tuple[Literal["none", "batch"], ...] = ("none", "batch")
plain_norms = st.sampled_from(PLAIN_NORMS)


@st.composite
def small_pools(draw: st.DrawFn, largest: int = 4) -> Pool:
    kernel = draw(st.integers(1, largest))
    return Pool(
        draw(st.sampled_from(POOL_KINDS)),
        kernel,
        draw(st.integers(1, largest)),
        draw(st.booleans()),
        draw(st.one_of(st.just(0), st.integers(0, kernel // 2))),
    )


@st.composite
def small_vggs(draw: st.DrawFn, widest: int) -> VGGBlock:
    kernels = draw(st.lists(st.sampled_from((1, 3, 5)), min_size=1, max_size=3))
    return VGGBlock(
        len(kernels),
        draw(st.integers(1, widest)),
        kernel=draw(st.sampled_from((1, 3, 7))),
        kernels=draw(st.sampled_from(((), tuple(kernels)))),
        padding=draw(st.sampled_from(PADDINGS)),
        norm=draw(norms),
        activation=draw(activations),
        pool=draw(small_pools()),
    )


@st.composite
def small_convs(draw: st.DrawFn, widest: int) -> ConvBlock:
    kernel, stride = draw(st.integers(1, 5)), draw(st.sampled_from((1, 1, 2, 3)))
    groups = draw(st.sampled_from((1, 1, 1, 2, 3)))
    pixels = st.integers(0, 3)
    same: st.SearchStrategy[Literal["same"]] = st.just("same")
    return ConvBlock(
        groups * draw(st.integers(1, widest)),
        kernel,
        stride,
        draw(st.one_of(same, pixels) if stride == 1 or kernel % 2 else pixels),
        draw(st.sampled_from((1, 1, 2))),
        groups,
        bias=draw(st.booleans()),
        norm=draw(norms),
        norm_eps=draw(st.sampled_from((1e-5, 1e-3))),
        activation=draw(activations),
        pool=draw(small_pools()),
        lrn=draw(st.sampled_from((LocalResponseNorm(), LocalResponseNorm(3, 1e-2, 0.5, 1.0)))),
    )


@st.composite
def small_paths(draw: st.DrawFn, widest: int) -> Path:
    kernel = draw(st.sampled_from((1, 3, 5)))
    if draw(st.booleans()):
        return Path("conv", draw(st.integers(1, widest)), kernel, draw(st.sampled_from((0, 1, 3))))
    return Path(draw(st.sampled_from(("max", "average"))), draw(st.sampled_from((0, 1, widest))), kernel)


@st.composite
def small_inceptions(draw: st.DrawFn, widest: int) -> InceptionBlock:
    return InceptionBlock(
        tuple(draw(st.lists(small_paths(widest), min_size=1, max_size=4))),
        draw(plain_norms),
        bias=draw(st.booleans()),
        activation=draw(activations),
        pool=draw(small_pools()),
    )


@st.composite
def small_stages(draw: st.DrawFn, widest: int) -> ResidualStage:
    unit = draw(st.sampled_from(UNIT_KINDS))
    width = draw(st.integers(1, widest))
    return ResidualStage(
        draw(st.integers(1, 3)),
        width if unit == "basic" else 4 * width,
        unit,
        draw(st.sampled_from((1, 1, 2, 3))),
        draw(st.sampled_from(SHORTCUTS)),
        draw(st.booleans()),
        draw(st.sampled_from(ORDERS)),
        draw(plain_norms),
        draw(st.booleans()),
        draw(activations),
        draw(small_pools()),
    )


def small_blocks(widest: int = 5) -> st.SearchStrategy[Block]:
    """A block of any kind with at most `widest` channels (a bottleneck: four times as many)."""
    kinds = (small_vggs, small_convs, small_inceptions, small_stages)
    return st.one_of(*(kind(widest) for kind in kinds))


def small_specs(*, max_blocks: int = 3, max_side: int = 40, widest: int = 5) -> st.SearchStrategy[NetworkSpec]:
    """A network of blocks of all kinds, mixed; not every one can be computed."""
    sides = st.integers(1, max_side)
    return st.builds(
        NetworkSpec,
        st.builds(InputShape, st.integers(1, 3), sides, sides),
        st.lists(small_blocks(widest), max_size=max_blocks).map(tuple),
        st.builds(
            Head,
            hidden=st.lists(st.integers(1, 6), max_size=2).map(tuple),
            dropout=st.sampled_from((0.0, 0.5)),
            pool=st.sampled_from(HEAD_POOLS),
            activation=activations,
            dropout_first=st.booleans(),
        ),
        num_classes=st.integers(1, 5),
    )
