"""Curves as self-contained SVG: a small line plot for reports, drawn without any plotting library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from explorer.palette import LIGHT_PALETTE, Palette

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 34, 34
MAX_POINTS = 600
FONT = "Inter, 'Noto Sans CJK SC', 'Segoe UI', Helvetica, Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: its name, points (x, y), colour index; `dots` draws a dashed line with a dot at each point."""

    name: str
    xs: Sequence[float]
    ys: Sequence[float]
    color: int = 0
    dots: bool = False


def curves_svg(title: str, x_title: str, lines: Sequence[Line], *, palette: Palette = LIGHT_PALETTE) -> str:
    """A plot of `lines`; points that are not finite are left out. Empty lines give axes and a sentence."""
    cleaned = [(line, _finite(line)) for line in lines]
    points = [point for _, line_points in cleaned for point in line_points]
    text, muted, rule = palette.hex("text"), palette.hex("muted"), palette.hex("line")
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONT}" font-size="11">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{palette.hex("panel")}"/>',
        f'<text x="{LEFT}" y="20" font-size="13" font-weight="600" fill="{text}">{escape(title)}</text>',
    ]
    if not points:
        middle = f'x="{WIDTH / 2}" y="{HEIGHT / 2}" text-anchor="middle" fill="{muted}"'
        return "\n".join([*parts, f"<text {middle}>No steps were recorded.</text>", "</svg>"])
    x_ticks = nice_ticks(min(x for x, _ in points), max(x for x, _ in points))
    y_ticks = nice_ticks(min(y for _, y in points), max(y for _, y in points))

    def px(x: float) -> float:
        return LEFT + (x - x_ticks[0]) / (x_ticks[-1] - x_ticks[0]) * (WIDTH - LEFT - RIGHT)

    def py(y: float) -> float:
        return HEIGHT - BOTTOM - (y - y_ticks[0]) / (y_ticks[-1] - y_ticks[0]) * (HEIGHT - TOP - BOTTOM)

    for tick in y_ticks:
        y = py(tick)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{rule}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{muted}">{tick:g}</text>')
    for tick in x_ticks:
        x = px(tick)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 14}" text-anchor="middle" fill="{muted}">{tick:g}</text>')
    parts.append(
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 2}" text-anchor="end" fill="{muted}">{escape(x_title)}</text>'
    )
    for line, line_points in cleaned:
        color = palette.runs[line.color % len(palette.runs)]
        shown = [(px(x), py(y)) for x, y in thin(line_points, MAX_POINTS)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in shown)
        dash = ' stroke-dasharray="5 3"' if line.dots else ""
        if path:
            parts.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="1.5"{dash}/>')
        if line.dots:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in shown]
    parts += _legend([line for line, line_points in cleaned if line_points], palette)
    return "\n".join([*parts, "</svg>"])


def thin(points: Sequence[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    """At most about `count` points: of each bucket its lowest and highest, so that no spike is lost."""
    if len(points) <= count:
        return list(points)
    step = math.ceil(2 * len(points) / count)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(points), step):
        bucket = points[start : start + step]
        extremes = {min(bucket, key=lambda point: point[1]), max(bucket, key=lambda point: point[1])}
        kept += sorted(extremes)
    return kept


def nice_ticks(low: float, high: float, *, at_most: int = 6) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, at least two."""
    if high <= low:
        high = low + (abs(low) or 1.0)
    raw = (high - low) / (at_most - 1)
    magnitude = 10 ** math.floor(math.log10(raw))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, max(last, first + 1) + 1)]


def _finite(line: Line) -> list[tuple[float, float]]:
    pairs = zip(line.xs, line.ys, strict=True)
    return [(x, y) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]


def _legend(lines: Sequence[Line], palette: Palette) -> list[str]:
    parts, x = [], WIDTH - RIGHT
    for line in reversed(lines):
        x -= 7 * len(line.name) + 34
        color = palette.runs[line.color % len(palette.runs)]
        dash = ' stroke-dasharray="5 3"' if line.dots else ""
        parts.append(f'<path d="M{x} 16h18" stroke="{color}" stroke-width="2"{dash}/>')
        parts.append(f'<text x="{x + 23}" y="20" fill="{palette.hex("muted")}">{escape(line.name)}</text>')
    return parts
