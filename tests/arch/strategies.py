"""Random blocks and networks of every kind for property tests."""

from __future__ import annotations

from typing import Literal

from hypothesis import strategies as st

from explorer.arch.blocks import ConvBlock, InceptionBlock, Path, Pool, ResidualStage, VGGBlock
from explorer.arch.blocks.parts import NORMS, POOL_KINDS
from explorer.arch.blocks.residual import ORDERS, SHORTCUTS, UNIT_KINDS
from explorer.arch.blocks.vgg import PADDINGS
from explorer.arch.ops import ACTIVATIONS, LocalResponseNorm
from explorer.arch.spec import HEAD_POOLS, Head, InputShape, NetworkSpec

odd = st.integers(0, 15).map(lambda half: 2 * half + 1)
channels = st.one_of(st.sampled_from([8, 16]), st.integers(1, 1_000_000))  # often the neighbour's width
activations = st.sampled_from(ACTIVATIONS)
PLAIN_NORMS: tuple[Literal["none", "batch"], ...] = ("none", "batch")
plain_norms = st.sampled_from(PLAIN_NORMS)
epsilons = st.one_of(st.just(1e-5), st.floats(1e-12, 0.999))
plain_pools = st.builds(Pool, st.sampled_from(POOL_KINDS))


@st.composite
def odd_pools(draw: st.DrawFn) -> Pool:
    kernel = draw(st.integers(1, 1024))
    return Pool(
        draw(st.sampled_from(POOL_KINDS)),
        kernel,
        draw(st.integers(1, 1024)),
        draw(st.booleans()),
        draw(st.one_of(st.just(0), st.integers(0, kernel // 2))),
    )


pools = st.one_of(plain_pools, odd_pools())


@st.composite
def vgg_blocks(draw: st.DrawFn) -> VGGBlock:
    num_convs = draw(st.one_of(st.integers(1, 4), st.integers(1, 64)))
    kernels = draw(st.one_of(st.just(()), st.lists(odd, min_size=num_convs, max_size=num_convs).map(tuple)))
    return VGGBlock(
        num_convs,
        draw(channels),
        kernel=draw(odd),
        kernels=kernels,
        padding=draw(st.sampled_from(PADDINGS)),
        norm=draw(st.sampled_from(NORMS)),
        activation=draw(activations),
        pool=draw(pools),
    )


constants = st.floats(1e-9, 1000)
norms_of_neighbours = st.builds(LocalResponseNorm, st.integers(1, 1000), constants, constants, constants)


@st.composite
def conv_blocks(draw: st.DrawFn) -> ConvBlock:
    kernel, stride = draw(st.integers(1, 31)), draw(st.one_of(st.just(1), st.integers(1, 64)))
    groups = draw(st.one_of(st.just(1), st.integers(1, 64)))
    pixels = st.integers(0, 31)
    return ConvBlock(
        groups * draw(st.integers(1, 1_000_000 // groups)),
        kernel,
        stride,
        draw(st.one_of(st.just("same"), pixels) if stride == 1 or kernel % 2 else pixels),
        draw(st.one_of(st.just(1), st.integers(1, 64))),
        groups,
        draw(st.booleans()),
        draw(st.sampled_from(NORMS)),
        draw(epsilons),
        draw(activations),
        draw(pools),
        draw(st.one_of(st.just(LocalResponseNorm()), norms_of_neighbours)),
    )


conv_paths = st.builds(Path, st.just("conv"), channels, odd, st.one_of(st.just(0), channels))
pool_paths = st.builds(Path, st.sampled_from(("max", "average")), st.one_of(st.just(0), channels), odd)
four_paths = st.tuples(
    st.builds(Path, st.just("conv"), channels, st.just(1)),
    st.builds(Path, st.just("conv"), channels, st.just(3), st.one_of(st.just(0), channels)),
    conv_paths,
    st.builds(Path, st.just("max"), channels, st.just(3)),
)
any_paths = st.lists(st.one_of(conv_paths, pool_paths), min_size=1, max_size=16).map(tuple)
inception_blocks = st.builds(
    InceptionBlock,
    st.one_of(four_paths, any_paths),
    plain_norms,
    epsilons,
    st.booleans(),
    activations,
    pools,
)


@st.composite
def residual_stages(draw: st.DrawFn) -> ResidualStage:
    unit = draw(st.sampled_from(UNIT_KINDS))
    width = draw(channels)
    return ResidualStage(
        draw(st.one_of(st.integers(1, 4), st.integers(1, 64))),
        width if unit == "basic" else 4 * max(1, width // 4),
        unit,
        draw(st.one_of(st.integers(1, 2), st.integers(1, 64))),
        draw(st.sampled_from(SHORTCUTS)),
        draw(st.booleans()),
        draw(st.sampled_from(ORDERS)),
        draw(plain_norms),
        draw(st.booleans()),
        draw(activations),
        draw(pools),
    )


blocks = st.one_of(vgg_blocks(), conv_blocks(), inception_blocks, residual_stages())
vgg_tuples = st.lists(vgg_blocks(), min_size=1, max_size=8).map(tuple)
block_tuples = st.lists(blocks, min_size=1, max_size=8).map(tuple)
sides = st.integers(1, 65_536)
names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=120)
heads = st.builds(
    Head,
    st.lists(st.integers(1, 1_000_000), max_size=16).map(tuple),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from(HEAD_POOLS),
    activations,
    st.booleans(),
)
specs = st.builds(
    NetworkSpec,
    st.builds(InputShape, st.integers(1, 1_000_000), sides, sides),
    st.lists(blocks, max_size=8).map(tuple),
    head=heads,
    num_classes=st.integers(1, 1_000_000),
    name=names,
)
