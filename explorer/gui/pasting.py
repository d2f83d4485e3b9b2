"""What a pasted text is: a network file, a conv_arch, an error message, or code with a network in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from explorer.analysis.summarize import summarize
from explorer.arch.conv_arch import parse_blocks
from explorer.arch.files import spec_from_text
from explorer.arch.ops import Conv2d
from explorer.arch.spec import NetworkSpec
from explorer.errors import ArchTextError, ExplorerError, ImportTextError
from explorer.importing.explain import Explanation, explain_error
from explorer.importing.read import import_text
from explorer.importing.result import Imported, Note
from explorer.units import exact

_SOURCES = {"pytorch": "PyTorch code", "keras": "Keras code", "printed": "printed network", "conv_arch": "conv_arch"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text was read as. `sentence` is the verdict in words; `spec` is the network that it gives, if any.

    `keeps_file` says that the text edits the network that is open (a conv_arch) and is not another one. `line` is the
    line at fault where nothing could be read.
    """

    sentence: str
    spec: NetworkSpec | None = None
    step: str = ""
    title: str = ""
    keeps_file: bool = False
    imported: Imported | None = None
    explanation: Explanation | None = None
    line: int = 0

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is to be said by line."""
        if self.imported is not None:
            return self.imported.notes
        return (Note(self.line, self.sentence),) if self.line else ()


def read_pasted(text: str, spec: NetworkSpec) -> Reading:
    """What `text` is, while `spec` is the network that is open. Never raises for what a text may hold."""
    if not text.strip():
        return Reading("The text is empty: copy code, print(model) or an error message first.")
    if text.lstrip().startswith("{") and '"format"' in text:
        return _file(text)
    explanation = explain_error(text, spec)
    if explanation is not None:
        return Reading(explanation.sentence, explanation=explanation)
    try:
        blocks = parse_blocks(text, previous=spec.blocks).blocks if len(text) < 20_000 else ()
    except (ArchTextError, RecursionError):
        blocks = ()
    if blocks:
        count = f"{len(blocks)} block{'s' if len(blocks) > 1 else ''}"
        step = "Paste conv_arch"
        return Reading(f"A conv_arch of {count}.", replace(spec, blocks=blocks), step, keeps_file=True)
    return _code(text)


def _file(text: str) -> Reading:
    try:
        spec = spec_from_text(text, "The text on the clipboard")
    except ExplorerError as error:
        return Reading(str(error))
    return Reading(f"The network file of {spec.name}.", spec, "Paste network")


def _code(text: str) -> Reading:
    try:
        imported = import_text(text)
    except ImportTextError as error:
        place = f"line {error.line}, column {error.column}"
        return Reading(f"No network could be read: {place}. {error}", line=error.line)
    title = f"Pasted {_SOURCES[imported.source]}"
    return Reading(verdict(imported), imported.spec, f"Paste {imported.spec.name}", title, imported=imported)


def verdict(imported: Imported) -> str:
    """One sentence on an import: what it was read from, what it is, and how much is not as written."""
    spec = imported.spec
    summary = summarize(spec)
    convs = sum(isinstance(node.op, Conv2d) for node in summary.graph)
    plural = "s" if convs != 1 else ""
    size = f"{convs} convolution{plural} in {len(spec.blocks)} block{'s' if len(spec.blocks) != 1 else ''}"
    count = f", {exact(summary.totals.params.total)} parameters" if summary.totals is not None else ""
    lines = len({note.line for note in imported.notes})
    rest = (
        f" {lines} line{'s are' if lines > 1 else ' is'} worth a look." if lines else " Everything is taken as written."
    )
    source = _SOURCES[imported.source]
    name = "" if spec.name in {"imported", imported.source} else f", {spec.name}"
    return f"{source[:1].upper()}{source[1:]}{name}: {size}{count}.{rest}"
