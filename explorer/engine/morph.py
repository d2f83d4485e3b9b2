"""The weights of an edited network that computes what the trained one did.

Sources: Chen, Goodfellow, Shlens 2016, "Net2Net"; Goyal et al. 2017, section 5.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.analysis.morph import plan_morph
from explorer.analysis.morph_nodes import Channels, NodeMorph
from explorer.analysis.summary import Shape
from explorer.analysis.tensors import tensors_of
from explorer.arch.expand import expand
from explorer.arch.graph import Graph, Node
from explorer.arch.ops import BatchNorm2d, Conv2d, Linear, Op
from explorer.arch.spec import NetworkSpec
from explorer.engine.build import build, module_name
from explorer.engine.expected import expected_statistics
from explorer.engine.initialise import initialise
from explorer.errors import RunError
from explorer.runs.config import InitName

_SHARES = (0.5, 1.5)
"""Repeated channels share the weights that read them unevenly: equal shares would have equal gradients for ever."""
_SEED = 20_16


def morph_state(
    before: NetworkSpec,
    after: NetworkSpec,
    state: Mapping[str, Tensor],
    *,
    init: InitName = "default",
    seed: int = 0,
) -> dict[str, Tensor]:
    """A whole state of `after` that gives the scores of `before` with `state`, in the type of its numbers.

    Layers of new residual units, which say nothing yet, begin as `init` and `seed` have it. Raises RunError where the
    function cannot be kept.
    """
    network = build(after)
    initialise(network, init, seed=seed)
    kind = next(value.dtype for value in state.values() if value.is_floating_point())
    whole = {
        name: value.to(kind) if value.is_floating_point() else value for name, value in network.state_dict().items()
    }
    return whole | morph_tensors(before, after, state)


def morph_tensors(before: NetworkSpec, after: NetworkSpec, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of `after` that do not begin by chance. Raises RunError where the function cannot be kept."""
    plan = plan_morph(before, after)
    if plan is None:
        return dict(state)
    if not plan.preserves:
        raise RunError(f"The trained network cannot be edited to this one without losing what it learnt. {plan.reason}")
    old, new = expand(before), expand(after)
    shapes = {(tensor.node, tensor.role): tensor.shape for tensor in tensors_of(new)}
    made = _Morph(old, new, state, {node.node: node for node in plan.nodes}, shapes)
    tensors: dict[str, Tensor] = {}
    for node in plan.nodes:
        if node.role != "chance":
            place = new.by_name[node.node]
            made_here = _RULES[type(place.op)](made, place, node)
            tensors |= {f"{module_name(place)}.{role}": value for role, value in made_here.items()}
    return tensors


