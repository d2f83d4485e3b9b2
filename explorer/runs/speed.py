"""How fast a run is just now: steady enough to be read, and the same wherever it stands."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

RECENT_S = 5.0
_DIGITS = 3


def recent_speed(speeds: Sequence[float], times_s: Sequence[float], steps: Sequence[float] | None = None) -> int | None:
    """Images per second over the last five seconds, to three digits; None before the first report.

    `speeds` and `times_s` are parallel, of steps or of reports. Of reports, `steps` says at which step each ends: a
    report of many steps counts as much as they would one by one. A single report swings with whatever else the
    machine does, and two places that show it a moment apart would contradict each other.
    """
    if not len(speeds):
        return None
    done = taken = 0.0
    for index in count(len(speeds) - 1, -1):
        if index < 0 or times_s[-1] - times_s[index] > RECENT_S:
            break
        end = max(index, 1)  # where the first one began is not known; it is taken to be as long as the second
        weight = steps[end] - steps[end - 1] if steps is not None and len(steps) > 1 else 1.0
        if speeds[index] > 0:
            done += weight
            taken += weight / speeds[index]
    return int(float(f"{done / taken:.{_DIGITS}g}")) if taken else None
