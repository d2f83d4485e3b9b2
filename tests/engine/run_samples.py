"""A tiny network and run for the tests of the engine, and what keeps the states of one."""

from __future__ import annotations

from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.engine.state import TrainState
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.events import CheckpointSaved, RunEvent, StepsDone

SPEC = NetworkSpec(
    InputShape(3, 16, 16), (VGGBlock(1, 8, norm="batch"), VGGBlock(1, 8)), Head((16,), 0.3), num_classes=8
)
CONFIG = TrainConfig(
    data=DataConfig("synthetic", train_limit=100, test_limit=40, flip=True, crop_padding=2),
    learning_rate=0.05, epochs=3, batch_size=16, precision="float32", device="cpu",
)  # fmt: skip
STEPS_PER_EPOCH = 7


class Kept:
    """Keeps copies of the states that a run hands over."""

    def __init__(self) -> None:
        self.states: list[TrainState] = []
        self.best: list[int] = []

    def __call__(self, state: TrainState, *, step: int, epoch: int, is_best: bool) -> CheckpointSaved:
        tensors = {name: tensor.clone() for name, tensor in state.tensors.items()}
        self.states.append(TrainState(tensors, dict(state.meta)))
        if is_best:
            self.best.append(step)
        return CheckpointSaved(step, epoch, f"{step}", "", is_best)


def steps_of(events: list[RunEvent]) -> list[tuple[float, float, float]]:
    return [
        row
        for event in events
        if isinstance(event, StepsDone)
        for row in zip(event.losses, event.accuracies, event.learning_rates, strict=True)
    ]
