"""Counts, multiply-adds, fields and maps that are published or known exactly.

VGG A to E: Simonyan & Zisserman 2015, torchvision's counts and GMACs. Fields: Araujo et al. 2019 and the tables
published with it. d2l's networks: "Dive into Deep Learning", chapters on AlexNet and VGG.
"""

from __future__ import annotations

import pytest

from explorer.analysis.memory import largest_batch
from explorer.analysis.receptive_field import pixels_read, unread_border
from explorer.analysis.summarize import analyse, summarize
from explorer.analysis.summary import Conditions, NetworkSummary
from explorer.arch.graph import Graph, GraphBuilder
from explorer.arch.ops import Activation, Add, Conv2d, Dropout, Flatten, Input, Linear, MaxPool2d
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock, scale_width

CHANNELS = (64, 128, 256, 512, 512)
CONVS = {
    "A": (1, 1, 2, 2, 2),
    "B": (2, 2, 2, 2, 2),
    "C": (2, 2, 3, 3, 3),
    "D": (2, 2, 3, 3, 3),
    "E": (2, 2, 4, 4, 4),
}
FLOAT = 4


def vgg(
    name: str, picture: tuple[int, int, int] = (3, 224, 224), classes: int = 1000, norm: str = "none"
) -> NetworkSpec:
    blocks = []
    for number, (num, channels) in enumerate(zip(CONVS[name], CHANNELS, strict=True)):
        kernels = (3, 3, 1) if name == "C" and number >= 2 else ()
        blocks.append(VGGBlock(num, channels, kernels=kernels, norm=norm))  # type: ignore[arg-type]
    return NetworkSpec(InputShape(*picture), tuple(blocks), num_classes=classes)


def fields(summary: NetworkSummary) -> dict[str, int]:
    found = {}
    for row in summary.rows:
        if row.node.name.startswith(("conv", "pool", "fc")):
            assert row.field is not None
            found[row.node.name] = row.field.vertical.size
    return found


@pytest.mark.parametrize(
    ("name", "params", "conv_only", "gmacs", "last_conv", "pool5", "fc6"),
    [
        ("A", 132_863_336, 9_220_480, 7.609, 134, 150, 342),
        ("B", 133_047_848, 9_404_992, 11.308, 140, 156, 348),
        ("C", 133_638_952, 9_996_096, 11.771, 140, 156, 348),
        ("D", 138_357_544, 14_714_688, 15.470, 196, 212, 404),
        ("E", 143_667_240, 20_024_384, 19.632, 252, 268, 460),
    ],
)
def test_the_papers_configurations_have_their_published_figures(
    name: str, params: int, conv_only: int, gmacs: float, last_conv: int, pool5: int, fc6: int
) -> None:
    summary = summarize(vgg(name))
    totals = summary.totals
    assert totals is not None
    assert totals.params.total == params
    assert sum(row.params.total for row in summary.rows if row.params and isinstance(row.node.op, Conv2d)) == conv_only
    assert round(totals.macs / 1e9, 3) == gmacs
    found = fields(summary)
    assert (found[f"conv5_{CONVS[name][-1]}"], found["pool5"], found["fc1"]) == (last_conv, pool5, fc6)
    assert totals.field is not None
    assert totals.head_field is not None
    assert (totals.field.size, totals.head_field.size) == ((pool5, pool5), (fc6, fc6))
    assert totals.weight_bytes == FLOAT * params


@pytest.mark.parametrize(
    ("name", "params"), [("A", 132_868_840), ("B", 133_053_736), ("D", 138_365_992), ("E", 143_678_248)]
)
def test_batch_norm_adds_two_values_per_channel_and_keeps_the_biases(name: str, params: int) -> None:
    totals = summarize(vgg(name, norm="batch")).totals
    assert totals is not None
    assert totals.params.total == params
    plain = summarize(vgg(name)).totals
    assert plain is not None
    assert totals.params.norm == params - plain.params.total
    assert totals.params.biases == plain.params.biases


