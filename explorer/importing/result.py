"""What an import gives: the network, and by line what was not taken as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from explorer.analysis.summary import Fix
from explorer.arch.spec import NetworkSpec

SourceKind = Literal["conv_arch", "pytorch", "keras", "printed"]

KIND_NAMES: Mapping[SourceKind, str] = {
    "conv_arch": "a conv_arch",
    "pytorch": "PyTorch code",
    "keras": "Keras code",
    "printed": "a printed network",
}
"""Each kind and how a sentence names it."""


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence about a line of the text (from 1). `fixes` are networks that would mend it, `node` its layer."""

    line: int
    sentence: str
    node: str = ""
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """A network that was read from a text.

    `notes` say by line what is not understood or is taken otherwise; empty where the network is exactly that of the
    text. `spans` are the first and last line of each part (`input`, `block1`, ..., `head`) that has lines. `text` is
    what was read, line by line as the notes count.
    """

    spec: NetworkSpec
    notes: tuple[Note, ...]
    source: SourceKind
    spans: Mapping[str, tuple[int, int]]
    text: str
