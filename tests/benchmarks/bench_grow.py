"""A deep plain VGG with weak initial weights: from scratch it stalls, grown from a shallow one it learns.

    python tests/benchmarks/bench_grow.py [SEEDS]

The nets are VGG-A and VGG-D with narrow blocks (8 to 32 channels, two hidden layers of 64) for 32 × 32 pictures,
without batch norm, on 2,000 pictures of the built-in set. Weights that are not copied begin as torch's layers do, with
a variance of 1/(3 · fan in): each convolution and ReLU leaves a sixth of the signal's variance, thirteen leave nothing.
A is first trained for a few epochs with Adam, then D with the paper's SGD from three starts: from scratch, and with
what it takes from A by alignment or by the paper's rule. "Learns" means that the test accuracy reaches 30 %; chance is
10 %.
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

from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock  # noqa: E402
from explorer.engine.checkpoint import model_weights  # noqa: E402
from explorer.engine.data import DataSet, load  # noqa: E402
from explorer.engine.grow import grown  # noqa: E402
from explorer.engine.state import TrainState  # noqa: E402
from explorer.engine.train import train  # noqa: E402
from explorer.runs.config import DataConfig, StartFrom, TrainConfig  # noqa: E402
from explorer.runs.events import CheckpointSaved, Evaluated, RunFailed  # noqa: E402

LEARNS = 0.30
_WIDTHS = (8, 16, 32, 32, 32)
_DATA = DataConfig(train_limit=2_000, test_limit=1_000)
DEEP = TrainConfig(
    data=_DATA, optimizer="sgd", learning_rate=0.02, momentum=0.9, nesterov=False, weight_decay=0.0,
    schedule="constant", epochs=4, batch_size=32, init="default", device="cpu", precision="float32",
)  # fmt: skip
SHALLOW = replace(DEEP, optimizer="adam", learning_rate=1e-3, epochs=5)


def vgg(name: str, convs: tuple[int, ...]) -> NetworkSpec:
    """A narrow VGG with that many convolutions in its blocks."""
    blocks = tuple(VGGBlock(count, width) for count, width in zip(convs, _WIDTHS, strict=True))
    return NetworkSpec(InputShape(1, 32, 32), blocks, Head((64, 64), 0.0), 10, name)


A, D = vgg("A", (1, 1, 2, 2, 2)), vgg("D", (2, 2, 3, 3, 3))


@dataclass
class Kept:
    """Keeps a copy of the newest weights."""

    weights: dict[str, Tensor] = field(default_factory=dict)

    def __call__(self, state: TrainState, *, step: int, epoch: int, is_best: bool) -> CheckpointSaved:
        self.weights = {name: value.clone() for name, value in model_weights(state).items()}
        return CheckpointSaved(step, epoch, "", "", is_best)


def accuracy(
    spec: NetworkSpec, config: TrainConfig, data: DataSet, start: Mapping[str, Tensor] | None = None
) -> tuple[float, dict[str, Tensor]]:
    """The best test accuracy of a run, and its last weights."""
    kept, best = Kept(), 0.0
    for event in train(spec, config, data=data, save=kept, start=start, save_every_s=1e9):
        if isinstance(event, RunFailed):
            raise SystemExit(event.message)
        if isinstance(event, Evaluated):
            best = max(best, event.accuracy)
    return best, kept.weights


def one_seed(seed: int, data: DataSet) -> dict[str, float]:
    """The best accuracies of A and of D from each start."""
    shallow, weights = accuracy(A, replace(SHALLOW, seed=seed), data)
    deep = replace(DEEP, seed=seed)
    found = {"shallow": shallow, "scratch": accuracy(D, deep, data)[0]}
    from_a = replace(deep, start_from=StartFrom(1))
    found["aligned"] = accuracy(D, from_a, data, grown(A, D, weights, "aligned"))[0]
    found["paper"] = accuracy(D, from_a, data, grown(A, D, weights, "paper"))[0]
    return found


def measure(seeds: int = 5) -> dict[str, float]:
    """How many of the seeds learn from each start, and the mean best accuracies in percent."""
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
    starts = ("shallow", "scratch", "aligned", "paper")
    print("best test accuracy, %  " + "  ".join(f"{start:>8}" for start in starts))
    rows = []
    for seed in range(seeds):
        rows.append(one_seed(seed, data))
        print(f"seed {seed:<17} " + "  ".join(f"{100 * rows[-1][start]:8.1f}" for start in starts), flush=True)
    learned = (sum(row[start] >= LEARNS for row in rows) for start in starts)
    print(f"learned, of {seeds:<10} " + "  ".join(f"{count:8}" for count in learned))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
