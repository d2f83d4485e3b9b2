"""The diagram: what clicks, keys, wheel and drags wish, and that showing something wishes nothing."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from explorer.analysis.summarize import summarize
from explorer.analysis.summary import NetworkSummary
from explorer.arch.blocks.vgg import Pool
from explorer.arch.spec import InputShape, NetworkSpec, VGGBlock
from explorer.gui.document import ArchDocument
from explorer.gui.panels.diagram import DiagramPanel
from explorer.gui.panels.diagram.canvas import DiagramCanvas
from explorer.gui.theme import DARK, LIGHT, ThemeSource
from tests.gui.panel_samples import TINY, TINY_28, VGG19

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
Key = Qt.Key


class Desk:
    """A panel on a document, wired as the window wires them, with a protocol of what it wished."""

    def __init__(self, qtbot: QtBot, spec: NetworkSpec, width: int = 1056, height: int = 372) -> None:
        self.theme = ThemeSource(LIGHT)
        self.document = ArchDocument(spec)
        self.panel = DiagramPanel(self.theme)
        qtbot.addWidget(self.panel)
        self.edits: list[tuple[str, str]] = []
        self.selections: list[tuple[str, ...]] = []
        self.previews: list[NetworkSummary | None] = []
        self.refusals: list[str] = []
        self.panel.edited.connect(self._edit)
        self.panel.selected.connect(self._select)
        self.panel.preview.connect(self.previews.append)
        self.panel.refused.connect(self.refusals.append)
        self.document.summary_changed.connect(self.panel.set_summary)
        self.document.selection_changed.connect(self.panel.set_selection)
        self.panel.set_summary(self.document.summary)
        self.panel.resize(width, height)
        self.panel.show()
        self.panel.canvas.setFocus()
        QApplication.processEvents()

    def _edit(self, spec: NetworkSpec, text: str, key: str) -> None:
        self.edits.append((text, key))
        self.document.edit(spec, text, merge_key=key)

    def _select(self, names: tuple[str, ...]) -> None:
        self.selections.append(names)
        self.document.select(*names)

    @property
    def canvas(self) -> DiagramCanvas:
        return self.panel.canvas

    def selection(self) -> tuple[str, ...]:
        return self.document.selection

    @property
    def pairs(self) -> list[tuple[int, int]]:
        return [(block.count, block.out_channels) for block in self.document.spec.blocks]

    def at(self, part: str) -> QPoint:
        """A point on a part's plate, below its volumes."""
        plate = self.canvas.in_view(self.canvas.scene.by_part[part].plate)
        return QPoint(round(plate.center().x()), round(plate.bottom() - 4))

    def on(self, node: str) -> QPoint:
        """A point on a layer's front face."""
        volume = next(v for v in self.canvas.scene.volumes if v.node == node)
        x, y = self.canvas.origin
        return QPoint(round(volume.x + volume.width / 2 - x), round(volume.y + volume.height / 2 - y))

    def click(self, point: QPoint, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.mouseClick(self.canvas, LEFT, modifiers, point)
        QApplication.processEvents()

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.canvas, key, modifiers)
        QApplication.processEvents()

    def drag(self, start: QPoint, end: QPoint, *, drop: bool = True) -> None:
        QTest.mousePress(self.canvas, LEFT, pos=start)
        for step in range(1, 9):
            QTest.mouseMove(self.canvas, (QPointF(start) + QPointF(end - start) * (step / 8)).toPoint())
        if drop:
            QTest.mouseRelease(self.canvas, LEFT, pos=end)
        QApplication.processEvents()

    def wheel(self, notches: float, modifiers: Qt.KeyboardModifier, x: float) -> None:
        point = QPointF(x, 100)
        event = QWheelEvent(
            point,
            self.canvas.mapToGlobal(point),
            QPoint(),
            QPoint(0, round(120 * notches)),
            Qt.MouseButton.NoButton,
            modifiers,
            Qt.ScrollPhase.NoScrollPhase,
            False,  # noqa: FBT003
        )
        QApplication.sendEvent(self.canvas, event)
        QApplication.processEvents()


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot, TINY)


