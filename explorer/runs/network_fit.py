"""What a network asks of our recipe, which was chosen for networks with batch norm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from explorer.arch.expand import expand
from explorer.arch.ops import Activation, Conv2d, Linear
from explorer.arch.spec import NetworkSpec
from explorer.runs.config import InitName

DEEP = 8
"""Weight layers, AlexNet's number, from which a network without batch norm asks for a lower rate."""
_LOWER, _HIGHER = 0.2, 4.0


@dataclass(frozen=True, slots=True)
class NetworkFit:
    """How the weights begin, and by what the rate is multiplied. `reason` is a beginning of a sentence, or empty."""

    init: InitName = "default"
    rate_factor: float = 1.0
    reason: str = ""


@lru_cache(maxsize=4)  # asked several times for each network that is edited
def network_fit(spec: NetworkSpec) -> NetworkFit:
    """What `spec` asks for: nothing where it has batch norm, else weights that carry a signal and a rate that it bears.

    Measured: torch's own weights leave VGG-16 and a LeNet of sigmoids at the loss of chance. With He's weights VGG-11
    at ratio 8 learns best at 0.01 to 0.02, a LeNet of ReLUs at 0.05; AlexNet and VGG break at 0.05. The LeNet of
    sigmoids needs 0.2. Source of the weights: He et al. 2015, 2.2; Glorot & Bengio 2010 for sigmoids and tanh.
    """
    if any(block.norm == "batch" for block in spec.blocks):
        return NetworkFit()
    ops = [node.op for node in expand(spec).nodes]
    functions = {op.function for op in ops if isinstance(op, Activation)}
    if "sigmoid" in functions:
        return NetworkFit("xavier", _HIGHER, "Sigmoids: Xavier weights")
    depth = sum(isinstance(op, Conv2d | Linear) for op in ops)
    factor = _LOWER if depth >= DEEP else 1.0
    if "tanh" in functions:
        return NetworkFit("xavier", factor, "Tanh without batch norm: Xavier weights")
    return NetworkFit("he", factor, "No batch norm: He weights")
