"""calibrate: a few timed steps that foretell how long a run will take and what it will need."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from explorer.arch.spec import NetworkSpec
from explorer.engine.batches import num_batches, training_batches
from explorer.engine.data import DataSet, load
from explorer.engine.devices import choose_device, choose_precision, memory_of
from explorer.engine.forecast import check_memory, check_network, largest_batch, memory_forecast
from explorer.engine.learner import Learner, StopInside, StopWished
from explorer.engine.modes import training_modes
from explorer.errors import RunError
from explorer.runs.config import TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.sides import largest_side

NUM_STEPS, FEWEST_STEPS = 8, 2
NUM_WARM_UP = 2
EVALUATION_SHARE = 3
"""Evaluation batches that are timed."""
BUDGET_S = 2.0
"""Seconds after which the steps taken are enough, where a step is long: a forecast must not be a run of its own."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the trial steps foretell. `spread_s` is the ± of `epoch_s`; times are seconds, memory bytes.

    `epoch_s` covers training and the evaluation after it (`eval_s`); `peak_bytes` is what the steps really took on a
    CUDA device and the forecast elsewhere; `largest_batch` is the largest power of two that fits `free_bytes`.
    """

    num_steps: int
    step_s: float
    images_per_s: float
    epoch_s: float
    spread_s: float
    eval_s: float
    run_s: float
    peak_bytes: int
    free_bytes: int
    largest_batch: int


def calibrate(
    spec: NetworkSpec,
    config: TrainConfig,
    *,
    control: RunControl | None = None,
    data: DataSet | None = None,
    num_steps: int = NUM_STEPS,
) -> Calibration:
    """The forecast for a run of `spec` under `config`, from up to `num_steps` timed steps after a warm-up.

    Leaves torch's random generators as they were. Raises ExplorerError for what would keep the run from starting, and
    RunError when `control` is asked to stop.
    """
    control = control or RunControl()
    check_network(spec)
    device = choose_device(config.device)
    precision = choose_precision(config.precision, device)
    data = data or load(config.data, spec, side=largest_side(config))
    check_memory(spec, config, data, device, precision)
    _give_up_if_stopping(control)
    with torch.random.fork_rng(), training_modes(config):
        learner = Learner(spec, config, device, precision)
        inside = StopInside(learner, lambda: control.stopping)
        try:
            trial = _Trial(learner, spec, config, data, control)
            steps = trial.step_times(num_steps)
            evaluation_s = trial.evaluation_time()
        except StopWished:
            raise RunError("Measuring was stopped.") from None
        finally:
            inside.remove()
    return _forecast(spec, config, data, device, steps, evaluation_s)


class _Trial:
    """Takes steps and evaluation batches and times each one, the device's work included."""

    def __init__(
        self, learner: Learner, spec: NetworkSpec, config: TrainConfig, data: DataSet, control: RunControl
    ) -> None:
        self._learner, self._config, self._control = learner, config, control
        # A few batches are enough to time, and spare the resizing of a whole data set.
        some = max(4 * config.batch_size, 512)
        parts = ("train_images", "train_labels", "test_images", "test_labels")
        few = replace(data, **{part: getattr(data, part)[:some] for part in parts})
        self._batches, self._evaluated = training_batches(few, spec.input, config, learner.device)
        self._num_test = data.num_test

    def step_times(self, num_steps: int) -> list[float]:
        """Seconds of each step after the warm-up: `num_steps`, or as many as the budget holds."""
        batches = self._endless()
        begun = self._now()
        for _ in range(NUM_WARM_UP):
            self._step_time(batches)
            if self._now() - begun > BUDGET_S / 4:
                break
        times: list[float] = []
        while len(times) < num_steps:
            times.append(self._step_time(batches))
            if len(times) >= FEWEST_STEPS and self._now() - begun > BUDGET_S:
                break
        return times

    def _step_time(self, batches: Iterator[tuple[Tensor, Tensor]]) -> float:
        _give_up_if_stopping(self._control)
        started = self._now()
        images_NCHW, labels_N = next(batches)
        self._learner.step(images_NCHW, labels_N, self._config.learning_rate / 100)
        return self._now() - started

    def evaluation_time(self) -> float:
        """Seconds that measuring on the whole test set will take."""
        done, started = 0, self._now()
        with self._learner.evaluating():
            for number, (images_NCHW, labels_N) in enumerate(self._evaluated.in_order(2 * self._config.batch_size)):
                _give_up_if_stopping(self._control)
                self._learner.measure(images_NCHW, labels_N)
                done += len(labels_N)
                if number + 1 == EVALUATION_SHARE or self._now() - started > BUDGET_S / 4:
                    break
        return (self._now() - started) / done * self._num_test

    def _endless(self) -> Iterator[tuple[Tensor, Tensor]]:
        epoch = 0
        while True:
            yield from self._batches.shuffled(self._config.batch_size, self._config.data, seed=0, epoch=epoch)
            epoch += 1

    def _now(self) -> float:
        if self._learner.device.type == "cuda":
            torch.cuda.synchronize(self._learner.device)
        elif self._learner.device.type == "mps":
            torch.mps.synchronize()
        return time.perf_counter()


def _forecast(
    spec: NetworkSpec, config: TrainConfig, data: DataSet, device: torch.device, steps: list[float], evaluation_s: float
) -> Calibration:
    step_s = statistics.median(steps)
    steps_per_epoch = num_batches(data.num_train, config.batch_size)
    epoch_s = steps_per_epoch * step_s + evaluation_s
    low, _, high = statistics.quantiles(steps, n=4) if len(steps) > 1 else (step_s, step_s, step_s)
    free = memory_of(device)[1]
    forecast = memory_forecast(spec, config).total
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else forecast
    return Calibration(
        num_steps=len(steps),
        step_s=step_s,
        images_per_s=config.batch_size / step_s,
        epoch_s=epoch_s,
        # Half the distance between the quartiles: how far one step in two lies from the middle.
        spread_s=steps_per_epoch * (high - low) / 2,
        eval_s=evaluation_s,
        run_s=config.epochs * epoch_s,
        peak_bytes=peak,
        free_bytes=free,
        largest_batch=largest_batch(spec, config, free),
    )


def _give_up_if_stopping(control: RunControl) -> None:
    if control.stopping:
        raise RunError("Measuring was stopped.")
