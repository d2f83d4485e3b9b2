"""NetworkSummary: everything that is known about a network, computed once per edit; what every view draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from explorer.arch.graph import Graph, Node
from explorer.arch.spec import NetworkSpec

Shape = tuple[int, ...]
"""One image's feature map without the batch: (channels, height, width), or (features,) once flat."""

Severity = Literal["error", "warning", "hint"]


class ParamCount(NamedTuple):
    """Learnt numbers of one node: weights, biases, and norm (scale and shift) apart."""

    weights: int = 0
    biases: int = 0
    norm: int = 0

    @property
    def total(self) -> int:
        """All three together: what torch counts as parameters."""
        return self.weights + self.biases + self.norm

    def __add__(self, other: ParamCount) -> ParamCount:  # type: ignore[override]
        return ParamCount(self.weights + other.weights, self.biases + other.biases, self.norm + other.norm)


class AxisField(NamedTuple):
    """The receptive field along one axis, in input pixels.

    `size` = pixels a unit sees; `jump` = pixels between two neighbouring units (effective stride); `start` = the first
    pixel that unit 0 sees (negative inside the padding). The centre of unit i is start + i · jump + (size − 1) / 2.
    Source: Araujo et al. 2019, "Computing Receptive Fields of Convolutional Neural Networks", Distill.
    """

    size: int
    jump: int
    start: int

    def centre(self, index: int = 0) -> float:
        """The middle of unit `index`'s field, in pixels from the left or upper edge."""
        return self.start + index * self.jump + (self.size - 1) / 2


class ReceptiveField(NamedTuple):
    """The receptive field of a node's units along both axes."""

    vertical: AxisField
    horizontal: AxisField

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in input pixels."""
        return self.vertical.size, self.horizontal.size

    @property
    def jump(self) -> tuple[int, int]:
        """(vertical, horizontal) effective stride in input pixels."""
        return self.vertical.jump, self.horizontal.jump


class LayerRow(NamedTuple):
    """One node and its numbers, for one image. What is None is unknown or was not reached; it is never 0 by default.

    `macs`: multiply-adds of convolutions and linear layers (1 multiply-add = 1; FLOPs = 2 × MACs); other ops count 0.
    `field` is None after a node whose units have no single place (adaptive pools with windows of unequal size).
    `activation_bytes`: the float32 output. `saved_bytes`: what autograd newly keeps of this node for the backward pass.
    """

    node: Node
    shape: Shape | None
    params: ParamCount | None
    macs: int | None
    field: ReceptiveField | None
    activation_bytes: int | None
    saved_bytes: int | None

    @property
    def reached(self) -> bool:
        """Whether the network can be computed up to and including this node."""
        return self.shape is not None


class PartSummary(NamedTuple):
    """One block (or the input, or the head): sums over its rows, and what flows in and out.

    Sums are over the rows that were reached; `complete` says whether that is all of them.
    """

    part: str
    rows: tuple[LayerRow, ...]
    shape_in: Shape | None
    shape_out: Shape | None
    params: ParamCount | None
    macs: int | None
    field_in: ReceptiveField | None
    field_out: ReceptiveField | None
    activation_bytes: int | None
    saved_bytes: int | None
    complete: bool


class Totals(NamedTuple):
    """The whole network, for one image; exists only where the network is whole.

    `field` is the receptive field before the head (after the last pool), the paper's figure; `head_field` that of the
    classifier's first layer.
    """

    params: ParamCount
    macs: int
    field: ReceptiveField | None
    head_field: ReceptiveField | None
    weight_bytes: int
    activation_bytes: int
    saved_bytes: int


class Fix(NamedTuple):
    """One click that mends a finding: the label of its button and the network after it.

    `params_delta` is None where either network has no totals. `init` asks for another weight initialisation instead of
    another network, `batch_size` for another batch (both belong to the training configuration).
    """

    label: str
    spec: NetworkSpec | None
    params_delta: int | None = None
    init: str | None = None
    batch_size: int | None = None


class Finding(NamedTuple):
    """Something worth saying about the network. `code` names the kind for tests and translations.

    `node` is the name of the first node or part concerned (what a click selects); `title` how the card names the place.
    """

    code: str
    severity: Severity
    node: str
    title: str
    message: str
    fixes: tuple[Fix, ...] = ()


class Conditions(NamedTuple):
    """What the numbers are asked for: the batch, the optimizer and the device that a training run would have.

    `free_bytes` is the device's free memory, None where unknown; `init` and `precision` as in `runs.config`, but never
    "auto".
    """

    batch_size: int = 128
    optimizer: str = "sgd"
    momentum: bool = True
    init: str = "default"
    free_bytes: int | None = None
    device: str = ""
    precision: str = "float32"


class MemoryForecast(NamedTuple):
    """Bytes on the device while training one step, by purpose.

    `optimizer`: one extra copy of the parameters for SGD with momentum, two for Adam, none for plain SGD. `saved`: all
    tensors that autograd keeps for the backward pass of one batch. `weight_copies`: the weights of convolutions and
    linear layers once more, in the short format of `precision`; 0 in float32.
    """

    batch_size: int
    parameters: int
    gradients: int
    optimizer: int
    saved: int
    weight_copies: int = 0
    precision: str = "float32"

    @property
    def total(self) -> int:
        """The sum of all purposes."""
        return self.parameters + self.gradients + self.optimizer + self.saved + self.weight_copies


class Failure(NamedTuple):
    """Why the network cannot be computed: the node at fault, its sentence, and the shape that would have been."""

    node: str
    message: str
    attempted: Shape | None = None


@dataclass(frozen=True)
class NetworkSummary:
    """A network and its numbers. `rows` covers every node, those after a failure unreached.

    `memory` is in float32, as all figures of a network are; `training_memory` in the precision of the conditions.
    """

    spec: NetworkSpec
    graph: Graph
    rows: tuple[LayerRow, ...]
    parts: tuple[PartSummary, ...]
    totals: Totals | None
    memory: MemoryForecast | None
    failure: Failure | None
    conditions: Conditions
    findings: tuple[Finding, ...]
    training_memory: MemoryForecast | None = None

    @cached_property
    def by_node(self) -> Mapping[str, LayerRow]:
        """Each row under its node's name."""
        return {row.node.name: row for row in self.rows}

    @cached_property
    def by_part(self) -> Mapping[str, PartSummary]:
        """Each part's summary under its name: `input`, `block1`, ..., `head`."""
        return {part.part: part for part in self.parts}

    @property
    def is_valid(self) -> bool:
        """Whether the whole network can be computed."""
        return self.failure is None
