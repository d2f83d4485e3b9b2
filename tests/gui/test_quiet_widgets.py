"""What says the same again is neither painted nor laid out; what says something else is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMainWindow, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from explorer.analysis.summarize import summarize
from explorer.arch.blocks import InceptionBlock, Path
from explorer.gui.panels.inspector import Inspector
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Chip, Combo, ElidedLabel, Paragraph, Stepper
from explorer.gui.widgets.words import elided_words, words
from tests.gui.panel_samples import MIXED

pytestmark = pytest.mark.gui
SENTENCE = "These layers see 244 px or more of a 224 px picture and add no new context."


class Heard(QObject):
    """The kinds of event that reached a widget or what is in it."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.kinds: list[QEvent.Type] = []
        for each in (widget, *widget.findChildren(QWidget)):
            each.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        del watched
        self.kinds.append(event.type())
        return False

    def count(self, kind: QEvent.Type) -> int:
        """How often `kind` was heard, all that waits included."""
        QApplication.processEvents()
        return self.kinds.count(kind)


def settled(widget: QWidget, qtbot: QtBot) -> Heard:
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    QApplication.processEvents()
    return Heard(widget)


def stepper() -> tuple[QWidget, Callable[[int], object]]:
    control = Stepper(theme=ThemeSource(), name="Channels", minimum=1, maximum=512, halving=True)
    control.set_value(64)
    return control, lambda step: control.set_value(64 + step)


def combo() -> tuple[QWidget, Callable[[int], object]]:
    control = Combo((("a", "First"), ("b", "Second")), theme=ThemeSource(), name="Choice")
    control.set_value("a")
    control.set_reason("b", "")

    def show(step: int) -> None:
        control.set_reason("b", "")
        control.set_value("ab"[step])

    return control, show


def chip() -> tuple[QWidget, Callable[[int], object]]:
    control = Chip("ok", "In sync", theme=ThemeSource())

    def show(step: int) -> None:
        control.set_clickable(False)
        control.set_state("ok", ("In sync", "Empty")[step])

    return control, show


def line() -> tuple[QWidget, Callable[[int], object]]:
    label = ElidedLabel("Block 3", theme=ThemeSource())
    return label, lambda step: label.set_text(f"Block {3 + step}")


@pytest.mark.parametrize("make", [stepper, combo, chip, line])
def test_a_control_is_painted_when_it_shows_something_else_and_not_before(
    make: Callable[[], tuple[QWidget, Callable[[int], object]]], qtbot: QtBot
) -> None:
    control, show = make()
    heard = settled(control, qtbot)
    before = heard.count(QEvent.Type.Paint)
    show(0)
    assert heard.count(QEvent.Type.Paint) == before
    show(1)
    assert heard.count(QEvent.Type.Paint) > before


def test_a_paragraph_asks_for_a_layout_only_where_it_needs_another_height(qtbot: QtBot) -> None:
    area = QWidget()
    paragraph = Paragraph(SENTENCE, theme=ThemeSource(), size_px=12)
    column = QVBoxLayout(area)
    column.addWidget(paragraph)
    column.addStretch(1)
    area.resize(266, 300)
    settled(area, qtbot)
    heard = Heard(area)
    height = paragraph.height()
    paragraph.set_text(SENTENCE.replace("244", "252"))
    QCoreApplication.sendPostedEvents(area, QEvent.Type.LayoutRequest)
    assert (heard.kinds.count(QEvent.Type.Resize), paragraph.height()) == (0, height)
    paragraph.set_text(f"{SENTENCE} {SENTENCE}")
    QApplication.processEvents()
    assert paragraph.height() == paragraph.heightForWidth(paragraph.width()) > height


def test_a_paragraph_can_be_selected_from_once_the_pointer_is_over_it(qtbot: QtBot) -> None:
    paragraph = Paragraph(SENTENCE, theme=ThemeSource())
    settled(paragraph, qtbot)
    height = paragraph.heightForWidth(266)
    QApplication.sendEvent(paragraph, QEvent(QEvent.Type.Enter))
    label = paragraph.findChild(QLabel)
    assert label is not None
    assert label.textInteractionFlags() == Qt.TextInteractionFlag.TextSelectableByMouse
    assert paragraph.heightForWidth(266) == height


@pytest.mark.parametrize("text", ["Block 3", "138,357,544", ""])
def test_words_are_cut_only_where_they_do_not_fit(text: str) -> None:
    whole = words(text, 13, 600)
    assert elided_words(text, 13, 600, whole.width) is whole
    if text:
        assert elided_words(text, 13, 600, whole.width - 10).width <= whole.width - 10


def test_undo_in_the_field_of_a_path_that_was_added_is_left_to_the_document(qtbot: QtBot) -> None:
    window, panel = QMainWindow(), Inspector(ThemeSource())
    qtbot.addWidget(window)
    window.setCentralWidget(panel)
    undone: list[None] = []
    shortcut = QShortcut(QKeySequence("Ctrl+Z"), window)
    shortcut.activated.connect(lambda: undone.append(None))
    index, block = next((i, each) for i, each in enumerate(MIXED.blocks) if isinstance(each, InceptionBlock))
    panel.set_summary(summarize(MIXED))
    panel.set_selection((f"block{index + 1}",))
    panel.set_summary(summarize(MIXED.with_block(index, replace(block, paths=(*block.paths, Path("conv", 8))))))
    window.show()
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    field = panel.inception_form.path_rows[len(block.paths)].out_box.findChild(QLineEdit)
    assert field is not None
    field.setFocus()
    QTest.keyClicks(field, "1")
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [None]
