"""Blocks of other kinds in the window: their bar, keys and menus, folding, and picking a layer in a lane."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from explorer.analysis.summarize import summarize
from explorer.arch.blocks import BLOCKS, ConvBlock, InceptionBlock, Pool, ResidualStage
from explorer.arch.presets import find_preset
from explorer.arch.spec import Block, Head, InputShape, NetworkSpec, VGGBlock
from explorer.export.diagram_scene import Rect
from explorer.gui.panels.diagram.canvas import DiagramCanvas
from tests.gui.test_diagram_panel import CTRL, LEFT, SHIFT, Desk, Key

pytestmark = pytest.mark.gui
INCEPTION = InceptionBlock.of_four(64, (96, 128), (16, 32), 32)
MIXED = NetworkSpec(
    InputShape(3, 96, 96),
    (
        ConvBlock(64, 7, 2, pool=Pool()),
        VGGBlock(2, 128),
        INCEPTION,
        InceptionBlock.of_four(128, (128, 192), (32, 96), 64, pool=Pool()),
        ResidualStage(2, 512),
    ),
    Head((), 0.0, "global_average"),
    10,
    "mixed-96",
)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot, MIXED)


def point(canvas: DiagramCanvas, x: float, y: float) -> QPoint:
    """A place of the scene on the canvas."""
    return canvas.in_view(Rect(x, y, 0, 0)).topLeft().toPoint()


def state(desk: Desk, part: str) -> str:
    return desk.canvas.scene.by_part[part].branches


def buttons(desk: Desk) -> set[str]:
    """The names of the buttons that the bar shows."""
    names = ("remove_conv", "add_conv", "halve", "double", "fold", "duplicate", "delete")
    return {name for name in names if desk.panel.bar.button(name).isVisible()}


def test_the_bar_of_a_convolution_has_its_channels_and_says_kernel_and_step(desk: Desk) -> None:
    desk.click(desk.at("block1"))
    assert buttons(desk) == {"halve", "double", "duplicate", "delete"}
    assert not desk.panel.bar.convs.isVisible()
    assert desk.panel.bar.words.text == "7×7, step 2"
    assert desk.panel.bar.channels.value == 64


def test_the_bar_of_a_stage_counts_units_and_folds_them(desk: Desk) -> None:
    desk.click(desk.at("block5"))
    assert buttons(desk) == {"remove_conv", "add_conv", "halve", "double", "fold", "duplicate", "delete"}
    assert desk.panel.bar.convs.accessibleName() == "Residual units 2"
    desk.panel.bar.show_cost("add_conv")
    before = summarize(MIXED).totals
    after = summarize(MIXED.with_block(4, ResidualStage(3, 512))).totals
    assert before is not None
    assert after is not None
    more = after.params.total - before.params.total
    assert desk.panel.bar.cost_text.startswith(f"+1 unit: +{more:,} parameters")
    QTest.mouseClick(desk.panel.bar.button("add_conv"), LEFT)
    assert desk.document.spec.blocks[4] == ResidualStage(3, 512)
    assert desk.edits == [("Block 5 to 3 residual units", "block5.count")]


def test_the_channels_of_an_inception_block_are_those_of_all_paths_together(desk: Desk) -> None:
    desk.document.select("block3")
    assert desk.panel.bar.channels.value == 256
    desk.key(Key.Key_BracketRight)
    assert desk.document.spec.blocks[2] == InceptionBlock.of_four(128, (192, 256), (32, 64), 64)


@pytest.mark.parametrize(("part", "kind"), [("block1", "Convolutions"), ("block3", "Inception blocks")])
def test_counting_what_a_block_has_no_number_of_is_refused_with_a_sentence(desk: Desk, part: str, kind: str) -> None:
    desk.document.select(part)
    desk.key(Key.Key_Plus)
    assert desk.edits == []
    assert desk.refusals == [f"{kind} have no number of convolutions to change. Insert or duplicate a block instead."]


def test_blocks_counted_differently_show_only_their_channels(desk: Desk) -> None:
    desk.document.select("block2", "block5")
    assert buttons(desk) == {"halve", "double", "fold", "duplicate", "delete"}
    assert desk.panel.bar.channels.value is None


def test_space_unfolds_paths_and_folds_them_again(desk: Desk) -> None:
    desk.document.select("block4")
    assert state(desk, "block4") == "closed"
    desk.key(Key.Key_Space)
    assert state(desk, "block4") == "open"
    desk.key(Key.Key_Space)
    assert state(desk, "block4") == "closed"
    desk.document.select("block5")
    desk.key(Key.Key_Space)
    assert state(desk, "block5") == "closed"
    assert desk.edits == []


def test_a_click_on_the_pill_or_a_double_click_unfolds(desk: Desk) -> None:
    pill = next(label for label in desk.canvas.scene.labels if label.role == "pill" and label.part == "block4")
    desk.click(point(desk.canvas, *pill.box.centre))
    assert desk.selection() == ("block4",)
    assert state(desk, "block4") == "open"
    desk.click(desk.at("block3"))
    QTest.mouseClick(desk.panel.bar.button("fold"), LEFT)
    was = state(desk, "block3")
    if was == "open":
        QTest.mouseClick(desk.panel.bar.button("fold"), LEFT)
    QTest.mouseDClick(desk.canvas, LEFT, pos=desk.at("block3"))
    assert state(desk, "block3") == "open"


def test_the_badge_of_a_folded_stage_unfolds_it(qtbot: QtBot) -> None:
    desk = Desk(qtbot, find_preset("resnet50").spec)
    badge = next(label for label in desk.canvas.scene.labels if label.role == "pill" and label.part == "block3")
    desk.click(point(desk.canvas, *badge.box.centre))
    assert state(desk, "block3") == "open"


def test_folds_move_along_with_their_blocks(desk: Desk) -> None:
    desk.document.select("block4")
    desk.key(Key.Key_Space)
    desk.document.select("block1")
    desk.key(Key.Key_D, CTRL)
    assert state(desk, "block5") == "open"
    assert state(desk, "block4") == "closed"
    desk.document.undo_stack.undo()
    QApplication.processEvents()
    assert state(desk, "block4") == "open"


def test_a_click_in_a_lane_selects_its_layer_and_lights_lane_and_band(desk: Desk) -> None:
    desk.document.select("block3")
    desk.key(Key.Key_Space)
    label = next(label for label in desk.canvas.scene.labels if label.text == "5×5")
    desk.click(point(desk.canvas, *label.box.centre))
    assert desk.selection() == ("conv3_p3",)
    assert desk.canvas.look.paths == {("block3", 3)}
    assert desk.canvas.look.layers == {"conv3_p3"}
    assert desk.canvas.accessibleName().startswith("Network: path 3, 5 by 5 convolution, 32 channels, in Block 3")


def test_a_path_selected_elsewhere_lights_its_band_in_the_folded_block(desk: Desk) -> None:
    plain = desk.panel.grab().toImage()
    desk.document.select("conv4_p2_reduce")
    assert state(desk, "block4") == "closed"
    assert desk.canvas.look.paths == {("block4", 2)}
    assert desk.panel.grab().toImage() != plain


def test_down_walks_through_every_layer_of_every_path(desk: Desk) -> None:
    desk.document.select("block3")
    desk.key(Key.Key_Space)
    walked = []
    for _ in range(8):
        desk.key(Key.Key_Down)
        walked.append(desk.selection()[0])
    assert walked == [
        "conv3_p1",
        "conv3_p2_reduce",
        "conv3_p2",
        "conv3_p3_reduce",
        "conv3_p3",
        "pool3_p4",
        "conv3_p4",
        "join3",
    ]
    desk.key(Key.Key_Up)
    assert desk.selection() == ("block3",)


def test_a_click_on_the_disc_selects_the_sum(desk: Desk) -> None:
    desk.document.select("block5")
    disc = next(joint for joint in desk.canvas.scene.joints if joint.node == "add5_2")
    desk.click(point(desk.canvas, disc.x, disc.y))
    assert desk.selection() == ("add5_2",)


def test_a_plus_copies_the_left_block_whatever_its_kind(desk: Desk) -> None:
    handle = next(handle for handle in desk.canvas.scene.handles if handle.gap == 3)
    desk.click(point(desk.canvas, handle.x, handle.y))
    assert desk.document.spec.blocks[3] == INCEPTION
    assert desk.selection() == ("block4",)


@pytest.mark.parametrize("kind", BLOCKS)
def test_shift_click_on_a_plus_offers_every_kind_of_block(
    desk: Desk, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda menu, place: None)
    handle = next(handle for handle in desk.canvas.scene.handles if handle.gap == 2)
    desk.click(point(desk.canvas, handle.x, handle.y), SHIFT)
    menu = desk.panel.findChild(QMenu)
    assert isinstance(menu, QMenu)
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert texts == ["Copy of block 2", *(block.title for block in BLOCKS.values())]
    next(action for action in menu.actions() if action.text() == BLOCKS[kind].title).trigger()
    menu.deleteLater()
    QApplication.processEvents()
    new = desk.document.spec.blocks[2]
    assert type(new) is BLOCKS[kind]
    assert new.out_channels == 128
    assert len(desk.document.spec.blocks) == 6


def test_an_open_block_can_be_dragged_with_its_lanes(desk: Desk) -> None:
    desk.document.select("block3")
    desk.key(Key.Key_Space)
    start, end = desk.at("block3"), desk.at("block5")
    QTest.mousePress(desk.canvas, LEFT, pos=start)
    QTest.mouseMove(desk.canvas, start + QPoint(30, 0))
    QTest.mouseMove(desk.canvas, QPoint(end.x() + 120, start.y()))
    desk.panel.grab()
    QTest.mouseRelease(desk.canvas, LEFT, pos=QPoint(end.x() + 120, start.y()))
    assert desk.document.spec.blocks[-1] == INCEPTION or desk.document.spec.blocks[3] == INCEPTION


@pytest.mark.parametrize("part", ["block1", "block3", "block5"])
@pytest.mark.parametrize("size", [(1056, 372), (716, 264)])
def test_the_bar_stays_inside_and_off_the_layers(qtbot: QtBot, part: str, size: tuple[int, int]) -> None:
    desk = Desk(qtbot, MIXED, *size)
    desk.document.select(part)
    if part == "block3":
        desk.key(Key.Key_Space)
    frame = desk.panel.bar.frame
    assert desk.canvas.rect().contains(frame)
    bounds = desk.canvas.in_view(desk.canvas.scene.by_part[part].bounds)
    assert frame.intersected(bounds.toRect()).height() <= 5


def test_more_paths_than_have_room_scroll_the_rest_aside(qtbot: QtBot) -> None:
    pair: tuple[Block, ...] = (INCEPTION, VGGBlock(1, 64))
    spec = replace(MIXED, blocks=(*MIXED.blocks[:3], *pair * 3))
    desk = Desk(qtbot, spec, 716, 372)
    for number in (3, 4, 6, 8):
        desk.document.select(f"block{number}")
        desk.key(Key.Key_Space)
    scene = desk.canvas.scene
    assert scene.overview is not None
    plate = desk.canvas.in_view(scene.by_part["block8"].plate)
    assert plate.left() >= 0
    assert plate.right() <= desk.canvas.width()
    assert desk.canvas.origin[0] > 0
