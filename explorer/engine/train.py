"""train: the loop, as a generator of events. Whoever consumes them decides what becomes of them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from explorer.arch.spec import NetworkSpec
from explorer.engine.batches import num_batches, training_batches
from explorer.engine.data import DataSet, load
from explorer.engine.devices import choose_device, choose_precision, device_description, supported_precisions
from explorer.engine.failures import NotFiniteError, described_failure
from explorer.engine.forecast import check_memory, check_network
from explorer.engine.learner import Learner, StopInside, StopWished
from explorer.engine.modes import training_modes
from explorer.engine.schedule import Plateau, Progress, learning_rate
from explorer.engine.state import SaveState, TrainState, is_finite
from explorer.errors import ConfigError, RunError
from explorer.runs.config import PrecisionName, TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.events import (
    Evaluated,
    RunContinued,
    RunEnded,
    RunEvent,
    RunPaused,
    RunStarted,
    StepsDone,
    StopReason,
)
from explorer.runs.sides import largest_side

REPORT_EVERY_S = 0.05
SAVE_EVERY_S = 45.0
SLOW_STEP_S = 0.2
EVALUATION_BATCH = 512


def train(
    spec: NetworkSpec,
    config: TrainConfig,
    *,
    control: RunControl | None = None,
    resume: TrainState | None = None,
    save: SaveState | None = None,
    data: DataSet | None = None,
    save_every_s: float = SAVE_EVERY_S,
    start: Mapping[str, Tensor] | None = None,
) -> Iterator[RunEvent]:
    """The events of one run of `spec` under `config`, from RunStarted to RunEnded or RunFailed.

    Nothing is raised for a run that fails: its last event says why. `control` pauses and stops it; `resume` goes on
    from a state; `save` is called after each evaluation, about every `save_every_s` seconds, before a pause and at a
    stop; `data` spares the loading where the caller has it already; `start` holds the tensors that do not begin by
    chance where `config.start_from` names a run.
    """
    run: _Run | None = None
    try:
        with training_modes(config):
            run = _Run(spec, config, control or RunControl(), resume, save, data, save_every_s, start)
            yield from run.events()
    except Exception as error:  # noqa: BLE001  the edge of the engine: a failure is an event
        yield described_failure(error, spec=spec, config=config, step=run.step if run else 0)


class _Run:
    """One run: where it is, what it has measured, and the loop."""

    def __init__(
        self,
        spec: NetworkSpec,
        config: TrainConfig,
        control: RunControl,
        resume: TrainState | None,
        save: SaveState | None,
        data: DataSet | None,
        save_every_s: float,
        start: Mapping[str, Tensor] | None,
    ) -> None:
        self._config, self._control, self._save = config, control, save
        check_network(spec)
        device = choose_device(config.device)
        self._device = device
        self._precision = _precision_of(config, device, resume)
        data = data or load(config.data, spec, side=largest_side(config))
        _check_batch(config, data)
        check_memory(spec, config, data, device, self._precision)
        self._train, self._test = training_batches(data, spec.input, config, device)
        self._steps_per_epoch = num_batches(data.num_train, config.batch_size)
        self._num_steps = self._steps_per_epoch * config.epochs
        self._learner = Learner(spec, config, device, self._precision)
        if resume is None:
            self._learner.begin_with(_start_of(config, start))
        self.step = 0
        self._evaluated_step = 0
        self._best: float | None = None
        self._plateau = Plateau()
        self._elapsed_before = 0.0
        self._saved: tuple[int, int] | None = None  # the step of the kept state, and its last evaluation
        if resume is not None:
            self._restore(resume)
        self._metrics = _Metrics()
        self._clock = _Clock(self._elapsed_before)
        self._save_every_s = save_every_s
        self._inside: StopInside | None = StopInside(self._learner, lambda: control.stopping)

    def events(self) -> Iterator[RunEvent]:
        """The loop."""
        yield self._started()
        self._clock.start()
        while True:
            if self.step % self._steps_per_epoch == 0 and self.step > self._evaluated_step:
                yield from self._evaluate()
            if self._control.stopping or self.step >= self._num_steps:
                break
            for images_NCHW, labels_N in self._epoch():
                if self._control.pausing:
                    yield from self._pause()
                if self._control.stopping or not self._take_step(images_NCHW, labels_N):
                    break
                if self._metrics.age() >= REPORT_EVERY_S:
                    yield self._flush()
                    if self._clock.since_save() >= self._save_every_s and self.step % self._steps_per_epoch:
                        yield from self._keep(is_best=False)
            if self._metrics:
                yield self._flush()
        yield from self._end()

    def _started(self) -> RunStarted:
        return RunStarted(
            num_steps=self._num_steps,
            steps_per_epoch=self._steps_per_epoch,
            num_train=len(self._train),
            num_test=len(self._test),
            device=device_description(self._device),
            precision=self._precision,
            num_parameters=self._learner.num_parameters,
            start_step=self.step,
            elapsed_s=self._elapsed_before,
        )

    def _epoch(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches that are left of the epoch that the next step belongs to."""
        epoch, start = divmod(self.step, self._steps_per_epoch)
        config = self._config
        return self._train.shuffled(config.batch_size, config.data, seed=config.seed, epoch=epoch, start=start)

    def _take_step(self, images_NCHW: Tensor, labels_N: Tensor) -> bool:
        """Take one step; False when it was left in the middle because the run shall stop."""
        progress = Progress(self.step, self._num_steps, self._steps_per_epoch, self._plateau.reductions)
        rate = learning_rate(self._config, progress)
        began = time.perf_counter()
        try:
            if self._inside is None:
                loss, correct = self._learner.step(images_NCHW, labels_N, rate)
            else:
                with self._inside.undone_on_stop():
                    loss, correct = self._learner.step(images_NCHW, labels_N, rate)
        except StopWished:
            return False
        self.step += 1
        self._metrics.add(loss, correct, len(labels_N), rate)
        # Only slow steps are worth the hooks; the first one is slow everywhere.
        if self._inside is not None and time.perf_counter() - began < SLOW_STEP_S:
            self._inside.remove()
            self._inside = None
        return True

    def _flush(self) -> StepsDone:
        """Read the waiting figures from the device. Raises NotFiniteError for a loss that is not a number."""
        first = self.step - len(self._metrics) + 1
        losses, accuracies, rates, images_per_s = self._metrics.read()
        for index, loss in enumerate(losses):
            if not math.isfinite(loss):
                self._metrics.clear()
                raise NotFiniteError(first + index, rates[index])
        epoch = (first - 1) // self._steps_per_epoch + 1
        return StepsDone(first, epoch, losses, accuracies, rates, images_per_s, self._clock.elapsed())

    def _evaluate(self) -> Iterator[RunEvent]:
        """Measure on the whole test set and keep the state; nothing when the run is stopped in between."""
        measured = self._measured()
        if measured is None:
            return
        loss, accuracy = measured
        if not math.isfinite(loss):
            raise NotFiniteError(self.step, self._config.learning_rate)
        is_best = self._best is None or accuracy > self._best
        self._best = accuracy if is_best else self._best
        self._plateau = self._plateau.after(accuracy, self._config.plateau_patience)
        self._evaluated_step = self.step
        yield Evaluated(self.step, self._epoch_number(), loss, accuracy, is_best, self._clock.elapsed())
        yield from self._keep(is_best=is_best)
        self._metrics.clear()

    def _measured(self) -> tuple[float, float] | None:
        """(Mean loss, accuracy) on the test set, or None when the run is to stop first."""
        sums = torch.zeros(2, dtype=torch.float64 if self._device.type != "mps" else torch.float32, device=self._device)
        with self._learner.evaluating():
            for images_NCHW, labels_N in self._test.in_order(min(EVALUATION_BATCH, 2 * self._config.batch_size)):
                if self._control.stopping:
                    return None
                try:
                    loss, correct = self._learner.measure(images_NCHW, labels_N)
                except StopWished:
                    return None
                sums += torch.stack((loss.to(sums.dtype), correct.to(sums.dtype)))
        loss_sum, num_correct = sums.tolist()
        return loss_sum / len(self._test), num_correct / len(self._test)

    def _pause(self) -> Iterator[RunEvent]:
        if self._metrics:
            yield self._flush()
        yield from self._keep(is_best=False)
        yield RunPaused(self.step, self._clock.elapsed())
        self._clock.stop()
        self._control.wait_until_resumed()
        self._clock.start()
        self._metrics.clear()
        if not self._control.stopping:
            yield RunContinued(self.step, self._clock.elapsed())

    def _keep(self, *, is_best: bool) -> Iterator[RunEvent]:
        """Hand the state over to be kept, unless it already is."""
        here = (self.step, self._evaluated_step)
        if self._save is None or self._saved == here:
            return
        state = self._learner.capture(self._meta())
        if not is_finite(state):  # the next loss will say so; what was kept before stays the newest to go on from
            return
        yield self._save(state, step=self.step, epoch=self._epoch_number(), is_best=is_best)
        self._saved = here
        self._clock.saved()
        self._metrics.restart_clock()

    def _end(self) -> Iterator[RunEvent]:
        yield from self._keep(is_best=False)
        reason: StopReason = "finished" if self._evaluated_step == self._num_steps else "stopped"
        yield RunEnded(reason, self.step, self._epoch_number(), self._best, self._clock.elapsed())

    def _epoch_number(self) -> int:
        """The epoch of the last step, from 1."""
        return max(1, math.ceil(self.step / self._steps_per_epoch))

    def _meta(self) -> dict[str, Any]:
        plateau = self._plateau
        return {
            "step": self.step,
            "epoch": self._epoch_number(),
            "precision": self._precision,
            "steps_per_epoch": self._steps_per_epoch,
            "evaluated_step": self._evaluated_step,
            "best_accuracy": self._best,
            "plateau": [plateau.best, plateau.bad_epochs, plateau.reductions],
            "elapsed_s": self._clock.elapsed(),
        }

    def _restore(self, state: TrainState) -> None:
        meta = state.meta
        if meta["steps_per_epoch"] != self._steps_per_epoch and meta["step"] % meta["steps_per_epoch"]:
            raise RunError(
                f"The run was kept inside an epoch of {meta['steps_per_epoch']:,} steps, and these settings make "
                f"{self._steps_per_epoch:,}. Go on with the batch size and the data it had."
            )
        self._learner.restore(state)
        self.step = meta["step"] // meta["steps_per_epoch"] * self._steps_per_epoch + (
            meta["step"] % meta["steps_per_epoch"]
        )
        self._evaluated_step = self.step if meta["evaluated_step"] == meta["step"] else meta["evaluated_step"]
        self._best = meta["best_accuracy"]
        best, bad_epochs, reductions = meta["plateau"]
        self._plateau = Plateau(best, bad_epochs, reductions)
        self._elapsed_before = meta["elapsed_s"]
        self._saved = (self.step, self._evaluated_step)


