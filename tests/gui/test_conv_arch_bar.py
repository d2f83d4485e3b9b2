"""The conv_arch bar: text and network in sync both ways, errors as places."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.analysis.summarize import summarize
from explorer.arch.blocks.vgg import VGGBlock
from explorer.arch.conv_arch import parse_blocks
from explorer.arch.presets import find_preset
from explorer.arch.spec import NetworkSpec
from explorer.gui.document import ArchDocument
from explorer.gui.panels.conv_arch_bar import EMPTY_SENTENCE, ConvArchBar
from explorer.gui.theme import ThemeSource
from tests.gui.panel_samples import TINY, VGG19

pytestmark = pytest.mark.gui
TEXT = "((1, 8), (1, 16), (2, 32), (2, 64), (2, 64))"


class Hearing:
    """What the bar said."""

    def __init__(self, bar: ConvArchBar) -> None:
        self.edits: list[tuple[NetworkSpec, str, str]] = []
        self.selections: list[tuple[str, ...]] = []
        self.states: list[bool] = []
        bar.edited.connect(lambda spec, text, key: self.edits.append((spec, text, key)))
        bar.selected.connect(self.selections.append)
        bar.text_state_changed.connect(self.states.append)


@pytest.fixture
def bar(qtbot: QtBot) -> ConvArchBar:
    bar = ConvArchBar(ThemeSource())
    qtbot.addWidget(bar)
    bar.resize(1056, 48)
    bar.set_summary(summarize(TINY))
    bar.show()
    return bar


@pytest.fixture
def heard(bar: ConvArchBar) -> Hearing:
    return Hearing(bar)


def connected(bar: ConvArchBar, spec: NetworkSpec) -> ArchDocument:
    document = ArchDocument(spec)
    bar.edited.connect(lambda wanted, text, key: document.edit(wanted, text, merge_key=key))
    bar.selected.connect(lambda names: document.select(*names))
    document.summary_changed.connect(bar.set_summary)
    document.selection_changed.connect(bar.set_selection)
    return document


def test_showing_a_network_is_not_reported_as_an_edit(bar: ConvArchBar, heard: Hearing) -> None:
    bar.set_summary(summarize(VGG19))
    bar.set_selection(("block2",))
    assert bar.text() == "((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))"
    assert heard.edits == []
    assert heard.selections == []


def test_one_typed_character_that_can_be_read_is_one_wish(bar: ConvArchBar, heard: Hearing) -> None:
    bar.field.go_to(TEXT.index("8)") + 1)
    QTest.keyClick(bar.field, Qt.Key.Key_0)
    assert [(edit[0].blocks[0].out_channels, edit[1], edit[2]) for edit in heard.edits] == [
        (80, "Block 1 to 80 channels", "conv_arch")
    ]


def test_a_channel_count_that_is_no_whole_number_is_marked_and_the_network_stays(
    bar: ConvArchBar, heard: Hearing
) -> None:
    bar.field.replace_all(TEXT[:-2] + ".5))")
    assert bar.chip.text() == "Line 1, column 41"
    assert bar.sentence.text() == "A channel count is a whole number, and this is 64.5."
    assert bar.fix_link.text() == "Use 64"
    assert heard.edits == []
    assert heard.states == [False]
    assert bar.field.extraSelections()
    assert bar.height() == 48 + 24


def test_the_link_repairs_the_text(bar: ConvArchBar, heard: Hearing) -> None:
    bar.field.replace_all(TEXT[:-4] + "32.5))")
    bar.fix_link.click()
    assert bar.is_readable()
    assert bar.chip.text() == "In sync"
    assert heard.edits[-1][0].blocks[-1].out_channels == 32


def test_a_whole_line_of_d2l_can_be_pasted(bar: ConvArchBar, heard: Hearing) -> None:
    bar.field.replace_all("conv_arch = ((1, 64), (1, 128), (2, 256), (2, 512), (2, 512))\n")
    assert [block.out_channels for block in heard.edits[-1][0].blocks] == [64, 128, 256, 512, 512]


def test_typing_leaves_the_caret_and_the_users_own_layout_alone(bar: ConvArchBar) -> None:
    document = connected(bar, TINY)
    bar.field.replace_all("((1, 8),  # first\n (2, 16))")
    document.flush()
    bar.field.go_to(6)
    QTest.keyClick(bar.field, Qt.Key.Key_0)
    document.flush()
    assert bar.text() == "((1, 80),  # first\n (2, 16))"
    assert bar.field.textCursor().position() == 7
    assert [block.out_channels for block in document.spec.blocks] == [80, 16]


def test_a_change_from_elsewhere_rewrites_the_text(bar: ConvArchBar, heard: Hearing) -> None:
    bar.set_summary(summarize(TINY.without_block(4)))
    assert bar.text() == "((1, 8), (1, 16), (2, 32), (2, 64))"
    assert heard.edits == []


def test_a_setting_that_the_text_cannot_say_leaves_the_text_alone(bar: ConvArchBar) -> None:
    bar.field.replace_all("[(1, 8), (1, 16)]  # mine")
    spec = replace(TINY, blocks=(VGGBlock(1, 8, norm="batch"), VGGBlock(1, 16)))
    bar.set_summary(summarize(spec))
    assert bar.text() == "[(1, 8), (1, 16)]  # mine"
    assert bar.chip.text() == "In sync, in part"
    assert bar.height() == 48
    bar.chip.click()
    assert bar.sentence.text().startswith("Pairs do not show the normalisation")
    assert bar.height() == 48 + 24
    bar.fix_link.click()
    assert bar.text().startswith('VGG(1, 8, norm="batch")') or "norm" in bar.text()
    assert bar.chip.text() == "In sync"


def test_switching_the_notation_rewrites_the_text_and_never_the_network(bar: ConvArchBar, heard: Hearing) -> None:
    bar.set_notation("torchvision")
    assert bar.text().replace("'", '"').startswith('[8, "M", 16, "M", 32, 32, "M"')
    bar.set_notation("triples")
    assert bar.text().startswith("((1, 1, 8), (1, 8, 16)")
    assert heard.edits == []


def test_a_text_in_another_notation_switches_the_box(bar: ConvArchBar) -> None:
    told: list[str] = []
    bar.notation_changed.connect(told.append)
    bar.field.replace_all('[64, "M", 128, "M"]')
    assert told == ["torchvision"]
    assert bar.notation_box.value() == "torchvision"


def test_the_caret_selects_its_block(bar: ConvArchBar, heard: Hearing) -> None:
    bar.field.setFocus()
    if not bar.field.hasFocus():
        bar.activateWindow()
        QTest.qWaitForWindowActive(bar)
        bar.field.setFocus()
    bar.field.go_to(TEXT.index("(2, 32)") + 2)
    assert heard.selections[-1] == ("block3",)


def test_a_block_that_is_being_typed_is_selected_as_soon_as_it_can_be_read(bar: ConvArchBar) -> None:
    document = connected(bar, TINY)
    bar.activateWindow()
    bar.field.setFocus()
    QTest.qWaitForWindowActive(bar)
    bar.field.go_to(len(TEXT) - 1)
    QTest.keyClicks(bar.field, ", (3, 96)")
    document.flush()
    assert document.selection == ("block6",)
    assert bar.text() == TEXT[:-1] + ", (3, 96))"


def test_an_empty_field_says_what_to_do_and_keeps_the_network(bar: ConvArchBar, heard: Hearing) -> None:
    bar.field.replace_all("")
    assert bar.sentence.text() == EMPTY_SENTENCE
    assert heard.edits == []
    assert not bar.is_readable()
    bar.field.left.emit()
    assert bar.text() == TEXT
    assert bar.is_readable()


def test_a_network_without_blocks_is_in_sync_with_an_empty_field(bar: ConvArchBar) -> None:
    bar.set_summary(summarize(replace(TINY, blocks=())))
    assert bar.text() == ""
    assert bar.is_readable()
    assert bar.chip.text() == "Empty"


def test_undo_in_the_field_is_left_to_the_document(bar: ConvArchBar, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bar.undo_wished, timeout=500):
        QTest.keyClick(bar.field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    for key, modifiers in (
        (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier),
        (Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier),
    ):
        with qtbot.waitSignal(bar.redo_wished, timeout=500):
            QTest.keyClick(bar.field, key, modifiers)
    assert bar.text() == TEXT


def test_an_undone_edit_brings_the_old_text_back(bar: ConvArchBar) -> None:
    document = connected(bar, TINY)
    bar.field.replace_all("((1, 8), (1, 16))")
    document.flush()
    document.undo_stack.undo()
    document.flush()
    assert bar.text() == TEXT


def test_escape_brings_the_networks_text_back(bar: ConvArchBar) -> None:
    bar.field.replace_all("((1, 8), (1,")
    assert not bar.is_readable()
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert bar.text() == TEXT
    assert bar.is_readable()


def test_the_bar_grows_to_five_lines_and_then_scrolls(bar: ConvArchBar, qtbot: QtBot) -> None:
    bar.field.replace_all("(\n(1, 8),\n(1, 16),\n(2, 32))")
    qtbot.waitUntil(lambda: bar.height() == 48 + 3 * 18)
    bar.field.replace_all("(\n" + "(1, 8),\n" * 20 + ")")
    qtbot.waitUntil(lambda: bar.height() == 48 + 4 * 18)
    assert bar.field.verticalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAsNeeded


def test_a_wider_bar_takes_the_lines_back_that_a_narrow_one_needed(bar: ConvArchBar, qtbot: QtBot) -> None:
    bar.resize(520, 48)
    qtbot.waitUntil(lambda: bar.height() > 48)
    bar.resize(1056, 48)
    qtbot.waitUntil(lambda: bar.height() == 48)
    assert bar.field.height() < 2 * 18


def test_older_triples_bring_the_number_of_input_channels_along(bar: ConvArchBar, heard: Hearing) -> None:
    bar.field.replace_all("((1, 3, 64), (1, 64, 128))")
    assert heard.edits[-1][0].input.channels == 3


def test_tab_leaves_the_field(bar: ConvArchBar) -> None:
    assert bar.field.tabChangesFocus()
    QTest.keyClick(bar.field, Qt.Key.Key_Tab)
    assert bar.text() == TEXT


def test_long_blocks_stand_on_lines_of_their_own_and_are_read_back(bar: ConvArchBar, qtbot: QtBot) -> None:
    spec = find_preset("googlenet").spec
    bar.set_summary(summarize(spec))
    assert bar.text().count("\n") == len(spec.blocks) - 1
    assert parse_blocks(bar.text(), notation="blocks").blocks == spec.blocks
    bar.field.clearFocus()  # while one types in it, the field stays where it is
    bar.set_selection(("block9",))
    line = bar.text()[: bar.text().index("Inception(112")].count("\n")
    scroll = bar.field.verticalScrollBar()
    qtbot.waitUntil(lambda: scroll.value() >= line - 1)  # one line above it stays in sight
    narrower = spec.with_block(0, spec.blocks[0].with_channels(32))
    before = bar.text()
    bar.set_summary(summarize(narrower))
    assert bar.text() == before.replace("Conv(64, 7", "Conv(32, 7", 1)
