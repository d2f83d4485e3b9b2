"""How numbers look: SI counts, bytes, shares, times. All number formatting is here and nowhere else.

Conventions: a figure and its unit are parted by a thin space (U+2009), a negative sign is U+2212, multiplication is
U+00D7, and what does not apply or was not reached is an en dash.
"""

from __future__ import annotations

import math

THIN = "\u2009"
MINUS = "\u2212"
TIMES = "\u00d7"
NONE = "\u2013"
_SI = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_TEN = 9.995  # what two decimals would make 10.00
_AS_NEXT_UNIT = 1 - 1 / 2048
"""From here on a size is told in the next unit: 1,023.6 KiB would read 1024 KiB, and is 1.00 MiB."""
_BYTES = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def exact(value: int | None) -> str:
    """`138,357,544`: every digit, with commas."""
    return NONE if value is None else f"{value:,}".replace("-", MINUS)


def _digits(value: float, significant: int) -> str:
    """`value` at `significant` digits, without an exponent and without cutting digits before the point."""
    if value == 0:
        return "0"
    exponent = int(f"{value:.{significant - 1}e}".rpartition("e")[2])  # of the rounded value: 9.9999 is 10.00
    return f"{value:.{max(0, significant - 1 - exponent)}f}"


def si(value: float | None, *, significant: int = 4) -> str:
    """`445.5 k`, `138.4 M`, `15.47 G`: `significant` digits and an SI prefix; small whole numbers stay whole."""
    if value is None:
        return NONE
    sign = MINUS if value < 0 else ""
    size = abs(value)
    for index, (step, prefix) in enumerate(_SI):
        if size >= step * (1 - 0.5 * 10**-significant):
            text = _digits(size / step, significant)
            if float(text) >= 1000 and index > 0:  # 999.96 k rounds to 1.000 M
                text, prefix = _digits(size / _SI[index - 1][0], significant), _SI[index - 1][1]
            return f"{sign}{text}{THIN}{prefix}"
    text = str(int(size)) if float(size).is_integer() else _digits(size, significant)
    return f"{sign}{text}"


def delta(value: float | None, *, significant: int = 3) -> str:
    """`+36.9 k`, `−123.1 M`, `0`: a difference, always with its sign."""
    if value is None:
        return NONE
    return si(value, significant=significant) if value <= 0 else f"+{si(value, significant=significant)}"


def exact_delta(value: int | None) -> str:
    """`+36,928`, `−590`: a difference with every digit and its sign."""
    if value is None:
        return NONE
    return exact(value) if value <= 0 else f"+{exact(value)}"


def num_bytes(size_bytes: float | None) -> str:
    """`36 KiB`, `31.4 MiB`, `4.83 GiB`: three significant digits in binary units; bytes below 1 KiB."""
    if size_bytes is None:
        return NONE
    sign = MINUS if size_bytes < 0 else ""
    size = abs(size_bytes)
    for step, unit in _BYTES:
        if size >= step * _AS_NEXT_UNIT:
            figure = size / step
            decimals = 2 if figure < _TEN else 0 if unit == "KiB" else 1
            return f"{sign}{figure:.{decimals}f}{THIN}{unit}"
    return f"{sign}{size:.0f}{THIN}B"


_NOT_QUITE = {"0.0": "<0.1", "100.0": ">99.9"}


def share(fraction: float | None) -> str:
    """`12 %`, `0.3 %`, `99.7 %`: a part of the whole (0 to 1), with one decimal where it is nearly nothing or all."""
    if fraction is None:
        return NONE
    percent = 100 * fraction
    if percent in {0, 100}:
        return f"{percent:.0f}{THIN}%"
    text = f"{percent:.1f}" if percent < 0.95 or percent >= 99.5 else f"{percent:.0f}"
    return f"{_NOT_QUITE.get(text, text)}{THIN}%"


def percent(fraction: float | None) -> str:
    """`91.2 %`: an accuracy (0 to 1) with one decimal."""
    return NONE if fraction is None else f"{100 * fraction:.1f}{THIN}%"


def points(difference: float | None) -> str:
    """`+1.2 points`, `−0.42 points`: a difference of accuracies (0 to 1) in percentage points, with its sign."""
    if difference is None:
        return NONE
    value = round(100 * difference, 2)
    text = f"{abs(value):.2f}" if abs(value) < 1 else f"{abs(value):.1f}"
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    return f"{sign}{text if value else '0'} points"


def loss(value: float | None) -> str:
    """`0.364`: a loss with three decimals; what is not a number says so."""
    if value is None:
        return NONE
    return f"{value:.3f}" if math.isfinite(value) else "not a number"


def rate(value: float | None) -> str:
    """`0.041`, `1.0e-5`: a learning rate with two significant digits."""
    if value is None:
        return NONE
    if value == 0:
        return "0"
    return _without_padding(f"{value:.1e}") if value < 1e-3 else _digits(value, 2)


def tidy(number: float) -> str:
    """`0.1`, `5e-4`, `1e-5`: a setting as people write it, with as many digits as it has, six at most."""
    text = f"{number:.6g}"
    if "e" in text:
        return _without_padding(text)
    if 0 < abs(number) < 0.001:
        mantissa, exponent = f"{number:.5e}".split("e")
        return _without_padding(f"{mantissa.rstrip('0').rstrip('.')}e{exponent}")
    return text


def _without_padding(text: str) -> str:
    """`1.0e-5` for `1.0e-05`."""
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{int(exponent)}"


def shape(dimensions: tuple[int, ...] | None) -> str:
    """`64 × 4 × 4` (C × H × W) or `512`: the shape of one image's feature map."""
    return NONE if dimensions is None else f" {TIMES} ".join(f"{size:,}" for size in dimensions)


def side(height: int, width: int) -> str:
    """`4²` for a square map, `4 × 6` otherwise (H × W)."""
    return f"{height}²" if height == width else f"{height} {TIMES} {width}"


def px(height: int | None, width: int | None) -> str:
    """`212` or `31 × 15`: an extent in input pixels (H × W when the two differ)."""
    if height is None or width is None:
        return NONE
    return f"{height:,}" if height == width else f"{height:,} {TIMES} {width:,}"


def clock(seconds: float | None) -> str:
    """`0:15`, `12:03`, `1:02:30`: time left or elapsed."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def duration(seconds: float | None) -> str:
    """`14 s`, `1 min 12 s`, `2 h 5 min`: a forecast."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    if seconds < 10:
        return f"{_digits(max(seconds, 0.0), 2)}{THIN}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{THIN}s"
    minutes, secs = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}{THIN}min {secs}{THIN}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}{THIN}h {minutes}{THIN}min"
