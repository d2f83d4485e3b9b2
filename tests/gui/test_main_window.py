"""The window as a whole: every action, the keys, the header's manners, and what it imports."""

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.arch.presets import PRESETS, find_preset, starter
from explorer.gui import torch_loader
from explorer.gui.actions import MENUS, ROWS, SUBMENUS
from explorer.gui.icons import icon_names, pixmap
from explorer.gui.main_window import MainWindow
from explorer.gui.panels.shortcuts_popup import ShortcutsPopup
from explorer.gui.theme import DARK, LIGHT
from explorer.gui.widgets import Segmented
from explorer.gui.window_commands import WindowCommands

pytestmark = pytest.mark.gui
ROOT = Path(__file__).resolve().parents[2]
STEPS = 1000


def show_tiny(window: MainWindow) -> None:
    """Five blocks of 8, 16, 32, 64 and 64 channels for 32 × 32 pictures."""
    window.document.reset(find_preset("vgg11-tiny-32").spec)
    window.document.flush()


def test_importing_the_window_loads_neither_torch_nor_a_plotting_library() -> None:
    heavy = "('torch', 'torchvision', 'pyqtgraph', 'numpy', 'jinja2')"
    code = f"import sys, explorer.gui.main_window, explorer.gui.app; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("constant", [None, True])
def test_qt_calls_do_not_use_up_references(constant: object) -> None:
    """PySide6 6.12.0 on Python 3.11 drops one reference of None and True with most calls, until Python aborts."""
    thing = QObject()
    before = sys.getrefcount(constant)
    for number in range(STEPS):
        thing.setObjectName(str(number))
    assert sys.getrefcount(constant) > before - STEPS / 10


def test_each_action_of_the_table_does_something(window: MainWindow) -> None:
    assert set(WindowCommands(window).handlers()) == {row.name for row in ROWS}


def test_no_two_actions_of_the_window_share_a_key(window: MainWindow) -> None:
    keys = [key.toString() for row in ROWS if row.scope == "window" for key in window.actions_[row.name].shortcuts()]
    assert sorted(keys) == sorted(set(keys))


