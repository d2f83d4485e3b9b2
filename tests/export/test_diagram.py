"""The picture's layout: sizes by the design's formulas (design, section 5), everything inside, nothing overlapping."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.analysis.summarize import summarize
from explorer.arch.blocks.vgg import Pool
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.export.diagram import MARGIN, layout_diagram, stages
from explorer.export.diagram_scales import FIT, ZOOM_RANGE
from explorer.export.diagram_scene import DiagramScene, Rect, Volume, hatching
from explorer.export.diagram_text import approximate_width

WIDE = (1056, 372)  # the canvas of a 1440 × 900 window
SMALL = (716, 264)  # of the smallest, 1100 × 700


def vgg(*blocks: tuple[int, int], channels: int = 3, side: int = 224) -> NetworkSpec:
    return NetworkSpec(InputShape(channels, side, side), tuple(VGGBlock(n, c) for n, c in blocks))


VGG16 = vgg((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
VGG19 = vgg((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))
STARTER = replace(
    vgg((1, 8), (1, 16), (2, 32), (2, 64), (2, 64), channels=1, side=32), head=Head((512, 512)), num_classes=10
)
FAILING = replace(STARTER, input=InputShape(1, 28, 28))
NO_POOL = Pool(kind="none")
LONG = NetworkSpec(
    InputShape(3, 64, 64),
    (VGGBlock(1, 32), *[VGGBlock(3, 64, pool=NO_POOL)] * 6, VGGBlock(2, 128), *[VGGBlock(3, 256, pool=NO_POOL)] * 9),
)


def scene_of(spec: NetworkSpec, width: float = WIDE[0], height: float = WIDE[1], **options: Any) -> DiagramScene:
    return layout_diagram(summarize(spec), width, height, **options)


def volume(scene: DiagramScene, node: str) -> Volume:
    return next(volume for volume in scene.volumes if volume.node == node)


def overlap(one: Rect, other: Rect) -> bool:
    apart = one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y
    return not apart


def test_halving_a_map_multiplies_its_height_by_the_root_of_a_half() -> None:
    scene = scene_of(VGG16)
    heights = [volume(scene, f"conv{block}_1").height for block in (1, 2, 3, 4, 5)]
    for before, after in pairwise(heights):
        assert after / before == pytest.approx(math.sqrt(0.5))


def test_the_first_volume_is_as_high_as_the_fit_table_says() -> None:
    scene = scene_of(VGG16)
    assert volume(scene, "conv1_1").height == scene.fit[0]


def test_width_grows_with_channels_and_not_with_the_network_around() -> None:
    alone = scene_of(vgg((1, 64), side=32), zoom=1.0)
    beside = scene_of(vgg((1, 64), (1, 512), side=32), zoom=1.0)
    assert volume(alone, "conv1_1").width == pytest.approx(2.6 * 64**0.42)
    assert volume(beside, "conv1_1").width == volume(alone, "conv1_1").width
    assert volume(beside, "conv2_1").width == pytest.approx(2.6 * 512**0.42)


def test_width_and_height_stay_inside_their_limits() -> None:
    scene = scene_of(vgg((1, 1), (1, 4096), (1, 8), (1, 8), (1, 8), (1, 8), (1, 8), side=256), zoom=1.0)
    assert volume(scene, "conv1_1").width == 5
    assert volume(scene, "conv2_1").width == 72
    assert volume(scene, "pool7").height >= 13


def test_depth_is_a_cavalier_projection_of_the_columns() -> None:
    spec = replace(STARTER, input=InputShape(1, 32, 8))
    conv = volume(scene_of(spec), "conv1_1")
    columns_height = conv.height * math.sqrt(8 / 32)
    assert conv.dx == pytest.approx(0.30 * columns_height)
    assert conv.dy == pytest.approx(0.17 * columns_height)


def test_all_volumes_stand_on_one_axis() -> None:
    scene = scene_of(STARTER)
    for v in scene.volumes:
        assert (v.y - v.dy + v.y + v.height) / 2 == pytest.approx(scene.axis)


@pytest.mark.parametrize(
    ("spec", "row"), [(VGG16, (148.0, 0.78)), (VGG19, (136.0, 0.70)), (STARTER, (172.0, 1.0))], ids=["16", "19", "32px"]
)
def test_fit_takes_the_row_of_the_table_that_the_design_found(spec: NetworkSpec, row: tuple[float, float]) -> None:
    scene = scene_of(spec)
    assert scene.fit == row
    assert scene.zoom == pytest.approx(row[0] / 172)


def test_at_the_smallest_window_the_height_allows_100_px_at_most() -> None:
    assert scene_of(STARTER, *SMALL).fit == FIT[-1]


@pytest.mark.parametrize("spec", [VGG16, VGG19, STARTER, FAILING])
@pytest.mark.parametrize("size", [WIDE, SMALL, (2000, 900), (1500, 264)])
def test_fit_leaves_the_margin_on_both_sides(spec: NetworkSpec, size: tuple[int, int]) -> None:
    scene = scene_of(spec, *size)
    assert scene.boxes[0].bounds.x >= MARGIN - 1
    assert scene.boxes[-1].bounds.right <= size[0] - MARGIN + 1.5
    assert all(v.y - v.dy >= 0 and v.y + v.height <= size[1] for v in scene.volumes)


@pytest.mark.parametrize("spec", [VGG16, VGG19, STARTER, FAILING, LONG])
@pytest.mark.parametrize("size", [WIDE, SMALL])
def test_labels_are_inside_and_do_not_overlap(spec: NetworkSpec, size: tuple[int, int]) -> None:
    scene = scene_of(spec, *size)
    boxes = [label.box for label in scene.labels] + [glyph.box for glyph in scene.glyphs]
    assert all(box.x >= 0 and box.right <= scene.width and box.bottom <= scene.height for box in boxes)
    for index, box in enumerate(boxes):
        assert not any(overlap(box, other) for other in boxes[index + 1 :])


@pytest.mark.parametrize("spec", [VGG16, VGG19, STARTER])
def test_every_label_is_whole_in_a_window_of_1440(spec: NetworkSpec) -> None:
    scene = scene_of(spec)
    assert {box.level for box in scene.boxes} == {"full"}
    assert "Receptive field" in {label.text for label in scene.labels}


def test_the_words_below_a_block_are_those_of_the_paper() -> None:
    texts = [label.text for label in scene_of(VGG16).labels if label.part == "block3"]
    assert texts == ["Block 3", "3 × conv3-256", "56² → 28²", "44 px"]


def test_a_map_that_is_not_square_is_written_with_both_sides() -> None:
    scene = scene_of(replace(STARTER, input=InputShape(1, 32, 64)))
    assert "32 × 64 → 16 × 32" in [label.text for label in scene.labels]


def test_mixed_kernels_are_named_in_order() -> None:
    spec = replace(STARTER, blocks=(VGGBlock(3, 64, kernels=(3, 3, 1)),))
    assert "3 × conv3/1-64" in [label.text for label in scene_of(spec).labels]


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (Head((512, 512)), ["512 · 512 → 10", "flatten 64"]),
        (Head((), pool="global_average"), ["average → 10", "64 features"]),
        (Head((), pool="none"), ["64 → 10", "flatten 64"]),
        (Head((4096, 4096), pool="adaptive"), ["4,096 · 4,096 → 10", "7² · flatten 3,136"]),
    ],
)
def test_the_head_says_its_widths_and_what_flows_in(head: Head, words: list[str]) -> None:
    texts = [label.text for label in scene_of(replace(STARTER, head=head)).labels if label.part == "head"]
    assert texts[1:3] == words


def test_the_field_glyph_is_true_to_scale_until_the_field_is_larger_than_the_input() -> None:
    glyphs = {glyph.part: glyph for glyph in scene_of(STARTER).glyphs}
    assert glyphs["block2"].inner.width / glyphs["block2"].box.width == pytest.approx(10 / 32)
    assert not glyphs["block3"].over  # 30 of 32 px
    assert glyphs["block4"].over  # 70 px


def test_insert_handles_stand_between_all_parts() -> None:
    scene = scene_of(STARTER)
    assert [handle.gap for handle in scene.handles] == [0, 1, 2, 3, 4, 5]
    for handle, left, right in zip(scene.handles, scene.boxes, scene.boxes[1:], strict=False):
        assert left.bounds.right < handle.x < right.bounds.x


def test_a_norm_caps_its_slab_and_an_average_pool_is_dotted() -> None:
    spec = replace(STARTER, blocks=(VGGBlock(2, 32, norm="batch", pool=Pool(kind="average")),))
    scene = scene_of(spec)
    assert volume(scene, "conv1_1").capped
    assert volume(scene, "pool1").texture == "dotted"
    assert [entry.word for entry in scene.legend] == [
        "Convolution",
        "Normalisation",
        "Pooling",
        "Fully connected",
        "Classes",
    ]


def test_a_failing_network_shows_where_it_breaks_and_what_is_not_reached() -> None:
    scene = scene_of(FAILING)
    assert volume(scene, "pool5").state == "failed"
    assert volume(scene, "conv5_2").state == "whole"
    assert volume(scene, "classes").state == "unreached"
    assert scene.by_part["block5"].state == "failed"
    assert scene.lines[-1].state == "failed"
    texts = {label.part: label.text for label in scene.labels if label.role == "detail"}
    assert texts["block5"] == "1² → nothing"
    assert texts["head"] == "not reached"
    assert scene.by_part["head"].spoken.endswith("not reached")


def test_a_network_without_blocks_offers_one_handle_and_says_what_it_does() -> None:
    scene = scene_of(replace(STARTER, blocks=()))
    assert [box.part for box in scene.boxes] == ["input", "head"]
    (handle,) = scene.handles
    hint = next(label for label in scene.labels if label.role == "hint")
    assert hint.text == "Add a block"
    assert scene.handle_at(hint.x, hint.y - 3) == handle


def test_a_part_is_spoken_whole() -> None:
    assert scene_of(STARTER).by_part["block4"].spoken == (
        "Block 4, 2 convolutions, 64 channels, 4 by 4 to 2 by 2, field 70"
    )


def test_equal_blocks_fold_when_the_network_would_be_too_small() -> None:
    scene = scene_of(LONG, *SMALL)
    folded = scene.by_part["block3"]
    assert folded.members == tuple(f"block{number}" for number in range(2, 8))
    assert "× 6" in [label.text for label in scene.labels if label.role == "badge"]
    # The field below it is that of its last block, and so are the words.
    last = summarize(LONG).by_part["block7"].field_out
    assert last is not None
    assert f"field {last.size[0]}" in folded.spoken


def test_a_stage_that_was_unfolded_stays_unfolded() -> None:
    scene = scene_of(LONG, unfolded={1, 8})
    assert len([box for box in scene.boxes if box.is_block]) == 17


def test_a_stage_can_be_folded_where_all_would_fit() -> None:
    scene = scene_of(VGG16, folded={3})
    assert scene.by_part["block5"].members == ("block4", "block5")
    assert "28² → 7²" in [label.text for label in scene.labels]


def test_stages_are_runs_of_equal_blocks() -> None:
    assert stages(summarize(VGG16)) == ((0,), (1,), (2,), (3, 4))


def test_fit_stops_at_45_percent_and_the_overview_appears() -> None:
    blocks = tuple(VGGBlock(2, 16 + index, pool=NO_POOL) for index in range(40))
    scene = scene_of(replace(STARTER, blocks=blocks))
    assert scene.zoom == pytest.approx(0.45, abs=0.001)
    assert scene.width > WIDE[0]
    assert scene.overview is not None
    assert scene.overview.height == 24


@pytest.mark.parametrize("zoom", [0.01, 0.25, 0.5, 0.7, 0.93, 1.0, 2.5, 4.0, 99.0])
def test_zoom_keeps_to_its_range(zoom: float) -> None:
    assert scene_of(STARTER, zoom=zoom).zoom == pytest.approx(min(max(zoom, ZOOM_RANGE[0]), ZOOM_RANGE[1]))


def test_text_does_not_scale_with_the_picture() -> None:
    assert {label.size for label in scene_of(STARTER, zoom=4.0).labels} == {11.0, 12.0}


def test_a_click_finds_the_uppermost_layer() -> None:
    scene = scene_of(STARTER)
    pool = volume(scene, "pool1")
    found = scene.volume_at(pool.x + 2, pool.y + pool.height / 2)
    assert found is not None
    assert found.node == "pool1"
    assert scene.volume_at(2, 2) is None
    assert scene.box_at(2, 2) is None


def test_hatching_stays_inside_its_face() -> None:
    face = ((0.0, 0.0), (30.0, -17.0), (30.0, 83.0), (0.0, 100.0))
    strokes = hatching(face)
    assert len(strokes) > 15
    for x0, y0, x1, y1 in strokes:
        for x, y in ((x0, y0), (x1, y1)):
            assert -1e-6 <= x <= 30 + 1e-6
            assert -17 / 30 * x - 1e-6 <= y <= 100 - 17 / 30 * x + 1e-6


blocks = st.builds(
    VGGBlock,
    st.integers(1, 6),
    st.sampled_from([1, 3, 8, 64, 512, 4096, 1_000_000]),
    kernel=st.sampled_from([1, 3, 7]),
    padding=st.sampled_from(["same", "none"]),
    norm=st.sampled_from(["none", "batch", "lrn"]),
    pool=st.builds(Pool, st.sampled_from(["max", "average", "none"]), st.integers(1, 4), st.integers(1, 3)),
)
networks = st.builds(
    NetworkSpec,
    st.builds(InputShape, st.sampled_from([1, 3, 17]), st.integers(1, 300), st.integers(1, 300)),
    st.lists(blocks, max_size=14).map(tuple),
    st.builds(
        Head,
        st.lists(st.integers(1, 5000), max_size=4).map(tuple),
        pool=st.sampled_from(["none", "adaptive", "global_average"]),
    ),
    st.integers(1, 1000),
)


@settings(max_examples=120, deadline=None)
@given(
    networks,
    st.integers(80, 2000),
    st.integers(60, 900),
    st.one_of(st.none(), st.floats(0.25, 4.0)),
)
def test_no_network_makes_plates_overlap_or_a_number_that_is_none(
    spec: NetworkSpec, width: int, height: int, zoom: float | None
) -> None:
    scene = layout_diagram(summarize(spec), width, height, zoom=zoom)
    plates = [box.plate for box in scene.boxes]
    for left, right in pairwise(plates):
        assert left.right <= right.x + 0.01
    figures = [v for volume in scene.volumes for v in (volume.x, volume.y, volume.width, volume.height, volume.dx)]
    figures += [v for plate in plates for v in (plate.x, plate.y, plate.width, plate.height)]
    assert all(math.isfinite(figure) for figure in figures)
    assert all(plate.width > 0 and plate.height > 0 for plate in plates)


def test_128_blocks_are_laid_out() -> None:
    spec = replace(STARTER, blocks=tuple(VGGBlock(1 + index % 4, 8 + index, pool=NO_POOL) for index in range(128)))
    assert len(scene_of(spec).boxes) == 130


def test_approximate_widths_grow_with_text_and_weight() -> None:
    assert approximate_width("Block 1", 12, 600) > approximate_width("Block 1", 12, 500)
    assert approximate_width("输入", 12, 500) == 24