def test_showing_a_network_and_a_selection_wishes_nothing(desk: Desk) -> None:
    desk.panel.set_summary(summarize(VGG19))
    desk.panel.set_selection(("block2", "conv3_1"))
    desk.panel.set_sample(QImage(28, 28, QImage.Format.Format_Grayscale8))
    desk.panel.set_stale(True)
    desk.theme.set_theme(DARK)
    desk.panel.grab()
    assert (desk.edits, desk.selections, desk.previews) == ([], [], [])


def test_a_click_selects_the_block_and_a_second_one_the_layer(desk: Desk) -> None:
    for node, expected in (("conv3_2", "block3"), ("conv3_2", "conv3_2"), ("pool3", "pool3")):
        desk.click(desk.on(node))
        assert desk.selection() == (expected,)


def test_input_and_head_are_selected_by_click(desk: Desk) -> None:
    desk.click(desk.on("input"))
    assert desk.selection() == ("input",)
    assert not desk.panel.bar.isVisible()
    desk.click(desk.on("fc1"))
    assert desk.selection() == ("head",)


def test_a_click_on_empty_canvas_clears_the_selection(desk: Desk) -> None:
    desk.click(desk.at("block2"))
    desk.click(QPoint(5, 60))
    assert desk.selection() == ()
    assert not desk.panel.bar.isVisible()


def test_ctrl_and_shift_clicks_select_several_blocks(desk: Desk) -> None:
    desk.click(desk.at("block2"))
    desk.click(desk.at("block4"), CTRL)
    assert desk.selection() == ("block2", "block4")
    desk.click(desk.at("block2"), CTRL)
    assert desk.selection() == ("block4",)
    desk.click(desk.at("block2"), SHIFT)
    assert set(desk.selection()) == {"block2", "block3", "block4"}


def test_the_bar_adds_a_convolution_and_says_the_cost_before(desk: Desk) -> None:
    desk.click(desk.at("block4"))
    assert desk.panel.bar.isVisible()
    button = desk.panel.bar.button("add_conv")
    before = button.mapToGlobal(QPoint())
    desk.panel.bar.show_cost("add_conv")
    # The example of the design: one more 3×3 convolution of 64 channels on a 4×4 map.
    assert desk.panel.bar.cost_text == "+1 conv: +36,928 parameters · +590\u2009k MACs · +16 px"
    assert button.mapToGlobal(QPoint()) == before  # the bar grows away from the pointer
    QTest.mouseClick(button, LEFT)
    assert desk.edits == [("Block 4 to 3 convolutions", "block4.count")]
    assert desk.pairs[3] == (3, 64)


def test_the_cost_is_that_of_the_whole_network(desk: Desk) -> None:
    desk.click(desk.at("block5"))
    desk.panel.bar.show_cost("delete")
    before, after = summarize(TINY), summarize(TINY.without_block(4))
    assert before.totals is not None
    assert after.totals is not None
    grown = after.totals.params.total - before.totals.params.total
    assert f"+{grown:,} parameters" in desk.panel.bar.cost_text  # the map stays larger, so the head grows


def test_no_difference_is_said_where_the_network_cannot_run(qtbot: QtBot) -> None:
    desk = Desk(qtbot, TINY_28)
    desk.click(desk.at("block1"))
    desk.panel.bar.show_cost("double")
    assert "parameters" not in desk.panel.bar.cost_text
    desk.panel.bar.show_cost("delete")
    assert desk.panel.bar.cost_text == "Without it: the network can run"


def test_typed_channels_apply_with_enter_and_revert_with_esc(desk: Desk) -> None:
    desk.click(desk.at("block4"))
    desk.key(Key.Key_Return)
    field = desk.panel.bar.channels.field
    assert field.isVisible()
    QTest.keyClicks(field, "96")
    assert desk.panel.bar.cost_text.startswith("96 channels: ")
    QTest.keyClick(field, Key.Key_Escape)
    assert desk.edits == []
    assert desk.canvas.hasFocus()
    desk.key(Key.Key_Return)
    QTest.keyClicks(field, "96")
    QTest.keyClick(field, Key.Key_Return)
    assert desk.pairs[3] == (2, 96)
    assert desk.edits == [("Block 4 to 96 channels", "block4.out_channels")]


