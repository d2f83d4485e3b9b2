"""A stored run in the form that reports show."""

from __future__ import annotations

from collections.abc import Iterable

from explorer import units
from explorer.export.report import RunData
from explorer.runs.history import History
from explorer.runs.record import RunRecord
from explorer.runs.store import RunStore

STATUS_WORDS = {
    "new": "Not started",
    "running": "Training",
    "paused": "Paused",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "interrupted": "Interrupted",
}


_ENVIRONMENT_WORDS = {
    "explorer": "Conv-Arch Explorer",
    "python": "Python",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "platform": "System",
}


def stored_run(store: RunStore, run_id: int) -> RunData:
    """The run `run_id` with its curves. Raises RunError if there is none."""
    return run_data(store.get(run_id), History(store.events(run_id)))


def run_data(record: RunRecord, history: History) -> RunData:
    """One run; steps become parts of an epoch, the train curves are smoothed so that a report stays readable."""
    per_epoch = history.started.steps_per_epoch if history.started else 1
    return RunData(
        name=record.name,
        status=STATUS_WORDS[record.status],
        config=record.config,
        color=record.color_index,
        train_epochs=[step / per_epoch for step in history.steps],
        train_losses=smoothed(history.losses, window=max(1, per_epoch // 25)),
        train_accuracies=smoothed(history.accuracies, window=max(1, per_epoch // 25)),
        evaluation_epochs=[step / per_epoch for step in history.eval_steps],
        evaluation_losses=list(history.eval_losses),
        evaluation_accuracies=list(history.eval_accuracies),
        elapsed_s=record.elapsed_s,
        environment=_environment(record),
    )


def smoothed(values: Iterable[float], *, window: int) -> list[float]:
    """The running mean over the last `window` values (fewer at the start)."""
    recent: list[float] = []
    means = []
    for value in values:
        recent.append(value)
        if len(recent) > window:
            recent.pop(0)
        means.append(sum(recent) / len(recent))
    return means


def _environment(record: RunRecord) -> tuple[tuple[str, str], ...]:
    rows = [(_ENVIRONMENT_WORDS.get(name, name), version) for name, version in record.versions.items()]
    rows += [("Device", record.device), ("Number format", record.precision)]
    rows += [("Parameters", units.exact(record.num_parameters)), ("SHA-256 of the data", record.data_fingerprint)]
    return tuple((label, value) for label, value in rows if value)
