"""The words for what became of a run."""

from __future__ import annotations

from typing import Literal

RunStatus = Literal["new", "running", "paused", "finished", "stopped", "failed", "interrupted"]
LIVE: tuple[RunStatus, ...] = ("running", "paused")
"""A process is working on the run; "interrupted" is what such a run becomes when its process is gone."""
