"""The picture of blocks with branches (design, section 5: Inception, Residual, More than 6 paths, 16–50 layers)."""

import math
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.analysis.summarize import summarize
from explorer.analysis.summary import Failure, NetworkSummary
from explorer.arch.blocks import NO_POOL, ConvBlock, InceptionBlock, Path, Pool, ResidualStage, VGGBlock
from explorer.arch.presets import find_preset
from explorer.arch.spec import Block, Head, InputShape, NetworkSpec
from explorer.export.diagram import layout_diagram
from explorer.export.diagram_scales import FIT
from explorer.export.diagram_scene import DiagramScene, Rect, Volume
from explorer.export.diagram_svg import write_svg
from explorer.palette import LIGHT_PALETTE, band_faces, darker, lighter

WIDE = (1056, 372)  # the canvas of a 1440 × 900 window
SMALL = (716, 264)  # of the smallest, 1100 × 700
HALVING = Pool()
SINGLE = InceptionBlock.of_four(64, (96, 128), (16, 32), 32)
MIXED = NetworkSpec(
    InputShape(3, 96, 96),
    (
        ConvBlock(64, 7, 2, pool=HALVING),
        VGGBlock(2, 128),
        SINGLE,
        InceptionBlock.of_four(128, (128, 192), (32, 96), 64, pool=HALVING),
        ResidualStage(2, 512),
    ),
    Head((), 0.0, "global_average"),
    10,
    "mixed-96",
)


def scene_of(spec: NetworkSpec, size: tuple[float, float] = WIDE, **options: Any) -> DiagramScene:
    return layout_diagram(summarize(spec), *size, **options)


def of(*blocks: Block, side: int = 32) -> NetworkSpec:
    return replace(MIXED, input=InputShape(64, side, side), blocks=blocks)


def volume(scene: DiagramScene, node: str) -> Volume:
    return next(volume for volume in scene.volumes if volume.node == node)


def axis_of(volume: Volume) -> float:
    """The middle between the volume's upper and lower edge."""
    return (volume.y - volume.dy + volume.y + volume.height) / 2


def overlap(one: Rect, other: Rect) -> bool:
    apart = one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y
    return not apart


def test_lanes_of_an_open_inception_block_are_54_px_apart_and_their_slabs_30_high() -> None:
    scene = scene_of(MIXED, opened={2})
    firsts = ["conv3_p1", "conv3_p2_reduce", "conv3_p3_reduce", "pool3_p4"]
    heights = [axis_of(volume(scene, node)) for node in firsts]
    assert [after - before for before, after in pairwise(heights)] == pytest.approx([54.0] * 3)
    assert sum(heights) / 4 == pytest.approx(scene.axis)
    assert {volume(scene, node).height for node in firsts} == {30.0}


def test_a_lane_says_the_kernel_over_the_channels_at_the_right_of_each_slab() -> None:
    scene = scene_of(MIXED, opened={2})
    words = {(label.node, label.text) for label in scene.labels if label.role == "lane"}
    assert {("conv3_p1", "1×1"), ("conv3_p1", "64"), ("conv3_p2", "3×3"), ("conv3_p2", "128")} < words
    assert {("conv3_p3", "5×5"), ("conv3_p3_reduce", "16"), ("pool3_p4", "max 3"), ("conv3_p4", "32")} < words
    for label in scene.labels:
        if label.role == "lane":
            assert label.x >= volume(scene, label.node).right


def test_the_joined_volume_is_cut_in_proportion_to_the_channels_of_each_path() -> None:
    for scene in (scene_of(MIXED, opened={2}), scene_of(MIXED, closed={2})):
        bands = volume(scene, "join3").bands
        assert [band.end - band.start for band in bands] == pytest.approx([64 / 256, 128 / 256, 32 / 256, 32 / 256])
        assert [band.path for band in bands] == [1, 2, 3, 4]
        assert [band.node for band in bands] == ["conv3_p1", "conv3_p2", "conv3_p3", "conv3_p4"]


def test_a_pool_path_that_lets_all_channels_through_has_its_share() -> None:
    block = InceptionBlock((Path("conv", 32, 3), Path("max", 0, 3)))
    bands = volume(scene_of(of(block)), "join1").bands
    assert [band.end - band.start for band in bands] == pytest.approx([32 / 96, 64 / 96])
    assert bands[1].node == "pool1_p2"


