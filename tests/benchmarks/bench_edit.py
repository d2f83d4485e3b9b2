"""From an edit of a network to everything repainted: text, diagram, inspector, table and header.

The clock stops when each of these views has been painted after the new numbers were announced; what is still to be
painted from the edit before does not count. Edits are made in rounds; what counts is the round with the lowest 95th
percentile, since other load on the machine only ever adds, and the median over the rounds stands beside it.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

EDITS, ROUNDS = 80, 5


def measure(name: str = "vgg19", edited: int = 2) -> dict[str, float]:
    """Milliseconds for an edit of one block, counted from 0, in the real window at 1440 × 900.

    `edit_p50_ms`, `edit_p95_ms` and `edit_max_ms` of the best round; `usual_p95_ms` is the median of all rounds' p95.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "xcb" if "DISPLAY" in os.environ else "offscreen")
    from explorer.arch.presets import find_preset
    from explorer.gui.app import make_application
    from explorer.gui.appearance import Appearance
    from explorer.gui.main_window import MainWindow
    from explorer.runtime_env import collect_seldom
    from explorer.settings import SettingsStore
    from tests.benchmarks.painted import PaintWatch

    collect_seldom()  # as the program does at its start

    with tempfile.TemporaryDirectory() as home:
        os.environ["CONV_ARCH_HOME"] = home
        application = make_application()
        window = MainWindow(SettingsStore(), Appearance(application, "light"), store_folder=Path(home))
        window.resize(1440, 900)
        window.show()
        spec = find_preset(name).spec
        window.document.reset(spec)
        window.document.select(f"block{edited + 1}")
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            application.processEvents()
        design = window.design
        watch = PaintWatch(
            [design.diagram.canvas, design.table.tree, design.arch_bar.field, design.inspector, window.header]
        )
        window.document.summary_changed.connect(watch.forget)
        rounds: list[list[float]] = [[] for _ in range(ROUNDS)]
        for index in range(ROUNDS * EDITS):
            block = spec.blocks[edited].with_channels(200 + 8 * (index % 9))
            block = block.with_count(3 + index % 2) if block.count_noun else block
            wanted = spec.with_block(edited, block)
            start = time.perf_counter()
            window.document.edit(wanted, f"Block {edited + 1} changed")
            watch.forget()
            watch.wait()
            rounds[index // EDITS].append(1000 * (time.perf_counter() - start))
        window.close()
    for times in rounds:
        times.sort()
    rounds.sort(key=_p95)
    return {
        "edit_p50_ms": statistics.median(rounds[0]),
        "edit_p95_ms": _p95(rounds[0]),
        "edit_max_ms": rounds[0][-1],
        "usual_p95_ms": statistics.median(map(_p95, rounds)),
    }


def _p95(ordered: list[float]) -> float:
    return ordered[int(0.95 * len(ordered))]


if __name__ == "__main__":
    print(json.dumps(measure()))
