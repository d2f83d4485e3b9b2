"""Settings of the process that torch reads once, at its first import. No torch here: call this before it loads."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

SETTINGS = {
    # Threads that wait by spinning starve a window that draws: two torch threads beside one busy core fall to a tenth.
    "OMP_WAIT_POLICY": "PASSIVE",
    # cuBLAS needs a fixed workspace for deterministic runs, and reads this when its library loads.
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}


def prepare_environment(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set what torch needs to find; what the user has set stays as it is."""
    for name, value in SETTINGS.items():
        environment.setdefault(name, value)
