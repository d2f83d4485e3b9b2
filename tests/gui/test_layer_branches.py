"""The layer table of networks with branches: rows by path and unit, units that fold, sums that hold."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from explorer.analysis.summarize import summarize
from explorer.arch.blocks import ResidualStage, VGGBlock
from explorer.arch.presets import PRESETS
from explorer.arch.spec import InputShape, NetworkSpec
from explorer.gui.models.layer_model import LAYER, LayerModel, tooltip
from explorer.gui.models.layer_rows import LayerLine, layer_groups, layer_line
from explorer.gui.panels.layer_paint import LayerPainter
from explorer.gui.panels.layer_table import LayerTablePanel
from explorer.gui.theme import ThemeSource
from tests.gui.panel_samples import MIXED, TINY

pytestmark = pytest.mark.gui
RESNET50 = PRESETS["resnet50"].spec


@pytest.fixture
def panel(qtbot: QtBot) -> LayerTablePanel:
    panel = LayerTablePanel(ThemeSource())
    qtbot.addWidget(panel)
    panel.resize(1056, 600)
    panel.set_summary(summarize(RESNET50))
    panel.show()
    return panel


def rows(spec: NetworkSpec, part: str) -> list[tuple[str, str]]:
    group = next(group for group in layer_groups(summarize(spec)) if group.head.key == part)
    return [(line.name, line.detail) for line in group.lines]


def shown(panel: LayerTablePanel, part: str) -> list[str]:
    model = panel.tree.layer_model()
    parent = model.index_of(part)
    lines = [model.line(model.index(row, 0, parent)) for row in range(model.rowCount(parent))]
    return [line.name for line in lines if line is not None]


@pytest.mark.parametrize("name", ["googlenet", "resnet50", "resnet18-d2l", "alexnet", "lenet5"])
def test_the_lines_sum_to_the_parts_and_the_parts_to_the_network(name: str) -> None:
    summary = summarize(PRESETS[name].spec)
    groups = layer_groups(summary)
    for group in groups[1:]:
        part = summary.by_part[group.head.key]
        assert part.params is not None
        assert sum(line.params or 0 for line in group.lines) == part.params.total
        assert sum(line.macs or 0 for line in group.lines) == part.macs
        assert sum(line.saved_bytes or 0 for line in group.lines) == part.saved_bytes
        assert {name for line in group.lines for name in line.nodes} == {row.node.name for row in part.rows}
        if group.units:
            assert sum(unit.params or 0 for unit in group.units) == part.params.total
            assert sum(unit.macs or 0 for unit in group.units) == part.macs
    assert summary.totals is not None
    assert sum(group.head.params or 0 for group in groups) == summary.totals.params.total


def test_an_inception_block_is_listed_path_by_path() -> None:
    assert rows(MIXED, "block4") == [
        ("path 1 · conv", "1×1 · ReLU"),
        ("path 2 · reduce", "1×1 · ReLU"),
        ("path 2 · conv", "3×3 · ReLU"),
        ("path 3 · reduce", "1×1 · ReLU"),
        ("path 3 · conv", "5×5 · ReLU"),
        ("path 4 · pool", "max 3×3, step 1"),
        ("path 4 · conv", "1×1 · ReLU"),
        ("joined", "along the channels"),
        ("pool4", "max 3×3, step 2"),
    ]


def test_a_residual_stage_is_listed_unit_by_unit() -> None:
    assert rows(MIXED, "block5") == [
        ("unit 1 · conv", "3×3 · BN · ReLU"),
        ("unit 1 · conv", "3×3 · BN"),
        ("unit 1 · shortcut", "1×1 · BN"),
        ("unit 1 · sum", "ReLU"),
        ("unit 2 · conv", "3×3 · BN · ReLU"),
        ("unit 2 · conv", "3×3 · BN"),
        ("unit 2 · sum", "ReLU"),
    ]


def test_norm_and_activation_lead_where_a_unit_begins_with_them() -> None:
    stage = ResidualStage(2, 64, stride=2, order="pre")
    assert rows(replace(TINY, blocks=(stage,)), "block1") == [
        ("unit 1 · conv", "BN · ReLU · 3×3, step 2"),
        ("unit 1 · conv", "BN · ReLU · 3×3"),
        ("unit 1 · shortcut", "1×1, step 2 · BN"),
        ("unit 1 · sum", ""),
        ("unit 2 · conv", "BN · ReLU · 3×3"),
        ("unit 2 · conv", "BN · ReLU · 3×3"),
        ("unit 2 · sum", ""),
    ]


def test_blocks_name_their_kind_where_there_are_several() -> None:
    heads = {group.head.key: group.head.detail for group in layer_groups(summarize(MIXED))}
    assert heads == {
        "input": "",
        "block1": "",
        "block2": "VGG",
        "block3": "Inception",
        "block4": "Inception",
        "block5": "Residual",
        "head": "",
    }
    assert not any(group.head.detail for group in layer_groups(summarize(TINY)))


def test_a_merge_gives_all_channels_and_the_largest_field() -> None:
    line = layer_line(summarize(MIXED), "join3")
    assert line is not None
    assert (line.shape_text, line.field_text, line.params) == ("256 × 12 × 12", "63", 0)


def test_a_layer_in_a_branch_tells_its_own_name_on_hover() -> None:
    line = layer_line(summarize(MIXED), "relu3_p2_reduce")
    assert line is not None
    assert tooltip(line, LAYER) == "conv3_p2_reduce: path 2 · reduce 1×1 · ReLU"


def test_branches_after_a_failing_layer_are_not_reached() -> None:
    summary = summarize(replace(MIXED, input=InputShape(3, 4, 4)))
    lines = {line.key: line for group in layer_groups(summary) for line in group.lines}
    assert lines["pool2"].failure
    for name in ("conv3_p2_reduce", "join3", "conv5_1_shortcut", "add5_2"):
        line = layer_line(summary, name)
        assert line is not None
        assert (line.reached, line.field_text, line.params) == (False, "–", None)


def test_a_stage_of_many_units_is_folded_by_units(panel: LayerTablePanel) -> None:
    assert shown(panel, "block4") == [f"unit {number}" for number in range(1, 7)]
    assert shown(panel, "block2")[:2] == ["unit 1 · conv", "unit 1 · conv"], "three units need no folding"


def test_the_mark_of_a_unit_opens_and_folds_it(panel: LayerTablePanel) -> None:
    model = panel.tree.layer_model()
    unit = model.index(2, 0, model.index_of("block4"))
    panel.tree.scrollTo(unit)
    mark = QPoint(48, panel.tree.visualRect(unit).center().y())
    QTest.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=mark)
    assert shown(panel, "block4")[2:7] == ["unit 3", *["unit 3 · conv"] * 3, "unit 3 · sum"]
    QTest.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=mark)
    assert len(shown(panel, "block4")) == 6


def test_right_and_left_open_and_fold_a_unit(panel: LayerTablePanel) -> None:
    heard: list[tuple[str, ...]] = []
    panel.selected.connect(heard.append)
    model = panel.tree.layer_model()
    panel.tree.setFocus()
    panel.tree.setCurrentIndex(model.index(1, 0, model.index_of("block4")))
    QTest.keyClick(panel.tree, Qt.Key.Key_Right)
    assert len(shown(panel, "block4")) == 10
    QTest.keyClick(panel.tree, Qt.Key.Key_Down)
    assert heard[-1] == ("conv4_2_1",)
    panel.set_selection(heard[-1])
    QTest.keyClick(panel.tree, Qt.Key.Key_Down)
    assert heard[-1] == ("conv4_2_2",)
    QTest.keyClick(panel.tree, Qt.Key.Key_Left)
    QTest.keyClick(panel.tree, Qt.Key.Key_Left)
    assert len(shown(panel, "block4")) == 6


def test_arrows_pass_an_open_unit_in_both_directions(panel: LayerTablePanel) -> None:
    panel.selected.connect(panel.set_selection)
    model = panel.tree.layer_model()
    panel.tree.setFocus()
    unit = model.index(1, 0, model.index_of("block4"))
    model.set_unit_open(unit, is_open=True)
    panel.tree.setCurrentIndex(model.index(3, 0, model.index_of("block4")))
    seen = []
    for _ in range(3):
        QTest.keyClick(panel.tree, Qt.Key.Key_Up)
        line = model.line(panel.tree.currentIndex())
        assert line is not None
        seen.append(line.name)
    assert seen == ["unit 2 · conv", "unit 2", "unit 1"]


def test_a_selected_layer_lights_its_folded_unit(panel: LayerTablePanel) -> None:
    panel.set_selection(("conv4_3_2",))
    model = panel.tree.layer_model()
    line = model.line(panel.tree.currentIndex())
    assert line is not None
    assert (line.name, panel.tree._is_lit(line)) == ("unit 3", True)
    model.set_unit_open(panel.tree.currentIndex(), is_open=True)
    assert not panel.tree._is_lit(line), "its layers are seen now"
    found = model.line(model.index_of("conv4_3_2"))
    assert found is not None
    assert found.key == "conv4_3_2"
    assert panel.tree._is_lit(found)


def test_new_figures_leave_open_units_open(panel: LayerTablePanel) -> None:
    model = panel.tree.layer_model()
    resets: list[None] = []
    model.set_unit_open(model.index(0, 0, model.index_of("block4")), is_open=True)
    model.modelReset.connect(lambda: resets.append(None))
    panel.set_summary(summarize(RESNET50.with_block(3, RESNET50.blocks[3].with_channels(512))))
    assert resets == []
    assert shown(panel, "block4")[:2] == ["unit 1", "unit 1 · conv"]


def test_the_copied_text_has_every_layer_whatever_is_folded(panel: LayerTablePanel) -> None:
    panel.copy_text()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert sum(line.strip().startswith("unit 3 · conv") for line in lines) == 12
    assert not any(line.strip().split("\t")[0] in {"unit 1", "unit 6"} for line in lines)
    assert lines[-1].split("\t")[2:4] == ["25,557,032", "4,089,184,256"]  # torchvision's count


def test_the_model_of_folded_units_keeps_qts_rules(qtmodeltester: object) -> None:
    model = LayerModel()
    model.set_groups(layer_groups(summarize(RESNET50)))
    model.set_unit_open(model.index(0, 0, model.index_of("block4")), is_open=True)
    qtmodeltester.check(model)  # type: ignore[attr-defined]


def test_rows_that_come_and_go_keep_qts_rules() -> None:
    model = LayerModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    stages = (
        ResidualStage(6, 64),
        ResidualStage(2, 64),
        ResidualStage(7, 32, order="pre"),
        VGGBlock(3, 64, norm="batch"),
    )
    for middle in (VGGBlock(1, 64), VGGBlock(4, 64), *stages, VGGBlock(1, 64)):
        model.set_groups(layer_groups(summarize(TINY.with_block(1, middle))))
        for row in range(model.rowCount(model.index(1, 0))):
            model.set_unit_open(model.index(row, 0, model.index_of("block2")), is_open=row % 2 == 0)
        assert model.rowCount(model.index_of("block3")) == 3, "the blocks beside it are as they were"
    assert tester.model() is model


def test_a_unit_line_stands_for_all_its_layers() -> None:
    group = next(group for group in layer_groups(summarize(RESNET50)) if group.head.key == "block4")
    unit: LayerLine = group.units[0]
    assert unit.detail == "1×1 → 3×3, step 2 → 1×1"
    assert unit.params == sum(line.params or 0 for line in group.lines if line.unit == 1)
    assert unit.shape_text == "1,024 × 14 × 14"


def painted(panel: LayerTablePanel, width: int) -> set[str]:
    """Every text of the rows, as it was painted in a panel `width` wide."""
    panel.resize(width, 2400)
    panel.tree._painter = LayerPainter(ThemeSource().current)
    panel.tree.expandAll()
    panel.grab()
    return {text for text, _font in panel.tree._painter._shaped}


def test_the_layers_of_a_branch_write_their_step_alike_and_short_where_there_is_little_room(
    panel: LayerTablePanel,
) -> None:
    panel.set_summary(summarize(PRESETS["resnet18"].spec))
    narrow = painted(panel, 1056)
    assert {"3×3/2 · BN · ReLU", "1×1/2 · BN", "7×7, step 2 · BN · ReLU"} <= narrow
    assert "1×1, step 2 · BN" not in narrow
    assert {"3×3, step 2 · BN · ReLU", "1×1, step 2 · BN"} <= painted(panel, 1600)
