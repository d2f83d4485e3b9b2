"""LeNet, AlexNet, ZFNet, GoogLeNet and ResNet on narrow versions: fields against gradients, bytes, learning."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from explorer.analysis.summarize import summarize
from explorer.analysis.summary import AxisField, Conditions
from explorer.arch.blocks import ResidualStage
from explorer.arch.presets import PRESETS, find_preset
from explorer.arch.presets.preset import CLASSICS
from explorer.arch.spec import Head, InputShape, NetworkSpec, scale_width
from explorer.engine.build import build
from explorer.engine.train import train
from explorer.engine.training_form import training_form
from explorer.engine.verify import measured_saved_bytes, seen_pixels, transparent
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.events import RunEnded, StepsDone

pytestmark = pytest.mark.torch

D2L = ("lenet5", "alexnet-d2l", "googlenet-d2l", "resnet18-d2l")
ALL = (*(name for name, preset in PRESETS.items() if preset.group == CLASSICS), *D2L)
# domain.md, section 6: the field before the head
FIELDS = {
    "alexnet": 195,
    "zfnet": 171,
    "googlenet": 379,
    "googlenet-paper": 715,
    "resnet18": 435,
    "resnet34": 899,
    "resnet50": 427,
}


def narrow(name: str, side: int, *, ratio: float = 16) -> NetworkSpec:
    """The preset with its channels divided by `ratio`, for `side` × `side` pictures, a small head."""
    spec = scale_width(find_preset(name).spec, ratio)
    hidden = (16,) * len(spec.head.hidden)
    head = replace(spec.head, hidden=hidden, dropout=0.0)
    return replace(spec, input=InputShape(1, side, side), head=head, num_classes=4)


@pytest.mark.parametrize("name", FIELDS)
def test_the_field_before_the_head_is_where_the_gradient_of_one_unit_is(name: str) -> None:
    field = FIELDS[name]
    spec = narrow(name, 32 * (-(-field // 32) + 3), ratio=32)
    spec = replace(spec, head=Head((), 0.0, "global_average"))
    summary = summarize(spec)
    last = next(row for row in reversed(summary.rows) if row.node.part != "head")
    assert last.field is not None
    assert last.shape is not None
    assert last.field.size == (field, field)
    unit = last.shape[1] // 2
    seen = seen_pixels(transparent(summary.graph), last.node.name, (unit, unit))
    assert seen == (_place(last.field.vertical, unit), _place(last.field.horizontal, unit))


def _place(axis: AxisField, index: int) -> tuple[int, int]:
    first = axis.start + index * axis.jump
    return first, first + axis.size - 1


@pytest.mark.parametrize("name", ALL)
def test_the_forecast_of_a_narrow_classic_is_what_autograd_keeps(name: str) -> None:
    spec = narrow(name, 28 if name == "lenet5" else 96)
    memory = summarize(spec, Conditions(batch_size=3)).memory
    assert memory is not None
    net = build(spec)
    assert memory.saved == measured_saved_bytes(net, 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_a_narrow_classic_trains_one_epoch_on_the_built_in_pictures(name: str) -> None:
    sigmoids = name == "lenet5"
    spec = narrow(name, 28, ratio=1) if sigmoids else narrow(name, 96, ratio=8)
    config = TrainConfig(
        data=DataConfig("fashion-mnist-small", train_limit=2000 if sigmoids else 800, test_limit=100),
        optimizer="adam",
        learning_rate=5e-3 if sigmoids else 2e-3,
        schedule="constant",
        epochs=1,
        batch_size=16,
        init="xavier" if sigmoids else "he",
        precision="float32",
        device="cpu",
    )
    events = list(train(replace(spec, num_classes=10), config))
    losses = [loss for event in events if isinstance(event, StepsDone) for loss in event.losses]
    assert isinstance(events[-1], RunEnded), events[-1]
    assert sum(losses[-10:]) / 10 < 0.9 * sum(losses[:5]) / 5


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "googlenet", "googlenet-d2l"])
def test_the_form_that_trains_computes_what_the_network_computes_across_branches(name: str) -> None:
    torch.manual_seed(0)
    net = build(narrow(name, 64)).eval()
    x_NCHW = torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(training_form(net)(x_NCHW), net(x_NCHW))


def test_a_pre_activation_stage_keeps_its_input_whole_for_the_shortcut() -> None:
    # an in-place activation before the first convolution would change what the shortcut adds
    stage = ResidualStage(2, 3, order="pre", norm="none")
    spec = NetworkSpec(InputShape(3, 8, 8), (stage,), Head((), 0.0, "global_average"), 2)
    net = build(spec)
    x_NCHW = torch.randn(2, 3, 8, 8)
    before = x_NCHW.clone()
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if "conv" in name:
                parameter.zero_()
        seen: list[torch.Tensor] = []
        last = next(node for node in reversed(net.graph.nodes) if node.part == "block1")
        net.node_module(last.name).register_forward_hook(lambda _m, _x, y: seen.append(y))
        net(x_NCHW)
    assert torch.equal(x_NCHW, before)
    assert torch.equal(seen[0], before)
