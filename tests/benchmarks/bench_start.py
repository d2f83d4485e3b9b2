"""How long the window takes from the start of the process to its first painted frame."""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

STARTS = 10


def one_start_s() -> float:
    """Seconds from before the process is made to its first painted frame, as the program reports it."""
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"CONV_ARCH_HOME": home}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled once, not at each start
        environment.setdefault("QT_QPA_PLATFORM", "offscreen" if "DISPLAY" not in os.environ else "xcb")
        environment["CONV_ARCH_STARTUP_BENCH"] = repr(time.time())
        done = subprocess.run(
            [sys.executable, "-m", "explorer"], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
    found = re.search(r"first painted window: ([0-9.]+) s", done.stdout)
    assert found, done.stdout + done.stderr
    return float(found[1])


def measure() -> dict[str, float]:
    """The median, best and worst of ten starts, after one to warm the disk's cache."""
    one_start_s()
    seconds = [one_start_s() for _ in range(STARTS)]
    return {"first_paint_s": statistics.median(seconds), "best_s": min(seconds), "worst_s": max(seconds)}


if __name__ == "__main__":
    print(json.dumps(measure()))
