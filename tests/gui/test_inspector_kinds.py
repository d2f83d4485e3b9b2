"""The inspector's forms for convolutions, Inception blocks and residual stages."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from explorer.analysis.summarize import summarize
from explorer.arch.blocks import Block, ConvBlock, InceptionBlock, Path, Pool, ResidualStage, VGGBlock
from explorer.arch.presets import PRESETS
from explorer.gui.document import ArchDocument
from explorer.gui.panels.inspector import FORMS, Inspector
from explorer.gui.panels.inspector_paths import path_words
from explorer.gui.theme import DARK, LIGHT, ThemeSource
from tests.gui.inspector_samples import Edits, heard_edits, shown_inspector, type_into
from tests.gui.panel_samples import MIXED

pytestmark = pytest.mark.gui
CONV, VGG, INCEPTION, POOLED, RESIDUAL = (f"block{number}" for number in range(1, 6))


@pytest.fixture
def panel(qtbot: QtBot) -> Inspector:
    return shown_inspector(qtbot, MIXED)


@pytest.fixture
def edits(panel: Inspector) -> Edits:
    return heard_edits(panel)


def figures(panel: Inspector) -> dict[str, tuple[str, str]]:
    return {each.label: (each.value, each.note) for each in panel.form.foot.figures}  # type: ignore[attr-defined]


def show(panel: Inspector, block: Block, name: str) -> None:
    panel.set_summary(summarize(MIXED.with_block(int(name[-1]) - 1, block)))
    panel.set_selection((name,))


@pytest.mark.parametrize("name", [CONV, VGG, INCEPTION, POOLED, RESIDUAL, "conv3_p2_reduce", "add5_2", "join3"])
def test_showing_any_kind_is_not_reported_as_an_edit(panel: Inspector, edits: Edits, name: str) -> None:
    panel.set_selection((name,))
    panel.set_summary(summarize(replace(MIXED, num_classes=7)))
    panel.set_summary(summarize(PRESETS["resnet18"].spec))
    assert edits == []


def test_every_kind_of_block_has_a_form() -> None:
    assert set(FORMS) == {VGGBlock, ConvBlock, InceptionBlock, ResidualStage}


def test_the_line_below_the_title_names_the_kind_and_what_flows_in(panel: Inspector) -> None:
    seen = {}
    for name in (CONV, VGG, INCEPTION, RESIDUAL):
        panel.set_selection((name,))
        seen[name] = panel.place.text()
    assert seen == {
        CONV: "Convolution · 1 of 5 · 3 × 96 × 96 in",
        VGG: "VGG block · 2 of 5 · 64 × 24 × 24 in",
        INCEPTION: "Inception · 3 of 5 · 128 × 12 × 12 in",
        RESIDUAL: "Residual · 5 of 5 · 480 × 6 × 6 in",
    }


CONV_CHOICES: list[tuple[str, Callable[[Inspector], None], dict[str, object], str]] = [
    ("kernel", lambda p: p.conv_form.kernel.step_by(4), {"kernel": 11}, "Block 1: kernel 11 × 11"),
    ("step", lambda p: p.conv_form.stride.step_by(2), {"stride": 4}, "Block 1: step 4"),
    ("pixels", lambda p: p.conv_form.padding.choose(1), {"padding": 3}, "Block 1: padding in pixels"),
    ("dilation", lambda p: p.conv_form.dilation.step_by(1), {"dilation": 2}, "Block 1: dilation 2"),
    ("bias", lambda p: p.conv_form.bias.choose(1), {"bias": False}, "Block 1: no bias"),
    ("norm", lambda p: p.conv_form.norm.choose(2), {"norm": "lrn"}, "Block 1: LRN"),
    ("halve", lambda p: p.conv_form.channels.scale(1, 2), {"out_channels": 32}, "Block 1 to 32 channels"),
    (
        "rounding",
        lambda p: p.conv_form.rounding.choose(1),
        {"pool": Pool("max", 3, 2, ceil_mode=True, padding=1)},
        "Block 1: round up",
    ),
    (
        "pool padding",
        lambda p: p.conv_form.pool_padding.step_by(-1),
        {"pool": Pool("max", 3, 2)},
        "Block 1: pool padding 0",
    ),
]


@pytest.mark.parametrize(("act", "fields", "text"), [row[1:] for row in CONV_CHOICES], ids=[r[0] for r in CONV_CHOICES])
def test_each_control_of_a_convolution_wishes_its_own_setting(
    panel: Inspector, edits: Edits, act: Callable[[Inspector], None], fields: dict[str, object], text: str
) -> None:
    panel.set_selection((CONV,))
    act(panel)
    assert [(edit[0], edit[1]) for edit in edits] == [
        (MIXED.with_block(0, replace(MIXED.blocks[0], **fields)), text)  # type: ignore[arg-type]
    ]


def test_padding_in_pixels_is_typed_and_rests_while_the_map_is_kept(panel: Inspector, edits: Edits) -> None:
    panel.set_selection((CONV,))
    assert not panel.conv_form.rows["on each side"].isVisible()
    show(panel, ConvBlock(64, 11, 4, padding=2), CONV)
    assert panel.conv_form.rows["on each side"].isVisible()
    type_into(panel.conv_form.pixels, "5")
    assert edits[-1][0].blocks[0] == ConvBlock(64, 11, 4, padding=5)


LRN = ConvBlock(64, norm="lrn")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("size", "3", "Block 1: LRN over 3 channels"),
        ("alpha", "1e-4", "Block 1: LRN alpha 1e-4"),
        ("beta", "0.5", "Block 1: LRN beta 0.5"),
        ("k", "1", "Block 1: LRN k 1"),
    ],
)
def test_the_constants_of_the_norm_over_channels_are_typed_where_a_block_has_it(
    panel: Inspector, edits: Edits, name: str, text: str, words: str
) -> None:
    panel.set_selection((CONV,))
    label = "LRN channels" if name == "size" else f"LRN {name}"
    form = panel.conv_form
    form.more.link.click()
    assert not form.rows[label].isVisible()
    show(panel, LRN, CONV)
    assert form.rows[label].isVisible()
    type_into(form.rows[label].control, text)
    wanted = replace(LRN, lrn=replace(LRN.lrn, **{name: float(text) if name != "size" else int(text)}))  # type: ignore[arg-type]
    assert (edits[-1][0].blocks[0], edits[-1][1]) == (wanted, words)


def test_a_constant_out_of_range_is_refused_beside_it(panel: Inspector, edits: Edits) -> None:
    show(panel, LRN, CONV)
    panel.conv_form.more.link.click()
    row = panel.conv_form.rows["LRN beta"]
    type_into(row.control, "-2")
    assert "LRN beta: a number above 0 to 1000" in row.error.text()
    assert edits == []


def test_groups_that_do_not_divide_the_channels_are_refused_beside_them_with_a_repair(
    panel: Inspector, edits: Edits, qtbot: QtBot
) -> None:
    show(panel, ConvBlock(64), CONV)
    panel.conv_form.more.link.click()
    type_into(panel.conv_form.groups, "6")
    error = panel.conv_form.rows["Groups"].error
    assert error.text() == "64 channels cannot be parted into 6 groups."
    assert edits == []
    assert error.link is not None
    assert error.link.text() == "Use 4"
    QTest.mouseClick(error.link, Qt.MouseButton.LeftButton)
    assert edits[-1][0].blocks[0] == ConvBlock(64, groups=4)
    qtbot.waitUntil(lambda: not error.isVisible())


def test_an_even_kernel_with_a_step_offers_padding_in_pixels(panel: Inspector, edits: Edits) -> None:
    show(panel, ConvBlock(64, 7, 2), CONV)
    panel.conv_form.kernel.step_by(-1)
    error = panel.conv_form.rows["Kernel"].error
    assert "odd kernel" in error.text()
    assert panel.conv_form.kernel.value() == 7, "the last good number stands"
    assert error.link is not None
    error.link.click()
    assert edits[-1][0].blocks[0] == ConvBlock(64, 6, 2, padding=3)


def test_leaving_the_field_brings_the_last_good_number_back(panel: Inspector, edits: Edits) -> None:
    show(panel, ResidualStage(2, 256, "bottleneck"), RESIDUAL)
    box = panel.residual_form.channels
    type_into(box, "254")
    field = box.findChild(QLineEdit)
    assert field is not None
    assert field.text() == "254"
    field.editingFinished.emit()
    assert field.text() == "256"
    assert edits == []


def test_channels_of_a_bottleneck_are_mended_with_one_click(panel: Inspector, edits: Edits) -> None:
    show(panel, ResidualStage(2, 512, "bottleneck"), RESIDUAL)
    type_into(panel.residual_form.channels, "254")
    error = panel.residual_form.rows["Channels"].error
    assert error.text() == "A bottleneck's channels divide by 4, and these are 254."
    assert error.link is not None
    assert error.link.text() == "Use 256"
    error.link.click()
    assert edits[-1][0].blocks[4] == ResidualStage(2, 256, "bottleneck")


def test_a_repair_that_is_what_already_was_is_shown_in_the_field(panel: Inspector, edits: Edits) -> None:
    show(panel, ResidualStage(2, 512, "bottleneck"), RESIDUAL)
    box = panel.residual_form.channels
    type_into(box, "513")
    link = panel.residual_form.rows["Channels"].error.link
    assert link is not None
    link.click()
    field = box.findChild(QLineEdit)
    assert field is not None
    assert (field.text(), box.error(), edits) == ("512", "", [])


def test_an_undo_from_elsewhere_takes_the_sentence_away(panel: Inspector) -> None:
    show(panel, ResidualStage(2, 256, "bottleneck"), RESIDUAL)
    type_into(panel.residual_form.channels, "254")
    show(panel, ResidualStage(3, 256, "bottleneck"), RESIDUAL)
    assert panel.residual_form.rows["Channels"].error.text() == ""
    assert panel.residual_form.channels.error() == ""


def test_the_paths_stand_as_they_are_joined(panel: Inspector) -> None:
    panel.set_selection((INCEPTION,))
    rows = [row for row in panel.inception_form.path_rows if row.isVisible()]
    assert [row.form_button.text() for row in rows] == ["1×1", "1×1 → 3×3", "1×1 → 5×5", "pool → 1×1"]
    assert [row.out_box.value() for row in rows] == [64, 128, 32, 32]
    assert [row.reduce_box.isVisible() for row in rows] == [False, True, True, False]
    assert panel.inception_form.total.text() == "256 channels out"
    assert figures(panel)["Parameters"] == ("150,384", "1\u2009% of net")


def test_a_path_takes_channels_and_a_reduction(panel: Inspector, edits: Edits) -> None:
    panel.set_selection((INCEPTION,))
    row = panel.inception_form.path_rows[1]
    type_into(row.out_box, "144")
    assert edits[-1][0].blocks[2].out_channels == 272
    assert edits[-1][1:] == ("Block 3: path 2 144 channels", "block3.paths.2.out_channels")
    type_into(row.reduce_box, "0")
    block = edits[-1][0].blocks[2]
    assert isinstance(block, InceptionBlock)
    assert block.paths[1] == Path("conv", 144, 3, 0), "both edits of one turn count"
    panel.set_summary(summarize(edits[-1][0]))
    assert row.form_button.text() == "3×3"
    assert not row.reduce_box.isVisible()
    assert row.out_box.isVisible()


def test_the_menu_of_a_path_sets_kernel_kind_and_reduction(panel: Inspector, edits: Edits) -> None:
    panel.set_selection((INCEPTION,))
    for words, wanted in (
        ("5×5", Path("conv", 64, 5)),
        ("Max pool", Path("max", 64, 3)),
        ("1×1 before it, to reduce", Path("conv", 64, 1, 48)),
    ):
        panel.set_summary(summarize(MIXED))
        menu = panel.inception_form.path_rows[0].menu()
        next(entry for entry in menu.actions() if entry.text() == words).trigger()
        block = edits[-1][0].blocks[2]
        assert isinstance(block, InceptionBlock)
        assert block.paths[0] == wanted


def test_a_path_is_added_and_removed(panel: Inspector, edits: Edits) -> None:
    panel.set_selection((INCEPTION,))
    entries = panel.inception_form.add_menu().actions()
    assert [entry.text() for entry in entries][:2] == ["Convolution 1×1", "1×1 → 3×3"]
    entries[1].trigger()
    block = edits[-1][0].blocks[2]
    assert isinstance(block, InceptionBlock)
    assert block.paths[4] == Path("conv", 32, 3, 24)
    panel.set_summary(summarize(edits[-1][0]))
    assert panel.inception_form.total.text() == "288 channels out"
    panel.inception_form.path_rows[0].remove_button.click()
    assert edits[-1][0].blocks[2] == replace(block, paths=block.paths[1:])


def test_the_last_path_stays(panel: Inspector) -> None:
    show(panel, InceptionBlock((Path("conv", 64, 1),)), INCEPTION)
    assert not panel.inception_form.path_rows[0].remove_button.isEnabled()


def test_a_pool_path_that_lets_all_channels_through_counts_them(panel: Inspector) -> None:
    show(panel, InceptionBlock((Path("conv", 64, 1), Path("max", 0, 3))), INCEPTION)
    assert panel.inception_form.total.text() == "192 channels out"
    assert path_words(Path("max", 0, 3)) == "pool 3×3, all channels"


@pytest.mark.parametrize("name", [CONV, VGG, INCEPTION, RESIDUAL])
def test_every_form_fits_the_narrowest_side(panel: Inspector, name: str) -> None:
    panel.set_selection((name,))
    panel.form.more.set_open(is_open=True)  # type: ignore[attr-defined]
    assert panel.minimumSizeHint().width() <= 300


def test_a_layer_inside_lights_its_path_and_shows_its_figures(panel: Inspector) -> None:
    panel.set_selection(("conv3_p2_reduce",))
    assert [row.is_lit for row in panel.inception_form.path_rows] == [False, True, False, False]
    assert panel.place.text() == "Inception · 3 of 5 · path 2"
    assert figures(panel)["Layer"] == ("path 2 · reduce", "1×1 · ReLU")
    assert figures(panel)["Parameters"][0] == "12,384"
    assert figures(panel)["Output"][0] == "96 × 12 × 12"
    panel.set_selection((INCEPTION,))
    assert not any(row.is_lit for row in panel.inception_form.path_rows)
    assert "Layer" not in figures(panel)


def test_a_click_on_a_path_selects_its_last_layer(panel: Inspector) -> None:
    heard: list[tuple[str, ...]] = []
    panel.selected.connect(heard.append)
    panel.set_selection((INCEPTION,))
    for row in panel.inception_form.path_rows[1:4:2]:
        QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=QPoint(10, 12))
    assert heard == [("conv3_p2",), ("conv3_p4",)]


def test_equal_units_share_a_line_and_the_selected_one_is_lit(panel: Inspector) -> None:
    panel.set_summary(summarize(PRESETS["resnet50"].spec))
    panel.set_selection(("block4",))
    units = panel.residual_form.unit_list
    assert list(units.texts) == ["Unit 1: 1×1, 3×3, 1×1 + 1×1", "Units 2–6: 1×1, 3×3, 1×1 + identity"]
    panel.set_selection(("conv4_3_2",))
    assert units.lit == 3
    assert panel.place.text() == "Residual · 4 of 5 · unit 3"
    assert figures(panel)["Layer"] == ("unit 3 · conv", "3×3 · BN · ReLU")
    heard: list[tuple[str, ...]] = []
    panel.selected.connect(heard.append)
    QTest.mouseClick(units, Qt.MouseButton.LeftButton, pos=QPoint(20, units.LINE + 8))
    assert heard == [("conv4_4_1",)], "the next unit of the line"


RESIDUAL_CHOICES: list[tuple[str, Callable[[Inspector], None], dict[str, object], str]] = [
    ("units", lambda p: p.residual_form.units.step_by(1), {"num_units": 3}, "Block 5 to 3 residual units"),
    ("unit", lambda p: p.residual_form.unit.choose(1), {"unit": "bottleneck"}, "Block 5: bottleneck units"),
    ("step", lambda p: p.residual_form.stride.step_by(1), {"stride": 2}, "Block 5: step 2"),
    (
        "always",
        lambda p: p.residual_form.shortcut.choose(1),
        {"shortcut": "always"},
        "Block 5: shortcut convolution always",
    ),
    (
        "pre",
        lambda p: p.residual_form.order.choose(1),
        {"order": "pre"},
        "Block 5: activation before each convolution",
    ),
    ("norm", lambda p: p.residual_form.norm.choose(0), {"norm": "none"}, "Block 5: no norm"),
    ("bias", lambda p: p.residual_form.bias.choose(0), {"bias": True}, "Block 5: bias"),
    ("pool", lambda p: p.residual_form.pooling.choose(2), {"pool": Pool("average")}, "Block 5: average pool"),
]


@pytest.mark.parametrize(
    ("act", "fields", "text"), [row[1:] for row in RESIDUAL_CHOICES], ids=[row[0] for row in RESIDUAL_CHOICES]
)
def test_each_control_of_a_residual_stage_wishes_its_own_setting(
    panel: Inspector, edits: Edits, act: Callable[[Inspector], None], fields: dict[str, object], text: str
) -> None:
    panel.set_selection((RESIDUAL,))
    act(panel)
    assert [(edit[0], edit[1]) for edit in edits] == [
        (MIXED.with_block(4, replace(MIXED.blocks[4], **fields)), text)  # type: ignore[arg-type]
    ]


def test_blocks_of_several_kinds_share_what_all_have(panel: Inspector, edits: Edits) -> None:
    panel.set_selection((VGG, INCEPTION, RESIDUAL))
    form = panel.shared_form
    assert panel.form is form
    assert panel.title.text() == "Blocks 2, 3 and 5"
    assert form.channels.value() is None
    assert form.activation.value() == "relu"
    assert form.norm.value() is None
    form.norm.choose(1)
    norms = [block.norm for block in edits[-1][0].blocks]
    assert norms == ["none", "batch", "batch", "none", "batch"]
    form.channels.scale(2, 1)
    assert [block.out_channels for block in edits[-1][0].blocks] == [64, 256, 512, 480, 1024]
    assert edits[-1][1] == "Blocks 2, 3 and 5 to twice the channels"


def test_a_norm_that_a_kind_lacks_is_not_offered(panel: Inspector, edits: Edits) -> None:
    panel.set_selection((VGG, INCEPTION))
    panel.shared_form.norm.choose(2)
    assert edits == []
    panel.set_selection((CONV, VGG))
    panel.shared_form.norm.choose(2)
    assert [block.norm for block in edits[-1][0].blocks[:2]] == ["lrn", "lrn"]


def test_two_inception_blocks_change_in_proportion(panel: Inspector, edits: Edits) -> None:
    panel.set_selection((INCEPTION, POOLED))
    assert panel.form is panel.shared_form
    panel.shared_form.channels.scale(1, 2)
    assert [block.out_channels for block in edits[-1][0].blocks[2:4]] == [128, 240]


def test_a_block_is_turned_into_another_kind_in_one_step(panel: Inspector) -> None:
    document = ArchDocument(MIXED)
    panel.edited.connect(lambda spec, text, key: document.edit(spec, text, merge_key=key))
    document.summary_changed.connect(panel.set_summary)
    panel.set_selection((VGG,))
    assert panel.convert_button.isVisible()
    entries = panel.conversions_menu().actions()
    assert [entry.text() for entry in entries] == ["Turn into: Residual stage"]
    entries[0].trigger()
    document.flush()
    assert document.spec.blocks[1] == ResidualStage(1, 128, norm="none", bias=True, pool=Pool())
    assert document.undo_stack.count() == 1
    assert panel.form is panel.residual_form
    panel.set_selection((INCEPTION,))
    assert not panel.convert_button.isVisible()


def test_every_control_of_every_kind_has_a_name_for_screen_readers(panel: Inspector) -> None:
    for selection in ((CONV,), (INCEPTION,), (RESIDUAL,), (VGG, RESIDUAL)):
        panel.set_selection(selection)
        more = panel.form.more  # type: ignore[attr-defined]
        more.set_open(is_open=True)
        for control in panel.form.findChildren(QWidget):
            if control.focusPolicy() & Qt.FocusPolicy.TabFocus and control.isVisible():
                assert control.accessibleName(), f"{control} of {selection}"


def test_the_forms_paint_in_both_themes(qtbot: QtBot) -> None:
    source = ThemeSource()
    panel = Inspector(source)
    qtbot.addWidget(panel)
    panel.resize(320, 600)
    panel.set_summary(summarize(MIXED))
    for selection in (INCEPTION, "conv3_p2", RESIDUAL, "add5_1", CONV):
        panel.set_selection((selection,))
        source.set_theme(LIGHT)
        light = panel.grab().toImage()
        source.set_theme(DARK)
        dark = panel.grab().toImage()
        assert light.pixelColor(4, 4).lightness() > 200 > 80 > dark.pixelColor(4, 4).lightness()


def test_the_dropout_of_a_head_without_hidden_layers_can_be_set_where_it_stands_first(
    panel: Inspector, edits: Edits
) -> None:
    panel.set_summary(summarize(PRESETS["googlenet"].spec))
    panel.set_selection(("head",))
    form = panel.head_form
    assert form.dropout.isEnabled()
    assert form.dropout_place.value() is True
    form.dropout_place.choose(0)
    assert not edits[-1][0].head.dropout_first
    assert edits[-1][1] == "Head: dropout after hidden layers"
    panel.set_summary(summarize(edits[-1][0]))
    assert not form.dropout.isEnabled()
