"""`import_text`: any text that a user pastes, to a network with notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from explorer.arch import ops
from explorer.arch.conv_arch import parse_blocks
from explorer.arch.spec import Head, InputShape, NetworkSpec
from explorer.errors import ArchTextError, ImportTextError, SpecError
from explorer.importing.arithmetic import NotKnownError
from explorer.importing.assemble import as_preset, assemble
from explorer.importing.calls import TooLongError
from explorer.importing.follow import Follower
from explorer.importing.keras_layers import KERAS_LAYERS
from explorer.importing.printed import looks_printed, read_printed
from explorer.importing.result import Imported, Note, SourceKind
from explorer.importing.source import plain_text, read_python
from explorer.importing.steps import Step
from explorer.importing.values import Chain, Class, Function, Instance, Layer, Trace

DEFAULT_INPUT = InputShape(3, 224, 224)
_GENERIC = {"", "net", "model", "network", "cnn", "clf", "layers", "self", "x", "out", "output", "outputs", "my_model"}
_GUESSES: Mapping[str, int] = {
    **dict.fromkeys(("num_classes", "n_classes", "nb_classes", "classes", "output_dim", "num_class", "out_dim"), 10),
    **dict.fromkeys(("in_channels", "input_channels", "n_channels", "channels", "in_ch"), 3),
}
_KERAS_TABLE = re.compile(r"Layer \(type\)\s+[│┃ ]*\s*Output Shape", re.MULTILINE)
_ARCH_FIRST = ("conv_arch", "arch", "cfg", "cfgs", "config")


def import_text(text: str, *, default_input: InputShape = DEFAULT_INPUT) -> Imported:
    """The network of `text`: tutorial code, a notebook, a printed network, or a conv_arch.

    `default_input` is the picture where the text says nothing of it. Raises ImportTextError with the line where no
    network can be read.
    """
    try:
        return _import(plain_text(text), default_input)
    except RecursionError:
        raise ImportTextError("The parts of this text are nested too deeply to be read.") from None


def _import(text: str, default_input: InputShape) -> Imported:
    if looks_printed(text):
        printed, unread = read_printed(text)
        name = text.strip().split("(")[0].strip() or ""
        return assemble(
            printed, [], unread, kind="printed", text=text, name=_network_name(name), default_input=default_input
        )
    if _KERAS_TABLE.search(text):
        raise ImportTextError("A Keras summary names no kernel sizes; paste the code that makes the network instead.")
    arch = _conv_arch(text, default_input)
    if isinstance(arch, Imported):
        return arch
    try:
        source = read_python(text)
    except ImportTextError as error:
        if arch is not None and text.lstrip()[:1] in "([{" and not re.search(r"Conv|nn\.|layers\.", text):
            raise ImportTextError(str(arch), line=arch.line, column=arch.column) from None
        raise error from None
    follower = Follower()
    try:
        follower.module(source.tree)
        name, steps = _network(follower)
    except TooLongError:
        message = "The loops of this text go round too often to be followed; paste only the network."
        raise ImportTextError(message, line=follower.at_line) from None
    notes = [*source.notes, *follower.notes]
    if not any(isinstance(step.op, ops.Conv2d) for step in steps):
        written = _written_arch(follower, text, default_input, tuple(notes))
        if written is not None:
            return written
    kind: SourceKind = "keras" if any(path.rsplit(".", 1)[-1] in KERAS_LAYERS for path in follower.used) else "pytorch"
    return assemble(
        steps, follower.hints, notes, kind=kind, text=source.text, name=_network_name(name), default_input=default_input
    )


def _network_name(name: str) -> str:
    return "imported" if name.lower() in _GENERIC or len(name) > 60 else name


# ----------------------------------------------------------------------------------------------- which network is meant


def _network(follower: Follower) -> tuple[str, tuple[Step, ...]]:
    """The name and steps of the network that the text makes: the last whole one, else what its definitions make."""
    for candidates in (_made(follower), _defined(follower), _loose(follower)):
        found = [(name, value, steps) for name, value, line in candidates
                 if _has_conv(steps := _steps(follower, value, line))]  # fmt: skip
        if found:
            whole = [entry for entry in found if any(isinstance(step.op, ops.Linear) for step in entry[2])]
            name, value, steps = (whole or found)[-1]
            return _named(name, value), steps
    return "", tuple(step for _, value, line in _made(follower) for step in _steps(follower, value, line))


def _named(name: str, value: Any) -> str:
    if name.lower() in _GENERIC and isinstance(value, Instance):
        return value.cls.name
    return name


def _has_conv(steps: Sequence[Step]) -> bool:
    return any(isinstance(step.op, ops.Conv2d) for step in steps)


def _made(follower: Follower) -> Iterator[tuple[str, Any, int]]:
    """What the text makes itself, each once, in order."""
    seen: set[int] = set()
    for name, value, line in follower.results:
        if id(value) not in seen:
            seen.add(id(value))
            yield name, value, line


def _steps(follower: Follower, value: Any, line: int) -> tuple[Step, ...]:
    """The steps of a network; its notes stay only if it has any."""
    before = len(follower.notes)
    try:
        if isinstance(value, Layer | Chain | Instance):
            value = follower.passed(Trace(), value, line)
    except NotKnownError:
        value = None
    if isinstance(value, Trace) and value.problem:
        follower.note(line, value.problem)
    if not isinstance(value, Trace) or not value.steps:
        if any(isinstance(one, Note) for one in follower.notes[before:]) and not isinstance(value, Trace):
            del follower.notes[before:]
        return ()
    return value.steps


def _defined(follower: Follower) -> Iterator[tuple[str, Any, int]]:
    """What the text's classes and functions make, where nothing calls them; the one with most layers comes last."""
    made = []
    for name, value in list(follower.globals.names.items()):
        if isinstance(value, Class | Function):
            line = value.definition.lineno
            before, inside = list(follower.notes), len(follower.inner_results)
            result = _try_definition(follower, value, line)
            steps = _steps(follower, result, line)
            if not _has_conv(steps) and not isinstance(result, Trace) and len(follower.inner_results) > inside:
                name, result, line = follower.inner_results[-1]
                steps = _steps(follower, result, line)
            own_notes = [note for note in follower.notes if note not in before]
            follower.notes[:] = before
            if _has_conv(steps):
                made.append(
                    (any(isinstance(step.op, ops.Linear) for step in steps), len(steps), name, result, line, own_notes)
                )
    made.sort(key=lambda entry: entry[:2])
    if made:
        *_, name, result, line, own_notes = made[-1]
        follower.notes += own_notes
        yield name, result, line


