"""What several runs of the same thing say together: mean and spread over seeds, and whether a difference is proven.

The test is Student's paired t-test on the differences of the best accuracies at common seeds, two-sided; its tail is
the regularised incomplete beta function, computed here. Assumed: the differences of different seeds are independent
and about normal. A difference is called proven when its chance under equal networks is below `LEVEL`, divided by the
number of comparisons made at once (Bonferroni), and at least `LEAST_SEEDS` seeds are common: accuracies are whole
pictures, so two differences may be equal by chance. `LEVEL` is half of the 5 % that are allowed in the long run, so
that 5 % also holds in a finite series of studies.

Source: Student 1908, "The probable error of a mean"; Lentz 1976 for the continued fraction; Dunn 1961 for the division.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean, stdev

from explorer.runs.record import RunRecord
from explorer.units import THIN, points

LEVEL = 0.025
POWER = 0.8
LEAST_SEEDS = 3
MOST_SEEDS = 1000


@dataclass(frozen=True)
class RunGroup:
    """Runs of one network with one recipe, one for each seed; of several with one seed, the newest counts.

    `key` is the same for equal network and recipe, `recipe` for equal recipes alone.
    """

    key: str
    recipe: str
    label: str
    records: tuple[RunRecord, ...]

    @property
    def accuracies(self) -> Mapping[int, float]:
        """The best accuracy (0 to 1) of each seed that was evaluated."""
        return {run.seed: run.best_accuracy for run in self.records if run.best_accuracy is not None}

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that count, in order."""
        return tuple(sorted(self.accuracies))

    @property
    def mean(self) -> float | None:
        """The mean accuracy."""
        found = self.accuracies
        return fmean(found.values()) if found else None

    @property
    def deviation(self) -> float | None:
        """The sample's standard deviation (n − 1); None for fewer than two seeds."""
        return stdev(self.accuracies.values()) if len(self.accuracies) > 1 else None

    @property
    def mean_time_s(self) -> float | None:
        """The mean time of a run in seconds."""
        return fmean(run.elapsed_s for run in self.records) if self.records else None


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Right minus left over the common seeds. `probability` is that of such a difference between equal networks."""

    seeds: tuple[int, ...]
    mean: float
    deviation: float | None
    probability: float | None
    proven: bool
    level: float

    @property
    def num_seeds(self) -> int:
        """How many seeds both sides have."""
        return len(self.seeds)

    @property
    def seeds_more(self) -> int | None:
        """How many more common seeds it would take to prove a difference of this size, with a power of 80 %.

        0 where it is proven; None where it is 0, or where there are too few seeds to estimate its spread.
        """
        if self.proven:
            return 0
        return None if self.deviation is None else _seeds_more(self.mean, self.deviation, self.num_seeds, self.level)


def run_groups(records: Iterable[RunRecord], *, finished_only: bool = True) -> tuple[RunGroup, ...]:
    """The runs in groups of equal network and recipe apart from the seed, in the order of each group's first run.

    A network's name, the device and the folder of the data do not part groups. Runs without an evaluation are left
    out, and so are those that did not go through, unless `finished_only` is off: half a run is no fair sample.
    """
    found: dict[str, dict[int, RunRecord]] = {}
    recipes: dict[str, str] = {}
    for run in sorted(records, key=lambda run: run.id):
        if run.best_accuracy is None or (finished_only and run.status != "finished"):
            continue
        spec, recipe = spec_key(run.spec_json), recipe_key(run.config_json)
        key = f"{spec}|{recipe}"
        found.setdefault(key, {})[run.seed] = run
        recipes[key] = recipe
    return tuple(
        RunGroup(key, recipes[key], _label(runs), tuple(runs[seed] for seed in sorted(runs)))
        for key, runs in found.items()
    )


@lru_cache(maxsize=4096)
def spec_key(spec_json: str) -> str:
    """What is the same for two networks that differ in name only."""
    return _without(spec_json, ("name",))


@lru_cache(maxsize=4096)
def recipe_key(config_json: str) -> str:
    """What is the same for two recipes that differ in seed, device or the place of the data only."""
    values = json.loads(config_json)
    if isinstance(values, dict) and isinstance(values.get("data"), dict):
        values["data"] = {name: value for name, value in values["data"].items() if name != "folder"}
    return _without(json.dumps(values), ("seed", "device"))


def best_pair(left: Sequence[RunGroup], right: Sequence[RunGroup]) -> tuple[RunGroup, RunGroup] | None:
    """The two groups that can be compared best: equal recipes first, then most common seeds, then the newest runs."""
    pairs = [(a, b) for a in left for b in right if a.key != b.key]
    if not pairs:
        return None

    def rank(pair: tuple[RunGroup, RunGroup]) -> tuple[bool, int, int]:
        a, b = pair
        common = set(a.seeds) & set(b.seeds)
        return a.recipe == b.recipe, len(common), max(run.id for run in (*a.records, *b.records))

    return max(pairs, key=rank)


def paired_test(left: RunGroup, right: RunGroup, *, comparisons: int = 1) -> PairedTest:
    """The paired t-test of `right` against `left`; `comparisons` is how many are made at once."""
    a, b = left.accuracies, right.accuracies
    seeds = sorted(set(a) & set(b))
    return judge({seed: b[seed] - a[seed] for seed in seeds}, comparisons=comparisons)


def judge(differences: Mapping[int, float], *, comparisons: int = 1) -> PairedTest:
    """The paired t-test on the difference of each seed."""
    level = LEVEL / max(1, comparisons)
    seeds, values = tuple(differences), tuple(differences.values())
    count = len(values)
    mean = fmean(values) if values else 0.0
    if count < 2:
        return PairedTest(seeds, mean, None, None, proven=False, level=level)
    deviation = stdev(values)
    probability = _probability(mean, deviation, count)
    proven = count >= LEAST_SEEDS and probability < level
    return PairedTest(seeds, mean, deviation, probability, proven, level)


def sentence(left: str, right: str, test: PairedTest) -> str:
    """Whether `right` differs from `left`, in plain words, with the figures it rests on."""
    if not test.num_seeds:
        return f"{left} and {right} have no seed in common. Train both with seeds 0, 1, 2 to compare them."
    size = f"{points(test.mean)} on average over {_seeds(test.num_seeds)}"
    if test.num_seeds < 2:
        return (
            f"{right} differs by {points(test.mean)} with one common seed, which says nothing about chance. "
            "Train both with more seeds."
        )
    if test.proven:
        better, worse = (right, left) if test.mean > 0 else (left, right)
        return (
            f"{better} is better than {worse}: {size}. Equal networks would differ as much with a chance of "
            f"{_chance(test.probability)} (paired t-test), below the limit of {_percent(test.level)}."
        )
    if test.mean == 0:
        return f"No difference: both are equally accurate on average over {_seeds(test.num_seeds)}."
    chance = (
        f"Not proven: {right} differs by {size}, and equal networks would differ as much with a chance of "
        f"{_chance(test.probability)} (paired t-test; the limit is {_percent(test.level)})."
    )
    return f"{chance} {_more(test)}"


def student_tail(t: float, freedom: float) -> float:
    """The chance that |T| exceeds |t| for Student's distribution: I_x(ν/2, 1/2) with x = ν / (ν + t²)."""
    if math.isinf(t):
        return 0.0
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


