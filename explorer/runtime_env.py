"""Settings of the process: what torch reads once, at its first import, and how seldom Python looks for cycles.

No torch here: call this before it loads.
"""

from __future__ import annotations

import gc
import os
from collections.abc import MutableMapping

SETTINGS = {
    # Threads that wait by spinning starve a window that draws: two torch threads beside one busy core fall to a tenth.
    "OMP_WAIT_POLICY": "PASSIVE",
    # A wait of a few microseconds bridges the gaps between two loops: a quarter more pictures per second on two free
    # cores, and nothing lost beside a busy one. GNU's OpenMP only; ten times as long loses beside a busy core.
    "GOMP_SPINCOUNT": "1000",
    # cuBLAS needs a fixed workspace for deterministic runs, and reads this when its library loads.
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}


def prepare_environment(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set what torch needs to find; what the user has set stays as it is."""
    for name, value in SETTINGS.items():
        environment.setdefault(name, value)


YOUNG_OBJECTS = 20_000


def collect_later() -> None:
    """Have Python not look for cycles until `collect_seldom`: what a start makes stays."""
    gc.disable()


def collect_seldom() -> None:
    """Have Python look for cycles a thirtieth as often as it does by itself.

    An edit makes thousands of objects that go without its help; looking cost a tenth of an edit. What is there by now
    stays, and is not looked through again.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])
