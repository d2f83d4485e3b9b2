"""Ways of testing a run: dense equals one crop at the training size, grids, sides, maps, ensembles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from explorer.arch.blocks import ConvBlock, InceptionBlock, ResidualStage
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.events import Evaluated, RunEnded
from explorer.runs.record import RunRecord
from explorer.runs.store import RunStore
from explorer.runs.testing import EnsembleResult, TestPlan, TestProgress, TestResult, TestRow

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from explorer.engine.build import build  # noqa: E402
from explorer.engine.data import DataSet, load  # noqa: E402
from explorer.engine.dense import DenseNetwork  # noqa: E402
from explorer.engine.ensemble import test_ensemble as ensemble_of  # noqa: E402
from explorer.engine.runner import run_recorded, weights  # noqa: E402
from explorer.engine.testing import RunTester, figures, grid, load_tester, score_maps  # noqa: E402
from explorer.engine.testing import test_run as events_of_test  # noqa: E402
from explorer.errors import ConfigError, RunError  # noqa: E402

SPEC = NetworkSpec(
    InputShape(3, 32, 32), (VGGBlock(1, 4, norm="batch"), VGGBlock(1, 6), VGGBlock(1, 6)), Head((8,), 0.2), 8, "tiny"
)
CONFIG = TrainConfig(
    data=DataConfig("synthetic", train_limit=64, test_limit=40), learning_rate=0.02, epochs=1, batch_size=16,
    precision="float32", device="cpu",
)  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return RunStore(Path(tmp_path_factory.mktemp("runs")))


@cache
def pictures(config: DataConfig) -> DataSet:
    return load(config, SPEC)


def trained(store: RunStore, config: TrainConfig, spec: NetworkSpec = SPEC) -> RunRecord:
    recorded = run_recorded(store, spec, config, RunControl(), data=pictures(config.data))
    assert isinstance(list(recorded)[-1], RunEnded)
    assert recorded.record is not None
    return store.get(recorded.record.id)


@pytest.fixture(scope="module")
def record(store: RunStore) -> RunRecord:
    return trained(store, CONFIG)


@pytest.fixture(scope="module")
def tester(store: RunStore, record: RunRecord) -> RunTester:
    return load_tester(store, record.id, data=pictures(CONFIG.data))


def rows_of(store: RunStore, record: RunRecord, plan: TestPlan) -> dict[tuple[str, tuple[int, ...]], TestRow]:
    events = list(events_of_test(store, record.id, plan, RunControl(), data=pictures(record.config.data)))
    result = events[-1]
    assert isinstance(result, TestResult)
    assert result.is_complete
    assert result.rows == tuple(event for event in events if isinstance(event, TestRow))
    return {(row.crop, row.sides): row for row in result.rows}


def heads() -> Iterator[NetworkSpec]:
    blocks = (VGGBlock(1, 4, norm="batch"), VGGBlock(2, 6))
    for head in (
        Head((8, 8)),
        Head(()),
        Head((8,), pool="adaptive"),
        Head((), pool="global_average"),
        Head((8,), pool="global_average"),
        Head((8,), dropout_first=True),
    ):
        yield NetworkSpec(InputShape(3, 24, 20), blocks, head, 5)
    mixed = (ConvBlock(4, 5, 2), InceptionBlock.of_four(2, (2, 3), (2, 3), 2), ResidualStage(1, 8, stride=2))
    yield NetworkSpec(InputShape(3, 24, 24), mixed, Head((), pool="global_average"), 5)


@pytest.mark.parametrize("spec", list(heads()), ids=lambda spec: f"{spec.head.pool}-{spec.head.hidden}")
def test_at_the_training_size_the_dense_network_gives_the_scores_of_the_network(spec: NetworkSpec) -> None:
    network = build(spec).eval()
    dense = DenseNetwork(network, spec).eval()
    x = torch.randn(3, spec.input.channels, spec.input.height, spec.input.width)
    with torch.inference_mode():
        scores = dense(x).mean((2, 3))
        assert torch.allclose(scores, network(x), atol=1e-5)
        assert dense(torch.randn(1, 3, 48, 56)).shape[:2] == (1, 5)


@pytest.mark.parametrize("side", [224, 256, 320, 384])
def test_the_map_of_a_vgg_for_224_pixels_has_q_over_32_minus_6_places(side: int) -> None:
    """Source: Simonyan & Zisserman 2015, section 3.2: the first linear layer is a 7 × 7 convolution."""
    blocks = tuple(VGGBlock(count, 2) for count in (1, 1, 2, 2, 2))
    spec = NetworkSpec(InputShape(3, 224, 224), blocks, Head((4, 4)), 3)
    dense = DenseNetwork(build(spec), spec).eval()
    with torch.inference_mode():
        assert dense(torch.zeros(1, 3, side, side)).shape[2:] == (side // 32 - 6,) * 2
    assert dense.stride == (32, 32)
    assert dense.window == (224, 224)


def test_without_padding_each_place_of_the_map_is_the_score_of_its_crop() -> None:
    spec = NetworkSpec(
        InputShape(1, 20, 20), (VGGBlock(1, 3, padding="none"), VGGBlock(1, 4, padding="none")), Head((6,)), 5
    )
    network = build(spec).eval()
    dense = DenseNetwork(network, spec).eval()
    x = torch.randn(1, 1, 32, 28)
    with torch.inference_mode():
        scores = dense(x)[0]
        for row in range(scores.shape[1]):
            for column in range(scores.shape[2]):
                top, left = row * dense.stride[0], column * dense.stride[1]
                crop = x[:, :, top : top + 20, left : left + 20]
                torch.testing.assert_close(scores[:, row, column], network(crop)[0], atol=1e-5, rtol=1e-4)


def test_a_single_crop_at_the_runs_own_side_is_the_runs_own_evaluation(store: RunStore, record: RunRecord) -> None:
    row = rows_of(store, record, TestPlan(("single",)))["single", (32,)]
    (evaluated,) = (event for event in store.events(record.id) if isinstance(event, Evaluated))
    assert row.accuracy == evaluated.accuracy
    assert row.loss == pytest.approx(evaluated.loss, abs=1e-5)
    assert [image.is_right for image in row.images].count(True) == round(evaluated.accuracy * 40)


def test_a_run_with_sides_is_tested_at_its_own_test_side(store: RunStore) -> None:
    record = trained(store, replace(CONFIG, train_side=(34, 44), test_side=40))
    (evaluated,) = (event for event in store.events(record.id) if isinstance(event, Evaluated))
    assert rows_of(store, record, TestPlan(("single",)))["single", (40,)].accuracy == evaluated.accuracy


def test_dense_at_the_training_size_without_the_mirror_image_is_the_single_crop(
    store: RunStore, record: RunRecord
) -> None:
    rows = rows_of(store, record, TestPlan(("single", "dense"), (32,), flip=False))
    single, dense = rows["single", (32,)], rows["dense", (32,)]
    assert dense.accuracy == single.accuracy
    assert dense.map_side == (1, 1)
    for one, two in zip(single.images, dense.images, strict=True):
        assert one.probability == pytest.approx(two.probability, abs=1e-5)


def test_fifty_crops_are_the_mean_of_25_places_and_their_mirror_images(tester: RunTester) -> None:
    images = tester.pictures(slice(0, 4), 40)
    found = tester.probabilities("multi", images, flip=True, control=RunControl())
    with torch.inference_mode():
        network = build(SPEC).eval()
        network.load_state_dict(tester._network.state_dict())
        each = [
            network(tester.prepared(view)).softmax(1)
            for top in (0, 2, 4, 6, 8)
            for left in (0, 2, 4, 6, 8)
            for crop in [images[:, :, top : top + 32, left : left + 32]]
            for view in (crop, crop.flip(3))
        ]
    assert len(each) == 50
    torch.testing.assert_close(found, torch.stack(each).mean(0), atol=1e-5, rtol=1e-4)


def test_places_that_fall_together_count_as_often_as_they_do() -> None:
    assert grid((32, 32), (32, 32)) == {(0, 0): 25}
    assert sum(grid((34, 40), (32, 32)).values()) == 25
    assert {top for top, _ in grid((34, 40), (32, 32))} == {0, 1, 2}


def test_both_and_several_sides_average_what_their_parts_say(store: RunStore, record: RunRecord) -> None:
    rows = rows_of(store, record, TestPlan(("multi", "dense", "both"), (32, 40)))
    assert len(rows) == 9
    assert rows["both", (32,)].map_side == (1, 1)
    assert rows["dense", (40,)].map_side == (2, 2)
    assert "averaged over the sides 32, 40" in rows["dense", (32, 40)].note
    for crop in ("multi", "dense"):
        assert rows["both", (40,)].seconds > rows[crop, (40,)].seconds
    tester = load_tester(store, record.id, side=40, data=pictures(CONFIG.data))
    parts = [
        tester.probabilities(crop, tester.pictures(slice(0, 40), side), flip=True, control=RunControl())
        for crop in ("dense", "multi")
        for side in (32, 40)
    ]
    accuracy, top5, loss = figures(torch.stack(parts).mean(0), tester.data.test_labels)
    both = rows["both", (32, 40)]
    assert (both.accuracy, both.top5) == (accuracy, top5)
    assert both.loss == pytest.approx(loss)


def test_a_side_that_is_too_small_gives_a_row_that_says_so(store: RunStore, record: RunRecord) -> None:
    rows = rows_of(store, record, TestPlan(("single",), (20, 32)))
    assert rows["single", (20,)].accuracy is None
    assert "use at least 32" in rows["single", (20,)].note
    assert set(rows) == {("single", (20,)), ("single", (32,))}


def test_progress_reaches_its_total_and_a_limit_holds(store: RunStore, record: RunRecord) -> None:
    events = list(
        events_of_test(
            store,
            record.id,
            TestPlan(("single", "dense"), (32, 36), limit=10),
            RunControl(),
            data=pictures(CONFIG.data),
        )
    )
    progress = [event for event in events if isinstance(event, TestProgress)]
    assert [event.done for event in progress] == sorted(event.done for event in progress)
    assert (progress[-1].done, progress[-1].total) == (40, 40)
    assert all(event.num_images == 10 for event in events if isinstance(event, TestRow))


def test_a_stopped_test_keeps_its_whole_rows(store: RunStore, record: RunRecord) -> None:
    control = RunControl()
    events = []
    for event in events_of_test(
        store, record.id, TestPlan(("single", "multi", "dense")), control, data=pictures(CONFIG.data)
    ):
        events.append(event)
        if isinstance(event, TestRow):
            control.stop()
    result = events[-1]
    assert isinstance(result, TestResult)
    assert not result.is_complete
    assert [row.crop for row in result.rows] == ["single"]


def test_a_score_map_holds_probabilities_and_the_picture_that_was_seen(store: RunStore, record: RunRecord) -> None:
    (found,) = score_maps(store, record.id, [3], side=48, data=pictures(CONFIG.data))
    assert (found.rows, found.columns, found.stride, found.window) == (3, 3, (8, 8), (32, 32))
    assert (found.picture.height, found.picture.width, len(found.picture.pixels)) == (48, 48, 3 * 48 * 48)
    for row in range(3):
        assert sum(plane[row][0] for plane in found.scores) == pytest.approx(1, abs=1e-5)
    assert sum(found.probabilities) == pytest.approx(1, abs=1e-5)
    assert found.label == int(pictures(CONFIG.data).test_labels[3])
    last = (found.rows - 1) * found.stride[0] + found.window[0]
    assert last == found.picture.height


def test_a_map_at_the_training_size_is_one_place_with_the_single_crops_probabilities(tester: RunTester) -> None:
    found = tester.score_map(5)
    single = tester.probabilities("single", tester.pictures(slice(5, 6), 32), flip=False, control=RunControl())
    assert [plane[0][0] for plane in found.scores] == pytest.approx(single[0].tolist(), abs=1e-5)
    assert found.prediction == int(single.argmax())


def test_a_picture_that_is_not_there_and_a_side_too_small_are_refused(tester: RunTester) -> None:
    with pytest.raises(RunError, match="from 0 to 39"):
        tester.score_map(40)
    with pytest.raises(ConfigError, match="at least 32"):
        tester.score_map(0, 16)


def test_an_ensemble_averages_and_lists_what_is_gained_and_lost(store: RunStore, record: RunRecord) -> None:
    other = trained(store, replace(CONFIG, seed=1, epochs=3))
    *progress, result = ensemble_of(store, [record.id, other.id], RunControl())
    assert isinstance(result, EnsembleResult)
    assert all(isinstance(event, TestProgress) for event in progress)
    best = max(result.members, key=lambda member: member.accuracy)
    assert result.best_run_id == best.run_id
    net = len(result.gained) - len(result.lost)
    assert result.accuracy == pytest.approx(best.accuracy + net / result.num_images)
    for change in result.gained:
        assert change.ensemble == change.label != change.best_member
    for change in result.lost:
        assert change.best_member == change.label != change.ensemble
    testers = [load_tester(store, run_id, data=pictures(CONFIG.data)) for run_id in (record.id, other.id)]
    found = [t.probabilities("single", t.pictures(slice(0, 40), 32), flip=False, control=RunControl()) for t in testers]
    assert result.accuracy == figures(torch.stack(found).mean(0), testers[0].data.test_labels)[0]


def test_an_ensemble_needs_two_runs_of_the_same_pictures(store: RunStore, record: RunRecord) -> None:
    with pytest.raises(RunError, match="at least two"):
        list(ensemble_of(store, [record.id, record.id], RunControl()))
    fewer = trained(store, replace(CONFIG, data=replace(CONFIG.data, test_limit=20)))
    with pytest.raises(RunError, match="different pictures"):
        list(ensemble_of(store, [record.id, fewer.id], RunControl()))


def test_a_stopped_ensemble_gives_no_result(store: RunStore, record: RunRecord) -> None:
    control = RunControl()
    control.stop()
    assert list(ensemble_of(store, [record.id, trained(store, replace(CONFIG, seed=2)).id], control)) == []


def test_top_5_is_left_out_where_every_answer_would_do() -> None:
    assert figures(torch.eye(5), torch.arange(5))[1] is None
    assert figures(torch.eye(6), torch.arange(6))[1] == 1.0


def test_a_network_that_is_tested_keeps_its_weights(store: RunStore, record: RunRecord, tester: RunTester) -> None:
    before = weights(store, record.id)
    list(tester.test(TestPlan(("both",), (32, 40)), RunControl()))
    assert all(torch.equal(before[name], value) for name, value in tester._network.state_dict().items())
    assert not any(module.training for module in tester._network.modules() if isinstance(module, nn.Module))
