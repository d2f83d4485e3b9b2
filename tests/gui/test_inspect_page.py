"""The page Inspect as a whole, with a tester that needs no torch."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.gui.inspecting import InspectSession
from explorer.gui.main_window import MainWindow
from explorer.gui.panels.inspect.page import InspectPage
from explorer.gui.panels.inspect.texts import (
    difference,
    ensemble_sentence,
    paper_sides,
    points,
    sides_from,
)
from explorer.gui.theme import ThemeSource
from explorer.gui.torch_loader import WAITING_SENTENCE, TorchLoader
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.events import RunEnded
from explorer.runs.store import RunStore
from explorer.runs.testing import PerImage, TestRow
from tests.gui.inspect_samples import NUM_PICTURES, FakeTester, ensemble_of, row_of
from tests.gui.train_samples import kept_run, started, steps, whole_run

pytestmark = pytest.mark.gui
MakePage = Callable[..., InspectPage]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path) as opened:
        yield opened


@pytest.fixture
def make(qtbot: QtBot, store: RunStore, theme: ThemeSource) -> Iterator[MakePage]:
    made: list[InspectPage] = []

    def make_page(
        tester: FakeTester | None = None, num_runs: int = 3, modules: tuple[str, ...] = ("json",)
    ) -> InspectPage:
        for number in range(num_runs):
            kept_run(store, f"run {number}", whole_run(2, 0.8), TrainConfig(epochs=2, seed=number))
        session = InspectSession(store, TorchLoader(modules=("json",)), tester=tester or FakeTester())
        page = InspectPage(theme, session)
        qtbot.addWidget(page)
        made.append(page)
        page.resize(1376, 840)
        page.show()
        return page

    yield make_page
    for page in made:
        page.shut_down()
        page.session.loader.close(10.0)
        page.hide()


def until_idle(qtbot: QtBot, page: InspectPage) -> None:
    qtbot.waitUntil(lambda: not page.session.is_busy, timeout=5000)


def after_test(qtbot: QtBot, page: InspectPage) -> InspectPage:
    QTest.mouseClick(page.bar.button, Qt.MouseButton.LeftButton)
    until_idle(qtbot, page)
    return page


def test_without_runs_the_page_says_what_to_do_first_and_leads_there(qtbot: QtBot, make: MakePage) -> None:
    page = make(num_runs=0)
    assert page.train_button.isVisible()
    with qtbot.waitSignal(page.train_wished, timeout=1000):
        QTest.mouseClick(page.train_button, Qt.MouseButton.LeftButton)
    assert not page.runs.isVisible()


def test_only_runs_that_are_over_and_were_measured_are_listed(make: MakePage, store: RunStore) -> None:
    kept_run(store, "never measured", [started(), steps(1, 5), RunEnded("stopped", 5, 1, None, 0.1)])
    kept_run(store, "still going", [started(), steps(1, 5)])
    page = make(num_runs=2)
    assert [run.name for run in page.runs.runs] == ["run 1", "run 0"]
    assert page.bar.name.text() == "run 1"


def test_a_test_brings_a_row_for_each_way_and_a_sentence_of_the_difference(qtbot: QtBot, make: MakePage) -> None:
    page = after_test(qtbot, make())
    assert [row.crop for row in page.results.rows] == ["single", "multi", "dense"]
    assert "gets" in page.results.sentence.text()
    assert "points" in page.results.sentence.text()
    assert page.bar.line.text() == f"Tested on {NUM_PICTURES} pictures."
    assert page.bar.button.text() == "Start test"


def test_starting_waits_for_torch_and_says_so(qtbot: QtBot, make: MakePage) -> None:
    page = make()
    page.start()
    assert page.session.work == "waiting"
    assert page.bar.line.text() == WAITING_SENTENCE
    until_idle(qtbot, page)
    assert page.results.rows


def test_cancel_keeps_the_rows_that_are_whole(qtbot: QtBot, make: MakePage) -> None:
    page = make(FakeTester(slow_s=0.3))
    page.start()
    qtbot.waitUntil(lambda: len(page.results.rows) == 1, timeout=5000)
    assert page.bar.button.text() == "Cancel"
    assert not page.form.sides.isEnabled()
    QTest.mouseClick(page.bar.button, Qt.MouseButton.LeftButton)
    until_idle(qtbot, page)
    assert len(page.results.rows) == 1
    assert page.bar.line.text().startswith("Stopped")


def test_a_mistake_of_the_user_is_told_in_the_bar(qtbot: QtBot, make: MakePage) -> None:
    page = after_test(qtbot, make(FakeTester(error="The run “run 2” has kept no weights.")))
    assert page.bar.line.text() == "The run “run 2” has kept no weights."
    assert not page.results.rows


def test_without_a_way_or_with_a_bad_side_nothing_can_be_started(make: MakePage) -> None:
    page = make()
    page.form.sides.line.setText("")
    QTest.keyClicks(page.form.sides.line, "32, x")
    assert not page.bar.button.isEnabled()
    assert "whole numbers" in page.bar.line.text()
    page.form._use_paper_sides()
    assert page.bar.button.isEnabled()
    assert page.form.plan is not None
    assert page.form.plan.sides == (32, 37, 41)
    for box in page.form.boxes.values():
        box.setChecked(False)
    assert not page.bar.button.isEnabled()
    assert page.bar.button.toolTip() == "Tick a way of testing."


def test_several_sides_bring_a_row_each_and_their_average(qtbot: QtBot, make: MakePage) -> None:
    page = make()
    page.form._use_paper_sides()
    after_test(qtbot, page)
    sides = [row.sides for row in page.results.rows if row.crop == "single"]
    assert sides == [(32,), (37,), (41,), (32, 37, 41)]


def test_the_pictures_are_those_that_were_wrong_the_most_certain_first(qtbot: QtBot, make: MakePage) -> None:
    page = after_test(qtbot, make())
    row = page.results.rows[0]
    wrong = sorted((image for image in row.images if not image.is_right), key=lambda image: -image.probability)
    assert [verdict.index for verdict in page.pictures.strip.verdicts] == [image.index for image in wrong]
    page.pictures.filter.choose(2)
    assert len(page.pictures.strip.verdicts) == NUM_PICTURES
    page.pictures.only.set_value(3)
    page.pictures.only.edited.emit(3)
    labels = {row.images[verdict.index].label for verdict in page.pictures.strip.verdicts}
    assert labels == {3}


def test_choosing_another_way_shows_its_pictures(qtbot: QtBot, make: MakePage) -> None:
    page = after_test(qtbot, make())
    page.results.table.setFocus()
    page.results.table.setCurrentIndex(page.results.table.model().index(1, 0))
    wrong = [image.index for image in page.results.rows[1].images if not image.is_right]
    assert {verdict.index for verdict in page.pictures.strip.verdicts} == set(wrong)


def test_a_click_on_a_picture_shows_its_map_its_classes_and_what_a_place_sees(qtbot: QtBot, make: MakePage) -> None:
    page = after_test(qtbot, make())
    strip, view = page.pictures.strip, page.pictures.view
    qtbot.waitUntil(lambda: strip.picture(strip.verdicts[0].index) is not None, timeout=5000)
    place = strip.visualRect(strip.model().index(0, 0)).center()
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: page.pictures.bars.isVisible() and view._map is not None, timeout=5000)
    found = view._map
    assert found is not None
    assert (found.index, found.side) == (strip.verdicts[0].index, 64)
    assert page.pictures.of_class.value() == found.prediction
    assert "3 × 3 places" in page.pictures._said.text()
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.accessibleDescription().startswith("Row 1, column 2")
    bar = page.pictures.bars._bars[1]
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton)
    assert page.pictures.of_class.value() == bar.number
    page.pictures.side.choose(0)
    qtbot.waitUntil(lambda: view._map is not None and view._map.side == 32, timeout=5000)
    assert "One place" in page.pictures._said.text()


def test_a_network_without_a_map_says_why(qtbot: QtBot, make: MakePage) -> None:
    page = after_test(qtbot, make(FakeTester(look_error="The head flattens after an average.")))
    page.pictures.strip.setCurrentIndex(page.pictures.strip.model().index(0, 0))
    qtbot.waitUntil(lambda: page.pictures._said.text().startswith("The head"), timeout=5000)
    assert not page.pictures.of_class.isVisible()


def test_ticked_runs_are_averaged_and_the_pictures_that_changed_are_shown(qtbot: QtBot, make: MakePage) -> None:
    page = make()
    ensemble = page.ensemble
    assert not ensemble.button.isEnabled()
    for row in range(2):
        ensemble.table.setCurrentIndex(ensemble.table.model().index(row, 0))
        QTest.keyClick(ensemble.table, Qt.Key.Key_Space)
    assert ensemble.button.text() == "Average 2 runs"
    QTest.mouseClick(ensemble.button, Qt.MouseButton.LeftButton)
    until_idle(qtbot, page)
    result = ensemble.result
    assert result is not None
    assert ensemble.table.rows[-1].cells[0].text == "Average of 2"
    assert "above its best member" in ensemble.sentence.text()
    assert {verdict.index for verdict in page.pictures.strip.verdicts} == {change.index for change in result.gained}
    ensemble.switch.choose(1)
    assert {verdict.index for verdict in page.pictures.strip.verdicts} == {change.index for change in result.lost}
    ensemble.table.setCurrentIndex(ensemble.table.model().index(2, 0))
    QTest.keyClick(ensemble.table, Qt.Key.Key_Space)
    assert ensemble.result is None


def test_only_runs_on_the_same_pictures_can_be_averaged(make: MakePage, store: RunStore) -> None:
    other = TrainConfig(epochs=2, data=DataConfig("fashion-mnist-small", test_limit=100))
    kept_run(store, "fewer pictures", whole_run(2, 0.8), other)
    page = make(num_runs=2)
    assert [row.cells[0].text for row in page.ensemble.table.rows] == ["run 1", "run 0"]


def test_every_run_keeps_its_rows_while_the_window_is_open(qtbot: QtBot, make: MakePage) -> None:
    page = after_test(qtbot, make())
    first, second = page.runs.runs[0].id, page.runs.runs[1].id
    page.runs.setCurrentIndex(page.runs.model().index(1, 0))
    assert page.run is not None
    assert page.run.id == second
    assert not page.results.rows
    page.inspect(first)
    assert len(page.results.rows) == 3


def test_in_a_narrow_window_the_cards_stand_below_each_other(make: MakePage) -> None:
    page = make()
    assert page.ensemble.x() > page.results.x()
    page.resize(1036, 640)
    page.layout().activate()  # type: ignore[union-attr]
    assert page._upper.direction() == page._upper.Direction.TopToBottom


def test_the_page_has_a_place_on_the_rail_and_a_key_and_is_made_late(window: MainWindow) -> None:
    window.training.loader._modules = ("json",)
    assert window.inspecting._page is None
    assert window.actions_["page_inspect"].shortcut().toString() == "Ctrl+3"
    window.actions_["page_inspect"].trigger()
    assert window.pages.currentWidget() is window.inspecting.page
    window.inspecting.page.train_button.click()
    assert window.pages.currentWidget() is window.training.page
    window.training.loader.close(10.0)


def test_a_run_in_the_table_of_train_leads_to_its_page(window: MainWindow) -> None:
    window.training.loader._modules = ("json",)
    store = window.training.session.store
    wanted = kept_run(store, "older", whole_run(2, 0.8))
    kept_run(store, "newer", whole_run(2, 0.8))
    window.training.page._do("inspect", wanted.id)
    page = window.inspecting.page
    assert window.pages.currentWidget() is page
    assert page.run is not None
    assert page.run.name == "older"
    window.training.loader.close(10.0)


# Sentences


def test_the_difference_names_gains_losses_points_and_time() -> None:
    images = tuple(PerImage(index, 1, 1 if index < 6 else 0, 0.9) for index in range(10))
    better = tuple(PerImage(index, 1, 1 if index not in {0, 9} else 0, 0.9) for index in range(10))
    base = TestRow("single", (32,), 0.6, None, 1.0, 2.0, 10, images=images)
    row = TestRow("dense", (64,), 0.8, None, 1.0, 5.0, 10, images=better)
    assert difference(base, row) == (
        "Dense at 64 gets 3 pictures right that single crop at 32 gets wrong, and loses 1: +20.0 points, "
        "in 2.5 times the time."
    )
    assert difference(base, base) == ""
    assert "same pictures" in difference(base, replace(row, images=images, accuracy=0.6))
    assert difference(base, replace(row, accuracy=None)) == ""


@pytest.mark.parametrize(("text", "sides"), [("", ()), ("32", (32,)), ("32, 40;48 32", (32, 40, 48))])
def test_sides_are_read_as_they_are_written(text: str, sides: tuple[int, ...]) -> None:
    assert sides_from(text) == sides


def test_the_papers_sides_are_its_own_at_its_own_crop() -> None:
    assert paper_sides(224) == (224, 256, 288)


def test_points_carry_their_sign() -> None:
    assert points(0.912, 0.9) == "+1.2"
    assert points(0.9, 0.912) == "\u22121.2"
    assert points(0.90001, 0.9) == "0.0"


def test_the_average_is_compared_with_its_best_member(store: RunStore) -> None:
    ids = [kept_run(store, f"run {number}", whole_run()).id for number in range(3)]
    result = ensemble_of(store, ids)
    assert "run 2" in ensemble_sentence(result)
    assert row_of("single", (32,)).num_images == NUM_PICTURES
