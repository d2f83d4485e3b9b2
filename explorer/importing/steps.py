"""What every reader makes of a text: a row of operations, each with the line that it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from explorer.arch.ops import Op


@dataclass(frozen=True, slots=True)
class ZeroPad(Op):
    """Zeros around the map: rows above and below, columns left and right. Joined with the convolution after it."""

    top: int
    bottom: int
    left: int
    right: int
    kind: ClassVar[str] = "ZeroPad"


@dataclass(frozen=True, slots=True)
class Silent(Op):
    """A layer that changes nothing the explorer shows: the softmax at the end, an identity, a rescaled picture."""

    kind: ClassVar[str] = "Silent"


@dataclass(frozen=True, slots=True)
class FlatNorm(Op):
    """Batch norm after a linear layer."""

    kind: ClassVar[str] = "FlatNorm"


@dataclass(frozen=True, slots=True)
class Foreign(Op):
    """Something at a layer's place that no block has; `sentence` says so."""

    sentence: str
    kind: ClassVar[str] = "Foreign"


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of the text.

    `takes` is what the text says flows in (channels, or numbers for a linear layer), None where it does not say. `same`
    is Keras' padding: as much as makes the map's side side ÷ step, rounded up. `name` is the layer as written.
    """

    op: Op
    line: int
    name: str
    takes: int | None = None
    same: bool = False


class LayerError(Exception):
    """A layer whose settings cannot be read; the message is the note's sentence."""
