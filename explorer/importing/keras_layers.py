"""Keras' layers, in the spellings of its three generations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explorer.arch import ops
from explorer.arch.ops import ActivationName
from explorer.importing.arguments import Arguments
from explorer.importing.steps import Foreign, LayerError, Silent, Step, ZeroPad
from explorer.importing.torch_layers import Maker, dropout, one, plain

ACTIVATIONS: Mapping[str, ActivationName] = {
    "relu": "relu",
    "leaky_relu": "leaky_relu",
    "elu": "elu",
    "gelu": "gelu",
    "silu": "silu",
    "swish": "silu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
}
"""Keras' name -> the explorer's."""

_NOTHING = (None, "linear", "softmax", "log_softmax")
KERAS_EPS = 1e-3
"""Keras' epsilon of batch norm where the code gives none."""


def activation_steps(value: Any, call: Arguments, line: int) -> tuple[Step, ...]:
    """The step of an `activation=` argument: none for linear and softmax."""
    name = value if isinstance(value, str) or value is None else str(value).rsplit(".", 1)[-1]
    if name in _NOTHING:
        return ()
    if name not in ACTIVATIONS:
        sentence = f'The activation "{name}" is not one that blocks have; ReLU stands in its place.'
        return (Step(Foreign(sentence), line, call.name), Step(ops.Activation("relu"), line, call.name))
    return (Step(ops.Activation(ACTIVATIONS[name]), line, call.name),)


def conv(call: Arguments, line: int) -> tuple[Step, ...]:
    """`Conv2D(filters, kernel_size, strides, padding)`."""
    return _conv(call, line, call.pair("kernel_size", 1), call.pair("strides", 2, 1), call.value("padding", 3, "valid"))


def convolution_of_keras_1(call: Arguments, line: int) -> tuple[Step, ...]:
    """`Convolution2D(filters, rows, columns, border_mode=...)`; with a pair for the kernel it is `Conv2D`."""
    rows = call.value("nb_row|kernel_size", 1)
    if not isinstance(rows, int):
        return conv(call, line)
    kernel = (call.whole("nb_row|kernel_size", 1), call.whole("nb_col", 2, rows))
    padding = call.value("border_mode|padding", None, "valid")
    return _conv(call, line, kernel, call.pair("subsample|strides", None, 1), padding)


def _conv(call: Arguments, line: int, kernel: ops.Pair, stride: ops.Pair, padding: Any) -> tuple[Step, ...]:
    same = _is_same(call, padding)
    op = ops.Conv2d(
        call.whole("filters|nb_filter", 0),
        kernel,
        stride,
        (0, 0),
        call.pair("dilation_rate", 5, 1),
        call.whole("groups", 6, 1),
        call.truth("use_bias", None, default=True),
    )
    return (
        Step(op, line, call.name, same=same),
        *activation_steps(call.value("activation", None, None), call, line),
    )


def _is_same(call: Arguments, padding: Any) -> bool:
    word = padding.lower() if isinstance(padding, str) else padding
    if word not in ("same", "valid"):
        raise LayerError(f'{call.name} has padding = {word}, and Keras knows "same" and "valid"; it is left out.')
    return word == "same"


def _pool(kind: type[ops.MaxPool2d | ops.AvgPool2d]) -> Maker:
    def make(call: Arguments, line: int) -> tuple[Step, ...]:
        kernel = call.pair("pool_size", 0, 2)
        stride = kernel if call.value("strides", 1, None) is None else call.pair("strides", 1)
        same = _is_same(call, call.value("padding|border_mode", 2, "valid"))
        return (Step(kind(kernel, stride), line, call.name, same=same),)

    return make


def batch_norm(call: Arguments, line: int) -> tuple[Step, ...]:
    """`BatchNormalization`."""
    return one(ops.BatchNorm2d(call.number("epsilon", None, KERAS_EPS)), call, line)


def dense(call: Arguments, line: int) -> tuple[Step, ...]:
    """`Dense(units, activation)`."""
    op = ops.Linear(call.whole("units|output_dim", 0), call.truth("use_bias", None, default=True))
    return (Step(op, line, call.name), *activation_steps(call.value("activation", 1, None), call, line))


def activation_layer(call: Arguments, line: int) -> tuple[Step, ...]:
    """`Activation("relu")`."""
    return activation_steps(call.value("activation", 0), call, line) or one(Silent(), call, line)


def zero_padding(call: Arguments, line: int) -> tuple[Step, ...]:
    """`ZeroPadding2D(1)`, `((1, 1))` or `(((1, 1), (1, 1)))`."""
    value = call.value("padding", 0, 1)
    sides = (value, value) if isinstance(value, int) else tuple(value)
    spread = [pair for side in sides for pair in (side if isinstance(side, list | tuple) else (side, side))]
    if len(spread) != 4 or not all(isinstance(side, int) and side >= 0 for side in spread):
        raise LayerError(f"{call.name} has no padding that can be read; it is left out.")
    return one(ZeroPad(*spread), call, line)


_SILENT = (
    "Rescaling",
    "Resizing",
    "Normalization",
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomCrop",
    "RandomTranslation",
    "RandomContrast",
)

KERAS_LAYERS: Mapping[str, Maker] = {
    "Conv2D": conv,
    "Convolution2D": convolution_of_keras_1,
    "MaxPooling2D": _pool(ops.MaxPool2d),
    "MaxPool2D": _pool(ops.MaxPool2d),
    "AveragePooling2D": _pool(ops.AvgPool2d),
    "AvgPool2D": _pool(ops.AvgPool2d),
    "GlobalAveragePooling2D": plain(ops.AdaptiveAvgPool2d((1, 1))),
    "GlobalAvgPool2D": plain(ops.AdaptiveAvgPool2d((1, 1))),
    "BatchNormalization": batch_norm,
    "Dense": dense,
    "Activation": activation_layer,
    "SpatialDropout2D": dropout,
    "ZeroPadding2D": zero_padding,
    **dict.fromkeys(_SILENT, plain(Silent())),
}
"""Class name -> its steps. `Flatten`, `Dropout`, `ReLU` and their like are PyTorch's names too and stand there."""