def test_bands_have_the_four_shades_of_a_convolution() -> None:
    conv = LIGHT_PALETTE.hex("conv")
    shades = [band_faces(LIGHT_PALETTE, path).front for path in range(1, 6)]
    assert shades == [darker(conv, 135), conv, lighter(conv, 125), lighter(conv, 155), darker(conv, 135)]


def test_a_closed_inception_block_is_one_volume_with_a_pill() -> None:
    scene = scene_of(MIXED, closed={2})
    assert [v.node for v in scene.volumes if v.part == "block3"] == ["join3"]
    (pill,) = (label for label in scene.labels if label.role == "pill" and label.part == "block3")
    assert pill.text == "4 paths ›"
    found = scene.pill_at(*pill.box.centre)
    assert found is not None
    assert found.part == "block3"


def test_the_second_line_adds_the_paths_up_where_they_are_shown() -> None:
    texts = [label.text for label in scene_of(MIXED, opened={2}).labels]
    assert "Inception · 64 + 128 + 32 + 32 = 256" in texts
    assert "Inception · 480" in texts
    assert "2 residual units · 512" in texts
    assert "conv7-64, step 2" in texts


def test_a_click_in_a_lane_or_on_a_band_finds_the_path() -> None:
    scene = scene_of(MIXED, opened={2})
    label = next(label for label in scene.labels if label.text == "5×5")
    assert scene.node_at(*label.box.centre) == "conv3_p3"
    joined = volume(scene, "join3")
    band = joined.bands[1]
    x = joined.x + (band.start + band.end) / 2 * joined.width
    assert scene.node_at(x, joined.y + joined.height / 2) == "conv3_p2"
    assert scene.node_at(joined.x + joined.width + 1, joined.y + joined.height / 2) == "conv3_p4"


def test_a_shortcut_goes_in_an_arc_44_to_72_px_above_the_axis_into_a_disc() -> None:
    scene = scene_of(MIXED, opened={4})
    arcs = [line for line in scene.lines if line.arc]
    discs = [joint for joint in scene.joints if joint.node]
    assert [joint.node for joint in discs] == ["add5_1", "add5_2"]
    for arc, disc in zip(arcs, discs, strict=True):
        top = min(y for _, y in arc.points)
        assert 44 <= scene.axis - top <= 72
        assert arc.points[-1] == pytest.approx((disc.x, scene.axis - disc.radius))
        assert arc.heading == pytest.approx((0.0, 1.0))
        assert disc.y == scene.axis


def test_a_projection_sits_on_its_arc_and_an_identity_is_a_word() -> None:
    scene = scene_of(MIXED, opened={4})
    first, second = (line for line in scene.lines if line.arc)
    slab = volume(scene, "conv5_1_shortcut")
    assert axis_of(slab) == pytest.approx(min(y for _, y in first.points))
    assert (first.node, second.node) == ("conv5_1_shortcut", "add5_2")
    assert [label.text for label in scene.labels if label.role == "arc"] == ["1×1 · 512", "identity"]


def test_an_arc_clears_the_layers_below_it() -> None:
    for side in (8, 32, 224):
        scene = scene_of(of(ResidualStage(2, 64), side=side))
        top = min(v.y - v.dy for v in scene.volumes if v.part == "block1")
        for arc in (line for line in scene.lines if line.arc):
            assert min(y for _, y in arc.points) <= top - 8


def test_a_closed_stage_shows_one_unit_and_how_many_there_are() -> None:
    scene = scene_of(of(ResidualStage(6, 64)), closed={0})
    assert [v.node for v in scene.volumes if v.part == "block1"] == ["conv1_1_1", "conv1_1_2"]
    assert "× 6" in [label.text for label in scene.labels if label.role == "pill"]
    assert scene.by_part["block1"].branches == "closed"
    assert scene.by_part["block1"].spoken.startswith("Block 1, 6 residual units, 64 channels")


def test_a_sum_that_disagrees_is_red_and_says_both_shapes() -> None:
    summary = summarize(of(ResidualStage(1, 64, stride=2)))
    at = next(index for index, row in enumerate(summary.rows) if row.node.name == "add1_1")
    broken = NetworkSummary(
        summary.spec,
        summary.graph,
        tuple(row._replace(shape=None) if index >= at else row for index, row in enumerate(summary.rows)),
        tuple(
            part._replace(
                complete=False,
                rows=tuple(r._replace(shape=None) if "add" in r.node.name else r for r in part.rows),
            )
            for part in summary.parts
        ),
        None,
        None,
        Failure("add1_1", "The shortcut gives another map."),
        summary.conditions,
        (),
    )
    scene = layout_diagram(broken, *WIDE)
    (disc,) = (joint for joint in scene.joints if joint.node)
    assert disc.state == "failed"
    assert [label.text for label in scene.labels if label.role == "arc"] == ["64 × 16 × 16"] * 2
    assert LIGHT_PALETTE.hex("err") in write_svg(scene)


