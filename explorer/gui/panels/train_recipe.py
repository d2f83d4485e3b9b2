"""The Recipe section of the Train settings: optimizer, rate, schedule, epochs, batch; the rest under a disclosure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.arch.spec import NetworkSpec
from explorer.errors import ConfigError, SpecError
from explorer.gui.document import ArchDocument
from explorer.gui.models.train_settings_model import TrainSettingsModel
from explorer.gui.panels.train_form import Group, SettingRow
from explorer.gui.panels.train_sides import TestSide, TrainSide
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Combo, Label, NumberField, Segmented, Stepper, TextButton
from explorer.runs.config import TrainConfig
from explorer.runs.recipe_words import INIT_TITLES, SCHEDULE_TITLES, optimizer_title
from explorer.runs.recipes import RECIPES, asked_by, fitted_recipe, recipe_of
from explorer.units import tidy

_NO_YES = ((False, "No"), (True, "Yes"))
OWN = "own"
OWN_SENTENCE = "Dots mark what differs from our recipe."
_LADDER = (1.0, 2.0, 5.0, 10.0)


def ladder_step(value: float, steps: int) -> float:
    """The next of 1, 2, 5, 10, ... above or below `value`."""
    for _ in range(abs(steps)):
        value = _next_rung(value, up=steps > 0)
    return value


def _next_rung(value: float, *, up: bool) -> float:
    if value <= 0:
        return 1e-5 if up else 0.0
    power = math.floor(math.log10(value) + 1e-9)
    rungs = [f * 10.0**p for p in (power - 1, power, power + 1) for f in _LADDER[:3]]
    if up:
        return float(f"{next(rung for rung in rungs if rung > value * (1 + 1e-9)):.12g}")
    return float(f"{next(rung for rung in reversed(rungs) if rung < value * (1 - 1e-9)):.12g}")


def recipe_choices(*, with_own: bool = False) -> list[tuple[str, str]]:
    """Every recipe by its title; one's own where the settings are none of them."""
    titles = [(name, "Ours" if name == "ours" else recipe.title) for name, recipe in RECIPES.items()]
    return [*titles, (OWN, "Your own")] if with_own else titles


def optimizer_choices(momentum: float) -> list[tuple[str, str]]:
    """What the optimizer combo offers; SGD names its momentum."""
    config = TrainConfig(momentum=momentum if momentum > 0 else 0.9)
    keys = ("nesterov", "momentum", "sgd", "adam", "adamw")
    return [(key, optimizer_title(replace(config, **optimizer_values(key, config)))) for key in keys]


def optimizer_key(config: TrainConfig) -> str:
    """The choice of the combo that `config` means."""
    if config.optimizer != "sgd":
        return config.optimizer
    return "sgd" if config.momentum == 0 else "nesterov" if config.nesterov else "momentum"


def optimizer_values(key: str, config: TrainConfig) -> dict[str, Any]:
    """The fields that a choice of the combo sets."""
    momentum = config.momentum if config.momentum > 0 else 0.9
    values: dict[str, dict[str, Any]] = {
        "nesterov": {"optimizer": "sgd", "momentum": momentum, "nesterov": True},
        "momentum": {"optimizer": "sgd", "momentum": momentum, "nesterov": False},
        "sgd": {"optimizer": "sgd", "momentum": 0.0, "nesterov": False},
        "adam": {"optimizer": "adam"},
        "adamw": {"optimizer": "adamw"},
    }
    return values[key]


