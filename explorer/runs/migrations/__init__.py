"""The run database's history: how each layout becomes the next. What was released is never edited, only followed."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.runs.migrations import m0001_runs_events_checkpoints

APPLICATION_ID = 0x434E5641  # "CNVA" in the file's header, so that another program's database is never touched

MIGRATIONS: Sequence[Sequence[str]] = (m0001_runs_events_checkpoints.STATEMENTS,)
"""The statements that lead to layout 1, 2, ...; `PRAGMA user_version` says which of them a file has seen."""
