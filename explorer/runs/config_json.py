"""TrainConfig to JSON values and back. Reading is strict: an error names the field, as in `config.data.flip`."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Literal, TypeVar

from explorer.errors import ConfigError
from explorer.runs.config import DataConfig, StartFrom, TrainConfig

_Config = TypeVar("_Config", DataConfig, StartFrom, TrainConfig)
_TABLES = {"data", "start_from"}
"""Settings that are tables of settings themselves."""
_PAIR = tuple[int, int]
_WORDS = {
    _PAIR: "a pair of whole numbers",
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    type(None): "null",
}


def config_to_json(config: TrainConfig) -> dict[str, Any]:
    """Every setting of `config` as plain JSON values."""
    return asdict(config)


def config_from_json(value: Any, *, path: str = "config") -> TrainConfig:
    """The configuration that `value` describes; settings it leaves out take their defaults.

    Raises ConfigError whose `path` and message name the field at fault.
    """
    settings = _settings(value, TrainConfig, path)
    if "data" in settings:
        settings["data"] = _built(DataConfig, _settings(settings["data"], DataConfig, f"{path}.data"), path)
    if settings.get("start_from") is not None:
        settings["start_from"] = _start(settings["start_from"], f"{path}.start_from", path)
    return _built(TrainConfig, settings, path)


def _start(value: Any, where: str, path: str) -> StartFrom:
    settings = _settings(value, StartFrom, where)
    if "run_id" not in settings:
        raise ConfigError(f"{where}.run_id says which run the weights come from, and is not there.", path=where)
    return _built(StartFrom, settings, path)


def _built(kind: type[_Config], settings: dict[str, Any], path: str) -> _Config:
    try:
        return kind(**settings)
    except ConfigError as error:
        where = f"{path}.{error.path}" if error.path else path
        raise ConfigError(f"{where}: {error}", path=where) from None


def _settings(value: Any, kind: type[Any], path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{path} is a table of settings, and this is {_shown(value)}.", path=path)
    known = {field.name for field in fields(kind)}
    types_by_name = typing.get_type_hints(kind)
    for name, setting in value.items():
        where = f"{path}.{name}"
        if name not in known:
            raise ConfigError(f"{where} is not a setting; {path} has {', '.join(sorted(known))}.", path=where)
        if name not in _TABLES:
            _check_type(setting, types_by_name[name], where)
    return {name: tuple(setting) if isinstance(setting, list) else setting for name, setting in value.items()}


def _check_type(value: Any, expected: Any, path: str) -> None:
    if typing.get_origin(expected) is Literal:
        choices = typing.get_args(expected)
        if value not in choices:
            raise ConfigError(f"{path} is one of {', '.join(choices)}, and this is {_shown(value)}.", path=path)
        return
    allowed = typing.get_args(expected) if isinstance(expected, types.UnionType) else (expected,)
    if not any(_is(value, kind) for kind in allowed):
        words = " or ".join(_WORDS[kind] for kind in allowed)
        raise ConfigError(f"{path} is {words}, and this is {_shown(value)}.", path=path)


def _is(value: Any, kind: Any) -> bool:
    if kind == _PAIR:
        return isinstance(value, list | tuple) and len(value) == 2 and all(_is(side, int) for side in value)
    if kind in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
