"""Random blocks and networks for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from explorer.arch.blocks.vgg import NORMS, PADDINGS, POOL_KINDS, Pool, VGGBlock
from explorer.arch.ops import ACTIVATIONS
from explorer.arch.spec import HEAD_POOLS, Head, InputShape, NetworkSpec

odd = st.integers(0, 15).map(lambda half: 2 * half + 1)
pools = st.builds(Pool, st.sampled_from(POOL_KINDS), st.integers(1, 1024), st.integers(1, 1024), st.booleans())
plain_pools = st.builds(Pool, st.sampled_from(POOL_KINDS))


@st.composite
def blocks(draw: st.DrawFn) -> VGGBlock:
    num_convs = draw(st.one_of(st.integers(1, 4), st.integers(1, 64)))
    kernels = draw(st.one_of(st.just(()), st.lists(odd, min_size=num_convs, max_size=num_convs).map(tuple)))
    return VGGBlock(
        num_convs,
        draw(st.one_of(st.sampled_from([8, 16]), st.integers(1, 1_000_000))),  # often the neighbour's width
        kernel=draw(odd),
        kernels=kernels,
        padding=draw(st.sampled_from(PADDINGS)),
        norm=draw(st.sampled_from(NORMS)),
        activation=draw(st.sampled_from(ACTIVATIONS)),
        pool=draw(st.one_of(plain_pools, pools)),
    )


block_tuples = st.lists(blocks(), min_size=1, max_size=8).map(tuple)
sides = st.integers(1, 65_536)
names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=120)
specs = st.builds(
    NetworkSpec,
    st.builds(InputShape, st.integers(1, 1_000_000), sides, sides),
    st.lists(blocks(), max_size=8).map(tuple),
    head=st.builds(
        Head,
        st.lists(st.integers(1, 1_000_000), max_size=16).map(tuple),
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(HEAD_POOLS),
        st.sampled_from(ACTIVATIONS),
    ),
    num_classes=st.integers(1, 1_000_000),
    name=names,
)
