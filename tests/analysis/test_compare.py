"""Comparisons: what stands beside what, and that the differences add up."""

import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.analysis.align import GAP, align
from explorer.analysis.compare import Comparison, compare, compare_all, summed
from explorer.analysis.summarize import summarize
from explorer.arch.blocks import Block, ConvBlock, InceptionBlock, Path, Pool, ResidualStage, VGGBlock
from explorer.arch.presets import find_preset
from explorer.arch.spec import Head, InputShape, NetworkSpec

POOL = st.sampled_from([Pool(), Pool("none"), Pool("average"), Pool("max", 3, 2, ceil_mode=True)])
WIDTHS = st.sampled_from([4, 8, 16])
KERNELS, NORMS = st.sampled_from([1, 3, 5]), st.sampled_from(["none", "batch"])
HEAD_POOLS = st.sampled_from(["none", "global_average"])
VGG = st.builds(VGGBlock, st.integers(1, 4), WIDTHS, kernel=KERNELS, norm=NORMS, pool=POOL)
CONV = st.builds(ConvBlock, WIDTHS, kernel=st.integers(1, 5), stride=st.just(1), pool=POOL)
INCEPTION = st.builds(
    InceptionBlock,
    st.tuples(st.builds(Path, st.just("conv"), WIDTHS, st.just(1)), st.builds(Path, st.just("max"), WIDTHS)),
    pool=POOL,
)
STAGE = st.builds(ResidualStage, st.integers(1, 3), WIDTHS, st.sampled_from(["basic", "bottleneck"]), st.integers(1, 2))
BLOCKS = st.one_of(VGG, CONV, INCEPTION, STAGE)
SPECS = st.builds(
    NetworkSpec,
    st.builds(InputShape, st.sampled_from([1, 3]), st.just(64), st.just(64)),
    st.lists(BLOCKS, max_size=6).map(tuple),
    head=st.builds(Head, st.lists(st.integers(4, 32), max_size=2).map(tuple), pool=HEAD_POOLS),
    num_classes=st.sampled_from([10, 100]),
)


def of(left: NetworkSpec | str, right: NetworkSpec | str) -> Comparison:
    specs = [find_preset(spec).spec if isinstance(spec, str) else spec for spec in (left, right)]
    return compare(summarize(specs[0]), summarize(specs[1]))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SPECS, SPECS)
def test_the_rows_add_up_to_the_totals_and_the_layers_to_their_rows(left: NetworkSpec, right: NetworkSpec) -> None:
    found = of(left, right)
    if found.left.totals is None or found.right.totals is None:
        assert found.totals.params is None
        return
    assert summed(found.rows) == found.totals
    for row in found.rows:
        layers, own = summed(row.layers), row.delta
        assert (layers.params, layers.macs, layers.memory) == (own.params, own.macs, own.memory)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SPECS, SPECS)
def test_each_block_of_both_networks_stands_in_one_row_and_in_order(left: NetworkSpec, right: NetworkSpec) -> None:
    rows = of(left, right).blocks
    assert [row.left.name for row in rows if row.left] == [f"block{n + 1}" for n in range(len(left.blocks))]
    assert [row.right.name for row in rows if row.right] == [f"block{n + 1}" for n in range(len(right.blocks))]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SPECS)
def test_a_network_equals_itself_in_every_row(spec: NetworkSpec) -> None:
    found = of(spec, spec)
    assert {row.state for row in found.rows} == {"equal"}
    assert all(layer.state == "equal" for row in found.rows for layer in row.layers)


def test_an_inserted_block_is_the_only_one_that_is_new() -> None:
    spec = find_preset("vgg16").spec
    without_pool = replace(spec.blocks[2], pool=Pool("none"))
    found = of(spec, spec.insert_block(2, without_pool))
    assert [row.state for row in found.blocks] == ["equal", "equal", "inserted", "changed", "equal", "equal"]
    assert found.counts == {"equal": 4, "changed": 1, "inserted": 1, "removed": 0}
    changed = found.blocks[3]
    assert changed.changes == ()  # it is set as before; what flows in is wider
    assert changed.delta.params == 9 * (256 - 128) * 256