# field, parameters and MACs in millions of every layer
VGG16 = {
    "conv1_1": (3, 1_792, 86.7),
    "conv1_2": (5, 36_928, 1849.7),
    "pool1": (6, 0, 0),
    "conv2_1": (10, 73_856, 924.8),
    "conv2_2": (14, 147_584, 1849.7),
    "pool2": (16, 0, 0),
    "conv3_1": (24, 295_168, 924.8),
    "conv3_2": (32, 590_080, 1849.7),
    "conv3_3": (40, 590_080, 1849.7),
    "pool3": (44, 0, 0),
    "conv4_1": (60, 1_180_160, 924.8),
    "conv4_2": (76, 2_359_808, 1849.7),
    "conv4_3": (92, 2_359_808, 1849.7),
    "pool4": (100, 0, 0),
    "conv5_1": (132, 2_359_808, 462.4),
    "conv5_2": (164, 2_359_808, 462.4),
    "conv5_3": (196, 2_359_808, 462.4),
    "pool5": (212, 0, 0),
    "fc1": (404, 102_764_544, 102.8),
    "fc2": (404, 16_781_312, 16.8),
    "classes": (404, 4_097_000, 4.1),
}


def test_vgg16_agrees_layer_by_layer() -> None:
    summary = summarize(vgg("D"))
    for name, (field, params, mmacs) in VGG16.items():
        row = summary.by_node[name]
        assert row.field is not None
        assert row.params is not None
        assert row.macs is not None
        assert (row.field.size, row.params.total, round(row.macs / 1e6, 1)) == ((field, field), params, mmacs), name
    outputs = [part.shape_out for part in summary.parts[1:-1]]
    assert outputs == [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]
    assert summary.by_node["flatten"].shape == (25_088,)


def test_vgg_a_sees_the_published_extents() -> None:
    sizes = [size for name, size in fields(summarize(vgg("A"))).items() if not name.startswith("fc")]
    assert sizes == [3, 4, 8, 10, 18, 26, 30, 46, 62, 70, 102, 134, 150]


@pytest.mark.parametrize(("name", "pixels", "padding"), [("A", 150, 59), ("D", 212, 90)])
def test_vggs_last_units_start_at_the_published_padding_with_a_stride_of_32(
    name: str, pixels: int, padding: int
) -> None:
    field = summarize(vgg(name)).by_node["pool5"].field
    assert field is not None
    assert (field.vertical.size, field.vertical.jump, field.vertical.start) == (pixels, 32, -padding)
    assert field.vertical.centre(2) == -padding + 2 * 32 + (pixels - 1) / 2


@pytest.mark.parametrize(("name", "mib"), [("A", 34.2), ("D", 57.6), ("E", 62.5)])
def test_stored_maps_of_convolutions_pools_and_linear_layers_have_the_known_size(name: str, mib: float) -> None:
    totals = summarize(vgg(name)).totals
    assert totals is not None
    assert round(totals.activation_bytes / 2**20, 1) == mib


@pytest.mark.parametrize(
    ("name", "norm", "saved"),
    [("A", "none", 32_571_780), ("D", "none", 48_562_564), ("A", "batch", 51_992_452), ("D", "batch", 83_985_796)],
)
def test_the_forecast_of_saved_bytes_equals_the_measured_figures(name: str, norm: str, saved: int) -> None:
    summary = summarize(vgg(name, (3, 64, 64), 10, norm), Conditions(batch_size=8))
    assert summary.memory is not None
    assert summary.memory.saved == saved


def test_d2ls_vgg11_has_its_counts_and_its_block_outputs() -> None:
    full = summarize(vgg("A", (1, 224, 224), 10))
    assert full.totals is not None
    assert (full.totals.params.total, round(full.totals.macs / 1e9, 3)) == (128_806_154, 7.547)
    assert [p.shape_out for p in full.parts[1:-1]] == [
        (64, 112, 112),
        (128, 56, 56),
        (256, 28, 28),
        (512, 14, 14),
        (512, 7, 7),
    ]
    assert full.by_node["flatten"].shape == (25_088,)
    small = summarize(scale_width(vgg("A", (1, 224, 224), 10), 4))
    assert small.totals is not None
    assert (small.totals.params.total, round(small.totals.macs / 1e9, 3)) == (43_093_322, 0.512)
    head = small.parts[-1].params
    assert head is not None
    assert small.totals.params.total - head.total == 576_832


