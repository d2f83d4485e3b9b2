"""How weights begin: torch's default, Xavier, He, the VGG paper's normal. Reproducible from a seed on any device."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from explorer.runs.config import InitName

Layer = nn.Conv2d | nn.Linear
_LAYERS = (nn.Conv2d, nn.Linear)


def initialise(module: nn.Module, init: InitName = "default", *, seed: int) -> None:
    """Let every convolution and linear layer of `module` begin as `init` says, drawn from `seed`; norms start afresh.

    Weights are drawn on the CPU and copied, so that a seed means the same network on every device.
    """
    generator = torch.Generator().manual_seed(seed)
    begin = INITS[init]
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, _LAYERS):
                weight = torch.empty(layer.weight.shape)
                bias = None if layer.bias is None else torch.empty(layer.bias.shape)
                begin(weight, bias, generator)
                layer.weight.copy_(weight)
                if layer.bias is not None and bias is not None:
                    layer.bias.copy_(bias)
            elif isinstance(layer, nn.BatchNorm2d):
                layer.reset_parameters()


def _default_bias(weight: Tensor, bias: Tensor | None, generator: torch.Generator) -> None:
    if bias is not None:
        bound = 1 / math.sqrt(weight[0].numel())
        bias.uniform_(-bound, bound, generator=generator)


def _default(weight: Tensor, bias: Tensor | None, generator: torch.Generator) -> None:
    """As torch's layers begin: uniform within ±1/√fan_in, a variance of 1/(3 · fan_in)."""
    nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator)
    _default_bias(weight, bias, generator)


def _xavier(weight: Tensor, bias: Tensor | None, generator: torch.Generator) -> None:
    """Xavier uniform weights and torch's own biases, as d2l does before it trains. Source: Glorot & Bengio 2010."""
    nn.init.xavier_uniform_(weight, generator=generator)
    _default_bias(weight, bias, generator)


def _he(weight: Tensor, bias: Tensor | None, generator: torch.Generator) -> None:
    """Normal of variance 2/fan_in, biases 0: conv + ReLU keep the signal's size. Source: He et al. 2015, 2.2."""
    nn.init.kaiming_normal_(weight, mode="fan_in", nonlinearity="relu", generator=generator)
    _zero(bias)


def _paper(weight: Tensor, bias: Tensor | None, generator: torch.Generator) -> None:
    """Normal of variance 0.01 (deviation 0.1), biases 0. Source: Simonyan & Zisserman 2015, 3.1."""
    nn.init.normal_(weight, std=0.1, generator=generator)
    _zero(bias)


def _zero(bias: Tensor | None) -> None:
    if bias is not None:
        bias.zero_()


INITS: Mapping[InitName, Callable[[Tensor, Tensor | None, torch.Generator], None]] = {
    "default": _default,
    "xavier": _xavier,
    "he": _he,
    "paper": _paper,
}
"""How each initialisation fills one layer's weight and bias."""
