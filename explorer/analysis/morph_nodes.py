"""What each node of an edited network has to be so that the network computes what it did: a pass over the graph.

For each node of the new graph the pass knows which value of the old network it reproduces, and which of its channels
is a copy of which. Sources: Chen, Goodfellow, Shlens 2016, "Net2Net", sections 2.2 and 2.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from explorer import units
from explorer.analysis.correspondence import Correspondence
from explorer.analysis.summary import Shape
from explorer.arch.graph import Graph, Node
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

Channels = tuple[int, ...]
"""For each channel after the edit the channel before it that it equals."""
Role = Literal["copied", "identity", "zeroed", "chance"]
_KEEP_SIGN = {"relu", "leaky_relu", "elu"}
"""Activations that change nothing that is not negative."""
_NOT_NEGATIVE = {"relu", "sigmoid"}


class CannotKeepError(Exception):
    """The function cannot be kept; the message says at which layer and why."""


@dataclass(frozen=True, slots=True)
class Value:
    """What flows out of a new node: the old value `source` with its channels repeated.

    `spread` is how many numbers in a row belong to one channel (the map's size, behind a flatten).
    """

    source: str
    channels: Channels
    not_negative: bool = False
    spread: int = 1


@dataclass(frozen=True, slots=True)
class NodeMorph:
    """How the tensors of one new node begin.

    "copied" from `source` with channels repeated as `inputs` and `outputs` say; "identity" hands its input on;
    "zeroed" gives 0; "chance" begins as any new layer. `spread` is that of the input.
    """

    node: str
    role: Role
    source: str | None = None
    inputs: Channels = ()
    outputs: Channels = ()
    spread: int = 1

    @property
    def widens(self) -> bool:
        """Whether channels come in or go out more than once."""
        return len(set(self.inputs)) < len(self.inputs) or len(set(self.outputs)) < len(self.outputs)


class MorphPass:
    """Goes once over the new graph; `nodes` then says how each node with tensors begins.

    Raises CannotKeepError at the first node that cannot keep the function.
    """

    def __init__(
        self, old: Graph, new: Graph, shapes: tuple[Mapping[str, Shape], Mapping[str, Shape]], pairs: Correspondence
    ) -> None:
        self._old, self._new = old, new
        self._old_shapes, self._new_shapes = shapes
        self._pairs = pairs.nodes
        self._values: dict[str, Value | None] = {}
        self.nodes: dict[str, NodeMorph] = {}

    def run(self) -> dict[str, NodeMorph]:
        """How each node with tensors begins, in the order of the graph."""
        for node in self._new:
            self._values[node.name] = self._value(node)
        end = self._values[self._new.output.name]
        if end is None or end.source != self._old.output.name or not _is_plain(end.channels):
            raise CannotKeepError("The scores at the end would not be those of the trained network.")
        return {node.name: self.nodes[node.name] for node in self._new if node.name in self.nodes}

    def _value(self, node: Node) -> Value | None:
        inputs = [self._values[name] for name in node.inputs]
        source = self._pairs.get(node.name)
        if isinstance(node.op, Add) and source is None:
            return self._new_sum(node, inputs)
        known = [value for value in inputs if value is not None]
        if len(known) < len(inputs) or self._is_inside_new_unit(node):
            if isinstance(node.op, Conv2d | BatchNorm2d):
                self.nodes[node.name] = NodeMorph(node.name, "chance")
            return None
        if isinstance(node.op, Dropout):
            return known[0]
        if source is None:
            return self._handed_on(node, known)
        return self._kept(node, self._old.by_name[source], known)

    def _is_inside_new_unit(self, node: Node) -> bool:
        """Whether the node is on the computing path of a residual unit that is new."""
        if node.path != 1 or node.name in self._pairs:
            return False
        ends = [other for other in self._new.part(node.part) if isinstance(other.op, Add)]
        unit = _unit(node.name)
        return any(_unit(end.name) == unit and end.name not in self._pairs for end in ends)

    # New nodes

    def _new_sum(self, node: Node, inputs: list[Value | None]) -> Value:
        last = self._new.by_name[node.inputs[0]]
        shortcut = inputs[1]
        if inputs[0] is not None or shortcut is None or not isinstance(last.op, Conv2d | BatchNorm2d):
            raise CannotKeepError(f"{node.name} is new and adds values that the trained network does not add.")
        self.nodes[last.name] = NodeMorph(last.name, "zeroed")
        return shortcut

    def _handed_on(self, node: Node, inputs: list[Value]) -> Value:
        rule = _HANDED_ON.get(type(node.op))
        if rule is None or len(inputs) != 1:
            raise CannotKeepError(f"{node.name} is new, and {_an(node.op)} cannot hand on what comes in unchanged.")
        return rule(self, node, inputs[0])

    def _new_conv(self, node: Node, value: Value) -> Value:
        op: Conv2d = node.op  # type: ignore[assignment]
        same = op.padding == "same" or op.padding == tuple(
            d * (k // 2) for d, k in zip(op.dilation, op.kernel, strict=True)
        )
        if op.stride != (1, 1) or not same or any(k % 2 == 0 for k in op.kernel):
            message = f"{node.name} is new and changes the size of the map; only step 1 with padding that keeps it can"
            raise CannotKeepError(f"{message} hand on what comes in.")
        if op.groups != 1:
            raise CannotKeepError(f"{node.name} is new and parts its channels into {op.groups:,} groups; use 1.")
        return self._new_layer(node, value, op.out_channels, "channels")

    def _new_linear(self, node: Node, value: Value) -> Value:
        op: Linear = node.op  # type: ignore[assignment]
        if value.spread != 1:
            needed = (max(value.channels) + 1) * value.spread
            raise CannotKeepError(
                f"{node.name} is new, right behind the map, and would have to hand on {needed:,} values; put a new "
                "hidden layer behind another one."
            )
        return self._new_layer(node, value, op.out_features, "values")

    def _new_layer(self, node: Node, value: Value, width: int, what: str) -> Value:
        needed = max(value.channels) + 1
        if width < needed:
            raise CannotKeepError(
                f"{node.name} is new and narrower than the {needed:,} {what} that come in; give it at least {needed:,}."
            )
        outputs = repeated(needed, width)
        self.nodes[node.name] = NodeMorph(node.name, "identity", None, value.channels, outputs)
        return replace(value, channels=outputs)

    def _new_norm(self, node: Node, value: Value) -> Value:
        self.nodes[node.name] = NodeMorph(node.name, "identity", None, value.channels, value.channels)
        return value

    def _new_activation(self, node: Node, value: Value) -> Value:
        op: Activation = node.op  # type: ignore[assignment]
        if op.function not in _KEEP_SIGN or not value.not_negative:
            why = (
                f"a {op.function} changes every value"
                if op.function not in _KEEP_SIGN
                else "what comes in may be negative there"
            )
            raise CannotKeepError(f"{node.name} is new, and {why}; a ReLU behind a ReLU changes nothing.")
        return value

    def _new_adaptive(self, node: Node, value: Value) -> Value:
        op: AdaptiveAvgPool2d = node.op  # type: ignore[assignment]
        shape = self._new_shapes[node.inputs[0]]
        if shape[1:] != op.output_size:
            raise CannotKeepError(f"{node.name} is new and averages a map of {units.side(*shape[1:])} to another size.")
        return value

    # Nodes that were there before

    def _kept(self, node: Node, source: Node, inputs: list[Value]) -> Value:
        wanted = [self._behind_dropout(name) for name in source.inputs]
        if [value.source for value in inputs] != wanted:
            lost = next(
                (want for want, value in zip(wanted, inputs, strict=False) if want != value.source), source.name
            )
            raise CannotKeepError(f"{node.name} read {lost}, which is no longer there; what it computed is lost.")
        if type(node.op) is not type(source.op):
            raise CannotKeepError(f"{node.name} was {_an(source.op)} and is {_an(node.op)} now.")
        return _KEPT[type(node.op)](self, node, source, inputs)

    def _behind_dropout(self, name: str) -> str:
        """The node whose value `name` has while testing."""
        while isinstance(self._old.by_name[name].op, Dropout):
            name = self._old.by_name[name].inputs[0]
        return name

    def _kept_input(self, node: Node, source: Node, _inputs: list[Value]) -> Value:
        old, new = source.op, node.op
        assert isinstance(old, Input)
        assert isinstance(new, Input)
        if old != new:
            raise CannotKeepError("The input has another shape, so the maps have other sizes.")
        return Value(source.name, tuple(range(new.channels)))

    def _kept_conv(self, node: Node, source: Node, inputs: list[Value]) -> Value:
        old, new = source.op, node.op
        assert isinstance(old, Conv2d)
        assert isinstance(new, Conv2d)
        value = inputs[0]
        if (old.stride, old.dilation, old.groups) != (new.stride, new.dilation, new.groups):
            raise CannotKeepError(f"{node.name} has another step, dilation or number of groups.")
        if old.bias and not new.bias:
            raise CannotKeepError(f"{node.name} has lost its bias.")
        self._check_kernel(node, old, new)
        if new.groups > 1 and (old.out_channels != new.out_channels or not _is_plain(value.channels)):
            raise CannotKeepError(f"{node.name} parts its channels into groups, so it cannot be widened.")
        return self._kept_layer(node, source, value, old.out_channels, new.out_channels)

    def _check_kernel(self, node: Node, old: Conv2d, new: Conv2d) -> None:
        if (old.kernel, old.padding) == (new.kernel, new.padding):
            return
        grown = [n - o for o, n in zip(old.kernel, new.kernel, strict=True)]
        fits = old.padding != "same" and new.padding != "same" and old.dilation == (1, 1)
        fits = fits and all(g >= 0 and g % 2 == 0 for g in grown)
        if not fits or any(n - o != g // 2 for o, n, g in zip(old.padding, new.padding, grown, strict=True)):  # type: ignore[operator]
            raise CannotKeepError(
                f"{node.name} had a kernel of {units.side(*old.kernel)} and has {units.side(*new.kernel)} now; a "
                "larger kernel keeps the function only with as much more padding."
            )

    def _kept_linear(self, node: Node, source: Node, inputs: list[Value]) -> Value:
        old, new = source.op, node.op
        assert isinstance(old, Linear)
        assert isinstance(new, Linear)
        return self._kept_layer(node, source, inputs[0], old.out_features, new.out_features)

    def _kept_layer(self, node: Node, source: Node, value: Value, old_width: int, new_width: int) -> Value:
        if new_width < old_width:
            raise CannotKeepError(f"{node.name} had {old_width:,} channels and has {new_width:,} now; some are lost.")
        if node.name == self._new.output.name and new_width != old_width:
            raise CannotKeepError(f"The network had {old_width:,} classes and has {new_width:,} now.")
        outputs = repeated(old_width, new_width)
        self.nodes[node.name] = NodeMorph(node.name, "copied", source.name, value.channels, outputs, value.spread)
        return Value(source.name, outputs)

    def _kept_norm(self, node: Node, source: Node, inputs: list[Value]) -> Value:
        value = inputs[0]
        self.nodes[node.name] = NodeMorph(node.name, "copied", source.name, value.channels, value.channels)
        return replace(value, source=source.name, not_negative=False)

    def _kept_lrn(self, node: Node, source: Node, inputs: list[Value]) -> Value:
        if not _is_plain(inputs[0].channels):
            raise CannotKeepError(f"{node.name} looks across neighbouring channels, so these cannot be repeated.")
        return self._kept_plain(node, source, inputs)

    def _kept_activation(self, node: Node, source: Node, inputs: list[Value]) -> Value:
        op: Activation = node.op  # type: ignore[assignment]
        value = self._kept_plain(node, source, inputs)
        return replace(value, not_negative=op.function in _NOT_NEGATIVE)

    def _kept_plain(self, node: Node, source: Node, inputs: list[Value]) -> Value:
        """An op without tensors that treats each channel alike."""
        if node.op != source.op:
            raise CannotKeepError(f"{node.name} has other settings than before.")
        return replace(inputs[0], source=source.name)

    def _kept_flatten(self, node: Node, source: Node, inputs: list[Value]) -> Value:
        old, new = self._old_shapes[source.inputs[0]], self._new_shapes[node.inputs[0]]
        if old[1:] != new[1:]:
            message = f"The map before {node.name} was {units.side(*old[1:])} and is {units.side(*new[1:])} now"
            raise CannotKeepError(f"{message}, so the linear layers have nothing to be copied from.")
        return replace(inputs[0], source=source.name, spread=new[1] * new[2])

    def _kept_sum(self, node: Node, source: Node, inputs: list[Value]) -> Value:
        if len({value.channels for value in inputs}) > 1:
            raise CannotKeepError(f"{node.name} adds channels that were repeated in different ways.")
        return Value(source.name, inputs[0].channels, all(value.not_negative for value in inputs))

    def _kept_join(self, _node: Node, source: Node, inputs: list[Value]) -> Value:
        channels: list[int] = []
        offset = 0
        for value, name in zip(inputs, source.inputs, strict=True):
            channels += [offset + channel for channel in value.channels]
            offset += self._old_shapes[name][0]
        return Value(source.name, tuple(channels), all(value.not_negative for value in inputs))


def repeated(old_width: int, new_width: int) -> Channels:
    """Which old channel each new one repeats: first all once, then again from the first on."""
    return tuple(range(old_width)) + tuple(index % old_width for index in range(new_width - old_width))


def _is_plain(channels: Channels) -> bool:
    return channels == tuple(range(len(channels)))


def _unit(name: str) -> str:
    """The block and unit of a residual node's name: `4_2` of conv4_2_1 and of add4_2."""
    digits = name.lstrip("abcdefghijklmnopqrstuvwxyz_")
    return "_".join(digits.split("_")[:2])


def _an(op: Op) -> str:
    return f"{'an' if op.kind[0] in 'AEIOU' else 'a'} {op.kind}"


_HANDED_ON: Mapping[type[Op], Callable[[Any, Node, Value], Value]] = {
    Conv2d: MorphPass._new_conv,
    Linear: MorphPass._new_linear,
    BatchNorm2d: MorphPass._new_norm,
    Activation: MorphPass._new_activation,
    AdaptiveAvgPool2d: MorphPass._new_adaptive,
}
_KEPT: Mapping[type[Op], Callable[[Any, Node, Node, list[Value]], Value]] = {
    Input: MorphPass._kept_input,
    Conv2d: MorphPass._kept_conv,
    Linear: MorphPass._kept_linear,
    BatchNorm2d: MorphPass._kept_norm,
    LocalResponseNorm: MorphPass._kept_lrn,
    Activation: MorphPass._kept_activation,
    MaxPool2d: MorphPass._kept_plain,
    AvgPool2d: MorphPass._kept_plain,
    AdaptiveAvgPool2d: MorphPass._kept_plain,
    Flatten: MorphPass._kept_flatten,
    Add: MorphPass._kept_sum,
    Concat: MorphPass._kept_join,
}
