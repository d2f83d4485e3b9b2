"""Whether a trained network can be edited without losing what it learnt, and what is done to keep it.

Sources: Chen, Goodfellow, Shlens 2016, "Net2Net" (identity layers, widening); for residual units whose last scale is
zero: Goyal et al. 2017, section 5.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from explorer.analysis.growth import TensorOrigin
from explorer.arch.spec import NetworkSpec


@dataclass(frozen=True, slots=True)
class MorphPlan:
    """What an edit does to a trained network.

    `sentences` say each edit and how the function is kept; `rows` where each tensor comes from. Where the function
    cannot be kept, `reason` says why and `rows` is empty.
    """

    sentences: tuple[str, ...]
    rows: tuple[TensorOrigin, ...] = ()
    reason: str = ""

    @property
    def preserves(self) -> bool:
        """Whether the edited network can give the same scores as the trained one."""
        return not self.reason


def plan_morph(before: NetworkSpec, after: NetworkSpec) -> MorphPlan | None:
    """What becomes of a trained `before` when it is edited to `after`; None where they differ in name only."""
    raise NotImplementedError(before, after)
