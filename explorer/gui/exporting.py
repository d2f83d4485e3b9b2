"""The Export menu: asks for a place, writes atomically, and says where the file is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from explorer.analysis.summary import NetworkSummary
from explorer.atomic import write_atomically
from explorer.errors import ExplorerError
from explorer.export.formats import TEXT_FORMATS, Subject, diagram_figure, report_of
from explorer.gui.fonts import load_fonts

if TYPE_CHECKING:
    from explorer.export.comparison import Compared
    from explorer.export.report import RunData

PNG_SCALE = 3.0


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One line of the menu; `group` parts the lines by separators."""

    key: str
    title: str
    suffix: str
    group: int
    write: Callable[[Subject, Path], None]


def _write_text(key: str) -> Callable[[Subject, Path], None]:
    def write(subject: Subject, path: Path) -> None:
        write_atomically(path, TEXT_FORMATS[key].write(subject).encode("utf-8"))

    return write


def write_pdf_report(subject: Subject, path: Path) -> None:
    """Write the report on `subject` as PDF."""
    from explorer.gui.printing import write_pdf

    write_pdf(report_of(subject), path)


def write_diagram_png(subject: Subject, path: Path) -> None:
    """Write the diagram as PNG at three device pixels per unit."""
    from explorer.gui.printing import render_svg

    figure = diagram_figure(subject.summary)
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    render_svg(figure.svg, figure.width, figure.height, scale=PNG_SCALE).save(buffer, "PNG")  # type: ignore[call-overload]
    write_atomically(path, bytes(buffer.data().data()))


def _text_entry(key: str, group: int) -> MenuEntry:
    form = TEXT_FORMATS[key]
    return MenuEntry(key, form.title, form.suffixes[0], group, _write_text(key))


ENTRIES: tuple[MenuEntry, ...] = (
    _text_entry("html", 0),
    MenuEntry("pdf", "Report as PDF", ".pdf", 0, write_pdf_report),
    _text_entry("markdown", 0),
    _text_entry("csv", 1),
    _text_entry("latex", 1),
    _text_entry("svg", 2),
    MenuEntry("png", "Diagram as PNG", ".png", 2, write_diagram_png),
    _text_entry("pytorch", 3),
    _text_entry("keras", 3),
)

QT_SUFFIXES: Mapping[str, str] = {".pdf": "pdf", ".png": "png"}


def write_export(key: str, subject: Subject, path: Path) -> None:
    """Write `subject` to `path` in the format `key`. Raises ExplorerError where that cannot be."""
    next(entry for entry in ENTRIES if entry.key == key).write(subject, path)


def write_without_window(key: str, subject: Subject, path: Path) -> None:
    """Write one of the formats that need Qt from a program that has no window."""
    application = QGuiApplication.instance() or QGuiApplication([])
    load_fonts()
    write_export(key, subject, path)
    del application


class Exporter(QObject):
    """Exports the document's network; `runs` are those shown in the plots, for the report.

    `compared` gives the comparisons of the network that go into the report too.
    """

    exported = Signal(object)  # Path
    failed = Signal(str)

    def __init__(
        self,
        window: QWidget,
        *,
        summary: Callable[[], NetworkSummary],
        runs: Callable[[], Sequence[RunData]],
        ask_path: Callable[[QWidget, str, Path], Path | None] | None = None,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._summary = summary
        self._runs = runs
        self._ask_path = ask_path or ask_for_path
        self._folder = Path.home()
        self.compared: Callable[[], Sequence[Compared]] = tuple

    def menu(self, parent: QWidget) -> QMenu:
        """The Export menu."""
        menu = QMenu("Export", parent)
        group = 0
        for entry in ENTRIES:
            if entry.group != group:
                menu.addSeparator()
                group = entry.group
            action = menu.addAction(f"{entry.title} ({entry.suffix})…")
            action.setData(entry.key)
            action.triggered.connect(lambda _checked=False, key=entry.key: self.export(key))
        return menu

    def export(self, key: str) -> None:
        """Ask where to, write, and say what came of it."""
        entry = next(entry for entry in ENTRIES if entry.key == key)
        summary = self._summary()
        path = self._ask_path(self._window, entry.title, self._folder / f"{file_name(summary.spec.name)}{entry.suffix}")
        if path is None:
            return
        if not path.suffix:
            path = path.with_suffix(entry.suffix)
        self._folder = path.parent
        try:
            runs = self._runs() if entry.group == 0 else ()
            compared = self.compared() if entry.group == 0 else ()
            write_export(key, Subject(summary, runs, datetime.now().astimezone(), compared), path)
        except ExplorerError as error:
            self.failed.emit(str(error))
        else:
            self.exported.emit(path)


def file_name(name: str) -> str:
    """`name` without what a file system would refuse."""
    kept = "".join("-" if character in '<>:"/\\|?*' or ord(character) < 32 else character for character in name)
    return kept.strip(" .")[:80] or "network"


def ask_for_path(window: QWidget, title: str, suggested: Path) -> Path | None:
    """The file that the user chose, None if they thought better of it."""
    chosen, _ = QFileDialog.getSaveFileName(window, title, str(suggested), f"*{suggested.suffix}")
    return Path(chosen) if chosen else None