def test_at_96_pixels_the_head_follows_the_real_map() -> None:
    summary = summarize(scale_width(vgg("A", (1, 96, 96), 10), 4))
    assert summary.by_node["flatten"].shape == (1_152,)
    assert summary.totals is not None
    assert summary.totals.params.total == 22_121_802


def test_at_28_pixels_the_fifth_pool_is_named_and_the_rows_before_it_stay() -> None:
    summary = summarize(vgg("A", (1, 28, 28), 10))
    assert summary.failure is not None
    assert (summary.failure.node, summary.failure.attempted) == ("pool5", (512, 0, 0))
    assert not summary.is_valid
    assert (summary.totals, summary.memory) == (None, None)
    reached = [row.node.name for row in summary.rows if row.reached]
    assert reached[-1] == "relu5_2"
    assert len(summary.rows) == len(summary.graph)
    block5, head = summary.by_part["block5"], summary.by_part["head"]
    assert (block5.complete, block5.params is not None, block5.shape_out) == (False, True, None)
    assert (head.complete, head.params, head.shape_in) == (False, None, None)


def alexnet(side: int = 224) -> Graph:
    """d2l's AlexNet: one column, one channel, ten classes."""
    g = GraphBuilder()
    x = g.add(Input(1, side, side), name="input", module="")
    plan: list[Conv2d | MaxPool2d] = [
        Conv2d(96, (11, 11), (4, 4), (1, 1)),
        MaxPool2d((3, 3), (2, 2)),
        Conv2d(256, (5, 5), padding=(2, 2)),
        MaxPool2d((3, 3), (2, 2)),
        Conv2d(384, (3, 3), padding=(1, 1)),
        Conv2d(384, (3, 3), padding=(1, 1)),
        Conv2d(256, (3, 3), padding=(1, 1)),
        MaxPool2d((3, 3), (2, 2)),
    ]
    for index, op in enumerate(plan):
        x = g.add(op, x, name=f"layer{index}", module=f"features.{index}")
        if isinstance(op, Conv2d):
            x = g.add(Activation(), x, name=f"relu{index}", module=f"features.relu{index}")
    x = g.add(Flatten(), x, name="flatten", module="flatten")
    for index, width in enumerate((4096, 4096), start=1):
        x = g.add(Linear(width), x, name=f"fc{index}", module=f"classifier.{index}")
        x = g.add(Dropout(), x, name=f"drop{index}", module=f"classifier.drop{index}")
    g.add(Linear(10), x, name="classes", module="classifier.3")
    return g.build()


def test_d2ls_alexnet_has_its_parameters_and_never_reads_the_last_six_rows_and_columns() -> None:
    graph = alexnet()
    rows, failure, _ = analyse(graph)
    assert failure is None
    assert sum(row.params.total for row in rows if row.params) == 46_764_746
    shapes = {row.node.name: row.shape for row in rows if row.shape}
    assert shapes["flatten"] == (6_400,)
    assert unread_border(graph, shapes) == (0, 0, 6, 6)
    assert pixels_read(graph, shapes, "layer7", ((0, 0), (0, 0)))[0][0] == 0


def test_vgg16_reads_every_pixel_of_a_224_picture() -> None:
    summary = summarize(vgg("D"))
    shapes = {row.node.name: row.shape for row in summary.rows if row.shape}
    assert unread_border(summary.graph, shapes) == (0, 0, 0, 0)


