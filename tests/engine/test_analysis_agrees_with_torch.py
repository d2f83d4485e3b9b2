"""The analysis against torch itself, on random networks: shapes, parameters, MACs, fields, bytes kept for backward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from explorer.analysis.costs import COST_RULES
from explorer.analysis.half_memory import kept_in_half
from explorer.analysis.memory import KEEP_RULES, loss_bytes
from explorer.analysis.receptive_field import FIELD_RULES, pixels_read, unread_border
from explorer.analysis.shapes import SHAPE_RULES, ShapeError, output_shape
from explorer.analysis.summarize import analyse, summarize
from explorer.analysis.summary import AxisField, Conditions
from explorer.arch.blocks import Pool, VGGBlock
from explorer.arch.graph import Graph, GraphBuilder, Node
from explorer.arch.ops import (
    ACTIVATIONS,
    OPS,
    Activation,
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Dropout,
    Flatten,
    Input,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Op,
)
from explorer.arch.spec import NetworkSpec
from explorer.engine.build import ACTIVATION_MODULES, MODULES, build
from explorer.engine.training_form import training_form
from explorer.engine.verify import (
    measured_macs,
    measured_params,
    measured_saved_bytes,
    measured_shapes,
    seen_pixels,
    transparent,
)
from tests.arch.small_networks import small_specs, small_vggs

pytestmark = [
    pytest.mark.torch,
    # torch says once that it pads even "same" kernels by copying; the forecast counts that copy
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning"),
    # torch rightly finds batches of a single value strange; the shapes are still asked for
    pytest.mark.filterwarnings("ignore:Initializing zero-element tensors:UserWarning"),
]
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

specs = small_specs()
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
small_pairs = st.tuples(st.integers(0, 2), st.integers(0, 2))
windows = st.one_of(
    st.builds(Conv2d, st.sampled_from((2, 4)), pairs, pairs, small_pairs, pairs, bias=st.booleans()),
    st.builds(Conv2d, st.sampled_from((2, 4)), pairs, padding=st.just("same"), dilation=pairs),
    st.builds(MaxPool2d, pairs, pairs, small_pairs, pairs, st.booleans()),
    st.builds(AvgPool2d, pairs, pairs, small_pairs, st.booleans(), st.booleans()),
)
plain = st.one_of(
    st.builds(Activation, st.sampled_from(ACTIVATIONS)),
    st.just(BatchNorm2d()),
    st.just(LocalResponseNorm(size=3)),
    st.just(Dropout(0.5)),
    st.just(Dropout(0.0)),
    st.builds(AdaptiveAvgPool2d, pairs),
)


class Grower:
    """Appends ops to a graph as long as they can be computed."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        self.g = GraphBuilder()
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.input = self.add(Input(channels, height, width))

    def add(self, op: Op, *inputs: Node) -> Node:
        shape = output_shape(op, [self.shapes[node.name] for node in inputs])
        name = f"n{len(self.shapes)}"
        node = self.g.add(op, *inputs, name=name, module=f"layers.{name}")
        self.shapes[name] = shape
        return node

    def try_add(self, op: Op, *inputs: Node) -> Node:
        try:
            return self.add(op, *inputs)
        except ShapeError:
            return inputs[0]


@st.composite
def graphs(draw: st.DrawFn, *, low: int = 1, high: int = 24, elementwise: bool = True) -> Graph:
    """A trunk of random ops, some of whose places are split into paths that are added or joined again."""
    grower = Grower(draw(st.sampled_from((1, 2, 4))), draw(st.integers(low, high)), draw(st.integers(low, high)))
    x = grower.input
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(("window", "window", "plain", "split", "groups")))
        if kind == "window":
            x = grower.try_add(draw(windows), x)
        elif kind == "plain" and elementwise:
            x = grower.try_add(draw(plain), x)
        elif kind == "groups":
            channels = grower.shapes[x.name][0]
            x = grower.try_add(Conv2d(2 * channels, draw(pairs), groups=channels), x)
        elif kind == "split":
            x = _split(draw, grower, x)
    if x is grower.input:
        x = grower.add(Conv2d(2, (1, 1)), x)
    if draw(st.booleans()):
        x = grower.add(Flatten(), x)
        x = grower.add(Linear(draw(st.integers(1, 4)), bias=draw(st.booleans())), x)
    return grower.g.build()


