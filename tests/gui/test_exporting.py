"""The Export menu writes every format, atomically, and says where it is or why it is not."""

import os
import zlib
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.analysis.summarize import summarize
from explorer.arch.presets import find_preset
from explorer.errors import FileError
from explorer.export.blocks import Code, Report
from explorer.export.formats import Subject, report_of
from explorer.gui.exporting import ENTRIES, Exporter, file_name, write_export
from explorer.gui.fonts import MONO_FAMILIES
from explorer.gui.printing import report_document

pytestmark = pytest.mark.gui
KEYS = [entry.key for entry in ENTRIES]


def subject(name: str = "vgg11") -> Subject:
    return Subject(summarize(find_preset(name).spec), (), datetime(2026, 1, 2, 3, 4).astimezone())


@pytest.mark.parametrize("key", KEYS)
def test_each_entry_of_the_menu_writes_a_file_of_its_kind(qtbot: QtBot, tmp_path: Path, key: str) -> None:
    entry = next(entry for entry in ENTRIES if entry.key == key)
    path = tmp_path / f"报告{entry.suffix}"
    write_export(key, subject(), path)
    beginnings = {
        "html": b"<!DOCTYPE html>",
        "pdf": b"%PDF-",
        "markdown": b"# vgg11",
        "csv": b"name,part,op",
        "latex": b"% \\usepackage",
        "svg": b"<svg",
        "png": b"\x89PNG",
        "pytorch": b'"""vgg11: 132,863,336 parameters',
        "keras": b'"""vgg11: 132,863,336 parameters',
    }
    assert path.read_bytes().startswith(beginnings[key])
    assert [child.name for child in tmp_path.iterdir()] == [path.name]


def test_the_pdf_has_pages_with_footers_and_the_picture_inside(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    write_export("pdf", subject("vgg19"), path)
    data = path.read_bytes()
    assert data.count(b"/Type /Page\n") >= 3
    assert b"/Subtype /Image" in data


def test_the_picture_is_three_times_as_large_as_the_diagram(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "diagram.png"
    write_export("png", subject(), path)
    picture = QImage(str(path))
    assert picture.width() >= 3 * 1000
    assert len(zlib.compress(path.read_bytes())) > 10_000  # an empty picture would be far smaller


def test_a_report_loads_nothing_but_its_own_pictures(qtbot: QtBot, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    QImage(8, 8, QImage.Format.Format_RGB32).save(str(secret))
    document = report_document(report_of(subject()))
    assert document.loadResource(2, QUrl.fromLocalFile(str(secret))).isNull()
    assert not document.loadResource(2, QUrl("figure:1")).isNull()


def test_chinese_in_code_takes_a_font_of_its_kind_also_on_paper() -> None:
    document = report_document(Report("report", "", (Code("网络 = 1", "python"),)))
    families = document.lastBlock().begin().fragment().charFormat().fontFamilies()
    assert list(families) == list(MONO_FAMILIES)


def exporter(window: QWidget, answer: Path | None) -> Exporter:
    network = subject()
    return Exporter(window, summary=lambda: network.summary, runs=lambda: (), ask_path=lambda *_: answer)


def test_the_place_of_the_file_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    export = exporter(window, tmp_path / "layers")
    with qtbot.waitSignal(export.exported, timeout=1000) as said:
        export.export("csv")
    assert said.args == [tmp_path / "layers.csv"]
    assert (tmp_path / "layers.csv").exists()


def test_a_place_that_cannot_be_written_is_named_with_the_remedy(qtbot: QtBot, tmp_path: Path) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    for key in KEYS:
        entry = next(entry for entry in ENTRIES if entry.key == key)
        export = exporter(window, tmp_path / "nowhere" / f"file{entry.suffix}")
        with qtbot.waitSignal(export.failed, timeout=1000) as said:
            export.export(key)
        assert f"file{entry.suffix}" in said.args[0]
        assert "nowhere" in said.args[0]


@pytest.mark.skipif(os.name == "nt", reason="folders are protected in another way there")
def test_an_unwritable_file_is_an_error_for_the_user(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "taken.html").mkdir()
    with pytest.raises(FileError, match=r"taken\.html"):
        write_export("html", subject(), tmp_path / "taken.html")


def test_changing_ones_mind_writes_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    exporter(window, None).export("html")
    assert list(tmp_path.iterdir()) == []


def test_the_menu_lists_every_entry_in_groups(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    menu = exporter(window, None).menu(window)
    assert [action.data() for action in menu.actions() if not action.isSeparator()] == KEYS
    assert sum(action.isSeparator() for action in menu.actions()) == 3


@pytest.mark.parametrize(
    ("name", "expected"), [("a/b:c", "a-b-c"), ("  ", "network"), ("网络 1", "网络 1"), ("..", "network")]
)
def test_a_suggested_file_name_is_one_that_every_system_takes(name: str, expected: str) -> None:
    assert file_name(name) == expected
