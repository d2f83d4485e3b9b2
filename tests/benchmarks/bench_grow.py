"""A deep plain VGG with weak initial weights: from scratch it stalls, grown from a shallow one it learns.

    python tests/benchmarks/bench_grow.py [SEEDS]

The nets are VGG-A and VGG-E with narrow blocks (8 to 32 channels, two hidden layers of 64) for 32 × 32 pictures,
without batch norm, on 2,000 pictures of the built-in set. Weights that are not copied begin by Xavier's rule, which is
weak for a plain net: each convolution and ReLU leaves half of the signal's variance, sixteen leave 1/65,536. A is
first trained for five epochs with Adam; then E has nine epochs of the paper's SGD from three starts: from scratch, and
with what it takes from A by the paper's rule or by the best alignment. "Learns" means that the test accuracy reaches
30 % (chance is 10 %); a run that has is not carried on.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from explorer.runtime_env import prepare_environment

prepare_environment()

import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from explorer.analysis.growth import GrowthRule  # noqa: E402
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock  # noqa: E402
from explorer.engine.checkpoint import model_weights  # noqa: E402
from explorer.engine.data import DataSet, load  # noqa: E402
from explorer.engine.grow import grown  # noqa: E402
from explorer.engine.state import TrainState  # noqa: E402
from explorer.engine.train import train  # noqa: E402
from explorer.runs.config import DataConfig, StartFrom, TrainConfig  # noqa: E402
from explorer.runs.control import RunControl  # noqa: E402
from explorer.runs.events import CheckpointSaved, Evaluated, RunFailed  # noqa: E402

LEARNS = 0.30
RULES: tuple[GrowthRule, ...] = ("paper", "aligned")
_WIDTHS = (8, 16, 32, 32, 32)
_DATA = DataConfig(train_limit=2_000, test_limit=500)
DEEP = TrainConfig(
    data=_DATA, optimizer="sgd", learning_rate=0.02, momentum=0.9, nesterov=False, weight_decay=0.0,
    schedule="constant", epochs=9, batch_size=32, init="xavier", device="cpu", precision="float32",
)  # fmt: skip
SHALLOW = replace(DEEP, optimizer="adam", learning_rate=1e-3, epochs=5)


def vgg(name: str, convs: tuple[int, ...]) -> NetworkSpec:
    """A narrow VGG with that many convolutions in its blocks."""
    blocks = tuple(VGGBlock(count, width) for count, width in zip(convs, _WIDTHS, strict=True))
    return NetworkSpec(InputShape(1, 32, 32), blocks, Head((64, 64), 0.0), 10, name)


A, E = vgg("A", (1, 1, 2, 2, 2)), vgg("E", (2, 2, 4, 4, 4))


@dataclass
class Kept:
    """Keeps a copy of the newest weights."""

    weights: dict[str, Tensor] = field(default_factory=dict)

    def __call__(self, state: TrainState, *, step: int, epoch: int, is_best: bool) -> CheckpointSaved:
        self.weights = {name: value.clone() for name, value in model_weights(state).items()}
        return CheckpointSaved(step, epoch, "", "", is_best)


def shallow(seed: int, data: DataSet) -> tuple[float, dict[str, Tensor]]:
    """The last test accuracy of A, and its weights."""
    kept, last = Kept(), 0.0
    for event in train(A, replace(SHALLOW, seed=seed), data=data, save=kept, save_every_s=1e9):
        last = event.accuracy if isinstance(event, Evaluated) else last
    return last, kept.weights


def deep(seed: int, data: DataSet, start: Mapping[str, Tensor] | None = None) -> float:
    """The best test accuracy of E, until it has learned."""
    config = replace(DEEP, seed=seed, start_from=StartFrom(1) if start else None)
    control, best = RunControl(), 0.0
    for event in train(E, config, control=control, data=data, start=start):
        if isinstance(event, RunFailed):
            raise SystemExit(event.message)
        if isinstance(event, Evaluated):
            best = max(best, event.accuracy)
            if best >= LEARNS:
                control.stop()
    return best


def one_seed(seed: int, data: DataSet) -> dict[str, float]:
    """The accuracies of A and of E from each start."""
    accuracy, weights = shallow(seed, data)
    found = {"shallow": accuracy, "scratch": deep(seed, data)}
    return found | {rule: deep(seed, data, grown(A, E, weights, rule)) for rule in RULES}


def measure(seeds: int = 5) -> dict[str, float]:
    """How many of the seeds learn from each start, and the mean accuracies in percent."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    began = time.perf_counter()
    try:
        data = load(_DATA, A)
        found = [one_seed(seed, data) for seed in range(seeds)]
    finally:
        torch.set_num_threads(threads)
    figures: dict[str, float] = {"seeds": seeds, "seconds": time.perf_counter() - began}
    for start in found[0]:
        figures[f"{start}_percent"] = 100 * statistics.mean(each[start] for each in found)
        figures[f"{start}_learned"] = sum(each[start] >= LEARNS for each in found)
    return figures


def main(seeds: int) -> None:
    """Print a row for each seed as soon as it is done, then how many learned."""
    torch.set_num_threads(1)
    data = load(_DATA, A)
    starts = ("shallow", "scratch", *RULES)
    print("test accuracy, %       " + "  ".join(f"{start:>8}" for start in starts))
    rows = []
    for seed in range(seeds):
        rows.append(one_seed(seed, data))
        print(f"seed {seed:<17} " + "  ".join(f"{100 * rows[-1][start]:8.1f}" for start in starts), flush=True)
    learned = (sum(row[start] >= LEARNS for row in rows) for start in starts)
    print(f"learned, of {seeds:<10} " + "  ".join(f"{count:8}" for count in learned))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