def _split(draw: st.DrawFn, grower: Grower, x: Node) -> Node:
    stride = draw(pairs)
    ends = []
    for _ in range(draw(st.integers(1, 3))):
        half = draw(st.integers(0, 2))
        conv = Conv2d(4, (2 * half + 1, 1), stride, (half, 0), bias=draw(st.booleans()))
        y = grower.try_add(conv, x)
        if draw(st.booleans()):
            y = grower.add(Activation(draw(st.sampled_from(ACTIVATIONS))), y)
        ends.append(y)
    if draw(st.booleans()):
        ends.append(x)
    return grower.try_add(draw(st.sampled_from((Add(), Concat()))), *ends)


def test_every_op_has_an_entry_in_every_table() -> None:
    tables = {
        "shapes": SHAPE_RULES,
        "costs": COST_RULES,
        "fields": FIELD_RULES,
        "memory": KEEP_RULES,
        "modules": MODULES,
    }
    missing = [f"{op.__name__} in {name}" for name, table in tables.items() for op in OPS if op not in table]
    assert missing == []
    assert set(ACTIVATION_MODULES) == set(ACTIVATIONS)


@SETTINGS
@given(specs)
def test_a_network_has_torchs_shapes_parameters_and_macs_or_fails_where_torch_fails(spec: NetworkSpec) -> None:
    summary = summarize(spec)
    if summary.totals is None:
        return
    net = build(spec)
    assert {row.node.name: row.shape for row in summary.rows} == measured_shapes(net)
    assert {row.node.name: row.params.total for row in summary.rows if row.params} == measured_params(net)
    assert summary.totals.params.total == sum(p.numel() for p in net.parameters())
    assert summary.totals.macs == measured_macs(net)


@SETTINGS
@given(graphs())
def test_a_graph_with_branches_has_torchs_shapes_parameters_and_macs(graph: Graph) -> None:
    rows, failure, _ = analyse(graph)
    net = build(graph)
    assert failure is None
    assert {row.node.name: row.shape for row in rows} == measured_shapes(net)
    assert {row.node.name: row.params.total for row in rows if row.params} == measured_params(net)
    assert sum(row.macs or 0 for row in rows) == measured_macs(net)


@settings(max_examples=400, deadline=None)
@given(windows, st.integers(1, 9), st.integers(1, 9))
def test_a_window_is_refused_exactly_where_torch_refuses_it(op: Op, height: int, width: int) -> None:
    x, in_place = torch.zeros(1, 4, height, width), False
    try:
        theirs: tuple[int, ...] | None = tuple(MODULES[type(op)](op, (4, height, width), in_place)(x).shape[1:])
    except (RuntimeError, ValueError):
        theirs = None
    try:
        ours: tuple[int, ...] | None = output_shape(op, [(4, height, width)])
    except ShapeError:
        ours = None
    assert ours == theirs


@SETTINGS
@given(specs, st.integers(2, 4))
def test_a_networks_saved_bytes_are_those_of_the_saved_tensor_hooks(spec: NetworkSpec, batch_size: int) -> None:
    summary = summarize(spec, Conditions(batch_size=batch_size))
    assume(summary.memory is not None)
    assert summary.memory is not None
    assert summary.memory.saved == measured_saved_bytes(build(spec), batch_size)


@SETTINGS
@given(specs, st.integers(2, 4))
def test_a_networks_saved_bytes_in_bf16_are_those_of_the_saved_tensor_hooks(spec: NetworkSpec, batch_size: int) -> None:
    memory = summarize(spec, Conditions(batch_size=batch_size, precision="bf16")).training_memory
    assume(memory is not None)
    assert memory is not None
    measured = measured_saved_bytes(build(spec), batch_size, dtype=torch.bfloat16)
    assert memory.saved + memory.weight_copies == measured


@SETTINGS
@given(graphs())
def test_a_graphs_saved_bytes_in_bf16_are_those_of_the_saved_tensor_hooks(graph: Graph) -> None:
    rows, _, _ = analyse(graph)
    last = rows[-1].shape
    assume(last is not None and len(last) == 1)
    assert last is not None
    kept = kept_in_half(graph, rows)
    expected = 2 * kept.per_image + kept.per_batch + kept.weight_copies + loss_bytes(last[0], 2)
    assert expected == measured_saved_bytes(build(graph), 2, dtype=torch.bfloat16)


