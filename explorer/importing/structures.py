"""Calls that give no single layer: `Sequential`, `OrderedDict`, Keras' `Input` and `Model`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from explorer.importing.hints import shape_of_input
from explorer.importing.values import Chain, Layer, ShapeHint, Trace, Unknown


class Follows(Protocol):
    """What these calls need of the one who follows the text."""

    hints: list[ShapeHint]

    def chain(self, children: Iterable[Any], line: int) -> Chain:
        """A `Sequential` of `children`."""


def named_pairs(child: Any) -> list[Any] | None:
    """The pairs of [("conv1", layer), ...] as OrderedDict takes it."""
    if (
        isinstance(child, list | tuple)
        and child
        and all(isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in child)
    ):
        return list(child)
    return None


def _input(calls: Follows, positional: list[Any], named: dict[str, Any], node: ast.Call) -> Any:
    hint = shape_of_input({"input_shape": positional[0], **named} if positional else named, node.lineno)
    if hint is not None:
        calls.hints.append(hint)
    return Trace()


def _model(calls: Follows, positional: list[Any], named: dict[str, Any], node: ast.Call) -> Any:
    del calls
    outputs = named.get("outputs", named.get("output", positional[1] if len(positional) > 1 else None))
    return outputs if isinstance(outputs, Trace) else Unknown("Model(…)", node.lineno)


def _input_layer(calls: Follows, positional: list[Any], named: dict[str, Any], node: ast.Call) -> Any:
    _input(calls, positional, named, node)
    return Layer((), "InputLayer", node.lineno)


def _sequential(calls: Follows, positional: list[Any], named: dict[str, Any], node: ast.Call) -> Any:
    return calls.chain([*positional, *([named["layers"]] if "layers" in named else [])], node.lineno)


def _ordered(calls: Follows, positional: list[Any], named: dict[str, Any], node: ast.Call) -> Any:
    del calls, node
    return dict(positional[0]) if positional and named_pairs(positional[0]) else named


_Structure = Callable[[Follows, list[Any], dict[str, Any], ast.Call], Any]
STRUCTURES: Mapping[str, _Structure] = {
    "Sequential": _sequential,
    "ModuleList": _sequential,
    "OrderedDict": _ordered,
    "Input": _input,
    "InputLayer": _input_layer,
    "Model": _model,
    "Functional": _model,
}
"""Call -> what it gives that is no single layer."""
