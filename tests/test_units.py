"""How numbers look: the same everywhere, and never a digit that says more or less than is known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.units import (
    MINUS,
    NONE,
    THIN,
    clock,
    delta,
    duration,
    exact,
    exact_delta,
    loss,
    num_bytes,
    percent,
    points,
    px,
    rate,
    shape,
    share,
    si,
    side,
    tidy,
)

_BYTES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_SI = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


def spaced(text: str) -> str:
    return text.replace(THIN, " ")


@pytest.mark.parametrize("say", [exact, si, delta, exact_delta, num_bytes, share, percent, points, loss, rate, shape])
def test_what_is_unknown_is_a_dash_and_never_a_zero(say: object) -> None:
    assert callable(say)
    assert say(None) == NONE
    assert px(None, 3) == clock(None) == duration(None) == NONE


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (650, "650"),
        (445_482, "445.5 k"),
        (999_940, "999.9 k"),
        (999_960, "1.000 M"),
        (138_357_544, "138.4 M"),
        (15_470_264_320, "15.47 G"),
        (-74_112, f"{MINUS}74.11 k"),
    ],
)
def test_counts_have_four_digits_and_an_si_prefix(value: int, text: str) -> None:
    assert spaced(si(value)) == text


@given(st.floats(1e3, 9.99e14))
def test_a_count_with_a_prefix_is_the_count_to_its_fourth_digit_and_never_reads_a_thousand(value: float) -> None:
    figure, _, prefix = spaced(si(value)).partition(" ")
    assert float(figure) * _SI[prefix] == pytest.approx(value, rel=6e-4)
    assert float(figure) < 1000
    assert len(figure.replace(".", "")) == 4


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (1_023, "1023 B"),
        (2_253, "2.20 KiB"),
        (10_235, "10 KiB"),
        (1_048_560, "1.00 MiB"),
        (32_571_780, "31.1 MiB"),
        (553_430_176, "527.8 MiB"),
        (1_073_700_000, "1.00 GiB"),
        (-7_643_136, f"{MINUS}7.29 MiB"),
    ],
)
def test_bytes_are_told_in_binary_units(value: int, text: str) -> None:
    assert spaced(num_bytes(value)) == text


@given(st.integers(0, 1 << 49))
def test_a_size_reads_less_than_the_next_unit_and_is_right_to_its_last_digit(size_bytes: int) -> None:
    figure, unit = spaced(num_bytes(size_bytes)).split(" ")
    assert float(figure) * _BYTES[unit] == pytest.approx(size_bytes, rel=0.05 if float(figure) < 20 else 0.03)
    assert float(figure) < 1024


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0, "0 %"),
        (0.0004, "<0.1 %"),
        (0.003, "0.3 %"),
        (0.0096, "1 %"),
        (0.12, "12 %"),
        (0.994, "99 %"),
        (0.9966, "99.7 %"),
        (0.99999, ">99.9 %"),
        (1.0, "100 %"),
    ],
)
def test_only_nothing_is_0_percent_and_only_all_is_100(fraction: float, text: str) -> None:
    assert spaced(share(fraction)) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0.1, "0.1"), (5e-4, "5e-4"), (1e-5, "1e-5"), (0.0, "0"), (3.0, "3"), (1.25e-7, "1.25e-7")]
)
def test_a_setting_is_shown_as_people_write_it(number: float, text: str) -> None:
    assert tidy(number) == text
    assert float(text) == number


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (0.05, "0.050"), (0.0412, "0.041"), (2e-7, "2.0e-7"), (1.26e-5, "1.3e-5")]
)
def test_a_rate_has_two_digits_and_no_padded_exponent(value: float, text: str) -> None:
    assert rate(value) == text


@pytest.mark.parametrize(
    ("seconds", "short", "long"),
    [
        (0.0, "0:00", "0 s"),
        (14.2, "0:14", "14 s"),
        (59.7, "1:00", "1 min 0 s"),
        (72.0, "1:12", "1 min 12 s"),
        (3_750.0, "1:02:30", "1 h 2 min"),
        (math.inf, NONE, NONE),
    ],
)
def test_times_read_as_a_clock_and_as_a_forecast(seconds: float, short: str, long: str) -> None:
    assert clock(seconds) == short
    assert spaced(duration(seconds)) == long


def test_differences_carry_their_sign() -> None:
    assert spaced(delta(36_928)) == "+36.9 k"
    assert (exact_delta(36_928), exact_delta(-590), exact_delta(0)) == ("+36,928", f"{MINUS}590", "0")
    assert (points(0.012), points(-0.0042), points(0.0)) == ("+1.2 points", f"{MINUS}0.42 points", "0 points")


def test_shapes_sides_and_extents_name_both_sides_where_they_differ() -> None:
    assert (shape((64, 4, 4)), shape((512,))) == ("64 × 4 × 4", "512")
    assert (side(4, 4), side(4, 6)) == ("4²", "4 × 6")
    assert (px(212, 212), px(31, 15)) == ("212", "31 × 15")


def test_a_loss_that_is_no_number_says_so() -> None:
    assert (loss(0.3641), loss(math.nan)) == ("0.364", "not a number")
    assert spaced(percent(0.9117)) == "91.2 %"
