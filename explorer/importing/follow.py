"""Statements of the text, followed one by one on paper.

No line of the text runs: what is known (numbers, lists, layers, the text's own functions and classes) is worked out by
rules of our own, everything else is an `Unknown`. The number of steps is bounded, so any text ends soon.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from explorer.importing.arithmetic import NotKnownError, combined
from explorer.importing.expressions import Expressions
from explorer.importing.values import Api, Chain, Class, Function, Instance, Layer, Scope, Trace, Unknown


class _ReturnError(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class _LeaveError(Exception):
    """`break` or `continue`."""

    def __init__(self, *, is_break: bool) -> None:
        super().__init__()
        self.is_break = is_break


class Follower(Expressions):
    """Follows a module. Afterwards `globals` holds its names and `results` the networks that it made, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.globals = Scope({"__name__": "__main__"})
        self.loose: list[Any] = []

    def module(self, tree: ast.Module) -> None:
        """Follow the whole text."""
        for statement in tree.body:
            try:
                self.statement(statement, self.globals)
            except _ReturnError as found:
                self._keep_result("", found.value, statement.lineno)
            except _LeaveError:
                continue

    def run_function(self, function: Function, bound: dict[str, Any]) -> Any:
        """What the body of `function` returns with its parameters bound."""
        scope = Scope(bound, function.scope)
        if isinstance(function.definition, ast.Lambda):
            return self.value(function.definition.body, scope)
        try:
            self._body(function.definition.body, scope)
        except _ReturnError as found:
            return found.value
        except _LeaveError:
            return None
        return None

    def statement(self, node: ast.stmt, scope: Scope) -> None:
        """Follow one statement."""
        self.at_line = node.lineno
        self.spend()
        rule = getattr(self, f"_on_{type(node).__name__.lower()}", None)
        if rule is not None:
            rule(node, scope)

    def _body(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        for statement in body:
            self.statement(statement, scope)

    # ------------------------------------------------------------------------------------------------ what names mean

    def _on_assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.value(node.value, scope)
        for target in node.targets:
            self.bind(target, value, scope)

    def _on_annassign(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.bind(node.target, self.value(node.value, scope), scope)

    def _on_augassign(self, node: ast.AugAssign, scope: Scope) -> None:
        before, more = self.value(node.target, scope), self.value(node.value, scope)
        if isinstance(before, list) and isinstance(more, list | tuple):
            before.extend(more[: self.room(before)])
            return
        if isinstance(before, Trace) or isinstance(more, Trace):
            self.bind(node.target, self.joined(before, more, node.lineno), scope)
            return
        try:
            value = combined(node.op, before, more)
        except NotKnownError:
            value = Unknown(ast.unparse(node.target), node.lineno)
        self.bind(node.target, value, scope)

    def bind(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Give the name, attribute or place `target` its value."""
        if isinstance(target, ast.Name):
            scope.names[target.id] = value
            if scope is self.globals:
                self._keep_result(target.id, value, target.lineno)
        elif isinstance(target, ast.Tuple | ast.List):
            self._bind_each(target.elts, value, scope)
        elif isinstance(target, ast.Attribute):
            owner = self.value(target.value, scope)
            if isinstance(owner, Instance):
                owner.attributes[target.attr] = value
        elif isinstance(target, ast.Subscript):
            self._bind_place(target, value, scope)

    def _bind_each(self, targets: Sequence[ast.expr], value: Any, scope: Scope) -> None:
        parts = list(value) if isinstance(value, list | tuple) else []
        for index, target in enumerate(targets):
            if isinstance(target, ast.Starred):
                rest = len(targets) - index - 1
                self.bind(target.value, parts[index : len(parts) - rest], scope)
                parts = [*parts[:index], None, *parts[len(parts) - rest :]]
                continue
            known = index < len(parts)
            self.bind(target, parts[index] if known else Unknown(ast.unparse(target), target.lineno), scope)

    def _bind_place(self, target: ast.Subscript, value: Any, scope: Scope) -> None:
        owner, key = self.value(target.value, scope), self.value(target.slice, scope)
        children = owner.children if isinstance(owner, Chain) else owner
        if isinstance(children, list) and isinstance(key, int) and -len(children) <= key < len(children):
            children[key] = value
        elif isinstance(owner, dict) and isinstance(key, int | str):
            owner[key] = value

    def _keep_result(self, name: str, value: Any, line: int) -> None:
        if isinstance(value, Chain | Instance | Trace):
            self.results.append((name, value, line))

    # ------------------------------------------------------------------------------------------------- what is defined

    def _on_functiondef(self, node: ast.FunctionDef, scope: Scope) -> None:
        scope.names[node.name] = Function(node, scope, node.name)

    _on_asyncfunctiondef = _on_functiondef

    def _on_classdef(self, node: ast.ClassDef, scope: Scope) -> None:
        bases = tuple(self.value(base, scope) for base in node.bases)
        inner = Scope({}, scope)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.Assign | ast.AnnAssign):
                self.statement(statement, inner)
        scope.names[node.name] = Class(node, bases, inner.names, node.name)

    def _on_import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            scope.names[name] = Api(alias.name if alias.asname else name)

    def _on_importfrom(self, node: ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            if alias.name != "*":
                scope.names[alias.asname or alias.name] = Api(f"{node.module or ''}.{alias.name}")

    # ----------------------------------------------------------------------------------------------------- which way

    def _on_expr(self, node: ast.Expr, scope: Scope) -> None:
        value = self.value(node.value, scope)
        if scope is not self.globals:
            return
        parts = value if isinstance(value, list | tuple) else [value]
        layers = [part for part in parts if isinstance(part, Layer)]
        if layers:
            self.loose.extend(layers)
        else:
            self._keep_result("", value, node.lineno)

    def _on_return(self, node: ast.Return, scope: Scope) -> None:
        raise _ReturnError(self.value(node.value, scope) if node.value is not None else None)

    def _on_if(self, node: ast.If, scope: Scope) -> None:
        test = self.value(node.test, scope)
        known = isinstance(test, bool | int | float | str | list | tuple | dict | None)
        self._body(node.body if not known or test else node.orelse, scope)

    def _on_for(self, node: ast.For, scope: Scope) -> None:
        items = self.items(self.value(node.iter, scope))
        if items is None:
            return
        for item in items:
            self.spend()
            self.bind(node.target, item, scope)
            try:
                self._body(node.body, scope)
            except _LeaveError as leave:
                if leave.is_break:
                    break

    def _on_while(self, node: ast.While, scope: Scope) -> None:
        while True:
            self.spend()
            test = self.value(node.test, scope)
            if not isinstance(test, bool | int) or not test:
                return
            try:
                self._body(node.body, scope)
            except _LeaveError as leave:
                if leave.is_break:
                    return

    def _on_with(self, node: ast.With, scope: Scope) -> None:
        self._body(node.body, scope)

    def _on_try(self, node: ast.Try, scope: Scope) -> None:
        self._body(node.body, scope)

    def _on_break(self, node: ast.Break, scope: Scope) -> None:
        del node, scope
        raise _LeaveError(is_break=True)

    def _on_continue(self, node: ast.Continue, scope: Scope) -> None:
        del node, scope
        raise _LeaveError(is_break=False)

    def _on_raise(self, node: ast.Raise, scope: Scope) -> None:
        del scope
        raise _ReturnError(Unknown("raise", node.lineno))