def test_a_typed_figure_that_cannot_be_is_refused_in_the_bar(desk: Desk) -> None:
    desk.click(desk.at("block4"))
    for typed, words in (("0", "at least 1"), ("6x", "whole number")):
        desk.key(Key.Key_Return)
        QTest.keyClicks(desk.panel.bar.channels.field, typed)
        QTest.keyClick(desk.panel.bar.channels.field, Key.Key_Return)
        assert words in desk.panel.bar.cost_text
    assert desk.edits == []


def test_the_wheel_on_a_figure_steps_and_the_burst_is_one_undo_step(desk: Desk) -> None:
    desk.click(desk.at("block4"))
    desk.panel.bar.channels.stepped.emit(1)
    QApplication.processEvents()
    desk.panel.bar.channels.stepped.emit(1)
    QApplication.processEvents()
    assert desk.pairs[3] == (2, 80)
    desk.document.undo_stack.undo()
    assert desk.pairs[3] == (2, 64)


def test_several_blocks_with_different_figures_show_a_dash_and_change_together(desk: Desk) -> None:
    desk.document.select("block3", "block4")
    assert desk.panel.bar.convs.value == 2
    assert desk.panel.bar.channels.value is None
    desk.key(Key.Key_BracketRight)
    assert desk.pairs[2:4] == [(2, 64), (2, 128)]


@pytest.mark.parametrize(
    ("key", "modifiers", "pairs", "selection"),
    [
        (Key.Key_Plus, None, [(1, 8), (1, 16), (3, 32), (2, 64), (2, 64)], "block3"),
        (Key.Key_Minus, None, [(1, 8), (1, 16), (1, 32), (2, 64), (2, 64)], "block3"),
        (Key.Key_BracketRight, None, [(1, 8), (1, 16), (2, 64), (2, 64), (2, 64)], "block3"),
        (Key.Key_BracketLeft, None, [(1, 8), (1, 16), (2, 16), (2, 64), (2, 64)], "block3"),
        (Key.Key_Insert, None, [(1, 8), (1, 16), (2, 32), (2, 32), (2, 64), (2, 64)], "block4"),
        (Key.Key_D, CTRL, [(1, 8), (1, 16), (2, 32), (2, 32), (2, 64), (2, 64)], "block4"),
        (Key.Key_Delete, None, [(1, 8), (1, 16), (2, 64), (2, 64)], "block3"),
        (Key.Key_Left, ALT, [(1, 8), (2, 32), (1, 16), (2, 64), (2, 64)], "block2"),
        (Key.Key_Right, ALT, [(1, 8), (1, 16), (2, 64), (2, 32), (2, 64)], "block4"),
    ],
)
def test_every_edit_has_its_key(
    desk: Desk,
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier | None,
    pairs: list[tuple[int, int]],
    selection: str,
) -> None:
    desk.document.select("block3")
    desk.key(key, modifiers or Qt.KeyboardModifier.NoModifier)
    assert desk.pairs == pairs
    assert desk.selection() == (selection,)
    assert len(desk.edits) == 1


def test_arrow_keys_walk_over_parts_and_into_layers(desk: Desk) -> None:
    for key, expected in (
        (Key.Key_Right, "block1"),
        (Key.Key_Left, "input"),
        (Key.Key_End, "block5"),
        (Key.Key_Right, "head"),
        (Key.Key_Home, "block1"),
        (Key.Key_Right, "block2"),
        (Key.Key_Down, "conv2_1"),
        (Key.Key_Down, "pool2"),
        (Key.Key_Down, "pool2"),
        (Key.Key_Right, "block3"),
        (Key.Key_Down, "conv3_1"),
        (Key.Key_Up, "block3"),
    ):
        desk.key(key)
        assert desk.selection() == (expected,)
    desk.key(Key.Key_Up)
    assert desk.selection() == ()
    assert desk.edits == []


