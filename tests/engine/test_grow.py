"""Runs that begin with the weights of another run: bit-equal copies, what stays random, and what is on record."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.runs.config import DataConfig, StartFrom, TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.events import CheckpointSaved, Evaluated, RunEnded, RunEvent, RunFailed, StepsDone
from explorer.runs.lineage import ancestors, continued, descendants
from explorer.runs.record import RunRecord
from explorer.runs.store import RunStore

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from explorer.analysis.growth import plan_growth  # noqa: E402
from explorer.engine.build import build  # noqa: E402
from explorer.engine.data import DataSet, load  # noqa: E402
from explorer.engine.grow import grown, start_tensors  # noqa: E402
from explorer.engine.initialise import initialise  # noqa: E402
from explorer.engine.learner import Learner  # noqa: E402
from explorer.engine.runner import run_recorded, weights  # noqa: E402
from explorer.engine.train import train  # noqa: E402
from explorer.errors import RunError  # noqa: E402

SOURCE = NetworkSpec(InputShape(3, 16, 16), (VGGBlock(1, 4), VGGBlock(1, 6)), Head((8,), 0.0), 8, "shallow")
TARGET = SOURCE.with_block(1, VGGBlock(3, 6))
CONFIG = TrainConfig(
    data=DataConfig("synthetic", train_limit=48, test_limit=24), learning_rate=0.02, schedule="constant", epochs=2,
    batch_size=16, precision="float32", device="cpu",
)  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return RunStore(Path(tmp_path_factory.mktemp("runs")))


@cache
def pictures(config: DataConfig) -> DataSet:
    return load(config, SOURCE)


def run(store: RunStore, spec: NetworkSpec, config: TrainConfig) -> tuple[RunRecord | None, list[RunEvent]]:
    recorded = run_recorded(store, spec, config, RunControl(), data=pictures(config.data))
    events = list(recorded)
    return recorded.record, events


@pytest.fixture(scope="module")
def parent(store: RunStore) -> RunRecord:
    record, events = run(store, SOURCE, CONFIG)
    assert isinstance(events[-1], RunEnded)
    assert record is not None
    return store.get(record.id)


def test_copies_are_bit_equal_and_the_rest_begins_as_the_seed_has_it(store: RunStore, parent: RunRecord) -> None:
    state = weights(store, parent.id)
    taken = grown(SOURCE, TARGET, state, "aligned")
    learner = Learner(TARGET, replace(CONFIG, init="he", seed=5), torch.device("cpu"), "float32")
    learner.begin_with(taken)
    fresh = build(TARGET)
    initialise(fresh, "he", seed=5)
    own, drawn = learner.model.state_dict(), fresh.state_dict()
    plan = plan_growth(SOURCE, TARGET, "aligned")
    for row in plan.rows:
        expected = drawn[row.target_tensor] if row.source_tensor is None else state[row.source_tensor]
        assert torch.equal(own[row.target_tensor], expected), row
    assert plan.copied > 0
    assert plan.random > 0


def test_a_grown_run_says_which_run_it_descends_from(store: RunStore, parent: RunRecord) -> None:
    record, events = run(store, TARGET, replace(CONFIG, start_from=StartFrom(parent.id, "aligned"), epochs=1))
    assert isinstance(events[-1], RunEnded)
    assert record is not None
    assert record.parent_id == parent.id
    assert record.id in {run.id for run in descendants(store.runs(), parent.id)}
    assert store.get(record.id).config.start_from == StartFrom(parent.id, "aligned")


def test_an_edited_run_goes_on_with_the_loss_that_its_parent_ended_with(store: RunStore, parent: RunRecord) -> None:
    config = replace(CONFIG, start_from=StartFrom(parent.id, "morph", "last"), epochs=1, learning_rate=1e-9)
    record, events = run(store, TARGET, config)
    assert record is not None
    (evaluated,) = (event for event in events if isinstance(event, Evaluated))
    before = [event for event in store.events(parent.id) if isinstance(event, Evaluated)][-1]
    assert evaluated.loss == pytest.approx(before.loss, abs=1e-4)
    assert evaluated.accuracy == before.accuracy


def test_the_curve_goes_on_where_the_parents_ended_and_the_edit_is_marked(store: RunStore, parent: RunRecord) -> None:
    config = replace(CONFIG, start_from=StartFrom(parent.id, "morph", "last"), epochs=1)
    record, _ = run(store, TARGET, config)
    assert record is not None
    curve = continued(store, record.id)
    assert curve.offset == 6
    assert [(step, epoch, run.id) for step, epoch, run in curve.marks] == [(6, 2, record.id)]
    assert list(curve.history.steps) == list(range(1, 10))
    assert list(curve.history.eval_epochs) == [1, 2, 3]
    assert [ancestor.record.id for ancestor in ancestors(store, store.get(record.id))] == [parent.id]


def test_the_curve_of_a_run_from_the_best_weights_is_cut_off_at_these(store: RunStore, parent: RunRecord) -> None:
    best = next(found for found in store.checkpoints(parent.id) if found.is_best)
    record, _ = run(store, TARGET, replace(CONFIG, start_from=StartFrom(parent.id, "aligned"), epochs=1))
    assert record is not None
    curve = continued(store, record.id)
    assert curve.offset == best.step
    assert list(curve.history.steps) == list(range(1, best.step + 4))


def test_going_on_after_a_stop_does_not_start_over_from_the_parent(store: RunStore, parent: RunRecord) -> None:
    config = replace(CONFIG, start_from=StartFrom(parent.id, "aligned"), epochs=2)
    whole, _ = run(store, TARGET, config)
    control = RunControl()
    stopped = run_recorded(store, TARGET, config, control, data=pictures(config.data))
    for event in stopped:
        if isinstance(event, CheckpointSaved):
            control.stop()
    assert whole is not None
    assert stopped.record is not None
    rest = run_recorded(store, None, None, RunControl(), resume_run=stopped.record.id, data=pictures(config.data))
    assert isinstance(list(rest)[-1], RunEnded)
    one, two = (weights(store, run_id, best=False) for run_id in (whole.id, stopped.record.id))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_start_that_cannot_be_is_said_before_a_run_is_created(store: RunStore, parent: RunRecord) -> None:
    before = len(store.runs())
    record, events = run(store, TARGET, replace(CONFIG, start_from=StartFrom(999)))
    assert record is None
    assert isinstance(events[-1], RunFailed)
    assert "There is no run 999" in events[-1].message
    assert len(store.runs()) == before


def test_an_edit_that_loses_the_function_fails_with_its_reason(store: RunStore, parent: RunRecord) -> None:
    narrow = SOURCE.with_block(1, VGGBlock(1, 5))
    _, events = run(store, narrow, replace(CONFIG, start_from=StartFrom(parent.id, "morph")))
    assert isinstance(events[-1], RunFailed)
    assert "conv2_1 had 6 channels and has 5" in events[-1].message
    assert events[-1].kind == "config"


def test_nothing_to_take_over_is_said(store: RunStore, parent: RunRecord) -> None:
    other = NetworkSpec(InputShape(3, 16, 16), (VGGBlock(1, 5), VGGBlock(1, 7)), Head((9,), 0.0), 8, "other")
    with pytest.raises(RunError, match="No layer of “shallow”"):
        start_tensors(SOURCE, other, weights(store, parent.id), "aligned")


def test_training_alone_wants_the_weights_that_its_recipe_speaks_of() -> None:
    (failed,) = train(SOURCE, replace(CONFIG, start_from=StartFrom(3)))
    assert isinstance(failed, RunFailed)
    assert "weights of run 3" in failed.message


def test_training_sides_are_part_of_the_run_and_repeat_bit_for_bit(store: RunStore) -> None:
    config = replace(CONFIG, train_side=(32, 40), epochs=1, data=replace(CONFIG.data, flip=True))
    losses = []
    for _ in range(2):
        _, events = run(store, SOURCE, config)
        losses.append([loss for event in events if isinstance(event, StepsDone) for loss in event.losses])
    assert losses[0] == losses[1]
    _, plain = run(store, SOURCE, replace(CONFIG, epochs=1, data=config.data))
    assert losses[0] != [loss for event in plain if isinstance(event, StepsDone) for loss in event.losses]
