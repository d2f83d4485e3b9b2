"""The engine's loop against two others in the same process: the bare limit, and the loop that tutorials write.

    python tests/benchmarks/bench_training.py

The network is d2l's VGG-11 at ratio 8 with hidden layers of 512, on Fashion-MNIST at 32 × 32 in batches of 128. "Bare"
is one batch in memory, forward, backward and step and nothing else: *plain* as the tutorials build the network, *tuned*
channels last with a fused optimizer and in the engine's number format. The engine computes in the format that "auto"
takes on this device, and for comparison in float32. The tutorial's loop has a DataLoader, Resize and ToTensor for each
picture, computes in float32, and reads its loss with `.item()` each step. All four take turns, and each figure is the
median of the ratios of neighbouring turns, so that other load on the machine falls on both.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from explorer.runtime_env import prepare_environment

prepare_environment()

import torch  # noqa: E402
from PIL import Image  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.utils.data import DataLoader, Dataset  # noqa: E402
from torchvision import transforms  # noqa: E402

from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock  # noqa: E402
from explorer.engine.build import build  # noqa: E402
from explorer.engine.data import DataSet, load  # noqa: E402
from explorer.engine.devices import choose_precision  # noqa: E402
from explorer.engine.train import train  # noqa: E402
from explorer.errors import DataError  # noqa: E402
from explorer.runs.config import DataConfig, PrecisionName, TrainConfig  # noqa: E402
from explorer.runs.control import RunControl  # noqa: E402
from explorer.runs.events import StepsDone  # noqa: E402

ARCH = ((1, 8), (1, 16), (2, 32), (2, 64), (2, 64))
BATCH = 128
NUM_STEPS = 40
WARM_UP = 4
REPEATS = 7
CONFIG = TrainConfig(
    data=DataConfig("fashion-mnist"), learning_rate=0.01, schedule="constant", epochs=100, batch_size=BATCH,
    device="cpu",
)  # fmt: skip
CPU = torch.device("cpu")
SPEC = NetworkSpec(
    InputShape(1, 32, 32), tuple(VGGBlock(*pair) for pair in ARCH), Head((512, 512), 0.5), 10, name="vgg11-tiny-32"
)


def measure(threads: int, *, precision: PrecisionName = "auto", repeats: int = REPEATS) -> dict[str, float]:
    """Images per second of each loop on `threads` threads, and `engine_vs_tuned`, `_vs_plain`, `_vs_tutorial`."""
    config = replace(CONFIG, precision=choose_precision(precision, CPU))
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        data = _data()
        loops: dict[str, Callable[[], float]] = {
            "engine": EngineLoop(data, config).images_per_s,
            "tuned": BareLoop(data, tuned=True, short=config.precision == "bf16").images_per_s,
            "plain": BareLoop(data, tuned=False).images_per_s,
            "tutorial": TutorialLoop(data).images_per_s,
        }
        turns: list[dict[str, float]] = []
        for turn in range(repeats):
            names = list(loops)
            order = names[turn % len(names) :] + names[: turn % len(names)]
            turns.append({name: loops[name]() for name in order})
    finally:
        torch.set_num_threads(before)
    figures = {name: statistics.median(turn[name] for turn in turns) for name in loops}
    for other in ("tuned", "plain", "tutorial"):
        figures[f"engine_vs_{other}"] = statistics.median(turn["engine"] / turn[other] for turn in turns)
    return figures


class EngineLoop:
    """The product's own `train`; a turn is some steps of one long run, timed from event to event."""

    def __init__(self, data: DataSet, config: TrainConfig) -> None:
        self._control = RunControl()
        self._events = (e for e in train(SPEC, config, data=data, control=self._control) if isinstance(e, StepsDone))
        self._steps(WARM_UP)

    def images_per_s(self) -> float:
        """Images per second over at least `NUM_STEPS` steps."""
        self._steps(1)  # what happened since the last turn does not count
        started = time.perf_counter()
        return self._steps(NUM_STEPS) * BATCH / (time.perf_counter() - started)

    def _steps(self, at_least: int) -> int:
        done = 0
        while done < at_least:
            done += len(next(self._events).losses)
        return done


