"""PyTorch's layers, from `nn.Conv2d(...)` to the functions that a forward pass calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from explorer.arch import ops
from explorer.arch.ops import ActivationName
from explorer.importing.arguments import Arguments
from explorer.importing.steps import FlatNorm, Foreign, LayerError, Silent, Step, ZeroPad

Maker = Callable[[Arguments, int], tuple[Step, ...]]
"""Arguments and line -> the steps of one layer."""


def one(op: ops.Op, call: Arguments, line: int, takes: int | None = None) -> tuple[Step, ...]:
    """A layer of a single step."""
    return (Step(op, line, call.name, takes),)


def conv(call: Arguments, line: int, first: int = 1) -> tuple[Step, ...]:
    """`nn.Conv2d`; with `first` 0 `nn.LazyConv2d`, which does not say what flows in."""
    takes = call.whole("in_channels", 0) if first else None
    kernel = call.pair("kernel_size", first + 1)
    stride = call.pair("stride", first + 2, 1)
    dilation = call.pair("dilation", first + 4, 1)
    written = call.value("padding", first + 3, 0)
    padding: Any = written
    if written == "valid":
        padding = (0, 0)
    elif written != "same":
        padding = call.pair("padding", first + 3, 0, low=0)
    elif all(side % 2 for side in kernel):
        padding = (dilation[0] * (kernel[0] // 2), dilation[1] * (kernel[1] // 2))
    if written == "same" and stride != (1, 1):
        raise LayerError(
            f'{call.name} has padding = "same" with a step above 1, which PyTorch refuses; it is left out.'
        )
    groups = call.whole("groups", first + 5, 1)
    bias = call.truth("bias", first + 6, default=True)
    op = ops.Conv2d(call.whole("out_channels", first), kernel, stride, padding, dilation, groups, bias)
    return one(op, call, line, takes)


def max_pool(call: Arguments, line: int) -> tuple[Step, ...]:
    """`nn.MaxPool2d`; without a stride it is the window."""
    kernel, stride = _window(call)
    op = ops.MaxPool2d(
        kernel,
        stride,
        call.pair("padding", 2, 0, low=0),
        call.pair("dilation", 3, 1),
        call.truth("ceil_mode", 5, default=False),
    )
    return one(op, call, line)


def avg_pool(call: Arguments, line: int) -> tuple[Step, ...]:
    """`nn.AvgPool2d`."""
    kernel, stride = _window(call)
    padding = call.pair("padding", 2, 0, low=0)
    return one(ops.AvgPool2d(kernel, stride, padding, call.truth("ceil_mode", 3, default=False)), call, line)


def _window(call: Arguments) -> tuple[ops.Pair, ops.Pair]:
    kernel = call.pair("kernel_size", 0)
    return kernel, kernel if call.value("stride", 1, None) in (None, ()) else call.pair("stride", 1)


def adaptive(call: Arguments, line: int) -> tuple[Step, ...]:
    """`nn.AdaptiveAvgPool2d`."""
    return one(ops.AdaptiveAvgPool2d(call.pair("output_size", 0)), call, line)


def adaptive_max(call: Arguments, line: int) -> tuple[Step, ...]:
    """`nn.AdaptiveMaxPool2d`, which the head has as means only."""
    sentence = f"{call.name} keeps the largest values; the head averages instead, which has no parameters either."
    return (*adaptive(call, line), Step(Foreign(sentence), line, call.name))


def norm(call: Arguments, line: int) -> tuple[Step, ...]:
    """`nn.BatchNorm2d`."""
    takes = None if call.name.endswith("LazyBatchNorm2d") else call.whole("num_features", 0)
    shift = 0 if takes is None else 1
    return one(ops.BatchNorm2d(call.number("eps", shift, 1e-5)), call, line, takes)


def lrn(call: Arguments, line: int) -> tuple[Step, ...]:
    """`nn.LocalResponseNorm`."""
    op = ops.LocalResponseNorm(
        call.whole("size", 0),
        call.number("alpha", 1, 1e-4),
        call.number("beta", 2, 0.75),
        call.number("k", 3, 1.0),
    )
    return one(op, call, line)


def linear(call: Arguments, line: int) -> tuple[Step, ...]:
    """`nn.Linear` and `nn.LazyLinear`."""
    lazy = call.name.endswith("LazyLinear")
    takes = None if lazy else call.whole("in_features", 0)
    shift = 0 if lazy else 1
    op = ops.Linear(call.whole("out_features", shift), call.truth("bias", shift + 1, default=True))
    return one(op, call, line, takes)


def dropout(call: Arguments, line: int) -> tuple[Step, ...]:
    """`nn.Dropout`; Keras calls its share `rate`."""
    return one(ops.Dropout(call.number("p|rate", 0, 0.5)), call, line)


def activation(function: ActivationName) -> Maker:
    """A maker of the elementwise `function`."""
    return lambda call, line: one(ops.Activation(function), call, line)


def plain(op: ops.Op) -> Maker:
    """A maker of `op`, whatever the arguments."""
    return lambda call, line: one(op, call, line)


def zero_pad(call: Arguments, line: int) -> tuple[Step, ...]:
    """`nn.ZeroPad2d`: left, right, top, bottom."""
    value = call.value("padding", 0)
    sides = tuple(value) if isinstance(value, list | tuple) else (value,) * 4
    if len(sides) != 4 or not all(isinstance(side, int) and side >= 0 for side in sides):
        raise LayerError(f"{call.name} has no padding that can be read; it is left out.")
    return one(ZeroPad(sides[2], sides[3], sides[0], sides[1]), call, line)


def prelu(call: Arguments, line: int) -> tuple[Step, ...]:
    """`PReLU`, as far as a block has it."""
    sentence = f"{call.name} learns its slope, which no block has; ReLU stands in its place, without those parameters."
    return (*one(Foreign(sentence), call, line), *one(ops.Activation("relu"), call, line))


TORCH_LAYERS: Mapping[str, Maker] = {
    "Conv2d": conv,
    "LazyConv2d": lambda call, line: conv(call, line, 0),
    "MaxPool2d": max_pool,
    "AvgPool2d": avg_pool,
    "AdaptiveAvgPool2d": adaptive,
    "AdaptiveMaxPool2d": adaptive_max,
    "BatchNorm2d": norm,
    "LazyBatchNorm2d": norm,
    "BatchNorm1d": plain(FlatNorm()),
    "LazyBatchNorm1d": plain(FlatNorm()),
    "LocalResponseNorm": lrn,
    "Linear": linear,
    "LazyLinear": linear,
    "Flatten": plain(ops.Flatten()),
    "Dropout": dropout,
    "Dropout2d": dropout,
    "AlphaDropout": dropout,
    "Identity": plain(Silent()),
    "Softmax": plain(Silent()),
    "LogSoftmax": plain(Silent()),
    "ReLU": activation("relu"),
    "LeakyReLU": activation("leaky_relu"),
    "ELU": activation("elu"),
    "GELU": activation("gelu"),
    "SiLU": activation("silu"),
    "Tanh": activation("tanh"),
    "Sigmoid": activation("sigmoid"),
    "PReLU": prelu,
    "ZeroPad2d": zero_pad,
}
"""Class name -> its steps."""

TORCH_FUNCTIONS: Mapping[str, Maker] = {
    "relu": activation("relu"),
    "relu_": activation("relu"),
    "leaky_relu": activation("leaky_relu"),
    "elu": activation("elu"),
    "gelu": activation("gelu"),
    "silu": activation("silu"),
    "tanh": activation("tanh"),
    "sigmoid": activation("sigmoid"),
    "softmax": plain(Silent()),
    "log_softmax": plain(Silent()),
    "max_pool2d": max_pool,
    "avg_pool2d": avg_pool,
    "adaptive_avg_pool2d": adaptive,
    "local_response_norm": lrn,
    "dropout": dropout,
    "dropout2d": dropout,
    "flatten": plain(ops.Flatten()),
    "view": plain(ops.Flatten()),
    "reshape": plain(ops.Flatten()),
}
"""Function or tensor method -> the steps it adds; what the first argument is does not count."""

KEEPING: frozenset[str] = frozenset(
    {"contiguous", "float", "to", "cuda", "cpu", "clone", "requires_grad_", "eval", "train", "double", "half", "type"}
)
"""Methods that give back the tensor or the network as it is."""
