"""TrainSettings: the left column of the Train page: Data, Recipe, Device and Forecast of the next run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.analysis.summary import Conditions
from explorer.arch.spec import NetworkSpec
from explorer.gui.document import ArchDocument
from explorer.gui.engine_door import Calibrated, DeviceFacts
from explorer.gui.jobs import Jobs
from explorer.gui.models.train_settings_model import TrainSettingsModel
from explorer.gui.panels.train_data import DataSection
from explorer.gui.panels.train_forecast import DeviceSection, ForecastSection, free_memory
from explorer.gui.panels.train_recipe import RecipeSection
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Ground, Label, ScrollColumn
from explorer.runs.config import TrainConfig
from explorer.runs.datasets import DATA_SETS
from explorer.settings import remembered_precision

NEXT_RUN = "For the next run; the current one keeps its own."
WIDTH = 304
_Key = tuple[NetworkSpec, TrainConfig]


class TrainSettings(ScrollColumn):
    """Everything that decides the next run. The document hears the conditions for its own forecast."""

    measure_wished = Signal()

    def __init__(
        self,
        document: ArchDocument,
        model: TrainSettingsModel,
        jobs: Jobs,
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
    ) -> None:
        super().__init__(parent=parent)
        self._document = document
        self.model = model
        self._measured: dict[_Key, Calibrated] = {}
        self._free_bytes: int | None = free_memory()
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Settings of the next run")
        ground = Ground("panel", theme=theme)
        column = self._sections = QVBoxLayout(ground)
        column.setContentsMargins(8, 14, 20, 8)
        column.setSpacing(8)
        self.data = DataSection(document, model, jobs, theme=theme)
        self.recipe = RecipeSection(document, model, theme=theme)
        self.device = DeviceSection(model, theme=theme)
        self.forecast = ForecastSection(theme=theme)
        for section in (self.data, self.recipe, self.device, self.forecast):
            column.addWidget(section)
        column.addStretch()
        self._next = Label(NEXT_RUN, theme=theme, size_px=11, weight=500, ink="muted", wrap=True)
        self._next.setContentsMargins(12, 0, 0, 0)
        self._next.hide()
        column.addWidget(self._next)
        self.setWidget(ground)
        self.forecast.measure_wished.connect(self.measure_wished)
        model.changed.connect(self.refresh)
        document.summary_changed.connect(self.refresh)
        self.refresh()

    def add_after_recipe(self, section: QWidget) -> None:
        """Put one more section between Recipe and Device."""
        self._sections.insertWidget(self._sections.indexOf(self.device), section)

    def refresh(self) -> None:
        """Bring forecast and conditions up to date."""
        self._tell_conditions()
        self.forecast.show_memory(self._document.summary.training_memory, self._free_bytes)
        self.forecast.show_times(self._measured.get(self._key()), epochs=self.model.config.epochs)

    def set_measured(self, result: Calibrated) -> None:
        """Show what trial steps with the present settings found."""
        self._measured[self._key()] = result
        self.refresh()

    def set_devices(self, devices: tuple[DeviceFacts, ...]) -> None:
        """Offer what torch found."""
        self.device.set_devices(devices)
        self.look_at_memory()

    def set_running(self, running: bool) -> None:
        """Say, while a run goes on, that the settings are for the next."""
        self._next.setVisible(running)

    def look_at_memory(self) -> None:
        """Ask anew how much memory is free."""
        chosen = self.device.chosen
        is_own = chosen is not None and chosen.name != "cpu"
        self._free_bytes = chosen.free_bytes if chosen is not None and is_own else free_memory()
        self.refresh()

    def state(self) -> dict[str, Any]:
        """What a later start of the program should find again."""
        data = self.model.data
        return {"data": data.name, "folder": data.folder, "auto_precision": self.device.auto_precision}

    def restore(self, state: Any) -> None:
        """Take back what `state` told; what is not understood is left alone."""
        known = state if isinstance(state, Mapping) else {}
        name = known.get("data", "")
        self.device.auto_precision = remembered_precision(known)
        if isinstance(name, str) and name in DATA_SETS:
            folder = known.get("folder", "")
            self.model.set_data(name, folder if isinstance(folder, str) else "")
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the memory anew: it may be long since the last time."""
        super().showEvent(event)
        self.look_at_memory()

    def _key(self) -> _Key:
        """What a measurement depends on: a change of anything else keeps it."""
        config = replace(self.model.config, epochs=1, seed=0, learning_rate=0.1, schedule="constant", init="default")
        config = replace(config, label_smoothing=0.0, weight_decay=0.0, start_from=None)
        return replace(self._document.spec, name="network"), config

    def _tell_conditions(self) -> None:
        config, chosen = self.model.config, self.device.chosen
        self._document.set_conditions(
            Conditions(
                batch_size=config.batch_size,
                optimizer=config.optimizer,
                momentum=config.momentum > 0,
                init=config.init,
                free_bytes=self._free_bytes,
                device=chosen.title if chosen is not None else "CPU",
                precision=self.device.precision_taken,
            )
        )
