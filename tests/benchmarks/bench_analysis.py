"""How long `summarize` takes for VGG-19, against building the network and asking torchinfo.

    python tests/benchmarks/bench_analysis.py [--json]

Asked: at most 1 ms, and at least 1,000 times as fast as a real build plus torchinfo. Every call gets a network that was
never seen before (other widths), so that nothing is answered from a cache.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence

from explorer.analysis.summarize import summarize
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock

CONVS = (2, 2, 4, 4, 4)
CHANNELS = (64, 128, 256, 512, 512)
CALLS, ROUND = 600, 60


def vgg19(step: int = 0) -> NetworkSpec:
    """VGG-19 with each width larger by `step`, so that every step is another network."""
    blocks = tuple(VGGBlock(num, channels + step) for num, channels in zip(CONVS, CHANNELS, strict=True))
    return NetworkSpec(InputShape(3, 224, 224), blocks, Head((4096 + step, 4096)), 1000, "vgg19")


def _seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def _best_median_ms(specs: Sequence[NetworkSpec]) -> float:
    """The median of the fastest of some rounds: other load on the machine only ever adds."""
    times = [_seconds(lambda spec=spec: summarize(spec)) for spec in specs]  # type: ignore[misc]
    return 1000 * min(statistics.median(times[start : start + ROUND]) for start in range(0, len(times), ROUND))


def _edits() -> Iterator[NetworkSpec]:
    """What a user makes of VGG-19 by changing block 4, one channel a keystroke."""
    for step in range(CALLS):
        yield vgg19().with_block(3, VGGBlock(4, 512 + 4 * step))


def measure() -> dict[str, float]:
    """Median times in ms and the ratios to building plus torchinfo, real and on the meta device."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    fresh, edits = [vgg19(step) for step in range(CALLS)], list(_edits())
    summarize(fresh[0])
    gc.collect()
    ms, edit_ms = _best_median_ms(fresh[1:]), _best_median_ms(edits)
    real_ms = 1e3 * statistics.median(_seconds(lambda: _torchinfo("cpu")) for _ in range(3))
    meta_ms = 1e3 * statistics.median(_seconds(lambda: _torchinfo("meta")) for _ in range(5))
    return {
        "summarize_ms": ms,
        "summarize_edit_ms": edit_ms,
        "build_torchinfo_ms": real_ms,
        "meta_build_torchinfo_ms": meta_ms,
        "ratio_vs_build_torchinfo": real_ms / ms,
        "ratio_vs_meta_build_torchinfo": meta_ms / ms,
    }


def _torchinfo(device: str) -> None:
    import torchinfo

    from explorer.engine.build import build

    torchinfo.summary(build(vgg19(), device=device), input_size=(1, 3, 224, 224), device=device, verbose=0)


def main() -> None:
    """Measure and print, as a table or with --json as one object."""
    parser = argparse.ArgumentParser(description="Time summarize(VGG-19).")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    found = measure()
    if parser.parse_args().json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:32} {value:12,.3f}")


if __name__ == "__main__":
    main()
