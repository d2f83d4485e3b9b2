"""Pasting code and errors: one step, a banner that says what came of it, and the lines beside the text."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from explorer.arch.presets import find_preset
from explorer.gui.main_window import MainWindow
from explorer.gui.pasting import read_pasted

pytestmark = pytest.mark.gui

CODE = """from torch import nn
net = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Dropout2d(0.2),
    nn.Flatten(), nn.Linear(8 * 7 * 7, 32), nn.ReLU(), nn.Linear(32, 10))
X = torch.rand(1, 1, 28, 28)
"""
ERROR = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x1152 and 6272x4096)"


def test_pasted_code_is_one_step_and_its_banner_offers_the_lines_and_the_fix(window: MainWindow) -> None:
    before = window.document.spec
    assert window.files.take_text(CODE)
    window.document.flush()
    assert window.document.spec.blocks[0].out_channels == 8
    assert window.document.selection == ("fc1",)
    assert window.files.source_line() == "Pasted PyTorch code · not saved yet"
    message = window.notifier.messages()[0]
    assert message.startswith("PyTorch code: 1 convolution in 1 block, 50,6")
    assert "2 lines are worth a look. Linear takes 392 = 8 × 7 × 7 numbers" in message
    window.document.undo_stack.undo()
    window.document.flush()
    assert window.document.spec == before


def test_a_pasted_error_selects_the_layer_that_it_speaks_of(window: MainWindow) -> None:
    window.files.open_preset(find_preset("d2l-vgg11-small"))
    spec = window.document.spec
    assert window.files.take_text(ERROR)
    assert window.document.selection == ("fc1",)
    assert window.document.spec == spec
    assert "1,152 = 128 × 3 × 3" in window.notifier.messages()[-1]


def test_files_of_code_are_opened(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(CODE, encoding="utf-8")
    assert window.files.open_path(path)
    assert window.files.source_line() == "net.py · not saved yet"
    assert window.files.path is None
    path.write_text("x = 1")
    assert not window.files.open_path(path)
    assert "net.py: No network could be read" in window.notifier.messages()[-1]


def test_the_popup_reads_the_clipboard_and_marks_the_lines(window: MainWindow, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText(CODE)
    window.actions_["paste_code"].trigger()
    popup = window.commands._paste
    assert popup is not None
    assert popup.edit.toPlainText() == CODE
    assert [card.note.line for card in popup.cards] == [4, 5]
    assert popup.take_button.isEnabled()
    popup.edit.setPlainText("hello")
    qtbot.waitUntil(lambda: "line 1, column 1" in popup.verdict.text())
    assert not popup.take_button.isEnabled()
    popup.edit.setPlainText(CODE)
    popup.read_now()
    qtbot.keyClick(popup, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)  # type: ignore[no-untyped-call]
    assert not popup.isVisible()
    assert window.document.spec.blocks[0].out_channels == 8


def test_a_fix_beside_a_line_is_taken_as_a_step_of_its_own(window: MainWindow, qtbot: QtBot) -> None:
    code = CODE.replace("1, 1, 28", "1, 1, 56").replace("56, 28", "56, 56")
    window.files.take_text(code)
    window.commands.show_lines(read_pasted(code, window.document.spec), code)
    popup = window.commands._paste
    assert popup is not None
    card = popup.cards[-1]
    assert not popup.take_button.isEnabled()
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)  # type: ignore[no-untyped-call]
    card.fix_wished.emit(card.note.fixes[0])
    assert window.document.undo_stack.undoText() == "Average to 7 × 7"
    assert window.document.spec.head.pool == "adaptive"
    assert not popup.isVisible()


def test_a_conv_arch_still_edits_the_open_network(window: MainWindow) -> None:
    spec = window.document.spec
    assert window.files.take_text("conv_arch = ((1, 16), (2, 32))")
    assert window.document.spec.input == spec.input
    assert [block.out_channels for block in window.document.spec.blocks] == [16, 32]
