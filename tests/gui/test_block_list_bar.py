"""The conv_arch bar with networks that only the block list can write."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.analysis.summarize import summarize
from explorer.arch.blocks import ConvBlock, InceptionBlock, ResidualStage
from explorer.arch.presets import PRESETS
from explorer.arch.spec import NetworkSpec
from explorer.gui.document import ArchDocument
from explorer.gui.panels.arch_text_edit import MAX_LINES
from explorer.gui.panels.conv_arch_bar import ConvArchBar
from explorer.gui.theme import ThemeSource
from tests.gui.panel_samples import MIXED, TINY

pytestmark = pytest.mark.gui
GOOGLENET = PRESETS["googlenet-d2l"].spec


@pytest.fixture
def bar(qtbot: QtBot) -> ConvArchBar:
    bar = ConvArchBar(ThemeSource())
    qtbot.addWidget(bar)
    bar.resize(1056, 48)
    bar.set_summary(summarize(TINY))
    bar.show()
    return bar


def connected(bar: ConvArchBar, spec: NetworkSpec) -> ArchDocument:
    document = ArchDocument(spec)
    bar.edited.connect(lambda wanted, text, key: document.edit(wanted, text, merge_key=key))
    bar.selected.connect(lambda names: document.select(*names))
    document.summary_changed.connect(bar.set_summary)
    document.selection_changed.connect(bar.set_selection)
    document.flush()
    return document


def enabled(bar: ConvArchBar) -> dict[str, bool]:
    model = bar.notation_box.model()
    assert isinstance(model, QStandardItemModel)
    return {str(bar.notation_box.itemData(row)): model.item(row).isEnabled() for row in range(bar.notation_box.count())}


def test_other_kinds_are_written_as_block_list_and_the_short_notations_rest_with_the_reason(bar: ConvArchBar) -> None:
    bar.set_summary(summarize(MIXED))
    assert bar.notation() == "blocks"
    assert bar.notation_box.value() == "blocks"
    assert bar.chip.text() == "In sync"
    assert enabled(bar) == {"pairs": False, "triples": False, "torchvision": False, "blocks": True}
    reason = str(bar.notation_box.itemData(0, Qt.ItemDataRole.ToolTipRole))
    assert "VGG blocks only" in reason
    bar.set_summary(summarize(TINY))
    assert bar.notation() == "pairs", "the preference comes back with the VGG network"
    assert bar.text().startswith("((1, 8)")
    assert all(enabled(bar).values())


def test_showing_other_kinds_does_not_change_the_remembered_notation(bar: ConvArchBar) -> None:
    told: list[str] = []
    bar.notation_changed.connect(told.append)
    document = connected(bar, MIXED)
    bar.field.replace_all(bar.text().replace("Residual(2", "Residual(3"))
    document.flush()
    assert document.spec.blocks[4] == ResidualStage(3, 512)
    assert told == []


@pytest.mark.parametrize(
    ("typed", "block"),
    [
        ("Conv(96, 11, 4, padding=2)", ConvBlock(96, 11, 4, padding=2)),
        ("Inception(64, (96, 128), (16, 32), 32)", InceptionBlock.of_four(64, (96, 128), (16, 32), 32)),
        ('Residual(3, 256, unit="bottleneck")', ResidualStage(3, 256, "bottleneck")),
    ],
)
def test_a_typed_block_of_another_kind_is_read(bar: ConvArchBar, typed: str, block: object) -> None:
    document = connected(bar, TINY)
    bar.field.replace_all(f"(1, 8), {typed}, (2, 64)")
    document.flush()
    assert document.spec.blocks[1] == block
    assert bar.is_readable()
    assert bar.text() == f"(1, 8), {typed}, (2, 64)", "the text that was typed stays"
    assert bar.notation() == "blocks"


def test_one_digit_in_a_long_block_list_is_one_wish_with_its_name(bar: ConvArchBar) -> None:
    document = connected(bar, GOOGLENET)
    text = bar.text()
    at = text.index("Inception(192, (96, 208)") + len("Inception(192, (96, 20")
    bar.field.go_to(at)
    QTest.keyClick(bar.field, Qt.Key.Key_0)
    document.flush()
    changed = document.spec.blocks[5]
    assert isinstance(changed, InceptionBlock)
    assert changed.paths[1].out_channels == 2008
    assert document.undo_stack.undoText() == "Edit block 6"
    assert document.selection == ("block6",), "the caret's block is selected"
    document.undo_stack.undo()
    document.flush()
    assert bar.text() == text


def test_a_change_of_kind_and_of_count_name_the_undo_step(bar: ConvArchBar) -> None:
    document = connected(bar, MIXED)
    for old, new, words in (
        ("Residual(2, 512)", "Residual(3, 512)", "Block 5 to 3 residual units"),
        ("Conv(64, 7, 2", "Conv(96, 7, 2", "Block 1 to 96 channels"),
        ("(2, 128), ", "Conv(128), ", "Block 2 becomes Convolution"),
    ):
        heard: list[str] = []
        bar.edited.connect(lambda _spec, text, _key, heard=heard: heard.append(text))
        assert old in bar.text()
        bar.field.replace_all(bar.text().replace(old, new, 1))
        document.flush()
        assert heard[-1] == words


def test_a_bad_value_is_marked_in_its_block_and_the_network_stays(bar: ConvArchBar) -> None:
    document = connected(bar, MIXED)
    good = bar.text()
    bar.field.replace_all(good.replace("Residual(2, 512)", 'Residual(2, 510, unit="bottleneck")'))
    document.flush()
    assert not bar.is_readable()
    assert "divide by 4" in bar.sentence.text()
    line = good[: good.index("Residual(2, 512)")].count("\n") + 1
    assert bar.chip.text().startswith(f"Line {line}, column ")
    assert document.spec == MIXED
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert bar.text() == good


def test_a_selected_layer_lights_up_its_block_in_the_text(bar: ConvArchBar) -> None:
    bar.set_summary(summarize(MIXED))
    bar.set_selection(("conv3_p2_reduce",))
    [(start, end)] = bar.field._spans
    assert bar.text()[start:end] == "Inception(64, (96, 128), (16, 32), 32)"


def test_lines_break_between_blocks_and_the_text_keeps_its_plain_spaces(bar: ConvArchBar, qtbot: QtBot) -> None:
    bar.set_summary(summarize(GOOGLENET))
    qtbot.waitUntil(lambda: bar.field.num_lines() > 1)
    shown = bar.field.document().firstBlock()
    layout = shown.layout()
    starts = [layout.lineAt(number).textStart() for number in range(layout.lineCount())]
    whole = {start for start, _ in bar._parsed.spans}  # type: ignore[union-attr]
    long = [span for span in bar._parsed.spans if span[1] - span[0] >= bar.field._line_length()]  # type: ignore[union-attr]
    inside = [start for start in starts if start not in whole]
    assert all(any(first < start < last for first, last in long) for start in inside)
    assert "\u00a0" not in bar.text()
    bar.field.selectAll()
    bar.field.copy()
    assert "\u00a0" not in bar.field.createMimeDataFromSelection().text()


def test_a_block_out_of_sight_is_scrolled_to(bar: ConvArchBar, qtbot: QtBot) -> None:
    bar.resize(700, 48)
    bar.set_summary(summarize(PRESETS["googlenet"].spec))
    qtbot.waitUntil(lambda: bar.field.num_lines() > MAX_LINES and bar.field.verticalScrollBar().maximum() > 0)
    bar.notation_box.setFocus()
    bar.set_selection(("block12",))
    assert bar.field.verticalScrollBar().value() > 3
    bar.set_selection(("block1",))
    assert bar.field.verticalScrollBar().value() == 0


def test_a_scrolled_field_shows_whole_lines(bar: ConvArchBar, qtbot: QtBot) -> None:
    bar.resize(900, 48)
    bar.set_summary(summarize(PRESETS["googlenet"].spec))
    qtbot.waitUntil(lambda: bar.field.num_lines() > MAX_LINES and bar.field.verticalScrollBar().maximum() > 0)
    field = bar.field
    block = field.document().firstBlock()
    bottoms: list[float] = []
    while block.isValid() and len(bottoms) < MAX_LINES:
        top = field.blockBoundingGeometry(block).translated(field.contentOffset()).top()
        layout = block.layout()
        bottoms += [top + layout.lineAt(line).rect().bottom() for line in range(layout.lineCount())]
        block = block.next()
    assert bottoms[MAX_LINES - 1] <= field.viewport().height() < bottoms[MAX_LINES - 1] + 4
