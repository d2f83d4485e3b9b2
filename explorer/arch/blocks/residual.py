"""Residual units: what goes through some convolutions is added to what came in.

Source: He et al. 2016, "Deep Residual Learning for Image Recognition", sections 3.3 and 4.1; pre-activation: He et al.
2016, "Identity Mappings in Deep Residual Networks", figure 1 (b). The stride of a bottleneck is on its 3×3, as in
torchvision.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from explorer.arch.blocks.parts import NO_POOL, BlockEdits, Pool, append_pool, check_truth
from explorer.arch.graph import GraphBuilder, Node
from explorer.arch.limits import MAX_CHANNELS, MAX_STRIDE, MAX_UNITS, choice, whole
from explorer.arch.ops import ACTIVATIONS, Activation, ActivationName, Add, BatchNorm2d, Conv2d
from explorer.errors import SpecError

UnitKind = Literal["basic", "bottleneck"]
Order = Literal["post", "pre"]
Shortcut = Literal["auto", "always"]
UNIT_KINDS: tuple[UnitKind, ...] = ("basic", "bottleneck")
ORDERS: tuple[Order, ...] = ("post", "pre")
SHORTCUTS: tuple[Shortcut, ...] = ("auto", "always")
NARROWING = 4
"""How many times narrower the inside of a bottleneck is than its output."""


@dataclass(frozen=True, slots=True)
class ResidualStage(BlockEdits):
    """`num_units` residual units of `out_channels`; the first has the `stride`, and a 1×1 shortcut where it must.

    "basic" is 3×3, 3×3; "bottleneck" is 1×1, 3×3, 1×1, four times narrower inside. `shortcut` "auto" projects where
    the shape changes, "always" in the first unit in any case. `order` "pre" puts norm and activation before each
    convolution. `shortcut_norm` gives the projection its own norm.
    """

    title: ClassVar[str] = "Residual stage"
    count_noun: ClassVar[str] = "residual unit"
    max_count: ClassVar[int] = MAX_UNITS

    num_units: int
    out_channels: int
    unit: UnitKind = "basic"
    stride: int = 1
    shortcut: Shortcut = "auto"
    shortcut_norm: bool = True
    order: Order = "post"
    norm: Literal["none", "batch"] = "batch"
    bias: bool = False
    activation: ActivationName = "relu"
    pool: Pool = NO_POOL

    def check(self, path: str) -> None:
        """Raise SpecError where a field cannot be."""
        whole(self.num_units, 1, MAX_UNITS, f"{path}.num_units", "A number of residual units")
        whole(self.out_channels, 1, MAX_CHANNELS, f"{path}.out_channels", "A channel count")
        choice(self.unit, UNIT_KINDS, f"{path}.unit", "A residual unit")
        if self.unit == "bottleneck" and self.out_channels % NARROWING:
            message = f"A bottleneck's channels divide by {NARROWING}, and these are {self.out_channels:,}."
            raise SpecError(message, path=f"{path}.out_channels")
        whole(self.stride, 1, MAX_STRIDE, f"{path}.stride", "A step")
        choice(self.shortcut, SHORTCUTS, f"{path}.shortcut", "A shortcut")
        choice(self.order, ORDERS, f"{path}.order", "The order")
        choice(self.norm, ("none", "batch"), f"{path}.norm", "Normalisation")
        check_truth(self.shortcut_norm, f"{path}.shortcut_norm", "The shortcut's norm")
        check_truth(self.bias, f"{path}.bias", "A bias")
        choice(self.activation, ACTIVATIONS, f"{path}.activation", "An activation")
        self.pool.check(f"{path}.pool")

    @property
    def count(self) -> int:
        """The number of residual units."""
        return self.num_units

    @property
    def channel_step(self) -> int:
        """A bottleneck's channels divide by four."""
        return NARROWING if self.unit == "bottleneck" else 1

    def with_count(self, count: int) -> ResidualStage:
        """This stage with `count` units."""
        return replace(self, num_units=count)

    def expand(self, g: GraphBuilder, x: Node, number: int) -> Node:
        """Append this stage, the `number`-th block of the network (from 1), after `x`; return its last node."""
        root = g.stage_module()
        for index in range(self.num_units):
            x = _Unit(g, self, f"{number}_{index + 1}", f"{root}.{index}").expand(x, is_first=index == 0)
        return append_pool(g, x, self.pool, name=f"pool{number}")

    def convs(self, *, stride: int) -> tuple[Conv2d, ...]:
        """The convolutions of one unit in order."""
        three = ((3, 3), (stride, stride), (1, 1))
        if self.unit == "basic":
            first = Conv2d(self.out_channels, *three, bias=self.bias)
            return first, Conv2d(self.out_channels, (3, 3), padding=(1, 1), bias=self.bias)
        width = self.out_channels // NARROWING
        return (
            Conv2d(width, (1, 1), bias=self.bias),
            Conv2d(width, *three, bias=self.bias),
            Conv2d(self.out_channels, (1, 1), bias=self.bias),
        )


class _Unit:
    """One residual unit being appended: path 1 computes, path 2 is the shortcut, the sum is on the trunk again."""

    def __init__(self, g: GraphBuilder, stage: ResidualStage, label: str, root: str) -> None:
        self._g = g
        self._stage = stage
        self._label = label
        self._root = root

    def expand(self, x: Node, *, is_first: bool) -> Node:
        stage, g = self._stage, self._g
        stride = stage.stride if is_first else 1
        convs = stage.convs(stride=stride)
        changes = stride != 1 or g.channels(x) != stage.out_channels
        projects = changes or (is_first and stage.shortcut == "always")
        g.begin_path(1)
        y = x
        for index, conv in enumerate(convs, start=1):
            y = self._pre(y, index) if stage.order == "pre" else y
            y = g.add(conv, y, name=f"conv{self._label}_{index}", module=f"{self._root}.conv{index}")
            y = self._post(y, index, is_last=index == len(convs)) if stage.order == "post" else y
        g.begin_path(2)
        shortcut = self._project(x, stride) if projects else x
        g.begin_path(0)
        total = g.add(Add(), y, shortcut, name=f"add{self._label}", module=f"{self._root}.add")
        return self._activation(total, "", "relu") if stage.order == "post" else total

    def _pre(self, y: Node, index: int) -> Node:
        y = self._norm(y, f"_{index}", f"bn{index}")
        return self._activation(y, f"_{index}", f"relu{index}")

    def _post(self, y: Node, index: int, *, is_last: bool) -> Node:
        y = self._norm(y, f"_{index}", f"bn{index}")
        return y if is_last else self._activation(y, f"_{index}", f"relu{index}")

    def _project(self, x: Node, stride: int) -> Node:
        conv = Conv2d(self._stage.out_channels, (1, 1), (stride, stride), bias=self._stage.bias)
        x = self._g.add(conv, x, name=f"conv{self._label}_shortcut", module=f"{self._root}.downsample.0")
        return self._norm(x, "_shortcut", "downsample.1") if self._stage.shortcut_norm else x

    def _norm(self, x: Node, label: str, module: str) -> Node:
        if self._stage.norm == "none":
            return x
        return self._g.add(BatchNorm2d(), x, name=f"bn{self._label}{label}", module=f"{self._root}.{module}")

    def _activation(self, x: Node, label: str, module: str) -> Node:
        function = self._stage.activation
        name = f"{function}{self._label}{label}"
        return self._g.add(Activation(function), x, name=name, module=f"{self._root}.{module}")
