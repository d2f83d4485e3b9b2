"""The speed of a run: steady enough to be read, and the same wherever it stands."""

import pytest

from explorer.runs.speed import recent_speed


def test_the_speed_of_now_is_that_of_the_last_seconds_and_the_same_of_steps_and_of_reports() -> None:
    # ten seconds at 1000, then five of reports of ten steps at 2000 and at 500 in turn: 800 on average
    reports = [(10 * k, 0.5 * k, 1000.0 if k <= 20 else (2000.0, 500.0)[k % 2]) for k in range(1, 31)]
    steps, times, speeds = zip(*reports, strict=True)
    assert recent_speed(speeds[:20], times[:20], steps[:20]) == 1000
    assert recent_speed(speeds[20:], times[20:]) == 800
    of_reports = recent_speed(speeds, times, steps)
    of_steps = recent_speed([s for s in speeds for _ in range(10)], [t for t in times for _ in range(10)])
    assert of_reports == of_steps
    assert of_reports == pytest.approx(800, rel=0.03)
    assert recent_speed([1234.56], [1.0]) == 1230, "three digits: the fourth is chance"
    assert recent_speed([], []) is None
