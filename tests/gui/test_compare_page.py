"""The page Compare: choosing, marks, table, runs, kernel lab and the queue of trainings."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.arch.files import write_spec
from explorer.arch.presets import find_preset, starter
from explorer.arch.spec import NetworkSpec
from explorer.export.compared_words import SIGNS
from explorer.gui.main_window import MainWindow
from explorer.gui.models.compare_sources import DOCUMENT, OPEN_FILE
from explorer.gui.panels.compare.page import ComparePage
from explorer.gui.plots.bands import band_of
from explorer.gui.theme import DARK
from explorer.gui.training_queue import TrainingQueue
from explorer.runs.config import TrainConfig
from explorer.runs.store import RunStore
from tests.gui.train_samples import FakeEngine, session_in, whole_run

pytestmark = pytest.mark.gui
WIDE = replace(starter().spec.with_block(0, starter().spec.blocks[0].with_channels(24)), name="wide")


@pytest.fixture
def page(window: MainWindow) -> ComparePage:
    window.show_page("compare")
    return window.comparing.page


def keep(store: RunStore, spec: NetworkSpec, seed: int, accuracy: float, *, epochs: int = 2) -> int:
    config = TrainConfig(epochs=epochs, seed=seed)
    record = store.create(spec, config, name=f"{spec.name} {seed}")
    store.append(record.id, whole_run(epochs, accuracy))
    return record.id


def test_the_page_opens_by_key_and_says_what_to_do_next(window: MainWindow) -> None:
    window.actions_["page_compare"].trigger()
    page = window.comparing.page
    assert window.pages.currentWidget() is page
    assert list(page.keys) == [DOCUMENT]
    assert page.empty.isVisibleTo(page)
    page.empty.example.click()
    assert list(page.keys) == ["preset:vgg19", "preset:resnet50"]
    assert page.empty.isHidden()


def test_the_search_filters_every_section_and_enter_takes(page: ComparePage, qtbot: QtBot) -> None:
    picker = page.bar.right
    picker.open()
    popup = picker.popup
    sections = {str(row.key) for row in popup.table.rows if str(row.key).startswith("section ")}
    assert sections == {"section Document", "section Presets", "section Files"}
    popup.set_query("resnet 50")
    assert [row.key for row in popup.table.rows if not str(row.key).startswith("section ")] == [
        "preset:resnet50",
        OPEN_FILE,
    ]
    QTest.keyClick(popup._search.line, Qt.Key.Key_Return)
    assert page.keys == (DOCUMENT, "preset:resnet50")
    assert not popup.isVisible()


def test_a_saved_file_can_stand_on_a_side(page: ComparePage, tmp_path: Path) -> None:
    path = tmp_path / "wide.arch.json"
    write_spec(path, WIDE)
    page.set_right(page._sources.key_of_file(path))
    assert page.comparison is not None
    assert page.comparison.right.spec == WIDE
    listed = page._sources.sources("wide.arch")
    assert any(source.section == "Files" and source.title == path.name for source in listed)


def test_what_cannot_be_read_is_said_and_leaves_the_page_as_it_was(
    page: ComparePage, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(page.refused) as told:
        page.set_right(f"file:{tmp_path / 'gone.arch.json'}")
    assert "gone.arch.json" in told.args[0]
    assert page.keys == (DOCUMENT,)


def test_each_difference_is_marked_with_sign_and_word_on_the_side_it_stands_on(page: ComparePage) -> None:
    page.compare_keys("preset:alexnet", "preset:vgg16")
    rows = page.comparison.blocks  # type: ignore[union-attr]
    assert {row.state for row in rows} == {"changed", "inserted", "removed"}
    tagged = [row for _place, row in page.diagrams.tags()]
    for row in rows:
        sides = (row.left is not None) + (row.right is not None)
        assert tagged.count(row) == sides
    texts = [line.cells[1].text for line in page.table.view.rows]
    assert f"{SIGNS['inserted'][0]} inserted" in texts
    assert f"{SIGNS['removed'][0]} removed" in texts


def test_a_click_on_a_block_chooses_its_line_and_a_line_its_block(page: ComparePage) -> None:
    page.compare_keys("preset:vgg11", "preset:vgg16")
    half = page.diagrams._halves[1]
    box = half.scene.by_part["block3"]  # type: ignore[union-attr]
    place = QPoint(int(box.plate.x + 10), int(half.top + half.height / 2))
    QTest.mouseClick(page.diagrams, Qt.MouseButton.LeftButton, pos=place)
    assert page.diagrams.current == 3
    assert page.table.view.current == (3,)
    page.table.view.setFocus()
    QTest.keyClick(page.table.view, Qt.Key.Key_Down)
    assert page.diagrams.current == 4
    assert page.diagrams.accessibleName().startswith("Block 4, changed: 2 → 3 convolutions")


def test_arrow_keys_walk_through_the_rows_and_escape_clears(page: ComparePage) -> None:
    page.compare_keys("preset:vgg11", "preset:vgg16")
    for expected in (0, 1, 2):
        QTest.keyClick(page.diagrams, Qt.Key.Key_Right)
        assert page.diagrams.current == expected
    QTest.keyClick(page.diagrams, Qt.Key.Key_Escape)
    assert page.diagrams.current is None
    assert page.table.view.current is None


def test_layers_unfold_under_their_block_and_their_deltas_are_signed(page: ComparePage) -> None:
    page.compare_keys("preset:vgg11", "preset:vgg16")
    before = len(page.table.view.rows)
    page.table.choose(1)
    QTest.keyClick(page.table.view, Qt.Key.Key_Right)
    assert page.table.open_rows == {1}
    assert len(page.table.view.rows) == before + 3
    new = next(line for line in page.table.view.rows if line.key == (1, 1))
    assert [cell.text for cell in new.cells[1:4]] == ["+ inserted", "64 × 224 × 224", "+36,928"]
    signs = {line.cells[0].text: line.cells[0].icon for line in page.table.view.rows}
    assert [signs[name] for name in ("Block 1", "Block 2", "conv1_1")] == ["chevron-down", "chevron-right", None]
    QTest.keyClick(page.table.view, Qt.Key.Key_Left)
    assert page.table.open_rows == frozenset()


def test_the_totals_line_is_the_difference_of_the_networks(page: ComparePage) -> None:
    page.compare_keys("preset:vgg16", "preset:vgg11")
    (line,) = page.table.totals.rows
    assert line.cells[3].text == "\u22125,494,208"
    assert "\u22125.49\u2009M" in page.totals.grid.texts()


def test_swapping_turns_every_sign_around(page: ComparePage) -> None:
    page.compare_keys("preset:vgg11", "preset:vgg16")
    page.bar.swap.click()
    assert page.keys == ("preset:vgg16", "preset:vgg11")
    assert page.comparison is not None
    assert page.comparison.totals.params == -5_494_208


def test_more_than_two_are_each_compared_with_the_left_one(page: ComparePage) -> None:
    page.compare_keys("preset:vgg11", "preset:vgg13", "preset:vgg16")
    assert page.bar.several.isVisible()
    assert [found.networks.right.spec.name for found in page.compared()] == ["vgg13", "vgg16"]
    page.bar.several.edited.emit(1)
    assert page.comparison is not None
    assert page.comparison.right.spec.name == "vgg16"
    page.bar.remove.click()
    assert page.keys == ("preset:vgg11", "preset:vgg13")


def test_an_edit_in_design_is_followed(window: MainWindow, page: ComparePage) -> None:
    page.compare_keys(DOCUMENT, "preset:vgg16")
    window.show_page("design")
    window.document.edit(WIDE, "wider")
    window.document.flush()
    window.show_page("compare")
    assert page.comparison is not None
    assert page.comparison.left.spec == WIDE


def test_runs_of_several_seeds_show_mean_deviation_sentence_and_bands(window: MainWindow, page: ComparePage) -> None:
    store = window.training.session.store
    for seed, (low, high) in enumerate([(0.80, 0.85), (0.81, 0.861), (0.805, 0.854)]):
        keep(store, starter().spec, seed, low)
        keep(store, WIDE, seed, high)
    ids = [record.id for record in store.runs()]
    window.commands.compare_runs(tuple(ids))
    assert len(page.keys) == 2
    assert page.runs.chip.text() == "Proven"
    assert page.runs.sentence.text().startswith("wide is better than")
    assert [band.count for band in page.runs.plot.bands] == [3, 3]
    assert page.runs.plot.bands[0].mean[0] == pytest.approx(80.5)
    assert "+5.0 points" in page.runs.grid.texts()
    assert page.train_button.text() == "Train both with seeds 3, 4, 5"


def test_a_network_brings_the_runs_that_trained_it(window: MainWindow, page: ComparePage) -> None:
    store = window.training.session.store
    keep(store, starter().spec, 0, 0.8)
    page.compare_keys(DOCUMENT, "preset:vgg16")
    assert "The other one has none yet" in page.runs.sentence.text() or "cannot learn" in page.runs.sentence.text()
    keep(store, WIDE, 0, 0.9)
    page.compare_keys(DOCUMENT, f"run:{store.runs()[-1].id}")
    assert "one common seed" in page.runs.sentence.text()


def test_the_button_of_the_runs_table_opens_the_shown_runs(window: MainWindow) -> None:
    store = window.training.session.store
    first, second = keep(store, starter().spec, 0, 0.8), keep(store, WIDE, 0, 0.9)
    train = window.training.page  # not shown: that would load torch
    for run_id in (first, second):
        train.runs_model.set_shown(run_id, shown=True)
    train.table.compare_button.click()
    page = window.comparing.page
    assert window.pages.currentWidget() is page
    assert page.keys == (f"run:{first}", f"run:{second}")


def test_the_lab_shows_27_against_49_and_opens_the_replacement_in_design(window: MainWindow, page: ComparePage) -> None:
    page.compare_keys("preset:vgg16", "preset:vgg11")
    texts = page.lab.grid.texts()
    assert {"27C²", "49C²", "+22C²"} <= set(texts)
    page.lab.compare_button.click()
    assert page.comparison is not None
    assert [row.state for row in page.comparison.blocks].count("changed") == 1
    page.lab.open_button.click()
    assert window.pages.currentWidget() is window.design
    assert window.document.spec.name == "vgg16, block 3 7×7"
    window.document.undo_stack.undo()
    assert window.document.spec == starter().spec


def test_a_network_that_does_not_fit_the_data_says_why_it_cannot_be_trained(page: ComparePage) -> None:
    page.compare_keys("preset:vgg16", "preset:vgg11")
    assert not page.lab.train_button.isEnabled()
    assert "it takes 3 channels and gives 1,000 classes" in page.lab.train_button.toolTip()


def test_grey_pictures_can_be_learned_in_colour(window: MainWindow) -> None:
    spec = find_preset("alexnet").spec
    assert "gives 1,000 classes" in window.comparing.obstacle(spec)
    assert not window.comparing.obstacle(replace(spec, num_classes=10))


def test_training_both_queues_paired_seeds_with_one_recipe(window: MainWindow, page: ComparePage) -> None:
    added: list[tuple[NetworkSpec, TrainConfig, str]] = []
    window.comparing.queue.add = lambda runs: added.extend(runs)  # type: ignore[method-assign]
    page.compare_keys(DOCUMENT, DOCUMENT)
    page.lab.train_button.click()
    assert [config.seed for _spec, config, _name in added] == [0, 0, 1, 1, 2, 2]
    assert len({spec for spec, _config, _name in added}) == 2
    assert len({replace(config, seed=0) for _spec, config, _name in added}) == 1


def queue_of(folder: Path, engine: FakeEngine) -> TrainingQueue:
    session = session_in(folder, engine)
    session.loader.start()
    return TrainingQueue(session, session)


def test_the_queue_trains_one_run_after_the_other(tmp_path: Path, qtbot: QtBot) -> None:
    queue = queue_of(tmp_path, FakeEngine())
    queue.add([(starter().spec, TrainConfig(seed=seed), f"run {seed}") for seed in range(3)])
    qtbot.waitUntil(lambda: not queue.is_open, timeout=8000)
    assert [item.state for item in queue.items] == ["done"] * 3
    assert [run.name for run in queue._session.store.runs()] == ["run 0", "run 1", "run 2"]
    queue.close()
    queue._session.wait_for_end()


def test_cancelling_stops_the_run_and_lets_nothing_follow(tmp_path: Path, qtbot: QtBot) -> None:
    queue = queue_of(tmp_path, FakeEngine(endless=True))
    queue.add([(starter().spec, TrainConfig(seed=seed), f"run {seed}") for seed in range(3)])
    qtbot.waitUntil(lambda: queue._session.is_live, timeout=8000)
    queue.cancel(queue.items[2].number)
    assert queue.items[2].state == "cancelled"
    queue.cancel_all()
    qtbot.waitUntil(lambda: not queue.is_open, timeout=8000)
    assert len(queue._session.store.runs()) == 1
    queue.close()
    queue._session.wait_for_end()


def test_a_run_stopped_by_hand_holds_the_queue_until_it_may_go_on(tmp_path: Path, qtbot: QtBot) -> None:
    engine = FakeEngine(endless=True)
    queue = queue_of(tmp_path, engine)
    queue.add([(starter().spec, TrainConfig(seed=seed), f"run {seed}") for seed in range(2)])
    qtbot.waitUntil(lambda: queue._session.is_live, timeout=8000)
    queue._session.stop()
    qtbot.waitUntil(lambda: queue.is_held, timeout=8000)
    assert [item.state for item in queue.items] == ["cancelled", "waiting"]
    engine.endless = False
    queue.go_on()
    qtbot.waitUntil(lambda: not queue.is_open, timeout=8000)
    assert queue.items[1].state == "done"
    queue.close()
    queue._session.wait_for_end()


def test_a_band_is_the_mean_and_the_deviation_at_epochs_that_all_runs_have() -> None:
    band = band_of("a", 0, [((1.0, 2.0, 3.0), (0.5, 0.6, 0.7)), ((1.0, 2.0), (0.7, 0.6))])
    assert band is not None
    assert band.epochs.tolist() == [1.0, 2.0]
    assert band.mean.tolist() == pytest.approx([60.0, 60.0])
    assert band.deviation.tolist() == pytest.approx([14.142136, 0.0])
    assert band_of("a", 0, [((), ())]) is None


@pytest.mark.parametrize("key", ["html", "markdown"])
def test_a_comparison_is_exported_with_every_row(
    window: MainWindow, page: ComparePage, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.compare_keys("preset:vgg11", "preset:vgg16")
    path = tmp_path / "comparison"
    monkeypatch.setattr("explorer.gui.exporting.ask_for_path", lambda *_: path)
    window.comparing.export(key)
    text = path.with_suffix({"html": ".html", "markdown": ".md"}[key]).read_text(encoding="utf-8")
    assert "vgg11 and vgg16" in text
    assert "+36,928" in text


def test_the_report_of_the_document_holds_what_it_is_compared_with(
    window: MainWindow, page: ComparePage, tmp_path: Path
) -> None:
    page.compare_keys(DOCUMENT, "preset:vgg16")
    window.exporter._ask_path = lambda *_: tmp_path / "report.md"
    window.exporter.export("markdown")
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert f"{starter().spec.name} and vgg16" in text
    page.compare_keys("preset:vgg11", "preset:vgg16")
    window.exporter.export("markdown")
    assert "vgg11 and vgg16" not in (tmp_path / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("size", [(1440, 900), (1100, 700)])
def test_the_page_is_painted_in_both_themes_at_each_size(
    window: MainWindow, page: ComparePage, size: tuple[int, int], qapp: QApplication
) -> None:
    window.resize(*size)
    page.compare_keys("preset:googlenet", "preset:resnet50")
    qapp.processEvents()
    light = window.grab().toImage()
    window.theme.set_theme(DARK)
    qapp.processEvents()
    dark = window.grab().toImage()
    assert light.pixelColor(400, 300) != dark.pixelColor(400, 300)
    assert page.minimumSizeHint().width() <= size[0] - 64
    side = page.side.widget()
    assert side is not None
    assert side.minimumSizeHint().width() <= page.side.width()


def test_runs_of_the_queue_are_compared_as_soon_as_they_end(
    window: MainWindow, page: ComparePage, qtbot: QtBot
) -> None:
    session = window.training.session
    session._engine = FakeEngine()
    session.loader._modules = ("json",)
    page.compare_keys(DOCUMENT, DOCUMENT)
    page.lab.train_button.click()
    session.loader.start()
    qtbot.waitUntil(lambda: not window.comparing.queue.is_open, timeout=15000)
    assert [item.state for item in window.comparing.queue.items] == ["done"] * 6
    assert page.queue.isVisible()
    assert "No difference" in page.runs.sentence.text()
    assert [band.count for band in page.runs.plot.bands] == [3, 3]
    page.lab.train_button.click()
    assert not window.comparing.queue.is_open  # all six are there already