class _Metrics:
    """Figures of the steps since the last report, left on the device until they are read together."""

    def __init__(self) -> None:
        self._losses: list[Tensor] = []
        self._correct: list[Tensor] = []
        self._sizes: list[int] = []
        self._rates: list[float] = []
        self._since = time.perf_counter()

    def __len__(self) -> int:
        return len(self._losses)

    def add(self, loss: Tensor, correct: Tensor, size: int, rate: float) -> None:
        """One more step."""
        self._losses.append(loss)
        self._correct.append(correct)
        self._sizes.append(size)
        self._rates.append(rate)

    def age(self) -> float:
        """Seconds since the last report."""
        return time.perf_counter() - self._since

    def read(self) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...], float]:
        """(losses, accuracies, rates, images per second) of the waiting steps; waits for the device, once."""
        figures = torch.stack((torch.stack(self._losses).float(), torch.stack(self._correct).float())).tolist()
        accuracies = tuple(correct / size for correct, size in zip(figures[1], self._sizes, strict=True))
        images_per_s = sum(self._sizes) / max(self.age(), 1e-9)
        rates = tuple(self._rates)
        self.clear()
        return tuple(figures[0]), accuracies, rates, images_per_s

    def clear(self) -> None:
        """Forget the waiting steps."""
        for waiting in (self._losses, self._correct, self._sizes, self._rates):
            waiting.clear()
        self.restart_clock()

    def restart_clock(self) -> None:
        """Count images per second from now on."""
        self._since = time.perf_counter()


