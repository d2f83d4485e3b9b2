"""Starting from another run, going on after an edit, the sides S and Q, recipes with one click, and their curves."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.arch.presets import starter
from explorer.arch.spec import NetworkSpec
from explorer.gui.document import ArchDocument
from explorer.gui.models.runs_model import Column
from explorer.gui.panels.train_page import TrainPage
from explorer.gui.panels.train_recipe import OWN
from explorer.gui.plots.lineage_curves import stored_curves
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import TextButton
from explorer.gui.widgets.banner import Banner
from explorer.runs.config import StartFrom, TrainConfig
from explorer.runs.events import CheckpointSaved, RunEvent
from explorer.runs.recipes import fitted_recipe
from explorer.runs.record import RunRecord
from explorer.runs.store import RunStore
from tests.gui.train_samples import PER_EPOCH, FakeEngine, session_in, whole_run

pytestmark = pytest.mark.gui
MakePage = Callable[..., TrainPage]
SPEC = starter().spec


def deeper(spec: NetworkSpec, number: int = 1) -> NetworkSpec:
    """`spec` with one convolution more in a block."""
    blocks = list(spec.blocks)
    blocks[number] = blocks[number].with_count(blocks[number].count + 1)
    return replace(spec, blocks=tuple(blocks))


def kept(store: RunStore, name: str, *, spec: NetworkSpec = SPEC, start: StartFrom | None = None) -> RunRecord:
    """A run of two epochs in the store, with a checkpoint after each; the second is the best."""
    record = store.create(spec, TrainConfig(epochs=2, start_from=start), name=name)
    events: list[RunEvent] = []
    for event in whole_run(2, 0.8):
        events.append(event)
        step = getattr(event, "step", 0)
        if step in {PER_EPOCH, 2 * PER_EPOCH} and type(event).__name__ == "Evaluated":
            events.append(
                CheckpointSaved(step, step // PER_EPOCH, f"checkpoint-{step}.safetensors", "0" * 64, is_best=True)
            )
    store.append(record.id, events)
    return store.get(record.id)


@pytest.fixture
def document() -> ArchDocument:
    return ArchDocument(SPEC)


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path, document: ArchDocument, theme: ThemeSource) -> Iterator[MakePage]:
    made: list[TrainPage] = []

    def make_page(prepare: Callable[[RunStore], object] = lambda _: None) -> TrainPage:
        session = session_in(tmp_path / "store", FakeEngine())
        prepare(session.store)
        page = TrainPage(document, theme, session)
        qtbot.addWidget(page)
        made.append(page)
        page.resize(1376, 840)
        page.show()
        qtbot.waitUntil(lambda: page.settings.data.facts is not None and not page.jobs.is_running("load-curves"))
        qtbot.waitUntil(lambda: not page.start._soon.isActive())
        return page

    yield make_page
    for page in made:
        page.session.wait_for_end()
        page.session.loader.close(10.0)
        page.shut_down()
        page.hide()
        page.session.store.close()


def banner_of(page: TrainPage) -> Banner | None:
    item = page._offer_strip.itemAt(0)
    widget = item.widget() if item is not None else None
    return widget if isinstance(widget, Banner) else None


def test_from_scratch_is_one_row_and_a_run_that_fits_is_offered(make: MakePage) -> None:
    page = make(lambda store: kept(store, "shallow"))
    assert page.start.source.currentText() == "From scratch"
    assert not page.start.rule.isVisible()
    assert [page.start.source.itemText(index) for index in range(page.start.source.count())] == [
        "From scratch",
        "shallow",
    ]


def test_a_run_of_which_nothing_fits_is_not_offered(make: MakePage) -> None:
    other = replace(SPEC, input=replace(SPEC.input, channels=3), blocks=SPEC.blocks[:1], num_classes=7)
    other = replace(other, blocks=(other.blocks[0].with_channels(24),))
    page = make(lambda store: kept(store, "other", spec=other))
    assert page.start.source.count() == 1


def test_choosing_a_run_sets_the_papers_rule_and_says_how_much_is_copied(qtbot: QtBot, make: MakePage) -> None:
    page = make(lambda store: kept(store, "shallow"))
    run_id = page.runs_model.rows[0].id
    page.start.source.edited.emit(run_id)
    assert page.model.config.start_from == StartFrom(run_id, "paper")
    assert page.start.rule.isVisible()
    assert "tensors copied" in page.start.map_button.text()
    page.start.rule.choose(1)
    assert page.model.config.start_from == StartFrom(run_id, "aligned")
    QTest.mouseClick(page.start.map_button, Qt.MouseButton.LeftButton)
    popup = page._growth
    assert popup is not None
    assert popup.isVisible()
    assert all(row.cells[3].swatch is not None for row in popup.table.rows)  # the same network: all is copied
    QTest.keyClick(popup, Qt.Key.Key_Escape)
    assert not popup.isVisible()
    page.start.source_row.reset_wished.emit()
    assert page.model.config.start_from is None


def test_a_start_from_a_run_that_is_gone_cannot_be_made(make: MakePage) -> None:
    page = make(lambda store: kept(store, "shallow"))
    page.start.source.edited.emit(page.runs_model.rows[0].id)
    page.delete(page.runs_model.rows[0].id)
    page.model.set(epochs=3)
    assert page.bar.line.text() == "The run to start from is gone. Start from scratch, or choose another one."
    assert not page.bar.right_button.isEnabled()


def test_after_an_edit_of_a_trained_network_the_page_offers_to_go_on(
    qtbot: QtBot, make: MakePage, document: ArchDocument
) -> None:
    page = make(lambda store: kept(store, "trained"))
    assert banner_of(page) is None
    document.edit(deeper(SPEC), "One convolution more")
    qtbot.waitUntil(lambda: banner_of(page) is not None, timeout=3000)
    banner = banner_of(page)
    assert banner is not None
    assert banner.message == (
        "This network is “trained” after an edit (block 2 has 1 convolution more): what it learned can be kept."
    )
    button = next(b for b in banner.findChildren(TextButton) if b.text() == "Continue from there")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.session.state == "ended", timeout=5000)
    newest = page.session.store.runs()[-1]
    assert newest.config.start_from == StartFrom(page.session.store.runs()[0].id, "morph")
    assert newest.spec == deeper(SPEC)


def test_an_edit_in_design_is_looked_at_when_the_page_is_seen_again(
    qtbot: QtBot, make: MakePage, document: ArchDocument
) -> None:
    page = make(lambda store: kept(store, "trained"))
    page.hide()
    document.edit(deeper(SPEC), "One convolution more")
    qtbot.wait(400)
    assert page.offer.current is None
    page.show()
    qtbot.waitUntil(lambda: banner_of(page) is not None, timeout=3000)


def test_an_edit_that_loses_what_was_learned_is_not_offered(
    qtbot: QtBot, make: MakePage, document: ArchDocument
) -> None:
    page = make(lambda store: kept(store, "trained"))
    document.edit(replace(SPEC, blocks=SPEC.blocks[1:]), "Remove the first block")
    qtbot.wait(400)
    assert page.offer.current is None


def test_a_dismissed_offer_stays_away_until_the_next_edit(qtbot: QtBot, make: MakePage, document: ArchDocument) -> None:
    page = make(lambda store: kept(store, "trained"))
    document.edit(deeper(SPEC), "One convolution more")
    qtbot.waitUntil(lambda: banner_of(page) is not None, timeout=3000)
    page.offer.dismiss()
    page.offer.look()
    assert page.offer.current is None
    document.edit(deeper(deeper(SPEC)), "And one more")
    qtbot.waitUntil(lambda: page.offer.current is not None, timeout=3000)


def test_a_continued_run_has_its_curve_behind_the_others_and_the_edit_marked(tmp_path: Path) -> None:
    with RunStore(tmp_path) as store:
        first = kept(store, "trained")
        second = kept(store, "edited", spec=deeper(SPEC), start=StartFrom(first.id, "morph"))
        curves = stored_curves(store, second, smoothing=0.0)
    assert curves.steps.values.tolist() == list(range(1, 4 * PER_EPOCH + 1))
    assert curves.validation.steps == [PER_EPOCH, 2 * PER_EPOCH, 3 * PER_EPOCH, 4 * PER_EPOCH]
    assert (curves.times_s.values[1:] >= curves.times_s.values[:-1]).all()
    assert [(mark.step, mark.label, mark.is_link) for mark in curves.marks] == [
        (2 * PER_EPOCH, "block 2: 1 → 2 convolutions", False)
    ]
    assert curves.x_of_step("epochs", 2 * PER_EPOCH) == 2.0


def test_a_grown_run_begins_at_zero_with_a_link_to_the_run_it_grew_from(tmp_path: Path) -> None:
    with RunStore(tmp_path) as store:
        first = kept(store, "shallow")
        second = kept(store, "grown", spec=deeper(SPEC), start=StartFrom(first.id, "paper"))
        curves = stored_curves(store, second, smoothing=0.0)
    assert curves.steps.values.tolist() == list(range(1, 2 * PER_EPOCH + 1))
    assert [(mark.step, mark.label, mark.is_link) for mark in curves.marks] == [(0, "from shallow", True)]


def test_the_table_says_which_run_another_descends_from(make: MakePage) -> None:
    def prepare(store: RunStore) -> None:
        first = kept(store, "shallow")
        kept(store, "grown", start=StartFrom(first.id, "paper"))

    page = make(prepare)
    tip = page.runs_model.index(0, Column.RUN).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "Grown from shallow, seed 0"
    assert page.runs_model.index(1, Column.RUN).data(Qt.ItemDataRole.ToolTipRole) is None


@pytest.mark.parametrize("name", ["d2l", "paper", "adam"])
def test_a_recipe_is_taken_with_one_click_and_says_how_it_was_scaled(make: MakePage, name: str) -> None:
    page = make()
    recipe = page.settings.recipe
    page.model.set(seed=3)
    recipe.recipes.edited.emit(name)
    fitted = fitted_recipe(name, page.model.data.name, spec=SPEC)
    config = page.model.config
    assert (config.learning_rate, config.epochs, config.train_side) == (
        fitted.config.learning_rate,
        fitted.config.epochs,
        fitted.config.train_side,
    )
    assert config.seed == 3
    assert recipe.recipes.value() == name
    assert recipe.recipe_sentence.text() == fitted.sentence
    page.model.set(learning_rate=0.123)
    assert recipe.recipes.value() == OWN
    recipe.recipes.edited.emit("ours")
    assert not page.model.is_changed("learning_rate", "optimizer", "epochs")


def test_the_sides_are_fixed_or_a_range_and_too_small_ones_are_refused(make: MakePage) -> None:
    page = make()
    recipe = page.settings.recipe
    recipe.toggle_more()
    recipe.train_side.kind.choose(2)
    assert page.model.config.train_side == (37, 73)  # as 256 and 512 stand to 224
    recipe.train_side.kind.choose(1)
    assert page.model.config.train_side == (37, 37)
    recipe.train_side.low.step_by(1)
    assert page.model.config.train_side == (38, 38)
    recipe.test_side.kind.choose(1)
    assert page.model.config.test_side == 37
    assert page.bar.right_button.isEnabled()
    page.model.set(train_side=(20, 20))
    assert not page.bar.right_button.isEnabled()
    assert "side of at least 32" in page.bar.line.text()
    recipe.train_side.kind.choose(0)
    recipe.test_side.kind.choose(0)
    assert page.model.config == replace(page.model.config, train_side=None, test_side=None)