def test_a_removed_block_counts_with_its_whole_figures() -> None:
    spec = find_preset("vgg16").spec
    found = of(spec, spec.without_block(4))
    gone = found.blocks[4]
    assert gone.state == "removed"
    assert gone.right is None
    assert gone.delta.params == -3 * (9 * 512 * 512 + 512)
    assert {layer.state for layer in gone.layers} == {"removed"}


def test_a_changed_block_says_which_settings_are_others() -> None:
    spec = find_preset("vgg16").spec
    block = spec.blocks[1]
    assert isinstance(block, VGGBlock)
    other = replace(block, num_convs=3, out_channels=192, norm="batch")
    row = of(spec, spec.with_block(1, other)).blocks[1]
    assert row.changes == ("2 → 3 convolutions", "128 → 192 channels", "no norm → batch norm")
    assert [layer.state for layer in row.layers].count("inserted") == 1


def test_the_depths_of_the_paper_are_compared_block_by_block() -> None:
    """VGG-16 has 138,357,544 parameters and VGG-19 143,667,240 (Simonyan & Zisserman 2015, table 2)."""
    found = of("vgg16", "vgg19")
    assert found.totals.params == 143_667_240 - 138_357_544
    assert [row.changes for row in found.blocks[2:]] == [("3 → 4 convolutions",)] * 3
    assert [row.delta.field for row in found.blocks[2:]] == [(8, 8), (16, 16), (32, 32)]


def test_stages_of_other_kinds_stand_beside_blocks_with_the_same_map() -> None:
    found = of("vgg19", "resnet50")
    assert [row.state for row in found.blocks] == ["changed"] * 5
    assert found.totals.params == 25_557_032 - 143_667_240


def test_a_network_that_fails_still_shows_what_is_known() -> None:
    spec = find_preset("vgg16").spec
    found = of(spec, replace(spec, input=InputShape(3, 16, 16)))
    assert found.totals.params is None
    assert found.blocks[0].delta.params == 0
    assert found.blocks[0].delta.macs is not None
    assert found.rows[-1].delta.params is None


def test_several_networks_are_each_compared_with_the_first() -> None:
    first, *others = (summarize(find_preset(name).spec) for name in ("vgg11", "vgg13", "vgg16"))
    found = compare_all(first, others)
    assert [comparison.left.spec.name for comparison in found] == ["vgg11", "vgg11"]
    assert [comparison.right.spec.name for comparison in found] == ["vgg13", "vgg16"]


def test_aligning_costs_the_least_that_any_way_costs() -> None:
    left, right = "kitten", "sitting"
    pairs = align(left, right, lambda a, b: 0.0 if a == b else 1.0)
    cost = sum(GAP if i is None or j is None else float(left[i] != right[j]) for i, j in pairs)
    assert cost == 3  # the textbook's distance of these words


@pytest.mark.parametrize(("left", "right"), [("vgg19", "resnet50"), ("googlenet", "resnet50")])
def test_a_comparison_takes_less_than_20_ms(left: str, right: str) -> None:
    a, b = (summarize(find_preset(name).spec) for name in (left, right))
    best = min(_seconds(lambda: compare(a, b)) for _ in range(5))
    assert best < 0.020


def _seconds(call: object) -> float:
    begun = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - begun


def test_blocks_of_each_kind_can_stand_beside_each_other() -> None:
    kinds: tuple[Block, ...] = (
        VGGBlock(2, 16),
        ConvBlock(16),
        InceptionBlock((Path("conv", 16, 1),)),
        ResidualStage(1, 16),
    )
    for a in kinds:
        for b in kinds:
            spec = NetworkSpec(InputShape(3, 32, 32), (a,), Head(()), 10)
            rows = of(spec, replace(spec, blocks=(b,))).blocks
            assert len(rows) == 1 or {row.state for row in rows} == {"inserted", "removed"}
            if type(a) is not type(b) and len(rows) == 1:
                assert rows[0].changes[0] == f"{a.title} → {b.title}"
