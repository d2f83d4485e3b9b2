"""Parameters and multiply-adds, one rule per op.

Conventions: parameters are what torch learns (weights, biases, scale and shift of a norm; running statistics are not
learnt). MACs count convolutions and linear layers only, without their biases; 1 multiply-add = 1, FLOPs = 2 × MACs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from explorer.analysis.summary import ParamCount, Shape
from explorer.arch.ops import (
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

CostRule = Callable[[Any, Shape, Shape], tuple[ParamCount, int]]
NO_PARAMS = ParamCount()
FREE = (NO_PARAMS, 0)


def node_cost(op: Op, shape_in: Shape, shape_out: Shape) -> tuple[ParamCount, int]:
    """(parameters, MACs for one image) of `op` between two shapes; a merge's first input stands for all."""
    return COST_RULES[type(op)](op, shape_in, shape_out)


def _free(_op: Op, _shape_in: Shape, _shape_out: Shape) -> tuple[ParamCount, int]:
    return FREE


def _conv(op: Conv2d, shape_in: Shape, shape_out: Shape) -> tuple[ParamCount, int]:
    weights = op.out_channels * (shape_in[0] // op.groups) * op.kernel[0] * op.kernel[1]
    return ParamCount(weights, op.out_channels if op.bias else 0), weights * shape_out[1] * shape_out[2]


def _linear(op: Linear, shape_in: Shape, _shape_out: Shape) -> tuple[ParamCount, int]:
    weights = op.out_features * shape_in[0]
    return ParamCount(weights, op.out_features if op.bias else 0), weights


def _batch_norm(_op: BatchNorm2d, shape_in: Shape, _shape_out: Shape) -> tuple[ParamCount, int]:
    return ParamCount(norm=2 * shape_in[0]), 0


COST_RULES: Mapping[type[Op], CostRule] = {
    Input: _free,
    Conv2d: _conv,
    MaxPool2d: _free,
    AvgPool2d: _free,
    AdaptiveAvgPool2d: _free,
    Activation: _free,
    BatchNorm2d: _batch_norm,
    LocalResponseNorm: _free,
    Dropout: _free,
    Flatten: _free,
    Linear: _linear,
    Add: _free,
    Concat: _free,
}
"""Parameters and MACs of every op."""
