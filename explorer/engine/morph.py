"""The weights of an edited network that computes what the trained one did."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from explorer.arch.spec import NetworkSpec


def morph_state(before: NetworkSpec, after: NetworkSpec, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of `after` that gives the scores of `before` with `state`."""
    raise NotImplementedError(before, after, state)