@SETTINGS
@given(graphs())
def test_a_graphs_saved_bytes_are_those_of_the_saved_tensor_hooks(graph: Graph) -> None:
    rows, _, per_batch = analyse(graph)
    last = rows[-1].shape
    assume(last is not None and len(last) == 1)
    assert last is not None
    saved = sum(row.saved_bytes or 0 for row in rows)
    loss = 2 * (4 * last[0] + 8) + 4
    assert 2 * (saved - per_batch) + per_batch + loss == measured_saved_bytes(build(graph), 2)


@SETTINGS
@given(specs, st.lists(small_vggs(5), max_size=3))
def test_the_form_that_trains_keeps_what_the_forecast_says(spec: NetworkSpec, vggs: list[VGGBlock]) -> None:
    # Where the pool after a rising activation is a maximum, training swaps the two; the bytes stay the same as long as
    # another layer with weights, not dropout, reads the pool's output.
    spec = replace(
        spec,
        blocks=tuple(replace(block, norm="none", activation="relu", pool=Pool()) for block in vggs),
        head=replace(spec.head, pool="none", dropout_first=False),
    )
    summary = summarize(spec, Conditions(batch_size=2))
    assume(summary.memory is not None)
    assert summary.memory is not None
    net = build(spec)
    assert summary.memory.saved == measured_saved_bytes(net, 2, form=training_form(net))
    # In channels_last, flattening a map that is larger than 1 × 1 copies it once.
    flat = summary.by_node["flatten"].activation_bytes
    assert flat is not None
    net.to(memory_format=torch.channels_last)
    copied = measured_saved_bytes(net, 2, form=training_form(net)) - summary.memory.saved
    assert copied in (0, 2 * flat)


def _units(size: int) -> Sequence[int]:
    return sorted({0, size // 2, size - 1})


@SETTINGS
@given(graphs(elementwise=False))
def test_a_unit_depends_on_exactly_the_pixels_that_its_gradient_reaches(graph: Graph) -> None:
    rows, _, _ = analyse(graph)
    shapes = {row.node.name: row.shape for row in rows if row.shape is not None}
    net = transparent(graph)
    name = graph.output.name
    shape = shapes[name]
    if len(shape) == 1:
        assert pixels_read(graph, shapes, name, ((0, 0), (0, 0))) == seen_pixels(net, name)
        return
    for unit in {(r, c) for r in _units(shape[1]) for c in _units(shape[2])}:
        read = pixels_read(graph, shapes, name, ((unit[0],) * 2, (unit[1],) * 2))
        seen = seen_pixels(net, name, unit)
        if -1 in {read[0][1], read[1][1], seen[0][1], seen[1][1]}:
            assert -1 in {seen[0][1], seen[1][1]}
        else:
            assert read == seen


@SETTINGS
@given(graphs(elementwise=False))
def test_no_output_depends_on_the_unread_border(graph: Graph) -> None:
    rows, _, _ = analyse(graph)
    shapes = {row.node.name: row.shape for row in rows if row.shape is not None}
    (top, bottom), (left, right) = seen_pixels(transparent(graph), graph.output.name)
    assume(bottom >= 0 and right >= 0)
    _, height, width = shapes[graph.nodes[0].name]
    assert unread_border(graph, shapes) == (top, left, height - 1 - bottom, width - 1 - right)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs(low=64, high=80, elementwise=False))
def test_the_field_of_a_unit_inside_the_picture_is_where_its_gradient_is(graph: Graph) -> None:
    rows, _, _ = analyse(graph)
    net = transparent(graph)
    checked = 0
    for row in rows[1:]:
        if row.field is None or row.shape is None or len(row.shape) != 3:
            continue
        unit = (row.shape[1] // 2, row.shape[2] // 2)
        places = [
            _place(axis, index) for axis, index in zip((row.field.vertical, row.field.horizontal), unit, strict=True)
        ]
        inside = [first >= 24 and last < 64 - 24 for first, last in places]
        if all(inside):
            assert seen_pixels(net, row.node.name, unit) == tuple(places)
            checked += 1
    assume(checked > 0)


def _place(axis: AxisField, index: int) -> tuple[int, int]:
    first = axis.start + index * axis.jump
    return first, first + axis.size - 1
