"""The tensors that a run begins with when it starts from another one: copies, bit for bit, or a morphed state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import Tensor

from explorer.analysis.growth import plan_growth
from explorer.arch.spec import NetworkSpec
from explorer.engine.morph import morph_tensors
from explorer.errors import RunError
from explorer.runs.config import StartRule

if TYPE_CHECKING:
    from explorer.analysis.growth import GrowthRule


def start_tensors(
    source: NetworkSpec, target: NetworkSpec, state: Mapping[str, Tensor], rule: StartRule
) -> dict[str, Tensor]:
    """What `target` takes from the weights `state` of a trained `source`; what is not in here begins by chance.

    Raises RunError where nothing can be taken over, or where "morph" cannot keep the function.
    """
    if rule == "morph":
        return morph_tensors(source, target, state)
    return grown(source, target, state, rule)


def grown(source: NetworkSpec, target: NetworkSpec, state: Mapping[str, Tensor], rule: GrowthRule) -> dict[str, Tensor]:
    """The tensors that `target` copies from `source` under `rule`, under their names in `target`."""
    rows = plan_growth(source, target, rule).rows
    taken = {row.target_tensor: state[row.source_tensor] for row in rows if row.source_tensor is not None}
    if not taken:
        raise RunError(
            f"No layer of “{source.name}” has the shape that “{target.name}” needs at its place, so nothing can be "
            "taken over. Start from a run of a network as wide as this one."
        )
    return taken
