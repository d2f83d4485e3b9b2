"""What a run says on a terminal, without a run."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from explorer.cli.run_output import show
from explorer.runs.control import RunControl
from explorer.runs.events import Evaluated, RunEnded, RunEvent, RunStarted, StepsDone
from explorer.runs.record import RunRecord


@dataclass
class Told:
    """A run that says what it is told to."""

    events: list[RunEvent] = field(default_factory=list)
    record: RunRecord | None = None

    def __iter__(self) -> Iterator[RunEvent]:
        return iter(self.events)


def test_an_epochs_line_tells_the_speed_of_its_steps_and_not_of_the_last_small_batch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rates = (0.1,) * 100
    events: list[RunEvent] = [
        RunStarted(101, 101, 6_416, 100, "cpu", "float32", 1_234, 0),
        StepsDone(1, 1, (2.0,) * 100, (0.5,) * 100, rates, 3_000.0, 2.0),
        StepsDone(101, 1, (1.0,), (0.5,), (0.1,), 250.0, 2.1),
        Evaluated(101, 1, 0.7, 0.8, is_best=True, elapsed_s=2.3),
        RunEnded("finished", 101, 1, 0.8, 2.3),
    ]
    assert show(Told(events), RunControl(), as_json=False) == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert line == "epoch 1 of 1: loss 1.990, 50.0 %; test loss 0.700, 80.0 % *  2,710 images/s, 0:02"
