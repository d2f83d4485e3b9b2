"""Statistics over seeds. Quantiles are those of the printed table of Student's distribution."""

import math
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from explorer.arch.presets import starter
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.events import Evaluated, RunEnded, RunStarted
from explorer.runs.record import RunRecord
from explorer.runs.statistics import (
    LEAST_SEEDS,
    LEVEL,
    PairedTest,
    best_pair,
    incomplete_beta,
    judge,
    paired_test,
    run_groups,
    sentence,
    student_quantile,
    student_tail,
)
from explorer.runs.store import RunStore
from explorer.units import points

SPEC = starter().spec
OTHER = replace(SPEC.without_block(0), name="shallow")


def add(
    store: RunStore, seed: int, accuracy: float, *, spec: object = SPEC, config: TrainConfig | None = None
) -> RunRecord:
    record = store.create(spec, replace(config or TrainConfig(epochs=1), seed=seed), name=f"run {seed}")  # type: ignore[arg-type]
    started = RunStarted(10, 10, 100, 20, "cpu", "float32", 1, 0)
    store.append(
        record.id,
        [
            started,
            Evaluated(10, 1, 0.5, accuracy, is_best=True, elapsed_s=2.0),
            RunEnded("finished", 10, 1, accuracy, 2.0),
        ],
    )
    return store.get(record.id)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def test_runs_that_differ_in_seed_device_and_name_alone_are_one_group(store: RunStore) -> None:
    add(store, 0, 0.80)
    add(store, 1, 0.84, config=TrainConfig(epochs=1, device="cpu"))
    add(store, 2, 0.82, spec=replace(SPEC, name="the same"), config=TrainConfig(epochs=1, data=DataConfig(folder="/x")))
    add(store, 0, 0.70, config=TrainConfig(epochs=2))
    add(store, 0, 0.60, spec=OTHER)
    first, longer, other = run_groups(store.runs())
    assert first.seeds == (0, 1, 2)
    assert first.mean == pytest.approx(0.82)
    assert first.deviation == pytest.approx(0.02)
    assert first.mean_time_s == pytest.approx(2.0)
    assert (longer.seeds, other.seeds) == ((0,), (0,))
    assert longer.deviation is None
    assert first.recipe == other.recipe != longer.recipe
    assert other.label == "shallow"


def test_of_two_runs_with_one_seed_the_newer_counts(store: RunStore) -> None:
    add(store, 0, 0.5)
    add(store, 0, 0.9)
    (group,) = run_groups(store.runs())
    assert group.accuracies == {0: 0.9}


def test_a_run_that_did_not_go_through_is_no_sample(store: RunStore) -> None:
    record = store.create(SPEC, TrainConfig(epochs=1))
    store.append(
        record.id, [Evaluated(5, 1, 0.5, 0.4, is_best=True, elapsed_s=1.0), RunEnded("stopped", 5, 1, 0.4, 1.0)]
    )
    assert run_groups(store.runs()) == ()
    assert len(run_groups(store.runs(), finished_only=False)) == 1


def test_groups_with_one_recipe_are_paired_before_those_with_more_seeds(store: RunStore) -> None:
    for seed in (0, 1):
        add(store, seed, 0.8)
        add(store, seed, 0.7, spec=OTHER)
    for seed in (0, 1, 2):
        add(store, seed, 0.6, spec=OTHER, config=TrainConfig(epochs=3))
    groups = run_groups(store.runs())
    found = best_pair(groups[:1], groups[1:])
    assert found is not None
    assert found[0].recipe == found[1].recipe
    test = paired_test(*found)
    assert test.seeds == (0, 1)
    assert test.mean == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("tail", "freedom", "t"),
    [(0.05, 1, 12.706), (0.05, 2, 4.303), (0.01, 4, 4.604), (0.05, 10, 2.228), (0.01, 30, 2.750)],
)
def test_the_quantiles_are_those_of_the_printed_table(tail: float, freedom: int, t: float) -> None:
    assert student_quantile(tail, freedom) == pytest.approx(t, abs=6e-4)
    assert student_tail(t, freedom) == pytest.approx(tail, rel=2e-3)


@pytest.mark.parametrize(
    ("a", "b", "x", "value"), [(1, 1, 0.3, 0.3), (2, 2, 0.5, 0.5), (2, 3, 0.4, 0.5248), (0.5, 0.5, 0.25, 1 / 3)]
)
def test_the_incomplete_beta_function_has_its_known_values(a: float, b: float, x: float, value: float) -> None:
    """I_x(1, 1) = x; I_0.4(2, 3) = 0.5248 as a binomial sum; I_x(1/2, 1/2) = 2/π · arcsin √x."""
    assert incomplete_beta(a, b, x) == pytest.approx(value, abs=1e-12)


