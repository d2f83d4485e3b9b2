"""What `print(model)` gives: an indented tree of modules with their settings."""

from __future__ import annotations

import ast
import re

from explorer.errors import ImportTextError
from explorer.importing.arguments import Arguments
from explorer.importing.result import Note
from explorer.importing.steps import LayerError, Step
from explorer.importing.torch_layers import TORCH_LAYERS

_ENTRY = re.compile(r"^\s*\((?P<name>[\w.-]+)\):\s*(?:(?P<times>\d+)\s*x\s+)?(?P<type>[A-Za-z_]\w*)\((?P<rest>.*)$")
_OPENING = re.compile(r"^\s*[A-Za-z_]\w*\($")
_BRANCHED = re.compile(
    r"Bottleneck|BasicBlock|Inception|Residual|DenseBlock|InvertedResidual|Fire|Attention|Transformer"
)
_MAX_TIMES = 1000


def looks_printed(text: str) -> bool:
    """Whether `text` is a printed network: two or more lines such as `(0): Conv2d(1, 64, ...)`."""
    found = 0
    for line in text.splitlines():
        found += _ENTRY.match(line) is not None
        if found >= 2:
            return True
    return found == 1 and any(_OPENING.match(line) for line in text.splitlines())


def read_printed(text: str) -> tuple[list[Step], list[Note]]:
    """The layers of a printed network in order, and notes on those that are not known.

    Raises ImportTextError where the network is no chain.
    """
    steps: list[Step] = []
    notes: list[Note] = []
    repeats: list[tuple[int, int, int]] = []  # indent, first step, times
    for number, line in enumerate(text.splitlines(), start=1):
        entry = _ENTRY.match(line)
        indent = len(line) - len(line.lstrip())
        while repeats and line.strip() and indent <= repeats[-1][0]:
            _, start, times = repeats.pop()
            steps += steps[start:] * (times - 1)
        if entry is None:
            if line.strip() not in ("", ")") and not _OPENING.match(line):
                notes.append(Note(number, "This line is no printed layer; it is left out."))
            continue
        times = min(int(entry["times"] or 1), _MAX_TIMES)
        if not entry["rest"].strip():
            if _BRANCHED.search(entry["type"]):
                message = f"Line {number}: {entry['type']} has paths side by side, and only chains of layers are read."
                raise ImportTextError(message, line=number, column=line.index("(") + 1)
            repeats.append((indent, len(steps), times))
            continue
        made, note = _leaf(entry["type"], f"{entry['type']}({entry['rest']}", number)
        steps += made * times
        if note is not None:
            notes.append(note)
    while repeats:
        _, start, times = repeats.pop()
        steps += steps[start:] * (times - 1)
    return steps, notes


def _leaf(kind: str, text: str, line: int) -> tuple[list[Step], Note | None]:
    maker = TORCH_LAYERS.get(kind)
    if maker is None:
        return [], Note(line, f"{kind} is not a layer that is known here; it is left out.")
    try:
        call = ast.parse(text.strip(), mode="eval").body
        if not isinstance(call, ast.Call):
            raise LayerError(f"{kind} cannot be read; it is left out.")
        positional = [_setting(value) for value in call.args]
        named = {keyword.arg: _setting(keyword.value) for keyword in call.keywords if keyword.arg}
        return list(maker(Arguments(kind, positional, named), line)), None
    except LayerError as fault:
        return [], Note(line, str(fault))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [], Note(line, f"The settings of {kind} cannot be read; it is left out.")


def _setting(node: ast.expr) -> object:
    """A printed value; a bare word such as `same` is a text."""
    if isinstance(node, ast.Name):
        return node.id
    return ast.literal_eval(node)
