"""One line of PyTorch code per operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from explorer.analysis.summary import Shape
from explorer.arch import ops
from explorer.arch.graph import Node

INDENT = "    "


def module_code(node: Node, shapes: Mapping[str, Shape | None]) -> str:
    """The code of the torch module of `node`, as in `nn.Conv2d(3, 64, kernel_size=3, padding=1)`."""
    shape = shapes[node.inputs[0]]
    assert shape is not None
    return MODULES[type(node.op)](node.op, shape)


def _pair(value: ops.Pair) -> str:
    return str(value[0]) if value[0] == value[1] else str(value)


def call(name: str, *required: object, **settings: tuple[Any, Any]) -> str:
    """`nn.Name(required, setting=value)` with the settings that differ from torch's default (value, default)."""
    return f"nn.{name}({', '.join([*map(str, required), *_settings(**settings)])})"


def _settings(**settings: tuple[Any, Any]) -> list[str]:
    return [f"{key}={value}" for key, (value, default) in settings.items() if value != default]


def conv_settings(op: ops.Conv2d) -> list[str]:
    """`kernel_size=3`, `padding=1`, ...: a convolution's settings apart from its channels and bias."""
    padding = '"same"' if op.padding == "same" else _pair(op.padding)
    return [
        f"kernel_size={_pair(op.kernel)}",
        *_settings(
            stride=(_pair(op.stride), "1"),
            padding=(padding, "0"),
            dilation=(_pair(op.dilation), "1"),
            groups=(op.groups, 1),
        ),
    ]


def _conv(op: ops.Conv2d, shape: Shape) -> str:
    return call("Conv2d", shape[0], op.out_channels, *conv_settings(op), bias=(op.bias, True))


def _max_pool(op: ops.MaxPool2d, _: Shape) -> str:
    return call(
        "MaxPool2d",
        f"kernel_size={_pair(op.kernel)}",
        f"stride={_pair(op.stride)}",
        padding=(_pair(op.padding), "0"),
        dilation=(_pair(op.dilation), "1"),
        ceil_mode=(op.ceil_mode, False),
    )


def _avg_pool(op: ops.AvgPool2d, _: Shape) -> str:
    return call(
        "AvgPool2d",
        f"kernel_size={_pair(op.kernel)}",
        f"stride={_pair(op.stride)}",
        padding=(_pair(op.padding), "0"),
        ceil_mode=(op.ceil_mode, False),
        count_include_pad=(op.count_include_pad, True),
    )


def norm_code(op: ops.BatchNorm2d | ops.LocalResponseNorm, channels: object) -> str:
    """The code of a norm over `channels`, which may be a name."""
    if isinstance(op, ops.BatchNorm2d):
        return call("BatchNorm2d", channels, eps=(op.eps, 1e-5), momentum=(op.momentum, 0.1))
    return call("LocalResponseNorm", op.size, alpha=(op.alpha, 1e-4), beta=(op.beta, 0.75), k=(op.k, 1.0))


ACTIVATION_MODULES: Mapping[ops.ActivationName, str] = {
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU()",
    "elu": "nn.ELU()",
    "gelu": "nn.GELU()",
    "silu": "nn.SiLU()",
    "tanh": "nn.Tanh()",
    "sigmoid": "nn.Sigmoid()",
}

MODULES: Mapping[type[ops.Op], Callable[[Any, Shape], str]] = {
    ops.Conv2d: _conv,
    ops.MaxPool2d: _max_pool,
    ops.AvgPool2d: _avg_pool,
    ops.AdaptiveAvgPool2d: lambda op, _: f"nn.AdaptiveAvgPool2d({_pair(op.output_size)})",
    ops.Activation: lambda op, _: ACTIVATION_MODULES[op.function],
    ops.BatchNorm2d: lambda op, shape: norm_code(op, shape[0]),
    ops.LocalResponseNorm: lambda op, shape: norm_code(op, shape[0]),
    ops.Dropout: lambda op, _: f"nn.Dropout({op.p})",
    ops.Linear: lambda op, shape: call("Linear", shape[0], op.out_features, bias=(op.bias, True)),
}
"""Op -> the code of its torch module, given the shape that flows in."""

FUNCTIONS: Mapping[type[ops.Op], Callable[[list[str]], str]] = {
    ops.Flatten: lambda inputs: f"torch.flatten({inputs[0]}, 1)",
    ops.Add: " + ".join,
    ops.Concat: lambda inputs: f"torch.cat([{', '.join(inputs)}], dim=1)",
}
"""Op -> the expression of those that need no module."""
