"""How weights begin, and what that does to a signal. Figures: own forward measurement, one seed, 16 random images."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.engine.build import Network, build
from explorer.engine.initialise import initialise
from explorer.runs.config import INITS, InitName

pytestmark = pytest.mark.torch

CONVS = {"A": (1, 1, 2, 2, 2), "D": (2, 2, 3, 3, 3)}


def _vgg(name: str, norm: bool = False) -> NetworkSpec:
    channels = (64, 128, 256, 512, 512)
    blocks = tuple(VGGBlock(n, c, norm="batch" if norm else "none") for n, c in zip(CONVS[name], channels, strict=True))
    return NetworkSpec(InputShape(3, 32, 32), blocks, Head((512, 512), dropout=0.0), 10)


def _small() -> Network:
    return build(NetworkSpec(InputShape(3, 16, 16), (VGGBlock(2, 48, norm="batch"),), Head((64,)), 10))


@pytest.mark.parametrize("init", INITS)
def test_a_seed_means_the_same_weights_whatever_was_drawn_before(init: InitName) -> None:
    first, second = _small(), _small()
    initialise(first, init, seed=7)
    torch.rand(3)
    initialise(second, init, seed=7)
    other = _small()
    initialise(other, init, seed=8)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(next(first.parameters()), next(other.parameters()))


@pytest.mark.parametrize(
    ("init", "deviation"),
    [
        ("default", lambda fan_in, fan_out: math.sqrt(1 / (3 * fan_in))),
        ("xavier", lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out))),
        ("he", lambda fan_in, fan_out: math.sqrt(2 / fan_in)),
        ("paper", lambda fan_in, fan_out: 0.1),
    ],
)
def test_every_layers_weights_have_the_deviation_that_the_initialisation_names(
    init: InitName, deviation: object
) -> None:
    net = _small()
    initialise(net, init, seed=0)
    assert callable(deviation)
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.weight.numel() > 10_000:
            area = layer.weight[0, 0].numel()
            expected = deviation(layer.weight.shape[1] * area, layer.weight.shape[0] * area)
            assert layer.weight.std().item() == pytest.approx(expected, rel=0.03)
        if isinstance(layer, nn.Conv2d | nn.Linear) and init in ("he", "paper"):
            assert layer.bias is not None
            assert not layer.bias.any()


def test_the_default_has_the_bounds_of_torchs_own_layers() -> None:
    net = _small()
    initialise(net, "default", seed=0)
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = 1 / math.sqrt(layer.weight[0].numel())
            assert layer.bias is not None
            assert layer.weight.abs().max().item() <= bound
            assert layer.bias.abs().max().item() <= bound
            assert layer.weight.abs().max().item() > 0.9 * bound


def test_norms_start_afresh() -> None:
    net = _small()
    norm = net.node_module("bn1_1")
    assert isinstance(norm, nn.BatchNorm2d)
    with torch.no_grad():
        norm.weight.fill_(3)
    net(torch.randn(4, 3, 16, 16))
    initialise(net, "default", seed=0)
    assert norm.running_mean is not None
    assert norm.num_batches_tracked is not None
    assert torch.equal(norm.weight, torch.ones_like(norm.weight))
    assert not norm.running_mean.any()
    assert int(norm.num_batches_tracked) == 0


def _spread(name: str, init: InitName) -> tuple[float, float]:
    """(deviation of the last convolution's output, spread of the logits over 16 images)."""
    net = build(_vgg(name))
    initialise(net, init, seed=0)
    seen: dict[str, Tensor] = {}
    last = f"conv5_{CONVS[name][-1]}"
    net.node_module(last).register_forward_hook(lambda _module, _inputs, output: seen.update(conv=output.clone()))
    x = torch.randn(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        logits = net.eval()(x)
    return seen["conv"].std().item(), logits.std(dim=0).mean().item()


@pytest.mark.parametrize(
    ("name", "init", "conv", "logits"),
    [
        ("A", "he", 1.9, 0.33),
        ("A", "default", 9e-3, 1.2e-5),
        ("D", "he", 0.64, 0.12),
        ("D", "default", 9e-3, 5e-8),
        ("D", "paper", None, 3.4e5),
    ],
)
def test_the_signal_that_reaches_the_logits_has_the_measured_order_of_magnitude(
    name: str, init: InitName, conv: float | None, logits: float
) -> None:
    conv_now, logits_now = _spread(name, init)
    assert logits / 8 < logits_now < logits * 8
    if conv is not None:
        assert conv / 5 < conv_now < conv * 5
