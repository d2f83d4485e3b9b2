"""Where a text says how large its pictures are: sample tensors, `input_shape=`, `Resize(224)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from explorer.importing.values import ShapeHint

_CHANNELS = frozenset(range(1, 5))


def _sides(value: Any) -> tuple[int, ...] | None:
    """`value` as whole positive numbers; a leading batch that is None or anything counts as 1."""
    if not isinstance(value, list | tuple) or not 2 <= len(value) <= 4:
        return None
    numbers = [1 if len(value) == 4 and index == 0 else side for index, side in enumerate(value)]
    if not all(isinstance(side, int) and not isinstance(side, bool) and 0 < side < 100_000 for side in numbers):
        return None
    return tuple(numbers[1:] if len(numbers) == 4 else numbers)


def shape_of_input(named: Mapping[str, Any], line: int) -> ShapeHint | None:
    """The picture that Keras' `input_shape=(height, width, channels)` and its like name; channels first is noticed."""
    for key in ("input_shape", "shape", "batch_input_shape", "batch_shape"):
        value = named.get(key)
        if key.startswith("batch") and isinstance(value, list | tuple) and len(value) == 4:
            value = value[1:]
        sides = _sides(value)
        if sides is None or len(sides) == 1:
            continue
        if len(sides) == 2:
            return ShapeHint(line, 1, *sides)
        first = named.get("data_format") == "channels_first" or (sides[0] in _CHANNELS and sides[2] not in _CHANNELS)
        return ShapeHint(line, *sides) if first else ShapeHint(line, sides[2], sides[0], sides[1])
    return None


def _channels_first(value: Any, line: int) -> ShapeHint | None:
    sides = _sides(value)
    return ShapeHint(line, *sides) if sides is not None and len(sides) == 3 else None


def _tensor(positional: list[Any], named: Mapping[str, Any], line: int) -> ShapeHint | None:
    """`torch.randn(1, 3, 224, 224)`, `torch.rand(size=(1, 1, 28, 28))`."""
    size = named.get("size", positional[0] if len(positional) == 1 else positional)
    if not isinstance(size, list | tuple) or len(size) != 4:
        return None
    return _channels_first(list(size), line)


def _summary(positional: list[Any], named: Mapping[str, Any], line: int) -> ShapeHint | None:
    """`summary(net, (3, 224, 224))`, `net.layer_summary((1, 1, 224, 224))`."""
    values = [named.get("input_size"), named.get("X_shape"), *positional]
    found = (
        _channels_first(value[0] if isinstance(value, list) and len(value) == 1 else value, line) for value in values
    )
    return next((hint for hint in found if hint is not None), None)


def _resize(positional: list[Any], named: Mapping[str, Any], line: int) -> ShapeHint | None:
    value = named.get("size", positional[0] if positional else None)
    if isinstance(value, int) and 0 < value < 100_000:
        return ShapeHint(line, None, value, value)
    sides = _sides(value)
    return ShapeHint(line, None, *sides) if sides is not None and len(sides) == 2 else None


def _fashion(positional: list[Any], named: Mapping[str, Any], line: int) -> ShapeHint | None:
    """d2l's `load_data_fashion_mnist(batch_size, resize=224)`: one channel, 28 pixels or as resized."""
    value = named.get("resize", positional[1] if len(positional) > 1 else None)
    if isinstance(value, list | tuple) and len(value) == 2:
        value = value[0]
    side = value if isinstance(value, int) and 0 < value < 100_000 else 28
    return ShapeHint(line, 1, side, side)


Hint = Callable[[list[Any], Mapping[str, Any], int], ShapeHint | None]
HINTS: Mapping[str, Hint] = {
    "randn": _tensor,
    "rand": _tensor,
    "zeros": _tensor,
    "ones": _tensor,
    "empty": _tensor,
    "summary": _summary,
    "layer_summary": _summary,
    "Resize": _resize,
    "CenterCrop": _resize,
    "RandomCrop": _resize,
    "RandomResizedCrop": _resize,
    "load_data_fashion_mnist": _fashion,
    "FashionMNIST": lambda positional, named, line: _fashion(positional, named, line) if "resize" in named else None,
}
"""Function or method -> the picture that it speaks of."""
