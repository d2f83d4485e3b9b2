"""What can be compared: the document, presets, files and runs; each under a key, with its network and its runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.arch.files import read_spec, spec_to_json
from explorer.arch.presets import PRESETS
from explorer.arch.spec import NetworkSpec
from explorer.errors import ExplorerError
from explorer.export.compared_words import group_words
from explorer.runs.record import RunRecord
from explorer.runs.statistics import RunGroup, run_groups, spec_key
from explorer.runs.store import RunStore

DOCUMENT = "document"
OPEN_FILE = "open"
SECTIONS = ("Document", "Runs", "Presets", "Files")


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to choose: its key, what it is called, a few words more, and the section it stands in."""

    key: str
    title: str
    detail: str
    section: str


@dataclass(frozen=True)
class Chosen:
    """A source with its network, and the groups of runs that belong to it."""

    key: str
    title: str
    spec: NetworkSpec
    groups: tuple[RunGroup, ...] = ()


class CompareSources:
    """Lists and loads what can be compared. `store` opens the runs when they are first wanted."""

    def __init__(
        self,
        *,
        document: Callable[[], NetworkSpec],
        recent: Callable[[], Sequence[Path]],
        store: Callable[[], RunStore],
    ) -> None:
        self._document = document
        self._recent = recent
        self._store = store
        self._opened: list[Path] = []

    @property
    def store(self) -> RunStore:
        """The runs."""
        return self._store()

    def sources(self, query: str = "") -> tuple[Source, ...]:
        """Everything that holds all words of `query`, section by section."""
        words = query.lower().split()
        return tuple(
            source
            for source in self._all()
            if source.key == OPEN_FILE or all(word in f"{source.title} {source.detail}".lower() for word in words)
        )

    def document_spec(self) -> NetworkSpec:
        """The network that is being edited."""
        return self._document()

    def load(self, key: str) -> Chosen:
        """The network and runs of `key`. Raises ExplorerError where they cannot be read."""
        kind, _colon, rest = key.partition(":")
        if kind == DOCUMENT:
            spec = self._document()
            return Chosen(key, spec.name, spec, self.groups_of(spec))
        if kind == "preset":
            preset = PRESETS[rest]
            return Chosen(key, preset.title, preset.spec, self.groups_of(preset.spec))
        if kind == "file":
            spec = read_spec(Path(rest))
            return Chosen(key, spec.name, spec, self.groups_of(spec))
        if kind == "run":
            record = self.store.get(int(rest))
            return Chosen(key, record.name, record.spec, run_groups([record], finished_only=False))
        group = next((group for group in self._groups() if group.key == rest), None)
        if group is None:
            raise ExplorerError("These runs are no longer kept.")
        return Chosen(key, group.label, group.records[-1].spec, (group,))

    def key_of_file(self, path: Path) -> str:
        """The key of a file, which is listed from now on."""
        if path not in self._opened:
            self._opened.insert(0, path)
        return f"file:{path}"

    def keys_of_runs(self, run_ids: Sequence[int]) -> tuple[str, ...]:
        """The keys under which these runs are compared: one for the seeds of a network and recipe, each once."""
        known = {record.id: group for group in self._groups() for record in group.records}
        keys = []
        for run_id in run_ids:
            group = known.get(run_id)
            keys.append(f"group:{group.key}" if group is not None and len(group.records) > 1 else f"run:{run_id}")
        return tuple(dict.fromkeys(keys))

    def _all(self) -> list[Source]:
        spec = self._document()
        found = [Source(DOCUMENT, spec.name, "the network in Design", "Document")]
        found += self._run_sources()
        found += [
            Source(f"preset:{name}", preset.title, preset.source.removeprefix("Preset · "), "Presets")
            for name, preset in PRESETS.items()
        ]
        paths = dict.fromkeys([*self._opened, *self._recent()])
        found += [Source(f"file:{path}", path.name, str(path.parent), "Files") for path in paths]
        return [*found, Source(OPEN_FILE, "Open a file…", "", "Files")]

    def _run_sources(self) -> list[Source]:
        groups = [group for group in self._groups() if len(group.records) > 1]
        joined = {record.id for group in groups for record in group.records}
        found = [Source(f"group:{group.key}", group.label, group_words(group), "Runs") for group in groups]
        alone = [run for run in reversed(self.store.runs()) if run.id not in joined and run.best_accuracy is not None]
        return [*found, *(Source(f"run:{run.id}", run.name, _run_detail(run), "Runs") for run in alone)]

    def _groups(self) -> tuple[RunGroup, ...]:
        return run_groups(self.store.runs())

    def groups_of(self, spec: NetworkSpec) -> tuple[RunGroup, ...]:
        """The groups of runs that trained `spec`, whatever it was called."""
        key = spec_key(json.dumps(spec_to_json(spec)))
        return tuple(group for group in self._groups() if group.key.startswith(f"{key}|"))


def _run_detail(record: RunRecord) -> str:
    accuracy = f"{100 * record.best_accuracy:.1f}\u2009%" if record.best_accuracy is not None else ""
    return f"seed {record.seed} · {accuracy}"