def test_every_step_is_spoken(desk: Desk) -> None:
    desk.document.select("block4")
    assert desk.canvas.accessibleName() == ("Network: Block 4, 2 convolutions, 64 channels, 4 by 4 to 2 by 2, field 70")


def test_what_cannot_be_done_is_said(desk: Desk) -> None:
    desk.document.select("block1")
    desk.key(Key.Key_Minus)
    assert desk.refusals == ["Block 1 has one convolution left. Delete the block instead."]
    assert "Delete the block instead" in desk.panel.bar.cost_text


def test_a_plus_between_blocks_inserts_a_copy_of_the_left_one(desk: Desk) -> None:
    handle = desk.canvas.scene.handles[3]
    desk.click(QPoint(round(handle.x), round(handle.y)))
    assert desk.pairs == [(1, 8), (1, 16), (2, 32), (2, 32), (2, 64), (2, 64)]
    assert desk.selection() == ("block4",)
    assert desk.edits == [("Insert block 4", "")]


def test_a_block_dragged_to_another_gap_moves_there(desk: Desk) -> None:
    start, end = desk.at("block2"), desk.at("block5")
    desk.drag(start, QPoint(end.x() - 20, end.y()), drop=False)
    assert desk.canvas.look.dimmed == {"block2"}
    assert desk.canvas.look.caret is not None
    after = desk.previews[-1]
    assert after is not None
    assert [block.out_channels for block in after.spec.blocks] == [8, 32, 64, 16, 64]
    assert desk.edits == []
    QTest.mouseRelease(desk.canvas, LEFT, pos=QPoint(end.x() - 20, end.y()))
    QApplication.processEvents()
    assert [channels for _, channels in desk.pairs] == [8, 32, 64, 16, 64]
    assert desk.edits == [("Move block 2 to place 4", "")]
    assert desk.selection() == ("block4",)
    assert desk.previews[-1] is None


def test_esc_puts_a_dragged_block_back(desk: Desk) -> None:
    end = desk.at("block5")
    desk.drag(desk.at("block2"), end, drop=False)
    desk.key(Key.Key_Escape)
    QTest.mouseRelease(desk.canvas, LEFT, pos=end)
    assert (desk.edits, desk.previews[-1]) == ([], None)
    assert desk.canvas.look.dimmed == frozenset()
    assert desk.pairs == [(1, 8), (1, 16), (2, 32), (2, 64), (2, 64)]


def test_a_block_dropped_on_its_own_place_changes_nothing(desk: Desk) -> None:
    start = desk.at("block3")
    desk.drag(start, start + QPoint(25, 0))
    assert desk.edits == []


def test_a_small_tremble_is_still_a_click(desk: Desk) -> None:
    start = desk.at("block3")
    desk.drag(start, start + QPoint(3, 1))
    assert desk.selection() == ("block3",)
    assert desk.previews == []


def test_ctrl_wheel_zooms_at_the_pointer(desk: Desk) -> None:
    x = desk.on("conv4_1").x()
    before = desk.canvas.zoom
    desk.wheel(5, CTRL, x)
    assert desk.canvas.zoom > 1.5 * before
    assert abs(desk.on("conv4_1").x() - x) <= 6
    for _ in range(12):
        desk.wheel(5, CTRL, x)
    assert desk.canvas.zoom == 4.0
    for _ in range(20):
        desk.wheel(-5, CTRL, x)
    assert desk.canvas.zoom == 0.25


def test_the_wheel_scrolls_sideways_and_f_fits_again(desk: Desk) -> None:
    desk.panel.set_zoom(2.0)
    x = desk.canvas.viewport.x
    desk.wheel(-1, Qt.KeyboardModifier.NoModifier, 300)
    assert desk.canvas.viewport.x > x
    desk.key(Key.Key_F)
    assert desk.panel.zoom is None
    assert desk.canvas.viewport.x == 0


