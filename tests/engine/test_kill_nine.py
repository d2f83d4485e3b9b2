"""Training that is killed at random moments loses nothing that was told; the full count is a benchmark."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.slow]
BENCHMARK = Path(__file__).resolve().parents[1] / "benchmarks" / "kill_nine.py"


def test_a_run_that_is_killed_three_times_ends_as_if_it_never_was() -> None:
    found = runpy.run_path(str(BENCHMARK))["measure"](3)
    assert found["times"] == 3
    for promise in ("opened", "nothing_lost", "checkpoint_verified", "resumed"):
        assert found[promise] == 3, promise
    assert found["lost_rows"] == 0
    assert found["runs"] == found["same_curves"] == found["same_weights"] >= 1
