"""Expressions of the text: numbers and lists are worked out, layers are noted down, the rest stays unknown."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from explorer.importing.arithmetic import MAX_ITEMS, NotKnownError, bounded, combined, compared, signed
from explorer.importing.calls import Calls
from explorer.importing.values import Api, Chain, Instance, Layer, Method, Scope, Super, Trace, Unknown

_MAX_DEPTH = 120


class Expressions(Calls):
    """Values of expressions; `_of_name` handles the node class of that name."""

    def value(self, node: ast.expr, scope: Scope) -> Any:
        """What `node` is worth."""
        self.spend()
        rule = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if rule is None or self.depth > _MAX_DEPTH:
            return Unknown("this expression", node.lineno)
        self.depth += 1
        try:
            return rule(node, scope)
        except NotKnownError:
            return self._unknown(node)
        finally:
            self.depth -= 1

    def _unknown(self, node: ast.expr) -> Unknown:
        """The unknown value of `node`, made once: a loop comes by often, and writing code out is slow."""
        if node not in self.unknowns:
            self.unknowns[node] = Unknown(_written(node), node.lineno)
        return self.unknowns[node]

    def _of_constant(self, node: ast.Constant, scope: Scope) -> Any:
        del scope
        return bounded(node.value)

    def _of_name(self, node: ast.Name, scope: Scope) -> Any:
        return scope.find(node.id)

    def _of_tuple(self, node: ast.Tuple, scope: Scope) -> Any:
        return tuple(self._elements(node.elts, scope))

    def _of_list(self, node: ast.List, scope: Scope) -> Any:
        return list(self._elements(node.elts, scope))

    _of_set = _of_list

    def _elements(self, nodes: Iterable[ast.expr], scope: Scope, *, names_layers: bool = False) -> Iterable[Any]:
        """The values of `nodes`; where layers are expected, a name that means nothing here keeps its line."""
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from self.items(self.value(node.value, scope)) or ()
            else:
                value = self.value(node, scope)
                yield Unknown(value.path, node.lineno) if names_layers and isinstance(value, Api) else value

    def _of_dict(self, node: ast.Dict, scope: Scope) -> Any:
        found: dict[Any, Any] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.value(item, scope)
            if key is None:
                found.update(value if isinstance(value, dict) else {})
                continue
            name = self.value(key, scope)
            if isinstance(name, int | str | float | None):
                found[name] = value
        return found

    def _of_binop(self, node: ast.BinOp, scope: Scope) -> Any:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if isinstance(left, Trace) or isinstance(right, Trace):
            return self.joined(left, right, node.lineno)
        return combined(node.op, left, right)

    def _of_unaryop(self, node: ast.UnaryOp, scope: Scope) -> Any:
        return signed(node.op, self.value(node.operand, scope))

    def _of_boolop(self, node: ast.BoolOp, scope: Scope) -> Any:
        value: Any = None
        for part in node.values:
            value = self.value(part, scope)
            if not isinstance(value, int | float | str | list | tuple | dict | None):
                raise NotKnownError
            if bool(value) is isinstance(node.op, ast.Or):
                return value
        return value

    def _of_compare(self, node: ast.Compare, scope: Scope) -> Any:
        left = self.value(node.left, scope)
        for kind, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node, scope)
            if not compared(kind, left, right):
                return False
            left = right
        return True

    def _of_ifexp(self, node: ast.IfExp, scope: Scope) -> Any:
        test = self.value(node.test, scope)
        known = isinstance(test, int | float | str | list | tuple | dict | None)
        return self.value(node.body if not known or test else node.orelse, scope)

    def _of_namedexpr(self, node: ast.NamedExpr, scope: Scope) -> Any:
        value = self.value(node.value, scope)
        scope.names[node.target.id] = value
        return value

    def _of_joinedstr(self, node: ast.JoinedStr, scope: Scope) -> Any:
        parts = []
        for part in node.values:
            value = self.value(part.value if isinstance(part, ast.FormattedValue) else part, scope)
            parts.append(str(value)[:100] if isinstance(value, int | float | str) else "…")
        return bounded("".join(parts))

    def _of_lambda(self, node: ast.Lambda, scope: Scope) -> Any:
        return self.function(node, scope, "lambda")

    def _of_listcomp(self, node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> Any:
        found: list[Any] = []
        self._comprehend(node.generators, node.elt, Scope({}, scope), found)
        return found

    _of_generatorexp = _of_listcomp

    def _comprehend(self, parts: list[ast.comprehension], item: ast.expr, scope: Scope, found: list[Any]) -> None:
        if not parts:
            if len(found) >= MAX_ITEMS:
                raise NotKnownError
            found.append(self.value(item, scope))
            return
        for value in self.items(self.value(parts[0].iter, scope)) or ():
            self.spend()
            self.bind(parts[0].target, value, scope)
            if all(self.value(test, scope) is not False for test in parts[0].ifs):
                self._comprehend(parts[1:], item, scope, found)

    def _of_subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        owner = self.value(node.value, scope)
        values = owner.children if isinstance(owner, Chain) else owner
        if isinstance(node.slice, ast.Slice):
            bounds = [self.value(part, scope) if part else None
                      for part in (node.slice.lower, node.slice.upper, node.slice.step)]  # fmt: skip
            if not isinstance(values, list | tuple | str) or not all(isinstance(b, int | None) for b in bounds):
                raise NotKnownError
            if bounds[2] == 0:
                raise NotKnownError
            part = values[bounds[0] : bounds[1] : bounds[2]]
            return Chain(list(part), owner.line) if isinstance(owner, Chain) else part
        key = self.value(node.slice, scope)
        if isinstance(values, dict) and isinstance(key, int | str | float) and key in values:
            return values[key]
        if isinstance(values, list | tuple | str) and isinstance(key, int) and -len(values) <= key < len(values):
            return values[key]
        raise NotKnownError

    def _of_attribute(self, node: ast.Attribute, scope: Scope) -> Any:
        return self.attribute(self.value(node.value, scope), node.attr)

    def attribute(self, owner: Any, name: str) -> Any:
        """`owner.name`."""
        if isinstance(owner, Api):
            return Api(f"{owner.path}.{name}")
        if isinstance(owner, Instance):
            if name in owner.attributes:
                return owner.attributes[name]
            found = owner.cls.method(name)
            return Method(owner, name) if found is None or hasattr(found, "definition") else found
        if isinstance(owner, Chain) and name in owner.named:
            return owner.named[name]
        if isinstance(owner, Trace) and name == "shape":
            raise NotKnownError
        if isinstance(owner, list | dict | str | tuple | Chain | Layer | Trace | Super):
            return Method(owner, name)
        raise NotKnownError

    def _of_call(self, node: ast.Call, scope: Scope) -> Any:
        function = self.value(node.func, scope)
        holds = isinstance(function, Api) and function.last in {"Sequential", "ModuleList"}
        positional = list(self._elements(node.args, scope, names_layers=holds))
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, scope)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, dict):
                named.update({str(key): item for key, item in value.items()})
        return self.call(function, positional, named, node, scope)


def _written(node: ast.expr) -> str:
    """The expression as the text writes it, cut where it is long."""
    if sum(1 for _ in ast.walk(node)) > 40:
        return "this expression"
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:57]}..."