def test_fit_selection_fills_the_view_with_it(desk: Desk) -> None:
    desk.document.select("block4")
    desk.key(Key.Key_F, SHIFT)
    plate = desk.canvas.in_view(desk.canvas.scene.by_part["block4"].plate)
    assert desk.canvas.zoom > 1.5
    assert plate.left() >= 0
    assert plate.right() <= desk.panel.width()


def test_middle_drag_pans_and_selects_nothing(desk: Desk) -> None:
    desk.panel.set_zoom(3.0)
    x, y = desk.canvas.origin
    middle = Qt.MouseButton.MiddleButton
    QTest.mousePress(desk.canvas, middle, pos=QPoint(300, 100))
    QTest.mouseMove(desk.canvas, QPoint(250, 130))
    QTest.mouseRelease(desk.canvas, middle, pos=QPoint(250, 130))
    assert desk.canvas.origin == (x + 50, y - 30)
    assert desk.selections == []


def test_space_folds_equal_blocks_and_unfolds_them(desk: Desk) -> None:
    desk.document.select("block4")
    desk.key(Key.Key_Space)
    assert [box.part for box in desk.canvas.scene.boxes][-2:] == ["block4", "head"]
    desk.key(Key.Key_Space)
    assert [box.part for box in desk.canvas.scene.boxes][-2:] == ["block5", "head"]
    desk.document.select("block1")
    desk.key(Key.Key_Space)
    assert "has none" in desk.refusals[-1]


def test_a_click_on_a_folded_stage_selects_all_its_blocks(desk: Desk) -> None:
    desk.document.select("block4")
    desk.key(Key.Key_Space)
    desk.click(QPoint(5, 60))
    desk.click(desk.at("block4"))
    assert desk.selection() == ("block4", "block5")


def test_the_overview_brings_the_other_end_into_view(qtbot: QtBot) -> None:
    blocks = tuple(VGGBlock(2, 16 + index, pool=Pool(kind="none")) for index in range(40))
    desk = Desk(qtbot, replace(TINY, blocks=blocks))
    strip = desk.canvas.scene.overview
    assert strip is not None
    QTest.mousePress(desk.canvas, LEFT, pos=QPoint(round(strip.right - 2), round(strip.centre[1])))
    QTest.mouseRelease(desk.canvas, LEFT, pos=QPoint(round(strip.right - 2), round(strip.centre[1])))
    assert desk.canvas.viewport.x == desk.canvas.scene.width - desk.canvas.scene.view_width
    assert desk.selections == []


def test_selecting_elsewhere_scrolls_the_block_into_view(qtbot: QtBot) -> None:
    blocks = tuple(VGGBlock(2, 16 + index, pool=Pool(kind="none")) for index in range(40))
    desk = Desk(qtbot, replace(TINY, blocks=blocks))
    desk.document.select("block35")
    plate = desk.canvas.in_view(desk.canvas.scene.by_part["block35"].plate)
    assert plate.left() >= 0
    assert plate.right() <= desk.panel.width()


def test_a_block_inserted_out_of_sight_is_scrolled_to(qtbot: QtBot) -> None:
    blocks = tuple(VGGBlock(2, 16 + index, pool=Pool(kind="none")) for index in range(40))
    desk = Desk(qtbot, replace(TINY, blocks=blocks))
    desk.document.select("block40")
    desk.key(Key.Key_Insert)
    assert desk.selection() == ("block41",)
    plate = desk.canvas.in_view(desk.canvas.scene.by_part["block41"].plate)
    assert plate.left() >= 0
    assert plate.right() <= desk.panel.width()


def test_the_empty_network_gets_its_first_block_with_one_click(qtbot: QtBot) -> None:
    desk = Desk(qtbot, replace(TINY, blocks=()))
    handle = desk.canvas.scene.handles[0]
    desk.click(QPoint(round(handle.x), round(handle.y)))
    assert desk.pairs == [(1, 64)]
    assert desk.selection() == ("block1",)


