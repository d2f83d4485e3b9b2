"""How the learning rate moves: pure functions of the step, so that a run can go on anywhere.

Each rule gives the factor by which the configured rate is multiplied at `step` (from 0).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from explorer.runs.config import ScheduleName, TrainConfig

WARM_UP = 0.2
"""Share of the steps in which one_cycle rises. torch's OneCycleLR has 0.3 by default; in runs of a few epochs an
earlier peak leaves more of them at low rates."""
INITIAL_DIVISOR = 25.0
FINAL_DIVISOR = 25e4
REDUCTION = 0.1
MAX_REDUCTIONS = 3
"""The paper divides its rate three times in all. Source: Simonyan & Zisserman 2015, section 3.1."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is: the step about to be taken (from 0), all steps, and how often the plateau rule has reduced."""

    step: int
    num_steps: int
    steps_per_epoch: int
    reductions: int = 0


@dataclass(frozen=True, slots=True)
class Plateau:
    """What the plateau rule remembers between evaluations. `best` is the highest validation accuracy so far."""

    best: float = -1.0
    bad_epochs: int = 0
    reductions: int = 0

    def after(self, accuracy: float, patience: int) -> Plateau:
        """The rule after one more evaluation: after `patience` epochs without a new best the rate is divided by 10."""
        if accuracy > self.best:
            return Plateau(accuracy, 0, self.reductions)
        if self.bad_epochs + 1 < patience or self.reductions == MAX_REDUCTIONS:
            return Plateau(self.best, self.bad_epochs + 1, self.reductions)
        return Plateau(self.best, 0, self.reductions + 1)


def learning_rate(config: TrainConfig, progress: Progress) -> float:
    """The rate for the step that `progress` is about to take."""
    return config.learning_rate * RULES[config.schedule](progress)


def _constant(progress: Progress) -> float:
    del progress
    return 1.0


def _step(progress: Progress) -> float:
    """A tenth after each third of the epochs, whole epochs each."""
    epoch, epochs = progress.step // progress.steps_per_epoch, progress.num_steps // progress.steps_per_epoch
    return float(REDUCTION ** sum(epoch >= math.ceil(third * epochs / 3) for third in (1, 2) if epochs > third))


def _plateau(progress: Progress) -> float:
    return float(REDUCTION**progress.reductions)


def _cosine(progress: Progress) -> float:
    """Half a cosine from 1 to 0 over the run."""
    return _half_cosine(1.0, 0.0, progress.step / progress.num_steps)


def _one_cycle(progress: Progress) -> float:
    """Up along half a cosine for the first part, then down along another, as torch's OneCycleLR places its steps."""
    peak = max(WARM_UP * progress.num_steps - 1, 0.0)
    last = max(progress.num_steps - 1, 1)
    if progress.step <= peak:
        return _half_cosine(1 / INITIAL_DIVISOR, 1.0, progress.step / peak if peak else 1.0)
    return _half_cosine(1.0, 1 / FINAL_DIVISOR, (progress.step - peak) / (last - peak))


def _half_cosine(start: float, end: float, part: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(max(part, 0.0), 1.0))) / 2


RULES: Mapping[ScheduleName, Callable[[Progress], float]] = {
    "constant": _constant,
    "step": _step,
    "plateau": _plateau,
    "cosine": _cosine,
    "one_cycle": _one_cycle,
}
