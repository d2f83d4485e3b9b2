"""Every kind of block is inserted from the menu, and every block action works on every kind; presets in words."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QMenu

from explorer.arch.blocks import BLOCKS, ConvBlock, InceptionBlock, ResidualStage, VGGBlock
from explorer.arch.presets import PRESETS
from explorer.arch.spec import Head
from explorer.gui.actions import ROWS, SUBMENUS
from explorer.gui.block_actions import BlockActions
from explorer.gui.document import ArchDocument
from explorer.gui.main_window import MainWindow
from explorer.gui.models.preset_rows import arch_words, likeliest, preset_rows
from tests.gui.panel_samples import MIXED, TINY

pytestmark = pytest.mark.gui


@pytest.fixture
def document() -> ArchDocument:
    return ArchDocument(MIXED)


@pytest.fixture
def blocks(document: ArchDocument) -> BlockActions:
    return BlockActions(document)


@pytest.mark.parametrize("kind", list(BLOCKS))
def test_a_block_of_each_kind_is_put_after_the_selected_one_and_selected(
    document: ArchDocument, blocks: BlockActions, kind: str
) -> None:
    document.select("conv3_p2")
    blocks.do(f"insert_{kind}")
    assert len(document.spec.blocks) == 6
    made = document.spec.blocks[3]
    assert type(made) is BLOCKS[kind]
    assert made.out_channels == 256, "as wide as its neighbour"
    assert document.selection == ("block4",)
    assert document.undo_stack.undoText() == "Insert block 4"


def test_the_menu_offers_every_kind() -> None:
    offered = [row.name for row in ROWS if row.menu == "insert_kind"]
    assert offered == [f"insert_{kind}" for kind in BLOCKS]
    assert SUBMENUS["insert_kind"][0] == "insert"


def test_the_block_menu_holds_the_kinds_as_a_menu_of_their_own(window: MainWindow) -> None:
    block = next(action.menu() for action in window.menus.all.actions() if action.text() == "Block")
    assert isinstance(block, QMenu)
    inner = next(action.menu() for action in block.actions() if action.text() == SUBMENUS["insert_kind"][1])
    assert isinstance(inner, QMenu)
    assert [action.text() for action in inner.actions()] == [
        "VGG block",
        "Convolution",
        "Inception block",
        "Residual stage",
    ]
    inner.actions()[3].trigger()
    assert isinstance(window.document.spec.blocks[-1], ResidualStage)


@pytest.mark.parametrize("name", ["block1", "block3", "block5"])
@pytest.mark.parametrize("action", ["duplicate", "delete", "move_left", "move_right", "double_channels"])
def test_every_action_works_on_every_kind(document: ArchDocument, blocks: BlockActions, name: str, action: str) -> None:
    document.select(name)
    refused: list[str] = []
    blocks.refused.connect(refused.append)
    can = blocks.can(action)
    blocks.do(action)
    assert (document.spec != MIXED) == can == (not refused)
    assert can == ((name, action) not in {("block1", "move_left"), ("block5", "move_right")})


def test_halving_an_inception_block_halves_every_path(document: ArchDocument, blocks: BlockActions) -> None:
    document.select("block3")
    blocks.do("halve_channels")
    halved = document.spec.blocks[2]
    assert isinstance(halved, InceptionBlock)
    assert [(path.reduce, path.out_channels) for path in halved.paths] == [(0, 32), (48, 64), (8, 16), (0, 16)]


def test_what_is_not_counted_cannot_be_counted_up(document: ArchDocument, blocks: BlockActions) -> None:
    document.select("block3")
    assert not blocks.can("more_convs")
    document.select("block5")
    blocks.do("more_convs")
    assert document.spec.blocks[4] == ResidualStage(3, 512)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vgg11-tiny-32", "1×8 1×16 2×32 2×64 2×64"),
        ("lenet5", "5×5-6 5×5-16"),
        ("resnet18", "7×7/2-64 · 4 stages × 2 units · 64–512"),
        ("resnet50", "7×7/2-64 · 4 stages of 3, 4, 6, 3 bottlenecks · 256–2048"),
        ("googlenet", "7×7/2-64 1×1-64 3×3-192 · 9 Inception 256–1024"),
    ],
)
def test_the_blocks_of_a_preset_stand_in_one_line(name: str, words: str) -> None:
    assert arch_words(PRESETS[name].spec.blocks) == words


def test_single_blocks_of_other_kinds_have_words() -> None:
    assert arch_words(
        (VGGBlock(2, 64), ResidualStage(3, 256), InceptionBlock.of_four(64, (96, 128), (16, 32), 32))
    ) == ("2×64 · 3 units of 256 · Inception 256")
    assert arch_words((ConvBlock(64),)) == "3×3-64"
    assert arch_words(()) == ""


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("alexnet", "alexnet"),
        ("VGG-16", "vgg16"),
        ("d2l alexnet", "alexnet-d2l"),
        ("", "vgg7-32-bn"),
        ("none such", ""),
    ],
)
def test_the_preset_that_is_named_in_full_is_the_one_that_enter_takes(query: str, name: str) -> None:
    rows = preset_rows(query)
    place = likeliest(rows, query)
    preset = rows[place].preset if place >= 0 else None
    assert (preset.name if preset is not None else "") == name


def test_presets_are_found_by_the_words_of_their_blocks() -> None:
    found = {row.preset.name for row in preset_rows("inception") if row.preset}
    assert "googlenet" in found
    assert "vgg16" not in found


@pytest.mark.parametrize("name", ["googlenet", "resnet18", "alexnet", "lenet5"])
def test_the_whole_window_shows_each_kind_without_a_complaint(make_window: Callable[[], MainWindow], name: str) -> None:
    window = make_window()
    window.document.reset(PRESETS[name].spec)
    window.document.flush()
    for part in window.document.summary.parts:
        window.document.select(part.rows[0].node.name)
        window.document.select(part.part)
    assert window.design.inspector.title.text() == "Head"
    assert window.design.arch_bar.notation() == "blocks"
    window.document.reset(TINY)
    window.document.flush()
    assert window.design.arch_bar.notation() != "blocks"


@pytest.mark.parametrize("name", ["googlenet", "resnet18", "alexnet", "lenet5"])
def test_the_fix_of_a_finding_is_one_undo_step_on_every_kind(window: MainWindow, name: str) -> None:
    spec = PRESETS[name].spec
    heavy = replace(spec, head=Head((4096, 4096)))
    window.document.reset(heavy)
    window.document.flush()
    finding = next(each for each in window.document.summary.findings if any(fix.spec for fix in each.fixes))
    fix = next(fix for fix in finding.fixes if fix.spec)
    card = next(card for card in window.design.findings.cards if card.finding == finding)
    card.fix_wished.emit(fix)
    window.document.flush()
    assert window.document.spec == fix.spec
    assert window.document.undo_stack.undoText() == fix.label
    window.document.undo_stack.undo()
    assert window.document.spec == heavy
