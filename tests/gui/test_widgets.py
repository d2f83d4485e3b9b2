"""The controls: what they report, and what they keep to themselves."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetrics, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QSizePolicy, QWidget
from pytestqt.qtbot import QtBot

from explorer.gui.theme import DARK, ThemeSource
from explorer.gui.widgets import (
    Banner,
    Chip,
    Combo,
    ElidedLabel,
    Field,
    FormRow,
    IconButton,
    InPlaceLabel,
    NumberField,
    Segmented,
    Stepper,
    TextButton,
)

pytestmark = pytest.mark.gui
Show = Callable[[QWidget], QWidget]


def channels(theme: ThemeSource, show: Show) -> tuple[Stepper, list[int], QLineEdit]:
    stepper = Stepper(theme=theme, name="Channels", minimum=1, maximum=512, halving=True)
    stepper.set_value(64)
    heard: list[int] = []
    stepper.edited.connect(heard.append)
    show(stepper)
    return stepper, heard, stepper.findChild(QLineEdit)  # type: ignore[return-value]


def press(field: QWidget, text: str) -> None:
    QTest.keyClicks(field, text)


def test_showing_a_number_is_not_reported_as_an_edit(theme: ThemeSource, shown: Show) -> None:
    stepper, heard, _ = channels(theme, shown)
    stepper.set_value(128)
    assert (stepper.value(), heard) == (128, [])


def test_each_digit_that_makes_a_number_in_the_range_is_reported_while_typing(theme: ThemeSource, shown: Show) -> None:
    _, heard, field = channels(theme, shown)
    field.selectAll()
    press(field, "256")
    assert heard == [2, 25, 256]


def test_a_number_outside_the_range_is_said_and_not_reported(theme: ThemeSource, shown: Show) -> None:
    stepper, heard, field = channels(theme, shown)
    field.selectAll()
    press(field, "0")
    assert heard == []
    assert stepper.error() == "Channels: a whole number from 1 to 512."
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert (stepper.error(), field.text()) == ("", "64")


@pytest.mark.parametrize(
    ("key", "wanted"),
    [(Qt.Key.Key_Up, 65), (Qt.Key.Key_Down, 63), (Qt.Key.Key_PageUp, 74), (Qt.Key.Key_PageDown, 54)],
)
def test_arrow_keys_step_by_one_and_page_keys_by_ten(theme: ThemeSource, shown: Show, key: Qt.Key, wanted: int) -> None:
    _, heard, field = channels(theme, shown)
    QTest.keyClick(field, key)
    assert heard == [wanted]


def test_doubling_stops_at_the_largest_number_and_halving_rounds_down(theme: ThemeSource, shown: Show) -> None:
    stepper, heard, _ = channels(theme, shown)
    stepper.set_value(300)
    stepper.scale(2, 1)
    stepper.set_value(7)
    stepper.scale(1, 2)
    assert heard == [512, 3]


def wheel(widget: QWidget) -> QWheelEvent:
    place = QPointF(widget.rect().center())
    buttons, modifiers = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    phase = Qt.ScrollPhase.NoScrollPhase
    return QWheelEvent(place, place, QPoint(), QPoint(0, 120), buttons, modifiers, phase, False)  # noqa: FBT003


def test_the_wheel_changes_a_number_only_while_it_has_the_focus(theme: ThemeSource, shown: Show, qtbot: QtBot) -> None:
    _, heard, field = channels(theme, shown)
    field.clearFocus()
    QApplication.sendEvent(field, wheel(field))
    assert heard == []
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    QApplication.sendEvent(field, wheel(field))
    assert heard == [65]


def test_the_wheel_changes_no_choice_for_a_page_that_opens_focuses_its_first_one(
    theme: ThemeSource, shown: Show, qtbot: QtBot
) -> None:
    combo = Combo([("a", "First"), ("b", "Second")], theme=theme, name="Choice")
    combo.set_value("b")
    shown(combo)
    combo.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(combo.hasFocus)
    rolled = wheel(combo)
    QApplication.sendEvent(combo, rolled)
    assert combo.value() == "b"
    assert not rolled.isAccepted(), "the page scrolls instead"


def test_numbers_that_differ_are_shown_as_mixed_and_typing_sets_them_all(theme: ThemeSource, shown: Show) -> None:
    stepper, heard, field = channels(theme, shown)
    stepper.set_value(None)
    assert field.text() == "mixed"
    stepper.step_by(1)
    assert heard == []
    field.selectAll()
    press(field, "8")
    assert heard == [8]


def test_what_is_being_typed_is_left_alone_when_the_network_says_the_same(
    theme: ThemeSource, shown: Show, qtbot: QtBot
) -> None:
    stepper, _, field = channels(theme, shown)
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.setText("064")
    stepper.set_value(64)
    assert field.text() == "064"
    stepper.set_value(65)
    assert field.text() == "65"


@pytest.mark.parametrize(("text", "wanted"), [("0.1", 0.1), ("5e-4", 5e-4), (".5", 0.5), ("1E-2", 0.01)])
def test_a_rate_is_read_in_each_way_that_people_write_it(
    theme: ThemeSource, shown: Show, text: str, wanted: float
) -> None:
    field = NumberField(theme=theme, name="Rate", minimum=0, minimum_allowed=False)
    heard: list[float] = []
    field.edited.connect(heard.append)
    shown(field)
    line = field.findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    press(line, text)
    assert heard[-1] == wanted


@pytest.mark.parametrize("text", ["0", "-1", "fast", "nan", "inf", "1_0", "１"])
def test_what_is_no_rate_is_said_and_not_reported(theme: ThemeSource, shown: Show, text: str) -> None:
    field = NumberField(theme=theme, name="Rate", minimum=0, minimum_allowed=False)
    heard: list[float] = []
    field.edited.connect(heard.append)
    shown(field)
    line = field.findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    line.setText("")
    line.insert(text)
    line.textEdited.emit(text)
    assert heard == []
    assert field.error().startswith("Rate: a number above 0, such as 0.1 or 5e-4, and this is ")


def norms(theme: ThemeSource) -> tuple[Segmented, list[object]]:
    choices = (("none", "None"), ("batch", "Batch"), ("lrn", "LRN"))
    segmented = Segmented(choices, theme=theme, name="Normalise")
    segmented.set_value("none")
    segmented.resize(180, 32)
    heard: list[object] = []
    segmented.edited.connect(heard.append)
    return segmented, heard


def test_a_click_and_an_arrow_key_choose_a_segment(theme: ThemeSource, shown: Show) -> None:
    segmented, heard = norms(theme)
    shown(segmented)
    QTest.mouseClick(segmented, Qt.MouseButton.LeftButton, pos=QPoint(90, 16))
    QTest.keyClick(segmented, Qt.Key.Key_Right)
    assert heard == ["batch", "lrn"]
    assert segmented.accessibleName() == "Normalise: LRN"


def test_a_disabled_segment_is_neither_clicked_nor_reached_by_keys(theme: ThemeSource, shown: Show) -> None:
    segmented, heard = norms(theme)
    segmented.set_reason("batch", "Not with this data")
    shown(segmented)
    QTest.mouseClick(segmented, Qt.MouseButton.LeftButton, pos=QPoint(90, 16))
    assert heard == []
    QTest.keyClick(segmented, Qt.Key.Key_Right)
    assert heard == ["lrn"]


def test_a_combo_reports_what_the_user_takes_and_not_what_it_is_shown(theme: ThemeSource, shown: Show) -> None:
    combo = Combo((("relu", "ReLU"), ("gelu", "GELU", "slower")), theme=theme, name="Activation")
    heard: list[object] = []
    combo.edited.connect(heard.append)
    shown(combo)
    combo.set_value("gelu")
    assert (combo.value(), heard) == ("gelu", [])
    QTest.keyClick(combo, Qt.Key.Key_Up)
    assert heard == ["relu"]
    combo.set_value(None)
    assert combo.value() is None


def test_a_name_is_edited_in_place_and_escape_keeps_the_old_one(theme: ThemeSource, shown: Show) -> None:
    label = InPlaceLabel("vgg11", theme=theme, name="Network name")
    heard: list[str] = []
    label.edited.connect(heard.append)
    shown(label)
    field = label.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    QTest.keyClick(label, Qt.Key.Key_F2)
    press(field, "mine")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert (label.text(), heard) == ("vgg11", [])
    label.begin_edit()
    press(field, "  mine  too ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert (label.text(), heard) == ("mine too", ["mine too"])


def test_the_field_of_a_name_has_room_for_what_is_typed_and_moves_nothing(theme: ThemeSource, shown: Show) -> None:
    bar = QWidget()
    label = InPlaceLabel("net", theme=theme, name="Network name")
    chip = Chip("ok", "Valid", theme=theme)
    row = QHBoxLayout(bar)
    row.addWidget(label)
    row.addWidget(chip)
    row.addStretch(1)
    label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    bar.setFixedWidth(400)
    shown(bar)
    QApplication.processEvents()
    before = chip.geometry()
    label.begin_edit()
    field = bar.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    for name in ("net", "a network with a long name"):
        field.clear()
        press(field, name)
        assert field.visibleRegion().boundingRect() == field.rect(), "no part of it is cut off"
        assert QFontMetrics(field.font()).horizontalAdvance(name) + 12 <= field.width() <= 400
    assert chip.geometry() == before


def test_the_whole_text_of_an_elided_label_is_in_its_tooltip(theme: ThemeSource, shown: Show) -> None:
    label = ElidedLabel("a sentence that has no room", theme=theme)
    label.resize(60, 20)
    shown(label)
    label.resize(60, 20)
    assert label.toolTip() == "a sentence that has no room"
    label.resize(600, 20)
    assert label.toolTip() == ""


def test_an_error_sentence_makes_the_field_higher_by_all_of_its_lines(theme: ThemeSource, shown: Show) -> None:
    field = Field(theme=theme, name="Folder")
    shown(field)
    field.setFixedWidth(200)
    field.set_error("A short one.")
    one_line = field.height()
    field.set_error("A sentence that says at length why nothing can be read from this folder at all.")
    assert field.height() > one_line > 32
    field.set_error("")
    assert field.height() == 32


def test_a_row_shows_its_controls_error_below_it(theme: ThemeSource, shown: Show) -> None:
    stepper = Stepper(theme=theme, name="Epochs", minimum=1, maximum=9)
    row = FormRow("Epochs", stepper, theme=theme)
    shown(row)
    low = row.sizeHint().height()
    stepper.set_error("Epochs: a whole number from 1 to 9.")
    assert row.sizeHint().height() > low


@pytest.mark.parametrize("text", ["Export", "导出网络报告", "書き出し"])
def test_a_row_is_as_high_in_chinese_as_in_english(theme: ThemeSource, shown: Show, text: str) -> None:
    for widget in (
        TextButton(text, "plain", theme=theme),
        Chip("ok", text, theme=theme),
        ElidedLabel(text, theme=theme),
        Segmented((("a", text), ("b", text)), theme=theme, name=text),
    ):
        reference = type(widget) is ElidedLabel and 19
        heights = {TextButton: 32, Chip: 22, Segmented: 32}
        assert widget.sizeHint().height() == (heights.get(type(widget)) or reference)
        widget.deleteLater()


def test_an_icon_that_does_not_exist_is_refused_when_the_button_is_made(theme: ThemeSource) -> None:
    with pytest.raises(KeyError):
        IconButton("no such icon", "Tooltip", theme=theme)
    with pytest.raises(KeyError):
        TextButton("Text", "plain", "no such icon", theme=theme)


def test_a_label_takes_over_the_colours_of_another_theme(theme: ThemeSource, shown: Show) -> None:
    from explorer.gui.widgets import Label

    label = Label("text", theme=theme, ink="muted")
    theme.set_theme(DARK)
    assert label.palette().windowText().color() == DARK.color("muted")
    label.deleteLater()


def test_a_banner_goes_when_one_of_its_buttons_is_used(theme: ThemeSource, shown: Show) -> None:
    used: list[str] = []
    banner = Banner("A message.", "warn", [("Use 64", lambda: used.append("64"))], theme=theme)
    shown(banner)
    button = banner.findChild(TextButton)
    assert isinstance(button, TextButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert (used, banner.isVisible()) == (["64"], False)
