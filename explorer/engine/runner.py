"""Training that is kept: the one entry for the window, the command line and a sweep.

Every event is in the run store before anybody hears of it, checkpoints are written and thinned out, and whatever goes
wrong becomes the run's last event, `RunFailed`.
"""

from __future__ import annotations

import logging
import platform
import traceback
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import fields, replace
from typing import Self

import numpy
import torch

import explorer
from explorer.arch.spec import NetworkSpec
from explorer.engine.checkpoint import Checkpoints, model_weights, read_state
from explorer.engine.data import DataSet, load
from explorer.engine.failures import described_failure
from explorer.engine.grow import start_tensors
from explorer.engine.state import TrainState
from explorer.engine.train import train
from explorer.errors import ConfigError, DataError, ExplorerError, RunError
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.database import StoreError
from explorer.runs.events import CheckpointSaved, FailureKind, RunEvent, RunFailed, StepsDone
from explorer.runs.record import CheckpointRecord, RunRecord
from explorer.runs.sides import largest_side
from explorer.runs.store import RunStore

_log = logging.getLogger(__name__)
_MAY_CHANGE = {"epochs", "learning_rate", "device", "precision"}
"""What a run may go on with differently; and its data may lie elsewhere, if their fingerprint is the same."""


class RecordedRun(Iterator[RunEvent]):
    """The events of one run, each on record when it is handed out. `record` is the run, once there is one.

    Nothing is raised while it is iterated: a run that cannot even begin gives a single `RunFailed`.
    """

    def __init__(self, events: Generator[RunEvent, None, None], beginning: _Beginning) -> None:
        self._events = events
        self._beginning = beginning

    @property
    def record(self) -> RunRecord | None:
        """The run as it was created or taken up; None before the first event, or where that failed."""
        return self._beginning.record

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> RunEvent:
        return next(self._events)

    def close(self) -> None:
        """Leave the run where it is; it counts as interrupted and can be continued."""
        self._events.close()


def run_recorded(
    store: RunStore,
    spec: NetworkSpec | None,
    config: TrainConfig | None,
    control: RunControl,
    *,
    name: str | None = None,
    note: str = "",
    resume_run: int | None = None,
    data: DataSet | None = None,
) -> RecordedRun:
    """The events of a run of `spec` with `config`, recorded in `store`; nothing happens before the first is asked for.

    With `resume_run`, that run goes on from its newest checkpoint that verifies (a new one begins). Its own network and
    recipe are used where `spec` and `config` are None; a given recipe may differ in epochs, device, precision and the
    data's place. `data` saves loading what is already there.
    """
    beginning = _Beginning(store, spec, config, name=name, note=note, resume_run=resume_run, data=data)
    return RecordedRun(_guarded(store, beginning, control), beginning)


def weights(store: RunStore, run_id: int, *, best: bool = True) -> dict[str, torch.Tensor]:
    """A run's weights, under its module's names: the best ones, or the last. Raises RunError where none are whole."""
    records = store.checkpoints(run_id)
    if best:
        records = [record for record in records if record.is_best] or records
    state = _first_whole(records)
    if state is None:
        raise RunError(f"The run “{store.get(run_id).name}” has kept no weights.")
    return model_weights(state[1])


