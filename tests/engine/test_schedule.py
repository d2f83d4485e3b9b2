"""Learning rates, compared with torch's own schedulers step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from explorer.runs.config import ScheduleName, TrainConfig

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch.optim import lr_scheduler  # noqa: E402

from explorer.engine.schedule import WARM_UP, Plateau, Progress, learning_rate  # noqa: E402

STEPS_PER_EPOCH, EPOCHS, RATE = 7, 6, 0.3
NUM_STEPS = STEPS_PER_EPOCH * EPOCHS


def ours(schedule: ScheduleName, num_steps: int = NUM_STEPS) -> list[float]:
    config = TrainConfig(schedule=schedule, learning_rate=RATE)
    return [learning_rate(config, Progress(step, num_steps, STEPS_PER_EPOCH)) for step in range(num_steps)]


def torchs(make: Any) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
    scheduler = make(optimizer)
    rates = []
    for _ in range(NUM_STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    ("schedule", "make"),
    [
        ("constant", lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
        ("step", lambda o: lr_scheduler.MultiStepLR(o, [2 * STEPS_PER_EPOCH, 4 * STEPS_PER_EPOCH])),
        ("cosine", lambda o: lr_scheduler.CosineAnnealingLR(o, NUM_STEPS)),
        ("one_cycle", lambda o: lr_scheduler.OneCycleLR(o, RATE, NUM_STEPS, pct_start=WARM_UP, cycle_momentum=False)),
    ],
)
def test_a_schedule_equals_torchs_own_at_every_step(schedule: ScheduleName, make: Any) -> None:
    assert ours(schedule) == pytest.approx(torchs(make), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine", "one_cycle", "plateau"])
@pytest.mark.parametrize("num_steps", [1, 2, 3, NUM_STEPS])
def test_rates_stay_between_nothing_and_the_configured_one_in_runs_of_any_length(
    schedule: ScheduleName, num_steps: int
) -> None:
    rates = ours(schedule, num_steps)
    assert all(0 <= rate <= RATE * (1 + 1e-12) for rate in rates)
    assert max(rates) > 0


def test_the_plateau_rule_divides_by_ten_after_the_patience_and_at_most_three_times() -> None:
    config = replace(TrainConfig(schedule="plateau"), learning_rate=0.1)
    plateau, rates = Plateau(), []
    for accuracy in (0.5, 0.6, 0.6, 0.59, 0.7, *[0.7] * 20):
        plateau = plateau.after(accuracy, patience=2)
        rates.append(learning_rate(config, Progress(0, 100, 10, plateau.reductions)))
    assert rates[:6] == pytest.approx([0.1, 0.1, 0.1, 0.01, 0.01, 0.01])
    assert rates[6] == pytest.approx(0.001)
    assert rates[-1] == pytest.approx(1e-4)


def test_the_plateau_rule_agrees_with_torchs_reduce_on_plateau() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
    # torch waits for more than `patience` bad epochs, the paper's rule for `patience` of them.
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, mode="max", factor=0.1, patience=1, threshold=0)
    plateau, config = Plateau(), TrainConfig(schedule="plateau", learning_rate=RATE)
    for accuracy in (0.1, 0.3, 0.2, 0.3, 0.31, 0.31, 0.2, 0.4):
        scheduler.step(accuracy)
        plateau = plateau.after(accuracy, patience=2)
        rate = learning_rate(config, Progress(0, 1, 1, plateau.reductions))
        assert rate == pytest.approx(optimizer.param_groups[0]["lr"])