@dataclass(frozen=True, slots=True)
class _Morph:
    """The old state, asked for by node, and the rules that make the new one."""

    old: Graph
    new: Graph
    state: Mapping[str, Tensor]
    nodes: Mapping[str, NodeMorph]
    shapes: Mapping[tuple[str, str], Shape]

    def tensor(self, node: str, role: str) -> Tensor:
        return self.state[f"{module_name(self.old.by_name[node])}.{role}"]

    @property
    def dtype(self) -> torch.dtype:
        return next(value.dtype for value in self.state.values() if value.is_floating_point())

    def layer(self, place: Node, morph: NodeMorph) -> dict[str, Tensor]:
        """A convolution or linear layer."""
        weight = self._weight(place, morph)
        made = {"weight": weight}
        op = place.op
        assert isinstance(op, Conv2d | Linear)
        if not op.bias:
            return made
        source = morph.source
        old = self.old.by_name[source].op if source else None
        if source is None or not isinstance(old, Conv2d | Linear) or not old.bias:
            return made | {"bias": torch.zeros(len(weight), dtype=self.dtype)}
        return made | {"bias": self.tensor(source, "bias")[_index(morph.outputs)].clone()}

    def _weight(self, place: Node, morph: NodeMorph) -> Tensor:
        if morph.role == "zeroed":
            return torch.zeros(self.shapes[place.name, "weight"], dtype=self.dtype)
        kernel: tuple[int, ...] = place.op.kernel if isinstance(place.op, Conv2d) else ()
        if morph.source is None:
            return _identity(morph, kernel, self.dtype)
        weight = self.tensor(morph.source, "weight")
        if kernel and tuple(weight.shape[2:]) != kernel:
            weight = _framed(weight, kernel)
        if isinstance(place.op, Conv2d) and place.op.groups > 1:
            return weight.clone()
        features = _spread(morph.inputs, morph.spread)
        weight = weight[_index(morph.outputs)][:, _index(features)]
        shares = _shares(morph.inputs, place.name)
        if shares is None:
            return weight
        by_feature = shares.repeat_interleave(morph.spread).view(1, -1, *[1] * (weight.dim() - 2))
        return (weight.double() * by_feature).to(weight.dtype)

    def norm(self, place: Node, morph: NodeMorph) -> dict[str, Tensor]:
        """A batch norm."""
        op = place.op
        assert isinstance(op, BatchNorm2d)
        if morph.source is not None:
            index = _index(morph.outputs)
            roles = ("weight", "bias", "running_mean", "running_var")
            made = {role: self.tensor(morph.source, role)[index].clone() for role in roles}
            return made | {"num_batches_tracked": self.tensor(morph.source, "num_batches_tracked").clone()}
        if morph.role == "zeroed":
            shape = self.shapes[place.name, "weight"]
            return {"weight": torch.zeros(shape, dtype=self.dtype), "bias": torch.zeros(shape, dtype=self.dtype)}
        mean, variance = expected_statistics(self.new, place, self.nodes, self.tensor)
        return {
            "weight": (variance + op.eps).sqrt().to(self.dtype),
            "bias": mean.to(self.dtype),
            "running_mean": mean.to(self.dtype),
            "running_var": variance.to(self.dtype),
        }


def _identity(morph: NodeMorph, kernel: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """A kernel whose middle hands each channel on: output o takes the first input that equals it."""
    first: dict[int, int] = {}
    for place, channel in enumerate(morph.inputs):
        first.setdefault(channel, place)
    weight = torch.zeros((len(morph.outputs), len(morph.inputs), *kernel), dtype=dtype)
    middle = tuple(size // 2 for size in kernel)
    for place, channel in enumerate(morph.outputs):
        weight[(place, first[channel], *middle)] = 1
    return weight


def _framed(weight: Tensor, kernel: tuple[int, ...]) -> Tensor:
    """A larger kernel: zeros around the old one."""
    framed = weight.new_zeros((*weight.shape[:2], *kernel))
    top, left = ((new - old) // 2 for new, old in zip(kernel, weight.shape[2:], strict=True))
    framed[:, :, top : top + weight.shape[2], left : left + weight.shape[3]] = weight
    return framed


def _shares(inputs: Channels, name: str) -> Tensor | None:
    """How much of a channel's weight each of its copies has; they add up to 1. None where nothing is repeated."""
    if len(set(inputs)) == len(inputs):
        return None
    generator = torch.Generator().manual_seed(_SEED + sum(name.encode()))
    drawn = torch.empty(len(inputs), dtype=torch.float64).uniform_(*_SHARES, generator=generator)
    index = torch.tensor(inputs)
    sums = torch.zeros(max(inputs) + 1, dtype=torch.float64).index_add_(0, index, drawn)
    return drawn / sums[index]


def _spread(channels: Channels, spread: int) -> Tensor:
    """The features of a flattened map, channel after channel."""
    return (torch.tensor(channels)[:, None] * spread + torch.arange(spread)).flatten()


def _index(channels: Channels | Tensor) -> Tensor:
    return channels if isinstance(channels, Tensor) else torch.tensor(channels)


_RULES: Mapping[type[Op], Callable[[_Morph, Node, NodeMorph], dict[str, Tensor]]] = {
    Conv2d: _Morph.layer,
    Linear: _Morph.layer,
    BatchNorm2d: _Morph.norm,
}
