"""Kills training at random moments and looks at what is left.

A small network is trained in a process of its own, which tells over a pipe the number of each event that it was handed
as recorded. The process is killed (SIGKILL); then the store has to open, hold every event that was told, and have a
newest checkpoint that verifies. The run is continued, killed again, and so on; after three kills it runs to its end and
is compared, bit for bit, with the same run that was never interrupted.

`python tests/benchmarks/kill_nine.py [TIMES]` prints a table.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path

from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.runs.checksum import sha256_of
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.events import RunEnded
from explorer.runs.history import History
from explorer.runs.record import RunRecord
from explorer.runs.store import RunStore

ROOT = Path(__file__).resolve().parents[2]
KILLS_PER_RUN = 3
LONGEST_WAIT_S = 0.9
SPEC = NetworkSpec(
    InputShape(3, 16, 16),
    (VGGBlock(2, 8, norm="batch"), VGGBlock(1, 16, norm="batch")),
    head=Head(hidden=(128,), dropout=0.3),
    num_classes=8,
    name="tiny",
)
CONFIG = TrainConfig(
    data=DataConfig("synthetic", train_limit=512, test_limit=64, flip=True, crop_padding=2),
    learning_rate=0.02,
    epochs=20,
    batch_size=32,
    device="cpu",
    seed=3,
)
CURVES = (
    "steps", "epochs", "losses", "accuracies", "learning_rates", "eval_steps", "eval_epochs", "eval_losses",
    "eval_accuracies",
)  # fmt: skip


@dataclass
class Kill:
    """What was found after one kill."""

    wait_s: float
    told: int
    kept: int
    step: int
    opens: bool
    has_all_told: bool
    verifies: bool
    resumes: bool = False


@dataclass
class _Runs:
    """The kills so far, and the comparisons of runs that came to their end."""

    kills: list[Kill] = field(default_factory=list)
    same_curves: list[bool] = field(default_factory=list)
    same_weights: list[bool] = field(default_factory=list)


def child(folder: Path, run_id: int) -> None:
    """Train the run to its end, telling the number of each event that is on record."""
    from explorer.engine.runner import run_recorded

    with RunStore(folder) as store:
        told = store.get(run_id).num_events
        for _event in run_recorded(store, None, None, RunControl(), resume_run=run_id):
            told += 1
            print(told, flush=True)


def measure(times: int = 30, *, seed: int | None = None) -> dict[str, float]:
    """Counts over that many kills: how often each promise was kept. All counts should be equal to `times` or `runs`."""
    found = _measured(times, seed=seed)
    kills = found.kills
    return {
        "times": len(kills),
        "opened": sum(kill.opens for kill in kills),
        "nothing_lost": sum(kill.has_all_told for kill in kills),
        "lost_rows": sum(max(0, kill.told - kill.kept) for kill in kills),
        "checkpoint_verified": sum(kill.verifies for kill in kills),
        "resumed": sum(kill.resumes for kill in kills),
        "runs": len(found.same_curves),
        "same_curves": sum(found.same_curves),
        "same_weights": sum(found.same_weights),
    }


def _measured(times: int, *, seed: int | None = None) -> _Runs:
    chance = random.Random(seed)
    found = _Runs()
    with tempfile.TemporaryDirectory() as folder:
        reference = _uninterrupted(Path(folder) / "reference")
        number = 0
        while len(found.kills) < times:
            number += 1
            _one_run(Path(folder) / f"run{number}", times, chance, found, reference)
    return found


def _one_run(folder: Path, times: int, chance: random.Random, found: _Runs, reference: RunRecord) -> None:
    """One run: killed up to three times, continued each time, and compared at its end."""
    with RunStore(folder) as store:
        run_id = store.create(SPEC, CONFIG).id
    mine: list[Kill] = []
    while len(mine) < KILLS_PER_RUN and len(found.kills) < times:
        # A first wait before any event is also a moment: the process may die while it begins.
        kill = _killed(folder, run_id, chance.uniform(0, LONGEST_WAIT_S))
        if kill is None:  # it was through before
            break
        _take_up(mine, kill.kept)
        mine.append(kill)
        found.kills.append(kill)
    ended = _through(folder, run_id)
    with RunStore(folder) as store:
        events = store.events(run_id)
        _take_up(mine, len(events))
        is_whole = ended and isinstance(events[-1], RunEnded) and events[-1].reason == "finished"
        found.same_curves.append(is_whole and _curves(store.path, run_id) == _curves(reference.folder.parents[1], 1))
        found.same_weights.append(is_whole and _newest(store.get(run_id)) == _newest(reference))


def _take_up(mine: list[Kill], kept: int) -> None:
    """The run went on after the last kill if there are more events than there were then."""
    if mine:
        mine[-1].resumes = kept > mine[-1].kept


def _killed(folder: Path, run_id: int, wait_s: float) -> Kill | None:
    """What is left of a process that was killed `wait_s` after its first event; None if it was through before."""
    process = _start(folder, run_id)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(wait_s)
    if process.poll() is not None:
        process.stdout.close()
        return None
    process.kill()
    told = [int(line) for line in (first, *process.stdout) if line.endswith(b"\n")]
    process.wait()
    process.stdout.close()
    try:
        with RunStore(folder) as store:
            run = store.get(run_id)
            if run.status == "finished":  # the process was only leaving
                return None
            events = store.events(run_id)
            checkpoints = store.checkpoints(run_id)
            verifies = not checkpoints or sha256_of(checkpoints[0].path) == checkpoints[0].sha256
            is_whole = run.status == "interrupted" and run.num_events == len(events) and not store.notices
            return Kill(
                wait_s, told[-1], len(events), History(events).last_step,
                opens=is_whole, has_all_told=len(events) >= told[-1], verifies=verifies,
            )  # fmt: skip
    except Exception as error:  # noqa: BLE001  what is counted is whether it opens, whatever the reason
        print(f"after {wait_s:.3f} s: {type(error).__name__}: {error}", file=sys.stderr)
        return Kill(wait_s, told[-1], 0, 0, opens=False, has_all_told=False, verifies=False)


def _start(folder: Path, run_id: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(Path(__file__)), "--child", str(folder), str(run_id)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=ROOT)


def _through(folder: Path, run_id: int) -> bool:
    """Whether a process that was left alone ended well."""
    with _start(folder, run_id) as process:
        process.communicate()
    return process.returncode == 0


def _uninterrupted(folder: Path) -> RunRecord:
    with RunStore(folder) as store:
        run_id = store.create(SPEC, CONFIG).id
        assert _through(folder, run_id)
        run = store.get(run_id)
    assert run.status == "finished", run.message
    return run


def _curves(folder: Path, run_id: int) -> list[bytes]:
    with RunStore(folder) as store:
        history = History(store.events(run_id))
    columns: list[array[float]] = [getattr(history, name) for name in CURVES]
    return [column.tobytes() for column in columns]


def _newest(run: RunRecord) -> dict[str, bytes]:
    """Every tensor of the last state (weights, optimizer, random generators), as bytes."""
    from explorer.engine.checkpoint import read_state

    with RunStore(run.folder.parents[1]) as store:
        newest = store.checkpoints(run.id)[0]
    state = read_state(newest.path, sha256=newest.sha256)
    return {name: tensor.numpy().tobytes() for name, tensor in state.tensors.items()}


def _table(found: _Runs) -> str:
    lines = [f"{'kill':>4} {'after s':>8} {'step':>6} {'told':>6} {'kept':>6}  opens  all told kept  verifies  resumes"]
    for number, kill in enumerate(found.kills, 1):
        promises = (kill.opens, kill.has_all_told, kill.verifies, kill.resumes)
        words = "".join(
            f"{'yes' if kept else 'NO':>{width}}" for kept, width in zip(promises, (7, 15, 10, 9), strict=True)
        )
        lines.append(f"{number:>4} {kill.wait_s:>8.3f} {kill.step:>6} {kill.told:>6} {kill.kept:>6}{words}")
    return "\n".join(lines)


def main() -> None:
    """Print the table for the number of kills on the command line, 30 by default."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    started = time.monotonic()
    found = _measured(times)
    print(_table(found))
    runs = len(found.same_curves)
    print(f"{runs} runs came to their end: curves equal in {sum(found.same_curves)}, every tensor of the last state in "
          f"{sum(found.same_weights)}; {time.monotonic() - started:.0f} s")  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
