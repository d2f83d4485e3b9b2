"""One real run through the page: torch loads in the background, the built-in set is learned, the result is kept."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.arch.blocks import VGGBlock
from explorer.arch.spec import Head, InputShape, NetworkSpec
from explorer.gui.document import ArchDocument
from explorer.gui.panels.train_page import TrainPage
from explorer.gui.theme import ThemeSource
from explorer.gui.torch_loader import TorchLoader
from explorer.gui.training import TrainingSession
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.store import RunStore

pytestmark = [pytest.mark.gui, pytest.mark.torch]
TINY = NetworkSpec(InputShape(1, 28, 28), (VGGBlock(1, 4), VGGBlock(1, 8)), Head((), 0.0, "global_average"), 10, "tiny")


def test_a_real_run_is_measured_trained_and_continued(qtbot: QtBot, tmp_path: Path, theme: ThemeSource) -> None:
    store = RunStore(tmp_path)
    session = TrainingSession(store, TorchLoader())
    page = TrainPage(ArchDocument(TINY), theme, session)
    qtbot.addWidget(page)
    page.resize(1376, 840)
    page.show()
    qtbot.waitUntil(lambda: page.settings.data.facts is not None, timeout=20_000)
    page.settings.forecast.measure.click()
    qtbot.waitUntil(lambda: session.state == "idle" and page.settings.forecast._epoch.text() != "–", timeout=90_000)
    limited = DataConfig("fashion-mnist-small", train_limit=256, test_limit=64)
    config = replace(TrainConfig(epochs=1, batch_size=64), data=limited)
    session.start(TINY, config, "tiny · real")
    qtbot.waitUntil(lambda: session.state == "ended", timeout=60_000)
    assert session.failure is None
    assert list(session.history.steps) == [1, 2, 3, 4]
    assert all(math.isfinite(loss) for loss in session.history.losses)
    row = page.runs_model.rows[0]
    assert (row.record.status, row.record.best_accuracy) == ("finished", session.history.eval_accuracies[-1])
    assert store.latest_checkpoint(row.id) is not None
    page.model.set(epochs=2)
    page.presenter.go_on(row.id)
    qtbot.waitUntil(lambda: session.state == "ended" and len(session.history) == 8, timeout=60_000)
    assert len(page.board.runs[0].curves.steps) == 8
    session.wait_for_end()
    page.shut_down()
    page.hide()
    store.close()