def test_a_failing_block_can_still_be_edited(qtbot: QtBot) -> None:
    desk = Desk(qtbot, TINY_28)
    desk.click(desk.at("block5"))
    desk.key(Key.Key_Delete)
    assert desk.document.summary.is_valid
    assert all(box.state == "whole" for box in desk.canvas.scene.boxes)


def test_the_context_menu_names_every_action_with_its_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda menu, place: None)
    point = desk.at("block3")
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, desk.canvas.mapToGlobal(point))
    QApplication.sendEvent(desk.canvas, event)
    menu = desk.panel.findChild(QMenu)
    assert isinstance(menu, QMenu)
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert "Duplicate\tCtrl+D" in texts
    assert all(text.partition("\t")[2] for text in texts)
    assert desk.selection() == ("block3",)
    next(action for action in menu.actions() if action.text().startswith("Delete")).trigger()
    menu.deleteLater()
    QApplication.processEvents()
    assert len(desk.pairs) == 4


def test_the_stale_pill_is_shown_and_taken_away(desk: Desk) -> None:
    desk.panel.set_stale(True)
    assert desk.panel.pill.isVisible()
    desk.panel.set_stale(False)
    assert not desk.panel.pill.isVisible()


@pytest.mark.parametrize("number", range(1, 5))
def test_the_stale_pill_stands_beside_the_bar_of_a_block(desk: Desk, number: int) -> None:
    desk.document.select(f"block{number}")
    desk.panel.set_stale(True)
    pill = desk.panel.pill.geometry()
    assert desk.panel.bar.isVisible()
    assert not pill.intersects(desk.panel.bar.frame)
    assert not pill.intersects(desk.panel.zoom_box.geometry())


def test_at_the_smallest_height_legend_and_zoom_box_give_way(qtbot: QtBot) -> None:
    desk = Desk(qtbot, TINY, 716, 264)
    assert not desk.panel.zoom_box.isVisible()
    desk.panel.set_legend_shown(True)
    assert desk.panel.zoom_box.isVisible()


@pytest.mark.parametrize("part", ["block1", "block3", "block5"])
@pytest.mark.parametrize("size", [(1056, 372), (716, 264)])
def test_the_bar_stays_inside_the_view(qtbot: QtBot, part: str, size: tuple[int, int]) -> None:
    desk = Desk(qtbot, VGG19, *size)
    desk.document.select(part)
    desk.panel.bar.show_cost("add_conv")
    assert desk.panel.canvas.rect().contains(desk.panel.bar.frame)


def test_hover_lights_the_block_and_the_other_views_hear_of_it(desk: Desk) -> None:
    heard: list[str] = []
    desk.panel.hovered.connect(heard.append)
    QTest.mouseMove(desk.canvas, desk.at("block3"))
    assert heard == ["block3"]
    assert desk.canvas.look.hovered == "block3"


def test_the_input_wears_the_sample_in_the_theme_colours(desk: Desk) -> None:
    sample = QImage(4, 4, QImage.Format.Format_Grayscale8)
    sample.fill(0)
    desk.panel.set_sample(sample)
    worn = desk.canvas.look.sample
    assert worn is not None
    assert worn.pixelColor(0, 0).name().upper() == LIGHT.hex("panel")
    desk.theme.set_theme(DARK)
    worn = desk.canvas.look.sample
    assert worn is not None
    assert worn.pixelColor(0, 0).name().upper() == DARK.hex("panel")


def test_the_picture_changes_with_theme_selection_and_network(desk: Desk) -> None:
    pictures = [desk.panel.grab().toImage()]
    desk.document.select("block2")
    pictures.append(desk.panel.grab().toImage())
    desk.theme.set_theme(DARK)
    pictures.append(desk.panel.grab().toImage())
    desk.document.edit(replace(TINY, input=InputShape(3, 64, 64)), "input")
    QApplication.processEvents()
    pictures.append(desk.panel.grab().toImage())
    for index, picture in enumerate(pictures):
        assert all(picture != other for other in pictures[index + 1 :])
