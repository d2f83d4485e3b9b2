"""The starter network and its recipe on the full Fashion-MNIST: accuracy after each epoch, seconds, seconds to 90 %.

    python tests/benchmarks/bench_fashion_mnist.py [--epochs N] [SEED ...]

Needs the full set: Debian's package `dataset-fashion-mnist`, or a folder that `runs.datasets` knows. Seconds are wall
time from the call of `train` on, so that reading and resizing the pictures counts.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from explorer.runtime_env import prepare_environment

prepare_environment()

from explorer.arch.presets import starter  # noqa: E402
from explorer.engine.train import train  # noqa: E402
from explorer.runs.events import Evaluated, RunFailed  # noqa: E402
from explorer.runs.recipes import default_recipe  # noqa: E402

SEEDS = (0, 1, 2)
EPOCHS = 5
TARGET = 0.90


@dataclass(frozen=True)
class Outcome:
    """One run: the accuracy after each epoch in percent, all seconds, and the seconds until 90 % was measured."""

    seed: int
    percents: tuple[float, ...]
    seconds: float
    seconds_to_target: float


def one_run(seed: int, epochs: int) -> Outcome:
    """The starter trained with its recipe from `seed`; the schedule spans the `epochs`."""
    config = replace(default_recipe("fashion-mnist"), seed=seed, epochs=epochs)
    started = time.perf_counter()
    accuracies: list[float] = []
    reached = float("inf")
    for event in train(starter().spec, config):
        if isinstance(event, RunFailed):
            raise SystemExit(event.message)
        if isinstance(event, Evaluated):
            accuracies.append(event.accuracy)
            if event.accuracy >= TARGET:
                reached = min(reached, time.perf_counter() - started)
    percents = tuple(round(100 * accuracy, 2) for accuracy in accuracies)
    return Outcome(seed, percents, time.perf_counter() - started, reached)


def measure(seeds: tuple[int, ...] = SEEDS, epochs: int = EPOCHS) -> dict[str, float]:
    """The mean final accuracy over `seeds` in percent, the median seconds to 90 %, and each run's figures."""
    outcomes = [one_run(seed, epochs) for seed in seeds]
    figures = {
        "mean_percent": statistics.mean(outcome.percents[-1] for outcome in outcomes),
        "seconds_to_90": statistics.median(outcome.seconds_to_target for outcome in outcomes),
        "seconds": statistics.median(outcome.seconds for outcome in outcomes),
    }
    for outcome in outcomes:
        for epoch, percent in enumerate(outcome.percents, start=1):
            figures[f"seed {outcome.seed}, epoch {epoch}"] = percent
    return figures


def main(seeds: tuple[int, ...], epochs: int) -> None:
    """Print a row for each seed as soon as it is done, then the mean."""
    finals = []
    print(f"{starter().spec.name}, {replace(default_recipe('fashion-mnist'), epochs=epochs)}")
    for seed in seeds:
        outcome = one_run(seed, epochs)
        finals.append(outcome.percents[-1])
        percents = "  ".join(f"{percent:5.2f}" for percent in outcome.percents)
        print(
            f"seed {seed}: {percents} %   {outcome.seconds:.0f} s, 90 % after {outcome.seconds_to_target:.0f} s",
            flush=True,
        )
    print(f"mean of the last epoch: {statistics.mean(finals):.2f} %")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("seeds", nargs="*", type=int, default=SEEDS)
    options = parser.parse_args()
    main(tuple(options.seeds), options.epochs)