def test_the_legend_names_sums_and_bands_only_where_there_are_some() -> None:
    words = {entry.word for entry in scene_of(MIXED).legend}
    assert {"Add", "Joined paths, one band each"} < words
    plain = {entry.word for entry in scene_of(of(VGGBlock(2, 64))).legend}
    assert not {"Add", "Joined paths, one band each"} & plain


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "resnet18", "resnet34", "resnet50"])
@pytest.mark.parametrize("size", [WIDE, SMALL])
def test_the_networks_of_the_courses_fit_the_window(name: str, size: tuple[int, int]) -> None:
    scene = scene_of(find_preset(name).spec, size)
    assert scene.overview is None
    assert scene.width == size[0]
    assert scene.height == size[1]
    assert scene.zoom >= 0.449
    assert len(scene.handles) == len(scene.boxes) - 1


def test_googlenet_folds_all_its_paths_and_resnet50_all_its_units() -> None:
    assert {box.branches for box in scene_of(find_preset("googlenet").spec).boxes} == {"", "closed"}
    assert {box.branches for box in scene_of(find_preset("resnet50").spec).boxes} == {"", "closed"}


def test_resnet18_shows_every_unit_in_a_window_of_1440_and_folds_in_the_smallest() -> None:
    spec = find_preset("resnet18").spec
    assert [box.branches for box in scene_of(spec).boxes].count("open") == 4
    assert [box.branches for box in scene_of(spec, SMALL).boxes].count("closed") == 4


def test_a_single_inception_block_with_room_shows_its_paths() -> None:
    assert scene_of(of(SINGLE)).by_part["block1"].branches == "open"


def test_more_than_six_paths_are_folded_until_the_user_unfolds_them_and_then_overlap_nothing() -> None:
    block = InceptionBlock(tuple(Path("conv", 8 * number, 3, 4) for number in range(1, 13)))
    spec = of(VGGBlock(1, 64), block, VGGBlock(1, 64))
    assert scene_of(spec).by_part["block2"].branches == "closed"
    scene = scene_of(spec, opened={1})
    assert scene.by_part["block2"].branches == "open"
    lanes = sorted({axis_of(v) for v in scene.volumes if v.part == "block2" and not v.bands})
    assert min(after - before for before, after in pairwise(lanes)) >= 20
    assert max(v.y + v.height for v in scene.volumes) <= scene.height - scene.band
    words = [label.box for label in scene.labels if label.role == "lane"]
    assert not any(overlap(one, other) for index, one in enumerate(words) for other in words[index + 1 :])
    assert "3×3 · 8" in [label.text for label in scene.labels]
    assert_nothing_overlaps(scene)


def test_folding_a_block_leaves_its_height_to_the_others_again() -> None:
    opened, closed = scene_of(MIXED, opened={2, 3}), scene_of(MIXED, closed={2, 3})
    assert closed.zoom >= opened.zoom


@pytest.mark.parametrize("name", ["googlenet", "resnet18", "resnet50", "alexnet"])
@pytest.mark.parametrize("size", [WIDE, SMALL])
def test_labels_of_the_courses_networks_do_not_overlap(name: str, size: tuple[int, int]) -> None:
    scene = scene_of(find_preset(name).spec, size)
    boxes = [label.box for label in scene.labels] + [glyph.box for glyph in scene.glyphs]
    for index, one in enumerate(boxes):
        assert not any(overlap(one, other) for other in boxes[index + 1 :])


def test_kinds_are_spoken() -> None:
    words = [box.spoken for box in scene_of(MIXED, opened={2}, closed={3}).boxes]
    assert words[1].startswith("Block 1, convolution 7 by 7, step 2, 64 channels, 96 by 96 to 24 by 24")
    assert words[3].startswith("Block 3, Inception, 4 paths, 256 channels, 12 by 12 to 12 by 12")
    assert words[4].endswith("field 101, folded") or "folded" in words[4]
    assert words[5].startswith("Block 5, 2 residual units, 512 channels")