def test_each_key_of_an_action_is_one_that_qt_knows(window: MainWindow) -> None:
    for row in ROWS:
        assert all(not QKeySequence(key).isEmpty() for key in row.keys), row.name
        if row.keys:
            assert (
                QKeySequence(row.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
                in window.actions_[row.name].toolTip()
            )


def test_the_menu_holds_every_action_once(window: MainWindow) -> None:
    menus = [menu for action in window.menus.all.actions() if isinstance(menu := action.menu(), QMenu)]
    assert [menu.title() for menu in menus] == [title for _, title in MENUS]
    inner = [menu for outer in menus for action in outer.actions() if isinstance(menu := action.menu(), QMenu)]
    kinds = [menu for menu in inner if menu.title() in {title for _, title in SUBMENUS.values()}]
    assert len(kinds) == len(SUBMENUS)
    names = [action.objectName() for menu in [*menus, *kinds] for action in menu.actions() if action.objectName()]
    assert sorted([*names, "export", "menu"]) == sorted(row.name for row in ROWS)


def test_undo_names_the_step_that_it_takes_back(window: MainWindow) -> None:
    show_tiny(window)
    before = window.document.spec
    window.document.select("block4")
    window.blocks.do("double_channels")
    assert window.actions_["undo"].text() == "Undo: Block 4 to 128 channels"
    assert "Block 4 to 128 channels" in window.header.undo.toolTip()
    window.actions_["undo"].trigger()
    assert window.document.spec == before
    assert window.actions_["redo"].text() == "Redo: Block 4 to 128 channels"
    assert not window.header.undo.isEnabled()


@pytest.mark.parametrize(
    ("key", "modifiers", "expected"),
    [
        (Qt.Key.Key_Plus, Qt.KeyboardModifier.NoModifier, (3, 64)),
        (Qt.Key.Key_Minus, Qt.KeyboardModifier.NoModifier, (1, 64)),
        (Qt.Key.Key_BracketRight, Qt.KeyboardModifier.NoModifier, (2, 128)),
        (Qt.Key.Key_BracketLeft, Qt.KeyboardModifier.NoModifier, (2, 32)),
    ],
)
def test_a_key_on_the_canvas_changes_the_selected_block(
    window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier, expected: tuple[int, int]
) -> None:
    show_tiny(window)
    window.document.select("block4")
    canvas = window.design.diagram.canvas
    canvas.setFocus()
    QTest.keyClick(canvas, key, modifiers)
    block = window.document.spec.blocks[3]
    assert (block.count, block.out_channels) == expected


def test_blocks_are_inserted_duplicated_moved_and_deleted_by_name(window: MainWindow) -> None:
    def widths() -> list[int]:
        return [block.out_channels for block in window.document.spec.blocks]

    show_tiny(window)
    window.document.select("block2")
    window.blocks.do("insert")
    assert widths() == [8, 16, 16, 32, 64, 64]
    assert window.document.selection == ("block3",)
    window.blocks.do("move_right")
    assert widths() == [8, 16, 32, 16, 64, 64]
    window.blocks.do("delete")
    window.blocks.do("delete")
    assert widths() == [8, 16, 32, 64]
    window.document.select("head")
    window.blocks.do("delete")
    assert "No block is selected" in window.notifier.messages()[0]


def test_selection_walks_from_the_input_through_the_blocks_to_the_head(window: MainWindow) -> None:
    show_tiny(window)
    window.document.select("input")
    seen = []
    for _ in range(7):
        seen.append(window.document.selection[0])
        window.blocks.go(1)
    assert seen == ["input", "block1", "block2", "block3", "block4", "block5", "head"]
    window.document.select("block3")
    window.blocks.go_in()
    window.blocks.go_in()
    assert window.blocks.part_of(window.document.selection[0]) == "block3"
    window.blocks.go_out()
    assert window.document.selection == ("block3",)
    window.blocks.go_out()
    assert len(window.document.selection) == 0


def test_a_name_typed_in_the_header_is_one_undoable_step(window: MainWindow) -> None:
    window.header.renamed.emit("my net")
    window.document.flush()
    assert window.document.spec.name == "my net"
    assert window.windowTitle().startswith("my net[*]")
    window.document.undo_stack.undo()
    assert window.document.spec.name == starter().spec.name


def test_totals_become_dashes_and_keep_their_places_when_the_network_breaks(window: MainWindow) -> None:
    show_tiny(window)
    QApplication.processEvents()
    views = window.header._views
    before = [view.geometry() for view in views]
    spec = window.document.spec
    window.document.edit(replace(spec, input=replace(spec.input, height=28, width=28)), "Input 28")
    window.document.flush()
    QApplication.processEvents()
    assert window.header.validity.text() == "Cannot run"
    assert not window.header.train.isEnabled()
    assert "pool5" in window.header.train.toolTip() or "map" in window.header.train.toolTip()
    assert {view._total.value for view in views} == {"–"}
    assert [view.geometry() for view in views] == before


def test_no_total_of_the_header_is_cut_where_figures_are_long(window: MainWindow) -> None:
    window.resize(1390, 900)
    weights = window.header._views[4]
    assert weights.isVisible(), "there is room beside the short figures of the starter"
    window.files.open_preset(find_preset("vgg16"))
    QApplication.processEvents()
    assert not weights.isVisible()
    for view in window.header._views[:4]:
        assert view.width() == view.sizeHint().width()
    window.resize(1440, 900)
    QApplication.processEvents()
    assert weights.isVisible()


@pytest.mark.parametrize(
    ("width", "hidden", "icons", "source"),
    [
        (1440, [], False, True),
        (1379, [4], False, True),
        (1299, [4], True, True),
        (1199, [3, 4], True, True),
        (1139, [3, 4], True, False),
        (1100, [3, 4], True, False),
    ],
)
def test_the_header_gives_way_in_the_designed_order(
    window: MainWindow, width: int, hidden: list[int], icons: bool, source: bool
) -> None:
    window.resize(width, 800)
    QApplication.processEvents()
    header = window.header
    assert [index for index, view in enumerate(header._views) if view.isHidden()] == hidden
    assert (header.export.width() < 40) is icons
    assert header.source.isVisible() is source
    tip = header.validity.toolTip()
    assert ("Weights" in tip) is (4 in hidden)
    right = max(button.geometry().right() for button in (header.presets, header.export, header.train))
    assert right < header.width()
    shown = [view for view in header._views if not view.isHidden()]
    assert shown[-1].geometry().right() < header.undo.geometry().left()


@pytest.mark.parametrize("name", ["vgg11-tiny-32-bn", "vgg19-bn"])
def test_the_smallest_window_is_really_reached(window: MainWindow, name: str) -> None:
    window.files.open_preset(find_preset(name))
    window.resize(1, 1)
    QApplication.processEvents()
    assert (window.width(), window.height()) == (1100, 700)
    assert window.design.diagram.height() >= 264


def test_the_side_is_hidden_and_shown_by_its_action(window: MainWindow) -> None:
    window.actions_["show_side"].trigger()
    assert not window.design.side.isVisible()
    window.actions_["show_side"].trigger()
    assert window.design.side.isVisible()


def test_torch_that_comes_after_the_window_was_closed_reaches_no_page(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    monkeypatch.setattr(torch_loader, "load_modules", lambda _modules: go.wait(10))
    page = window.training.page
    asked: list[str] = []
    monkeypatch.setattr(page.session, "list_devices", lambda: asked.append("devices"))
    window.prepare_training()
    window.close()
    go.set()
    qtbot.wait(100)
    assert not window.training.loader.is_ready
    assert asked == []


def test_sizes_page_theme_and_notation_are_remembered(make_window: Callable[[], MainWindow]) -> None:
    first = make_window()
    first.design.arch_bar.notation_changed.emit("blocks")
    first.commands.choose_theme("dark")
    first.design.set_sizes(400, 300)
    first.design._take_sizes()
    first.close()
    second = make_window()
    assert second.settings.current.notation == "blocks"
    assert second.theme.current is DARK
    assert second.design.side_width() == 400
    second.commands.choose_theme("light")
    assert second.theme.current is LIGHT


def test_presets_are_searched_by_words_and_taken_with_enter(window: MainWindow) -> None:
    window.commands.show_presets()
    popup = window.commands._presets
    assert popup is not None
    assert sum(row.preset is not None for row in popup.rows()) == len(PRESETS)
    QTest.keyClicks(popup._search.line, "vgg-19 batch")
    assert [row.preset.name for row in popup.rows() if row.preset] == ["vgg19-bn"]
    QTest.keyClick(popup._search.line, Qt.Key.Key_Return)
    assert window.document.spec == find_preset("vgg19-bn").spec
    assert not popup.isVisible()
    window.commands.show_presets()
    QTest.keyClick(popup._search.line, Qt.Key.Key_Down)
    QTest.keyClick(popup._search.line, Qt.Key.Key_Escape)
    popup.close()


def test_the_settings_popup_shows_what_is_in_force_and_changes_it(window: MainWindow) -> None:
    window.commands.show_settings()
    popup = window.commands._settings_popup
    assert popup is not None
    themes = popup.findChild(Segmented)
    assert isinstance(themes, Segmented)
    assert themes.value() == "system"
    themes.choose(2)
    assert window.theme.current is DARK
    assert window.settings.current.theme == "dark"
    themes.choose(1)
    assert window.theme.current is LIGHT
    popup.close()


def test_every_key_is_in_the_list_of_shortcuts(window: MainWindow) -> None:
    popup = ShortcutsPopup(window.actions_, window.theme, window)
    words = {label.text() for label in popup.findChildren(QWidget) if hasattr(label, "text")}
    for row in ROWS:
        if row.keys and row.menu:
            assert row.text.removesuffix("…") in words
    popup.deleteLater()


def test_everything_that_takes_the_focus_has_a_name_for_screen_readers(window: MainWindow) -> None:
    nameless = [
        widget
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and isinstance(widget, QPushButton | QToolButton)
        if widget.isVisible() and not (widget.accessibleName() or widget.text())
    ]
    assert nameless == []


def test_a_ring_frames_the_focus_after_a_key_and_goes_with_a_click(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    handle = window.windowHandle()
    QTest.keyClick(handle, Qt.Key.Key_Tab)
    window.header.presets.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(window._ring.isVisible)
    corner = window.header.presets.mapTo(window, QPoint(0, 0))
    assert window._ring.geometry().topLeft() == corner - QPoint(4, 4)
    QTest.mouseClick(handle, Qt.MouseButton.LeftButton, pos=QPoint(700, 30))
    assert not window._ring.isVisible()


def test_every_icon_is_drawn_by_the_name_of_its_file_and_in_the_colour_asked() -> None:
    for name in icon_names():
        picture = pixmap(name, LIGHT.color("accent"), 18, 2.0)
        assert picture.width() == 36
        assert picture.devicePixelRatio() == 2.0
        image = picture.toImage()
        inked = [image.pixelColor(x, y) for x in range(36) for y in range(36) if image.pixelColor(x, y).alpha() > 200]
        assert inked, name
        if not name.startswith("app"):
            assert all(abs(color.red() - 0x4A) < 6 and abs(color.blue() - 0xC6) < 6 for color in inked), name
    with pytest.raises(KeyError):
        pixmap("no such icon", LIGHT.color("text"))
