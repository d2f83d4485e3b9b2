"""Every preset at its full size, trained for one epoch on a part of Fashion-MNIST: does its loss fall?

    python tests/benchmarks/bench_networks.py [NAME ...] [--jobs N]

Each network is trained as `train NAME` trains it: by the product's own recipe for it, recorded in a run store, with the
built-in pictures, ten classes and no window. Where a picture is dear, there are fewer of them in smaller batches, so
that there are steps enough, and the rate goes down with the batch. "First" and "last" are the mean losses over the
first and the last quarter of the steps. Seconds are the processor's, so that other work on the computer does not count.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from explorer.analysis.summarize import summarize  # noqa: E402
from explorer.arch.presets import PRESETS  # noqa: E402
from explorer.arch.spec import NetworkSpec  # noqa: E402
from explorer.runs.datasets import SMALL_SET, info_of  # noqa: E402
from explorer.runs.events import RunEvent, RunFailed, RunStarted, StepsDone  # noqa: E402
from explorer.runs.history import History  # noqa: E402
from explorer.runs.recipes import default_recipe  # noqa: E402
from explorer.runs.store import RunStore  # noqa: E402

NUM_TEST = 16


@dataclass(frozen=True, slots=True)
class Part:
    """What a network learns from if a picture costs it at least `macs`: how many pictures, in which batches.

    `rate_share` is the part of the recipe's rate: as the batch to the recipe's 64, and half of that where there are so
    few steps that the rate has no time to rise slowly.
    """

    macs: float
    pictures: int
    batch_size: int
    rate_share: float


PARTS = (Part(5e9, 64, 4, 1 / 32), Part(0.2e9, 192, 4, 1 / 16), Part(0.02e9, 512, 8, 1 / 8), Part(0.0, 10_000, 64, 1.0))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One network's epoch. `failure` is empty for a run that came to its end."""

    name: str
    pictures: int
    batch_size: int
    rate: float
    seconds: float
    first_loss: float
    last_loss: float
    failure: str

    @property
    def fell(self) -> bool:
        """Whether the run ended well with a lower loss than it began with."""
        return not self.failure and self.last_loss < self.first_loss

    def __str__(self) -> str:
        verdict = self.failure or ("fell" if self.fell else "DID NOT FALL")
        return (
            f"{self.name:<18} {self.pictures:>8,} {self.batch_size:>5} {self.rate:>8.4f} {self.seconds:>8.1f} "
            f"{self.pictures / self.seconds:>9.1f} {self.first_loss:>7.3f} {self.last_loss:>7.3f}  {verdict}"
        )


HEAD = f"{'network':<18} {'pictures':>8} {'batch':>5} {'rate':>8} {'CPU s':>8} {'images/s':>9} {'first':>7} {'last':>7}"


def fitted(name: str) -> NetworkSpec:
    """The preset with as many classes as the pictures have, as `train` makes it."""
    return replace(PRESETS[name].spec, num_classes=info_of(SMALL_SET).num_classes)


def one_epoch(name: str) -> Outcome:
    """The preset called `name`, trained in this process with one thread."""
    from explorer.runtime_env import prepare_environment

    prepare_environment()
    from explorer.engine.runner import run_recorded
    from explorer.runs.control import RunControl

    spec = fitted(name)
    totals = summarize(spec).totals
    assert totals is not None
    part = next(part for part in PARTS if totals.macs >= part.macs)
    ours = default_recipe(SMALL_SET, spec=spec)
    config = replace(
        ours,
        data=replace(ours.data, train_limit=part.pictures, test_limit=NUM_TEST),
        learning_rate=ours.learning_rate * part.rate_share,
        batch_size=part.batch_size, epochs=1, device="cpu",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, RunStore(Path(folder)) as store:
        events: list[RunEvent] = []
        began = ended = time.process_time()
        for event in run_recorded(store, spec, config, RunControl()):
            events.append(event)
            began = time.process_time() if isinstance(event, RunStarted) else began
            ended = time.process_time() if isinstance(event, StepsDone) else ended
    losses = History(events).losses or [float("nan")]
    quarter = max(1, len(losses) // 4)
    last = events[-1]
    return Outcome(
        name, part.pictures, part.batch_size, config.learning_rate, max(ended - began, 1e-3),
        sum(losses[:quarter]) / quarter, sum(losses[-quarter:]) / quarter,
        last.message if isinstance(last, RunFailed) else "",
    )  # fmt: skip


def in_own_process(name: str) -> Outcome:
    """What `one_epoch` found in a process of its own: memory is given back, and several run side by side."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(Path(__file__)), "--child", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        return Outcome(name, 0, 0, 0.0, 1e-3, float("nan"), float("nan"), reason)
    pictures, batch_size, rate, seconds, first, last, *failure = done.stdout.splitlines()[-1].split("\t")
    return Outcome(
        name, int(pictures), int(batch_size), float(rate), float(seconds), float(first), float(last), "".join(failure)
    )


def measure(names: tuple[str, ...] = tuple(PRESETS), jobs: int = 2, *, shown: bool = False) -> dict[str, float]:
    """How many networks were trained and how many learned, and the processor's seconds for all."""
    with ThreadPoolExecutor(jobs) as pool:
        outcomes = []
        for outcome in pool.map(in_own_process, names):
            outcomes.append(outcome)
            if shown:
                print(outcome, flush=True)
    fell = sum(outcome.fell for outcome in outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    return {"networks": len(outcomes), "fell": fell, "not_fallen": len(outcomes) - fell, "cpu_seconds": seconds}


def main() -> int:
    """Print a row for each network; 1 if a loss did not fall."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", default=list(PRESETS), help="presets (default: all)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="networks trained side by side (default 2)")
    parser.add_argument("--child", metavar="NAME", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        found = one_epoch(options.child)
        figures = (found.pictures, found.batch_size, found.rate, found.seconds, found.first_loss, found.last_loss)
        print("\t".join([*map(repr, figures), found.failure]))
        return 0
    print(HEAD)
    began = time.monotonic()
    figures_of_all = measure(tuple(options.names), options.jobs, shown=True)
    print(f"{figures_of_all['fell']:.0f} of {figures_of_all['networks']:.0f} fell; {time.monotonic() - began:.0f} s")
    return 1 if figures_of_all["not_fallen"] else 0


if __name__ == "__main__":
    sys.exit(main())
