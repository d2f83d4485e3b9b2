"""The settings of the next run: defaults that follow the data, changes that stay, and whether pictures fit."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from explorer.analysis.summary import MemoryForecast
from explorer.arch.presets import find_preset, starter
from explorer.errors import ConfigError
from explorer.gui.document import ArchDocument
from explorer.gui.engine_door import DeviceFacts
from explorer.gui.jobs import Jobs
from explorer.gui.models.header_totals import header_totals
from explorer.gui.models.train_settings_model import TrainSettingsModel
from explorer.gui.panels.data_facts import fit_of, inspect_data
from explorer.gui.panels.plots_panel import place_of, weight_at
from explorer.gui.panels.run_texts import fix_of, run_name
from explorer.gui.panels.train_forecast import largest_batch
from explorer.gui.panels.train_recipe import RecipeSection, ladder_step, optimizer_key, optimizer_values
from explorer.gui.panels.train_settings import TrainSettings
from explorer.gui.theme import ThemeSource
from explorer.runs.config import TrainConfig
from explorer.runs.datasets import SMALL_SET
from explorer.runs.events import CheckpointSaved, RunFailed
from explorer.runs.recipes import default_recipe, recipe_for
from explorer.units import num_bytes

pytestmark = pytest.mark.gui
SPEC = starter().spec


def test_untouched_fields_follow_the_data_set_and_changed_ones_stay() -> None:
    model = TrainSettingsModel()
    model.set(learning_rate=0.03)
    model.set_data("cifar10")
    expected = default_recipe("cifar10")
    assert model.config == replace(expected, learning_rate=0.03)
    assert model.is_changed("learning_rate")
    assert not model.is_changed("epochs")


def test_reset_brings_the_default_back_and_a_value_set_to_it_counts_as_unchanged() -> None:
    model = TrainSettingsModel()
    default = model.config.batch_size
    model.set(batch_size=7)
    model.reset("batch_size")
    assert model.config.batch_size == default
    model.set(batch_size=7)
    model.set(batch_size=default)
    assert not model.is_changed("batch_size")


def test_a_wish_that_cannot_be_is_refused_and_changes_nothing() -> None:
    model = TrainSettingsModel()
    before = model.config
    with pytest.raises(ConfigError, match="Nesterov needs a momentum"):
        model.set(momentum=0.0, nesterov=True)
    assert model.config == before


def test_flip_belongs_to_the_data_and_is_set_like_the_rest() -> None:
    model = TrainSettingsModel()
    wanted = not model.config.data.flip
    model.set(flip=wanted, crop_padding=3)
    assert (model.config.data.flip, model.config.data.crop_padding) == (wanted, 3)


@pytest.mark.parametrize("key", ["nesterov", "momentum", "sgd", "adam", "adamw"])
def test_each_optimizer_of_the_list_is_recognised_again(key: str) -> None:
    config = TrainConfig()
    assert optimizer_key(replace(config, **optimizer_values(key, config))) == key


def test_the_rate_steps_through_1_2_5() -> None:
    rates = [0.1]
    for _ in range(4):
        rates.append(ladder_step(rates[-1], 1))
    assert rates == [0.1, 0.2, 0.5, 1.0, 2.0]
    assert ladder_step(0.1, -1) == 0.05
    assert ladder_step(0.03, -1) == 0.02
    assert ladder_step(0.0, 1) == 1e-5


def test_a_changed_row_shows_reset_and_only_then(qtbot: QtBot, theme: ThemeSource) -> None:
    document, model = ArchDocument(SPEC), TrainSettingsModel()
    section = RecipeSection(document, model, theme=theme)
    qtbot.addWidget(section)
    row = section.row("learning_rate")
    seen = [row.is_changed]
    section.rate.edited.emit(2 * model.config.learning_rate)
    seen.append(row.is_changed)
    row.reset_wished.emit()
    assert [*seen, row.is_changed] == [False, True, False]
    assert section.rate.value() == default_recipe(model.data.name).learning_rate


def test_dropout_is_an_edit_of_the_network(qtbot: QtBot, theme: ThemeSource) -> None:
    document, model = ArchDocument(SPEC), TrainSettingsModel()
    section = RecipeSection(document, model, theme=theme)
    qtbot.addWidget(section)
    section.dropout.edited.emit(0.25)
    assert document.spec.head.dropout == 0.25
    assert document.undo_stack.undoText() == "Dropout 0.25"


def test_showing_a_recipe_is_not_reported_as_an_edit(qtbot: QtBot, theme: ThemeSource) -> None:
    document, model = ArchDocument(SPEC), TrainSettingsModel()
    section = RecipeSection(document, model, theme=theme)
    qtbot.addWidget(section)
    model.load(TrainConfig(optimizer="adam", learning_rate=0.01, epochs=3))
    before = model.config
    section.refresh()
    assert model.config == before
    assert document.undo_stack.count() == 0


def test_the_built_in_set_is_found_with_seven_pictures_and_fits_the_starter() -> None:
    facts = inspect_data("fashion-mnist-small")
    assert facts.problem == ""
    assert len(facts.pictures) == 7
    assert fit_of(facts, SPEC).sentence == "1 channel, 10 classes: fits the network"


def test_colours_for_a_grey_network_fit_and_it_is_said_what_happens() -> None:
    facts = inspect_data("synthetic")
    fit = fit_of(facts, replace(SPEC, num_classes=facts.num_classes))
    assert fit.ok
    assert "turned to grey" in fit.sentence


def test_too_many_channels_offer_the_input_that_fits() -> None:
    facts = inspect_data("fashion-mnist-small")
    fit = fit_of(facts, replace(SPEC, input=replace(SPEC.input, channels=5)))
    assert not fit.ok
    assert fit.fixed is not None
    assert fit.fixed.input.channels == 1


def test_a_folder_without_pictures_is_a_sentence_not_an_exception(tmp_path: Path) -> None:
    facts = inspect_data("folder", str(tmp_path))
    assert str(tmp_path) in facts.problem
    assert fit_of(facts, SPEC).sentence == facts.problem


def test_pictures_of_class_folders_become_thumbnails(tmp_path: Path) -> None:
    for number, name in enumerate(("cats", "dogs")):
        (tmp_path / name).mkdir()
        for index in range(6):
            image = QImage(20, 30, QImage.Format.Format_RGB32)
            image.fill(0xFFFF0000 if number else 0xFF00FF00)
            image.save(str(tmp_path / name / f"{index}.png"))
    facts = inspect_data("folder", str(tmp_path))
    assert facts.problem == ""
    assert facts.num_classes == 2
    assert facts.pictures[0].pixels[:3] in {b"\x00\x00\x00", b"\xff\xff\xff"}
    assert {picture.label for picture in facts.pictures} == {0, 1}


def settings_panel(qtbot: QtBot, theme: ThemeSource) -> tuple[ArchDocument, TrainSettings]:
    """The left column of the Train page, its pictures looked at."""
    document, jobs = ArchDocument(SPEC), Jobs()
    panel = TrainSettings(document, TrainSettingsModel(), jobs, theme=theme)
    qtbot.addWidget(panel)
    jobs.wait()
    return document, panel


def test_the_forecast_follows_the_format_and_the_networks_own_figures_do_not(qtbot: QtBot, theme: ThemeSource) -> None:
    document, panel = settings_panel(qtbot, theme)
    in_float32 = document.summary.memory
    assert document.summary.training_memory == in_float32
    panel.set_devices((DeviceFacts("cpu", "CPU", "2 cores", 8 << 30, ("float32", "bf16"), "bf16"),))
    assert document.conditions.precision == "bf16"
    assert panel.device.precision.toolTip() == "Auto is bf16 here: the fastest format of this device"
    assert document.summary.memory == in_float32
    short = document.summary.training_memory
    assert short is not None
    assert in_float32 is not None
    assert short.total < in_float32.total
    assert "bf16 copies of the weights" in panel.forecast._memory.toolTip()
    total = header_totals(document.summary)[3]
    assert (total.value, total.note) == (num_bytes(short.total), "batch 64, bf16")
    assert "copies of the weights" in total.tip
    panel.model.set(precision="float32")
    assert document.summary.training_memory == in_float32
    assert "copies" not in panel.forecast._memory.toolTip()
    assert header_totals(document.summary)[3].note == "batch 64"


def test_the_format_of_the_last_start_counts_until_torch_has_looked(qtbot: QtBot, theme: ThemeSource) -> None:
    document, panel = settings_panel(qtbot, theme)
    panel.restore({"data": SMALL_SET, "auto_precision": "bf16"})
    assert document.conditions.precision == "bf16"
    assert panel.state()["auto_precision"] == "bf16"
    panel.set_devices((DeviceFacts("cpu", "CPU", "2 cores", 8 << 30, ("float32",)),))
    assert document.conditions.precision == "float32"
    assert panel.state()["auto_precision"] == "float32"
    panel.restore({"data": SMALL_SET, "auto_precision": ["int4"]})
    assert panel.state()["auto_precision"] == "float32"


def test_the_largest_batch_is_the_power_of_two_that_fits() -> None:
    memory = MemoryForecast(batch_size=10, parameters=100, gradients=100, optimizer=100, saved=1000)
    assert largest_batch(memory, 300 + 100 * 77) == 64
    assert largest_batch(memory, 350) == 0
    assert largest_batch(None, 350) is None


def test_the_smoothing_slider_reaches_from_0_to_0_999() -> None:
    assert weight_at(0) == 0.0
    assert weight_at(1000) == 0.999
    assert weight_at(place_of(0.985)) == pytest.approx(0.985, abs=5e-4)


def test_weights_and_rate_that_nobody_changed_follow_the_network() -> None:
    model, heard = TrainSettingsModel(), []
    model.changed.connect(lambda: heard.append(model.config))
    before = model.config
    model.set_network(find_preset("vgg16").spec)
    assert (model.config.init, model.config.learning_rate) == ("he", 0.01)
    assert not model.is_changed("init", "learning_rate")
    model.set_data("mnist")
    assert model.config.init == "he"
    model.set(epochs=3)
    model.set_network(find_preset("vgg16-bn").spec)
    assert (model.config.init, model.config.learning_rate) == (before.init, before.learning_rate)
    assert heard[-1] == model.config


def test_a_rate_of_ones_own_and_another_recipe_stay_whatever_the_network() -> None:
    model = TrainSettingsModel()
    model.set(learning_rate=0.03)
    model.set_network(find_preset("vgg16").spec)
    assert (model.config.init, model.config.learning_rate) == ("he", 0.03)
    for name in ("paper", "d2l", "adam"):
        model.set_network(find_preset("vgg16").spec)
        model.load_recipe(recipe_for(SMALL_SET, recipe=name))
        chosen = model.config
        for other in ("vgg16-bn", "lenet5", "vgg16"):
            model.set_network(find_preset(other).spec)
            assert model.config == chosen


def test_a_taken_name_is_numbered() -> None:
    first = run_name(SPEC, TrainConfig())
    assert run_name(SPEC, TrainConfig(), frozenset({first})) == f"{first} 2"


def test_each_failure_that_settings_can_mend_offers_that_change() -> None:
    config = TrainConfig(batch_size=256, learning_rate=0.5)
    memory, rate = RunFailed("memory", "m", 1), RunFailed("not_finite", "n", 1)
    assert (fix := fix_of(memory, config)) is not None
    assert fix.changes == (("batch_size", 128),)
    assert (fix := fix_of(rate, config)) is not None
    assert (fix.label, fix.changes, fix.then) == ("Start again with 0.05", (("learning_rate", 0.05),), "start")
    assert fix_of(RunFailed("disk", "d", 1), config) is None


def test_where_weights_were_kept_a_rate_that_is_too_high_is_mended_by_going_on_from_them() -> None:
    kept = CheckpointSaved(938, 2, "checkpoint-000000938.safetensors", "0" * 64, is_best=True)
    fix = fix_of(RunFailed("not_finite", "n", 950), TrainConfig(learning_rate=0.5), kept)
    assert fix is not None
    assert (fix.label, fix.changes) == ("Go on from epoch 2 with 0.05", (("learning_rate", 0.05),))
    assert fix.then == "go_on"