class RecipeSection(Group):
    """Every field of the recipe. A wish that cannot be used is answered below its control."""

    def __init__(
        self, document: ArchDocument, model: TrainSettingsModel, parent: QWidget | None = None, *, theme: ThemeSource
    ) -> None:
        super().__init__(parent, theme=theme)
        self._document = document
        self._model = model
        self._theme = theme
        self._rows: dict[tuple[str, ...], SettingRow] = {}
        self._fill: list[Callable[[TrainConfig], None]] = []
        self._add_recipes()
        self._add_main_rows()
        self.more_button = TextButton("", "link", "chevron-right", theme=theme)
        self.more_button.setFixedHeight(24)
        self.more_button.clicked.connect(self.toggle_more)
        disclosure = QHBoxLayout()
        disclosure.setContentsMargins(10, 0, 0, 0)
        disclosure.addWidget(self.more_button)
        disclosure.addStretch()
        self.add(disclosure)
        self._more = QWidget()
        self._more_rows = QVBoxLayout(self._more)
        self._more_rows.setContentsMargins(0, 0, 0, 0)
        self._more_rows.setSpacing(8)
        self._add_more_rows()
        self._more.hide()
        self.add(self._more)
        model.changed.connect(self.refresh)
        document.summary_changed.connect(self.refresh)
        self.refresh()

    def row(self, *names: str) -> SettingRow:
        """The row of the fields `names`."""
        return self._rows[names]

    def toggle_more(self) -> None:
        """Open or close the rest."""
        opened = self._more.isHidden()
        self._more.setVisible(opened)
        self.more_button.set_icon("chevron-down" if opened else "chevron-right")

    def refresh(self) -> None:
        """Show the recipe as it stands."""
        config = self._model.config
        for fill in self._fill:
            fill(config)
        for names, row in self._rows.items():
            row.set_changed(self._model.is_changed(*names))
        self._fill_recipe(config)
        side = min(self._document.spec.input.height, self._document.spec.input.width)
        self.train_side.set_input_side(side)
        self.test_side.set_input_side(side)
        dropout = self._document.spec.head.dropout
        self.dropout.set_value(dropout)
        self.dropout.setEnabled(bool(self._document.spec.head.hidden))
        self.more_button.set_text(
            f"Weight decay {tidy(config.weight_decay)} · dropout {tidy(dropout)} · seed {config.seed}"
        )
        self._rows["momentum",].setVisible(optimizer_key(config) in {"nesterov", "momentum"})
        self._rows["plateau_patience",].setVisible(config.schedule == "plateau")

    def _add_recipes(self) -> None:
        theme = self._theme
        self.recipes = Combo(recipe_choices(), theme=theme, name="Recipe")
        self.recipes.setToolTip("Take a known way to train with one click, scaled to the data set")
        self.recipes.edited.connect(self._choose_recipe)
        self.add(SettingRow("Recipe", self.recipes, theme=theme, is_title=True))
        self.recipe_sentence = Label(theme=theme, size_px=12, ink="muted", wrap=True)
        self.recipe_sentence.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.add_indented(self.recipe_sentence)

    def _choose_recipe(self, name: object) -> None:
        if name == OWN:
            return
        data, spec = self._model.data, self._document.spec
        fitted = fitted_recipe(str(name), data.name, folder=data.folder, spec=spec)
        self._model.load_recipe(fitted.config)
        if fitted.dropout is not None and spec.head.hidden and spec.head.dropout != fitted.dropout:
            head = replace(spec.head, dropout=fitted.dropout)
            text = f"Dropout {tidy(fitted.dropout)}, as {fitted.recipe.title}"
            self._document.edit(replace(spec, head=head), text)

    def _fill_recipe(self, config: TrainConfig) -> None:
        """Name the recipe that the settings are, and say how it was scaled."""
        spec = self._document.spec
        found = recipe_of(config, spec)
        self.recipes.set_choices(recipe_choices(with_own=found is None))
        self.recipes.set_value(found.name if found is not None else OWN)
        if found is None:
            # Not less high than what it said before: the field that is being changed stays under the pointer.
            self.recipe_sentence.setMinimumHeight(self.recipe_sentence.height())
            self.recipe_sentence.setText(self._own_sentence(spec))
            self.recipe_sentence.setToolTip("")
            return
        fitted = fitted_recipe(found.name, config.data.name, spec=spec)
        self.recipe_sentence.setMinimumHeight(0)
        self.recipe_sentence.setText(fitted.sentence)
        self.recipe_sentence.setToolTip(found.source)

    def _own_sentence(self, spec: NetworkSpec) -> str:
        """What the dots mean; and why weights and rate follow the network, where the user has not set them."""
        if self._model.is_changed("init"):
            return OWN_SENTENCE
        asked = asked_by(spec, with_rate=not self._model.is_changed("learning_rate"))
        return f"{OWN_SENTENCE} {asked}".rstrip()

    def _add_main_rows(self) -> None:
        theme = self._theme
        self.optimizer = Combo(optimizer_choices(0.9), theme=theme, name="Optimizer")
        self.optimizer.edited.connect(self._choose_optimizer)
        self._row(("optimizer", "momentum", "nesterov"), "Optimizer", self.optimizer, self.body.addWidget)
        self._fill.append(self._fill_optimizer)
        self.rate = NumberField(
            theme=theme, name="Rate", minimum=0.0, minimum_allowed=False, maximum=1e4, step=ladder_step
        )
        self._bind("learning_rate", "Rate", self.rate, self.body.addWidget)
        self.schedule = Combo(tuple(SCHEDULE_TITLES.items()), theme=theme, name="Schedule")
        self._bind("schedule", "Schedule", self.schedule, self.body.addWidget)
        self.epochs = Stepper(theme=theme, name="Epochs", minimum=1, maximum=100_000)
        self._bind("epochs", "Epochs", self.epochs, self.body.addWidget)
        self.batch = _BatchStepper(theme=theme, name="Batch", minimum=1, maximum=1_000_000)
        self._bind("batch_size", "Batch", self.batch, self.body.addWidget)

    def _add_more_rows(self) -> None:
        theme, add = self._theme, self._more_rows.addWidget
        self.decay = NumberField(theme=theme, name="Weight decay", maximum=10.0, step=ladder_step)
        self._bind("weight_decay", "Decay", self.decay, add)
        self.dropout = NumberField(theme=theme, name="Dropout", maximum=0.99, step=_tenth)
        self.dropout.setToolTip("Part of the network's head; changing it can be undone like any edit")
        self.dropout.edited.connect(self._set_dropout)
        add(SettingRow("Dropout", self.dropout, theme=theme))
        self.seed = Stepper(theme=theme, name="Seed", minimum=0, maximum=2**31 - 1)
        self._bind("seed", "Seed", self.seed, add)
        self.momentum = NumberField(theme=theme, name="Momentum", maximum=0.999, step=_tenth)
        self._bind("momentum", "Momentum", self.momentum, add)
        self.patience = Stepper(theme=theme, name="Patience", minimum=1, maximum=10_000)
        self._bind("plateau_patience", "Patience", self.patience, add)
        self.label_smoothing = NumberField(theme=theme, name="Label smoothing", maximum=0.99, step=_tenth)
        self._bind("label_smoothing", "Smoothing", self.label_smoothing, add)
        self.init = Combo(tuple(INIT_TITLES.items()), theme=theme, name="Initial weights")
        self._bind("init", "Weights", self.init, add)
        self.flip = Segmented(_NO_YES, theme=theme, name="Flip pictures")
        self.flip.setToolTip("Mirror every other training picture, left to right")
        self._bind("flip", "Flip", self.flip, add)
        self.crop = Stepper(theme=theme, name="Crop padding", minimum=0, maximum=64)
        self.crop.setToolTip("Pad training pictures by so many pixels and cut a random part of the old size")
        self._bind("crop_padding", "Crop", self.crop, add)
        self.train_side = TrainSide(theme=theme)
        self._bind("train_side", "Side S", self.train_side, add)
        self.test_side = TestSide(theme=theme)
        self._bind("test_side", "Side Q", self.test_side, add)
        self.deterministic = Segmented(_NO_YES, theme=theme, name="Deterministic")
        self.deterministic.setToolTip("Only operations that give the same bits each time; slower on CUDA")
        self._bind("deterministic", "Repeatable", self.deterministic, add)

    def _bind(self, field: str, label: str, control: Any, add: Callable[[QWidget], Any]) -> None:
        """A row whose control shows and wishes the one field of the recipe."""
        row = self._row((field,), label, control, add)
        control.edited.connect(lambda value: self._wish(row, {field: value}))
        self._fill.append(lambda _config: control.set_value(self._model.value(field)))

    def _row(self, names: tuple[str, ...], label: str, control: QWidget, add: Callable[[QWidget], Any]) -> SettingRow:
        row = SettingRow(label, control, theme=self._theme)
        row.reset_wished.connect(lambda: self._model.reset(*names))
        self._rows[names] = row
        add(row)
        return row

    def _wish(self, row: SettingRow, values: dict[str, Any]) -> None:
        try:
            self._model.set(**values)
        except ConfigError as error:
            row.set_error(str(error))
        else:
            row.set_error("")

    def _choose_optimizer(self, key: object) -> None:
        row = self._rows["optimizer", "momentum", "nesterov"]
        self._wish(row, optimizer_values(str(key), self._model.config))

    def _fill_optimizer(self, config: TrainConfig) -> None:
        self.optimizer.set_choices(optimizer_choices(config.momentum))
        self.optimizer.set_value(optimizer_key(config))

    def _set_dropout(self, value: float) -> None:
        spec = self._document.spec
        try:
            head = replace(spec.head, dropout=value)
            self._document.edit(replace(spec, head=head), f"Dropout {tidy(value)}", merge_key="dropout")
        except SpecError as error:
            self.dropout.set_error(str(error))


class _BatchStepper(Stepper):
    """− and + halve and double: batches are powers of two by custom; others can be typed."""

    def step_by(self, steps: int) -> None:
        """Half or double, once a step."""
        for _ in range(abs(steps)):
            self.scale(*((2, 1) if steps > 0 else (1, 2)))


def _tenth(value: float, steps: int) -> float:
    return max(0.0, round(value + 0.1 * steps, 6))


__all__: Sequence[str] = ("RecipeSection", "ladder_step", "optimizer_choices", "optimizer_key", "optimizer_values")
