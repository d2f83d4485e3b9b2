"""Measures every figure asked of the product, each in a process of its own, and prints one table.

`python packaging/dev.py bench` runs it in a real window on a virtual screen where there is one. `--only WORD` keeps the
rows whose name has the word; `--quick` leaves out full trainings.

A rented machine is not always equally fast. A fixed loop is timed before and after each measurement; one that gives
milliseconds or seconds is taken again, a few times, where the loop took longer than at the machine's best. Other load
only ever adds, so the best try counts; *usual* is the median of the tries. The column *machine* tells how long the loop
took at the best try, against its best of the whole run: it may have been slow before or after and fast in between.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Row:
    """One asked figure: where it comes from, what is asked, how it reads."""

    name: str
    call: str  # "module:function(arguments)"
    key: str
    asked: float
    at_least: bool
    unit: str = ""
    scale: float = 1.0
    slow: bool = False
    on_gpu: bool = False

    def holds(self, value: float) -> bool:
        """Whether the measured value is what is asked, or better."""
        return value >= self.asked if self.at_least else value <= self.asked

    def best(self, tries: "list[Try]") -> tuple[float, float] | None:
        """The best value that was measured, and how long the loop took then; None where nothing was."""
        known = [(figures[self.key], took_ms) for figures, took_ms in tries if isinstance(figures, dict)]
        pick = max if self.at_least else min
        return pick(known, key=lambda one: one[0]) if known else None

    def line(self, tries: "list[Try]", best: tuple[float, float] | None, best_ms: float) -> str:
        """The row of the table."""
        unit = f" {self.unit}" if self.unit else ""
        asked = f"{'≥' if self.at_least else '≤'} {self.asked:g}{unit}" if math.isfinite(self.asked) else "to be told"
        if best is None:
            return f"| {self.name} | {asked} | not measured: {tries[-1][0]} | | | NO |"
        value, took_ms = best
        usual = statistics.median(figures[self.key] for figures, _ in tries if isinstance(figures, dict))
        holds = "yes" if self.holds(value) else "NO"
        shown = f"{value:.4g}{unit} | {usual:.4g} of {len(tries)}" if len(tries) > 1 else f"{value:.4g}{unit} |"
        return f"| {self.name} | {asked} | {shown} | {took_ms / best_ms:.2f} | {holds} |"


def at_least(name: str, call: str, key: str, asked: float, unit: str = "", **more: object) -> Row:
    """A figure that should be large."""
    return Row(name, call, key, asked, at_least=True, unit=unit, **more)  # type: ignore[arg-type]


def at_most(name: str, call: str, key: str, asked: float, unit: str = "", **more: object) -> Row:
    """A figure that should be small."""
    return Row(name, call, key, asked, at_least=False, unit=unit, **more)  # type: ignore[arg-type]


ROWS: tuple[Row, ...] = (
    at_least("engine / tuned bare limit, 1 thread", "bench_training:measure(1)", "engine_vs_tuned", 0.93),
    at_least("engine / tuned bare limit, 2 threads", "bench_training:measure(2)", "engine_vs_tuned", 0.93),
    at_least("engine / tutorial loop, 1 thread", "bench_training:measure(1)", "engine_vs_tutorial", 1.7),
    at_least("engine / tutorial loop, 2 threads", "bench_training:measure(2)", "engine_vs_tutorial", 1.7),
    at_least("window open and plotting / headless", "bench_window:measure_training()", "throughput_ratio", 0.95),
    at_most("event-loop delay while training, p99", "bench_window:measure_delays()", "delay_p99_ms", 8, "ms"),
    at_most("event-loop delay while training, max", "bench_window:measure_delays()", "delay_max_ms", 60, "ms"),
    at_most("first painted window, median of 10", "bench_start:measure()", "first_paint_s", 0.5, "s"),
    at_most("longest stall while torch loads", "bench_window:measure_torch_load()", "longest_stall_ms", 250, "ms"),
    at_most("edit of VGG-19 to all repainted, p95", "bench_edit:measure()", "edit_p95_ms", 16, "ms"),
    at_most("edit of GoogLeNet to all repainted, p95", "bench_edit:measure('googlenet', 5)", "edit_p95_ms", 16, "ms"),
    at_most("VGG-19 and ResNet-50 opened side by side", "bench_compare:measure()", "first_open_ms", 100, "ms"),
    at_most("summarize of VGG-19", "bench_analysis:measure()", "summarize_ms", 1, "ms"),
    at_least("summarize / build + torchinfo", "bench_analysis:measure()", "ratio_vs_build_torchinfo", 1000),
    at_most("plot update, 10 runs of 10^6 points", "bench_window:measure_plot()", "update_ms", 5, "ms"),
    at_most("Fashion-MNIST: seconds to 90 %", "bench_fashion_mnist:measure()", "seconds_to_90", 75, "s", slow=True),
    at_most(
        "the same, recipe of two epochs", "bench_fashion_mnist:measure(epochs=2)", "seconds_to_90", 75, "s", slow=True
    ),
    at_least("deep plain VGG grown by alignment learns, of 5", "bench_grow:measure()", "aligned_learned", 5, slow=True),
    at_most("the same from scratch learns, of 5", "bench_grow:measure()", "scratch_learned", 0, slow=True),
    at_most("presets, full size, whose loss does not fall", "bench_networks:measure()", "not_fallen", 0, slow=True),
    at_least("GPU: engine / bare CUDA graph, 32 px", "bench_gpu:measure()", "engine_vs_bare", 0.9, on_gpu=True),
    at_least(
        "GPU: engine / bare CUDA graph, 224 px", "bench_gpu:measure('d2l-vgg11')", "engine_vs_bare", 0.9, on_gpu=True
    ),
    at_most(
        "GPU: seconds to 92 %", "bench_gpu:measure_accuracy()", "seconds_to_92", math.inf, "s", slow=True, on_gpu=True
    ),
    at_least("Fashion-MNIST: 5 epochs, 3 seeds", "bench_fashion_mnist:measure()", "mean_percent", 92, "%", slow=True),
)


Figures = dict[str, float] | str
"""What a measuring function found, or why it found nothing."""
Try = tuple[Figures, float]
"""What one try found, and how long the loop took around it, in ms."""
FEWEST_TRIES, TRIES, PAUSE_S, AT_BEST = 3, 6, 3.0, 1.15


def loop_ms() -> float:
    """How long a fixed loop takes on this machine now, the best of a few."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        total = 0
        for number in range(300_000):
            total += number * number
        best = min(best, time.perf_counter() - began)
    return 1000 * best


