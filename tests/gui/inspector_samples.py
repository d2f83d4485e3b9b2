"""An inspector that shows a network, what it wishes, and typing into one of its controls."""

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from explorer.analysis.summarize import summarize
from explorer.arch.spec import NetworkSpec
from explorer.gui.panels.inspector import Inspector
from explorer.gui.theme import ThemeSource

Edits = list[tuple[NetworkSpec, str, str]]


def shown_inspector(qtbot: QtBot, spec: NetworkSpec) -> Inspector:
    panel = Inspector(ThemeSource())
    qtbot.addWidget(panel)
    panel.resize(320, 700)
    panel.set_summary(summarize(spec))
    panel.show()
    return panel


def heard_edits(panel: Inspector) -> Edits:
    """A list to which every wish of `panel` is added from now on."""
    heard: Edits = []
    panel.edited.connect(lambda spec, text, key: heard.append((spec, text, key)))
    return heard


def type_into(control: QWidget, text: str) -> None:
    field = control.findChild(QLineEdit)
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, text)
