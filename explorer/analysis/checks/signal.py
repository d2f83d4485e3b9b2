"""Do the initial weights carry a signal through the network?

Each convolution with its activation multiplies the signal's variance by fan_in · Var(w) / 2 (a ReLU halves it): 1 for
He, 1/6 for torch's default. Source: He et al. 2015, "Delving Deep into Rectifiers", 2.2. Batch norm starts afresh. A
sum adds the variances of its paths, so an identity shortcut carries the signal; joined paths share theirs by channels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from explorer.analysis.checks.facts import Facts
from explorer.analysis.summary import Finding, Fix
from explorer.arch.blocks import Block, ConvBlock, ResidualStage, VGGBlock
from explorer.arch.ops import Activation, Add, BatchNorm2d, Conv2d, Op

FADED = 2e-4
"""The signal's deviation, over the picture's, below which outputs hardly depend on the picture any more."""
SWOLLEN = 1e5
_SATURATING = frozenset(("tanh", "sigmoid"))
_NAMES = {"default": "PyTorch's default weights", "xavier": "Xavier weights", "paper": "The paper's initial weights"}

_GAINS: Mapping[str, Callable[[int, int], float]] = {
    "default": lambda _fan_in, _fan_out: 1 / 6,
    "xavier": lambda fan_in, fan_out: fan_in / (fan_in + fan_out),
    "paper": lambda fan_in, _fan_out: 0.01 * fan_in / 2,
}
"""What one convolution and ReLU do to the variance; He's 1 needs no entry."""


def weak_start(facts: Facts) -> Iterator[Finding]:
    """The longest stretch without batch norm in which the initial weights lose the signal, or blow it up."""
    gain = _GAINS.get(facts.conditions.init)
    if gain is None:
        return
    depth, log_deviation, first = _worst(facts, gain)
    if math.log(FADED) < log_deviation < math.log(SWOLLEN):
        return
    name = _NAMES[facts.conditions.init]
    if log_deviation < 0:
        message = f"{name} do not carry a signal through {depth} layers without batch norm."
    else:
        power = round(log_deviation / math.log(10))
        message = f"{name} make the signal about 10^{power} times larger in {depth} layers without batch norm."
    fixes = (*_normalised(facts), Fix("He weights", None, init="he"))
    yield Finding("weak_start", "warning", first, "Initial weights", message, fixes)


def _normalised(facts: Facts) -> Iterator[Fix]:
    """Batch norm in every block, at a scale and a shift for each channel of each convolution."""
    spec = facts.spec
    blocks = tuple(_with_batch_norm(block) for block in spec.blocks)
    if blocks == spec.blocks:
        return
    delta: int | None = None
    if all(isinstance(block, VGGBlock | ConvBlock) for block in spec.blocks):
        delta = sum(2 * block.count * block.out_channels for block in spec.blocks if block.norm != "batch")
    yield facts.fix_to("Add batch norm", replace(spec, blocks=blocks), delta=delta)


@lru_cache(maxsize=256)
def _with_batch_norm(block: Block) -> Block:
    if isinstance(block, ResidualStage):
        return replace(block, norm="batch", shortcut_norm=True)
    return block if block.norm == "batch" else block.with_norm("batch")


_State = tuple[int, float, str]
"""(convolutions, log of the deviation, first convolution) since the last norm."""


def _merged(op: Op, states: Sequence[_State], channels: Sequence[int]) -> _State:
    """The state after a merge: the strongest path's, at the strength of all together."""
    total = 1 if isinstance(op, Add) else sum(channels)
    logs = [2 * state[1] for state in states]
    if not isinstance(op, Add):
        logs = [log + math.log(count / total) for log, count in zip(logs, channels, strict=True)]
    strongest = max(logs)
    together = strongest + math.log(sum(math.exp(log - strongest) for log in logs))
    leading = states[logs.index(strongest)]
    return leading[0], together / 2, leading[2]


def _worst(facts: Facts, gain: Callable[[int, int], float]) -> _State:
    """The state at the end of the stretch that changes the signal most."""
    states: dict[str, _State] = {}
    fresh: _State = (0, 0.0, "")
    worst = fresh
    for row in facts.rows:
        if row.shape is None:
            break
        node = row.node
        op, inputs = node.op, node.inputs
        if not inputs or isinstance(op, BatchNorm2d) or (isinstance(op, Activation) and op.function in _SATURATING):
            states[node.name] = fresh
            continue
        state = states[inputs[0]]
        if isinstance(op, Conv2d):
            fan_in = row.params.weights // op.out_channels if row.params is not None else 1
            fan_out = op.out_channels * op.kernel[0] * op.kernel[1] // op.groups
            state = (state[0] + 1, state[1] + math.log(gain(fan_in, fan_out)) / 2, state[2] or node.name)
        elif len(inputs) > 1:
            shapes = [facts.by_name[source].shape for source in inputs]
            state = _merged(op, [states[source] for source in inputs], [shape[0] for shape in shapes if shape])
        states[node.name] = state
        if abs(state[1]) > abs(worst[1]):
            worst = state
    return worst
