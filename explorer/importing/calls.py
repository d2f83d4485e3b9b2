"""Calls of the text: layers are made, functions and classes of the text are followed, tensors pass through layers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from explorer.importing.arguments import Arguments
from explorer.importing.arithmetic import NotKnownError
from explorer.importing.builtin_calls import BUILTINS, VALUE_METHODS
from explorer.importing.hints import HINTS, shape_of_input
from explorer.importing.keras_layers import KERAS_LAYERS
from explorer.importing.result import Note
from explorer.importing.steps import Foreign, LayerError, Step
from explorer.importing.structures import STRUCTURES, named_pairs
from explorer.importing.torch_layers import KEEPING, TORCH_FUNCTIONS, TORCH_LAYERS, Maker
from explorer.importing.values import (
    Api,
    Chain,
    Class,
    Function,
    Instance,
    Layer,
    Method,
    Module,
    Scope,
    ShapeHint,
    Super,
    Trace,
    Unknown,
)

BUDGET = 200_000
"""Steps that one text may take: a long tutorial takes some thousands."""
_MAX_CALLS = 30
MAX_CHILDREN = 4_000
MAX_LOOP = 100_000

LAYERS: Mapping[str, Maker] = {**TORCH_LAYERS, **KERAS_LAYERS}
PATHS_MEET = "Here two paths meet; only chains of layers are imported, so one path is kept."
MERGES = {"Concatenate", "concatenate", "concat", "cat", "Add", "add", "stack", "Multiply", "multiply"}


class TooLongError(Exception):
    """The text goes round too often to be followed."""


class Calls:
    """What calls give. `notes` and `hints` are gathered on the way."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.hints: list[ShapeHint] = []
        self.used: set[str] = set()
        self.results: list[tuple[str, Any, int]] = []
        self.inner_results: list[tuple[str, Any, int]] = []
        self.depth = 0
        self.at_line = 1
        self.unknowns: dict[ast.expr, Unknown] = {}
        self._calls = 0
        self._left = BUDGET

    def spend(self) -> None:
        """Count one step. Raises TooLongError after the last."""
        self._left -= 1
        if self._left < 0:
            raise TooLongError

    def note(self, line: int, sentence: str) -> None:
        """Keep a sentence about `line`, once."""
        note = Note(line, sentence)
        if note not in self.notes:
            self.notes.append(note)

    def room(self, items: list[Any]) -> int:
        """How many more items a list may take."""
        return max(0, MAX_CHILDREN - len(items))

    # What the other half, Expressions and Follower, gives.
    value: Callable[[ast.expr, Scope], Any]
    bind: Callable[[ast.expr, Any, Scope], None]
    run_function: Callable[[Function, dict[str, Any]], Any]
    attribute: Callable[[Any, str], Any]

    def function(self, node: ast.Lambda, scope: Scope, name: str) -> Function:
        """A lambda as a function."""
        return Function(node, scope, name)

    def call(self, function: Any, positional: list[Any], named: dict[str, Any], node: ast.Call, scope: Scope) -> Any:
        """What `function(...)` gives."""
        if isinstance(function, Api):
            return self._call_library(function, positional, named, node, scope)
        if isinstance(function, Method):
            return self._call_method(function, positional, named, node)
        if isinstance(function, Function):
            return self.enter(function, positional, named, node.lineno)
        if isinstance(function, Class):
            return self.make(function, positional, named, node.lineno)
        if isinstance(function, Layer | Chain | Instance):
            traces = [value for value in positional if isinstance(value, Trace)]
            if traces:
                return self.passed(traces[0], function, node.lineno)
            shape = next((value for value in positional if isinstance(value, ShapeHint)), None)
            return shape or Unknown("a tensor", node.lineno, said=True)
        if isinstance(function, Unknown) and (traces := _traces_in(positional)):
            return self._through_unknown(function, traces, node.lineno)
        raise NotKnownError

    def _through_unknown(self, layer: Unknown, traces: list[Trace], line: int) -> Any:
        """A tensor after a layer that is not known: it goes on as it is, and a note says so."""
        if len(traces) > 1:
            return self.joined(traces[0], traces[-1], line)
        if not layer.said:
            self.note(line, f"{layer} is not a layer that is known here; it is left out.")
        return traces[0]

    # ------------------------------------------------------------------------------------------- the text's own things

    def enter(self, function: Function, positional: Iterable[Any], named: Mapping[str, Any], line: int) -> Any:
        """What `function` returns for these arguments."""
        if self._calls >= _MAX_CALLS:
            raise NotKnownError
        arguments = function.definition.args
        names = function.parameters
        values = list(positional)
        bound = dict(zip(names, values, strict=False))
        if arguments.vararg is not None:
            bound[arguments.vararg.arg] = tuple(values[len(names) :])
        rest = {key: value for key, value in named.items() if key not in names}
        bound.update({key: value for key, value in named.items() if key in names})
        defaults = zip(reversed(names), reversed(arguments.defaults), strict=False)
        for key, default in (
            *defaults,
            *zip([a.arg for a in arguments.kwonlyargs], arguments.kw_defaults, strict=True),
        ):
            if key in rest:
                bound[key] = rest.pop(key)
            elif key not in bound and default is not None:
                bound[key] = self.value(default, function.scope)
        if arguments.kwarg is not None:
            bound[arguments.kwarg.arg] = rest
        for name in names:
            bound.setdefault(name, Unknown(name, line))
        self._calls += 1
        try:
            return self.run_function(function, bound)
        finally:
            self._calls -= 1

    def make(self, cls: Class, positional: Iterable[Any], named: Mapping[str, Any], line: int) -> Any:
        """An object of `cls`; a layer where the text writes out a known one, as Keras code does with LRN."""
        if cls.name in LAYERS and any(isinstance(base, Api) and base.last == "Layer" for base in cls.bases):
            return self._layer(Api(cls.name), list(positional), dict(named), line)
        instance = Instance(cls, line)
        init = cls.method("__init__")
        if isinstance(init, Function):
            self.enter(init, (instance, *positional), named, line)
        (self.results if self._calls == 0 else self.inner_results).append(("", instance, line))
        return instance

    def passed(self, trace: Trace, module: Module, line: int) -> Trace:
        """`trace` after `module`."""
        if isinstance(module, Layer):
            return trace.after(module.steps)
        if isinstance(module, Instance):
            forward = module.cls.method("forward") or module.cls.method("call")
            if isinstance(forward, Function):
                result = self.enter(forward, (module, trace), {}, line)
                if isinstance(result, tuple | list) and result:
                    result = result[0]
                if isinstance(result, Trace):
                    return result
                return Trace(trace.steps, f"What {module.cls.name} gives cannot be followed.")
            inner = own_chain(module)
            return self.passed(trace, inner, line) if inner is not None else trace
        for child in module.children:
            self.spend()
            trace = self._passed_child(trace, child, line)
        return trace

    def _passed_child(self, trace: Trace, child: Any, line: int) -> Trace:
        if isinstance(child, Layer | Chain | Instance):
            return self.passed(trace, child, line)
        if isinstance(child, Function):
            result = self.enter(child, (trace,), {}, line)
            return result if isinstance(result, Trace) else trace
        if isinstance(child, list | tuple):
            for part in child:
                self.spend()
                trace = self._passed_child(trace, part, line)
            return trace
        if not (isinstance(child, Unknown) and child.said) and not isinstance(child, Trace | None):
            where = child.line if isinstance(child, Unknown) and child.line else line
            name = str(child)[:60] if isinstance(child, Unknown | Api | int | float | str) else "This"
            self.note(where, f"{name} is not a layer that is known here; it is left out.")
        return trace

    def joined(self, left: Any, right: Any, line: int) -> Any:
        """Two tensors added or joined: no chain any more."""
        trace = left if isinstance(left, Trace) else right
        if isinstance(left, Trace) and isinstance(right, Trace):
            self.note(line, PATHS_MEET)
            return left if len(left.steps) >= len(right.steps) else right
        return trace

    # ------------------------------------------------------------------------------------------------------ libraries

    def _call_library(
        self, api: Api, positional: list[Any], named: dict[str, Any], node: ast.Call, scope: Scope
    ) -> Any:
        name = api.last
        traces = [value for value in positional if isinstance(value, Trace)]
        if name in TORCH_FUNCTIONS and traces and name not in LAYERS:
            return traces[0].after(
                self._steps(TORCH_FUNCTIONS[name], f"{api.path}", positional[1:], named, node.lineno)
            )
        if name in LAYERS:
            self.used.add(api.path)
            return self._layer(api, positional, named, node.lineno)
        if name == "super":
            instance = scope.find("self")
            return Super(instance) if isinstance(instance, Instance) else Unknown("super()", node.lineno)
        rule = STRUCTURES.get(name)
        if rule is not None:
            return rule(self, positional, named, node)
        if name in HINTS:
            hint = HINTS[name](positional, named, node.lineno)
            if hint is not None:
                self.hints.append(hint)
                return hint
        if api.path in BUILTINS:
            try:
                return BUILTINS[api.path](*positional, **named)
            except TypeError:  # arguments that the function does not take
                raise NotKnownError from None
        if name in {"add", "append"} and positional and isinstance(positional[0], Layer):
            return self._to_unnamed(node, positional[0], scope)
        if name in MERGES and (inner := _traces_in(positional)):
            return self.joined(inner[0], inner[-1], node.lineno) if len(inner) > 1 else inner[0]
        return Unknown(f"{api.path}(…)", node.lineno)

    def _to_unnamed(self, node: ast.Call, layer: Layer, scope: Scope) -> Any:
        """`model.add(layer)` where the text does not say what `model` is: it becomes a chain."""
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            self.bind(node.func.value, Chain([layer], node.lineno), scope)
        return None

    def _layer(self, api: Api, positional: list[Any], named: dict[str, Any], line: int) -> Any:
        shape = shape_of_input(named, line)
        if shape is not None:
            self.hints.append(shape)
        try:
            steps = LAYERS[api.last](Arguments(api.last, positional, named), line)
        except LayerError as fault:
            self.note(line, str(fault))
            return Unknown(api.path, line, said=True)
        return Layer(steps, api.last, line)

    def _steps(
        self, maker: Maker, name: str, positional: list[Any], named: dict[str, Any], line: int
    ) -> tuple[Step, ...]:
        try:
            return maker(Arguments(name, positional, named), line)
        except LayerError as fault:
            self.note(line, str(fault))
            return (Step(Foreign(""), line, name),)

    # -------------------------------------------------------------------------------------------------------- methods

    def _call_method(self, method: Method, positional: list[Any], named: dict[str, Any], node: ast.Call) -> Any:
        owner, name = method.owner, method.name
        if isinstance(owner, Instance):
            function = owner.cls.method(name)
            if isinstance(function, Function):
                return self.enter(function, (owner, *positional), named, node.lineno)
            if name in {"add_module", "register_module"} and len(positional) == 2:
                owner.attributes[str(positional[0])] = positional[1]
                return None
            if name in HINTS and (hint := HINTS[name](positional, named, node.lineno)):
                self.hints.append(hint)
            return owner if name in KEEPING or name == "apply" else Unknown(name, node.lineno, said=True)
        if isinstance(owner, Super):
            if name == "__init__" and any(_is_sequential(base) for base in owner.instance.cls.bases):
                owner.instance.chain = self.chain(positional, node.lineno)
            return None
        if isinstance(owner, Chain | list):
            return self._on_chain(owner, name, positional, named, node)
        if isinstance(owner, Trace):
            if name in TORCH_FUNCTIONS:
                return owner.after(self._steps(TORCH_FUNCTIONS[name], name, positional, named, node.lineno))
            return owner if name in KEEPING else Unknown(name, node.lineno, said=True)
        rule = VALUE_METHODS.get(name)
        if rule is None:
            raise NotKnownError
        return rule(owner, *positional)

    def _on_chain(
        self, owner: Chain | list[Any], name: str, positional: list[Any], named: dict[str, Any], node: ast.Call
    ) -> Any:
        items = owner.children if isinstance(owner, Chain) else owner
        values = [*positional, *named.values()]
        if name in {"add", "append", "add_module"} and values:
            items.extend(values[-1:][: self.room(items)])
            if isinstance(owner, Chain) and name == "add_module":
                owner.named[str(values[0])] = values[-1]
        elif name == "extend" and values:
            items.extend((self.items(values[0]) or [])[: self.room(items)])
        elif name == "insert" and len(values) == 2 and isinstance(values[0], int):
            items[values[0] : values[0]] = values[1:][: self.room(items)]
        elif name == "pop" and items:
            place = values[0] if values and isinstance(values[0], int) else -1
            return items.pop(place) if -len(items) <= place < len(items) else None
        elif name == "build" and isinstance(owner, Chain):
            self._hint_of_build(values, node.lineno)
        elif isinstance(owner, Chain) and (name in KEEPING or name == "apply"):
            return owner
        elif name in HINTS and (hint := HINTS[name](positional, named, node.lineno)):
            self.hints.append(hint)
        return None

    def _hint_of_build(self, values: list[Any], line: int) -> None:
        hint = shape_of_input({"batch_input_shape": values[0]} if values else {}, line)
        if hint is not None:
            self.hints.append(hint)

    # ------------------------------------------------------------------------------------------------------ structures

    def chain(self, children: Iterable[Any], line: int) -> Chain:
        """A `Sequential` of `children`; lists and dictionaries of layers are opened."""
        chain = Chain([], line)
        for child in children:
            pairs = child.items() if isinstance(child, dict) else named_pairs(child)
            if pairs is not None:
                chain.named.update({str(key): value for key, value in pairs})
                chain.children.extend([value for _, value in pairs])
            elif isinstance(child, list | tuple):
                chain.children.extend(child)
            elif not isinstance(child, str):
                chain.children.append(child)
        del chain.children[MAX_CHILDREN:]
        return chain

    def items(self, value: Any) -> list[Any] | None:
        """What a loop over `value` goes through; None where that is not known."""
        if isinstance(value, Chain):
            return list(value.children)
        if isinstance(value, list | tuple | range | str | dict):
            return list(islice(value, MAX_LOOP))
        return None


def own_chain(instance: Instance) -> Chain | None:
    """The layers of an object without a forward pass: its `net`, else all that it holds in order."""
    if instance.chain is not None:
        return instance.chain
    named = [instance.attributes[name] for name in ("net", "model", "layers") if name in instance.attributes]
    held = named[:1] or [value for value in instance.attributes.values() if isinstance(value, Layer | Chain | Instance)]
    return Chain(held, instance.line) if held else None


def _traces_in(values: list[Any]) -> list[Trace]:
    found = []
    for value in values:
        found += [part for part in (value if isinstance(value, list | tuple) else [value]) if isinstance(part, Trace)]
    return found


def _is_sequential(base: Any) -> bool:
    return isinstance(base, Api) and base.last == "Sequential"
