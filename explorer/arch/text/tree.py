"""Tokens to a tree of brackets, numbers, words and calls, without recursion. Knows no notation yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from explorer.arch.limits import MAX_BLOCKS, MAX_CONVS
from explorer.arch.text.tokens import Token, fault, replaced

MAX_DEPTH = 8
MAX_ITEMS = MAX_BLOCKS * (MAX_CONVS + 1)  # a flat list of the largest network
_CLOSERS = {"(": ")", "（": ")", "[": "]", "［": "]", "【": "]"}
_PLAIN = {"）": ")", "］": "]", "】": "]"}
_PREFIX_LENGTH = 2

LeafKind = Literal["number", "word", "string", "sum"]


class Leaf(NamedTuple):
    """A number, word or string as it was written; a "sum" is a number with a sign or an operator in it."""

    kind: LeafKind
    text: str
    start: int
    end: int


@dataclass(slots=True)
class Group:
    """What stands in one pair of brackets; with a `name` it is a call, as in VGG(2, 64, norm="batch")."""

    start: int
    end: int = 0
    name: Token | None = None
    bracket: str = ""
    items: list[Item] = field(default_factory=list)
    keywords: list[tuple[Token, Item]] = field(default_factory=list)


Item = Leaf | Group


class _Parser:
    """One pass over the tokens with an explicit stack of open brackets."""

    def __init__(self, text: str, tokens: tuple[Token, ...]) -> None:
        self._text = text
        self._tokens = [token for token in tokens if token.kind != "comment"]
        self._at = 0
        self._stack = [Group(0, len(text))]
        self._keys: list[Token | None] = [None]  # for each open bracket, the keyword that waits for a value
        self._after_value = False  # whether the next thing must be a comma or a closing bracket

    def parse(self) -> Group:
        """The outermost sequence: what stands at the top level of the text, brackets or not."""
        self._skip_prefix()
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            _STEPS[token.kind](self, token)
        self._must_have_value(len(self._text.rstrip()) or 1)
        if len(self._stack) > 1:
            self._never_closed()
        return self._stack[0]

    def _skip_prefix(self) -> None:
        """Step over `conv_arch =` or the `"D":` of torchvision's table."""
        first = self._tokens[:_PREFIX_LENGTH]
        if len(first) == _PREFIX_LENGTH and first[0].kind in ("word", "string") and first[1].kind == "equals":
            self._at = _PREFIX_LENGTH

    def _leaf(self, token: Token) -> None:
        self._need_comma(token)
        if token.kind == "word" and self._next_kind(1) == "equals":
            self._keyword(token)
            return
        if token.kind == "word" and self._next_kind(1) == "open":
            self._at += 1
            self._open(self._tokens[self._at], name=token)
            return
        kind: LeafKind = "string" if token.kind == "string" else "word" if token.kind == "word" else "number"
        self._at += 1
        end = token.end
        if kind == "number":
            end = self._rest_of_sum(end)
            kind = "sum" if end != token.end else kind
        self._put(Leaf(kind, self._text[token.start : end], token.start, end))

    def _rest_of_sum(self, end: int) -> int:
        while self._next_kind(0) == "operator":
            end = self._tokens[self._at].end
            self._at += 1
            if self._next_kind(0) == "number":
                end = self._tokens[self._at].end
                self._at += 1
        return end

    def _sign(self, token: Token) -> None:
        self._need_comma(token)
        end = self._rest_of_sum(token.end)
        self._put(Leaf("sum", self._text[token.start : end], token.start, end))

    def _keyword(self, token: Token) -> None:
        if self._stack[-1].name is None:
            message = f"{token.text} = belongs inside a block such as VGG(2, 64, {token.text}=...)."
            raise fault(self._text, token.start, token.end, message)
        self._must_have_value(token.start)
        self._keys[-1] = token
        self._at += 2

    def _open(self, token: Token, name: Token | None = None) -> None:
        if name is None:
            self._need_comma(token)
        if token.text not in _CLOSERS:
            message = "Blocks stand in order, so they are written in ( ) or [ ], not in { }."
            raise fault(self._text, token.start, token.end, message)
        if len(self._stack) > MAX_DEPTH:
            message = f"A conv_arch nests its brackets at most {MAX_DEPTH} deep, and this is one more."
            raise fault(self._text, token.start, token.end, message)
        self._refuse_block_in_block(token, name)
        start = name.start if name else token.start
        self._stack.append(Group(start, name=name, bracket=token.text))
        self._keys.append(None)
        self._after_value = False
        self._at += 1

    def _refuse_block_in_block(self, token: Token, name: Token | None) -> None:
        """In `(1, 64, (2, 128)` it is the first bracket that lacks its end."""
        around = self._stack[-1]
        numbers_only = all(isinstance(item, Leaf) and item.kind in ("number", "sum") for item in around.items)
        if len(self._stack) > 1 and around.name is None and len(around.items) > 1 and numbers_only:
            last = around.items[-1]
            fix = replaced(self._text, last.end, last.end, _CLOSERS[around.bracket], "Close it")
            follows = f"{name.text}(" if name else f"the next {token.text}"
            raise fault(self._text, around.start, last.end, f"This bracket is not closed before {follows}.", fix)

    def _close(self, token: Token) -> None:
        text = self._text
        if len(self._stack) == 1:
            fix = replaced(text, token.start, token.end, "", "Remove it")
            raise fault(text, token.start, token.end, "This bracket closes nothing.", fix)
        group = self._stack[-1]
        wanted = _CLOSERS[group.bracket]
        if _PLAIN.get(token.text, token.text) != wanted:
            fix = replaced(text, token.start, token.end, wanted, f"Use {wanted}")
            message = f"The bracket was opened with {group.bracket}, so it closes with {wanted}, not {token.text}."
            raise fault(text, token.start, token.end, message, fix)
        self._must_have_value(token.start)
        self._stack.pop()
        self._keys.pop()
        group.end = token.end
        self._at += 1
        self._put(group)

    def _comma(self, token: Token) -> None:
        self._must_have_value(token.start)
        if not self._after_value:
            fix = replaced(self._text, token.start, token.end, "", "Remove it")
            raise fault(self._text, token.start, token.end, "Nothing stands before this comma.", fix)
        self._after_value = False
        self._at += 1

    def _equals(self, token: Token) -> None:
        raise fault(self._text, token.start, token.end, f"Nothing can be set with {token.text} here.")

    def _put(self, item: Item) -> None:
        group, key = self._stack[-1], self._keys[-1]
        if key is not None:
            group.keywords.append((key, item))
            self._keys[-1] = None
        else:
            if len(group.items) >= MAX_ITEMS or (isinstance(item, Group) and len(group.items) >= MAX_BLOCKS):
                self._too_many(item)
            if group.keywords:
                message = "A value without a name stands before those with one."
                raise fault(self._text, item.start, item.end, message)
            group.items.append(item)
        self._after_value = True

    def _too_many(self, item: Item) -> None:
        what = f"{MAX_BLOCKS} blocks" if isinstance(item, Group) else f"{MAX_ITEMS:,} layers"
        raise fault(self._text, item.start, item.end, f"A network has at most {what}, and this is one more.")

    def _need_comma(self, token: Token) -> None:
        if self._after_value:
            before = self._text[: token.start].rstrip()
            fix = replaced(self._text, len(before), len(before), ",", "Insert a comma")
            raise fault(self._text, token.start, token.end, f"A comma is missing before this {token.text}.", fix)

    def _must_have_value(self, at: int) -> None:
        key = self._keys[-1]
        if key is not None:
            raise fault(self._text, key.start, min(at, key.end), f"{key.text} has no value.")

    def _next_kind(self, ahead: int) -> str:
        at = self._at + ahead
        return self._tokens[at].kind if at < len(self._tokens) else ""

    def _never_closed(self) -> None:
        end = self._tokens[-1].end
        closers = "".join(_CLOSERS[group.bracket] for group in reversed(self._stack[1:]))
        fix = replaced(self._text, end, end, closers, "Close it")
        group = self._stack[-1]
        at = group.name.end if group.name else group.start
        raise fault(self._text, at, at + 1, "This bracket is never closed.", fix)


_STEPS = {
    "number": _Parser._leaf,
    "word": _Parser._leaf,
    "string": _Parser._leaf,
    "operator": _Parser._sign,
    "open": _Parser._open,
    "close": _Parser._close,
    "comma": _Parser._comma,
    "equals": _Parser._equals,
}


def parse_tree(text: str, tokens: tuple[Token, ...]) -> Group:
    """The top-level sequence of `text`. Raises ArchTextError where brackets or commas do not fit."""
    return _Parser(text, tokens).parse()