@lru_cache(maxsize=512)
def student_quantile(tail: float, freedom: float) -> float:
    """The t that |T| exceeds with the chance `tail` (0 to 1)."""
    low, high = 0.0, 2.0
    while student_tail(high, freedom) > tail:
        high *= 2
    for _ in range(48):
        middle = (low + high) / 2
        low, high = (middle, high) if student_tail(middle, freedom) > tail else (low, middle)
    return (low + high) / 2


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1.0 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    tiny = 1e-300
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1)
    d = 1.0 / (d if abs(d) > tiny else tiny)
    value = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1.0 + term * d
            d = 1.0 / (d if abs(d) > tiny else tiny)
            c = 1.0 + term / c
            c = c if abs(c) > tiny else tiny
            value *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return value


def _probability(mean: float, deviation: float, count: int) -> float:
    if deviation == 0:
        return 1.0 if mean == 0 else 0.0
    return student_tail(mean / (deviation / math.sqrt(count)), count - 1)


def _seeds_more(mean: float, deviation: float, count: int, level: float) -> int | None:
    """How many seeds more would prove this difference in 80 % of studies; None where there is no difference."""
    if mean == 0:
        return None
    effect = abs(mean) / deviation if deviation > 0 else math.inf
    low, high = max(LEAST_SEEDS, count + 1), MOST_SEEDS
    if not _suffices(high, effect, level):
        return MOST_SEEDS - count
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _suffices(middle, effect, level) else (middle + 1, high)
    return low - count


def _suffices(count: int, effect: float, level: float) -> bool:
    """Whether `count` seeds prove an `effect` (mean over deviation) with the power asked, by the quantiles' sum."""
    freedom = count - 1
    wanted = student_quantile(level, freedom) + student_quantile(2 * (1 - POWER), freedom)
    return effect * math.sqrt(count) >= wanted


def _more(test: PairedTest) -> str:
    more = test.seeds_more
    if more is None:
        return "More seeds would tell."
    if test.num_seeds + more >= MOST_SEEDS:
        return f"A difference this small would take more than {MOST_SEEDS:,} seeds."
    return f"If the difference is real, about {more:,} more {_noun(more)} would prove it."


def _seeds(count: int) -> str:
    return f"{count} common {_noun(count)}"


def _noun(count: int) -> str:
    return "seed" if count == 1 else "seeds"


def _chance(probability: float | None) -> str:
    if probability is None:
        return "an unknown part"
    return f"less than 0.1{THIN}%" if probability < 0.001 else _percent(probability)


def _percent(part: float) -> str:
    text = f"{100 * part:.2g}" if part < 0.1 else f"{100 * part:.0f}"
    return f"{text}{THIN}%"


def _without(text: str, names: Sequence[str]) -> str:
    values = json.loads(text)
    if isinstance(values, dict):
        values = {name: value for name, value in values.items() if name not in names}
    return json.dumps(values, sort_keys=True)


def _label(runs: Mapping[int, RunRecord]) -> str:
    """The network's name, as its newest run has it."""
    newest = max(runs.values(), key=lambda run: run.id)
    return str(json.loads(newest.spec_json).get("name") or newest.name)
