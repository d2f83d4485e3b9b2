"""Where the network comes from and goes to: new, presets, files, the clipboard, and what is not saved yet.

Opening another network is one undoable step, so nothing is lost and nothing is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from explorer.arch.files import read_spec, write_spec
from explorer.arch.presets import Preset, starter
from explorer.arch.spec import NetworkSpec
from explorer.errors import ExplorerError, FileError
from explorer.gui.commands import ReplaceSpec
from explorer.gui.document import ArchDocument
from explorer.gui.recovery import RecoveryFile, Unsaved
from explorer.settings import SettingsStore

SUFFIX = ".arch.json"
FILTER = f"Networks (*{SUFFIX} *.json)"
CODE_SUFFIXES = (".py", ".ipynb", ".txt")
OPEN_FILTER = f"Networks and code (*{SUFFIX} *.json *.py *.ipynb *.txt);;{FILTER};;Code (*.py *.ipynb *.txt)"
KEEP_AFTER_MS = 600


class Origin(NamedTuple):
    """Where the network came from. `saved` is what its file or preset holds, `line` what the header says of that."""

    title: str
    saved: NetworkSpec | None = None
    path: Path | None = None
    line: str = ""


NEW = Origin("New network")


class DocumentFiles(QObject):
    """Opens and saves the document's network; `changed` says that name, place or state are others."""

    changed = Signal()
    opened = Signal(str)  # a sentence, where unsaved edits were replaced
    failed = Signal(str)
    read = Signal(object, str)  # Reading of code or of an error message, and the text

    def __init__(
        self, document: ArchDocument, settings: SettingsStore, window: QWidget, recovery: RecoveryFile
    ) -> None:
        super().__init__(window)
        self._document = document
        self._settings = settings
        self._window = window
        self._recovery = recovery
        self._origin = NEW
        self._kept: NetworkSpec | None = None
        self._keep_soon = QTimer(self)
        self._keep_soon.setSingleShot(True)
        self._keep_soon.setInterval(KEEP_AFTER_MS)
        self._keep_soon.timeout.connect(self._keep)
        document.summary_changed.connect(self._follow)

    @property
    def path(self) -> Path | None:
        """The file of the network, None if it has none yet."""
        return self._origin.path

    @property
    def is_modified(self) -> bool:
        """Whether the network differs from its file or preset."""
        if self._origin.saved is None:
            return bool(self._document.spec.blocks)
        return self._document.spec != self._origin.saved

    def source_line(self) -> str:
        """What the header says under the name."""
        origin = self._origin
        if origin.path is None:
            if not self.is_modified:
                return origin.line or origin.title
            if origin.saved is None:
                return f"{origin.title} · not saved yet"
            return f"{origin.title}, edited · not saved yet"
        if self.is_modified:
            return f"{origin.path.name}, edited · not saved yet"
        return f"{origin.title} · saved as {origin.path.name}" if origin.title else f"Saved as {origin.path.name}"

    def recent(self) -> list[Path]:
        """The files opened or saved last that are still there, newest first."""
        return [path for path in map(Path, self._settings.current.recent_files) if path.exists()]

    def new(self) -> None:
        """Start with a network without blocks, for the pictures that the present one takes."""
        spec = replace(self._document.spec, blocks=(), name="network")
        self._open(spec, NEW, "New network")

    def open_preset(self, preset: Preset) -> None:
        """Start from `preset`."""
        self._open(preset.spec, preset_origin(preset), f"Open {preset.name}")

    def open_path(self, path: Path) -> bool:
        """Open the file `path`; what is wrong with it is said through `failed`."""
        if path.suffix.lower() in CODE_SUFFIXES:
            return self._open_code(path)
        try:
            spec = read_spec(path)
        except ExplorerError as error:
            self._settings.forget_file(path.absolute())
            self.failed.emit(str(error))
            return False
        self._settings.remember_file(path.absolute())
        self._open(spec, Origin("", spec, path.absolute()), f"Open {path.name}")
        return True

    def ask_and_open(self) -> None:
        """Ask for a file and open it."""
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Open a network", str(self._folder()), OPEN_FILTER)
        if chosen:
            self.open_path(Path(chosen))

    def save(self) -> bool:
        """Save to the network's file, asking for one where it has none; True if it is saved."""
        return self._write(self._origin.path) if self._origin.path is not None else self.ask_and_save()

    def ask_and_save(self) -> bool:
        """Ask for a file and save to it; True if it is saved."""
        suggested = self._folder() / f"{file_stem(self._document.spec.name)}{SUFFIX}"
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save the network", str(suggested), FILTER)
        if not chosen:
            return False
        path = Path(chosen)
        return self._write(path if path.suffix else path.with_name(path.name + SUFFIX))

    def take_text(self, text: str) -> bool:
        """Take the network from a text: a conv_arch, code, a file's content; an error message shows its layer.

        True if the text could be read.
        """
        return self._take(text, title="")

    def _open_code(self, path: Path) -> bool:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            self.failed.emit(f"{path.name} cannot be read: {error.strerror or error}.")
            return False
        return self._take(text, title=path.name)

    def _take(self, text: str, *, title: str) -> bool:
        from explorer.gui.pasting import read_pasted

        reading = read_pasted(text, self._document.spec)
        if reading.spec is None and reading.explanation is None:
            self.failed.emit(f"{title}: {reading.sentence}" if title else reading.sentence)
            return False
        if reading.spec is not None and reading.keeps_file:
            self._document.edit(reading.spec, reading.step)
        elif reading.spec is not None:
            shown = title or reading.title
            self._open(reading.spec, Origin(shown) if shown else NEW, reading.step, tells=reading.imported is None)
        if reading.imported is not None or reading.explanation is not None:
            self.read.emit(reading, text)
        return True

    def begin(self) -> str:
        """Show what an earlier window left unsaved, else the first network; the name of what was restored, or empty."""
        unsaved = self._recovery.take_up()
        if unsaved is None:
            self._begin_with(starter().spec, preset_origin(starter()))
            return ""
        self._begin_with(unsaved.spec, Origin(unsaved.title, unsaved.saved, unsaved.path))
        self._kept = unsaved.spec
        return unsaved.path.name if unsaved.path is not None else unsaved.spec.name

    def discard_edits(self) -> None:
        """Go back to what the file or preset holds."""
        self._document.edit(self._origin.saved or starter().spec, "Discard edits")

    def keep_now(self) -> None:
        """Have unsaved edits on the disk before returning."""
        self._keep_soon.stop()
        if self.is_modified:
            self._recovery.keep_now(self._unsaved())

    def close(self) -> None:
        """Keep what is unsaved for the next start and end the background writing."""
        self._keep_soon.stop()
        self._keep()
        self._recovery.close()

    def _begin_with(self, spec: NetworkSpec, origin: Origin) -> None:
        self._origin = origin
        self._document.reset(spec)
        self._document.flush()

    def _open(self, spec: NetworkSpec, origin: Origin, text: str, *, tells: bool = True) -> None:
        before_spec, before = self._document.spec, self._origin
        lost = self.is_modified and before_spec.blocks
        command = ReplaceSpec(
            self._shows({id(before_spec): before, id(spec): origin}), before=before_spec, after=spec, text=text
        )
        self._document.undo_stack.push(command)
        self._document.flush()
        if lost and tells:
            self.opened.emit(f"{spec.name} is open. The unsaved edits of {before_spec.name} are one Undo away.")

    def _shows(self, origins: dict[int, Origin]) -> Callable[[NetworkSpec], None]:
        def show(spec: NetworkSpec) -> None:
            self._origin = origins[id(spec)]
            self._document.show(spec)
            self._document.select()

        return show

    def _write(self, path: Path) -> bool:
        spec = self._document.spec
        try:
            write_spec(path, spec)
        except FileError as error:
            self.failed.emit(str(error))
            return False
        self._origin = self._origin._replace(saved=spec, path=path.absolute())
        self._settings.remember_file(path.absolute())
        self._follow()
        return True

    def _follow(self) -> None:
        if self._document.spec != self._kept:
            self._keep_soon.start()
        self.changed.emit()

    def _keep(self) -> None:
        spec = self._document.spec
        if not self.is_modified:
            self._recovery.clear()
            self._kept = None
        elif spec != self._kept:
            self._recovery.keep(self._unsaved())
            self._kept = spec

    def _unsaved(self) -> Unsaved:
        return Unsaved(self._document.spec, self._origin.saved, self._origin.title, self._origin.path)

    def _folder(self) -> Path:
        if self._origin.path is not None:
            return self._origin.path.parent
        recent = self.recent()
        return recent[0].parent if recent else Path.home()


def preset_origin(preset: Preset) -> Origin:
    """What the header says of a network that came from `preset`."""
    return Origin(preset.title, preset.spec, None, preset.source)


def file_stem(name: str) -> str:
    """`name` without what a file system would refuse."""
    kept = "".join("-" if character in '<>:"/\\|?*' or ord(character) < 32 else character for character in name)
    return kept.strip(" .")[:80] or "network"