def judged(differences: list[float], *, comparisons: int = 1) -> PairedTest:
    return judge(dict(enumerate(differences)), comparisons=comparisons)


def studies(effect: float, num_seeds: int, count: int, seed: int) -> int:
    """In how many of `count` studies a difference is called proven; 1,000 pictures, noise of the seeds 1 %."""
    random = Random(seed)
    found = 0
    for _ in range(count):
        common = [random.gauss(0.9, 0.005) for _ in range(num_seeds)]  # what a seed does to both
        left = [round(1000 * (base + random.gauss(0, 0.01))) / 1000 for base in common]
        right = [round(1000 * (base + effect + random.gauss(0, 0.01))) / 1000 for base in common]
        found += judged([b - a for a, b in zip(left, right, strict=True)]).proven
    return found


@pytest.mark.parametrize("num_seeds", [3, 5, 8])
@pytest.mark.parametrize("seed", range(5))
def test_of_200_studies_of_equal_networks_at_most_5_percent_claim_a_winner(num_seeds: int, seed: int) -> None:
    assert studies(0.0, num_seeds, 200, seed) <= 10


def test_the_rate_of_false_wins_is_the_level_within_its_binomial_bound() -> None:
    count = 4000
    bound = LEVEL * count + 4 * math.sqrt(count * LEVEL * (1 - LEVEL))
    low = LEVEL * count - 4 * math.sqrt(count * LEVEL * (1 - LEVEL))
    assert low <= studies(0.0, 5, count, seed=1) <= bound


def test_a_real_difference_is_found_with_the_seeds_that_were_asked_for() -> None:
    """The forecast promises 80 % of studies; 400 of them stray by four deviations of 2 % at most."""
    effect, spread = 0.02, math.sqrt(2) * 0.01
    probe = [effect - spread, effect + spread, effect]  # mean `effect`, deviation `spread`
    test = judged(probe)
    assert not test.proven
    assert test.seeds_more is not None
    found = studies(effect, 3 + test.seeds_more, 400, seed=3)
    assert 0.72 <= found / 400 <= 0.95


def test_a_clear_difference_is_proven_and_the_sentence_says_what_it_rests_on() -> None:
    test = judged([0.021, 0.019, 0.020, 0.022, 0.018])
    assert test.proven
    assert test.seeds_more == 0
    text = sentence("vgg11", "vgg16", test)
    assert text.startswith("vgg16 is better than vgg11: +2.0 points on average over 5 common seeds.")
    assert "less than 0.1\u2009%" in text
    assert "paired t-test" in text
    assert sentence("a", "b", replace(test, mean=-test.mean)).startswith("a is better than b")


def test_what_is_not_proven_says_how_many_seeds_more_it_would_take() -> None:
    test = judged([0.01, -0.004, 0.012])
    text = sentence("a", "b", test)
    assert text.startswith("Not proven: b differs by +0.60 points on average over 3 common seeds")
    assert f"about {test.seeds_more} more seeds would prove it" in text


@pytest.mark.parametrize(
    ("differences", "words"),
    [
        ([], "no seed in common. Train both with seeds 0, 1, 2"),
        ([0.01], "one common seed, which says nothing about chance"),
        ([0.0, 0.0, 0.0], "No difference"),
        ([1e-5, -1e-5, 2e-6], "more than 1,000 seeds"),
    ],
)
def test_too_few_seeds_and_no_difference_have_sentences_of_their_own(differences: list[float], words: str) -> None:
    assert words in sentence("a", "b", judged(differences))


def test_two_equal_differences_alone_prove_nothing() -> None:
    test = judged([0.01] * (LEAST_SEEDS - 1))
    assert not test.proven
    assert judged([0.01] * LEAST_SEEDS).proven


def test_several_comparisons_at_once_share_the_level() -> None:
    differences = [0.02, 0.011, 0.016, 0.03]
    assert judged(differences).proven
    assert not judged(differences, comparisons=20).proven


def test_points_are_signed() -> None:
    assert [points(value) for value in (0.0123, -0.0042, 0.0, None)] == [
        "+1.2 points",
        "\u22120.42 points",
        "0 points",
        "–",
    ]
