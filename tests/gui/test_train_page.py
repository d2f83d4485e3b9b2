"""The Train page as a whole: settings, run bar, table and plots, with an engine that needs no torch."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from explorer.arch.presets import find_preset, starter
from explorer.gui.document import ArchDocument
from explorer.gui.models.runs_model import Column
from explorer.gui.panels.run_bar import LOOKS
from explorer.gui.panels.train_page import TrainPage
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.banner import Banner
from explorer.runs.config import TrainConfig
from explorer.runs.events import CheckpointSaved, RunEnded, RunEvent, RunFailed
from explorer.runs.store import RunStore
from tests.gui.train_samples import FakeEngine, evaluated, failing, kept_run, session_in, started, steps, whole_run

pytestmark = pytest.mark.gui
MakePage = Callable[..., TrainPage]


@pytest.fixture
def document() -> ArchDocument:
    return ArchDocument(starter().spec)


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path, document: ArchDocument, theme: ThemeSource) -> Iterator[MakePage]:
    made: list[TrainPage] = []

    def make_page(
        engine: FakeEngine | None = None, prepare: Callable[[RunStore], object] = lambda _: None
    ) -> TrainPage:
        session = session_in(tmp_path / f"store{len(made)}", engine or FakeEngine())
        prepare(session.store)
        page = TrainPage(document, theme, session)
        qtbot.addWidget(page)
        made.append(page)
        page.resize(1376, 840)
        page.show()
        qtbot.waitUntil(lambda: page.settings.data.facts is not None and not page.jobs.is_running("load-curves"))
        return page

    yield make_page
    for page in made:
        page.session.wait_for_end()
        page.session.loader.close(10.0)
        page.shut_down()
        page.hide()
        page.session.store.close()


def until(qtbot: QtBot, page: TrainPage, *states: str) -> None:
    qtbot.waitUntil(lambda: page.session.state in states, timeout=5000)


def texts(page: TrainPage) -> list[str]:
    return [row.record.name for row in page.runs_model.rows]


def test_start_trains_and_the_run_appears_in_table_and_plots(qtbot: QtBot, make: MakePage) -> None:
    page = make()
    assert page.bar.line.text() == "10 epochs of 157 steps"
    QTest.mouseClick(page.bar.right_button, Qt.MouseButton.LeftButton)
    assert "PyTorch" in page.bar.line.text()
    until(qtbot, page, "ended")
    assert texts(page) == [f"{starter().spec.name} · SGD one-cycle"]
    row = page.runs_model.rows[0]
    assert row.record.status == "finished"
    assert row.record.best_accuracy == pytest.approx(0.81)
    assert row.val_loss == 0.5
    assert [len(run.curves.steps) for run in page.board.runs] == [40]
    assert page.bar.line.text() == "2 epochs in 0:00"
    assert page.bar.best.text().startswith("Best 81.0")


def test_every_state_of_the_session_has_its_buttons_and_the_right_one_never_moves(make: MakePage) -> None:
    page = make()
    places = set()
    for state in LOOKS:
        page.bar.set_state(state)
        layout = page.bar.layout()
        assert layout is not None
        layout.activate()
        places.add((page.bar.right_button.x(), page.bar.right_button.width()))
        assert page.bar.right_button.isVisible()
    assert len(places) == 1


def test_pause_continue_stop_and_the_words_for_them(qtbot: QtBot, make: MakePage) -> None:
    page = make(FakeEngine(endless=True))
    page.start_or_continue()
    qtbot.waitUntil(lambda: page.session.history.last_step > 5, timeout=5000)
    assert page.bar.chip.text() == "Training"
    page.pause()
    until(qtbot, page, "paused")
    assert (page.bar.chip.text(), page.bar.left_button.text()) == ("Paused", "Continue")
    page.start_or_continue()
    until(qtbot, page, "training")
    page.stop()
    until(qtbot, page, "ended")
    assert page.bar.chip.text() == "Stopped"
    assert "it can be continued" in page.bar.line.text()
    assert page.bar.left_button.text() == "Continue from here"
    assert page.bar.left_button.isEnabled()


def test_while_a_run_goes_on_the_settings_say_that_they_are_for_the_next(qtbot: QtBot, make: MakePage) -> None:
    page = make(FakeEngine(endless=True))
    assert page.settings._next.isHidden()
    page.start_or_continue()
    until(qtbot, page, "training")
    assert not page.settings._next.isHidden()


def test_an_impossible_network_cannot_be_started_and_says_why(make: MakePage, document: ArchDocument) -> None:
    page = make()
    spec = document.spec
    document.edit(replace(spec, input=replace(spec.input, height=8, width=8)), "Input")
    document.flush()
    assert not page.bar.right_button.isEnabled()
    assert page.bar.line.text().startswith("pool")
    page.start_or_continue()
    assert page.session.state == "idle"


def test_data_that_does_not_fit_offers_the_network_that_would(make: MakePage, document: ArchDocument) -> None:
    page = make()
    document.edit(find_preset("vgg11").spec, "Preset")
    document.flush()
    fit = page.settings.data.fit
    assert fit is not None
    assert fit.sentence == "10 classes, and the network ends in 1,000."
    could_start = page.board.can_start
    page.settings.data.apply_fix()
    assert document.spec.num_classes == 10
    document.flush()
    assert page.settings.data.fit is not None
    assert page.settings.data.fit.ok
    assert (could_start, page.board.can_start) == (False, True)
    document.undo_stack.undo()
    assert document.spec.num_classes == 1000


def test_the_picture_size_is_an_edit_of_the_network_that_can_be_undone(make: MakePage, document: ArchDocument) -> None:
    page = make()
    page.settings.data.side.choose(2)
    assert (document.spec.input.height, document.spec.input.width) == (64, 64)
    document.undo_stack.undo()
    assert document.spec.input.height == 32


def test_the_document_forecasts_memory_under_the_chosen_recipe(make: MakePage, document: ArchDocument) -> None:
    page = make()
    assert document.conditions.batch_size == page.model.config.batch_size
    page.settings.recipe.batch.step_by(1)
    assert document.conditions.batch_size == 128
    page.model.set(optimizer="adam", init="he")
    assert (document.conditions.optimizer, document.conditions.init) == ("adam", "he")


def test_measuring_shows_times_until_a_setting_that_matters_changes(qtbot: QtBot, make: MakePage) -> None:
    page = make()
    forecast = page.settings.forecast
    assert forecast._epoch.text() == "–"
    forecast.measure.click()
    qtbot.waitUntil(lambda: forecast._epoch.text() != "–", timeout=5000)
    assert forecast.note.text() == "from 8 trial steps"
    assert forecast._run.text().replace("\u2009", " ") == "2 min 20 s"
    page.model.set(epochs=20, seed=3)
    assert forecast._run.text().replace("\u2009", " ") == "4 min 40 s"
    page.model.set(batch_size=256)
    assert forecast._epoch.text() == "–"


def test_after_a_run_the_button_says_whether_another_one_comes_next(qtbot: QtBot, make: MakePage) -> None:
    page = make(FakeEngine(whole_run))
    page.start_or_continue()
    until(qtbot, page, "ended")
    button = page.bar.right_button
    assert button.text() == "Start again"
    page.model.set(seed=7)
    assert button.text() == "Start new run"
    assert button.toolTip().endswith("with the settings on the left (F5)")
    page.model.set(seed=0)
    assert button.text() == "Start again"


def test_a_recipe_of_ones_own_leaves_the_fields_where_they_are(qtbot: QtBot, make: MakePage) -> None:
    page = make(FakeEngine(whole_run))
    recipe = page.settings.recipe
    qtbot.wait(20)  # the page finds its place
    before = recipe.epochs.mapTo(page, recipe.epochs.rect().topLeft())
    page.model.set(epochs=3)
    qtbot.wait(20)
    assert recipe.recipes.value() == "own"
    assert "Dots" in recipe.recipe_sentence.text()
    assert recipe.epochs.mapTo(page, recipe.epochs.rect().topLeft()) == before


def test_a_recipe_of_ones_own_says_why_weights_and_rate_follow_the_network(
    make: MakePage, document: ArchDocument
) -> None:
    page = make()
    sentence = page.settings.recipe.recipe_sentence
    page.model.set(epochs=3)
    assert "He weights" not in sentence.text()
    document.edit(find_preset("d2l-vgg11-tiny").spec, "another")
    document.flush()
    assert sentence.text().endswith("No batch norm: He weights and a rate of 0.01.")
    assert page.model.config.learning_rate == 0.01
    page.model.set(learning_rate=0.02)
    assert sentence.text().endswith("No batch norm: He weights.")
    page.model.set(init="xavier")
    assert "He weights" not in sentence.text()


def test_all_settings_are_seen_at_once_in_the_usual_window_also_while_a_run_goes_on(
    qtbot: QtBot, make: MakePage
) -> None:
    page = make(FakeEngine(endless=True))
    page.start_or_continue()
    until(qtbot, page, "training")
    qtbot.wait(20)
    bar = page.settings.verticalScrollBar()
    assert bar is not None
    assert bar.maximum() == 0
    page.stop()
    until(qtbot, page, "ended")


def test_a_failed_run_offers_its_fix_and_the_fix_starts_the_next_run(qtbot: QtBot, make: MakePage) -> None:
    engine = FakeEngine(lambda: failing("not_finite", "The loss is not a number since step 5."))
    page = make(engine)
    page.start_or_continue()
    until(qtbot, page, "failed")
    assert page.bar.line.text() == "The loss is not a number since step 5."
    tenth = page.model.config.learning_rate / 10
    assert page.bar.fix_button.text() == f"Start again with {tenth:g}"
    engine.events = whole_run
    page.bar.fix_button.click()
    assert page.model.config.learning_rate == pytest.approx(tenth)
    until(qtbot, page, "ended")
    assert [row.record.status for row in page.runs_model.rows] == ["finished", "failed"]


def test_a_run_with_kept_weights_goes_on_from_them_with_a_tenth_of_its_own_rate(qtbot: QtBot, make: MakePage) -> None:
    kept = CheckpointSaved(20, 1, "checkpoint-000000020.safetensors", "0" * 64, is_best=True)
    failure = RunFailed("not_finite", "The loss is not a number since step 25.", 25)
    engine = FakeEngine(lambda: [started(), steps(1, 20), evaluated(20, 0.4), kept, steps(21, 4), failure])
    page = make(engine)
    rate = page.model.config.learning_rate
    page.start_or_continue()
    until(qtbot, page, "failed")
    assert page.bar.fix_button.text() == f"Go on from epoch 1 with {rate / 10:g}"
    page.model.set(learning_rate=0.3, batch_size=32)  # settings of the next run are not this run's
    engine.events = lambda: [started(start_step=20), steps(21, 20), RunEnded("finished", 40, 2, 0.5, 1.0)]
    page.bar.fix_button.click()
    until(qtbot, page, "ended")
    (config,) = engine.configs
    assert config is not None
    assert config.learning_rate == pytest.approx(rate / 10)
    assert config == replace(page.runs_model.rows[0].record.config, learning_rate=config.learning_rate)
    assert [row.record.status for row in page.runs_model.rows] == ["finished"]
    assert page.model.config.learning_rate == 0.3


def test_all_kept_runs_are_listed_newest_first_and_the_newest_three_are_shown(make: MakePage) -> None:
    page = make(prepare=lambda store: [kept_run(store, f"run {n}", whole_run()) for n in range(1, 6)])
    assert texts(page) == ["run 5", "run 4", "run 3", "run 2", "run 1"]
    assert [run.name for run in page.board.runs] == ["run 5", "run 4", "run 3"]


def test_the_eye_shows_and_hides_and_with_alt_shows_only_this_run(qtbot: QtBot, make: MakePage) -> None:
    page = make(prepare=lambda store: [kept_run(store, f"run {n}", whole_run()) for n in range(1, 4)])
    view = page.table.view
    eye = view.visualRect(page.runs_model.index(0, Column.EYE)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=eye)
    assert [run.name for run in page.board.runs] == ["run 2", "run 1"]
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.AltModifier, eye)
    assert [run.name for run in page.board.runs] == ["run 3"]


def test_a_run_that_never_left_chance_is_called_stuck(make: MakePage) -> None:
    flat: list[RunEvent] = [
        started(),
        steps(1, 20, loss=2.303),
        evaluated(20, 0.1, loss=2.3026),
        RunEnded("finished", 20, 1, 0.1, 1.0),
    ]
    page = make(prepare=lambda store: kept_run(store, "deep", flat))
    index = page.runs_model.index(0, Column.STATUS)
    assert index.data() == "Stuck"
    assert "never left chance" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_f2_renames_a_run_in_table_and_store(qtbot: QtBot, make: MakePage) -> None:
    page = make(prepare=lambda store: kept_run(store, "old", whole_run()))
    view = page.table.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_F2)
    field = view.viewport().findChild(QLineEdit)
    assert field is not None
    assert field.text() == "old"
    field.setText("  new   name ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.session.store.runs()[0].name == "new name", timeout=3000)
    assert texts(page) == ["new name"]


def test_delete_asks_once_and_can_be_undone(qtbot: QtBot, make: MakePage) -> None:
    page = make(prepare=lambda store: kept_run(store, "old", whole_run()))
    page.table.select(page.runs_model.rows[0].id)
    QTest.keyClick(page.table.view, Qt.Key.Key_Delete)
    assert texts(page) == ["old"]
    asked = page.table.findChild(Banner)
    assert asked is not None
    assert "“old” and its weights will be deleted." in asked.message
    run_id = page.runs_model.rows[0].id
    page.delete(run_id)
    assert texts(page) == []
    page.undelete(run_id)
    assert texts(page) == ["old"]


def test_the_recipe_of_a_run_of_another_network_is_taken_as_it_was(make: MakePage) -> None:
    """Without batch norm our recipe begins otherwise; a run that did not is repeated as it ran."""
    plain, config = find_preset("lenet5").spec, TrainConfig(learning_rate=0.05, init="default", epochs=3)

    def keep(store: RunStore) -> None:
        record = store.create(plain, config, name="old")
        store.append(record.id, whole_run())

    page = make(prepare=keep)
    page.use_settings(page.runs_model.rows[0].id)
    assert page.model.config == config
    page._document.flush()
    assert page.model.config == config


def test_a_runs_network_comes_back_into_design_as_one_undoable_step(
    qtbot: QtBot, make: MakePage, document: ArchDocument
) -> None:
    page = make(prepare=lambda store: kept_run(store, "old", whole_run()))
    before = find_preset("vgg13").spec
    document.edit(before, "Preset")
    with qtbot.waitSignal(page.design_wished):
        page.open_in_design(page.runs_model.rows[0].id)
    assert document.spec == starter().spec
    document.undo_stack.undo()
    assert document.spec == before


def test_a_runs_recipe_becomes_that_of_the_next_run(make: MakePage) -> None:
    config = TrainConfig(optimizer="adamw", learning_rate=0.004, epochs=3, seed=7)
    page = make(prepare=lambda store: kept_run(store, "old", whole_run(), config))
    page.use_settings(page.runs_model.rows[0].id)
    assert page.model.config == config
    assert page.bar.name.text() == f"{starter().spec.name} · AdamW one-cycle"


def test_a_finished_run_goes_on_only_with_more_epochs(qtbot: QtBot, make: MakePage) -> None:
    engine = FakeEngine()
    page = make(engine)
    page.model.set(epochs=2)
    page.start_or_continue()
    until(qtbot, page, "ended")
    assert not page.bar.left_button.isEnabled()
    assert "Set more epochs" in page.bar.left_button.toolTip()
    page.model.set(epochs=4)
    assert page.bar.left_button.isEnabled()
    page.bar.left_button.click()
    assert engine.calls[-1] == "go on 1 4" or page.session.state == "training"
    qtbot.waitUntil(lambda: engine.calls[-1] == "go on 1 4", timeout=5000)


def test_the_note_of_a_run_is_kept_and_shown(make: MakePage) -> None:
    page = make(prepare=lambda store: kept_run(store, "old", whole_run()))
    page.table.edit_note(page.runs_model.rows[0].id)
    page.table.note_written.emit(page.runs_model.rows[0].id, "warm-up helped")
    assert page.session.store.runs()[0].note == "warm-up helped"
    assert page.runs_model.index(0, Column.RUN).data(Qt.ItemDataRole.ToolTipRole) == "warm-up helped"


def test_plot_data_is_saved_where_the_user_says(
    make: MakePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = make(prepare=lambda store: kept_run(store, "old", whole_run()))
    path = tmp_path / "out.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
    page.table.data_button.click()
    assert len(path.read_text().splitlines()) == 41


def test_the_typed_name_is_that_of_the_next_run(qtbot: QtBot, make: MakePage) -> None:
    page = make()
    page.bar.renamed.emit("first try")
    page.start_or_continue()
    until(qtbot, page, "ended")
    assert texts(page) == ["first try"]


def test_in_a_narrow_window_the_plots_share_one_card(make: MakePage) -> None:
    page = make()
    assert page.plots.loss.isVisible()
    assert page.plots.accuracy.isVisible()
    page.resize(1036, 640)
    assert page.width() == 1036
    assert page.plots.loss.isVisible()
    assert not page.plots.accuracy.isVisible()
    page.plots.switch.choose(1)
    assert not page.plots.loss.isVisible()
    assert page.plots.accuracy.isVisible()


def test_what_the_page_remembers_comes_back(make: MakePage) -> None:
    page = make()
    page.board.set_across("time")
    page.board.set_smoothing(0.5)
    page.model.set_data("synthetic")
    other = make()
    other.restore(page.state())
    assert (other.board.across, other.board.smoothing, other.model.data.name) == ("time", 0.5, "synthetic")
    other.restore({"data": 3, "smoothing": "x", "across": None})
    assert other.model.data.name == "synthetic"


def test_a_sentence_below_a_field_is_whole_however_many_lines_it_takes(qtbot: QtBot, make: MakePage) -> None:
    page = make()
    rate = page.settings.recipe.rate
    line = rate.findChild(QLineEdit)
    assert line is not None
    row = page.settings.recipe.row("learning_rate")
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "fast")
    assert rate.error()
    sentence = row._error
    qtbot.wait(50)
    assert sentence.isVisible()
    assert sentence.height() >= sentence.heightForWidth(sentence.width())
    assert row.height() >= row.heightForWidth(row.width())
