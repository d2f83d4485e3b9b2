"""What the page Train shows when it is opened for the first time, before anything was trained."""

import pytest
from pytestqt.qtbot import QtBot

from explorer.gui.main_window import MainWindow
from explorer.gui.panels.train_page import TrainPage

pytestmark = pytest.mark.gui


@pytest.fixture
def page(qtbot: QtBot, window: MainWindow) -> TrainPage:
    window.resize(1100, 700)
    window.show()
    window.show_page("train")
    page = window.training.page
    qtbot.waitUntil(lambda: page.settings.data.facts is not None)
    return page


def test_the_data_set_and_its_counts_are_whole_beside_a_scroll_bar(page: TrainPage) -> None:
    assert page.settings.verticalScrollBar().maximum() > 0, "at this height the settings scroll"
    assert page.settings.data.sets.currentText() == "Fashion-MNIST, small"
    assert not page.settings.data.sets.is_cut


def test_the_empty_plots_end_where_the_next_run_will_end(page: TrainPage) -> None:
    assert page.board.x_range() == (0.0, float(page.model.config.epochs))
    page.model.set(epochs=3)
    assert page.board.x_range() == (0.0, 3.0)
    page.board.set_across("steps")
    facts = page.settings.data.facts
    assert facts is not None
    steps = -(-facts.num_train // page.model.config.batch_size)
    assert page.board.x_range() == (0.0, 3.0 * steps)


def test_a_smoothing_that_nobody_chose_is_not_remembered_as_a_choice(page: TrainPage) -> None:
    assert page.state()["smoothing"] is None
    page.board.set_smoothing(0.5)
    assert page.state()["smoothing"] == 0.5
