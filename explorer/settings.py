"""What the window remembers between starts. Only what differs from the defaults is kept."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

from explorer.atomic import write_atomically
from explorer.errors import FileError

_log = logging.getLogger(__name__)

APP_NAME = "conv-arch-explorer"
HOME_VARIABLE = "CONV_ARCH_HOME"
FILE_NAME = "settings.json"
VERSION = 1
MAX_RECENT = 10
THEMES = ("system", "light", "dark")
PAGES = ("design", "train", "inspect")


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default. Sizes are logical pixels; `geometry` is what Qt saved, as hexadecimal text."""

    theme: str = "system"
    page: str = "design"
    language: str = "en"
    geometry: str = ""
    side_width: int = 320
    side_shown: bool = True
    diagram_height: int = 0
    train_settings_width: int = 304
    zoom: float = 0.0
    notation: str = "pairs"
    blocks_folded: tuple[str, ...] = ()
    recent_files: tuple[str, ...] = ()
    data_folder: str = ""
    export_folder: str = ""
    train: Mapping[str, Any] = field(default_factory=dict)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 100 and all(isinstance(text, str) for text in value)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 20_000


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 10_000


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "theme": lambda value: value in THEMES,
    "page": lambda value: value in PAGES,
    "side_shown": lambda value: isinstance(value, bool),
    "side_width": _is_size,
    "diagram_height": _is_size,
    "train_settings_width": _is_size,
    "zoom": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 16,
    "blocks_folded": _is_texts,
    "recent_files": _is_texts,
    "train": lambda value: isinstance(value, dict),
}


def config_folder() -> Path:
    """The folder of the settings: `CONV_ARCH_HOME` if it is set, else the user's own for this program."""
    home = os.environ.get(HOME_VARIABLE, "").strip()
    if home:
        return Path(home).expanduser().absolute()
    return Path(platformdirs.user_config_dir(APP_NAME, appauthor=False))


class SettingsStore:
    """The settings in force and their file.

    A file that cannot be read as settings is set aside beside itself, and `notice` says so; single values that cannot
    be are left at their defaults.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or config_folder()) / FILE_NAME
        self.notice = ""
        self._unknown: dict[str, Any] = {}
        self._current = self._load()
        self._saved = self._current

    @property
    def current(self) -> Settings:
        """The settings in force."""
        return self._current

    def update(self, **changes: Any) -> Settings:
        """The settings with `changes`, in force from now on; `save` writes them."""
        self._current = replace(self._current, **changes)
        return self._current

    def remember_file(self, path: Path) -> None:
        """Put `path` first among the recent files."""
        text = str(path)
        others = tuple(name for name in self._current.recent_files if name != text)
        self.update(recent_files=(text, *others)[:MAX_RECENT])

    def forget_file(self, path: Path) -> None:
        """Take `path` out of the recent files."""
        self.update(recent_files=tuple(name for name in self._current.recent_files if name != str(path)))

    def save(self) -> None:
        """Write what differs from the defaults, if anything changed. Raises FileError."""
        if self._current == self._saved:
            return
        data = {"version": VERSION, **self._unknown, **_differing(self._current)}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"The settings cannot be kept in {self.path.parent}: {error.strerror}.") from error
        write_atomically(self.path, (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode("utf-8"))
        self._saved = self._current

    def _load(self) -> Settings:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Settings()
        except (OSError, UnicodeDecodeError) as error:
            return self._set_aside(str(error))
        try:
            data = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            return self._set_aside(str(error))
        if not isinstance(data, dict):
            return self._set_aside("it is no JSON object")
        return self._settings_of(data)

    def _settings_of(self, data: dict[str, Any]) -> Settings:
        known = {each.name for each in fields(Settings)}
        self._unknown = {key: value for key, value in data.items() if key not in known and key != "version"}
        wanted: dict[str, Any] = {}
        for key in known & data.keys():
            value = data[key]
            if not _CHECKS.get(key, _is_text)(value):
                _log.warning("setting %s cannot be %.60r; its default is used", key, value)
                continue
            wanted[key] = tuple(value) if isinstance(value, list) else value
        return Settings(**wanted)

    def _set_aside(self, why: str) -> Settings:
        aside = self.path.with_name(f"{self.path.stem}.unreadable{self.path.suffix}")
        _log.warning("settings file %s cannot be read (%s)", self.path, why)
        try:
            self.path.replace(aside)
        except OSError:
            self.notice = f"{self.path.name} could not be read, so the defaults are in force."
        else:
            self.notice = (
                f"{self.path.name} could not be read. The defaults are in force; the old file is {aside.name}."
            )
        return Settings()


def _differing(settings: Settings) -> dict[str, Any]:
    plain = Settings()
    found: dict[str, Any] = {}
    for each in fields(Settings):
        value = getattr(settings, each.name)
        if value != getattr(plain, each.name):
            found[each.name] = dict(value) if isinstance(value, Mapping) else value
    return found


def remembered_precision(train: Mapping[str, Any]) -> str:
    """The number format that "auto" took at an earlier start; float32 where none is known."""
    known = train.get("auto_precision")
    return known if known in ("bf16", "fp16") else "float32"
