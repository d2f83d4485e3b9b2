"""Layout 1: runs, their events, their checkpoints."""

from __future__ import annotations

STATEMENTS = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,  -- a number is never given twice: checkpoints of the dead keep theirs
        folder TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        note TEXT NOT NULL DEFAULT '',
        created_s REAL NOT NULL,
        spec TEXT NOT NULL,
        config TEXT NOT NULL,
        seed INTEGER NOT NULL,
        versions TEXT NOT NULL DEFAULT '{}',
        device TEXT NOT NULL DEFAULT '',
        precision TEXT NOT NULL DEFAULT '',
        data_fingerprint TEXT NOT NULL DEFAULT '',
        status TEXT NOT NULL DEFAULT 'new',
        message TEXT NOT NULL DEFAULT '',
        color_index INTEGER NOT NULL DEFAULT 0,
        parent_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
        num_parameters INTEGER,
        num_steps INTEGER,
        best_accuracy REAL,
        last_loss REAL,
        last_epoch INTEGER NOT NULL DEFAULT 0,
        last_step INTEGER NOT NULL DEFAULT 0,
        elapsed_s REAL NOT NULL DEFAULT 0,
        num_events INTEGER NOT NULL DEFAULT 0,
        deleted_s REAL
    ) STRICT
    """,
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        kind TEXT NOT NULL,
        payload ANY NOT NULL
    ) STRICT
    """,
    "CREATE UNIQUE INDEX events_in_order ON events (run_id, sequence)",
    "CREATE INDEX parents ON runs (parent_id)",
    """
    CREATE TABLE checkpoints (
        id INTEGER PRIMARY KEY,
        run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,  -- of the event that reported it
        step INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        file TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        is_best INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX checkpoints_of_run ON checkpoints (run_id, sequence)",
)