class BareLoop:
    """Forward, backward and step on one batch that lies in memory; `short` is bf16 by autocast."""

    def __init__(self, data: DataSet, *, tuned: bool, short: bool = False) -> None:
        torch.manual_seed(0)
        self._net: nn.Module = build(SPEC) if tuned else tutorial_net()
        x_NCHW = torch.nn.functional.interpolate(data.train_images[:BATCH].float() / 255, (32, 32))
        self._x_NCHW = x_NCHW.to(memory_format=torch.channels_last) if tuned else x_NCHW
        if tuned:
            self._net.to(memory_format=torch.channels_last)
        self._y_N = data.train_labels[:BATCH]
        self._short = short
        self._optimizer = torch.optim.SGD(
            self._net.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=tuned
        )
        self._steps(WARM_UP)

    def images_per_s(self) -> float:
        """Images per second over `NUM_STEPS` steps."""
        started = time.perf_counter()
        self._steps(NUM_STEPS)
        return NUM_STEPS * BATCH / (time.perf_counter() - started)

    def _steps(self, count: int) -> None:
        for _ in range(count):
            with torch.autocast("cpu", torch.bfloat16, enabled=self._short):
                loss = torch.nn.functional.cross_entropy(self._net(self._x_NCHW), self._y_N)
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()


class TutorialLoop:
    """The tutorials' loop: a DataLoader in the same process, a transform for each picture, `.item()` each step."""

    def __init__(self, data: DataSet) -> None:
        torch.manual_seed(0)
        self._net = tutorial_net()
        self._optimizer = torch.optim.SGD(self._net.parameters(), lr=0.01, momentum=0.9)
        self._loader = DataLoader(_Pictures(data), batch_size=BATCH, shuffle=True)
        self._batches = iter(self._loader)
        self._steps(WARM_UP)

    def images_per_s(self) -> float:
        """Images per second over `NUM_STEPS` steps."""
        started = time.perf_counter()
        self._steps(NUM_STEPS)
        return NUM_STEPS * BATCH / (time.perf_counter() - started)

    def _steps(self, count: int) -> None:
        loss_fn = nn.CrossEntropyLoss()
        total_loss = total_correct = 0.0
        for _ in range(count):
            x_NCHW, y_N = self._next()
            self._optimizer.zero_grad()
            scores_NK = self._net(x_NCHW)
            loss = loss_fn(scores_NK, y_N)
            loss.backward()
            self._optimizer.step()
            total_loss += loss.item()
            total_correct += (scores_NK.argmax(1) == y_N).sum().item()

    def _next(self) -> tuple[Tensor, Tensor]:
        batch = next(self._batches, None)
        if batch is None:
            self._batches = iter(self._loader)
            batch = next(self._batches)
        return batch[0], batch[1]


class _Pictures(Dataset[tuple[Tensor, int]]):
    """The training pictures as torchvision's FashionMNIST serves them: a PIL image, then the transforms."""

    def __init__(self, data: DataSet) -> None:
        self._images, self._labels = data.train_images[:, 0], data.train_labels
        self._transform = transforms.Compose([transforms.Resize(32), transforms.ToTensor()])

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self._images[index].numpy())
        return self._transform(picture), int(self._labels[index])


def tutorial_net() -> nn.Module:
    """The same network as the tutorials build it: blocks of Conv2d and ReLU, MaxPool2d, then the head."""
    layers: list[nn.Module] = []
    channels, side = 1, 32
    for num_convs, width in ARCH:
        for _ in range(num_convs):
            layers += [nn.Conv2d(channels, width, kernel_size=3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
        side //= 2
    head: Iterator[nn.Module] = iter(
        (nn.Linear(channels * side * side, 512), nn.ReLU(), nn.Dropout(0.5),
         nn.Linear(512, 512), nn.ReLU(), nn.Dropout(0.5), nn.Linear(512, 10))
    )  # fmt: skip
    return nn.Sequential(*layers, nn.Flatten(), *head)


def _data() -> DataSet:
    """The full set where it is installed, else the built-in one: the loops cost the same for each picture."""
    try:
        return load(CONFIG.data, SPEC)
    except DataError:
        return load(DataConfig(), SPEC)


def main() -> None:
    """Print the table."""
    formats: list[PrecisionName] = ["float32"]
    if choose_precision("auto", CPU) != "float32":
        formats.insert(0, choose_precision("auto", CPU))
    for threads, precision in itertools.product((1, 2), formats):
        figures = measure(threads, precision=precision)
        print(f"{threads} thread{'s' if threads > 1 else ''}, {precision}")
        for name, figure in figures.items():
            print(f"  {name:18} {figure:8.2f}" if "_vs_" in name else f"  {name:18} {figure:8.0f} images/s")


if __name__ == "__main__":
    main()
