"""Events folded into curves."""

from __future__ import annotations

from array import array

import pytest

from explorer.runs.events import (
    CheckpointNotSaved,
    CheckpointSaved,
    Evaluated,
    RunContinued,
    RunEnded,
    RunEvent,
    RunFailed,
    RunPaused,
    RunStarted,
    StepsDone,
)
from explorer.runs.history import History


def started(*, start_step: int = 0, elapsed_s: float = 0.0) -> RunStarted:
    return RunStarted(20, 10, 100, 50, "cpu", "float32", 42, start_step=start_step, elapsed_s=elapsed_s)


def steps(first: int, count: int, *, epoch: int = 1, loss: float = 1.0) -> StepsDone:
    losses = tuple(loss + step for step in range(first, first + count))
    return StepsDone(first, epoch, losses, (0.5,) * count, (0.1,) * count, 100.0, float(first + count - 1))


def evaluated(step: int, accuracy: float) -> Evaluated:
    return Evaluated(step, (step + 9) // 10, 0.4, accuracy, is_best=True, elapsed_s=step + 0.5)


def curves(history: History) -> list[list[float]]:
    return [list(column) for column in vars(history).values() if isinstance(column, array)]


def test_steps_become_parallel_columns() -> None:
    history = History([started(), steps(1, 3), steps(4, 2, epoch=2)])
    assert list(history.steps) == [1, 2, 3, 4, 5]
    assert list(history.epochs) == [1, 1, 1, 2, 2]
    assert list(history.losses) == [2.0, 3.0, 4.0, 5.0, 6.0]
    assert list(history.times) == [3.0, 3.0, 3.0, 5.0, 5.0]
    assert list(history.images_per_s) == [100.0] * 5
    assert (history.last_step, history.last_epoch, history.last_loss) == (5, 2, 6.0)


def test_the_best_of_two_equal_evaluations_is_the_earlier_one() -> None:
    history = History([started(), evaluated(10, 0.7), evaluated(20, 0.9), evaluated(30, 0.9)])
    assert history.best == (20, 0.9)
    assert history.last_evaluation == (30, 0.4, 0.9)


def test_a_resumed_run_forgets_what_came_after_its_checkpoint() -> None:
    before: list[RunEvent] = [started(), steps(1, 10), evaluated(10, 0.7), steps(11, 6), evaluated(16, 0.99)]
    history = History([*before, started(start_step=10, elapsed_s=10.5), steps(11, 2, loss=100.0)])
    assert list(history.steps) == list(range(1, 13))
    assert list(history.losses[10:]) == [111.0, 112.0]
    assert history.best == (10, 0.7)
    assert history.num_rewinds == 1


def test_a_resumed_run_ends_in_the_curves_of_one_that_was_never_interrupted() -> None:
    whole: list[RunEvent] = [started(), steps(1, 10), evaluated(10, 0.7), steps(11, 10, epoch=2), evaluated(20, 0.8)]
    broken: list[RunEvent] = [*whole[:3], steps(11, 4, epoch=2), started(start_step=10, elapsed_s=10.5), *whole[3:]]
    assert curves(History(broken)) == curves(History(whole))


def test_an_evaluation_that_is_told_before_its_steps_is_kept() -> None:
    history = History([started(), steps(1, 8), evaluated(10, 0.7), steps(9, 2)])
    assert history.best == (10, 0.7)
    assert history.num_rewinds == 0


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (RunPaused(3, 1.0), "paused"),
        (RunContinued(3, 1.0), "running"),
        (RunEnded("finished", 20, 2, 0.9, 2.0), "finished"),
        (RunEnded("stopped", 7, 1, None, 2.0), "stopped"),
        (RunFailed("memory", "Too little memory.", 3), "failed"),
    ],
)
def test_the_status_follows_the_events(event: RunEvent, status: str) -> None:
    assert History().status == "new"
    assert History([started(), event]).status == status


def test_a_run_that_starts_again_is_no_longer_failed() -> None:
    history = History([started(), RunFailed("disk", "The disk is full.", 3), started(start_step=2)])
    assert (history.status, history.failure, history.last_step) == ("running", None, 2)


def test_a_checkpoint_that_was_saved_ends_the_warning_about_one_that_was_not() -> None:
    history = History([started(), CheckpointNotSaved(5, "The disk is full.")])
    assert history.warning == "The disk is full."
    saved = CheckpointSaved(10, 1, "a.safetensors", "00", is_best=True)
    history.add(saved)
    assert (history.warning, history.checkpoint) == ("", saved)


def test_progress_and_time_left_follow_the_pace_since_the_start() -> None:
    history = History()
    assert (history.progress, history.seconds_left, history.num_steps) == (None, None, None)
    history.extend([started(start_step=10, elapsed_s=100.0)])
    assert (history.progress, history.seconds_left) == (0.5, None)
    history.add(StepsDone(11, 2, (1.0,) * 4, (0.5,) * 4, (0.1,) * 4, 100.0, 108.0))
    assert history.progress == pytest.approx(0.7)
    assert history.seconds_left == pytest.approx(6 * 2.0)


def test_events_one_by_one_and_all_at_once_give_the_same_curves() -> None:
    events: list[RunEvent] = [started(), steps(1, 10), evaluated(10, 0.7), started(start_step=5), steps(6, 10)]
    live = History()
    for event in events:
        live.add(event)
    assert curves(live) == curves(History(events))