def test_a_244_picture_fits_the_same_head_silently_and_the_pools_say_what_they_drop() -> None:
    summary = summarize(vgg("A", (1, 244, 244), 10))
    assert [part.shape_out for part in summary.parts[1:-1]] == [
        (64, 122, 122),
        (128, 61, 61),
        (256, 30, 30),
        (512, 15, 15),
        (512, 7, 7),
    ]
    assert summary.by_node["flatten"].shape == (25_088,)
    dropped = next(finding for finding in summary.findings if finding.code == "dropped_rows")
    assert dropped.title == "pool3, pool5"
    assert dropped.message == "Both drop a last row and column: 61 × 61 becomes 30 × 30, 15 × 15 becomes 7 × 7."


def test_two_3x3_convolutions_see_as_much_as_one_5x5_with_28_percent_fewer_weights() -> None:
    picture, head = InputShape(8, 32, 32), Head(())
    pair = summarize(NetworkSpec(picture, (VGGBlock(2, 8),), head)).by_part["block1"]
    single = summarize(NetworkSpec(picture, (VGGBlock(1, 8, kernel=5),), head)).by_part["block1"]
    assert pair.field_out == single.field_out
    assert pair.params is not None
    assert single.params is not None
    assert pair.params.weights / single.params.weights == pytest.approx(18 / 25)


def test_a_million_channels_are_plain_arithmetic() -> None:
    spec = NetworkSpec(InputShape(1_000_000, 32, 32), (VGGBlock(2, 1_000_000),), Head((1_000_000,)), 1_000_000)
    totals = summarize(spec).totals
    assert totals is not None
    conv = 2 * (9 * 10**12 + 10**6)
    assert totals.params.total == conv + (256 * 10**6 * 10**6 + 10**6) + (10**12 + 10**6)


def test_a_merge_sees_what_its_widest_path_sees() -> None:
    g = GraphBuilder()
    x = g.add(Input(3, 32, 32), name="input", module="")
    wide = g.add(Conv2d(3, (5, 5), padding=(2, 2)), x, name="wide", module="wide")
    total = g.add(Add(), x, wide, name="sum", module="sum")
    g.add(Conv2d(3, (3, 3), padding=(1, 1)), total, name="after", module="after")
    rows, _, _ = analyse(g.build())
    assert [row.field.size for row in rows if row.field] == [(1, 1), (5, 5), (5, 5), (7, 7)]


def test_a_merge_that_disagrees_names_the_path_and_by_how_much() -> None:
    g = GraphBuilder()
    x = g.add(Input(3, 32, 32), name="input", module="")
    a = g.add(Conv2d(8, (1, 1)), x, name="a", module="a")
    b = g.add(Conv2d(6, (3, 3)), x, name="b", module="b")
    g.add(Add(), a, b, name="sum", module="sum")
    rows, failure, _ = analyse(g.build())
    assert failure is not None
    assert failure.node == "sum"
    assert failure.message == (
        "This merge adds maps of one size, but path 2 is 6 × 30 × 30 and the first 8 × 32 × 32:"
        " 2 channels fewer, 2 rows fewer, 2 columns fewer."
    )
    assert rows[-1].shape is None


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_the_largest_batch_fits_and_one_more_does_not(norm: str) -> None:
    spec = vgg("A", (3, 32, 32), 10, norm)
    free = 2 * 2**30
    largest = largest_batch(summarize(spec), free)
    fitting, beyond = (summarize(spec, Conditions(batch_size=n)).memory for n in (largest, largest + 1))
    assert fitting is not None
    assert beyond is not None
    assert fitting.total <= free < beyond.total


@pytest.mark.parametrize(("optimizer", "momentum", "copies"), [("sgd", True, 1), ("sgd", False, 0), ("adam", True, 2)])
def test_the_forecast_counts_the_optimizers_copies(optimizer: str, momentum: bool, copies: int) -> None:
    memory = summarize(vgg("A"), Conditions(optimizer=optimizer, momentum=momentum)).memory
    assert memory is not None
    assert memory.parameters == memory.gradients == FLOAT * 132_863_336
    assert memory.optimizer == copies * memory.parameters
