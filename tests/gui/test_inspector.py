"""The inspector: every setting of what is selected, as wishes; showing is never an edit."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from explorer.analysis.summarize import summarize
from explorer.arch.blocks.vgg import Pool, VGGBlock
from explorer.arch.spec import Head, NetworkSpec
from explorer.gui.document import ArchDocument
from explorer.gui.panels.inspector import Inspector
from explorer.gui.theme import ThemeSource
from tests.gui.inspector_samples import Edits, heard_edits, shown_inspector, type_into
from tests.gui.panel_samples import TINY, TINY_28, VGG19

pytestmark = pytest.mark.gui


@pytest.fixture
def panel(qtbot: QtBot) -> Inspector:
    return shown_inspector(qtbot, TINY)


@pytest.fixture
def edits(panel: Inspector) -> Edits:
    return heard_edits(panel)


def figure(panel: Inspector, label: str) -> tuple[str, str]:
    found = next(each for each in panel.form.foot.figures if each.label == label)  # type: ignore[attr-defined]
    return found.value, found.note


@pytest.mark.parametrize(
    "selection", [(), ("input",), ("head",), ("block4",), ("block2", "block4"), ("conv3_1",), ("fc1",)]
)
@pytest.mark.parametrize("spec", [TINY, TINY_28, VGG19], ids=lambda spec: spec.name)
def test_showing_is_not_reported_as_an_edit(
    panel: Inspector, edits: Edits, selection: tuple[str, ...], spec: NetworkSpec
) -> None:
    panel.set_selection(selection)
    panel.set_summary(summarize(spec))
    assert edits == []


def test_a_block_is_titled_by_its_place_and_what_flows_in(panel: Inspector) -> None:
    panel.set_selection(("block4",))
    assert panel.title.text() == "Block 4"
    assert panel.place.text() == "VGG block · 4 of 5 · 32 × 4 × 4 in"


def test_a_layer_shows_its_block(panel: Inspector) -> None:
    panel.set_selection(("conv4_2",))
    assert panel.title.text() == "Block 4"
    assert panel.selected_blocks() == (3,)


def test_the_foot_gives_the_blocks_figures_and_shares(panel: Inspector) -> None:
    panel.set_selection(("block4",))
    assert figure(panel, "Output") == ("64 × 2 × 2", "")
    assert figure(panel, "Parameters") == ("55,424", "12\u2009% of net")
    assert figure(panel, "MACs") == ("885\u2009k", "32\u2009% of net")
    assert figure(panel, "Receptive field") == ("30 → 70 px", "all 32 px seen")


def test_the_foot_of_a_failing_block_says_nothing_is_left(panel: Inspector) -> None:
    panel.set_summary(summarize(TINY_28))
    panel.set_selection(("block5",))
    assert figure(panel, "Output") == ("nothing", "")
    assert figure(panel, "Parameters") == ("73,856", "")
    assert figure(panel, "Receptive field") == ("70 → 134 px", "before pool5")


def test_typing_a_number_is_one_wish_for_each_figure_that_can_be(panel: Inspector, edits: Edits) -> None:
    panel.set_selection(("block4",))
    type_into(panel.block_form.channels, "96")
    assert [(edit[0].blocks[3].out_channels, edit[1], edit[2]) for edit in edits][-1] == (
        96,
        "Block 4 to 96 channels",
        "block4.out_channels",
    )
    assert len(edits) <= 2


def test_a_bad_number_is_said_beside_the_field_and_wishes_nothing(panel: Inspector, edits: Edits) -> None:
    panel.set_selection(("block4",))
    type_into(panel.block_form.channels, "0")
    row = panel.block_form.rows["Channels"]
    sentences = [label.text() for label in row.findChildren(type(row.label)) if label.isVisible()]
    assert any("whole number" in sentence for sentence in sentences)
    assert edits == []


CHOICES: list[tuple[str, Callable[[Inspector], None], VGGBlock, str]] = [
    ("kernel", lambda p: p.block_form.kernel.choose(2), VGGBlock(2, 64, kernel=5), "Block 4: kernel 5 × 5"),
    ("padding", lambda p: p.block_form.padding.choose(0), VGGBlock(2, 64, padding="none"), "Block 4: no padding"),
    ("batch", lambda p: p.block_form.norm.choose(1), VGGBlock(2, 64, norm="batch"), "Block 4: batch norm"),
    ("lrn", lambda p: p.block_form.norm.choose(2), VGGBlock(2, 64, norm="lrn"), "Block 4: LRN"),
    ("pool", lambda p: p.block_form.pooling.choose(0), VGGBlock(2, 64, pool=Pool("none")), "Block 4: no pool"),
    (
        "average",
        lambda p: p.block_form.pooling.choose(2),
        VGGBlock(2, 64, pool=Pool("average")),
        "Block 4: average pool",
    ),
    (
        "size",
        lambda p: p.block_form.pool.size_box.step_by(1),
        VGGBlock(2, 64, pool=Pool(kernel=3)),
        "Block 4: pool size 3",
    ),
    (
        "step",
        lambda p: p.block_form.pool.step_box.step_by(1),
        VGGBlock(2, 64, pool=Pool(stride=3)),
        "Block 4: pool step 3",
    ),
    (
        "round",
        lambda p: p.block_form.rounding.choose(1),
        VGGBlock(2, 64, pool=Pool(ceil_mode=True)),
        "Block 4: round up",
    ),
    ("convs", lambda p: p.block_form.convs.step_by(1), VGGBlock(3, 64), "Block 4 to 3 convolutions"),
    ("halve", lambda p: p.block_form.channels.scale(1, 2), VGGBlock(2, 32), "Block 4 to 32 channels"),
    ("double", lambda p: p.block_form.channels.scale(2, 1), VGGBlock(2, 128), "Block 4 to 128 channels"),
]


@pytest.mark.parametrize(("act", "block", "text"), [row[1:] for row in CHOICES], ids=[row[0] for row in CHOICES])
def test_each_control_wishes_its_own_setting(
    panel: Inspector, edits: Edits, act: Callable[[Inspector], None], block: VGGBlock, text: str
) -> None:
    panel.set_selection(("block4",))
    act(panel)
    assert [(edit[0], edit[1]) for edit in edits] == [(TINY.with_block(3, block), text)]


def test_an_activation_is_chosen_from_the_list(panel: Inspector, edits: Edits) -> None:
    panel.set_selection(("block4",))
    combo = panel.block_form.activation
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert edits[-1][0].blocks[3].activation == "leaky_relu"


def test_settings_that_differ_are_shown_as_mixed_and_typing_sets_all(panel: Inspector, edits: Edits) -> None:
    panel.set_selection(("block2", "block4"))
    form = panel.block_form
    assert panel.title.text() == "Blocks 2 and 4"
    assert form.channels.value() is None
    assert form.convs.value() is None
    assert form.kernel.value() == 3
    type_into(form.channels, "9")
    assert [edits[-1][0].blocks[index].out_channels for index in (1, 3)] == [9, 9]
    assert edits[-1][1] == "Blocks 2 and 4 to 9 channels"


def test_buttons_change_each_of_several_blocks_from_its_own_number(panel: Inspector, edits: Edits) -> None:
    panel.set_selection(("block2", "block4"))
    form = panel.block_form
    form.channels.scale(1, 2)
    assert [edits[-1][0].blocks[index].out_channels for index in (1, 3)] == [8, 32]
    form.convs.step_by(1)
    assert [edits[-1][0].blocks[index].count for index in (1, 3)] == [2, 3]
    assert edits[-1][1] == "Blocks 2 and 4: one convolution more"


def test_a_change_that_one_of_several_blocks_cannot_take_is_refused_beside_the_field(
    panel: Inspector, edits: Edits
) -> None:
    panel.set_selection(("block2", "block4"))
    panel.block_form.convs.step_by(-1)
    assert edits == []
    labels = panel.block_form.rows["Convolutions"].findChildren(type(panel.block_form.rows["Convolutions"].label))
    assert "Block 2 has one convolution left. Delete the block instead." in [label.text() for label in labels]


def test_a_kernel_can_be_set_for_one_convolution(panel: Inspector, edits: Edits) -> None:
    panel.set_selection(("block4",))
    form = panel.block_form
    form.more.link.click()
    assert form.more.is_open()
    box = form._kernel_boxes[1].control
    box.choose(0)  # type: ignore[attr-defined]
    assert edits[-1][0].blocks[3] == VGGBlock(2, 64, kernels=(3, 1))
    panel.set_summary(summarize(edits[-1][0]))
    assert form.kernel.value() is None
    box.choose(1)  # type: ignore[attr-defined]
    assert edits[-1][0] == TINY, "equal kernels are one setting again"


def test_two_edits_in_one_turn_both_count(panel: Inspector, edits: Edits) -> None:
    panel.set_selection(("block4",))
    panel.block_form.kernel.choose(2)
    panel.block_form.norm.choose(1)
    assert edits[-1][0].blocks[3] == VGGBlock(2, 64, kernel=5, norm="batch")


def test_the_pool_row_breaks_in_two_where_the_panel_is_narrow(panel: Inspector, qtbot: QtBot) -> None:
    panel.set_selection(("block4",))
    panel.setFixedWidth(320)
    qtbot.waitUntil(lambda: panel.block_form.pool.is_broken())
    panel.setFixedWidth(380)
    qtbot.waitUntil(lambda: not panel.block_form.pool.is_broken())


def test_without_a_pool_its_size_and_step_rest(panel: Inspector) -> None:
    panel.set_summary(summarize(TINY.with_block(3, VGGBlock(2, 64, pool=Pool("none")))))
    panel.set_selection(("block4",))
    assert not panel.block_form.pool.isEnabled()
    assert not panel.block_form.rounding.isEnabled()


def test_the_input_takes_a_usual_size_in_one_click(panel: Inspector, edits: Edits) -> None:
    panel.set_selection(("input",))
    panel.input_form.sizes.choose(4)
    assert (edits[-1][0].input.height, edits[-1][0].input.width, edits[-1][1]) == (224, 224, "Input: 224 × 224")
    type_into(panel.input_form.channels, "3")
    assert edits[-1][0].input.channels == 3
    assert edits[-1][0].input.height == 224


def test_hidden_layers_are_added_narrowed_and_removed(panel: Inspector, edits: Edits) -> None:
    panel.set_selection(("head",))
    form = panel.head_form
    form.add_button.click()
    assert list(edits[-1][0].head.hidden) == [512, 512, 512]
    panel.set_summary(summarize(edits[-1][0]))
    form.hidden_rows[1].width_box.scale(1, 2)
    assert list(edits[-1][0].head.hidden) == [512, 256, 512]
    form.hidden_rows[0].remove_button.click()
    assert list(edits[-1][0].head.hidden) == [256, 512]
    panel.set_summary(summarize(edits[-1][0]))
    assert [row.isVisible() for row in form.hidden_rows] == [True, True, False]


def test_a_head_without_hidden_layers_can_get_one_again(panel: Inspector, edits: Edits) -> None:
    panel.set_selection(("head",))
    panel.set_summary(summarize(replace(TINY, head=Head(()))))
    assert not panel.head_form.dropout.isEnabled()
    panel.head_form.add_button.click()
    assert edits[-1][0].head.hidden == (512,)


def test_the_head_averages_drops_out_and_counts_classes(panel: Inspector, edits: Edits) -> None:
    panel.set_selection(("head",))
    panel.head_form.pool.choose(2)
    type_into(panel.head_form.dropout, "0.25")
    type_into(panel.head_form.classes, "7")
    wanted = edits[-1][0]
    assert (wanted.head.pool, wanted.head.dropout, wanted.num_classes) == ("global_average", 0.25, 7)
    assert figure(panel, "Features in") == ("64", "64 × 1 × 1")


def test_the_whole_network_is_narrowed_with_or_without_its_head(panel: Inspector, edits: Edits) -> None:
    form = panel.network_form
    form.ratio_buttons[4].click()
    assert [block.out_channels for block in edits[-1][0].blocks] == [2, 4, 8, 16, 16]
    assert edits[-1][0].head.hidden == (512, 512)
    panel.set_summary(summarize(TINY))
    form.reach.choose(1)
    form.ratio_buttons[2].click()
    assert edits[-1][0].head.hidden == (256, 256)


def test_a_ratio_says_what_it_would_bring_before_the_click(panel: Inspector) -> None:
    button = panel.network_form.ratio_buttons[2]
    button.setFocus()
    after = summarize(replace(TINY, blocks=tuple(b.with_channels(b.out_channels // 2) for b in TINY.blocks)))
    assert after.totals is not None
    saved = 445_482 - after.totals.params.total
    panel.activateWindow()
    text = panel.network_form._preview(2)
    assert f"\u2212{saved:,} parameters" in text


def test_a_name_of_blanks_is_refused_beside_the_field(panel: Inspector, edits: Edits) -> None:
    panel.network_form.name_field.line.clear()
    panel.network_form.name_field.edited.emit("   ")
    assert edits == []
    panel.network_form.name_field.edited.emit("my net")
    assert edits[-1][0].name == "my net"


def test_duplicate_and_delete_are_offered_for_blocks_only(panel: Inspector, qtbot: QtBot) -> None:
    panel.set_selection(("block4",))
    for button, signal in (
        (panel.duplicate_button, panel.duplicate_wished),
        (panel.delete_button, panel.delete_wished),
    ):
        with qtbot.waitSignal(signal):
            button.click()
    panel.set_selection(("head",))
    assert not panel.duplicate_button.isVisible()
    assert not panel.delete_button.isVisible()


def test_with_a_document_one_burst_of_typing_is_one_undo_step(panel: Inspector) -> None:
    document = ArchDocument(TINY)
    panel.edited.connect(lambda spec, text, key: document.edit(spec, text, merge_key=key))
    document.summary_changed.connect(panel.set_summary)
    panel.set_selection(("block4",))
    type_into(panel.block_form.channels, "256")
    document.flush()
    assert document.spec.blocks[3].out_channels == 256
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    document.flush()
    assert panel.block_form.channels.value() == 64


def test_undo_reaches_the_document_from_a_field_of_the_inspector(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    panel = Inspector(ThemeSource())
    window.setCentralWidget(panel)
    panel.set_summary(summarize(TINY))
    panel.set_selection(("block4",))
    undone: list[None] = []
    shortcut = QShortcut(QKeySequence("Ctrl+Z"), window)
    shortcut.activated.connect(lambda: undone.append(None))
    window.show()
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    field = panel.block_form.channels.findChild(QLineEdit)
    assert field is not None
    field.setFocus()
    QTest.keyClicks(field, "1")
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [None]


def test_every_control_has_a_name_for_screen_readers(panel: Inspector) -> None:
    for selection in (("block4",), ("input",), ("head",), ()):
        panel.set_selection(selection)
        for control in panel.form.findChildren(QWidget):
            if control.focusPolicy() & Qt.FocusPolicy.TabFocus and control.isVisible():
                assert control.accessibleName(), f"{control} of {selection}"
