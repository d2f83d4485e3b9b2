"""The arguments of one layer's call, read by position or by name, with a sentence for each that cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from explorer.arch.limits import shown
from explorer.arch.ops import Pair
from explorer.importing.steps import LayerError

REQUIRED: Any = object()


class Arguments:
    """What stands between the brackets of `name(...)`."""

    def __init__(self, name: str, positional: Sequence[Any], named: Mapping[str, Any]) -> None:
        self.name = name
        self.positional = positional
        self.named = named

    def value(self, names: str, position: int | None = None, default: Any = REQUIRED) -> Any:
        """The argument under one of `names` (parted by |) or at `position`; LayerError if it is missing and needed."""
        for name in names.split("|"):
            if name in self.named:
                return self.named[name]
        if position is not None and position < len(self.positional):
            return self.positional[position]
        if default is REQUIRED:
            raise LayerError(f"{self.name} has no {names.partition('|')[0]}; it is left out.")
        return default

    def whole(self, names: str, position: int | None = None, default: Any = REQUIRED, *, low: int = 1) -> int:
        """A whole number of at least `low`."""
        value = self.value(names, position, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            raise self._fault(names, value, f"a whole number of at least {low}")
        return value

    def pair(self, names: str, position: int | None = None, default: Any = REQUIRED, *, low: int = 1) -> Pair:
        """Two whole numbers, (rows, columns); one stands for both."""
        value = self.value(names, position, default)
        if isinstance(value, list | tuple) and len(value) in {1, 2}:
            value = tuple(value) * (3 - len(value))
        else:
            value = (value, value)
        for side in value:
            if isinstance(side, bool) or not isinstance(side, int) or side < low:
                raise self._fault(names, side, f"a whole number of at least {low}")
        return value[0], value[1]

    def number(self, names: str, position: int | None = None, default: Any = REQUIRED) -> float:
        """A number."""
        value = self.value(names, position, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._fault(names, value, "a number")
        return float(value)

    def truth(self, names: str, position: int | None = None, *, default: bool) -> bool:
        """True or false; what cannot be known is taken for `default`."""
        value = self.value(names, position, default)
        return value if isinstance(value, bool) else default

    def _fault(self, names: str, value: Any, wanted: str) -> LayerError:
        said = str(value) if not isinstance(value, int | float | str | tuple | list | None) else shown(value)
        return LayerError(f"{self.name} has {names.partition('|')[0]} = {said}, which is not {wanted}; it is left out.")