def _try_definition(follower: Follower, value: Class | Function, line: int) -> Any:
    function = value.method("__init__") if isinstance(value, Class) else value
    if not isinstance(function, Function):
        return follower.make(value, (), {}, line) if isinstance(value, Class) else None
    arguments = function.definition.args
    needed = function.parameters[1 if isinstance(value, Class) else 0 :]
    needed = needed[: max(0, len(needed) - len(arguments.defaults))]
    guesses = {name: guess for name in needed if (guess := _guess(follower, name)) is not None}
    try:
        if isinstance(value, Class):
            return follower.make(value, (), guesses, line)
        traces = (Trace(),) if needed and not guesses else ()
        return follower.enter(value, traces, guesses, line)
    except NotKnownError:
        return None


def _guess(follower: Follower, parameter: str) -> Any:
    """A value for a parameter that nobody gives: the text's own of that name, or a usual number."""
    names = follower.globals.names
    if parameter in names:
        return names[parameter]
    if parameter in {"arch", "cfg", "architecture"} and "conv_arch" in names:
        return names["conv_arch"]
    if re.search("name|type|cfg|vgg|version", parameter):
        table = next((value for value in names.values() if isinstance(value, dict) and value), None)
        return _entry(table)[0] if table is not None else None
    return _GUESSES.get(parameter)


def _loose(follower: Follower) -> Iterator[tuple[str, Any, int]]:
    """Layers that stand in the text without a network around them: lines of layers, or a list of them."""
    if follower.loose:
        yield "", Chain(follower.loose, 1), 1
    for name, value in follower.globals.names.items():
        if isinstance(value, list | tuple) and any(isinstance(item, Layer | Chain) for item in value):
            yield name, Chain(list(value), 1), 1


# ---------------------------------------------------------------------------------------------------- a conv_arch alone


def _conv_arch(text: str, default_input: InputShape) -> Imported | ArchTextError | None:
    """A conv_arch in any notation; the error where it is none."""
    if len(text) > 20_000:
        return None
    try:
        parsed = parse_blocks(text)
    except ArchTextError as error:
        return error
    except RecursionError:
        return None
    spec = NetworkSpec(
        InputShape(parsed.input_channels or default_input.channels, default_input.height, default_input.width),
        parsed.blocks,
        name="conv_arch",
    )
    lines = {f"block{index + 1}": (text.count("\n", 0, start) + 1, text.count("\n", 0, end) + 1)
             for index, (start, end) in enumerate(parsed.spans)}  # fmt: skip
    return Imported(as_preset(spec), (), "conv_arch", lines, text)


def _written_arch(follower: Follower, text: str, default_input: InputShape, notes: tuple[Note, ...]) -> Imported | None:
    """A `conv_arch` or `cfg` among other lines, when nothing in the text makes a network of it."""
    lists = [(name, value) for name, value in follower.globals.names.items() if isinstance(value, list | tuple | dict)]
    lists.sort(key=lambda entry: any(word in entry[0].lower() for word in _ARCH_FIRST))
    for name, value in reversed(lists):
        entry, chosen = _entry(value)
        try:
            blocks = parse_blocks(repr(chosen)[:20_000])
            hint = next((hint for hint in follower.hints if hint.height), None)
            shape = hint.over(default_input) if hint is not None else default_input
            if blocks.input_channels is not None:
                shape = InputShape(blocks.input_channels, shape.height, shape.width)
            spec = NetworkSpec(shape, blocks.blocks, Head(), name=entry or "conv_arch")
        except (ArchTextError, SpecError, RecursionError):
            continue
        begins = re.compile(rf"\s*{re.escape(name)}\s*[:=]")
        line = next((number for number, row in enumerate(text.split("\n"), 1) if begins.match(row)), 1)
        more = [Note(line, "Nothing in the text says what follows the blocks; the paper's head with 1,000 classes is "
                     "put there.")]  # fmt: skip
        if isinstance(value, dict) and len(value) > 1:
            names = ", ".join(str(key) for key in list(value)[:8])
            more.append(Note(line, f"{name} holds {len(value)} networks ({names}); imported is {entry}."))
        return Imported(as_preset(spec), (*notes, *more), "conv_arch", {}, text)
    return None


def _entry(value: Any) -> tuple[str, Any]:
    """One list out of a dictionary of them: VGG-16's where it is there, else the first."""
    if not isinstance(value, dict):
        return "", value
    for key in ("D", "vgg16", "VGG16", *value):
        if key in value:
            return str(key), value[key]
    return "", value
