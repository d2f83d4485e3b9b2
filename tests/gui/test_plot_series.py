"""What the plots compute: pyramids, smoothing, scales."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.gui.plots.curves import RunCurves
from explorer.gui.plots.scale import (
    clock_ticks,
    holds,
    linear_ticks,
    log_range,
    log_ticks,
    loss_range,
    percent_range,
    stepped_top,
    tick_label,
)
from explorer.gui.plots.series import Growing, MinMaxPyramid, Smoothed, spread
from explorer.runs.events import RunStarted
from tests.gui.train_samples import evaluated, started, steps, whole_run

pytestmark = pytest.mark.gui
numbers = st.floats(-1e6, 1e6, allow_nan=False)


def naive_ema(values: list[float], weight: float) -> list[float]:
    """Kingma and Ba 2015, section 3: the exponential mean divided by 1 − weight^t."""
    mean, out = 0.0, []
    for t, value in enumerate(values, 1):
        mean = weight * mean + (1 - weight) * value
        out.append(mean / (1 - weight**t))
    return out


@given(st.lists(numbers, min_size=1, max_size=300), st.sampled_from([0.0, 0.5, 0.9, 0.985, 0.999]), st.integers(1, 70))
@settings(deadline=None, max_examples=60)
def test_smoothing_in_chunks_equals_the_corrected_exponential_mean(
    values: list[float], weight: float, chunk: int
) -> None:
    smooth = Smoothed(weight)
    for first in range(0, len(values), chunk):
        smooth.extend(values[first : first + chunk])
    np.testing.assert_allclose(smooth.points.values, naive_ema(values, weight), rtol=1e-6, atol=1e-4)


def test_a_loss_that_is_no_number_does_not_spoil_the_smoothed_curve_after_it() -> None:
    smooth = Smoothed(0.9)
    smooth.extend([1.0, math.nan, math.inf, 1.0])
    np.testing.assert_allclose(smooth.points.values, [1.0, 1.0, 1.0, 1.0])


@given(
    st.lists(numbers, min_size=1, max_size=2000),
    st.integers(1, 90),
    st.integers(8, 64),
    st.integers(0, 2000),
    st.integers(0, 2000),
)
@settings(deadline=None, max_examples=80)
def test_an_outline_never_loses_the_highest_and_the_lowest_point(
    values: list[float], chunk: int, room: int, one: int, other: int
) -> None:
    pyramid = MinMaxPyramid()
    for begin in range(0, len(values), chunk):
        pyramid.extend(values[begin : begin + chunk])
    first, last = sorted((one % len(values), other % len(values) + 1))
    if last <= first:
        first, last = last - 1, first + 1
    indices, shown = pyramid.outline(first, last, room)
    assert shown.min() <= min(values[first:last])
    assert shown.max() >= max(values[first:last])
    assert np.all(np.diff(indices) >= 0)
    assert set(shown) <= set(values)


def test_a_million_points_are_outlined_by_about_as_many_points_as_there_is_room_for() -> None:
    pyramid = MinMaxPyramid()
    pyramid.extend(np.sin(np.arange(1_000_000) / 1000))
    indices, values = pyramid.outline(0, 1_000_000, 1000)
    assert 200 <= len(indices) == len(values) <= 1100


def test_growing_keeps_what_was_there() -> None:
    growing = Growing([1.0, 2.0])
    for number in range(3, 1001):
        growing.extend([float(number)])
    assert growing.values.tolist() == [float(number) for number in range(1, 1001)]


@pytest.mark.parametrize(("low", "high"), [(0, 1.25), (0, 5), (70, 100), (0, 469 * 5), (0.2, 0.21), (0, 0.037)])
def test_there_are_two_to_six_linear_ticks_inside_the_range(low: float, high: float) -> None:
    ticks = linear_ticks(low, high)
    assert 2 <= len(ticks) <= 6
    assert low - 1e-9 <= ticks[0] <= ticks[-1] <= high + 1e-9


def test_ticks_of_epochs_are_whole() -> None:
    assert linear_ticks(0, 3, whole=True) == [0, 1, 2, 3]


def test_tick_labels_have_as_many_decimals_as_their_neighbours_need() -> None:
    ticks = [0.0, 0.25, 0.5, 0.75]
    assert [tick_label(tick, ticks) for tick in ticks] == ["0", "0.25", "0.50", "0.75"]


def test_seconds_are_parted_as_clocks_part_them() -> None:
    assert clock_ticks(0, 300) == [0, 60, 120, 180, 240, 300]


def test_a_logarithmic_axis_has_few_round_ticks() -> None:
    assert log_ticks(0.2, 5) == [0.2, 0.5, 1, 2, 5]
    assert len(log_ticks(1e-8, 10)) <= 6


def test_the_loss_range_begins_at_zero_and_holds_the_largest() -> None:
    low, high = loss_range([0.3, 1.19])
    assert low == 0
    assert 1.19 < high <= 1.5


def test_the_accuracy_range_stays_within_0_and_100() -> None:
    assert percent_range([99.5, 100.0])[1] == 100.0
    assert percent_range([]) == (0.0, 100.0)


def test_a_log_range_has_no_place_for_zero() -> None:
    assert log_range([0.0, 0.3, 2.0]) == (0.2, 2.0)
    assert log_range([0.0]) == (0.01, 10.0)


def test_a_range_is_left_only_by_what_no_longer_fits_or_hardly_fills_it() -> None:
    assert holds((0, 2.5), (0, 2.3))
    assert not holds((0, 2.5), (0, 2.6))
    assert not holds((0, 2.5), (0, 0.6))


def test_a_full_axis_doubles() -> None:
    assert [stepped_top(value, floor=10) for value in (3, 10, 11, 41)] == [10, 10, 20, 80]


def test_curves_know_epochs_times_and_percent() -> None:
    curves = RunCurves(1)
    curves.add_all(whole_run(2))
    assert curves.full_x("epochs") == 2
    assert curves.last_x("steps") == 40
    assert curves.last_x("time") == pytest.approx(0.4)
    assert curves.evaluations("epochs", "accuracy")[1].tolist() == pytest.approx([80.0, 81.0])
    assert curves.evaluation_at(39, "accuracy") == pytest.approx(80.0)


def test_steps_that_a_resumed_run_does_again_replace_the_first_ones() -> None:
    curves = RunCurves(1)
    curves.add_all([started(), steps(1, 30, loss=1.0), evaluated(20, 0.5), evaluated(30, 0.6)])
    curves.add_all([RunStarted(40, 20, 1, 1, "cpu", "float32", 1, start_step=20), steps(21, 5, loss=9.0)])
    assert curves.steps.values.tolist() == list(range(1, 26))
    assert curves.raw["loss"].points.values[20] > 5
    assert curves.validation.steps == [20]
    again = RunCurves(2)
    again.add_all([started(), steps(1, 20, loss=1.0), steps(21, 5, loss=9.0)])
    np.testing.assert_allclose(curves.smooth["loss"].points.values, again.smooth["loss"].points.values)


def test_zeros_are_counted_because_a_logarithmic_axis_cannot_show_them() -> None:
    curves = RunCurves(1)
    curves.add_all([started(), steps(1, 3, loss=0.0), steps(4, 2)])
    assert curves.num_zeros == 3


def test_an_evaluation_measured_twice_counts_once() -> None:
    curves = RunCurves(1)
    curves.add_all([started(), evaluated(20, 0.7, loss=0.5), evaluated(20, 0.8, loss=0.4)])
    assert curves.validation.losses == [0.4]


@pytest.mark.parametrize(
    ("first", "last", "most"), [(0, 10, 4), (0, 10, 10), (3, 1_000_003, 512), (7, 8, 5), (5, 5, 3)]
)
def test_a_spread_rises_from_the_first_to_the_last_index(first: int, last: int, most: int) -> None:
    indices = spread(first, last, most)
    assert len(indices) == min(most, last - first)
    assert np.all(np.diff(indices) > 0)
    assert last == first or (indices[0], indices[-1]) == (first, last - 1)
