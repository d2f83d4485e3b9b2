"""What an expression of the text is worth to the reader: a number or list as it stands, or one of these."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.arch.spec import InputShape
from explorer.importing.steps import Step


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that is not followed. `what` is how the text writes it; `said` where a note speaks of it already."""

    what: str
    line: int = 0
    said: bool = False

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True, slots=True)
class Api:
    """A name of a library, as far as it is known: `nn.Conv2d`, `range`."""

    path: str

    @property
    def last(self) -> str:
        """The name after the last dot."""
        return self.path.rsplit(".", 1)[-1]

    def __str__(self) -> str:
        return self.path


@dataclass(eq=False, slots=True)
class Layer:
    """One layer object: the steps that it adds wherever it is called."""

    steps: tuple[Step, ...]
    name: str
    line: int


@dataclass(eq=False, slots=True)
class Chain:
    """A `Sequential`: layers one after another. `model` is what a Keras functional model ends in."""

    children: list[Any]
    line: int
    named: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class Trace:
    """A tensor on its way: the steps that made it, and how wide the code says the picture is."""

    steps: tuple[Step, ...] = ()
    problem: str = ""

    def after(self, steps: tuple[Step, ...]) -> Trace:
        """The tensor after more steps."""
        return Trace(self.steps + steps, self.problem)


@dataclass(eq=False, slots=True)
class Scope:
    """Names and their values; what is not here is looked up in `parent`."""

    names: dict[str, Any]
    parent: Scope | None = None

    def find(self, name: str) -> Any:
        """The value of `name`; the library's name of that spelling where the text has none."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return Api(name)

    def has(self, name: str) -> bool:
        """Whether the text gives `name` a value."""
        return name in self.names or (self.parent is not None and self.parent.has(name))


@dataclass(eq=False, slots=True)
class Function:
    """A function that the text defines, and the names it sees."""

    definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    name: str

    @property
    def parameters(self) -> list[str]:
        """Its parameters by position."""
        return [argument.arg for argument in (*self.definition.args.posonlyargs, *self.definition.args.args)]


@dataclass(eq=False, slots=True)
class Class:
    """A class that the text defines."""

    definition: ast.ClassDef
    bases: tuple[Any, ...]
    methods: Mapping[str, Any]
    name: str

    def method(self, name: str) -> Any:
        """The method or class attribute `name`, own or inherited; None where there is none."""
        if name in self.methods:
            return self.methods[name]
        return next((found for base in self.bases if isinstance(base, Class) and (found := base.method(name))), None)


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a class of the text."""

    cls: Class
    line: int
    attributes: dict[str, Any] = field(default_factory=dict)
    chain: Chain | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Super:
    """What `super()` gives."""

    instance: Instance


@dataclass(frozen=True, eq=False, slots=True)
class Method:
    """A method together with what it was taken from."""

    owner: Any
    name: str


@dataclass(frozen=True, slots=True)
class ShapeHint:
    """The picture's shape where the text names it. `channels` or the sides may be missing."""

    line: int
    channels: int | None
    height: int | None
    width: int | None

    def over(self, shape: InputShape) -> InputShape:
        """`shape` with what the hint knows."""
        return InputShape(self.channels or shape.channels, self.height or shape.height, self.width or shape.width)


Module = Layer | Chain | Instance
"""What can be called on a tensor."""
