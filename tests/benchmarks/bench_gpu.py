"""The engine on a GPU against the bare limit of the same network there, and the seconds it takes to 92 %.

    python tests/benchmarks/bench_gpu.py

"Bare" is one batch in the GPU's memory, channels last, in bf16, forward, backward and a fused step captured in a CUDA
graph and replayed, so that no time goes into launching kernels. The engine is the product's own `train`, timed from
event to event; both take turns, and the figure is the median of the ratios of neighbouring turns. Two networks: the
small one of `bench_training.py`, where launching is most of the time, and VGG-11 at 224 × 224, where computing is.

Without a CUDA device there is nothing to measure, and `run_all.py` leaves these rows out.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from explorer.runtime_env import prepare_environment

prepare_environment()

import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

from explorer.arch.presets import find_preset, starter  # noqa: E402
from explorer.arch.spec import NetworkSpec  # noqa: E402
from explorer.engine.build import build  # noqa: E402
from explorer.engine.data import load  # noqa: E402
from explorer.engine.train import train  # noqa: E402
from explorer.runs.config import DataConfig, DeviceName, TrainConfig  # noqa: E402
from explorer.runs.events import Evaluated, RunFailed, StepsDone  # noqa: E402
from explorer.runs.recipes import default_recipe  # noqa: E402

NETWORKS = ("vgg11-tiny-32", "d2l-vgg11")
BATCH = 128
NUM_STEPS = 100
WARM_UP = 11  # steps that the capture of a graph asks for before it
REPEATS = 7
TARGET = 0.92


def look() -> dict[str, float]:
    """`gpu` is 1 where there is a CUDA device, else 0."""
    return {"gpu": float(torch.cuda.is_available())}


def measure(name: str = NETWORKS[0], *, device: DeviceName = "cuda", num_steps: int = NUM_STEPS) -> dict[str, float]:
    """Images per second of the engine and of the bare limit on `device`, and `engine_vs_bare`."""
    spec = find_preset(name).spec
    engine, bare = _EngineLoop(spec, device, num_steps), _BareLoop(spec, torch.device(device), num_steps)
    turns = [(engine.images_per_s(), bare.images_per_s()) for _ in range(REPEATS)]
    return {
        "engine": statistics.median(turn[0] for turn in turns),
        "bare": statistics.median(turn[1] for turn in turns),
        "engine_vs_bare": statistics.median(ours / limit for ours, limit in turns),
    }


def measure_accuracy(epochs: int = 10, *, device: DeviceName = "cuda") -> dict[str, float]:
    """Seconds until the starter was measured at 92 % on the full Fashion-MNIST, and its last accuracy."""
    config = replace(default_recipe("fashion-mnist", spec=starter().spec), epochs=epochs, device=device)
    began, reached, percent = time.perf_counter(), float("inf"), 0.0
    for event in train(starter().spec, config):
        if isinstance(event, RunFailed):
            raise SystemExit(event.message)
        if isinstance(event, Evaluated):
            percent = 100 * event.accuracy
            if event.accuracy >= TARGET:
                reached = min(reached, time.perf_counter() - began)
    return {"seconds_to_92": reached, "percent": percent}


class _EngineLoop:
    """The product's `train` on the built-in pictures, whatever their size."""

    def __init__(self, spec: NetworkSpec, device: DeviceName, num_steps: int) -> None:
        config = TrainConfig(
            data=DataConfig(), learning_rate=0.01, schedule="constant", epochs=1000, batch_size=BATCH, device=device
        )
        data = load(config.data, spec)
        self._num_steps = num_steps
        self._events = (event for event in train(spec, config, data=data) if isinstance(event, StepsDone))
        self._steps(WARM_UP)

    def images_per_s(self) -> float:
        """Images per second over some steps, the time of evaluations between them left out."""
        self._steps(1)
        images, seconds = 0.0, 0.0
        done = 0
        while done < self._num_steps:
            event = next(self._events)
            count = len(event.losses)
            done += count
            images += count * BATCH
            seconds += count * BATCH / event.images_per_s
        return images / seconds

    def _steps(self, at_least: int) -> None:
        done = 0
        while done < at_least:
            done += len(next(self._events).losses)


class _BareLoop:
    """Forward, backward and step on one batch; on CUDA as one graph that is replayed."""

    def __init__(self, spec: NetworkSpec, device: torch.device, num_steps: int) -> None:
        torch.manual_seed(0)
        self._device = device
        self._num_steps = num_steps
        self._net = build(spec).to(device).to(memory_format=torch.channels_last)
        shape = (BATCH, spec.input.channels, spec.input.height, spec.input.width)
        self._x_NCHW = torch.rand(shape, device=device).to(memory_format=torch.channels_last)
        self._y_N = torch.randint(0, spec.num_classes, (BATCH,), device=device)
        self._optimizer = torch.optim.SGD(
            self._net.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True
        )
        self._graph = self._captured() if device.type == "cuda" else None

    def images_per_s(self) -> float:
        """Images per second over some steps."""
        self._wait()
        began = time.perf_counter()
        for _ in range(self._num_steps):
            if self._graph is not None:
                self._graph.replay()
            else:
                self._step()
        self._wait()
        return self._num_steps * BATCH / (time.perf_counter() - began)

    def _step(self) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self._device.type, torch.bfloat16, cache_enabled=self._graph is None):
            loss = functional.cross_entropy(self._net(self._x_NCHW), self._y_N)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()

    def _captured(self) -> torch.cuda.CUDAGraph:
        """One step as a graph, captured after some steps on a stream of their own. Source: torch's notes on it."""
        self._graph = graph = torch.cuda.CUDAGraph()
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                self._step()
        torch.cuda.current_stream().wait_stream(stream)
        self._optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            self._step()
        return graph

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


def main() -> int:
    """Print the figures; 0 also where there is no GPU to measure."""
    if not torch.cuda.is_available():
        print("No CUDA device here: nothing is measured.")
        return 0
    print(torch.cuda.get_device_name())
    for name in NETWORKS:
        figures = measure(name)
        print(f"{name}: engine {figures['engine']:,.0f}, bare {figures['bare']:,.0f} images/s, "
              f"engine / bare {figures['engine_vs_bare']:.2f}")  # fmt: skip
    print(measure_accuracy())
    return 0


if __name__ == "__main__":
    sys.exit(main())
