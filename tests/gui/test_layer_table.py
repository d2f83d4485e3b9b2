"""The layer table: its figures are the summary's, its clicks are wishes, its text can be pasted elsewhere."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.analysis.summarize import summarize
from explorer.arch.blocks.vgg import Norm, VGGBlock
from explorer.arch.spec import InputShape
from explorer.gui.models.layer_book import LayerBook
from explorer.gui.models.layer_model import FIELD, JUMP, MACS, MEMORY, OUTPUT, PARAMETERS, LayerModel, tooltip
from explorer.gui.models.layer_rows import HEADINGS, LayerLine, layer_groups, layer_totals, macs_text, memory_text
from explorer.gui.panels.layer_paint import columns_for
from explorer.gui.panels.layer_table import LayerTablePanel
from explorer.gui.theme import DARK, LIGHT, ThemeSource
from tests.gui.panel_samples import TINY, TINY_28, VGG19

pytestmark = pytest.mark.gui


@pytest.fixture
def panel(qtbot: QtBot) -> LayerTablePanel:
    panel = LayerTablePanel(ThemeSource())
    qtbot.addWidget(panel)
    panel.resize(1056, 430)
    panel.set_summary(summarize(TINY))
    panel.show()
    return panel


def selections(panel: LayerTablePanel) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    panel.selected.connect(found.append)
    return found


def lines(panel: LayerTablePanel) -> dict[str, LayerLine]:
    model = panel.tree.layer_model()
    return {line.key: line for group in model.groups for line in (group.head, *group.lines)}


def click(panel: LayerTablePanel, name: str, *, x: int = 200, keys: Qt.KeyboardModifier | None = None) -> None:
    index = panel.tree.layer_model().index_of(name)
    panel.tree.scrollTo(index)
    place = QPoint(x, panel.tree.visualRect(index).center().y())
    none = Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, keys or none, place)


@pytest.mark.parametrize("norm", ["none", "batch", "lrn"])
def test_the_lines_of_a_part_sum_to_the_part_and_the_parts_to_the_network(norm: Norm) -> None:
    blocks = tuple(block.with_norm(norm) for block in VGG19.blocks)
    summary = summarize(replace(VGG19, blocks=blocks))
    groups = layer_groups(summary)
    for group in groups[1:]:
        part = summary.by_part[group.head.key]
        assert part.params is not None
        assert sum(line.params or 0 for line in group.lines) == part.params.total == group.head.params
        assert sum(line.macs or 0 for line in group.lines) == part.macs == group.head.macs
        assert sum(line.saved_bytes or 0 for line in group.lines) == part.saved_bytes == group.head.saved_bytes
    assert summary.totals is not None
    assert sum(group.head.params or 0 for group in groups) == summary.totals.params.total
    assert sum(group.head.saved_bytes or 0 for group in groups) == summary.totals.saved_bytes
    assert layer_totals(summary, groups).params == summary.totals.params.total


def test_the_cells_of_vgg_19_are_those_of_the_published_table(panel: LayerTablePanel) -> None:
    # Figures: Simonyan & Zisserman's configuration E, 143,667,240 parameters and 19.632 GMACs.
    panel.set_summary(summarize(VGG19))
    model = panel.tree.layer_model()
    row = model.index_of("conv3_1")
    cells = [model.index(row.row(), column, row.parent()).data() for column in range(len(HEADINGS))]
    assert cells[:6] == ["conv3_1 3×3 · ReLU", "256 × 56 × 56", "295,168", "924.8\u2009M", "24", "4"]
    totals = layer_totals(summarize(VGG19), model.groups)
    assert (totals.count, totals.params) == ("24 layers", 143_667_240)
    assert macs_text(totals.macs) == "19.63\u2009G"


def test_norm_and_activation_are_folded_into_their_convolution(panel: LayerTablePanel) -> None:
    blocks = (VGGBlock(1, 8, norm="batch"), VGGBlock(1, 8, norm="lrn", activation="gelu"))
    panel.set_summary(summarize(replace(TINY, blocks=blocks)))
    shown = lines(panel)
    assert shown["conv1_1"].detail == "3×3 · BN · ReLU"
    assert shown["conv1_1"].params == 8 * 9 + 8 + 2 * 8
    assert shown["conv2_1"].detail == "3×3 · GELU · LRN"
    assert "bn1_1" not in shown
    assert "bn1_1" in shown["conv1_1"].nodes


def test_the_field_is_called_out_once_it_is_larger_than_the_picture(panel: LayerTablePanel) -> None:
    shown = lines(panel)
    assert [name for name in ("pool3", "conv4_1", "block4") if shown[name].sees_all] == ["conv4_1", "block4"]


def test_bars_are_scaled_to_the_largest_layer(panel: LayerTablePanel) -> None:
    shown = lines(panel)
    assert shown["fc2"].params_bar == 1.0
    assert shown["conv4_2"].macs_bar == 1.0
    assert shown["conv4_2"].params_bar == pytest.approx(36_928 / 262_656)
    assert shown["block4"].params_share == pytest.approx(55_424 / 445_482)


def test_the_failing_layer_says_why_and_what_follows_is_not_reached(panel: LayerTablePanel) -> None:
    panel.set_summary(summarize(TINY_28))
    shown = lines(panel)
    assert shown["pool5"].failure
    assert shown["pool5"].shape_text == "0 × 0"
    assert shown["head"].shape_text == "not reached"
    assert not shown["fc1"].reached
    model = panel.tree.layer_model()
    index = model.index_of("fc1")
    assert model.index(index.row(), PARAMETERS, index.parent()).data() == "–"
    totals = layer_totals(summarize(TINY_28), model.groups)
    assert (totals.count, totals.note) == ("13 layers, cut short", "Totals appear when the network is whole")


def test_a_click_selects_the_block_and_another_one_the_layer(panel: LayerTablePanel) -> None:
    heard = selections(panel)
    click(panel, "conv3_2")
    assert heard == [("block3",)]
    panel.set_selection(("block3",))
    click(panel, "conv3_2")
    assert heard[-1] == ("conv3_2",)


def test_ctrl_click_adds_a_block_and_shift_click_all_between(panel: LayerTablePanel) -> None:
    heard = selections(panel)
    panel.set_selection(("block2",))
    click(panel, "conv4_1", keys=Qt.KeyboardModifier.ControlModifier)
    assert list(heard[-1]) == ["block2", "block4"]
    click(panel, "conv4_1", keys=Qt.KeyboardModifier.ShiftModifier)
    assert list(heard[-1]) == ["block2", "block3", "block4"]


def test_showing_a_selection_is_not_reported_as_a_wish(panel: LayerTablePanel) -> None:
    heard = selections(panel)
    panel.set_selection(("block4", "relu3_1"))
    panel.set_summary(summarize(VGG19))
    assert heard == []


def test_the_part_under_the_pointer_is_told_to_the_other_views(panel: LayerTablePanel) -> None:
    heard: list[str] = []
    panel.hovered.connect(heard.append)
    for name in ("conv3_1", "conv3_2", "block4"):
        index = panel.tree.layer_model().index_of(name)
        panel.tree.scrollTo(index)
        QTest.mouseMove(panel.tree.viewport(), panel.tree.visualRect(index).center())
    QTest.mouseMove(panel, QPoint(300, 10))
    assert [part for part in heard if part] == ["block3", "block4"]


def test_the_fold_mark_folds_and_new_figures_keep_it_folded(panel: LayerTablePanel) -> None:
    click(panel, "block2", x=25)
    assert panel.folded_parts() == ("block2",)
    panel.set_summary(summarize(TINY.with_block(1, VGGBlock(3, 16))))
    assert panel.folded_parts() == ("block2",)
    assert panel.tree.folded_parts() == {"block2"}


def test_left_and_right_fold_and_arrows_move_the_selection(panel: LayerTablePanel) -> None:
    heard = selections(panel)
    panel.set_selection(("block1",))
    panel.tree.setFocus()
    QTest.keyClick(panel.tree, Qt.Key.Key_Down)
    assert heard[-1] == ("conv1_1",)
    QTest.keyClick(panel.tree, Qt.Key.Key_Left)
    assert heard[-1] == ("block1",)
    QTest.keyClick(panel.tree, Qt.Key.Key_Left)
    assert "block1" in panel.folded_parts()
    QTest.keyClick(panel.tree, Qt.Key.Key_Right)
    assert "block1" not in panel.folded_parts()


def test_blocks_only_hides_all_layers_and_shows_them_again(panel: LayerTablePanel) -> None:
    panel.set_blocks_only(blocks_only=True)
    assert panel.tree.folded_parts() == {"block1", "block2", "block3", "block4", "block5", "head"}
    panel.set_blocks_only(blocks_only=False)
    assert panel.tree.folded_parts() == set()


def test_the_copied_text_has_a_heading_every_row_and_exact_figures(panel: LayerTablePanel) -> None:
    panel.set_blocks_only(blocks_only=True)
    QTest.keyClick(panel.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    rows = [row.split("\t") for row in QGuiApplication.clipboard().text().splitlines()]
    assert rows[0] == ["Layer", "Output", "Parameters", "MACs", "Field (px)", "Jump (px)", "Memory (bytes)"]
    assert len(rows) == 1 + 7 + 16 + 1
    conv = next(row for row in rows if row[0].strip().startswith("conv4_2"))
    assert conv[1:6] == ["64 × 4 × 4", "36,928", "589,824", "62", "8"]
    assert rows[-1][:4] == ["16 layers", "", "445,482", "2,733,056"]


def test_new_figures_for_the_same_layers_change_cells_in_place(panel: LayerTablePanel, qtbot: QtBot) -> None:
    model = panel.tree.layer_model()
    index = model.index_of("conv4_2")
    resets: list[None] = []
    model.modelReset.connect(lambda: resets.append(None))
    with qtbot.waitSignal(model.dataChanged):
        panel.set_summary(summarize(TINY.with_block(3, VGGBlock(2, 128))))
    assert resets == []
    assert model.line(index) == lines(panel)["conv4_2"]
    assert lines(panel)["conv4_2"].params == 128 * 128 * 9 + 128


def test_a_layer_more_is_one_row_more_and_the_rest_stays(panel: LayerTablePanel) -> None:
    model = panel.tree.layer_model()
    panel.set_selection(("conv4_2",))
    panel.set_folded_parts(("block2",))
    scrolled = panel.tree.verticalScrollBar().value()
    heard: list[tuple[str, int, int]] = []
    model.modelReset.connect(lambda: heard.append(("reset", 0, 0)))
    model.rowsInserted.connect(lambda _, first, last: heard.append(("in", first, last)))
    model.rowsRemoved.connect(lambda _, first, last: heard.append(("out", first, last)))
    panel.set_summary(summarize(TINY.with_block(2, VGGBlock(3, 32))))
    panel.set_summary(summarize(TINY.with_block(2, VGGBlock(1, 32))))
    assert heard == [("in", 2, 2), ("out", 1, 2)]
    line = model.line(panel.tree.currentIndex())
    assert line is not None
    assert (line.key, panel.tree.folded_parts()) == ("conv4_2", {"block2"})
    assert panel.tree.verticalScrollBar().value() == scrolled


@pytest.mark.parametrize("moved", [False, True])
def test_what_is_selected_stays_in_sight_when_the_table_gets_lower(panel: LayerTablePanel, moved: bool) -> None:
    panel.resize(1056, 300)
    panel.set_selection(("block4",))
    bar, tree = panel.tree.verticalScrollBar(), panel.tree
    if moved:  # by the user, who wants to see something else
        bar.setValue(0)
    panel.resize(1056, 270)
    last = tree.visualRect(tree.layer_model().index_of("pool4"))
    assert (last.bottom() <= tree.viewport().height()) is not moved


def test_new_rows_have_their_places_before_anything_is_painted(panel: LayerTablePanel) -> None:
    panel.set_summary(summarize(TINY.with_block(0, VGGBlock(4, 32))))
    row = panel.tree.visualRect(panel.tree.layer_model().index_of("conv1_4"))
    assert row.top() == 5 * row.height(), "the input, the block's own line and three layers stand above"


@pytest.mark.parametrize("scrolled", [0, 137])
def test_every_row_is_painted_where_the_pointer_finds_it(panel: LayerTablePanel, scrolled: int) -> None:
    panel.set_folded_parts(("block2",))
    panel.tree.verticalScrollBar().setValue(scrolled)
    for part in ("block1", "block3"):
        panel.set_selection((part,))
        panel.tree.verticalScrollBar().setValue(scrolled)
        picture = panel.tree.viewport().grab().toImage()
        for y in range(5, panel.tree.viewport().height(), 10):
            line = panel.tree.layer_model().line(panel.tree.indexAt(QPoint(1, y)))
            accent = picture.pixelColor(1, y).name() == LIGHT.tokens["accent"].lower()
            assert accent == (line is not None and line.part == part), f"{part} at {y}"


def test_a_row_is_painted_anew_when_its_figures_change(panel: LayerTablePanel) -> None:
    before = panel.tree.viewport().grab().toImage()
    panel.set_summary(summarize(TINY.with_block(0, VGGBlock(2, 48))))
    changed = panel.tree.viewport().grab().toImage()
    panel.set_summary(summarize(TINY))
    assert changed != before
    assert panel.tree.viewport().grab().toImage() == before


def is_in_sight(panel: LayerTablePanel, name: str) -> bool:
    place = panel.tree.visualRect(panel.tree.layer_model().index_of(name))
    return panel.tree.viewport().rect().contains(QPoint(1, place.top())) and not place.isEmpty()


def test_another_network_is_shown_where_the_selection_is(panel: LayerTablePanel) -> None:
    panel.set_selection(("conv5_4",))  # told before the rows that have it
    panel.set_summary(summarize(VGG19.with_block(4, VGGBlock(5, 512))))
    panel.set_summary(summarize(replace(VGG19, blocks=(*VGG19.blocks, VGGBlock(1, 512)))))
    line = panel.tree.layer_model().line(panel.tree.currentIndex())
    assert line is not None
    assert line.key == "conv5_4"
    assert is_in_sight(panel, "conv5_4")


def test_the_table_goes_to_the_layer_at_which_the_network_ends(panel: LayerTablePanel) -> None:
    panel.resize(1056, 250)
    assert not is_in_sight(panel, "pool5")
    panel.set_summary(summarize(TINY_28))
    assert is_in_sight(panel, "pool5")
    panel.tree.verticalScrollBar().setValue(0)
    panel.set_summary(summarize(TINY_28.with_block(0, VGGBlock(1, 48))))
    assert panel.tree.verticalScrollBar().value() == 0, "told once, the place is the reader's to choose"


def test_lines_that_are_kept_say_the_same_as_lines_made_afresh() -> None:
    book = LayerBook()
    wide = TINY.with_block(3, VGGBlock(2, 128))
    for spec in (TINY, wide, wide.with_block(0, VGGBlock(3, 16, norm="batch")), TINY_28, VGG19, TINY):
        summary = summarize(spec)
        assert book.groups(summary) == layer_groups(summary)


def test_an_empty_network_offers_to_add_a_block(panel: LayerTablePanel, qtbot: QtBot) -> None:
    panel.set_summary(summarize(replace(TINY, blocks=())))
    assert panel.add_button.isVisible()
    assert not panel.tree.isVisible()
    with qtbot.waitSignal(panel.insert_wished):
        panel.add_button.click()


def test_every_cell_has_its_exact_figure_as_tooltip(panel: LayerTablePanel) -> None:
    line = lines(panel)["conv4_2"]
    assert tooltip(line, MACS) == "589,824 MACs = 1,179,648 FLOPs, 22\u2009% of the network"
    assert tooltip(line, PARAMETERS) == "36,928 parameters, 8\u2009% of the network"
    assert "64 × 4 × 4" in tooltip(line, OUTPUT)
    assert "more than the whole picture" in tooltip(line, FIELD)
    assert "8 px" in tooltip(line, JUMP)
    assert "4,096 bytes" in tooltip(line, MEMORY)
    head = lines(panel)["fc1"]
    assert head.jump_text == "–"
    assert "no neighbouring" in tooltip(head, JUMP)


def test_columns_give_way_where_the_panel_is_narrow() -> None:
    assert MACS in columns_for(856).bars
    assert JUMP in columns_for(856).spans
    narrow = columns_for(716)
    assert MACS not in narrow.bars
    assert JUMP not in narrow.spans
    assert PARAMETERS in narrow.bars
    for width in (600, 640, 716, 800, 855, 856, 960, 1056, 1600):
        columns = columns_for(width)
        end = LEFT_EDGE = 20
        for column, (left, size) in columns.spans.items():
            assert left >= end or column == 0, f"column {column} overlaps at {width}"
            assert size > 0
            end = max(left + size, sum(columns.bars.get(column, (0, 0))))
        assert end == width - 24
        assert columns.spans[0][0] == LEFT_EDGE


def test_columns_do_not_move_with_the_figures(panel: LayerTablePanel) -> None:
    before = panel.tree.columns
    panel.set_summary(summarize(VGG19))
    panel.repaint()
    assert panel.tree.columns == before


def test_a_field_that_differs_by_axis_names_both() -> None:
    summary = summarize(replace(TINY, input=InputShape(1, 32, 64)))
    first_linear = layer_groups(summary)[-1].lines[0]
    # The last map is 1 × 2 with a jump of 32, so the window over it is 32 px wider than high.
    assert first_linear.field_text == "150 × 182"


def test_memory_keeps_two_digits_in_kibibytes() -> None:
    texts = [memory_text(value) for value in (0, 256, 4096, 36 * 1024, None)]
    assert texts == ["0", "256\u2009B", "4.0\u2009KiB", "36\u2009KiB", "–"]


def test_the_table_paints_in_both_themes(qtbot: QtBot) -> None:
    source = ThemeSource()
    panel = LayerTablePanel(source)
    qtbot.addWidget(panel)
    panel.resize(900, 600)
    panel.set_summary(summarize(TINY_28))
    panel.set_selection(("block5",))
    light = panel.grab().toImage()
    source.set_theme(DARK)
    dark = panel.grab().toImage()
    assert light.pixelColor(600, 60).lightness() > 200 > 80 > dark.pixelColor(600, 60).lightness()


def test_the_model_keeps_qts_rules(qtbot: QtBot, qtmodeltester: object) -> None:
    model = LayerModel()
    model.set_groups(layer_groups(summarize(TINY)))
    qtmodeltester.check(model)  # type: ignore[attr-defined]
