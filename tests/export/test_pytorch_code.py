"""The code that we write runs, and is the network that we described."""

import runpy
from dataclasses import replace
from pathlib import Path

import pytest

from explorer.analysis.summarize import summarize
from explorer.arch import ops
from explorer.arch.blocks import Pool
from explorer.arch.graph import Graph, GraphBuilder
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.errors import ExplorerError
from explorer.export import pytorch_layers as writer
from explorer.export.pytorch_code import class_name, pytorch_code

SMALL = NetworkSpec(
    InputShape(3, 20, 26),
    (
        VGGBlock(1, 8, kernel=5, norm="batch", activation="gelu"),
        VGGBlock(2, 12, kernels=(3, 1), norm="lrn", pool=Pool("average", 3, 2, ceil_mode=True)),
        VGGBlock(1, 6, padding="none", activation="leaky_relu", pool=Pool("none")),
    ),
    Head((20, 10), 0.1, "none", "tanh"),
    num_classes=7,
    name='small "net" 1',
)
VARIANTS = [
    SMALL,
    replace(SMALL, head=Head((), 0.0, "global_average"), name="global"),
    replace(SMALL, head=Head((16,), 0.5, "adaptive"), name="adaptive"),
]


@pytest.mark.torch
@pytest.mark.parametrize("spec", VARIANTS, ids=lambda spec: spec.head.pool)
def test_written_code_runs_with_the_same_shapes_and_count(spec: NetworkSpec, tmp_path: Path) -> None:
    import torch

    summary = summarize(spec)
    path = tmp_path / "network.py"
    path.write_text(pytorch_code(summary), encoding="utf-8")
    network = runpy.run_path(str(path))[class_name(spec.name)]().eval()
    assert summary.totals is not None
    assert sum(weight.numel() for weight in network.parameters()) == summary.totals.params.total
    assert network(torch.zeros(2, 3, 20, 26)).shape == (2, 7)
    weights = {name.rsplit(".", 1)[0] for name in network.state_dict()}
    assert weights == {row.node.module for row in summary.rows if row.params and row.params.total}


@pytest.mark.torch
def test_a_network_with_branches_is_written_node_by_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def branched(_: NetworkSpec) -> Graph:
        g = GraphBuilder()
        x = g.add(ops.Input(3, 20, 26), name="input", module="")
        g.begin_part("block1")
        left = g.add(ops.Conv2d(4, (1, 1)), x, name="left", module="left")
        right = g.add(ops.Conv2d(4, (3, 3), padding=(1, 1)), x, name="right", module="right")
        both = g.add(ops.Add(), left, right, name="add", module="add")
        joined = g.add(ops.Concat(), both, left, name="concat", module="concat")
        g.begin_part("head")
        flat = g.add(ops.Flatten(), joined, name="flatten", module="flatten")
        g.add(ops.Linear(7), flat, name="classes", module="classes")
        return g.build()

    monkeypatch.setattr("explorer.analysis.summarize.expand", branched)
    summary = summarize(replace(SMALL, blocks=SMALL.blocks[:1], name="branched"))
    path = tmp_path / "network.py"
    path.write_text(pytorch_code(summary), encoding="utf-8")
    network = runpy.run_path(str(path))["Branched"]()
    assert network(torch.zeros(1, 3, 20, 26)).shape == (1, 7)
    assert summary.totals is not None
    assert sum(weight.numel() for weight in network.parameters()) == summary.totals.params.total


def test_every_op_has_a_way_into_code() -> None:
    assert set(writer.MODULES) | set(writer.FUNCTIONS) | {ops.Input} == set(ops.OPS)


def test_an_impossible_network_is_not_written() -> None:
    collapsed = replace(SMALL, input=InputShape(3, 4, 4))
    with pytest.raises(ExplorerError, match="cannot be computed"):
        pytorch_code(summarize(collapsed))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("vgg11-tiny-32", "VGG11Tiny32"), ("16", "Network16"), ("我的网络", "Network"), ("none", "NoneNet")],
)
def test_a_class_name_is_a_python_name(name: str, expected: str) -> None:
    assert class_name(name) == expected
    assert class_name(name).isidentifier()
