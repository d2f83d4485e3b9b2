"""The networks that torchvision has too, against torchvision itself: weights by name, shapes, multiply-adds, logits.

AlexNet of the Distill table (alexnet_v2) is another layout than torchvision's one column and is not among the presets.
"""

from __future__ import annotations

from functools import cache

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.analysis.summarize import summarize
from explorer.arch.presets import find_preset
from explorer.engine.build import Network, build
from explorer.engine.verify import measured_shapes

pytestmark = pytest.mark.torch

# ours: torchvision's
NAMES = {
    "alexnet": "alexnet",
    **{f"vgg{depth}": f"vgg{depth}" for depth in (11, 13, 16, 19)},
    **{f"vgg{depth}-bn": f"vgg{depth}_bn" for depth in (11, 13, 16, 19)},
    "googlenet": "googlenet",
    "resnet18": "resnet18",
    "resnet34": "resnet34",
    "resnet50": "resnet50",
}
LIGHT = ("googlenet", "resnet18", "resnet50")
"""Networks whose weights are filled in and run: no linear layer of 100 M parameters."""


def theirs(name: str, *, device: str = "meta") -> nn.Module:
    settings = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    with torch.device(device):
        net: nn.Module = torchvision.models.get_model(NAMES[name], weights=None, **settings)
    return net.eval()


@cache
def ours(name: str) -> Network:
    return build(find_preset(name).spec, device="meta").eval()


@pytest.mark.parametrize("name", NAMES)
def test_weights_have_torchvisions_names_and_shapes_in_torchvisions_order(name: str) -> None:
    shapes = [(key, tuple(tensor.shape)) for key, tensor in ours(name).state_dict().items()]
    expected = [(key, tuple(tensor.shape)) for key, tensor in theirs(name).state_dict().items()]
    assert sorted(shapes) == sorted(expected)
    assert [key for key, _ in shapes if "downsample" not in key] == [k for k, _ in expected if "downsample" not in k]


@pytest.mark.parametrize("name", NAMES)
def test_parameters_and_multiply_adds_are_torchvisions(name: str) -> None:
    totals = summarize(find_preset(name).spec).totals
    assert totals is not None
    net = theirs(name)
    assert totals.params.total == sum(parameter.numel() for parameter in net.parameters())
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net(torch.zeros(1, 3, 224, 224, device="meta"))
    assert totals.macs == counter.get_total_flops() // 2


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_with_weights_gives_the_shape_that_torchvisions_gives(name: str) -> None:
    shapes = {row.node.module: row.shape for row in summarize(find_preset(name).spec).rows}
    net = theirs(name)
    seen: dict[str, tuple[int, ...]] = {}
    for key, module in net.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d | nn.MaxPool2d):
            module.register_forward_hook(lambda _m, _x, y, key=key: seen.update({key: tuple(y.shape[1:])}))
    with torch.no_grad():
        net(torch.zeros(1, 3, 224, 224, device="meta"))
    assert len(seen) > 10
    assert {key: shapes[key] for key in seen} == seen


@pytest.mark.parametrize("name", LIGHT)
def test_with_torchvisions_weights_the_logits_are_torchvisions(name: str) -> None:
    torch.manual_seed(0)
    net = theirs(name, device="cpu")
    for module in net.modules():  # norms that change something
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    mine = build(find_preset(name).spec).eval()
    mine.load_state_dict(net.state_dict())
    x_NCHW = torch.randn(2, 3, 96, 96)
    with torch.no_grad():
        expected_NK, found_NK = net(x_NCHW), mine(x_NCHW)
    assert expected_NK.std() > 1e-3
    torch.testing.assert_close(found_NK, expected_NK, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["googlenet-paper", "googlenet-d2l", "resnet18-d2l", "lenet5", "zfnet", "alexnet-d2l"])
def test_networks_that_torchvision_lacks_have_torchs_shapes_and_parameters(name: str) -> None:
    summary = summarize(find_preset(name).spec)
    assert summary.totals is not None
    net = build(summary.graph)
    assert {row.node.name: row.shape for row in summary.rows} == measured_shapes(net)
    assert summary.totals.params.total == sum(parameter.numel() for parameter in net.parameters())