def test_the_svg_draws_every_lane_band_arc_and_disc() -> None:
    scene = scene_of(MIXED, opened={2})
    svg = write_svg(scene)
    root = ET.fromstring(svg)
    nodes = {element.get("data-node") for element in root.iter() if element.get("data-node")}
    assert {"conv3_p2_reduce", "join3", "join4", "conv5_1_shortcut", "add5_1", "add5_2"} < nodes
    for path in range(1, 5):
        assert band_faces(LIGHT_PALETTE, path).front in svg
    texts = {element.text for element in root.iter() if element.tag.endswith("text")}
    assert {"4 paths", "identity", "1×1 · 512", "max 3"} < texts


pools = st.builds(Pool, st.sampled_from(["max", "average", "none"]), st.integers(1, 3), st.integers(1, 3))
channels = st.sampled_from([1, 4, 8, 64, 512, 4096])
paths = st.lists(
    st.one_of(
        st.builds(Path, st.just("conv"), channels, st.sampled_from([1, 3, 5]), st.sampled_from([0, 4, 96])),
        st.builds(Path, st.sampled_from(["max", "average"]), st.sampled_from([0, 16]), st.sampled_from([1, 3])),
    ),
    min_size=1,
    max_size=9,
).map(tuple)
any_block = st.one_of(
    st.builds(VGGBlock, st.integers(1, 3), channels, pool=pools),
    st.builds(
        ConvBlock,
        channels,
        st.integers(1, 11),
        st.integers(1, 4),
        st.integers(0, 3),
        norm=st.sampled_from(["none", "batch", "lrn"]),
        pool=pools,
    ),
    st.builds(InceptionBlock, paths, st.sampled_from(["none", "batch"]), pool=pools),
    st.builds(
        ResidualStage,
        st.integers(1, 5),
        channels.map(lambda c: 4 * c),
        st.sampled_from(["basic", "bottleneck"]),
        st.integers(1, 2),
        order=st.sampled_from(["post", "pre"]),
        norm=st.sampled_from(["none", "batch"]),
        pool=pools,
    ),
)
networks = st.builds(
    NetworkSpec,
    st.builds(InputShape, st.sampled_from([1, 3]), st.integers(1, 300), st.integers(1, 300)),
    st.lists(any_block, max_size=9).map(tuple),
    st.just(Head((16,))),
)


def assert_nothing_overlaps(scene: DiagramScene) -> None:
    plates = [box.plate for box in scene.boxes]
    for left, right in pairwise(plates):
        assert left.right <= right.x + 0.01
    for box in scene.boxes:
        inside = [v for v in scene.volumes if v.part == box.part]
        assert all(v.x >= box.bounds.x - 0.01 and v.right <= box.bounds.right + 0.01 for v in inside)
    figures = [v for volume in scene.volumes for v in (volume.x, volume.y, volume.width, volume.height, volume.dx)]
    figures += [v for line in scene.lines for point in line.points for v in point]
    figures += [v for joint in scene.joints for v in (joint.x, joint.y, joint.radius)]
    assert all(math.isfinite(figure) for figure in figures)
    assert all(plate.width > 0 and plate.height > 0 for plate in plates)


@settings(max_examples=80, deadline=None)
@given(
    networks,
    st.integers(80, 2000),
    st.integers(60, 900),
    st.one_of(st.none(), st.floats(0.25, 4.0)),
    st.frozensets(st.integers(0, 8)),
    st.frozensets(st.integers(0, 8)),
)
def test_no_mixture_of_blocks_overlaps_whatever_is_folded(
    spec: NetworkSpec, width: int, height: int, zoom: float | None, closed: frozenset[int], opened: frozenset[int]
) -> None:
    scene = layout_diagram(summarize(spec), width, height, zoom=zoom, closed=closed, opened=opened)
    assert_nothing_overlaps(scene)
    ET.fromstring(write_svg(scene))


@settings(max_examples=40, deadline=None)
@given(networks, st.integers(200, 2000), st.integers(200, 900), st.sampled_from([*FIT, (5.0, 0.5)]))
def test_a_guess_of_the_scale_changes_nothing(
    spec: NetworkSpec, width: int, height: int, near: tuple[float, float]
) -> None:
    summary = summarize(spec)
    assert layout_diagram(summary, width, height, near=near) == layout_diagram(summary, width, height)


def test_128_blocks_of_all_kinds_are_laid_out() -> None:
    kinds: tuple[Block, ...] = (
        VGGBlock(2, 32, pool=NO_POOL),
        ConvBlock(32),
        SINGLE,
        ResidualStage(3, 64),
    )
    scene = scene_of(of(*(kinds[index % 4] for index in range(128))))
    assert len(scene.boxes) == 130
    assert scene.overview is not None
    assert_nothing_overlaps(scene)
