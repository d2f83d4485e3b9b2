"""A text as it was pasted or read from a file, made ready for `ast`: prompts, notebooks, indents, stray lines."""

from __future__ import annotations

import ast
import json
import re
import textwrap
import warnings
from dataclasses import dataclass

from explorer.errors import ImportTextError
from explorer.importing.result import Note

MAX_CHARS = 200_000
"""The longest text that is read; a whole tutorial notebook has some 50,000 characters of code."""
_MAX_REPAIRS = 8
_PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.|In \[\d*\]:)(?: |$)")
_NEVER_CLOSED = re.compile(r"'([(\[{])' was never closed")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_MAGIC = re.compile(r"^\s*[!%?]")


@dataclass(frozen=True, slots=True)
class ReadSource:
    """Code as a tree; `notes` name the lines that had to be left out, `text` is what the line numbers count in."""

    tree: ast.Module
    notes: tuple[Note, ...]
    text: str


def plain_text(text: str) -> str:
    """`text` as lines of code: a notebook's code cells one after another, anything else as it is.

    Raises ImportTextError for a text that is too long.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip().startswith("{") and '"cells"' in text[:2_000_000]:
        text = _notebook(text)
    if len(text) > MAX_CHARS:
        message = (
            f"This text has {len(text):,} characters, and an import reads up to {MAX_CHARS:,}. "
            "Paste only the lines that define the network."
        )
        raise ImportTextError(message)
    if not text.strip():
        raise ImportTextError("There is no text here: paste code, a printed network or an error message.")
    return text


def _notebook(text: str) -> str:
    try:
        cells = json.loads(text)["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return text
    if not any(part.strip() for part in code):
        raise ImportTextError("This notebook has no cell of code, so there is no network in it.")
    return "\n\n".join(code)


def read_python(text: str) -> ReadSource:
    """`text` as a tree. Lines that are no Python are left out, each with a note; too many raise."""
    lines = [_PROMPT.sub("", line) if _PROMPT.match(line) else line for line in text.split("\n")]
    lines = textwrap.dedent("\n".join("" if _MAGIC.match(line) else line for line in lines)).split("\n")
    notes: list[Note] = []
    while True:
        try:
            return ReadSource(_parsed("\n".join(lines)), tuple(notes), text)
        except SyntaxError as error:
            line = min(max(error.lineno or 1, 1), len(lines))
            fault = _not_python(lines[line - 1], error, line)
            if not lines[line - 1].strip() or len(notes) >= _MAX_REPAIRS:
                raise _first(notes, fault) from None
            notes.append(_repaired(lines, line, error, fault))
        except (RecursionError, MemoryError):
            raise ImportTextError("The brackets of this text are nested too deeply to be read.") from None
        except ValueError:
            raise ImportTextError("This text holds characters that no code has, such as zero bytes.") from None


def _repaired(lines: list[str], line: int, error: SyntaxError, fault: ImportTextError) -> Note:
    """Mend `lines` as little as possible and say how: a comma, a closing bracket, or the line goes."""
    reason = error.msg or ""
    if "forgot a comma" in reason and not lines[line - 1].rstrip().endswith(","):
        lines[line - 1] = f"{lines[line - 1].partition('#')[0].rstrip()},"
        return Note(line, f"A comma is missing at the end of line {line}; it is put there.")
    opened = _NEVER_CLOSED.match(reason)
    if opened is not None:
        lines[-1] += f"\n{_CLOSING[opened[1]]}"
        return Note(line, f"The {opened[1]} of line {line} is never closed; it is closed at the end.")
    lines[line - 1] = _emptied(lines[line - 1])
    return Note(line, f"{fault} The line is left out.")


def _parsed(code: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the text, not of ours: "\d" in a string
        return ast.parse(code)


def _emptied(line: str) -> str:
    """What stands in for a line that is left out: a block's head keeps its body, all else goes."""
    bare = line.rstrip()
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}if True:" if bare.endswith(":") and not bare.strip().startswith("#") else ""


def _not_python(line: str, error: SyntaxError, number: int) -> ImportTextError:
    shown = line.strip()
    shown = shown if len(shown) <= 50 else f"{shown[:47]}..."
    reason = (error.msg or "").removeprefix("invalid syntax. ").strip()
    detail = "" if reason.startswith(("invalid", "Perhaps")) or not reason else f": {reason}"
    wide = next((character for character in line.partition("#")[0] if character in "，（）【】：；“”‘’"), None)
    if wide is not None:
        detail = f": {wide} is a full-width character"
    message = f'Line {number}, "{shown}", is not Python{detail}.'
    return ImportTextError(message, line=number, column=max(error.offset or 1, 1))


def _first(notes: list[Note], fault: ImportTextError) -> ImportTextError:
    """The error to report: the first line at fault, as what follows may only be its consequence."""
    if not notes:
        return fault
    return ImportTextError(notes[0].sentence.removesuffix(" The line is left out."), line=notes[0].line)
