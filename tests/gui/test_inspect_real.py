"""A real run is trained, tested in several ways, looked at and averaged: torch behind the page Inspect."""

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.arch.blocks import VGGBlock
from explorer.arch.spec import Head, InputShape, NetworkSpec
from explorer.gui.inspecting import InspectSession
from explorer.gui.panels.inspect.page import InspectPage
from explorer.gui.theme import ThemeSource
from explorer.gui.torch_loader import TorchLoader
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.store import RunStore

pytestmark = [pytest.mark.gui, pytest.mark.torch]
TINY = NetworkSpec(InputShape(1, 28, 28), (VGGBlock(1, 4), VGGBlock(1, 8)), Head((16,), 0.0), 10, "tiny")


def test_a_real_run_is_tested_looked_at_and_averaged(qtbot: QtBot, tmp_path: Path, theme: ThemeSource) -> None:
    from explorer.engine.runner import run_recorded
    from explorer.runs.control import RunControl

    store = RunStore(tmp_path)
    data = DataConfig("fashion-mnist-small", train_limit=256, test_limit=64)
    config = TrainConfig(epochs=1, batch_size=64, data=data)
    for seed in (0, 1):
        list(run_recorded(store, TINY, replace(config, seed=seed), RunControl(), name=f"tiny {seed}"))
    session = InspectSession(store, TorchLoader())
    page = InspectPage(theme, session)
    qtbot.addWidget(page)
    page.resize(1376, 840)
    page.show()
    assert [run.name for run in page.runs.runs] == ["tiny 1", "tiny 0"]
    page.form.mirror.choose(0)
    page.start()
    qtbot.waitUntil(lambda: not session.is_busy and bool(page.results.rows), timeout=90_000)
    rows = {row.crop: row for row in page.results.rows}
    assert set(rows) == {"single", "multi", "dense"}
    assert rows["single"].num_images == 64
    assert rows["dense"].accuracy == rows["single"].accuracy == page.runs.runs[0].best_accuracy
    page.pictures.filter.choose(2)
    page.pictures.strip.setCurrentIndex(page.pictures.strip.model().index(0, 0))
    qtbot.waitUntil(lambda: page.pictures.view._map is not None, timeout=30_000)
    found = page.pictures.view._map
    assert found is not None
    assert found.picture.height == found.side == 56
    assert found.rows > 1
    qtbot.waitUntil(lambda: page.pictures.strip.picture(found.index) is not None, timeout=30_000)
    for run in page.runs.runs:
        page.ensemble._tick(run.id, wanted=True)
    page.ensemble.button.click()
    qtbot.waitUntil(lambda: page.ensemble.result is not None and not session.is_busy, timeout=30_000)
    assert page.ensemble.result is not None
    assert {member.run_id for member in page.ensemble.result.members} == {run.id for run in page.runs.runs}
    page.shut_down()
    session.loader.close(10.0)
    page.hide()
    store.close()
