"""The primitive operations that every network is made of.

An op knows its own settings and nothing about its place: input channels come from the shapes that flow in. For each op
there is one entry in the rules of shapes, costs, receptive fields and memory, in the torch builder and in the code
writers; a test lists the tables that miss one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

Pair = tuple[int, int]
"""(height, width)."""

ActivationName = Literal["relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"]
ACTIVATIONS: tuple[ActivationName, ...] = ("relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid")


@dataclass(frozen=True, slots=True)
class Op:
    """One primitive operation; `kind` is its field's standard name."""

    kind: ClassVar[str] = "Op"


@dataclass(frozen=True, slots=True)
class Input(Op):
    """The picture: `channels` × `height` × `width`."""

    channels: int
    height: int
    width: int
    kind: ClassVar[str] = "Input"


@dataclass(frozen=True, slots=True)
class Conv2d(Op):
    """A convolution. `padding` is (rows, columns) on each side, or "same" as torch pads it (odd remainder after)."""

    out_channels: int
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair | Literal["same"] = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    bias: bool = True
    kind: ClassVar[str] = "Conv2d"


@dataclass(frozen=True, slots=True)
class MaxPool2d(Op):
    """The largest value of each window; padded places never win."""

    kernel: Pair
    stride: Pair
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    ceil_mode: bool = False
    kind: ClassVar[str] = "MaxPool2d"


@dataclass(frozen=True, slots=True)
class AvgPool2d(Op):
    """The mean of each window."""

    kernel: Pair
    stride: Pair
    padding: Pair = (0, 0)
    ceil_mode: bool = False
    count_include_pad: bool = True
    kind: ClassVar[str] = "AvgPool2d"


@dataclass(frozen=True, slots=True)
class AdaptiveAvgPool2d(Op):
    """Means over windows chosen so that the output is `output_size`, whatever comes in."""

    output_size: Pair
    kind: ClassVar[str] = "AdaptiveAvgPool2d"


@dataclass(frozen=True, slots=True)
class Activation(Op):
    """An elementwise non-linearity, by torch's functional name."""

    function: ActivationName = "relu"
    kind: ClassVar[str] = "Activation"


@dataclass(frozen=True, slots=True)
class BatchNorm2d(Op):
    """Batch normalisation with a learnt scale and shift per channel."""

    eps: float = 1e-5
    momentum: float = 0.1
    kind: ClassVar[str] = "BatchNorm2d"


@dataclass(frozen=True, slots=True)
class LocalResponseNorm(Op):
    """Normalisation over `size` neighbouring channels. Source: Krizhevsky et al. 2012, 3.3.

    `alpha` is torch's: it is divided by `size`, so the paper's 1e-4 with n = 5 is 5e-4 here.
    """

    size: int = 5
    alpha: float = 5e-4
    beta: float = 0.75
    k: float = 2.0
    kind: ClassVar[str] = "LocalResponseNorm"


@dataclass(frozen=True, slots=True)
class Dropout(Op):
    """Zeroes each value with probability `p` while training."""

    p: float = 0.5
    kind: ClassVar[str] = "Dropout"


@dataclass(frozen=True, slots=True)
class Flatten(Op):
    """C × H × W becomes C·H·W."""

    kind: ClassVar[str] = "Flatten"


@dataclass(frozen=True, slots=True)
class Linear(Op):
    """A fully connected layer on a flat input."""

    out_features: int
    bias: bool = True
    kind: ClassVar[str] = "Linear"


@dataclass(frozen=True, slots=True)
class Add(Op):
    """The sum of all inputs, which have the same shape."""

    kind: ClassVar[str] = "Add"


@dataclass(frozen=True, slots=True)
class Concat(Op):
    """All inputs joined along the channels; their maps have the same size."""

    kind: ClassVar[str] = "Concat"


OPS: tuple[type[Op], ...] = (
    Input,
    Conv2d,
    MaxPool2d,
    AvgPool2d,
    AdaptiveAvgPool2d,
    Activation,
    BatchNorm2d,
    LocalResponseNorm,
    Dropout,
    Flatten,
    Linear,
    Add,
    Concat,
)
"""The whole vocabulary; the tables elsewhere are tested against it."""
