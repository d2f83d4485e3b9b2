"""Text to tokens: the only place that looks at single characters."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, NoReturn

from explorer.errors import ArchTextError, TextFix

TokenKind = Literal["number", "word", "string", "open", "close", "comma", "equals", "operator", "comment"]

MAX_TEXT = 60_000
"""Characters; 128 blocks of 64 convolutions with every setting written out fit."""

_BLANK = r"[\s\ufeff\u200b-\u200f\u2060\u00ad\\]+"  # also what pasting brings along and nobody sees
_RULES: tuple[tuple[str, str], ...] = (
    ("blank", _BLANK),
    ("comment", r"\#[^\r\n]*"),
    ("string", r"\"[^\"\r\n]*\"|'[^'\r\n]*'|“[^”\r\n]*”|‘[^’\r\n]*’|＂[^＂\r\n]*＂"),
    ("number", r"(?:\d|\.\d)(?:[eE][+-]?\d+|[\w.])*"),
    ("word", r"[^\W\d]\w*"),
    ("open", r"[(\[{（［【｛]"),
    ("close", r"[)\]}）］】｝]"),
    ("comma", r"[,，、﹐]"),
    ("equals", r"[=＝:：]"),
    ("operator", r"\*\*|//|<<|[-+*/^%×−–]"),
    ("other", r"."),
)
_PATTERN = re.compile("|".join(f"(?P<{kind}>{rule})" for kind, rule in _RULES))
_LINE_END = re.compile(r"\r\n|\r|\n")
_QUOTES = "\"'“”‘’＂"


class Token(NamedTuple):
    """A piece of the text that means something: characters `start` to `end` (end not included)."""

    kind: TokenKind
    text: str
    start: int
    end: int


def tokenize(text: str) -> tuple[Token, ...]:
    """The tokens of `text` in order, comments included. Raises ArchTextError at a character that has no place."""
    if len(text) > MAX_TEXT:
        message = f"A conv_arch has at most {MAX_TEXT:,} characters, and this text has {len(text):,}."
        raise ArchTextError(message, line=1, column=1)
    tokens: list[Token] = []
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup
        if kind == "other":
            _refuse(text, match.start())
        if kind != "blank":
            tokens.append(Token(kind, match.group(), match.start(), match.end()))  # type: ignore[arg-type]
    return tuple(tokens)


def place(text: str, offset: int) -> tuple[int, int]:
    """(line, column) of the character at `offset`, both from 1; Windows' and old Mac's line ends count once."""
    line, begin = 1, 0
    for match in _LINE_END.finditer(text, 0, offset):
        if match.end() <= offset:
            line, begin = line + 1, match.end()
    return line, offset - begin + 1


def fault(text: str, start: int, end: int, message: str, fix: TextFix | None = None) -> ArchTextError:
    """The error about characters `start` to `end`, or about the part of them that is on the first line."""
    line, column = place(text, start)
    line_end = _LINE_END.search(text, start)
    stop = min(end, line_end.start()) if line_end else end
    return ArchTextError(message, line=line, column=column, length=max(1, stop - start), fix=fix)


def replaced(text: str, start: int, end: int, new: str, label: str) -> TextFix:
    """The repair that puts `new` in the place of characters `start` to `end`."""
    return TextFix(label, text[:start] + new + text[end:])


def _refuse(text: str, at: int) -> NoReturn:
    character = text[at]
    if character in _QUOTES:
        stop = re.compile(r"[\w.]*").match(text, at + 1)
        end = stop.end() if stop else at + 1
        fix = replaced(text, at, end, f'"{text[at + 1 : end]}"', "Close it") if end > at + 1 else None
        raise fault(text, at, end, "This quote is never closed.", fix)
    if character in ";；":
        fix = replaced(text, at, at + 1, ",", "Use a comma")
        raise fault(text, at, at + 1, "Blocks are parted by commas, and this is a semicolon.", fix)
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    raise fault(text, at, at + 1, f"The character {shown} has no place in a conv_arch.")
