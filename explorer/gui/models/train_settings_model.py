"""TrainSettingsModel: the recipe of the next run: defaults that follow the data set, and what the user changed."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from explorer.arch.spec import NetworkSpec
from explorer.errors import ConfigError
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.datasets import SMALL_SET
from explorer.runs.recipes import default_recipe

_DATA_FIELDS = ("flip", "crop_padding")
_FIELDS = tuple(field.name for field in fields(TrainConfig) if field.name != "data")

_KEPT = frozenset({"seed", "deterministic", "device", "precision", "start_from"})
"""Fields that say where and from what a run begins, not how it is trained."""

_OF_NETWORK = ("init", "learning_rate")
"""Fields whose defaults follow the network too."""
_WAYS = frozenset({"optimizer", "momentum", "nesterov", "schedule"})
"""Fields that make another recipe: its weights and its rate are then its own, whatever the network."""


class TrainSettingsModel(QObject):
    """Holds the TrainConfig of the next run.

    A field that was never touched follows the defaults of the data set and of the network; a changed one keeps its
    value until `reset`. `flip` and `crop_padding` are fields of the data, treated alike.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._data = DataConfig(name=SMALL_SET)
        self._spec: NetworkSpec | None = None
        self._defaults = default_recipe(SMALL_SET)
        self._wishes: dict[str, Any] = {}

    @property
    def config(self) -> TrainConfig:
        """The recipe as it stands."""
        return _with(self._defaults, self._data, self._wishes)

    @property
    def data(self) -> DataConfig:
        """The data set of the recipe."""
        return self.config.data

    def value(self, field: str) -> Any:
        """The value of one field."""
        config = self.config
        return getattr(config.data if field in _DATA_FIELDS else config, field)

    def is_changed(self, *names: str) -> bool:
        """Whether one of the fields differs from the default of the data set."""
        return any(name in self._wishes for name in names)

    def set(self, **values: Any) -> None:
        """Change fields together. Raises ConfigError, and changes nothing, where the recipe could not be used."""
        wishes = self._wishes | values
        _with(self._defaults, self._data, wishes)
        default = {name: self._default(name) for name in wishes}
        wishes = {name: value for name, value in wishes.items() if value != default[name]}
        if wishes != self._wishes:
            self._wishes = wishes
            self.changed.emit()

    def reset(self, *names: str) -> None:
        """Let the fields follow the data set's defaults again; without names, all."""
        kept = {name: value for name, value in self._wishes.items() if names and name not in names}
        if kept != self._wishes:
            self._wishes = kept
            self.changed.emit()

    def set_data(self, name: str, folder: str = "") -> None:
        """Learn from another data set; what was not changed takes its defaults."""
        if (name, folder) == (self._data.name, self._data.folder):
            return
        self._data = DataConfig(name=name, folder=folder)
        self._defaults = default_recipe(name, spec=self._spec)
        try:
            _with(self._defaults, self._data, self._wishes)
        except ConfigError:
            self._wishes = {}
        self.set(**self._wishes)
        self.changed.emit()

    def set_network(self, spec: NetworkSpec) -> None:
        """Train another network: first weights and rate that were not changed take what it asks for."""
        self._spec = spec
        before, defaults = self.config, default_recipe(self._data.name, spec=spec)
        if defaults == self._defaults:
            return
        if not _WAYS.isdisjoint(self._wishes):
            self._wishes |= {name: getattr(before, name) for name in _OF_NETWORK}
        self._defaults = defaults
        self._wishes = {name: value for name, value in self._wishes.items() if value != self._default(name)}
        if self.config != before:
            self.changed.emit()

    def load(self, config: TrainConfig) -> None:
        """Take over the whole recipe of a run."""
        self._data = DataConfig(name=config.data.name, folder=config.data.folder)
        self._defaults = default_recipe(config.data.name, spec=self._spec)
        wanted = {name: getattr(config, name) for name in _FIELDS}
        wanted |= {name: getattr(config.data, name) for name in _DATA_FIELDS}
        self._wishes = {name: value for name, value in wanted.items() if value != self._default(name)}
        self.changed.emit()

    def load_recipe(self, config: TrainConfig) -> None:
        """Take over how to train from a recipe; data set, seed, device and what the run starts from stay."""
        wanted = {name: getattr(config, name) for name in _FIELDS if name not in _KEPT}
        wanted |= {name: getattr(config.data, name) for name in _DATA_FIELDS}
        kept = {name: value for name, value in self._wishes.items() if name in _KEPT}
        self._wishes = kept | {name: value for name, value in wanted.items() if value != self._default(name)}
        self.changed.emit()

    def _default(self, name: str) -> Any:
        return getattr(self._defaults.data if name in _DATA_FIELDS else self._defaults, name)


def _with(defaults: TrainConfig, data: DataConfig, wishes: dict[str, Any]) -> TrainConfig:
    data_wishes = {name: wishes.get(name, getattr(defaults.data, name)) for name in _DATA_FIELDS}
    own = {name: value for name, value in wishes.items() if name not in _DATA_FIELDS}
    return replace(defaults, data=replace(data, **data_wishes), **own)