class _Clock:
    """Seconds of training, without pauses, and seconds since the state was last kept."""

    def __init__(self, before_s: float) -> None:
        self._before_s = before_s
        self._since: float | None = None
        self._saved = time.monotonic()

    def start(self) -> None:
        """Count from now."""
        self._since = self._saved = time.monotonic()

    def stop(self) -> None:
        """Stop counting."""
        self._before_s, self._since = self.elapsed(), None

    def elapsed(self) -> float:
        """Seconds counted so far."""
        return self._before_s + (time.monotonic() - self._since if self._since is not None else 0.0)

    def saved(self) -> None:
        """The state was just kept."""
        self._saved = time.monotonic()

    def since_save(self) -> float:
        """Seconds since the state was kept, or since counting began."""
        return time.monotonic() - self._saved


def _precision_of(config: TrainConfig, device: torch.device, resume: TrainState | None) -> PrecisionName:
    """The format of the run: one that goes on keeps what "auto" chose when it began, where this device has it."""
    chosen = choose_precision(config.precision, device)
    if config.precision != "auto" or resume is None:
        return chosen
    # Before this was kept with the state, "auto" was float32 on every CPU.
    before: PrecisionName = resume.meta.get("precision", "float32" if device.type == "cpu" else chosen)
    return before if before in supported_precisions(device) else chosen


def _start_of(config: TrainConfig, start: Mapping[str, Tensor] | None) -> Mapping[str, Tensor]:
    if config.start_from is not None and start is None:
        raise RunError(f"The weights of run {config.start_from.run_id} are needed to begin, and are not there.")
    return start or {}


def _check_batch(config: TrainConfig, data: DataSet) -> None:
    if data.num_test == 0 or data.num_train == 0:
        raise ConfigError(f"{data.title} has no pictures to {'learn from' if not data.num_train else 'test on'}.")
    if config.batch_size > data.num_train:
        message = f"A batch of {config.batch_size:,} is larger than the {data.num_train:,} training pictures; "
        raise ConfigError(f"{message}use at most {data.num_train:,}.", path="batch_size")
