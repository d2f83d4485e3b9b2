"""Which tensors a deeper network takes from a shallower one."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from explorer.analysis.growth import GrowthRule, plan_growth
from explorer.analysis.tensors import tensors_of
from explorer.arch.expand import expand
from explorer.arch.lookup import resolve
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock


def vgg(*convs: int, norm: str = "none", hidden: tuple[int, ...] = (16, 16)) -> NetworkSpec:
    blocks = tuple(
        VGGBlock(count, width, norm=norm)  # type: ignore[arg-type]
        for count, width in zip(convs, (4, 8, 8), strict=False)
    )
    return NetworkSpec(InputShape(1, 16, 16), blocks, Head(hidden), 10, "vgg")


def pairs(source: NetworkSpec, target: NetworkSpec, rule: GrowthRule) -> dict[str, str]:
    """Target nodes to source tensors' notes, for weights that are copied."""
    rows = plan_growth(source, target, rule).rows
    return {
        row.node: row.note.removeprefix("from ") for row in rows if row.source_tensor and "weight" in row.target_tensor
    }


def test_the_paper_takes_the_first_four_convolutions_and_the_last_three_linear_layers() -> None:
    """Source: Simonyan & Zisserman 2015, section 3.1."""
    found = pairs(resolve("vgg11"), resolve("vgg16"), "paper")
    convs = {"conv1_1": "conv1_1", "conv2_1": "conv2_1", "conv3_1": "conv3_1", "conv3_2": "conv3_2"}
    assert found == convs | {"fc1": "fc1", "fc2": "fc2", "classes": "classes"}


def test_what_does_not_fit_by_the_papers_rule_says_both_shapes() -> None:
    rows = plan_growth(resolve("vgg11"), resolve("vgg16", num_classes=10), "paper").rows
    notes = {row.target_tensor: row.note for row in rows if row.source_tensor is None}
    assert notes["classifier.6.weight"] == "10 × 4,096 here, 1,000 × 4,096 in the source's classes"
    assert "first four convolutions" in notes["features.2.weight"]


def test_the_best_alignment_finds_every_layer_of_vgg11_in_vgg16() -> None:
    """D has all of A's layers and five more convolutions."""
    source, target = resolve("vgg11"), resolve("vgg16")
    found = pairs(source, target, "aligned")
    weighted = [tensor.node for tensor in tensors_of(expand(source)) if tensor.role == "weight"]
    assert sorted(found.values()) == sorted(weighted)
    assert found["conv3_1"] == "conv3_1"
    assert found["fc1"] == "fc1"


def test_an_alignment_keeps_the_order_of_the_layers() -> None:
    source, target = vgg(1, 2, 1), vgg(2, 3, 4)
    order = [tensor.node for tensor in tensors_of(expand(source))]
    positions = [order.index(name) for name in pairs(source, target, "aligned").values()]
    assert positions == sorted(positions)


def test_copied_and_random_add_up_to_every_number() -> None:
    target = vgg(2, 3)
    plan = plan_growth(vgg(1, 2), target, "aligned")
    assert plan.copied + plan.random == sum(math.prod(tensor.shape) for tensor in tensors_of(expand(target)))
    assert {row.target_tensor for row in plan.rows} == {tensor.name for tensor in tensors_of(expand(target))}


def test_a_norm_goes_along_with_its_convolution() -> None:
    rows = plan_growth(vgg(1, 1, norm="batch"), vgg(1, 2, norm="batch"), "aligned").rows
    sources = {row.target_tensor: row.source_tensor for row in rows}
    assert sources["features.1.running_mean"] == "features.1.running_mean"
    plain = plan_growth(vgg(1, 1), vgg(1, 2, norm="batch"), "paper").rows
    assert all(row.source_tensor is None for row in plain if row.node == "conv1_1")
    assert any("has other parts" in row.note for row in plain)


@pytest.mark.parametrize("rule", ["paper", "aligned", "all"])
def test_the_same_network_takes_everything_that_a_rule_speaks_of(rule: GrowthRule) -> None:
    spec = vgg(1, 2)
    plan = plan_growth(spec, replace(spec, name="again"), rule)
    assert plan.random == 0
    assert plan.copied == sum(math.prod(row.shape) for row in plan.rows)
    assert all(row.source_tensor == row.target_tensor for row in plan.rows)
