"""What is remarked about a network, what is not, and that every fix keeps its word."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.analysis.checks import find
from explorer.analysis.checks.facts import Facts, num_params
from explorer.analysis.summarize import analyse, summarize
from explorer.analysis.summary import Conditions, Finding, NetworkSummary
from explorer.arch.blocks import ConvBlock, Pool
from explorer.arch.presets import PRESETS, Preset, find_preset
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.runs.config import INITS
from tests.arch.small_networks import small_specs

GIB = 2**30


def network(
    *pairs: tuple[int, int],
    side: int = 32,
    width: int | None = None,
    hidden: tuple[int, ...] = (512, 512),
    classes: int = 10,
) -> NetworkSpec:
    blocks = tuple(VGGBlock(num, channels) for num, channels in pairs)
    return NetworkSpec(InputShape(1, side, width or side), blocks, Head(hidden), classes)


STARTER = network((1, 8), (1, 16), (2, 32), (2, 64), (2, 64))
VGG16 = replace(
    network((2, 64), (2, 128), (3, 256), (3, 512), (3, 512), side=224, hidden=(4096, 4096), classes=1000),
    input=InputShape(3, 224, 224),
)


def codes(spec: NetworkSpec, conditions: Conditions = Conditions()) -> list[str]:  # noqa: B008 - frozen
    return [finding.code for finding in summarize(spec, conditions).findings]


def one(spec: NetworkSpec, code: str, conditions: Conditions = Conditions()) -> Finding:  # noqa: B008 - frozen
    (finding,) = [finding for finding in summarize(spec, conditions).findings if finding.code == code]
    return finding


def labels(finding: Finding) -> list[str]:
    return [fix.label for fix in finding.fixes]


def test_the_32_pixel_vgg_has_the_three_findings_of_the_design() -> None:
    assert codes(STARTER) == ["heavy_head", "field_exceeds_input", "flat_channels"]


def test_vgg16_at_224_has_two_findings_its_head_and_its_first_weights() -> None:
    assert codes(VGG16) == ["heavy_head", "weak_start"]


def test_a_heavy_head_says_what_it_holds_and_what_global_pooling_leaves() -> None:
    finding = one(VGG16, "heavy_head")
    assert finding.message == (
        "The head holds 89\u2009% of the parameters (123.6\u2009M). Global average pooling would leave 513\u2009k."
    )
    assert [(fix.label, fix.params_delta) for fix in finding.fixes] == [("Use global average", -123_129_856)]
    assert "(301,066)" in one(STARTER, "heavy_head").message
    assert "would leave 650." in one(STARTER, "heavy_head").message


def test_a_head_that_is_light_or_already_bare_is_not_remarked() -> None:
    bare = replace(STARTER, head=Head((), pool="global_average"), num_classes=1_000_000)
    assert "heavy_head" not in codes(bare)
    assert "heavy_head" not in codes(replace(STARTER, head=Head((16,))))


def test_a_collapsed_map_names_the_pool_shows_the_halving_and_offers_two_ways_out() -> None:
    spec = replace(STARTER, input=InputShape(1, 28, 28))
    first = summarize(spec).findings[0]
    assert (first.severity, first.code, first.node, first.title) == ("error", "collapsed_map", "pool5", "pool5")
    assert first.message == "This pool leaves nothing of the 1 × 1 map: 28 halves to 14, 7, 3, 1, 0."
    assert labels(first) == ["Drop this pool", "Use 32 × 32 input"]
    assert codes(spec) == ["collapsed_map", "field_exceeds_input", "dropped_rows"]
    drop, enlarge = first.fixes
    assert drop.spec is not None
    assert enlarge.spec is not None
    assert drop.spec.blocks[4].pool.kind == "none"
    assert enlarge.spec.input == InputShape(1, 32, 32)


def test_a_flat_picture_says_which_side_runs_out_and_grows_only_that_one() -> None:
    first = summarize(replace(STARTER, input=InputShape(1, 24, 200))).findings[0]
    assert first.message == "This pool leaves nothing of the 1 × 12 map: its 24 rows halve to 12, 6, 3, 1, 0."
    assert labels(first) == ["Drop this pool", "Use 32 × 200 input"]


def test_pools_that_do_not_halve_say_becomes() -> None:
    blocks = (VGGBlock(1, 8, pool=Pool(kernel=3, stride=3)),) * 3
    first = summarize(replace(STARTER, blocks=blocks, input=InputShape(1, 8, 8))).findings[0]
    assert first.message == "This pool leaves nothing of the 2 × 2 map: 8 becomes 2, 0."
    assert labels(first)[0] == "Drop pool2 and pool3"


def test_a_convolution_without_room_is_padded_by_its_fix() -> None:
    blocks = (VGGBlock(3, 8, kernel=5, padding="none"),)
    first = summarize(replace(STARTER, blocks=blocks, input=InputShape(1, 10, 10))).findings[0]
    assert (first.code, first.node) == ("impossible", "conv1_3")
    assert first.message == "This convolution leaves nothing: its 5 × 5 window is larger than the 2 × 2 map."
    assert labels(first) == ["Pad block 1", "Use 16 × 16 input"]


def test_groups_that_do_not_divide_what_comes_in_are_made_fewer_by_the_fix() -> None:
    spec = replace(STARTER, blocks=(VGGBlock(1, 8), ConvBlock(12, 3, groups=6)))
    first = summarize(spec).findings[0]
    assert (first.code, first.node) == ("impossible", "conv2")
    assert first.message == "6 groups do not divide the 8 channels that come in."
    assert labels(first) == ["Use 2 groups in block 2"]
    assert first.fixes[0].spec == replace(spec, blocks=(VGGBlock(1, 8), ConvBlock(12, 3, groups=2)))


def test_pools_that_drop_rows_offer_to_round_up() -> None:
    finding = one(network((1, 8), side=7), "dropped_rows")
    assert (finding.node, finding.message) == ("pool1", "Drops the last row and column of the 7 × 7 map.")
    assert labels(finding) == ["Round up instead"]
    both = one(network((1, 8), (1, 16), side=7), "dropped_rows")
    assert both.message == "Both drop a last row and column: 7 × 7 becomes 3 × 3, then 1 × 1."
    assert "dropped_rows" not in codes(network((1, 8), side=8))
    rows_only = one(network((1, 8), side=7, width=8), "dropped_rows")
    assert rows_only.message == "Drops the last row of the 7 × 8 map."


def test_rounding_up_ends_the_dropping() -> None:
    (fix,) = one(network((1, 8), (1, 16), side=7), "dropped_rows").fixes
    assert fix.spec is not None
    assert "dropped_rows" not in codes(fix.spec)
    assert summarize(fix.spec).by_part["block2"].shape_out == (16, 2, 2)


def test_the_border_that_no_output_reads_can_be_cut_off_at_no_cost() -> None:
    blocks = (VGGBlock(1, 8, kernel=1, pool=Pool(kernel=2, stride=4)),)
    spec = replace(STARTER, blocks=blocks)
    finding = one(spec, "unread_border")
    assert finding.message == "No output reads the last 2 rows and columns of the 32 × 32 picture."
    (fix,) = finding.fixes
    assert (fix.label, fix.params_delta) == ("Use 30 × 30 input", 0)
    assert "unread_border" not in codes(VGG16)


def test_layers_that_see_more_than_the_picture_offer_to_remove_the_last_block_with_its_cost() -> None:
    finding = one(STARTER, "field_exceeds_input")
    assert (finding.node, finding.title) == ("conv4_1", "conv4_1 and after")
    assert finding.message == "These layers see 46 px or more of a 32 px picture and add no new context."
    assert [(fix.label, fix.params_delta) for fix in finding.fixes] == [("Remove block 5", 24_448)]


def test_a_block_that_sees_too_much_only_at_its_end_loses_only_its_end() -> None:
    vgg19 = replace(VGG16, blocks=tuple(VGGBlock(n, c) for n, c in ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))))
    finding = one(vgg19, "field_exceeds_input")
    assert (finding.title, labels(finding)) == ("conv5_4 and after", ["Use 3 convolutions in block 5"])


def test_a_field_larger_than_the_picture_does_no_harm_where_shorter_paths_lie_beside_the_longest() -> None:
    finding = one(find_preset("resnet18").spec, "field_exceeds_input")
    assert (finding.severity, finding.node, finding.title) == ("hint", "conv5_1_1", "conv5_1_1 and after")
    assert finding.message == (
        "Along their longest path these layers see 243 px or more of a 224 px picture."
        " Shorter paths beside it see parts of it, so this does no harm."
    )
    assert finding.fixes == ()


def test_torchs_default_weights_are_remarked_where_the_signal_fades() -> None:
    finding = one(VGG16, "weak_start")
    assert finding.message == "PyTorch's default weights do not carry a signal through 13 layers without batch norm."
    assert labels(finding) == ["Add batch norm", "He weights"]
    norm, he = finding.fixes
    assert (norm.params_delta, he.spec, he.init) == (8_448, None, "he")
    assert norm.spec is not None
    assert "weak_start" not in codes(norm.spec)


@pytest.mark.parametrize("init", ["he", "xavier"])
def test_weights_that_carry_the_signal_are_not_remarked(init: str) -> None:
    assert "weak_start" not in codes(VGG16, Conditions(init=init))


def test_the_papers_weights_are_remarked_where_the_signal_explodes() -> None:
    assert "times larger in 13 layers" in one(VGG16, "weak_start", Conditions(init="paper")).message


def test_batch_norm_in_the_middle_starts_the_signal_afresh() -> None:
    block = VGG16.blocks[2]
    spec = VGG16.with_block(2, block.with_norm("batch"))
    assert "weak_start" not in codes(spec)


def test_identity_shortcuts_carry_the_signal_that_the_same_layers_in_a_row_lose() -> None:
    # measured: 2e-2 at the last map of ResNet-34 without norms, 3e-7 of GoogLeNet without them
    assert "weak_start" not in codes(_without_norms(find_preset("resnet34").spec))
    finding = one(find_preset("googlenet-paper").spec, "weak_start")
    assert finding.message == "PyTorch's default weights do not carry a signal through 13 layers without batch norm."
    assert labels(finding) == ["Add batch norm", "He weights"]
    assert "weak_start" not in codes(find_preset("googlenet").spec)


def _without_norms(spec: NetworkSpec) -> NetworkSpec:
    return replace(spec, blocks=tuple(block.with_norm("none") for block in spec.blocks))


def test_one_by_one_convolutions_and_residual_stages_need_not_grow_after_a_pool() -> None:
    for name in ("googlenet", "resnet18", "resnet50"):
        assert "flat_channels" not in codes(find_preset(name).spec)
    stem = ConvBlock(64, 7, 2, pool=Pool("max", 3, 2, padding=1))
    assert "flat_channels" in codes(replace(STARTER, blocks=(stem, ConvBlock(64, 3))))


def test_channels_that_stay_are_a_hint_below_512_only() -> None:
    finding = one(STARTER, "flat_channels")
    assert (finding.severity, finding.node, finding.title) == ("hint", "block5", "Block 5")
    assert finding.message == "Channels stay at 64 after pooling; VGG doubles them."
    assert labels(finding) == ["Use 128"]
    falling = one(network((1, 64), (1, 32)), "flat_channels")
    assert falling.message == "Channels fall from 64 to 32 after pooling; VGG doubles them."
    many = one(network((1, 8), (1, 8), (1, 8)), "flat_channels")
    assert (many.title, labels(many)) == ("Blocks 2 and 3", ["Double after each pool"])
    (fix,) = many.fixes
    assert fix.spec is not None
    assert [block.out_channels for block in fix.spec.blocks] == [8, 16, 32]


def test_memory_that_does_not_fit_names_both_figures_and_a_batch_that_fits() -> None:
    conditions = Conditions(batch_size=256, free_bytes=6 * GIB, device="cuda:0")
    finding = one(VGG16, "memory", conditions)
    assert finding.message.startswith("Needs ")
    assert finding.message.endswith("with batch 256; 6.00\u2009GiB are free on cuda:0.")
    (fix,) = finding.fixes
    assert fix.batch_size is not None
    assert "memory" not in codes(VGG16, conditions._replace(batch_size=fix.batch_size))
    assert "memory" in codes(VGG16, conditions._replace(batch_size=2 * fix.batch_size))
    assert "memory" not in codes(VGG16, conditions._replace(free_bytes=None))


def test_memory_in_a_short_format_counts_half_the_maps_and_copies_of_the_weights() -> None:
    single, short = (
        summarize(VGG16, Conditions(batch_size=64, free_bytes=4 * GIB, device="CPU", precision=precision))
        for precision in ("float32", "bf16")
    )
    assert single.memory == single.training_memory == short.memory
    assert short.training_memory is not None
    assert short.training_memory.weight_copies == 2 * 138_344_128  # weights without the 13,416 biases
    (finding,) = (found for found in short.findings if found.code == "memory")
    assert " in bf16 with batch 64; " in finding.message
    (fix,) = finding.fixes
    assert fix.batch_size is not None
    conditions = short.conditions
    assert "memory" not in codes(VGG16, conditions._replace(batch_size=fix.batch_size))
    assert "memory" in codes(VGG16, conditions._replace(batch_size=2 * fix.batch_size))


def test_weights_alone_that_do_not_fit_say_so_and_offer_no_batch() -> None:
    finding = one(VGG16, "memory", Conditions(free_bytes=GIB))
    assert finding.message.startswith("The weights, their gradients and the optimizer alone need 1.55\u2009GiB;")
    assert finding.fixes == ()


def test_an_adaptive_pool_that_makes_the_map_larger_is_named() -> None:
    finding = one(replace(STARTER, head=Head((64,), pool="adaptive")), "repeated_map")
    assert finding.message == "Spreads the 1 × 1 map over 7 × 7 places, so fc1 reads copies of the same values."
    (fix,) = finding.fixes
    assert fix.params_delta == -48 * 64 * 64


def test_a_network_without_blocks_or_pools_has_one_hint_and_a_way_on() -> None:
    assert codes(replace(STARTER, blocks=())) == ["no_blocks"]
    unpooled = replace(STARTER, blocks=tuple(block.with_pool(Pool("none")) for block in STARTER.blocks))
    finding = one(unpooled, "no_pool")
    assert labels(finding) == ["Pool after each block"]
    (fix,) = finding.fixes
    assert fix.spec == STARTER


def test_local_response_normalisation_is_a_hint_with_the_papers_figures() -> None:
    lrn = STARTER.with_block(0, STARTER.blocks[0].with_norm("lrn"))
    finding = one(lrn, "needless_lrn")
    assert (finding.severity, finding.node) == ("hint", "lrn1_1")
    (fix,) = finding.fixes
    assert (fix.spec, fix.params_delta) == (STARTER, 0)


def test_paths_that_look_at_different_places_are_named() -> None:
    from explorer.arch.graph import GraphBuilder
    from explorer.arch.ops import Concat, Conv2d, Input

    g = GraphBuilder()
    x = g.add(Input(1, 8, 8), name="input", module="")
    even = g.add(Conv2d(2, (2, 2), padding="same"), x, name="even", module="even")
    odd = g.add(Conv2d(2, (3, 3), padding="same"), x, name="odd", module="odd")
    g.add(Concat(), even, odd, name="join", module="join")
    graph = g.build()
    rows, _, _ = analyse(graph)
    parts = summarize(STARTER).parts
    found = find(Facts(STARTER, graph, rows, parts, None, None, None, Conditions()))
    shifted = [finding for finding in found if finding.code == "shifted_paths"]
    assert [finding.message for finding in shifted] == [
        "The paths that meet here look at places 0.5 px apart in the picture."
    ]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_a_preset_is_whole_and_has_at_most_three_remarks(preset: Preset) -> None:
    summary = summarize(preset.spec)
    assert summary.is_valid
    assert len(summary.findings) <= 3


specs = small_specs(max_blocks=6, max_side=70, widest=200)
conditions = st.builds(
    Conditions,
    batch_size=st.integers(1, 512),
    init=st.sampled_from(INITS),
    free_bytes=st.one_of(st.none(), st.integers(0, 2**32)),
)


def _check(summary: NetworkSummary, finding: Finding) -> None:
    known = {row.node.name for row in summary.rows} | {part.part for part in summary.parts}
    assert finding.node in known
    assert finding.message.endswith(".")
    for fix in finding.fixes:
        assert (fix.spec is None) != (fix.init is None and fix.batch_size is None)
        if fix.spec is None:
            continue
        assert fix.spec != summary.spec
        after = summarize(fix.spec, summary.conditions)
        if finding.severity == "error" or summary.is_valid:
            assert after.is_valid
        if summary.totals is not None and after.totals is not None:
            assert fix.params_delta == after.totals.params.total - summary.totals.params.total
        else:
            assert fix.params_delta is None


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs, conditions)
def test_every_fix_can_be_applied_keeps_its_word_and_mends_what_fails(spec: NetworkSpec, given_: Conditions) -> None:
    summary = summarize(spec, given_)
    order = [("error", "warning", "hint").index(finding.severity) for finding in summary.findings]
    assert order == sorted(order)
    assert (summary.findings[0].severity == "error" if summary.findings else False) == (not summary.is_valid)
    for finding in summary.findings:
        _check(summary, finding)
        if finding.severity == "error":
            assert finding.fixes


@settings(max_examples=100, deadline=None)
@given(specs)
def test_the_cheap_count_of_parameters_equals_the_summarys(spec: NetworkSpec) -> None:
    totals = summarize(spec).totals
    assert num_params(spec) == (None if totals is None else totals.params.total)