class Measurer:
    """Calls measuring functions, each once, or until the machine was fast meanwhile."""

    def __init__(self) -> None:
        self.best_ms = loop_ms()
        self._found: dict[str, list[Try]] = {}

    def tries(self, call: str, *, at_most: int) -> list[Try]:
        """What `call` found: a few tries, and more until the machine was fast around one."""
        if call not in self._found:
            found = self._found[call] = [self._one(call)]
            at_least = min(at_most, FEWEST_TRIES)
            while len(found) < at_least or (len(found) < at_most and found[-1][1] > AT_BEST * self.best_ms):
                time.sleep(PAUSE_S)
                found.append(self._one(call))
        return self._found[call]

    def _one(self, call: str) -> Try:
        before = loop_ms()
        found = measured(call)
        after = loop_ms()
        self.best_ms = min(self.best_ms, before, after)
        return found, max(before, after)


def measured(call: str) -> Figures:
    """The figures of one measuring function, run in a fresh process."""
    module, function = call.split(":")
    code = f"import json, {module}; print('\\n' + json.dumps({module}.{function}))"
    started = time.monotonic()
    path = os.pathsep.join([str(HERE), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    found: Figures
    try:
        found = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        found = (done.stderr.strip().splitlines() or ["no output"])[-1]
    print(f"measured {call} in {time.monotonic() - started:.0f} s: {found}", file=sys.stderr, flush=True)
    return found


def has_cuda() -> bool:
    """Whether there is a GPU that the rows which need one can be measured on."""
    found = measured("bench_gpu:look()")
    return isinstance(found, dict) and found["gpu"] > 0


def main(write: Callable[[str], object] = print) -> int:
    """Print the table; return 0 if every measured figure holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="only rows whose name contains this")
    parser.add_argument("--quick", action="store_true", help="leave out full trainings")
    options = parser.parse_args()
    measurer = Measurer()
    found: list[tuple[Row, list[Try]]] = []
    rows = [row for row in ROWS if options.only in row.name and not (options.quick and row.slow)]
    without_gpu = [row for row in rows if not row.on_gpu]
    has_gpu = len(without_gpu) == len(rows) or has_cuda()
    for row in rows if has_gpu else without_gpu:
        is_absolute = bool(row.unit) and not row.slow
        found.append((row, measurer.tries(row.call, at_most=TRIES if is_absolute else 1)))
    lines = ["| figure | asked | measured | usual | machine | holds |", "|--|--:|--:|--:|--:|--|"]
    all_hold = True
    for row, tries in found:
        best = row.best(tries)
        all_hold &= best is not None and row.holds(best[0])
        lines.append(row.line(tries, best, measurer.best_ms))
    if not has_gpu:
        lines.append(f"\nNo CUDA device here: {len(rows) - len(without_gpu)} rows are left out.")
    lines.append(f"\nThe loop took {measurer.best_ms:.1f} ms at the machine's best.")
    write("\n".join(lines))
    return 0 if all_hold else 1


if __name__ == "__main__":
    sys.exit(main())
