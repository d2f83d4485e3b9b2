"""From choosing VGG-19 and ResNet-50 to both diagrams and the table painted, in the real window at 1440 × 900."""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

ROUNDS = 15
PAIR = ("preset:vgg19", "preset:resnet50")
OTHER = ("preset:vgg11", "preset:alexnet")


def measure() -> dict[str, float]:
    """Median and slowest in ms: the page opened for the first time (its code loaded), and with another pair before."""
    os.environ.setdefault("QT_QPA_PLATFORM", "xcb" if "DISPLAY" in os.environ else "offscreen")
    from explorer.analysis.compare import compare
    from explorer.analysis.summarize import summarize
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
        window = MainWindow(SettingsStore(), Appearance(application, "light"), store_folder=Path(home) / "runs")
        window.resize(1440, 900)
        window.show()
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            application.processEvents()
        page = window.comparing.page
        window.show_page("compare")
        application.processEvents()
        watch = PaintWatch([page.diagrams, page.table])
        seconds = []
        for _ in range(ROUNDS):
            watch.forget()
            start = time.perf_counter()
            page.compare_keys(*PAIR)
            watch.wait()
            seconds.append(time.perf_counter() - start)
            page.compare_keys(*OTHER)
            application.processEvents()
        window.close()
    left, right = (summarize(find_preset(name).spec) for name in ("vgg19", "resnet50"))
    alone = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        compare(left, right)
        alone.append(time.perf_counter() - start)
    return {
        "first_open_ms": seconds[0] * 1000,
        "open_p50_ms": statistics.median(seconds[1:]) * 1000,
        "open_max_ms": max(seconds[1:]) * 1000,
        "compare_ms": statistics.median(alone) * 1000,
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
