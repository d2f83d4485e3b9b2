"""The layer table of networks with branches: sums per unit and path, nothing left out, nothing counted twice."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from explorer import units
from explorer.analysis.summarize import summarize
from explorer.arch.blocks import ConvBlock, InceptionBlock, ResidualStage, VGGBlock
from explorer.arch.blocks import Path as Way
from explorer.arch.presets import find_preset
from explorer.arch.spec import NetworkSpec
from explorer.export.layer_table import block_words, layer_table
from explorer.export.network_json import network_json
from tests.arch.small_networks import small_specs


def names(preset: str, first: str, last: str) -> list[str]:
    rows = [row.cells[0] for row in layer_table(summarize(find_preset(preset).spec)).rows]
    return rows[rows.index(first) : rows.index(last)]


def test_the_rows_of_an_inception_block_stand_under_their_paths() -> None:
    assert names("googlenet-d2l", "Block 4", "Block 5") == [
        "Block 4",
        *["Path 1 · 1 × 1", "conv4_p1", "relu4_p1"],
        *["Path 2 · 1 × 1, 3 × 3", "conv4_p2_reduce", "relu4_p2_reduce", "conv4_p2", "relu4_p2"],
        *["Path 3 · 1 × 1, 5 × 5", "conv4_p3_reduce", "relu4_p3_reduce", "conv4_p3", "relu4_p3"],
        *["Path 4 · 3 × 3 max, 1 × 1", "pool4_p4", "conv4_p4", "relu4_p4"],
        "join4",
    ]


def test_the_rows_of_a_stage_stand_under_their_units_and_an_identity_has_a_line() -> None:
    assert names("resnet18", "Block 2", "Block 3")[:10] == [
        "Block 2",
        "Unit 1",
        *["conv2_1_1", "bn2_1_1", "relu2_1_1", "conv2_1_2", "bn2_1_2"],
        "Shortcut · identity",
        *["add2_1", "relu2_1"],
    ]


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (VGGBlock(1, 8), "VGG block, 1 convolution"),
        (ConvBlock(8), "Convolution"),
        (InceptionBlock((Way("conv", 8), Way("max", 8))), "Inception block, 2 paths"),
        (ResidualStage(3, 8, "bottleneck"), "Residual stage, 3 bottleneck units"),
    ],
)
def test_a_block_says_what_it_is(block: VGGBlock, words: str) -> None:
    assert block_words(block) == words


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(small_specs())
def test_every_node_stands_in_the_table_once_and_the_sums_are_those_of_the_blocks(spec: NetworkSpec) -> None:
    summary = summarize(spec)
    rows = layer_table(summary).rows
    nodes = [row.cells[0] for row in rows if row.cells[0] in summary.by_node]
    assert nodes == [row.node.name for row in summary.rows]
    blocks = [row.cells[3] for row in rows if row.strong and row.cells[0].startswith("Block")]
    expected = [part.params.total if part.params else None for part in summary.parts[1:-1]]
    assert blocks == [units.exact(count) for count in expected]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(small_specs())
def test_the_paths_in_json_add_up_to_their_block(spec: NetworkSpec) -> None:
    summary = summarize(spec)
    data = network_json(summary)
    assert [block["name"] for block in data["blocks"]] == [part.part for part in summary.parts[1:-1]]
    for block in data["blocks"]:
        paths = [path for unit in block["units"] for path in unit["paths"]]
        if paths and summary.is_valid:
            assert sum(path["macs"] for path in paths) == block["macs"]
            assert sum(path["parameters"]["total"] for path in paths) == block["parameters"]["total"]
