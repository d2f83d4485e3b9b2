"""Numbers of each path and unit of a block with branches."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from explorer.analysis.paths import path_summaries, unit_summaries
from explorer.analysis.summarize import summarize
from explorer.analysis.summary import ParamCount
from explorer.arch.blocks import Pool
from explorer.arch.ops import Activation, AvgPool2d, MaxPool2d
from explorer.arch.presets import find_preset
from explorer.arch.spec import NetworkSpec
from tests.arch.small_networks import small_specs

SETTINGS = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def test_the_four_paths_of_an_inception_block_are_named_and_counted() -> None:
    # Szegedy et al. 2015, table 1, inception (3a): 192 channels in; weights and biases of each path by hand
    paths = path_summaries(summarize(find_preset("googlenet-paper").spec), "block4")
    assert [path.title for path in paths] == [
        "Path 1 · 1 × 1",
        "Path 2 · 1 × 1, 3 × 3",
        "Path 3 · 1 × 1, 5 × 5",
        "Path 4 · 3 × 3 max, 1 × 1",
    ]
    assert [path.params.total if path.params else None for path in paths] == [
        192 * 64 + 64,
        (192 * 96 + 96) + (9 * 96 * 128 + 128),
        (192 * 16 + 16) + (25 * 16 * 32 + 32),
        192 * 32 + 32,
    ]
    assert [path.shape_out for path in paths] == [(64, 28, 28), (128, 28, 28), (32, 28, 28), (32, 28, 28)]
    assert {path.shape_in for path in paths} == {(192, 28, 28)}
    assert paths[0].macs == 192 * 64 * 28 * 28


def test_a_stage_has_a_unit_for_each_sum_and_tells_an_identity_from_a_projection() -> None:
    units = unit_summaries(summarize(find_preset("resnet18").spec), "block3")
    assert [unit.title for unit in units] == ["Unit 1", "Unit 2"]
    assert [[path.title for path in unit.paths] for unit in units] == [
        ["Path 1 · 3 × 3, 3 × 3", "Shortcut · 1 × 1"],
        ["Path 1 · 3 × 3, 3 × 3", "Shortcut · identity"],
    ]
    assert [path.params.total if path.params else None for path in units[1].paths] == [2 * (9 * 128 * 128 + 2 * 128), 0]
    assert units[1].paths[1].shape_out == units[1].paths[1].shape_in == (128, 28, 28)


def test_a_block_without_branches_has_none() -> None:
    assert unit_summaries(summarize(find_preset("vgg11").spec), "block1") == ()


def test_the_field_after_a_merge_is_the_largest_over_its_paths() -> None:
    summary = summarize(find_preset("resnet50").spec)
    for part in ("block2", "block3", "block4", "block5"):
        for unit in unit_summaries(summary, part):
            fields = [path.field_out.size for path in unit.paths if path.field_out is not None]
            assert unit.field_out is not None
            assert unit.field_out.size == max(fields)


def test_paths_that_were_not_reached_have_no_numbers_not_even_zero() -> None:
    spec = find_preset("resnet18-d2l").spec
    stem = replace(spec.blocks[0], pool=Pool("max", 99, 2))
    summary = summarize(spec.with_block(0, stem))
    assert summary.failure is not None
    paths = path_summaries(summary, "block2")
    assert [path.words for path in paths] == ["3 × 3, 3 × 3", "identity"] * 2
    assert {(path.params, path.macs, path.shape_out) for path in paths} == {(None, None, None)}


@SETTINGS
@given(small_specs())
def test_paths_and_units_add_up_to_their_block(spec: NetworkSpec) -> None:
    summary = summarize(spec)
    for part in summary.parts:
        units = unit_summaries(summary, part.part)
        for unit in units:
            if unit.params is not None:
                assert unit.params == sum((path.params for path in unit.paths if path.params), ParamCount())
                assert unit.macs == sum(path.macs or 0 for path in unit.paths)
            else:
                assert all(path.params is None and path.macs is None for path in unit.paths)
        if units and part.params is not None:
            assert sum((unit.params for unit in units if unit.params), ParamCount()) == part.params
            assert sum(unit.macs or 0 for unit in units) == part.macs
            inside = {row.node.name for unit in units for row in unit.rows}
            outside = [row.node.op for row in part.rows if row.node.name not in inside]
            assert all(isinstance(op, MaxPool2d | AvgPool2d) for op in outside)
            assert not any(
                isinstance(unit.rows[0].node.op, Activation) and not unit.rows[0].node.path for unit in units
            )