class _Beginning:
    """What a run starts with: found, checked and claimed by `prepare`."""

    def __init__(
        self,
        store: RunStore,
        spec: NetworkSpec | None,
        config: TrainConfig | None,
        *,
        name: str | None,
        note: str,
        resume_run: int | None,
        data: DataSet | None,
    ) -> None:
        self._store = store
        self._spec, self._config, self._data = spec, config, data
        self._name, self._note, self._resume_run = name, note, resume_run
        self.record: RunRecord | None = None

    def claim(self) -> RunRecord:
        """The run, created or taken up, as this process's own."""
        if self._resume_run is None:
            if self._spec is None or self._config is None:
                raise RunError("A new run needs a network and a recipe.")
            start = self._config.start_from
            if start is not None:
                self._store.get(start.run_id)  # a run that is not there is said before one is created
            parent_id = start.run_id if start else None
            record = self._store.create(self._spec, self._config, name=self._name, note=self._note, parent_id=parent_id)
        else:
            record = self._checked(self._store.get(self._resume_run))
        self._store.claim(record.id)
        self.record = record
        if self._config is not None and self._config != record.config:
            self._store.set_config(record.id, self._config)
        return record

    def events(
        self, record: RunRecord, control: RunControl, checkpoints: Checkpoints
    ) -> Generator[RunEvent, None, None]:
        """The training itself, from where the run stands."""
        config, spec = self._config or record.config, record.spec
        data = self._data if self._data is not None else load(config.data, spec, side=largest_side(config))
        if record.data_fingerprint and data.fingerprint != record.data_fingerprint:
            raise DataError(f"The run “{record.name}” learned from other pictures than those of {data.title} now.")
        self._store.describe_environment(record.id, versions=versions(), data_fingerprint=data.fingerprint)
        state = self._state(record, checkpoints)
        start = self._start(spec, config) if state is None else None
        yield from train(spec, config, control=control, resume=state, save=checkpoints.save, data=data, start=start)

    def _start(self, spec: NetworkSpec, config: TrainConfig) -> dict[str, torch.Tensor] | None:
        """The tensors that a new run takes from the one it starts from; None from scratch."""
        wish = config.start_from
        if wish is None:
            return None
        source = self._store.get(wish.run_id)
        state = weights(self._store, source.id, best=wish.weights == "best")
        return start_tensors(source.spec, spec, state, wish.rule)

    def _checked(self, record: RunRecord) -> RunRecord:
        if record.is_deleted:
            raise RunError(f"The run “{record.name}” was deleted; bring it back first.")
        if self._spec is not None and replace(self._spec, name=record.spec.name) != record.spec:
            raise RunError(f"The run “{record.name}” has another network. Start a new run for this one.")
        if self._config is not None:
            _check_changes(record, self._config)
        epochs = (self._config or record.config).epochs
        if record.status == "finished" and epochs <= record.config.epochs:
            message = f"The run “{record.name}” has finished its {record.config.epochs} epochs. Give it more to go on."
            raise RunError(message)
        return record

    def _state(self, record: RunRecord, checkpoints: Checkpoints) -> TrainState | None:
        records = self._store.checkpoints(record.id)
        if not records:
            return None
        found = _first_whole(records)
        if found is None:
            message = f"No checkpoint of the run “{record.name}” is whole any more. Duplicate the run to start over."
            raise RunError(message)
        best = next((known.path.name for known in records if known.is_best), None)
        checkpoints.continue_from(found[0].path.name, best=best)
        return found[1]


def _guarded(store: RunStore, beginning: _Beginning, control: RunControl) -> Generator[RunEvent, None, None]:
    """The run's events; every exception becomes the last of them."""
    try:
        record = beginning.claim()
    except Exception as error:  # noqa: BLE001  the edge of a worker thread
        yield failure(error, step=0)
        return
    try:
        yield from _recorded(store, record, beginning, control)
    finally:
        try:
            store.release(record.id)
        except StoreError:
            _log.exception("run %d could not be given back", record.id)


def _recorded(
    store: RunStore, record: RunRecord, beginning: _Beginning, control: RunControl
) -> Generator[RunEvent, None, None]:
    checkpoints = Checkpoints(record.folder)
    step = record.last_step
    try:
        with closing(beginning.events(record, control, checkpoints)) as events:
            for event in events:
                store.append(record.id, event)
                if isinstance(event, CheckpointSaved):
                    checkpoints.prune(event)
                if isinstance(event, StepsDone):
                    step = event.last_step
                yield event
        return
    except Exception as error:  # noqa: BLE001  the edge of a worker thread
        last = failure(error, step=step, record=record)
    try:
        store.append(record.id, last)
    except StoreError:
        _log.exception("the failure of run %d could not be kept", record.id)
    yield last


def failure(error: Exception, *, step: int, record: RunRecord | None = None) -> RunFailed:
    """`error` as the last event of a run: a sentence for the user; a traceback too where the fault is ours.

    Text only: a live traceback would hold the loop's tensors.
    """
    if isinstance(error, StoreError):
        return RunFailed("disk", str(error), step)
    if isinstance(error, ExplorerError) or record is None:
        known = isinstance(error, ExplorerError)
        kind: FailureKind = "data" if isinstance(error, DataError) else "config" if known else "bug"
        details = "" if known else "".join(traceback.format_exception(error))
        return RunFailed(kind, str(error) if known else f"The run broke: {type(error).__name__}.", step, details)
    return described_failure(error, spec=record.spec, config=record.config, step=step)


def versions() -> dict[str, str]:
    """What decides a run besides its settings: the versions of this program and of what it computes with."""
    return {
        "explorer": explorer.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": numpy.__version__,
        "platform": platform.platform(),
    }


def _check_changes(record: RunRecord, config: TrainConfig) -> None:
    for field in fields(TrainConfig):
        before, now = getattr(record.config, field.name), getattr(config, field.name)
        if isinstance(before, DataConfig):
            before, now = replace(before, folder=""), replace(now, folder="")
        if before != now and field.name not in _MAY_CHANGE:
            message = (
                f"The run “{record.name}” goes on with its own recipe: {field.name} was {before}, and this is {now}. "
                "Duplicate the run to try another one."
            )
            raise ConfigError(message, path=field.name)


def _first_whole(records: list[CheckpointRecord]) -> tuple[CheckpointRecord, TrainState] | None:
    """The first checkpoint that can be believed, and what it holds."""
    for record in records:
        if record.path.exists():
            try:
                return record, read_state(record.path, sha256=record.sha256)
            except RunError as error:
                _log.warning("%s", error)
    return None
